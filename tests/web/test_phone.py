"""The phone of a page over HTTP: what the page is told, who has the phone, and what ends it."""

from __future__ import annotations

from collections.abc import Iterable

import httpx
import pytest
from fastapi import FastAPI

from huawu.accounts.lending import Lending
from huawu.accounts.service import Accounts
from huawu.calls.phone_desk import GONE_MS, PhoneDesk
from huawu.config.compile import REALM, Centre, compile_centre, ha1
from huawu.config.load import load
from huawu.link.messages import LentSecret
from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database
from huawu.web.phone import PhoneSurroundings, websocket_of
from tests.web.conftest import SignInAs

CENTRE = """
company: {name: 测试}
numbers: [{number: 4100, name: echo, echo: true}]
queues: {help: {name: 求助}}
people:
  - {user: wang, name: 王芳, extension: "1001", queues: [help]}
  - {user: li, name: 李雷, extension: "1002", queues: [help]}
endpoints:
  - {endpoint: desk-1, user: "1001", person: wang}
"""


class FakeSwitches:
    """Remembers what it was lent."""

    def __init__(self) -> None:
        self.secrets: dict[str, LentSecret] = {}

    def lend(self, secrets: Iterable[LentSecret]) -> None:
        for secret in secrets:
            self.secrets[secret.loan] = secret

    def living(self, now_ms: int) -> list[str]:
        return [loan for loan, secret in self.secrets.items() if secret.until_ms > now_ms]


@pytest.fixture
def switches() -> FakeSwitches:
    return FakeSwitches()


@pytest.fixture
def addresses() -> list[str]:
    return ["ws:127.0.0.1:5066", "wss:0.0.0.0:5067"]


@pytest.fixture
def phones(
    app: FastAPI, db: Database, clock: VirtualClock, switches: FakeSwitches, addresses: list[str]
) -> PhoneDesk:
    centre: Centre = compile_centre(load(CENTRE))
    desk = PhoneDesk(Lending(db, clock, REALM), switches, lambda: centre)
    app.state.phones = PhoneSurroundings(
        desk=desk, web_sockets=lambda: addresses, configuration=lambda: centre.configuration
    )
    app.state.sessions_ended = desk.settle
    app.state.phone_of = desk.phone_of
    return desk


@pytest.fixture
async def second(app: FastAPI, accounts: Accounts) -> httpx.AsyncClient:
    """Wang at another machine."""
    transport = httpx.ASGITransport(app, client=("10.0.0.8", 1))
    client = httpx.AsyncClient(transport=transport, base_url="http://centre/api/v1")
    answer = await client.post("/session", json={"user": "wang", "password": "correct horse"})
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return client


async def test_a_page_is_told_all_that_its_phone_needs(
    phones: PhoneDesk, sign_in_as: SignInAs, switches: FakeSwitches, clock: VirtualClock
) -> None:
    client = await sign_in_as("wang")
    assert (await client.get("/session")).json()["phone"] == "desk-1"
    told = (await client.post("/phone", json={})).json()
    assert told["uri"] == "sip:1001@centre"
    assert told["websocket"] == "ws://centre:5066"
    assert told["numbers"]["echo"] == "4100"
    assert told["numbers"]["break"] == "*12"
    assert told["expires_ms"] > clock.now_ms()
    proof = ha1(told["authorization_user"], told["password"], told["realm"])
    lent = switches.secrets[told["loan"]]
    assert (lent.ha1_sha256, lent.ha1_md5) == (proof.sha256, proof.md5), "the switch knows the same secret"
    assert lent.endpoint == "desk-1"


async def test_a_second_desk_is_told_who_has_the_phone_and_may_take_it_over(
    phones: PhoneDesk,
    sign_in_as: SignInAs,
    second: httpx.AsyncClient,
    switches: FakeSwitches,
    clock: VirtualClock,
) -> None:
    changes: list[tuple[str, str]] = []
    first = await sign_in_as("wang")
    one = (await first.post("/phone", json={})).json()
    phones.told = lambda user, before: changes.append((user, before.loan if before else ""))
    refused = await second.post("/phone", json={}, headers={"User-Agent": "Firefox"})
    assert refused.status_code == 409
    error = refused.json()["error"]
    assert error["code"] == "phone_elsewhere"
    assert error["desk"]["address"] == "10.0.0.7"
    assert switches.living(clock.now_ms()) == [one["loan"]]
    two = (await second.post("/phone", json={"take_over": True})).json()
    assert switches.living(clock.now_ms()) == [two["loan"]], "the former page's registration ends"
    assert changes == [("wang", one["loan"])]
    assert phones.held_by("wang") is not None
    assert (await first.post("/phone", json={})).status_code == 409


