"""Signing in with a code besides the password: enrolling, proving, recovery codes."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Final

import msgspec
import structlog
from sqlalchemy import Row, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from huawu.accounts import totp
from huawu.accounts.errors import AccountError, WrongCredentials
from huawu.accounts.tables import second_factors
from huawu.platform.clock import Clock
from huawu.platform.database import Database
from huawu.platform.sealing import NotOpened, Seal, no_seal

LONGEST_CODE: Final = 32
PLAIN_LENGTH: Final = len(totp.new_secret())
log = structlog.get_logger(__name__)


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

    def __init__(self, db: Database, clock: Clock, seal: Callable[[], Seal] = no_seal) -> None:
        self._db = db
        self._clock = clock
        self._seal = Keyring(seal)

    async def seal_all(self) -> None:
        """Seal what an earlier version kept as it is."""
        async with self._db.read() as connection:
            rows = (await connection.execute(select(second_factors))).all()
        for row in rows:
            plain = {
                name: self._seal.close(kept, row.user)
                for name, kept in (("secret", row.secret), ("pending", row.pending))
                if kept and not is_sealed(kept)
            }
            if plain:
                mine = (second_factors.c.user == row.user) & (second_factors.c.secret == row.secret)
                async with self._db.begin() as connection:
                    await connection.execute(update(second_factors).where(mine).values(plain))

    async def begin(self, user: str, issuer: str) -> Enrolment:
        """A new secret; nothing changes until a code of it confirms it."""
        secret = totp.new_secret()
        sealed = self._seal.close(secret, user)
        row = {"user": user, "secret": "", "pending": sealed, "last_step": 0, "recovery": "[]"}
        put = self._db.insert(second_factors).values(row)
        put = put.on_conflict_do_update(index_elements=["user"], set_={"pending": sealed})
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
            step = self._step(row.pending, user, code.strip(), 0)
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
            step = self._step(row.secret, user, code, row.last_step)
            if step is not None:
                await connection.execute(update(second_factors).where(mine).values(last_step=step))
                return
            kept: list[str] = msgspec.json.decode(row.recovery, type=list[str])
            used = totp.recovery_hash(user, code)
            if used not in kept:
                raise WrongCode
            rest = msgspec.json.encode([one for one in kept if one != used]).decode()
            await connection.execute(update(second_factors).where(mine).values(recovery=rest))

    def _step(self, kept: str, user: str, code: str, after: int) -> int | None:
        """The step whose code this is; None also where the secret cannot be read any more."""
        try:
            secret = self._seal.open(kept, user)
        except NotOpened:
            log.error(
                "a second factor cannot be read: it was sealed with another key. Put secrets.key back from "
                "your backup; meanwhile recovery codes are taken",
                pii_user=user,
            )
            return None
        return totp.step_of(secret, code, self._clock.now_ms(), after)


class Keyring:
    """Seals base32 secrets for their people; the key is fetched when the first is needed."""

    def __init__(self, seal: Callable[[], Seal]) -> None:
        self._fetch = seal
        self._seal: Seal | None = None

    def close(self, secret: str, user: str) -> str:
        return self._key().seal(base64.b32decode(secret), user)

    def open(self, kept: str, user: str) -> str:
        """Raises `NotOpened`."""
        return base64.b32encode(self._key().open(kept, user)).decode()

    def _key(self) -> Seal:
        if self._seal is None:
            self._seal = self._fetch()
        return self._seal


def is_sealed(kept: str) -> bool:
    """Whether it was sealed: what is kept as it is, is half as long."""
    return len(kept) > PLAIN_LENGTH


async def _row(connection: AsyncConnection, user: str) -> Row[tuple[str, ...]] | None:
    wanted = select(second_factors).where(second_factors.c.user == user)
    return (await connection.execute(wanted)).one_or_none()
