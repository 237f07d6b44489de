"""How failed sign-ins slow down the next: counted per user name, existing or not, and per address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from huawu.accounts.tables import sign_in_failures
from huawu.platform.database import Database

FREE_TRIES: Final = {"user": 5, "address": 20}
FIRST_LOCK_MS: Final = 2_000
LONGEST_LOCK_MS: Final = 300_000
FORGET_MS: Final = 3_600_000


def lock_ms(kind: str, failures: int) -> int:
    """How long to wait after this many failures in a row: doubling, from the free tries on."""
    beyond = failures - FREE_TRIES[kind]
    return 0 if beyond < 0 else min(LONGEST_LOCK_MS, FIRST_LOCK_MS << min(beyond, 20))


def subjects_of(user: str, address: str) -> tuple[str, str]:
    """What failures are counted against."""
    return f"user:{user[:64].casefold()}", f"address:{address[:64]}"


async def locked_ms(connection: AsyncConnection, subjects: Sequence[str], now_ms: int) -> int:
    """How much longer one of these is locked; 0 = not."""
    rows = await connection.execute(
        select(sign_in_failures.c.locked_until_ms).where(sign_in_failures.c.subject.in_(subjects))
    )
    return max((until - now_ms for until in rows.scalars()), default=0)


async def failed(db: Database, connection: AsyncConnection, subjects: Sequence[str], now_ms: int) -> None:
    """Count one more failure against each."""
    table = sign_in_failures
    for subject in subjects:
        row = (await connection.execute(select(table).where(table.c.subject == subject))).one_or_none()
        fresh = row is None or now_ms - row.last_ms > FORGET_MS
        failures = 1 if fresh or row is None else row.failures + 1
        until = now_ms + lock_ms(subject.partition(":")[0], failures) if failures else 0
        insert = db.insert(table).values(
            subject=subject, failures=failures, last_ms=now_ms, locked_until_ms=until
        )
        await connection.execute(
            insert.on_conflict_do_update(
                index_elements=["subject"],
                set_={"failures": failures, "last_ms": now_ms, "locked_until_ms": until},
            )
        )


async def forget(connection: AsyncConnection, subject: str, now_ms: int) -> None:
    """A success: the user's failures are forgotten, and whatever is old."""
    table = sign_in_failures
    await connection.execute(
        delete(table).where((table.c.subject == subject) | (table.c.last_ms < now_ms - FORGET_MS))
    )
