"""Signing in with a code besides the password: enrolling, proving, recovery codes."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import Row, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from huawu.accounts import totp
from huawu.accounts.errors import AccountError, WrongCredentials
from huawu.accounts.tables import second_factors
from huawu.platform.clock import Clock
from huawu.platform.database import Database

LONGEST_CODE: Final = 32


class CodeNeeded(WrongCredentials):
    def __str__(self) -> str:
        return "The code of your phone's app is needed too. Type it, or one of your recovery codes."


class WrongCode(WrongCredentials):
    def __str__(self) -> str:
        return "This code is wrong, old, or was used already. Wait for the next one and try again."


class NothingBegun(AccountError):
    def __init__(self) -> None:
        super().__init__("No code was set up to be confirmed. Begin again.")


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """What the app is given; told this once."""

    secret: str
    uri: str


class SecondFactors:
    """The table of second factors."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def begin(self, user: str, issuer: str) -> Enrolment:
        """A new secret; nothing changes until a code of it confirms it."""
        secret = totp.new_secret()
        row = {"user": user, "secret": "", "pending": secret, "last_step": 0, "recovery": "[]"}
        put = self._db.insert(second_factors).values(row)
        put = put.on_conflict_do_update(index_elements=["user"], set_={"pending": secret})
        async with self._db.begin() as connection:
            await connection.execute(put)
        return Enrolment(secret=secret, uri=totp.uri_of(secret, user, issuer))

    async def confirm(self, user: str, code: str) -> list[str]:
        """The app shows this code: from now on one is asked for. Returns the recovery codes, told this once.

        Raises `NothingBegun`, `WrongCode`.
        """
        async with self._db.begin() as connection:
            row = await _row(connection, user)
            if row is None or not row.pending:
                raise NothingBegun
            step = totp.step_of(row.pending, code.strip(), self._clock.now_ms(), 0)
            if step is None:
                raise WrongCode
            codes = totp.new_recovery_codes()
            kept = msgspec.json.encode([totp.recovery_hash(user, one) for one in codes]).decode()
            values = {"secret": row.pending, "pending": "", "last_step": step, "recovery": kept}
            mine = second_factors.c.user == user
            await connection.execute(update(second_factors).where(mine).values(values))
        return codes

    async def remove(self, user: str) -> None:
        """The password alone is enough again."""
        async with self._db.begin() as connection:
            await connection.execute(delete(second_factors).where(second_factors.c.user == user))

    async def enrolled(self) -> set[str]:
        """Who is asked for a code."""
        async with self._db.read() as connection:
            rows = await connection.execute(
                select(second_factors.c.user).where(second_factors.c.secret != "")
            )
            return set(rows.scalars())

    async def prove(self, user: str, code: str) -> None:
        """Raises `CodeNeeded` without a code where one is asked for, and `WrongCode`.

        A code counts once; so does a recovery code.
        """
        async with self._db.begin() as connection:
            row = await _row(connection, user)
            if row is None or not row.secret:
                return
            code = code.strip()[:LONGEST_CODE]
            if not code:
                raise CodeNeeded
            mine = second_factors.c.user == user
            step = totp.step_of(row.secret, code, self._clock.now_ms(), row.last_step)
            if step is not None:
                await connection.execute(update(second_factors).where(mine).values(last_step=step))
                return
            kept: list[str] = msgspec.json.decode(row.recovery, type=list[str])
            used = totp.recovery_hash(user, code)
            if used not in kept:
                raise WrongCode
            rest = msgspec.json.encode([one for one in kept if one != used]).decode()
            await connection.execute(update(second_factors).where(mine).values(recovery=rest))


async def _row(connection: AsyncConnection, user: str) -> Row[tuple[str, ...]] | None:
    wanted = select(second_factors).where(second_factors.c.user == user)
    return (await connection.execute(wanted)).one_or_none()
