"""Use cases of accounts: signing in and out, who somebody is, tokens, people from the configuration."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

import msgspec
import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from huawu.accounts import lockout
from huawu.accounts.errors import (
    LockedOut,
    SamePassword,
    TokenNameTaken,
    UnknownPerson,
    WeakPassword,
    WrongCredentials,
    WrongPassword,
)
from huawu.accounts.roles import Permission, permissions_of
from huawu.accounts.second_factor import SecondFactors, WrongCode
from huawu.accounts.tables import api_tokens, people, people_here, second_factors, sessions
from huawu.platform.clock import Clock
from huawu.platform.database import Database
from huawu.platform.sealing import Seal, no_seal

log = structlog.get_logger(__name__)
T = TypeVar("T")

SESSION_MS: Final = 12 * 3_600_000
LEAST_PASSWORD: Final = 8
LONGEST_PASSWORD: Final = 256
MADE_BYTES: Final = 9
QUICK: Final = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
"""For made passwords only: 72 random bits cannot be guessed however quick a try is, and a centre of thousands
need not wait minutes for its first start."""


class PersonGiven(msgspec.Struct, frozen=True, kw_only=True):
    """A person as the configuration names them; without `password` a random one is made once.

    `language` "" = pages speak the browser's.
    """

    user: str
    name: str
    role: str = "agent"
    language: str = ""
    password: str = ""


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: a person signed in, or a programme with a token (then `csrf` is empty)."""

    user: str
    name: str
    role: str
    language: str
    permissions: frozenset[Permission]
    csrf: str = ""
    must_change: bool = False
    second_factor: bool = False
    second_factor_required: bool = False

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A new session: `token` goes into the browser's cookie and is kept nowhere."""

    token: str
    principal: Principal
    expires_ms: int


