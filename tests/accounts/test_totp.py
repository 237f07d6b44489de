"""Codes of a phone's app: the RFC's own examples, one use each, clocks that differ a little."""

from __future__ import annotations

import base64

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from huawu.accounts import totp
from huawu.accounts.errors import LockedOut, WrongCredentials
from huawu.accounts.second_factor import CodeNeeded, NothingBegun, WrongCode
from huawu.accounts.service import Accounts, PersonGiven
from huawu.accounts.tables import second_factors
from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database
from huawu.platform.sealing import Seal

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
WANG = PersonGiven(user="wang", name="王芳", role="administrator", password="correct horse")


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_codes_are_those_of_rfc_6238_appendix_b(seconds: int, code: str) -> None:
    assert totp.code_at(RFC_SECRET, seconds // 30, digits=8) == code


@given(st.integers(0, 2**40), st.integers(-90_000, 90_000))
def test_a_clock_that_differs_by_a_step_will_do_and_no_more(at_ms: int, drift_ms: int) -> None:
    step = max(0, at_ms + drift_ms) // totp.STEP_MS
    found = totp.step_of(RFC_SECRET, totp.code_at(RFC_SECRET, step), at_ms, -1)
    steps_apart = abs(step - at_ms // totp.STEP_MS)
    if steps_apart <= 1:
        assert found is not None
    elif found is not None:  # the same six digits by chance
        assert totp.code_at(RFC_SECRET, found) == totp.code_at(RFC_SECRET, step)


@given(st.text(max_size=40))
def test_what_is_typed_never_raises(code: str) -> None:
    totp.step_of(RFC_SECRET, code, 59_000, 0)


def test_apps_are_given_the_name_of_the_centre_and_the_person() -> None:
    uri = totp.uri_of("ABC", "wang", "Huawu 云程")
    assert (
        uri == "otpauth://totp/Huawu%20%E4%BA%91%E7%A8%8B:wang?secret=ABC&issuer=Huawu%20%E4%BA%91%E7%A8%8B"
    )


@pytest.fixture
async def accounts(db: Database, clock: VirtualClock) -> Accounts:
    accounts = Accounts(
        db,
        clock,
        hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1),
        seal=lambda: Seal(bytes(32)),
    )
    await accounts.sync_people([WANG])
    return accounts


def now(secret: str, clock: VirtualClock, steps: int = 0) -> str:
    return totp.code_at(secret, clock.now_ms() // totp.STEP_MS + steps)


async def enrol(accounts: Accounts, clock: VirtualClock) -> tuple[str, list[str]]:
    secret = (await accounts.second_factors.begin("wang", "Huawu")).secret
    return secret, await accounts.second_factors.confirm("wang", now(secret, clock))


async def sign_in(accounts: Accounts, code: str = "") -> bool:
    session = await accounts.sign_in("wang", "correct horse", address="10.0.0.1", code=code)
    return session.principal.second_factor


async def test_nothing_changes_before_a_code_confirms_it(accounts: Accounts, clock: VirtualClock) -> None:
    secret = (await accounts.second_factors.begin("wang", "Huawu")).secret
    with pytest.raises(WrongCode):
        await accounts.second_factors.confirm(
            "wang", "000000" if now(secret, clock) != "000000" else "111111"
        )
    assert not await sign_in(accounts)
    await accounts.second_factors.confirm("wang", now(secret, clock))
    with pytest.raises(CodeNeeded):
        await sign_in(accounts)


async def test_a_code_counts_once(accounts: Accounts, clock: VirtualClock) -> None:
    secret, _ = await enrol(accounts, clock)
    with pytest.raises(WrongCode):
        await sign_in(accounts, now(secret, clock))  # it confirmed the enrolment
    clock.advance(totp.STEP_MS)
    assert await sign_in(accounts, now(secret, clock))
    with pytest.raises(WrongCode):
        await sign_in(accounts, now(secret, clock))


async def test_a_recovery_code_counts_once_and_is_kept_as_a_hash(
    accounts: Accounts, clock: VirtualClock, db: Database
) -> None:
    _, codes = await enrol(accounts, clock)
    assert len(set(codes)) == 10
    async with db.read() as connection:
        assert codes[0] not in str((await connection.execute(select(second_factors))).all())
    assert await sign_in(accounts, f" {codes[0].upper()} ")
    with pytest.raises(WrongCode):
        await sign_in(accounts, codes[0])
    assert await sign_in(accounts, codes[1])


async def test_the_code_tells_nothing_without_the_password(accounts: Accounts, clock: VirtualClock) -> None:
    secret, _ = await enrol(accounts, clock)
    clock.advance(totp.STEP_MS)
    with pytest.raises(WrongCredentials) as refusal:
        await accounts.sign_in("wang", "wrong", address="10.0.0.1", code=now(secret, clock))
    assert type(refusal.value) is WrongCredentials


async def test_guessing_codes_locks_out_as_guessing_passwords_does(
    accounts: Accounts, clock: VirtualClock
) -> None:
    await enrol(accounts, clock)
    for _ in range(5):
        with pytest.raises(WrongCode):
            await sign_in(accounts, "guess")
    with pytest.raises(LockedOut):
        await sign_in(accounts, "guess")


async def test_a_removed_factor_is_asked_for_no_more(accounts: Accounts, clock: VirtualClock) -> None:
    await enrol(accounts, clock)
    await accounts.second_factors.remove("wang")
    assert not await sign_in(accounts)
    with pytest.raises(NothingBegun):
        await accounts.second_factors.confirm("wang", "123456")


async def _kept(db: Database) -> list[tuple[str, str]]:
    async with db.read() as connection:
        rows = await connection.execute(select(second_factors.c.secret, second_factors.c.pending))
        return [(row.secret, row.pending) for row in rows]


async def test_secrets_are_sealed_in_the_database(
    accounts: Accounts, clock: VirtualClock, db: Database
) -> None:
    begun = (await accounts.second_factors.begin("wang", "Huawu")).secret
    ((_, pending),) = await _kept(db)
    assert len(pending) == 64, "fits its column"
    assert begun not in pending
    await accounts.second_factors.confirm("wang", now(begun, clock))
    assert await _kept(db) == [(pending, "")]


async def test_what_was_kept_plain_is_sealed_at_the_next_start_and_goes_on_to_count(
    accounts: Accounts, clock: VirtualClock, db: Database
) -> None:
    secret, waiting = totp.new_secret(), totp.new_secret()
    row = {"user": "wang", "secret": secret, "pending": waiting, "last_step": 0, "recovery": "[]"}
    async with db.begin() as connection:
        await connection.execute(second_factors.insert().values(row))
    await accounts.second_factors.seal_all()
    (kept,) = await _kept(db)
    assert not {secret, waiting} & set(kept)
    await accounts.second_factors.seal_all()
    assert await _kept(db) == [kept], "once is enough"
    assert await sign_in(accounts, now(secret, clock))
    await accounts.second_factors.confirm("wang", now(waiting, clock))


async def test_with_another_key_codes_are_wrong_and_recovery_codes_still_count(
    accounts: Accounts, clock: VirtualClock, db: Database
) -> None:
    secret, codes = await enrol(accounts, clock)
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    heir = Accounts(db, clock, hasher=hasher, seal=lambda: Seal(b"n" * 32))
    clock.advance(totp.STEP_MS)
    with pytest.raises(WrongCode):
        await sign_in(heir, now(secret, clock))
    assert await sign_in(heir, codes[0])
