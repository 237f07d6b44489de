"""A pass for a call from a web page over HTTP: for named origins and numbers, at a pace, in words."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from huawu.calls.web_desk import MOST_ADDRESSES, Pace, WebDesk, network_of
from huawu.config.compile import Centre, compile_centre, ha1
from huawu.config.load import load
from huawu.config.schema import PerAddress
from huawu.link.messages import GuestPass
from huawu.platform.clock import VirtualClock
from huawu.web.web_calls import WebCallSurroundings, visitor

PAGE = "https://shop.example"
CENTRE = """
company: {name: 测试}
numbers: [{number: 4000, echo: true, public: true}, {number: 4001, echo: true, public: true}]
calendars: {office: {hours: {every: "09:00-18:00"}}}
sip: {proxies: [10.9.0.0/16]}
web_callers:
  {origins: ["https://shop.example"], numbers: ["4000"], at_once: 2, per_address: {minute: 2, hour: 3}}
"""


class Switches:
    """What the switches were told, and how many calls there are."""

    def __init__(self) -> None:
        self.passes: list[GuestPass] = []
        self.running = 0
        self.sockets = ["wss:0.0.0.0:5067", "ws:0.0.0.0:5066"]


@pytest.fixture
def switches() -> Switches:
    return Switches()


@pytest.fixture
def text() -> str:
    return CENTRE


@pytest.fixture
def page(
    app: FastAPI, client: httpx.AsyncClient, switches: Switches, clock: VirtualClock, text: str
) -> httpx.AsyncClient:
    """A browser on a page of `PAGE`."""
    centre: Centre = compile_centre(load(text))
    desk = WebDesk(
        centre=lambda: centre,
        running=lambda: switches.running,
        admit=switches.passes.append,
        now_ms=clock.now_ms,
    )
    app.state.web_calls = WebCallSurroundings(
        desk=desk,
        web_sockets=lambda: switches.sockets,
        configuration=lambda: centre.configuration,
        ice=lambda guest: [{"urls": ["turn:t.example"], "username": f"9:{guest}", "credential": "c"}],
    )
    client.headers["Origin"] = PAGE
    return client


async def _asks(page: httpx.AsyncClient, number: str = "4000", **headers: str) -> httpx.Response:
    return await page.post("/web-calls", json={"number": number}, headers=headers)


def _code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_a_page_is_given_a_pass_for_one_call(
    page: httpx.AsyncClient, switches: Switches, clock: VirtualClock
) -> None:
    answer = await _asks(page)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    (admitted,) = switches.passes
    proof = ha1(told["authorization_user"], told["password"])
    assert (admitted.guest, admitted.number, admitted.page) == (told["authorization_user"], "4000", PAGE)
    assert (admitted.ha1_sha256, admitted.ha1_md5) == (proof.sha256, proof.md5)
    assert (admitted.address, admitted.until_ms) == ("10.0.0.7", clock.now_ms() + 60_000)
    assert told["websocket"] == "ws://centre:5066"
    assert told["target"] == "sip:4000@centre"
    assert told["ice"][0]["username"] == f"9:{admitted.guest}"
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "set-cookie" not in answer.headers
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


async def test_a_browser_may_ask_for_pages_of_that_origin_alone(page: httpx.AsyncClient) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    answer = await page.options("/web-calls", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["access-control-allow-methods"] == "POST"
    other = await page.options("/web-calls", headers={**asked, "Origin": "https://thief.example"})
    assert "access-control-allow-origin" not in other.headers
    assert other.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", ["https://thief.example", "https://shop.example:8443", "null", ""])
async def test_pages_elsewhere_get_nothing_and_cannot_read_why(
    page: httpx.AsyncClient, switches: Switches, origin: str
) -> None:
    answer = await _asks(page, Origin=origin)
    assert _code(answer) == (403, "origin")
    assert "access-control-allow-origin" not in answer.headers
    assert switches.passes == []


@pytest.mark.parametrize("number", ["4001", "1001", "013800138000", ""])
async def test_other_numbers_get_nothing(page: httpx.AsyncClient, switches: Switches, number: str) -> None:
    answer = await _asks(page, number)
    assert _code(answer) == (403, "number")
    assert answer.headers["access-control-allow-origin"] == PAGE, "the page may say why"
    assert switches.passes == []


async def test_a_visitor_who_calls_too_often_is_told_how_long_to_wait(
    page: httpx.AsyncClient, clock: VirtualClock
) -> None:
    for _ in range(2):
        assert (await _asks(page)).status_code == 200
    clock.advance(20_000)
    answer = await _asks(page)
    assert _code(answer) == (429, "too_many")
    assert answer.headers["retry-after"] == "40"
    assert answer.headers["access-control-expose-headers"] == "Retry-After"
    clock.advance(41_000)
    assert (await _asks(page)).status_code == 200
    clock.advance(61_000)
    assert _code(await _asks(page)) == (429, "too_many"), "three in an hour"


async def test_when_all_lines_are_taken_nothing_is_counted(
    page: httpx.AsyncClient, switches: Switches
) -> None:
    switches.running = 2
    for _ in range(5):
        assert _code(await _asks(page)) == (503, "busy")
    switches.running = 1
    assert (await _asks(page)).status_code == 200


async def test_without_a_switch_to_be_reached_the_page_is_told(
    page: httpx.AsyncClient, switches: Switches
) -> None:
    switches.sockets.clear()
    assert _code(await _asks(page)) == (503, "switch_away")


@pytest.mark.parametrize("text", [CENTRE.replace("at_once: 2", "at_once: 2, hours: office")])
async def test_outside_its_hours_the_page_is_told_when_it_opens(
    page: httpx.AsyncClient, clock: VirtualClock
) -> None:
    answer = await _asks(page)  # it is 23:06 in Shanghai
    assert _code(answer) == (403, "closed")
    assert 0 < answer.json()["error"]["opens_ms"] - clock.now_ms() <= 15 * 3_600_000


@pytest.mark.parametrize("text", [CENTRE.replace("sip: {", "sip: {websocket: 'wss://edge.example/sip', ")])
async def test_behind_a_proxy_the_pass_is_for_any_address(
    page: httpx.AsyncClient, switches: Switches
) -> None:
    told = (await _asks(page)).json()
    assert told["websocket"] == "wss://edge.example/sip"
    assert switches.passes[0].address == ""


@pytest.mark.parametrize(
    ("address", "forwarded", "whose"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),  # nobody's word counts but our proxies'
        ("10.9.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.9.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),  # what a visitor wrote itself
        ("10.9.0.1", "198.51.100.7, 10.9.0.2", "198.51.100.7"),
        ("10.9.0.1", "nonsense", "10.9.0.1"),
        ("", "198.51.100.7", ""),
    ],
)
def test_only_our_own_proxies_are_believed_about_whom_they_speak_for(
    address: str, forwarded: str, whose: str
) -> None:
    assert visitor(address, forwarded, ["10.9.0.0/16"]) == whose


def test_an_ipv6_visitor_has_a_whole_site_and_a_mapped_one_an_address() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:1::1")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1")


@given(gaps=st.lists(st.integers(0, 90_000), max_size=80), minute=st.integers(0, 4), hour=st.integers(0, 12))
def test_in_no_minute_and_no_hour_more_than_allowed_and_the_wait_told_is_enough(
    gaps: list[int], minute: int, hour: int
) -> None:
    pace, limits, now_ms, given_ms = Pace(), PerAddress(minute=minute, hour=hour), 0, []
    for gap in gaps:
        now_ms += gap
        wait_ms = pace.ask("192.0.2.1", limits, now_ms)
        if wait_ms == 0:
            given_ms.append(now_ms)
        elif minute and hour and wait_ms > 1:
            assert pace.ask("192.0.2.1", limits, now_ms + wait_ms - 1) > 0
            now_ms += wait_ms
            again_ms = pace.ask("192.0.2.1", limits, now_ms)
            if again_ms == 0:
                given_ms.append(now_ms)
    for at_ms in given_ms:
        assert sum(at_ms - 60_000 < other <= at_ms for other in given_ms) <= minute
        assert sum(at_ms - 3_600_000 < other <= at_ms for other in given_ms) <= hour


def test_of_too_many_addresses_the_quietest_are_forgotten() -> None:
    pace = Pace()
    for number in range(MOST_ADDRESSES + 10):
        pace.ask(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", PerAddress(), number)
    assert len(pace) == MOST_ADDRESSES
