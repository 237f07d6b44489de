"""Announcements in the database, and who changed what about them when."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text, delete, insert, select

from huawu.calls.notices import Notice
from huawu.platform.database import Database, metadata

notices = Table(
    "notices",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("created_ms", BigInteger, nullable=False),
    Column("record", Text, nullable=False),  # JSON of `Notice`
)
notice_events = Table(
    "notice_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("notice", String(64), nullable=False),
    Column("what", String(16), nullable=False),  # put_up | on | off | sound | removed
    Column("by", String(64), nullable=False),
    Column("detail", Text, nullable=False),
    Index(None, "at_ms"),
)
NEWEST: Final = 50
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Notice).decode


class NoticeEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit."""

    at_ms: int
    notice: str
    what: str
    by: str
    detail: str = ""


class NoticeRecord:
    """Reads and writes; a change and its line in the audit are one transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db
        put = db.insert(notices)
        self._put = put.on_conflict_do_update(index_elements=["id"], set_={"record": put.excluded["record"]})

    async def all(self) -> list[Notice]:
        """Oldest first."""
        statement = select(notices.c.record).order_by(notices.c.created_ms, notices.c.id)
        async with self._db.read() as connection:
            return [_decode(text) for text in (await connection.execute(statement)).scalars()]

    async def put(self, notice: Notice, event: NoticeEvent) -> None:
        row = {"id": notice.id, "created_ms": notice.created_ms, "record": _encode(notice).decode()}
        async with self._db.begin() as connection:
            await connection.execute(self._put, [row])
            await connection.execute(insert(notice_events), [msgspec.to_builtins(event)])

    async def remove(self, notice: str, event: NoticeEvent) -> None:
        async with self._db.begin() as connection:
            await connection.execute(delete(notices).where(notices.c.id == notice))
            await connection.execute(insert(notice_events), [msgspec.to_builtins(event)])

    async def events(self) -> list[NoticeEvent]:
        """The newest lines of the audit, newest first."""
        statement = select(notice_events).order_by(notice_events.c.id.desc()).limit(NEWEST)
        async with self._db.read() as connection:
            return [
                NoticeEvent(at_ms=row.at_ms, notice=row.notice, what=row.what, by=row.by, detail=row.detail)
                for row in await connection.execute(statement)
            ]
