"""Calls on record, read back: for lists, a call's page, and the recovery after a crash."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, or_, select

from huawu.calls.callback_rows import CallbackReader
from huawu.calls.facts import Fact
from huawu.calls.finding import CallFilter, CallPage, page_of
from huawu.calls.record import CallRecord
from huawu.calls.rows import decode_record, fact_of
from huawu.calls.spoken import spoken
from huawu.calls.tables import calls, facts, recordings
from huawu.calls.voicemail_rows import VoicemailRecord
from huawu.platform.database import Database
from huawu.speech.backlog import Backlog

LONGEST_MS = 2 * 86_400_000
"""No recording runs longer; so a start need not look through all that there are."""


class CallReader:
    """What is written; a call's newest facts may be 250 ms late."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.callbacks = CallbackReader(db)
        self.voicemails = VoicemailRecord(db)

    async def get(self, call: str) -> CallRecord | None:
        """A call's record as written (up to 250 ms old)."""
        async with self._db.read() as connection:
            text = (await connection.execute(select(calls.c.record).where(calls.c.id == call))).scalar()
        return None if text is None else decode_record(text)

    async def facts(self, call: str) -> list[Fact]:
        """A call's timeline in order; empty for an unknown call."""
        statement = select(facts).where(facts.c.call == call).order_by(facts.c.seq)
        async with self._db.read() as connection:
            return [fact_of(row) for row in await connection.execute(statement)]

    async def timeline(self, call: str) -> list[Fact]:
        """The same, followed by what was said, and for each party that all is heard, once it is."""
        return (await self.timelines([call]))[call]

    async def timelines(self, names: Sequence[str]) -> dict[str, list[Fact]]:
        """The same of several calls at once."""
        found: dict[str, list[Fact]] = {call: [] for call in names}
        statement = select(facts).where(facts.c.call.in_(names)).order_by(facts.c.call, facts.c.seq)
        async with self._db.read() as connection:
            for row in await connection.execute(statement):
                found[row.call].append(fact_of(row))
        for heard, words in await Backlog(self._db).heard_of(names):
            told = found[heard.call]
            told += spoken(told, heard, words)
        return found

    async def open_calls(self) -> list[tuple[CallRecord, list[Fact]]]:
        """Calls without an end, or whose recording has none, and their facts, oldest first.

        They are what a restarted centre takes up or closes.
        """
        newest = select(func.max(recordings.c.began_ms)).scalar_subquery()
        recorded = select(recordings.c.call).where(
            recordings.c.began_ms > newest - LONGEST_MS, recordings.c.state == "running"
        )
        is_open = or_(calls.c.outcome == "", calls.c.id.in_(recorded))
        unfinished = select(calls.c.id).where(is_open)
        async with self._db.read() as connection:
            records = await connection.execute(
                select(calls.c.record).where(is_open).order_by(calls.c.began_ms, calls.c.id)
            )
            timeline: dict[str, tuple[CallRecord, list[Fact]]] = {
                record.id: (record, []) for record in map(decode_record, records.scalars())
            }
            rows = select(facts).where(facts.c.call.in_(unfinished)).order_by(facts.c.call, facts.c.seq)
            for row in await connection.execute(rows):
                timeline[row.call][1].append(fact_of(row))
        return list(timeline.values())

    async def last_agents(self, since_ms: int, *, most: int) -> list[tuple[str, str, int]]:
        """Caller, agent and instant of the newest calls since then in which the two talked, oldest first."""
        statement = (
            select(calls.c.caller, calls.c.agent, calls.c.began_ms)
            .where(calls.c.outcome == "answered", calls.c.began_ms >= since_ms, calls.c.agent != "")
            .order_by(calls.c.began_ms.desc())
            .limit(most)
        )
        async with self._db.read() as connection:
            rows = (await connection.execute(statement)).all()
        return [(row.caller, row.agent, row.began_ms) for row in reversed(rows)]

    async def find(self, wanted: CallFilter, *, limit: int = 50, cursor: str | None = None) -> CallPage:
        """A page of calls, newest first. Raises `BadCursor`."""
        statement = page_of(wanted, cursor, limit + 1)
        async with self._db.read() as connection:
            found = [decode_record(text) for text in (await connection.execute(statement)).scalars()]
        more = len(found) > limit
        page = found[:limit]
        return CallPage(calls=page, next=f"{page[-1].began_ms}.{page[-1].id}" if more else None)
