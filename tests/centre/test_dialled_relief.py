"""A leader takes over what an agent dialled: real phones, a carrier's line, and tones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import httpx
import pytest

from huawu.cli.demo import demo_text
from tests.centre.test_before_answer import OUTSIDE, phone
from tests.support.centre import Api, RunningCentre, describe, eventually, running_centre
from tests.support.rtp import talking
from tests.support.tools import PATIENCE_S, free_port, until

pytestmark = pytest.mark.sip

CUSTOMER = "013800138055"
CUSTOMER_HZ, AGENT_HZ, LEADER_HZ = 400.0, 900.0, 1_500.0


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[RunningCentre]:
    folder = tmp_path_factory.mktemp("relief")
    describe(folder / "data", demo_text() + OUTSIDE.format(port=port))
    with running_centre(folder / "data") as centre:
        yield centre


@pytest.fixture
async def api(centre: RunningCentre) -> AsyncIterator[Api]:
    api = Api(centre)
    async with api.http:
        yield api


async def take_over(centre: RunningCentre, call: str) -> None:
    """The leader asks from the page, and names nobody."""
    person = centre.person("leader")
    base = f"{centre.http}/api/v1"
    async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=PATIENCE_S) as page:
        entered = await page.post("/session", json={"user": "leader", "password": person.password})
        page.headers["X-CSRF-Token"] = entered.json()["csrf"]

        async def granted() -> bool:
            return (await page.post(f"/calls/{call}/supervise", json={"mode": "take_over"})).is_success

        await eventually(granted, "the leader's phone to be known")


async def test_whom_an_agent_dialled_talks_on_with_the_leader(
    centre: RunningCentre, api: Api, port: int
) -> None:
    async with AsyncExitStack() as stack:
        agent, carrier = await phone(stack, centre, "1002"), await phone(stack, centre, "carrier", port)
        leader = await phone(stack, centre, "leader")
        for one, user in ((agent, "1002"), (leader, "leader")):
            assert (await one.register(centre.person(user).sip_password)).code == 200
        await api.reachable("1002")
        answering = asyncio.create_task(carrier.answers())
        line = await agent.calls(CUSTOMER, within_s=30)
        customer = await answering
        await stack.enter_async_context(talking(carrier.ear, customer.audio, CUSTOMER_HZ))
        await stack.enter_async_context(talking(agent.ear, line.audio, AGENT_HZ))
        await until(lambda: carrier.ear.hears(AGENT_HZ), "the agent at the customer")
        call = await api.call_from("1002", state="talking")
        await take_over(centre, call["id"])
        beside = await leader.answers()
        await stack.enter_async_context(talking(leader.ear, beside.audio, LEADER_HZ))
        await agent.hung_up_on(line)
        await until(lambda: carrier.ear.hears(LEADER_HZ), "the leader at the customer")
        await until(lambda: leader.ear.hears(CUSTOMER_HZ), "the customer at the leader")
        assert (await api.agent("1002"))["state"] != "talking"
        assert await carrier.hangs_up(customer) == 200
        await leader.hung_up_on(beside)
        done = await api.call_from("1002", state="ended", id=call["id"])
        assert (done["direction"], done["outcome"]) == ("out", "answered")
        over = [fact for fact in done["facts"] if fact["kind"] == "taken_over"]
        assert [(fact["agent"], fact["of"]) for fact in over] == [("leader", "1002")]
