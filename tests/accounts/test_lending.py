"""A page is lent its person's phone: one page at a time, bound to the session, the secret kept nowhere."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from huawu.accounts.lending import LEND_MS, Lending, LentPhone, NotSignedIn, PhoneElsewhere
from huawu.accounts.service import SESSION_MS, Accounts, PersonGiven
from huawu.accounts.tables import lent_phones
from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database

WANG = PersonGiven(user="wang", name="王芳", role="agent", password="correct horse")


@pytest.fixture
async def accounts(db: Database, clock: VirtualClock) -> Accounts:
    accounts = Accounts(db, clock, hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    await accounts.sync_people([WANG])
    return accounts


@pytest.fixture
def lending(db: Database, clock: VirtualClock) -> Lending:
    return Lending(db, clock, "huawu")


async def token_of(accounts: Accounts) -> str:
    return (await accounts.sign_in("wang", "correct horse", address="10.0.0.1")).token


async def lend(
    lending: Lending, token: str, *, take_over: bool = False, address: str = "10.0.0.1"
) -> tuple[LentPhone, str, LentPhone | None]:
    return await lending.lend(
        "wang", "1001", token=token, address=address, browser="Chromium", take_over=take_over
    )


async def test_the_secret_stands_nowhere_in_the_database(
    accounts: Accounts, lending: Lending, db: Database
) -> None:
    token = await token_of(accounts)
    lent, password, before = await lend(lending, token)
    assert before is None
    assert len(password) >= 32
    async with db.read() as connection:
        rows = str((await connection.execute(select(lent_phones))).all())
    assert lent.loan in rows
    assert password not in rows
    assert token not in rows


async def test_each_time_the_secret_is_another(accounts: Accounts, lending: Lending) -> None:
    token = await token_of(accounts)
    first, password, _ = await lend(lending, token)
    second, again, before = await lend(lending, token)
    assert before == first, "a reloaded page is no other desk: it need not ask"
    assert (first.loan, password) != (second.loan, again)
    assert second.since_ms == first.since_ms
    assert second.lent_ms > first.lent_ms, "in order, though the clock stood"


async def test_another_session_has_to_ask_for_it(accounts: Accounts, lending: Lending) -> None:
    lent, _, _ = await lend(lending, await token_of(accounts))
    other = await token_of(accounts)
    with pytest.raises(PhoneElsewhere) as refusal:
        await lend(lending, other, address="10.0.0.2")
    assert refusal.value.held == lent
    taken, _, before = await lend(lending, other, take_over=True, address="10.0.0.2")
    assert before == lent
    assert await lending.all() == [taken]


async def test_the_phone_of_a_session_that_is_over_is_free(accounts: Accounts, lending: Lending) -> None:
    first = await token_of(accounts)
    lent, _, _ = await lend(lending, first)
    await accounts.sign_out(first)
    taken, _, before = await lend(lending, await token_of(accounts))
    assert before == lent, "what it had is to be ended all the same"
    assert await lending.over() == []
    assert await lending.all() == [taken]


async def test_signing_out_and_a_new_password_end_it(accounts: Accounts, lending: Lending) -> None:
    token = await token_of(accounts)
    lent, _, _ = await lend(lending, token)
    assert await lending.over() == []
    await accounts.change_password("wang", "another horse")
    assert await lending.over() == [lent]
    assert await lending.all() == []


async def test_somebody_who_may_not_sign_in_any_more_has_no_phone(
    accounts: Accounts, lending: Lending
) -> None:
    lent, _, _ = await lend(lending, await token_of(accounts))
    await accounts.sync_people([])
    assert await lending.over() == [lent]


async def test_a_loan_runs_out_and_never_outlives_its_session(
    accounts: Accounts, lending: Lending, clock: VirtualClock
) -> None:
    token, began = await token_of(accounts), clock.now_ms()
    lent, _, _ = await lend(lending, token)
    assert lent.until_ms == began + LEND_MS
    clock.advance(SESSION_MS - 60_000)
    assert [one.loan for one in await lending.over()] == [lent.loan]
    late, _, _ = await lend(lending, token)
    assert late.until_ms == began + SESSION_MS


async def test_a_made_up_session_is_lent_nothing(accounts: Accounts, lending: Lending) -> None:
    with pytest.raises(NotSignedIn):
        await lend(lending, "made up")


async def test_a_page_gives_back_only_what_it_has(accounts: Accounts, lending: Lending) -> None:
    first, second = await token_of(accounts), await token_of(accounts)
    lent, _, _ = await lend(lending, first)
    assert await lending.give_back("wang", second) is None
    assert await lending.give_back("wang", first) == lent
    assert await lending.give_back("wang", first) is None
