"""An agent asks a colleague about whom they dialled, and hands them over: real phones and tones."""

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

CUSTOMER = "013800138056"
CUSTOMER_HZ, AGENT_HZ, COLLEAGUE_HZ = 400.0, 900.0, 1_500.0


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[RunningCentre]:
    folder = tmp_path_factory.mktemp("asked")
    describe(folder / "data", demo_text() + OUTSIDE.format(port=port))
    with running_centre(folder / "data") as centre:
        yield centre


@pytest.fixture
async def api(centre: RunningCentre) -> AsyncIterator[Api]:
    api = Api(centre)
    async with api.http:
        yield api


async def test_whom_an_agent_dialled_waits_to_music_and_is_handed_to_a_colleague(
    centre: RunningCentre, api: Api, port: int
) -> None:
    async with AsyncExitStack() as stack:
        agent, carrier = await phone(stack, centre, "1002"), await phone(stack, centre, "carrier", port)
        colleague = await phone(stack, centre, "1003")
        for one, user in ((agent, "1002"), (colleague, "1003")):
            assert (await one.register(centre.person(user).sip_password)).code == 200
            await api.reachable(user)
            await api.set_state(user, "ready")
        base = f"{centre.http}/api/v1"
        page = await stack.enter_async_context(
            httpx.AsyncClient(base_url=base, trust_env=False, timeout=PATIENCE_S)
        )
        entered = await page.post(
            "/session", json={"user": "1002", "password": centre.person("1002").password}
        )
        page.headers["X-CSRF-Token"] = entered.json()["csrf"]

        answering = asyncio.create_task(carrier.answers())
        line = await agent.calls(CUSTOMER, within_s=30)
        customer = await answering
        await stack.enter_async_context(talking(carrier.ear, customer.audio, CUSTOMER_HZ))
        await stack.enter_async_context(talking(agent.ear, line.audio, AGENT_HZ))
        await until(lambda: carrier.ear.hears(AGENT_HZ), "the agent at the customer")
        call = await api.call_from("1002", state="talking")
        assert call["agent"] == "1002"

        coming = asyncio.create_task(colleague.answers())

        async def asked() -> bool:
            return (await page.post(f"/calls/{call['id']}/consult", json={"agent": "1003"})).is_success

        await eventually(asked, "the colleague's phone to be known")
        aside = await coming
        await stack.enter_async_context(talking(colleague.ear, aside.audio, COLLEAGUE_HZ))
        await until(lambda: agent.ear.hears(COLLEAGUE_HZ), "the colleague at the agent")
        await until(lambda: not carrier.ear.hears(AGENT_HZ), "the customer to hear the agent no more")
        assert not carrier.ear.hears(COLLEAGUE_HZ)
        done = await page.post(f"/calls/{call['id']}/consult/complete")
        assert done.is_success, done.text
        await agent.hung_up_on(line)
        await until(lambda: carrier.ear.hears(COLLEAGUE_HZ), "the colleague at the customer")
        await until(lambda: colleague.ear.hears(CUSTOMER_HZ), "the customer at the colleague")
        assert await carrier.hangs_up(customer) == 200
        await colleague.hung_up_on(aside)
        over = await api.call_from("1002", state="ended", id=call["id"])
        assert (over["direction"], over["outcome"], over["agent"]) == ("out", "answered", "1003")