async def test_a_page_that_no_switch_has_seen_for_a_while_has_lost_the_phone_to_who_asks(
    phones: PhoneDesk, sign_in_as: SignInAs, second: httpx.AsyncClient, clock: VirtualClock
) -> None:
    first = await sign_in_as("wang")
    loan = (await first.post("/phone", json={})).json()["loan"]
    phones.loan_used("", loan, True)
    clock.advance(3_600_000)
    assert (await second.post("/phone", json={})).status_code == 409, "it is there, and in use"
    phones.loan_used("", loan, False)  # the page crashed
    clock.advance(GONE_MS - 1)
    assert (await second.post("/phone", json={})).status_code == 409, "it may come back"
    clock.advance(1)
    assert (await second.post("/phone", json={})).status_code == 200
    assert (await first.post("/phone", json={})).status_code == 409


async def test_a_page_that_waits_gets_the_phone_when_the_other_is_gone_and_not_before(
    phones: PhoneDesk, sign_in_as: SignInAs, second: httpx.AsyncClient, clock: VirtualClock
) -> None:
    first = await sign_in_as("wang")
    loan = (await first.post("/phone", json={})).json()["loan"]
    phones.loan_used("", loan, True)
    clock.advance(3_600_000)
    for page in (second, first):  # another page of the same session waits, too
        refused = await page.post("/phone", json={"if_free": True})
        assert refused.status_code == 409
        assert refused.json()["error"]["code"] == "phone_elsewhere"
    phones.loan_used("", loan, False)
    clock.advance(GONE_MS)
    assert (await second.post("/phone", json={"if_free": True})).status_code == 200


async def test_a_page_that_comes_back_in_time_keeps_the_phone(
    phones: PhoneDesk, sign_in_as: SignInAs, second: httpx.AsyncClient, clock: VirtualClock
) -> None:
    first = await sign_in_as("wang")
    loan = (await first.post("/phone", json={})).json()["loan"]
    for _ in range(3):
        phones.loan_used("", loan, False)
        clock.advance(20_000)
        phones.loan_used("", loan, True)
    clock.advance(GONE_MS)
    assert (await second.post("/phone", json={})).status_code == 409
    phones.loans_met("", [])  # the switch was started anew
    clock.advance(20_000)
    phones.loans_met("", [loan])
    clock.advance(GONE_MS)
    assert (await second.post("/phone", json={})).status_code == 409


async def test_a_page_that_never_registered_has_the_phone_no_longer_than_one_that_went(
    phones: PhoneDesk, sign_in_as: SignInAs, second: httpx.AsyncClient, clock: VirtualClock
) -> None:
    first = await sign_in_as("wang")
    await first.post("/phone", json={})
    clock.advance(GONE_MS - 1)
    assert (await second.post("/phone", json={})).status_code == 409
    clock.advance(1)
    assert (await second.post("/phone", json={})).status_code == 200


async def test_of_two_switches_one_that_has_the_page_is_enough(
    phones: PhoneDesk, sign_in_as: SignInAs, second: httpx.AsyncClient, clock: VirtualClock
) -> None:
    first = await sign_in_as("wang")
    loan = (await first.post("/phone", json={})).json()["loan"]
    phones.loans_met("1", [loan])
    phones.loans_met("2", [loan])
    phones.loan_used("1", loan, False)
    clock.advance(GONE_MS)
    assert (await second.post("/phone", json={})).status_code == 409
    phones.loans_met("2", [])
    clock.advance(GONE_MS)
    assert (await second.post("/phone", json={})).status_code == 200


