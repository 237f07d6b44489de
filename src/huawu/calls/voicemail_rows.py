"""Voicemails in the database: written with their facts until delivered, then taken and done here."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Select, String, Table, Text, func, select, update

from huawu.calls.voicemails import State, Voicemail, VoicemailNotAllowed
from huawu.platform.database import Database, metadata

voicemails = Table(
    "voicemails",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("call", String(64), nullable=False),
    Column("queue", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("caller", String(64), nullable=False),
    Column("caller_name", String(128), nullable=False),
    Column("number", String(64), nullable=False),
    Column("language", String(16), nullable=False),
    Column("recording", String(64), nullable=False),
    Column("path", Text, nullable=False),  # below the data folder
    Column("length_ms", BigInteger, nullable=False),
    Column("taken_by", String(64), nullable=False),
    Column("taken_ms", BigInteger, nullable=True),
    Column("done_by", String(64), nullable=False),
    Column("done_ms", BigInteger, nullable=True),
    Column("note", Text, nullable=False),
    Column("result", String(16), nullable=False, server_default=""),
    Column("until_ms", BigInteger, nullable=True),
    Column("passed", Text, nullable=False, server_default=""),
    Index(None, "state", "queue"),
    Index(None, "created_ms", "id"),
)
COLUMNS = tuple(column.name for column in voicemails.columns)
ON_CONFLICT = (
    '(id) DO UPDATE SET "state" = excluded."state", "length_ms" = excluded."length_ms" '
    "WHERE voicemails.state = 'recording'"
)
"""What was delivered stays as it is, however late the same is written again."""

_BOUNDS = {
    column.name: column.type.length for column in voicemails.columns if isinstance(column.type, String)
}


def voicemail_row(voicemail: Voicemail) -> tuple[object, ...]:
    """In the order of `COLUMNS`; what a database cannot hold is left out."""
    return tuple(_storable(getattr(voicemail, name), _BOUNDS.get(name)) for name in COLUMNS)


def _storable(value: Any, most: int | None) -> Any:
    if not isinstance(value, str):
        return value
    clean = str(value).encode("utf-8", "replace").decode().replace("\x00", "")
    return clean if most is None else clean[:most]


def _voicemail(row: Any) -> Voicemail:
    fields = {name: getattr(row, name) for name in COLUMNS}
    return Voicemail(**{**fields, "state": State(fields["state"])})


def unfinished_paths() -> Select[Any]:
    """The recordings of messages that nobody has done yet."""
    over = [State.DONE.value, State.DISCARDED.value]
    return select(voicemails.c.path).where(voicemails.c.state.not_in(over))


class VoicemailRecord:
    """Reads and changes what is written; a change is refused when somebody was first."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def unfinished(self) -> list[Voicemail]:
        """Those whose recording nobody saw the end of."""
        return await self._select(voicemails.c.state == State.RECORDING.value, limit=10_000)

    async def undone(self) -> list[Voicemail]:
        """Delivered messages that nobody has done yet, oldest first."""
        undone = voicemails.c.state.in_([State.NEW.value, State.TAKEN.value])
        return (await self._select(undone, limit=10_000))[::-1]

    async def get(self, voicemail: str) -> Voicemail | None:
        found = await self._select(voicemails.c.id == voicemail, limit=1)
        return found[0] if found else None

    async def newest(self, *, queues: list[str] | None, state: str = "", limit: int = 100) -> list[Voicemail]:
        """Delivered messages, newest first; of these queues, or of all."""
        shown = [State.NEW, State.TAKEN, State.DONE] if not state else [state]
        conditions = [voicemails.c.state.in_([str(each) for each in shown])]
        if queues is not None:
            conditions.append(voicemails.c.queue.in_(queues))
        return await self._select(*conditions, limit=limit)

    async def waiting(self) -> dict[str, int]:
        """How many nobody has done yet, by queue."""
        statement = (
            select(voicemails.c.queue, func.count())
            .where(voicemails.c.state.in_([State.NEW.value, State.TAKEN.value]))
            .group_by(voicemails.c.queue)
        )
        async with self._db.read() as connection:
            return {row[0]: int(row[1]) for row in await connection.execute(statement)}

    async def change(self, before: Voicemail, after: Voicemail) -> None:
        """Make it so, if it still is as it was. Raises `VoicemailNotAllowed`."""
        statement = (
            update(voicemails)
            .where(
                voicemails.c.id == before.id,
                voicemails.c.state == before.state.value,
                voicemails.c.taken_by == before.taken_by,
            )
            .values(dict(zip(COLUMNS, voicemail_row(after), strict=True)))
        )
        async with self._db.begin() as connection:
            changed = (await connection.execute(statement)).rowcount
        if not changed:
            now = await self.get(before.id) or before
            raise VoicemailNotAllowed(now.id, now.state, now.done_by or now.taken_by)

    async def _select(self, *conditions: Any, limit: int) -> list[Voicemail]:
        statement = (
            select(voicemails)
            .where(*conditions)
            .order_by(voicemails.c.created_ms.desc(), voicemails.c.id.desc())
            .limit(limit)
        )
        async with self._db.read() as connection:
            return [_voicemail(row) for row in await connection.execute(statement)]
