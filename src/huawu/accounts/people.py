"""People as administrators see and change them, beside what the configuration says of who works here."""

from __future__ import annotations

import asyncio
import secrets
from typing import Final

import msgspec
from argon2 import PasswordHasher
from sqlalchemy import delete, func, insert, select, update

from huawu.accounts import lockout
from huawu.accounts.errors import AccountError, UnknownPerson, WeakPassword
from huawu.accounts.roles import Role
from huawu.accounts.service import LEAST_PASSWORD, LONGEST_PASSWORD, MADE_BYTES, QUICK
from huawu.accounts.tables import people, people_here, second_factors, sessions
from huawu.platform.clock import Clock
from huawu.platform.database import Database

_HASHER: Final[PasswordHasher] = QUICK
_SLOW: Final[PasswordHasher] = PasswordHasher()
"""For passwords that people thought of."""


class InConfiguration(AccountError):
    """What was asked for stands in the configuration."""

    def __init__(self, user: str) -> None:
        super().__init__(
            f"Name and role of {user} stand in the configuration: change them there, under `people`."
        )


class PersonExists(AccountError):
    def __init__(self, user: str) -> None:
        super().__init__(f"There is somebody named {user!r} already. Choose another user name.")


class YourselfNot(AccountError):
    """An administrator would lock the own door."""

    def __init__(self) -> None:
        super().__init__("You cannot block yourself or take your own role away. Ask another administrator.")


class PersonView(msgspec.Struct, frozen=True, kw_only=True):
    """One person. `source` "here" = made here, not by the configuration; `signed_in`: live sessions."""

    user: str
    name: str
    role: str
    language: str
    active: bool
    blocked: bool
    source: str
    must_change: bool
    second_factor: bool
    signed_in: int
    last_ms: int | None


class People:
    """The use cases of `administer`. Raises `AccountError`s."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def all(self) -> list[PersonView]:
        """Everybody who may or might sign in, by user name."""
        now_ms = self._clock.now_ms()
        live = select(sessions.c.user, func.count(), func.max(sessions.c.created_ms)).where(
            sessions.c.expires_ms > now_ms
        )
        async with self._db.read() as connection:
            rows = (await connection.execute(select(people).order_by(people.c.user))).all()
            here = {row.user: row for row in await connection.execute(select(people_here))}
            at_work = {row[0]: row for row in await connection.execute(live.group_by(sessions.c.user))}
            wanted = select(second_factors.c.user).where(second_factors.c.secret != "")
            enrolled = set((await connection.execute(wanted)).scalars())
        return [
            PersonView(
                user=row.user,
                name=row.name,
                role=row.role,
                language=row.language,
                active=row.active,
                blocked=row.user in here and here[row.user].blocked,
                source="here" if row.user in here and here[row.user].made_here else "configuration",
                must_change=row.must_change,
                second_factor=row.user in enrolled,
                signed_in=at_work[row.user][1] if row.user in at_work else 0,
                last_ms=at_work[row.user][2] if row.user in at_work else None,
            )
            for row in rows
        ]

    async def get(self, user: str) -> PersonView:
        """Raises `UnknownPerson`."""
        found = next((one for one in await self.all() if one.user == user), None)
        if found is None:
            raise UnknownPerson(user)
        return found

    async def create(self, user: str, name: str, role: Role, language: str, *, by: str) -> str:
        """Somebody who takes no calls; the first password, told this once. Raises `PersonExists`."""
        now_ms, password = self._clock.now_ms(), secrets.token_urlsafe(MADE_BYTES)
        row = {
            "user": user,
            "name": name,
            "role": role.value,
            "language": language,
            "password_hash": _HASHER.hash(password),
            "must_change": True,
            "active": True,
            "created_ms": now_ms,
            "updated_ms": now_ms,
        }
        add = self._db.insert(people).values(row).on_conflict_do_nothing(index_elements=["user"])
        async with self._db.begin() as connection:
            if (await connection.execute(add)).rowcount != 1:
                raise PersonExists(user)
            mine = {"user": user, "made_here": True, "blocked": False, "by": by, "at_ms": now_ms}
            await connection.execute(insert(people_here).values(mine))
        return password

    async def change(
        self,
        user: str,
        *,
        by: str,
        name: str | None = None,
        role: Role | None = None,
        language: str | None = None,
        blocked: bool | None = None,
    ) -> PersonView:
        """Who is blocked has no session from now on. Raises `InConfiguration`, `YourselfNot`."""
        before = await self.get(user)
        if user == by and (blocked or (role is not None and role != before.role)):
            raise YourselfNot
        if before.source == "configuration" and (name is not None or role is not None):
            raise InConfiguration(user)
        now_ms = self._clock.now_ms()
        given = {"name": name, "role": role.value if role is not None else None, "language": language}
        values: dict[str, object] = {field: value for field, value in given.items() if value is not None}
        if blocked is not None:
            values["active"] = not blocked
        async with self._db.begin() as connection:
            if values:
                change = update(people).where(people.c.user == user)
                await connection.execute(change.values({**values, "updated_ms": now_ms}))
            if blocked is not None:
                here = before.source == "here"
                row = {"user": user, "made_here": here, "blocked": blocked, "by": by, "at_ms": now_ms}
                put = self._db.insert(people_here).values(row)
                put = put.on_conflict_do_update(
                    index_elements=["user"], set_={"blocked": blocked, "by": by, "at_ms": now_ms}
                )
                await connection.execute(put)
            if blocked:
                await connection.execute(delete(sessions).where(sessions.c.user == user))
        return await self.get(user)

    async def reset_password(self, user: str, given: str = "") -> str:
        """A new first password, told this once, or the one `given`; sessions end, a lock-out is lifted.

        Raises `UnknownPerson`, `WeakPassword`.
        """
        given = given[:LONGEST_PASSWORD]
        if given and len(given) < LEAST_PASSWORD:
            raise WeakPassword(LEAST_PASSWORD)
        now_ms, password = self._clock.now_ms(), given or secrets.token_urlsafe(MADE_BYTES)
        hashed = await asyncio.to_thread(_SLOW.hash, given) if given else _HASHER.hash(password)
        values = {"password_hash": hashed, "must_change": True, "updated_ms": now_ms}
        async with self._db.begin() as connection:
            done = await connection.execute(update(people).where(people.c.user == user).values(values))
            if done.rowcount != 1:
                raise UnknownPerson(user)
            await connection.execute(delete(sessions).where(sessions.c.user == user))
            await lockout.forget(connection, lockout.subjects_of(user, "")[0], now_ms)
        return password

    async def end_sessions(self, user: str) -> None:
        """Sign somebody out everywhere."""
        async with self._db.begin() as connection:
            await connection.execute(delete(sessions).where(sessions.c.user == user))
