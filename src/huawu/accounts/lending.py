"""The phone of a signed-in person's page: a secret lent for some hours, bound to the session.

One page at a time has a person's phone. The secret itself is told once and kept nowhere; its hashes are kept
so that a restarted centre or switch lets the page go on.
"""

from __future__ import annotations

import secrets
from typing import Final

import msgspec
from sqlalchemy import delete, select

from huawu.accounts.errors import AccountError
from huawu.accounts.phones import secret_of
from huawu.accounts.service import session_hash
from huawu.accounts.tables import lent_phones, people, sessions
from huawu.platform.clock import Clock
from huawu.platform.database import Database

LEND_MS: Final = 4 * 3_600_000
_SECRET_BYTES: Final = 24
LONGEST_BROWSER: Final = 200


class LentPhone(msgspec.Struct, frozen=True, kw_only=True):
    """Who has a person's phone in a page. `session` is the hash of the session's token.

    A loan that takes another's place has a later `lent_ms`, whatever the clock does.
    """

    user: str
    loan: str
    endpoint: str
    session: str
    ha1_sha256: str
    ha1_md5: str
    address: str
    browser: str
    since_ms: int
    until_ms: int
    lent_ms: int


class PhoneElsewhere(AccountError):
    """Another session has the phone."""

    def __init__(self, held: LentPhone) -> None:
        self.held = held
        super().__init__(
            f"Your phone is in use by a page at {held.address}. Take it over, or go on there: "
            "its calls stay there until they end."
        )


class NotSignedIn(AccountError):
    def __init__(self) -> None:
        super().__init__("The session is over. Sign in again.")


class Lending:
    """The table of lent phones. `realm` is that of the phones' own secrets."""

    def __init__(self, db: Database, clock: Clock, realm: str) -> None:
        self._db = db
        self._clock = clock
        self._realm = realm

    def now_ms(self) -> int:
        return self._clock.now_ms()

    async def lend(
        self, user: str, endpoint: str, *, token: str, address: str, browser: str, take_over: bool
    ) -> tuple[LentPhone, str, LentPhone | None]:
        """A new secret for the session of this token: the loan, its password, and the loan that ends by it.

        Raises `PhoneElsewhere` unless `take_over`, and `NotSignedIn`.
        """
        now_ms = self._clock.now_ms()
        session = session_hash(token)
        loan, password = f"{endpoint}.{secrets.token_hex(6)}", secrets.token_urlsafe(_SECRET_BYTES)
        proof = secret_of(endpoint, loan, self._realm, password)
        async with self._db.begin() as connection:
            mine = select(sessions.c.expires_ms).where(
                sessions.c.token_hash == session, sessions.c.user == user, sessions.c.expires_ms > now_ms
            )
            expires_ms = (await connection.execute(mine)).scalar()
            if expires_ms is None:
                raise NotSignedIn
            row = (
                await connection.execute(select(lent_phones).where(lent_phones.c.user == user))
            ).one_or_none()
            held = None if row is None else _lent(row._mapping)
            others = held is not None and held.session != session and held.until_ms > now_ms
            if held is not None and others and not take_over and await _lives(connection, held, now_ms):
                raise PhoneElsewhere(held)
            lent = LentPhone(
                user=user,
                loan=loan,
                endpoint=endpoint,
                session=session,
                ha1_sha256=proof.ha1_sha256,
                ha1_md5=proof.ha1_md5,
                address=address[:64],
                browser=browser[:LONGEST_BROWSER],
                since_ms=now_ms if held is None or held.session != session else held.since_ms,
                until_ms=min(now_ms + LEND_MS, expires_ms),
                lent_ms=now_ms if held is None else max(now_ms, held.lent_ms + 1),
            )
            put = self._db.insert(lent_phones).values(msgspec.structs.asdict(lent))
            await connection.execute(
                put.on_conflict_do_update(
                    index_elements=["user"],
                    set_={name: put.excluded[name] for name in LentPhone.__struct_fields__ if name != "user"},
                )
            )
        return lent, password, held

    async def give_back(self, user: str, token: str) -> LentPhone | None:
        """The session needs the phone no more; what it had, if it had it."""
        async with self._db.begin() as connection:
            mine = (lent_phones.c.user == user) & (lent_phones.c.session == session_hash(token))
            row = (await connection.execute(select(lent_phones).where(mine))).one_or_none()
            await connection.execute(delete(lent_phones).where(mine))
        return None if row is None else _lent(row._mapping)

    async def over(self) -> list[LentPhone]:
        """Forget, and tell, the loans that ran out or whose session or person is no more."""
        now_ms = self._clock.now_ms()
        living = (
            select(sessions.c.token_hash)
            .join(people, people.c.user == sessions.c.user)
            .where(sessions.c.expires_ms > now_ms, people.c.active.is_(True))
        )
        gone = (lent_phones.c.until_ms <= now_ms) | lent_phones.c.session.not_in(living)
        async with self._db.read() as connection:
            found = [_lent(row._mapping) for row in await connection.execute(select(lent_phones).where(gone))]
        if found:
            loans = [one.loan for one in found]
            async with self._db.begin() as connection:
                await connection.execute(delete(lent_phones).where(lent_phones.c.loan.in_(loans)))
        return found

    async def all(self) -> list[LentPhone]:
        """All loans on record."""
        async with self._db.read() as connection:
            return [_lent(row._mapping) for row in await connection.execute(select(lent_phones))]


async def _lives(connection: object, held: LentPhone, now_ms: int) -> bool:
    alive = select(sessions.c.token_hash).where(
        sessions.c.token_hash == held.session, sessions.c.expires_ms > now_ms
    )
    return (await connection.execute(alive)).one_or_none() is not None  # type: ignore[attr-defined]


def _lent(row: object) -> LentPhone:
    return LentPhone(**{name: row[name] for name in LentPhone.__struct_fields__})  # type: ignore[index]
