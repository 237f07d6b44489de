"""Who inspects, and how people are called: read from the accounts."""

from __future__ import annotations

from sqlalchemy import select

from huawu.accounts.roles import Permission, permissions_of
from huawu.accounts.tables import people
from huawu.platform.database import Database


class Staff:
    """The people of the centre."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def names(self) -> dict[str, str]:
        """User → name, of all there ever were."""
        async with self._db.read() as connection:
            rows = await connection.execute(select(people.c.user, people.c.name))
            return {row.user: row.name or row.user for row in rows}

    async def inspectors(self) -> dict[str, str]:
        """User → name of those who may be given inspections, by user."""
        statement = select(people.c.user, people.c.name, people.c.role).where(people.c.active)
        async with self._db.read() as connection:
            rows = (await connection.execute(statement.order_by(people.c.user))).all()
        able = (row for row in rows if Permission.INSPECT in permissions_of(row.role))
        return {row.user: row.name or row.user for row in able}
