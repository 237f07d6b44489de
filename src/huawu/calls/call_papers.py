"""What people write about calls: notes that save themselves, and wrap-up forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import select

from huawu.calls.desk_tables import call_notes, wrap_ups
from huawu.platform.clock import Clock
from huawu.platform.database import Database

LONGEST_NOTE: Final = 20_000
LONGEST_SUMMARY: Final = 4_000


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """The notes of a call as last saved; `version` 0 = nothing was written yet."""

    call: str
    text: str = ""
    version: int = 0
    by: str = ""
    at_ms: int = 0


class WrapUp(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent filed of a call. `deadline_ms`: when what was asked for is due; None = nothing is."""

    call: str
    agent: str
    agent_name: str = ""
    disposition: str
    summary: str = ""
    deadline_ms: int | None = None
    at_ms: int = 0
    version: int = 1


class NoteChanged(Exception):
    """Somebody saved since the version that the writer saw."""

    def __init__(self, note: Note) -> None:
        self.note = note
        super().__init__(
            f"{note.by or 'Somebody'} saved these notes meanwhile. Look at theirs, then save yours again."
        )


class UnknownDisposition(Exception):
    """It is not in the tree, or has others below it."""

    def __init__(self, disposition: str) -> None:
        super().__init__(
            f"There is no disposition {disposition[:100]!r} that could be filed. "
            "Choose one that has no others below it."
        )


class CallPapers:
    """The tables of both."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def note(self, call: str) -> Note:
        """The notes of a call."""
        async with self._db.read() as connection:
            row = (
                await connection.execute(select(call_notes).where(call_notes.c.call == call))
            ).one_or_none()
        return Note(call=call) if row is None else Note(**row._mapping)

    async def save_note(self, call: str, text: str, *, version: int, by: str) -> Note:
        """Save the text over the version that was seen. Raises `NoteChanged`."""
        note = Note(
            call=call, text=text[:LONGEST_NOTE], version=version + 1, by=by, at_ms=self._clock.now_ms()
        )
        row = msgspec.structs.asdict(note)
        put = self._db.insert(call_notes).values(row)
        put = put.on_conflict_do_update(
            index_elements=["call"],
            set_={name: put.excluded[name] for name in row if name != "call"},
            where=call_notes.c.version == version,
        )
        if version:  # nobody's first words are written over by who thinks there were some
            known = select(call_notes.c.call).where(call_notes.c.call == call)
        async with self._db.begin() as connection:
            if version and (await connection.execute(known)).scalar() is None:
                raise NoteChanged(Note(call=call))
            saved = (await connection.execute(put)).rowcount
        if not saved:
            now = await self.note(call)
            if now.text == note.text and now.by == by:
                return now  # the answer to the same words was lost on its way
            raise NoteChanged(now)
        return note

    async def wrap_ups(self, call: str) -> list[WrapUp]:
        """What was filed of a call, oldest first."""
        statement = select(wrap_ups).where(wrap_ups.c.call == call).order_by(wrap_ups.c.at_ms)
        async with self._db.read() as connection:
            return [WrapUp(**row._mapping) for row in await connection.execute(statement)]

    async def file(self, wrap_up: WrapUp) -> WrapUp:
        """File it, in place of what this agent filed of this call before."""
        filed = msgspec.structs.replace(wrap_up, at_ms=self._clock.now_ms(), version=1)
        row = msgspec.structs.asdict(filed)
        del row["agent_name"]
        put = self._db.insert(wrap_ups).values(row)
        changes = {name: put.excluded[name] for name in row if name not in ("call", "agent", "version")}
        put = put.on_conflict_do_update(
            index_elements=["call", "agent"], set_=changes | {"version": wrap_ups.c.version + 1}
        )
        mine = select(wrap_ups.c.version).where(
            wrap_ups.c.call == wrap_up.call, wrap_ups.c.agent == wrap_up.agent
        )
        async with self._db.begin() as connection:
            await connection.execute(put)
            version = (await connection.execute(mine)).scalar_one()
        return msgspec.structs.replace(filed, version=version)

    async def dispositions(self, calls: Sequence[str]) -> dict[str, str]:
        """What was filed last of each of these calls."""
        statement = (
            select(wrap_ups.c.call, wrap_ups.c.disposition)
            .where(wrap_ups.c.call.in_(list(calls)))
            .order_by(wrap_ups.c.at_ms)
        )
        async with self._db.read() as connection:
            return {row.call: row.disposition for row in await connection.execute(statement)}
