"""Who took note of which warning, in the database: a mark outlives the centre's restart."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from sqlalchemy import delete, insert, select

from huawu.calls.monitor.tables import seen_warnings
from huawu.calls.monitor.warner import Mark
from huawu.platform.database import Database


class SeenRecord:
    """The marks of the warnings that last."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def all(self) -> list[Mark]:
        """What was marked when the last life ended."""
        async with self._db.read() as connection:
            rows = await connection.execute(select(seen_warnings))
            return [
                Mark(kind=row.kind, about=row.about, by=row.by, by_name=row.by_name, at_ms=row.at_ms)
                for row in rows
            ]

    async def put(self, marks: Collection[Mark]) -> None:
        """These are all there are."""
        async with self._db.begin() as connection:
            await connection.execute(delete(seen_warnings))
            if marks:
                rows = [msgspec.structs.asdict(mark) for mark in marks]
                await connection.execute(insert(seen_warnings), rows)
