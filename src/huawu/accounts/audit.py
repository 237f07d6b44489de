"""Who did what, to whom, when and from where: written once, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec
from sqlalchemy import insert, select

from huawu.accounts.tables import audit
from huawu.platform.clock import Clock
from huawu.platform.database import Database

LONGEST_DETAIL: Final = 2_000


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `subject`: whom or what it was done to."""

    id: int
    at_ms: int
    by: str
    role: str
    address: str
    what: str
    subject: str
    detail: dict[str, Any]


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first; `next` is the cursor of the following page."""

    entries: list[AuditEntry]
    next: str | None


class Audit:
    """The table of it."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def now_ms(self) -> int:
        """The centre's time."""
        return self._clock.now_ms()

    async def write(
        self,
        what: str,
        *,
        by: str,
        role: str = "",
        address: str = "",
        subject: str = "",
        detail: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """One more line."""
        told = msgspec.json.encode({name: value for name, value in detail.items() if value not in ("", None)})
        row = {
            "at_ms": self._clock.now_ms(),
            "by": by[:100],
            "role": role[:32],
            "address": address[:64],
            "what": what[:40],
            "subject": subject[:100],
            "detail": told.decode() if len(told) <= LONGEST_DETAIL else '{"long": true}',
        }
        async with self._db.begin() as connection:
            await connection.execute(insert(audit).values(row))

    async def find(
        self,
        *,
        by: str = "",
        what: str = "",
        subject: str = "",
        from_ms: int | None = None,
        to_ms: int | None = None,
        limit: int = 100,
        cursor: int | None = None,
    ) -> AuditPage:
        """A page of it; an empty field asks nothing."""
        statement = select(audit).order_by(audit.c.id.desc()).limit(limit + 1)
        for name, value in (("by", by), ("what", what), ("subject", subject)):
            if value:
                statement = statement.where(audit.c[name] == value)
        if from_ms is not None:
            statement = statement.where(audit.c.at_ms >= from_ms)
        if to_ms is not None:
            statement = statement.where(audit.c.at_ms < to_ms)
        if cursor is not None:
            statement = statement.where(audit.c.id < cursor)
        async with self._db.read() as connection:
            rows = (await connection.execute(statement)).mappings().all()
        found = [AuditEntry(**{**row, "detail": msgspec.json.decode(row["detail"])}) for row in rows]
        page = found[:limit]
        return AuditPage(entries=page, next=str(page[-1].id) if len(found) > limit else None)
