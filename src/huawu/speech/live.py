"""What was just said in calls that go on: put down by the centre, heard by a worker that has time, fetched.

A row lives for minutes. Whoever asks too late gets nothing: an old hint is worse than none, and the whole
recording is heard after the call anyhow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, and_, delete, select, update

from huawu.platform.database import Database
from huawu.speech.backlog import SEEN_WITHIN_MS
from huawu.speech.hearing import Turn
from huawu.speech.tables import utterances, workers

STALE_MS: Final = 10_000
"""What nobody had time for by then is not heard any more."""
KEPT_MS: Final = 300_000


class JustSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A party's utterance in a recording that is being written. Epoch milliseconds."""

    id: str
    call: str
    path: str
    zero_ms: int
    party: str
    from_ms: int
    to_ms: int
    language: str


class JustHeard(msgspec.Struct, frozen=True, kw_only=True):
    """The same heard; `fields` of a `said` fact, None where there were no words."""

    id: str
    call: str
    party: str
    to_ms: int
    fields: dict[str, Any] | None


class LiveBoard:
    """Where the centre and its workers meet over what is being said."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def somebody_listens(self, now_ms: int) -> bool:
        """Whether a worker is there that has a core to spare."""
        statement = select(workers.c.name).where(
            workers.c.live == 1, workers.c.seen_ms >= now_ms - SEEN_WITHIN_MS
        )
        async with self._db.read() as connection:
            return (await connection.execute(statement.limit(1))).first() is not None

    async def put(self, said: Sequence[JustSaid], now_ms: int) -> None:
        """What was just said."""
        rows = [
            {
                **msgspec.to_builtins(one),
                "created_ms": now_ms,
                "state": "waiting",
                "claimed_by": "",
                "fields": "",
            }
            for one in said
        ]
        if not rows:
            return
        async with self._db.begin() as connection:
            await connection.execute(self._db.insert(utterances).on_conflict_do_nothing(), rows)
            await connection.execute(delete(utterances).where(utterances.c.created_ms < now_ms - KEPT_MS))

    async def claim(self, worker: str, now_ms: int) -> JustSaid | None:
        """The oldest that is not stale. A look costs no writing while there is none."""
        waits = and_(utterances.c.state == "waiting", utterances.c.created_ms >= now_ms - STALE_MS)
        first = (
            select(utterances.c.id).where(waits).order_by(utterances.c.created_ms, utterances.c.id).limit(1)
        )
        async with self._db.read() as connection:
            if (await connection.execute(first)).first() is None:
                return None
        columns = [utterances.c[name] for name in JustSaid.__struct_fields__]
        async with self._db.begin() as connection:
            claimed = await connection.execute(
                update(utterances)
                .where(utterances.c.id == first.with_for_update(skip_locked=True).scalar_subquery(), waits)
                .values(state="claimed", claimed_by=worker)
                .returning(*columns)
            )
            row = claimed.first()
        return None if row is None else JustSaid(**row._mapping)

    async def heard(self, worker: str, said: JustSaid, turn: Turn | None, by: str) -> None:
        """What a claimed one was; None where it was no words."""
        fields = "" if turn is None else msgspec.json.encode(turn.fields(said.zero_ms, by)).decode()
        async with self._db.begin() as connection:
            await connection.execute(
                update(utterances)
                .where(utterances.c.id == said.id, utterances.c.claimed_by == worker)
                .values(state="done", fields=fields)
            )

    async def done(self, ids: Sequence[str]) -> list[JustHeard]:
        """Which of these are heard, in the order they were said."""
        return await self._heard(utterances.c.id.in_(ids))

    async def of_call(self, call: str) -> list[JustHeard]:
        """What was heard of a call that goes on, of the last minutes."""
        return await self._heard(utterances.c.call == call)

    async def _heard(self, which: ColumnElement[bool]) -> list[JustHeard]:
        statement = (
            select(utterances)
            .where(which, utterances.c.state == "done")
            .order_by(utterances.c.to_ms, utterances.c.id)
        )
        async with self._db.read() as connection:
            rows = (await connection.execute(statement)).all()
        return [
            JustHeard(
                id=row.id,
                call=row.call,
                party=row.party,
                to_ms=row.to_ms,
                fields=msgspec.json.decode(row.fields, type=dict[str, Any]) if row.fields else None,
            )
            for row in rows
        ]
