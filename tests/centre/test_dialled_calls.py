"""Whom an agent dialled is handed to a colleague, or goes on with a leader: real phones, a carrier, tones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, NamedTuple

import httpx
import pytest

from huawu.cli.demo import demo_text
from tests.centre.test_before_answer import OUTSIDE, phone
from tests.support.centre import Api, RunningCentre, describe, eventually, running_centre
from tests.support.proxied_phone import Dialog, Phone
from tests.support.rtp import talking
from tests.support.tools import PATIENCE_S, free_port, until

pytestmark = pytest.mark.sip

CUSTOMER = "013800138056"
CUSTOMER_HZ, AGENT_HZ, OTHER_HZ = 400.0, 900.0, 1_500.0


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[RunningCentre]:
    folder = tmp_path_factory.mktemp("dialled")
    describe(folder / "data", demo_text() + OUTSIDE.format(port=port))
    with running_centre(folder / "data") as centre:
        yield centre


@pytest.fixture
async def api(centre: RunningCentre) -> AsyncIterator[Api]:
    api = Api(centre)
    async with api.http:
        yield api


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


class Talk(NamedTuple):
    """1002 talks with the customer they dialled; both speak."""

    agent: Phone
    line: Dialog
    carrier: Phone
    customer: Dialog
    call: dict[str, Any]


@pytest.fixture
async def talk(centre: RunningCentre, api: Api, stack: AsyncExitStack, port: int) -> Talk:
    carrier = await phone(stack, centre, "carrier", port)
    agent = await registered(centre, stack, "1002")
    await api.reachable("1002")
    answering = asyncio.create_task(carrier.answers())
    line = await agent.calls(CUSTOMER, within_s=30)
    customer = await answering
    await stack.enter_async_context(talking(carrier.ear, customer.audio, CUSTOMER_HZ))
    await stack.enter_async_context(talking(agent.ear, line.audio, AGENT_HZ))
    await until(lambda: carrier.ear.hears(AGENT_HZ), "the agent at the customer")
    return Talk(agent, line, carrier, customer, await api.call_from("1002", state="talking"))


async def registered(centre: RunningCentre, stack: AsyncExitStack, user: str) -> Phone:
    there = await phone(stack, centre, user)
    assert (await there.register(centre.person(user).sip_password)).code == 200
    return there


@asynccontextmanager
async def page_of(centre: RunningCentre, user: str) -> AsyncIterator[httpx.AsyncClient]:
    """As from this person's page."""
    base = f"{centre.http}/api/v1"
    async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=PATIENCE_S) as page:
        entered = await page.post("/session", json={"user": user, "password": centre.person(user).password})
        page.headers["X-CSRF-Token"] = entered.json()["csrf"]
        yield page


async def granted(page: httpx.AsyncClient, path: str, wanted: dict[str, str]) -> None:
    """Asked for until the phone that is to be rung is known."""

    async def asked() -> bool:
        return (await page.post(path, json=wanted)).is_success

    await eventually(asked, f"{path} to be granted")


async def test_whom_an_agent_dialled_waits_to_music_and_is_handed_to_a_colleague(
    centre: RunningCentre, api: Api, stack: AsyncExitStack, talk: Talk
) -> None:
    agent, line, carrier, customer, call = talk
    assert call["agent"] == "1002"
    colleague = await registered(centre, stack, "1003")
    await api.reachable("1003")
    await api.set_state("1003", "ready")
    coming = asyncio.create_task(colleague.answers())
    async with page_of(centre, "1002") as page:
        await granted(page, f"/calls/{call['id']}/consult", {"agent": "1003"})
        aside = await coming
        await stack.enter_async_context(talking(colleague.ear, aside.audio, OTHER_HZ))
        await until(lambda: agent.ear.hears(OTHER_HZ), "the colleague at the agent")
        await until(lambda: not carrier.ear.hears(AGENT_HZ), "the customer to hear the agent no more")
        assert not carrier.ear.hears(OTHER_HZ)
        done = await page.post(f"/calls/{call['id']}/consult/complete")
    assert done.is_success, done.text
    await agent.hung_up_on(line)
    await until(lambda: carrier.ear.hears(OTHER_HZ), "the colleague at the customer")
    await until(lambda: colleague.ear.hears(CUSTOMER_HZ), "the customer at the colleague")
    assert await carrier.hangs_up(customer) == 200
    await colleague.hung_up_on(aside)
    over = await api.call_from("1002", state="ended", id=call["id"])
    assert (over["direction"], over["outcome"], over["agent"]) == ("out", "answered", "1003")


async def test_whom_an_agent_dialled_talks_on_with_the_leader(
    centre: RunningCentre, api: Api, stack: AsyncExitStack, talk: Talk
) -> None:
    agent, line, carrier, customer, call = talk
    leader = await registered(centre, stack, "leader")
    async with page_of(centre, "leader") as page:  # who names nobody
        await granted(page, f"/calls/{call['id']}/supervise", {"mode": "take_over"})
    beside = await leader.answers()
    await stack.enter_async_context(talking(leader.ear, beside.audio, OTHER_HZ))
    await agent.hung_up_on(line)
    await until(lambda: carrier.ear.hears(OTHER_HZ), "the leader at the customer")
    await until(lambda: leader.ear.hears(CUSTOMER_HZ), "the customer at the leader")
    assert (await api.agent("1002"))["state"] != "talking"
    assert await carrier.hangs_up(customer) == 200
    await leader.hung_up_on(beside)
    done = await api.call_from("1002", state="ended", id=call["id"])
    assert (done["direction"], done["outcome"]) == ("out", "answered")
    over = [fact for fact in done["facts"] if fact["kind"] == "taken_over"]
    assert [(fact["agent"], fact["of"]) for fact in over] == [("leader", "1002")]
