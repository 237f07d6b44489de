"""Stops of costly calls and who lifted them, on record in the database; the newest says what holds now."""

from __future__ import annotations

from typing import Literal

import msgspec
from sqlalchemy import desc, insert, select

from huawu.calls.tables import toll_events
from huawu.calls.tolls import Stop
from huawu.platform.database import Database


class TollEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The alarm went off (`stop`, set off by a call of `by`), or `by` let costly calls go again (`reset`)."""

    id: int
    at_ms: int
    what: Literal["stop", "reset"]
    by: str
    detail: str


class TollRecord:
    """The table of stops and resets; it only grows."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def stopped(self, stop: Stop) -> None:
        """The alarm went off."""
        await self._add(stop.at_ms, "stop", stop.person or stop.asker, msgspec.json.encode(stop).decode())

    async def reset(self, at_ms: int, by: str, why: str = "") -> None:
        """Somebody lets costly calls go again."""
        await self._add(at_ms, "reset", by, why)

    async def newest(self, most: int = 20) -> list[TollEvent]:
        """The newest events first."""
        query = select(toll_events).order_by(desc(toll_events.c.id)).limit(most)
        async with self._db.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [TollEvent(**row) for row in rows]

    async def _add(self, at_ms: int, what: str, by: str, detail: str) -> None:
        row = {"at_ms": at_ms, "what": what, "by": by, "detail": detail}
        async with self._db.begin() as connection:
            await connection.execute(insert(toll_events).values(row))


def stop_of(newest: list[TollEvent]) -> Stop | None:
    """The stop that holds by the record, newest event first; None = there is none."""
    if not newest or newest[0].what != "stop":
        return None
    return msgspec.json.decode(newest[0].detail, type=Stop)
