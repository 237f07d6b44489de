from typing import Literal

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

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
from huawu.accounts.phones import PhoneSecrets, secret_of
from huawu.accounts.roles import PERMISSIONS, Permission, Role, permissions_of
from huawu.accounts.service import SESSION_MS, Accounts, PersonGiven
from huawu.accounts.tables import api_tokens, people, sessions
from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database

WANG = PersonGiven(user="wang", name="王芳", role="agent", password="correct horse")


@pytest.fixture
async def accounts(db: Database, clock: VirtualClock) -> Accounts:
    accounts = Accounts(db, clock, hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    await accounts.sync_people([WANG])
    return accounts


async def test_who_signs_in_is_known_until_signing_out(accounts: Accounts) -> None:
    signed_in = await accounts.sign_in("wang", "correct horse", address="10.0.0.1")
    assert signed_in.principal.name == "王芳"
    assert await accounts.who(signed_in.token) == signed_in.principal
    await accounts.sign_out(signed_in.token)
    assert await accounts.who(signed_in.token) is None


async def test_a_session_ends_by_itself(accounts: Accounts, clock: VirtualClock) -> None:
    signed_in = await accounts.sign_in("wang", "correct horse", address="10.0.0.1")
    clock.advance(SESSION_MS)
    assert await accounts.who(signed_in.token) is None


async def test_no_token_is_in_the_database(accounts: Accounts, db: Database) -> None:
    session = await accounts.sign_in("wang", "correct horse", address="10.0.0.1")
    token = await accounts.create_token("wallboard", [Permission.WATCH], by="wang")
    async with db.read() as connection:
        rows = [*await connection.execute(select(sessions)), *await connection.execute(select(api_tokens))]
    assert session.token not in str(rows)
    assert token not in str(rows)


async def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(accounts: Accounts) -> None:
    with pytest.raises(WrongCredentials) as wrong:
        await accounts.sign_in("wang", "wrong", address="10.0.0.1")
    with pytest.raises(WrongCredentials) as unknown:
        await accounts.sign_in("nobody", "wrong", address="10.0.0.1")
    assert str(wrong.value) == str(unknown.value)


@pytest.mark.parametrize("user", ["wang", "nobody"])
async def test_failures_lock_out_for_a_growing_time(
    accounts: Accounts, clock: VirtualClock, user: str
) -> None:
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await accounts.sign_in(user, "wrong", address="10.0.0.1")
    with pytest.raises(LockedOut) as locked:
        await accounts.sign_in(user, "correct horse", address="10.0.0.2")
    assert locked.value.retry_after_ms == 2_000
    clock.advance(2_000)
    with pytest.raises(WrongCredentials):
        await accounts.sign_in(user, "wrong", address="10.0.0.1")
    with pytest.raises(LockedOut, match="4 s"):
        await accounts.sign_in(user, "wrong", address="10.0.0.1")


async def test_one_address_trying_many_names_is_locked_out(accounts: Accounts) -> None:
    for number in range(20):
        with pytest.raises(WrongCredentials):
            await accounts.sign_in(f"user{number}", "guess", address="10.0.0.9")
    with pytest.raises(LockedOut):
        await accounts.sign_in("wang", "correct horse", address="10.0.0.9")
    assert await accounts.sign_in("wang", "correct horse", address="10.0.0.1")


def test_no_lock_is_longer_than_five_minutes() -> None:
    assert lockout.lock_ms("user", 1_000_000) == 300_000


async def test_a_success_forgets_the_failures(accounts: Accounts) -> None:
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(WrongCredentials):
                await accounts.sign_in("wang", "wrong", address="10.0.0.1")
        assert await accounts.sign_in("wang", "correct horse", address="10.0.0.1")


async def test_people_follow_the_configuration(accounts: Accounts) -> None:
    signed_in = await accounts.sign_in("wang", "correct horse", address="10.0.0.1")
    made = await accounts.sync_people([PersonGiven(user="li", name="李", role="manager")])
    assert list(made) == ["li"]
    assert await accounts.who(signed_in.token) is None
    with pytest.raises(WrongCredentials):
        await accounts.sign_in("wang", "correct horse", address="10.0.0.1")
    li = await accounts.sign_in("li", made["li"], address="10.0.0.1")
    assert li.principal.may(Permission.SEE_CALLS)
    assert await accounts.sync_people([WANG, PersonGiven(user="li", name="李", role="agent")]) == {}
    demoted = await accounts.who(li.token)
    assert demoted is not None
    assert not demoted.may(Permission.SEE_CALLS)
    assert await accounts.sign_in("wang", "correct horse", address="10.0.0.1")


async def test_people_who_are_known_are_neither_hashed_nor_written_again(
    accounts: Accounts, db: Database, clock: VirtualClock
) -> None:
    given = [PersonGiven(user=f"u{number}", name="某") for number in range(50)]
    made = await accounts.sync_people(given)
    assert len(set(made.values())) == 50
    clock.advance(5_000)
    assert await Accounts(db, clock, hasher=Refusing()).sync_people(given) == {}
    async with db.read() as connection:
        touched = await connection.execute(select(people.c.user).where(people.c.updated_ms == clock.now_ms()))
        assert touched.all() == []
    assert await accounts.sign_in("u7", made["u7"], address="10.0.0.1")


class Refusing(PasswordHasher):
    """Hashes only what nobody has."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self._first = True

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        assert self._first
        self._first = False
        return super().hash(password, salt=salt)

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        raise AssertionError("nothing to verify")


async def test_a_password_in_the_configuration_that_is_new_replaces_the_old(accounts: Accounts) -> None:
    await accounts.sync_people([PersonGiven(user="wang", name="王芳", password="battery staple")])
    assert await accounts.sign_in("wang", "battery staple", address="10.0.0.1")
    with pytest.raises(WrongCredentials):
        await accounts.sign_in("wang", "correct horse", address="10.0.0.1")


async def test_a_token_has_its_scopes_and_its_end(accounts: Accounts, clock: VirtualClock) -> None:
    token = await accounts.create_token(
        "board", [Permission.WATCH], by="wang", expires_ms=clock.now_ms() + 1_000
    )
    holder = await accounts.who_holds(token)
    assert holder is not None
    assert holder.permissions == {Permission.WATCH}
    with pytest.raises(TokenNameTaken):
        await accounts.create_token("board", [], by="wang")
    clock.advance(1_000)
    assert await accounts.who_holds(token) is None


async def test_a_removed_token_opens_nothing(accounts: Accounts) -> None:
    token = await accounts.create_token("board", [Permission.WATCH], by="wang")
    await accounts.remove_token("board")
    assert await accounts.who_holds(token) is None


async def test_a_new_password_ends_the_sessions(accounts: Accounts) -> None:
    signed_in = await accounts.sign_in("wang", "correct horse", address="10.0.0.1")
    await accounts.change_password("wang", "battery staple")
    assert await accounts.who(signed_in.token) is None
    assert await accounts.sign_in("wang", "battery staple", address="10.0.0.1")


async def test_an_administrator_sets_passwords_of_people_only_and_lifts_their_lock_out(
    accounts: Accounts,
) -> None:
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await accounts.sign_in("wang", "wrong", address="10.0.0.1")
    await accounts.change_password("wang", "battery staple")
    assert await accounts.sign_in("wang", "battery staple", address="10.0.0.1")
    with pytest.raises(UnknownPerson, match="ghost"):
        await accounts.change_password("ghost", "battery staple")
    with pytest.raises(WeakPassword):
        await accounts.change_password("wang", "short")


async def test_changing_the_own_password_ends_the_other_sessions(accounts: Accounts) -> None:
    here, there = [
        await accounts.sign_in("wang", "correct horse", address=address)
        for address in ("10.0.0.1", "10.0.0.2")
    ]
    change = accounts.change_own_password
    await change("wang", "correct horse", "battery staple", session=here.token, address="10.0.0.1")
    assert await accounts.who(here.token) == here.principal
    assert await accounts.who(there.token) is None
    assert await accounts.sign_in("wang", "battery staple", address="10.0.0.1")


async def test_a_password_is_not_changed_into_itself(accounts: Accounts) -> None:
    here = await accounts.sign_in("wang", "correct horse", address="10.0.0.1")
    with pytest.raises(SamePassword):
        await accounts.change_own_password(
            "wang", "correct horse", "correct horse", session=here.token, address="10.0.0.1"
        )


async def test_guessing_the_old_password_locks_out(accounts: Accounts) -> None:
    change = accounts.change_own_password
    for _ in range(5):
        with pytest.raises(WrongPassword):
            await change("wang", "wrong", "battery staple", session="", address="10.0.0.1")
    with pytest.raises(LockedOut):
        await change("wang", "correct horse", "battery staple", session="", address="10.0.0.1")


async def test_a_very_long_password_works(accounts: Accounts) -> None:
    await accounts.change_password("wang", "x" * 1_000)
    assert await accounts.sign_in("wang", "x" * 1_000, address="10.0.0.1")


def test_a_phones_hashes_are_those_of_the_rfcs() -> None:
    """RFC 7616 §3.9.1 names user Mufasa; its HA1 values follow from the formula."""
    secret = secret_of("p1", "Mufasa", "http-auth@example.org", "Circle of Life")
    assert secret.ha1_md5 == "3d78807defe7de2157e2b0b6573a855f"
    assert secret.ha1_sha256 == "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232"
    assert secret.password == ""


async def test_phones_secrets_come_back(db: Database, clock: VirtualClock) -> None:
    phones = PhoneSecrets(db, clock)
    await phones.put(secret_of("p1", "8001", "huawu", "old"))
    kept = secret_of("p1", "8001", "huawu", "new", keep_plain=True)
    await phones.put(kept)
    assert await phones.all() == {"p1": kept}


def test_every_role_has_its_permissions() -> None:
    assert set(PERMISSIONS) == set(Role)
    assert permissions_of("ghost") == frozenset()
