"""A real centre before the answer: the far network heard by its own phones, and flows that answer late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from huawu.cli.demo import demo_text
from huawu.switch.sip.message import Request, Response
from tests.support.centre import Api, RunningCentre, describe, running_centre
from tests.support.proxied_phone import Phone, _audio, udp_phone
from tests.support.rtp import rtp_peer, talking
from tests.support.tools import free_port, until

pytestmark = pytest.mark.sip

LATE = """numbers:
  - {number: 4090, name: late, flow: late, public: true}
"""
FLOW = """flows:
  late:
    name: late
    start: which
    answer: late
    steps:
      which: {do: condition, cases: [{caller: "1300000204", next: closed}], otherwise: welcome}
      closed: {do: hang_up, say: closed, reason: busy}
      welcome: {do: play, say: welcome, next: hears-itself}
      hears-itself: {do: echo, say: echo}
"""
OUTSIDE = """
trunks:
  - {{trunk: city, target: "127.0.0.1:{port}"}}
outbound:
  rules: [{{rule: city, who: [agent], prefixes: "0", strip: 1, trunks: city, form: national}}]
"""


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[RunningCentre]:
    folder = tmp_path_factory.mktemp("early")
    text = demo_text().replace("numbers:\n", LATE, 1).replace("flows:\n", FLOW, 1)
    describe(folder / "data", text + OUTSIDE.format(port=port))
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


async def phone(stack: AsyncExitStack, centre: RunningCentre, user: str, port: int = 0) -> Phone:
    ear = await stack.enter_async_context(rtp_peer())
    return await stack.enter_async_context(udp_phone(user, ear, ("127.0.0.1", centre.sip_port), port=port))


def told_early(phone: Phone) -> Response | None:
    """The early answer it got, with our media."""
    return next((one for one in phone.heard if isinstance(one, Response) and one.code == 183), None)


async def test_agents_phone_hears_the_far_network_and_is_answered_with_the_callee(
    centre: RunningCentre, api: Api, stack: AsyncExitStack, port: int
) -> None:
    agent, carrier = await phone(stack, centre, "1002"), await phone(stack, centre, "carrier", port)
    assert (await agent.register(centre.person("1002").sip_password)).code == 200
    await api.reachable("1002")
    calling = asyncio.create_task(agent.calls("013800138000", within_s=30))
    invite = await carrier.hears("INVITE")
    assert isinstance(invite, Request)
    early = await until(lambda: told_early(agent), "our early answer")
    assert early.body
    carrier._reply(invite, "183 Session Progress", carrier._sdp(), tag="far")
    async with talking(carrier.ear, _audio(invite.body), 900):
        await until(lambda: agent.ear.hears(900), "the far network at the agent's phone")
    assert not calling.done(), "nobody has answered"
    carrier._reply(invite, "200 OK", carrier._sdp(), tag="far")
    call = await calling
    async with talking(agent.ear, call.audio, 400):
        await until(lambda: carrier.ear.hears(400), "the agent at the callee")
    await api.fact_of("1002", "recording_started")
    kinds = [fact["kind"] for fact in (await api.call_from("1002"))["facts"]]
    assert kinds.index("outside") < kinds.index("answered") < kinds.index("bridged")
    assert kinds.index("bridged") < kinds.index("recording_started")
    assert await agent.hangs_up(call) == 200
    assert (await api.call_from("1002", state="ended"))["outcome"] == "answered"


@pytest.mark.parametrize(
    ("number", "status", "told", "outcome"),
    [
        ("013800138001", "486 Busy Here", 486, "busy"),
        ("013800138002", "480 Temporarily Unavailable", 480, "unanswered"),
        ("013800138003", "404 Not Found", 404, "not_found"),
        ("013800138004", "603 Decline", 603, "refused"),
    ],
)
async def test_agents_phone_and_the_record_are_told_what_became_of_the_callee(
    centre: RunningCentre,
    api: Api,
    stack: AsyncExitStack,
    port: int,
    number: str,
    status: str,
    told: int,
    outcome: str,
) -> None:
    agent, carrier = await phone(stack, centre, "1003"), await phone(stack, centre, "carrier", port)
    assert (await agent.register(centre.person("1003").sip_password)).code == 200
    await api.reachable("1003")
    calling = asyncio.create_task(agent.tries(number, within_s=30))
    invite = await carrier.hears("INVITE")
    assert isinstance(invite, Request)
    carrier._reply(invite, "180 Ringing", tag="far")
    await until(lambda: agent.ear.hears(450), "the ringing that we make")
    carrier._reply(invite, status, tag="far")
    answer, _ = await calling
    assert answer.code == told
    record = await api.call_from("1003", state="ended", number=number)
    assert (record["direction"], record["outcome"]) == ("out", outcome)


async def test_late_flow_that_only_speaks_is_heard_and_never_answered(
    centre: RunningCentre, api: Api, stack: AsyncExitStack
) -> None:
    caller = await phone(stack, centre, "13000002041")
    answer, _ = await caller.tries("4090", within_s=30)
    assert answer.code == 486
    assert told_early(caller) is not None
    assert len(caller.ear.heard) > 25, "half a second of the prompt at least"
    kinds = [fact["kind"] for fact in (await api.call_from("13000002041", state="ended"))["facts"]]
    assert "prompt" in kinds
    assert "answered" not in kinds


async def test_late_flow_answers_when_a_step_needs_the_line(
    centre: RunningCentre, api: Api, stack: AsyncExitStack
) -> None:
    caller = await phone(stack, centre, "13000002050")
    call = await caller.calls("4090", within_s=30)
    assert told_early(caller) is not None
    await api.fact_of("13000002050", "answered")
    kinds = [fact["kind"] for fact in (await api.call_from("13000002050"))["facts"]]
    assert kinds.index("prompt") < kinds.index("answered")
    assert await caller.hangs_up(call) == 200
