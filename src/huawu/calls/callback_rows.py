"""Callbacks in the database: written with the facts they came from, read back at a start and for lists."""

from __future__ import annotations

import msgspec
from sqlalchemy import BigInteger, Column, Index, String, Table, Text, select

from huawu.calls.callbacks import Callback
from huawu.platform.database import Database, metadata

callbacks = Table(
    "callbacks",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("created_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger, nullable=True),  # NULL while it is owed
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("queue", String(64), nullable=False),
    Column("record", Text, nullable=False),  # JSON of `Callback`: all there is to know
    Index(None, "ended_ms"),
    Index(None, "created_ms", "id"),
)

COLUMNS = ("id", "created_ms", "ended_ms", "kind", "state", "queue", "record")
CHANGING = ("ended_ms", "state", "record")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Callback).decode


def callback_row(callback: Callback) -> tuple[object, ...]:
    """In the order of `COLUMNS`."""
    record = _encode(callback).decode("utf-8", "replace").replace("\\u0000", "")
    head = (callback.id, callback.created_ms, callback.ended_ms, callback.kind, callback.state.value)
    return (*head, callback.queue[:64], record)


class CallbackReader:
    """What is written; the newest may be 250 ms late."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def owed(self) -> list[Callback]:
        """All that are still owed, oldest first."""
        wanted = callbacks.c.ended_ms.is_(None)
        statement = select(callbacks.c.record).where(wanted).order_by(callbacks.c.created_ms, callbacks.c.id)
        async with self._db.read() as connection:
            return [_decode(text) for text in (await connection.execute(statement)).scalars()]

    async def newest(self, *, queue: str = "", state: str = "", limit: int = 100) -> list[Callback]:
        """Callbacks and redials, newest first."""
        statement = select(callbacks.c.record).order_by(callbacks.c.created_ms.desc(), callbacks.c.id.desc())
        if queue:
            statement = statement.where(callbacks.c.queue == queue)
        if state:
            statement = statement.where(callbacks.c.state == state)
        async with self._db.read() as connection:
            return [_decode(text) for text in (await connection.execute(statement.limit(limit))).scalars()]