async def test_a_restarted_centre_gives_pages_time_to_be_seen(
    phones: PhoneDesk, sign_in_as: SignInAs, db: Database, clock: VirtualClock
) -> None:
    client = await sign_in_as("wang")
    loan = (await client.post("/phone", json={})).json()["loan"]
    clock.advance(10 * GONE_MS)
    again = PhoneDesk(Lending(db, clock, REALM), FakeSwitches(), lambda: compile_centre(load(CENTRE)))
    again.loans_met("", [loan])  # a switch may be there before the loans are read
    await again.start()
    clock.advance(10 * GONE_MS)
    assert not again.is_gone("wang")
    later = PhoneDesk(Lending(db, clock, REALM), FakeSwitches(), lambda: compile_centre(load(CENTRE)))
    await later.start()
    assert not later.is_gone("wang")
    clock.advance(GONE_MS)
    assert later.is_gone("wang")


async def test_signing_out_ends_the_phone(
    phones: PhoneDesk, sign_in_as: SignInAs, switches: FakeSwitches, clock: VirtualClock
) -> None:
    client = await sign_in_as("wang")
    await client.post("/phone", json={})
    assert len(switches.living(clock.now_ms())) == 1
    assert (await client.delete("/session")).status_code == 204
    assert switches.living(clock.now_ms()) == []
    assert phones.held_by("wang") is None


async def test_a_page_gives_its_phone_back(
    phones: PhoneDesk, sign_in_as: SignInAs, switches: FakeSwitches, clock: VirtualClock
) -> None:
    client = await sign_in_as("wang")
    await client.post("/phone", json={})
    assert (await client.delete("/phone")).status_code == 204
    assert switches.living(clock.now_ms()) == []


async def test_somebody_without_a_phone_is_told_what_to_do(phones: PhoneDesk, sign_in_as: SignInAs) -> None:
    client = await sign_in_as("manager")
    refused = await client.post("/phone", json={})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "no_phone")
    assert "endpoints" in refused.json()["error"]["message"]


async def test_without_a_switch_to_talk_to_nothing_is_lent(
    phones: PhoneDesk, sign_in_as: SignInAs, addresses: list[str], switches: FakeSwitches
) -> None:
    addresses.clear()
    client = await sign_in_as("wang")
    refused = await client.post("/phone", json={})
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "switch_away")
    assert not switches.secrets


async def test_a_programme_and_a_foreign_page_get_no_phone(
    phones: PhoneDesk, client: httpx.AsyncClient, sign_in_as: SignInAs, accounts: Accounts
) -> None:
    token = await accounts.create_token("tool", [], by="test")
    refused = await client.post("/phone", json={}, headers={"Authorization": f"Bearer {token}"})
    assert refused.status_code == 403
    signed_in = await sign_in_as("wang")
    del signed_in.headers["X-CSRF-Token"]
    assert (await signed_in.post("/phone", json={})).json()["error"]["code"] == "csrf"


async def test_a_restarted_centre_lends_on_and_ends_what_ended(
    phones: PhoneDesk,
    sign_in_as: SignInAs,
    db: Database,
    clock: VirtualClock,
    accounts: Accounts,
) -> None:
    client = await sign_in_as("wang")
    loan = (await client.post("/phone", json={})).json()["loan"]
    switches = FakeSwitches()
    again = PhoneDesk(Lending(db, clock, REALM), switches, lambda: compile_centre(load(CENTRE)))
    await again.start()
    assert switches.living(clock.now_ms()) == [loan]
    await accounts.change_password("wang", "another horse")
    await again.settle()
    assert switches.living(clock.now_ms()) == []


@pytest.mark.parametrize(
    ("scheme", "host", "gives"),
    [
        ("http", "localhost", "ws://localhost:5066"),
        ("https", "huawu.lan", "wss://huawu.lan:5067"),
        ("https", "fd00::1", "wss://[fd00::1]:5067"),
    ],
)
def test_a_page_connects_where_it_was_opened(
    addresses: list[str], scheme: str, host: str, gives: str
) -> None:
    assert websocket_of(addresses, scheme, host, "wang") == gives


def test_a_page_opened_by_https_is_sent_to_no_open_socket() -> None:
    assert websocket_of(["ws:127.0.0.1:5066"], "https", "huawu.lan", "wang") == ""


def test_of_several_switches_each_person_keeps_to_one() -> None:
    every = ["ws:127.0.0.1:1", "ws:127.0.0.1:2", "ws:127.0.0.1:3"]
    assert len({websocket_of(every, "http", "h", "wang") for _ in range(5)}) == 1
    assert len({websocket_of(every, "http", "h", f"a{n}") for n in range(9)}) == 3