class Accounts:
    """People and programmes that may come in. Raises `AccountError`s and `DatabaseError`s."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        *,
        hasher: PasswordHasher | None = None,
        seal: Callable[[], Seal] = no_seal,
    ) -> None:
        """`seal` gives what second factors are sealed with, when that is needed first."""
        self._db = db
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        self.second_factors = SecondFactors(db, clock, seal)
        self.second_factor_roles: frozenset[str] = frozenset()
        """Roles that sign in with a code besides the password."""
        self._nobody = self._hasher.hash(secrets.token_urlsafe())
        self._at_work = asyncio.Semaphore(os.cpu_count() or 1)  # each takes a core and 64 MiB

    async def sign_in(self, user: str, password: str, *, address: str, code: str = "") -> SignedIn:
        """A session for these credentials. Unknown users cost the same time and get the same answer.

        Raises `CodeNeeded` and `WrongCode` where a second factor is asked for; a wrong one counts as a
        failed sign-in.
        """
        row = await self._prove(user, password, address, WrongCredentials)
        now_ms = self._clock.now_ms()
        try:
            await self.second_factors.prove(user, code)
        except WrongCode:
            async with self._db.begin() as connection:
                await lockout.failed(self._db, connection, lockout.subjects_of(user, address), now_ms)
            log.warning("sign-in failed at the second factor", pii_user=user, address=address)
            raise
        token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
        expires_ms = now_ms + SESSION_MS
        async with self._db.begin() as connection:
            await lockout.forget(connection, lockout.subjects_of(user, address)[0], now_ms)
            await connection.execute(delete(sessions).where(sessions.c.expires_ms <= now_ms))
            await connection.execute(
                insert(sessions).values(
                    token_hash=_hashed(token),
                    user=user,
                    csrf=csrf,
                    address=address[:64],
                    created_ms=now_ms,
                    expires_ms=expires_ms,
                )
            )
        log.info("signed in", user=user, address=address)
        enrolled = user in await self.second_factors.enrolled()
        return SignedIn(
            token=token, principal=self._principal(row, csrf, enrolled=enrolled), expires_ms=expires_ms
        )

    async def sign_out(self, token: str) -> None:
        """End the session; one that is over already is no error."""
        async with self._db.begin() as connection:
            await connection.execute(delete(sessions).where(sessions.c.token_hash == _hashed(token)))

    async def who(self, token: str) -> Principal | None:
        """The person of a session, or None when it is over or the person was deactivated."""
        statement = (
            select(people, sessions.c.csrf, second_factors.c.secret)
            .join(sessions, sessions.c.user == people.c.user)
            .outerjoin(second_factors, second_factors.c.user == people.c.user)
            .where(
                sessions.c.token_hash == _hashed(token),
                sessions.c.expires_ms > self._clock.now_ms(),
                people.c.active.is_(True),
            )
        )
        async with self._db.read() as connection:
            row = (await connection.execute(statement)).one_or_none()
        return None if row is None else self._principal(row, row.csrf, enrolled=bool(row.secret))

    def _principal(self, row: object, csrf: str, *, enrolled: bool) -> Principal:
        role: str = row.role  # type: ignore[attr-defined]
        return Principal(
            user=row.user,  # type: ignore[attr-defined]
            name=row.name,  # type: ignore[attr-defined]
            role=role,
            language=row.language,  # type: ignore[attr-defined]
            permissions=permissions_of(role),
            csrf=csrf,
            must_change=row.must_change,  # type: ignore[attr-defined]
            second_factor=enrolled,
            second_factor_required=role in self.second_factor_roles,
        )

    async def create_token(
        self, name: str, scopes: Iterable[Permission], *, by: str, expires_ms: int | None = None
    ) -> str:
        """A token for a programme, told this once. Raises `TokenNameTaken`."""
        token = f"huawu_{secrets.token_urlsafe(32)}"
        row = {
            "token_hash": _hashed(token),
            "name": name,
            "scopes": " ".join(sorted(scopes)),
            "created_ms": self._clock.now_ms(),
            "created_by": by,
            "expires_ms": expires_ms,
        }
        add = self._db.insert(api_tokens).values(row).on_conflict_do_nothing(index_elements=["name"])
        async with self._db.begin() as connection:
            if (await connection.execute(add)).rowcount != 1:
                raise TokenNameTaken(name)
        return token

    async def remove_token(self, name: str) -> None:
        """The token of this name is worth nothing from now on."""
        async with self._db.begin() as connection:
            await connection.execute(delete(api_tokens).where(api_tokens.c.name == name))

    async def who_holds(self, token: str) -> Principal | None:
        """The programme of an API token, or None."""
        async with self._db.read() as connection:
            row = (
                await connection.execute(select(api_tokens).where(api_tokens.c.token_hash == _hashed(token)))
            ).one_or_none()
        if row is None or (row.expires_ms is not None and row.expires_ms <= self._clock.now_ms()):
            return None
        known = {str(permission) for permission in Permission}
        scopes = frozenset(Permission(scope) for scope in row.scopes.split() if scope in known)
        return Principal(
            user=f"token:{row.name}", name=row.name, role="token", language="", permissions=scopes
        )

    async def change_password(self, user: str, password: str) -> None:
        """Set somebody's password, end the person's sessions and lift a lock-out: an administrator's way.

        Raises `WeakPassword` and `UnknownPerson`.
        """
        hashed = await self._new_hash(password)
        async with self._db.begin() as connection:
            await self._set_password(connection, user, hashed)
            await connection.execute(delete(sessions).where(sessions.c.user == user))

    async def change_own_password(self, user: str, old: str, new: str, *, session: str, address: str) -> None:
        """Set the password of who knows the old one; all sessions end but the one of this token.

        Wrong ones count as failed sign-ins. Raises `WrongPassword`, `LockedOut`, `WeakPassword` and
        `SamePassword`: a first password that others have seen is not kept by choosing it again.
        """
        await self._prove(user, old, address, WrongPassword)
        if new == old:
            raise SamePassword
        hashed = await self._new_hash(new)
        others = (sessions.c.user == user) & (sessions.c.token_hash != _hashed(session))
        async with self._db.begin() as connection:
            await self._set_password(connection, user, hashed)
            await connection.execute(delete(sessions).where(others))
        log.info("password changed", user=user, address=address)

    async def check_password(self, user: str, password: str, *, address: str) -> None:
        """Raises `WrongPassword`, which counts as a failed sign-in, and `LockedOut`."""
        await self._prove(user, password, address, WrongPassword)

    async def sync_people(
        self, given: Sequence[PersonGiven], *, first_must_change: bool = True
    ) -> dict[str, str]:
        """Make the people be those given: new ones come, others change, absent ones are deactivated.

        Who was made here stays, who was blocked here stays blocked. Returns the random passwords of new
        people that were given none, told this once; with `first_must_change` they have to be changed.
        """
        now_ms = self._clock.now_ms()
        async with self._db.read() as connection:
            known = {row.user: row for row in await connection.execute(select(people))}
            here = {row.user: row for row in await connection.execute(select(people_here))}
        made = {
            person.user: secrets.token_urlsafe(MADE_BYTES)
            for person in given
            if person.user not in known and not person.password
        }
        hashes = await asyncio.gather(
            *(self._hash_for(person, known.get(person.user), made.get(person.user, "")) for person in given)
        )
        rows = []
        for person, hashed in zip(given, hashes, strict=True):
            before = known.get(person.user)
            row = {
                "user": person.user,
                "name": person.name,
                "role": person.role,
                "language": person.language,
                "password_hash": hashed,
                "must_change": first_must_change
                and (before.must_change if before is not None else not person.password),
                "active": person.user not in here or not here[person.user].blocked,
            }
            if before is None or any(getattr(before, name) != value for name, value in row.items()):
                created_ms = before.created_ms if before is not None else now_ms
                rows.append(row | {"created_ms": created_ms, "updated_ms": now_ms})
        gone = {user for user, row in known.items() if row.active} - {person.user for person in given}
        gone -= {user for user, row in here.items() if row.made_here}
        put = self._db.insert(people)
        changed = {name: put.excluded[name] for name in rows[0] if name != "created_ms"} if rows else {}
        async with self._db.begin() as connection:
            if rows:
                await connection.execute(
                    put.on_conflict_do_update(index_elements=["user"], set_=changed), rows
                )
            if gone:
                await connection.execute(
                    update(people).where(people.c.user.in_(gone)).values(active=False, updated_ms=now_ms)
                )
                await connection.execute(delete(sessions).where(sessions.c.user.in_(gone)))
        return made

    # ── Passwords ─────────────────────────────────────────────────────────────────────────────────

    async def _prove(
        self, user: str, password: str, address: str, refusal: Callable[[], Exception]
    ) -> Row[tuple[object, ...]]:
        """The active person of this password; else the failure is counted and `refusal` raised."""
        now_ms = self._clock.now_ms()
        subjects = lockout.subjects_of(user, address)
        async with self._db.read() as connection:
            locked_ms = await lockout.locked_ms(connection, subjects, now_ms)
            row = (await connection.execute(select(people).where(people.c.user == user))).one_or_none()
        if locked_ms > 0:
            raise LockedOut(locked_ms)
        known = row is not None and row.active
        matches = await self._matches(
            row.password_hash if row is not None and known else self._nobody, password
        )
        if row is None or not known or not matches:
            async with self._db.begin() as connection:
                await lockout.failed(self._db, connection, subjects, now_ms)
            log.warning("sign-in failed", pii_user=user, address=address)
            raise refusal()
        return row

    async def _set_password(self, connection: AsyncConnection, user: str, hashed: str) -> None:
        now_ms = self._clock.now_ms()
        values = {"password_hash": hashed, "must_change": False, "updated_ms": now_ms}
        active = people.c.active.is_(True)
        done = await connection.execute(update(people).where(people.c.user == user, active).values(values))
        if done.rowcount != 1:
            raise UnknownPerson(user)
        await lockout.forget(connection, lockout.subjects_of(user, "")[0], now_ms)

    async def _new_hash(self, password: str) -> str:
        if len(password) < LEAST_PASSWORD:
            raise WeakPassword(LEAST_PASSWORD)
        return await self._beside(lambda: self._hasher.hash(password[:LONGEST_PASSWORD]))

    async def _hash_for(self, person: PersonGiven, before: Row[tuple[object, ...]] | None, made: str) -> str:
        """The hash to keep: what there is already unless another password was given."""
        if made:
            return await self._beside(lambda: QUICK.hash(made))
        if before is not None and (
            not person.password or await self._matches(before.password_hash, person.password)
        ):
            return str(before.password_hash)
        return await self._beside(lambda: self._hasher.hash(person.password[:LONGEST_PASSWORD]))

    async def _matches(self, hashed: str, password: str) -> bool:
        return await self._beside(lambda: self._verify(hashed, password[:LONGEST_PASSWORD]))

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            if hashed != self._nobody and self._hasher.check_needs_rehash(hashed):
                self._verify(self._nobody, password)  # so that a quick hash takes no less time than nobody's
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _beside(self, work: Callable[[], T]) -> T:
        """In a thread, as many at once as there are cores."""
        async with self._at_work:
            return await asyncio.to_thread(work)


def session_hash(token: str) -> str:
    """How a session is named where its token is not to stand."""
    return _hashed(token)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
