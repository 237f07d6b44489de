"""Kamailio in front of two switches of one centre: registrations, WebSocket, calls, deaths and scanners."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from itertools import count
from typing import Literal

import pytest

from huawu.switch.sip.message import Response
from tests.interop.conftest import CARRIER, Cluster
from tests.support.centre import Api, eventually
from tests.support.proxied_phone import Dialog, Phone, tcp_phone, udp_phone, ws_phone
from tests.support.rtp import rtp_peer, talking
from tests.support.tools import until
from tests.support.web_ear import web_ear

pytestmark = pytest.mark.sip

SCANNER = "127.0.0.3"
BOTH = ("1", "2")
By = Literal["udp", "tcp", "ws"]
_NUMBERS = count(1)
"""Of callers: none calls twice, for tests find a call by its number."""


class Stage:
    """Phones of one test, all behind Kamailio; gone at its end."""

    def __init__(self, cluster: Cluster, api: Api, stack: AsyncExitStack) -> None:
        self.cluster = cluster
        self.api = api
        self._stack = stack

    async def phone(self, user: str, *, by: By = "udp", host: str = "127.0.0.1", port: int = 0) -> Phone:
        ear = await self._stack.enter_async_context(web_ear() if by == "ws" else rtp_peer())
        edge = self.cluster.edge
        match by:
            case "udp":
                made = udp_phone(user, ear, edge, host=host, port=port)
            case "tcp":
                made = tcp_phone(user, ear, edge)
            case "ws":
                made = ws_phone(user, ear, edge, self.cluster.kamailio.ws_port)
        return await self._stack.enter_async_context(made)

    async def carrier(self, place: int = 0) -> Phone:
        """The first or second carrier of the trunk, at its own address."""
        return await self.phone("carrier", host=CARRIER, port=self.cluster.carriers[place])

    async def agent(self, user: str, *, by: By = "udp") -> Phone:
        """An agent whose phone is registered, and who is ready."""
        phone = await self.phone(user, by=by)
        password = self.cluster.centre.person(user).sip_password
        answer = await phone.register(password)
        assert answer.code == 200, answer
        self._stack.push_async_callback(phone.register, password, 0)
        await self.api.reachable(user)
        await self.api.set_state(user, "ready")
        return phone

    async def caller(self) -> tuple[Phone, str]:
        """Somebody with a number of their own."""
        number = f"1390000{next(_NUMBERS):05d}"
        return await self.phone(number), number

    async def caller_on(self, switch: str, number: str = "4001") -> tuple[Phone, str, Dialog]:
        """A caller whose call has landed on this switch; those on the other hang up at once."""
        for _ in range(20):
            phone, caller = await self.caller()
            dialog = await phone.calls(number)
            if await self.home_of(caller) == switch:
                return phone, caller, dialog
            assert await phone.hangs_up(dialog) == 200
        pytest.fail(f"20 calls, and none landed on switch {switch}")

    async def home_of(self, caller: str) -> str:
        fact = await self.api.fact_of(caller, "offered")
        return str(fact["switch"])

    async def tone_passes(self, a: Phone, da: Dialog, b: Phone, db: Dialog) -> None:
        """Each hears the other."""
        async with talking(a.ear, da.audio, 400), talking(b.ear, db.audio, 700):
            await until(lambda: a.ear.hears(700) and b.ear.hears(400), "both to hear the other")


@pytest.fixture
async def stage(cluster: Cluster, api: Api) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        yield Stage(cluster, api, stack)


@pytest.mark.parametrize("by", ["udp", "tcp", "ws"])
@pytest.mark.parametrize("switch", BOTH)
async def test_agent_registered_once_is_rung_through_the_edge_by_either_switch(
    stage: Stage, by: By, switch: str
) -> None:
    agent = await stage.agent("1001", by=by)
    await stage.api.set_state("1001", "break")
    caller, number, call = await stage.caller_on(switch)
    await stage.api.set_state("1001", "ready")
    talk = await agent.answers()
    await stage.api.fact_of(number, "bridged")
    await stage.tone_passes(caller, call, agent, talk)
    # Both change their media within the call, through the route.
    assert (await agent.changes(talk, "sendonly")).code == 200
    await stage.api.fact_of(number, "held", party="agent")
    assert (await agent.changes(talk, "sendrecv")).code == 200
    await stage.api.fact_of(number, "resumed", party="agent")
    assert (await caller.changes(call, "sendonly")).code == 200
    assert (await caller.changes(call, "sendrecv")).code == 200
    await stage.tone_passes(caller, call, agent, talk)
    # The caller hangs up; the BYE to the agent goes by the route the other way.
    assert await caller.hangs_up(call) == 200
    await agent.hung_up_on(talk)
    record = await stage.api.call_from(number, state="ended")
    assert (record["outcome"], record["ended_by"], record["agent"]) == ("answered", "caller", "1001")


async def test_web_phone_calls_and_is_hung_up_on_through_the_edge(stage: Stage) -> None:
    """An agent's own call needs no further proof at whichever switch it lands on."""
    web = await stage.agent("1002", by="ws")
    homes: set[str] = set()
    for _ in range(20):
        dialog = await web.calls("*12")
        await web.hung_up_on(dialog)
        await stage.api.agent_is("1002", "break")
        await stage.api.set_state("1002", "ready")
        call = await web.calls("4100")
        assert await web.hangs_up(call) == 200
        homes.add(await stage.home_of("1002"))
        if homes == set(BOTH):
            return
    pytest.fail(f"20 calls, all on {homes}")


async def test_switch_killed_takes_its_own_calls_only_and_new_ones_go_on(
    stage: Stage, cluster: Cluster
) -> None:
    agents = [await stage.agent("1003"), await stage.agent("1004", by="ws")]
    for user in ("1003", "1004"):
        await stage.api.set_state(user, "break")
    _, number_1, _ = await stage.caller_on("1")
    living, number_2, call_2 = await stage.caller_on("2")
    for user in ("1003", "1004"):
        await stage.api.set_state(user, "ready")
    answered = [asyncio.create_task(agent.answers()) for agent in agents]
    talks = await asyncio.gather(*answered)
    await stage.api.fact_of(number_1, "bridged")
    with_living = (await stage.api.fact_of(number_2, "bridged"))["agent"]
    theirs = ["1003", "1004"].index(with_living)

    cluster.switch("1").kill()
    fresh = [(await stage.caller())[0] for _ in range(6)]
    calls = await asyncio.gather(*[phone.calls("4100", within_s=5) for phone in fresh])
    await stage.api.fact_of(number_1, "ended", reason="switch_lost")
    await stage.tone_passes(living, call_2, agents[theirs], talks[theirs])
    for phone, call in zip(fresh, calls, strict=True):
        assert await phone.hangs_up(call) == 200

    # It comes back, and knows the phones at once: nobody registers anew.
    await eventually(lambda: _is_up(stage, "1"), "switch 1 to be told the phones")
    await stage.api.set_state(with_living, "break")
    assert await living.hangs_up(call_2) == 200
    await agents[theirs].hung_up_on(talks[theirs])
    other = "1004" if with_living == "1003" else "1003"
    await stage.api.set_state(other, "break")  # else those who land on the other switch ring there
    caller, number, call = await stage.caller_on("1")
    await stage.api.set_state(other, "ready")
    talk = await agents[1 - theirs].answers()
    await stage.tone_passes(caller, call, agents[1 - theirs], talk)
    assert await agents[1 - theirs].hangs_up(talk) == 200
    await stage.api.fact_of(number, "parted")
    assert await caller.hangs_up(call) == 200  # the queue's survey would go on
    assert (await stage.api.call_from(number, state="ended"))["outcome"] == "answered"


async def test_scanner_behind_the_edge_is_slowed_and_logged_by_its_own_address(
    stage: Stage, cluster: Cluster
) -> None:
    scanner = await stage.phone("1005", host=SCANNER)
    for _ in range(4):
        assert (await scanner.register("guess")).code == 401
    logs = cluster.log("1") + cluster.log("2")
    lines = [line for line in logs.splitlines() if "kind=auth_failed" in line]
    assert lines
    assert all(f"source={SCANNER}" in line for line in lines)
    loop = asyncio.get_running_loop()
    began = loop.time()
    waits = asyncio.create_task(scanner.register("guess"))
    honest = await stage.phone("1005")
    assert (await honest.register(cluster.centre.person("1005").sip_password)).code == 200
    assert not waits.done()
    assert (await waits).code == 401
    assert loop.time() - began > 3  # the fifth failure waits for eight seconds
    await honest.register(cluster.centre.person("1005").sip_password, 0)
    for switch in BOTH:  # nobody puts a switch out of work by guessing
        caller, _, call = await stage.caller_on(switch, "4100")
        assert await caller.hangs_up(call) == 200


async def test_web_phone_whose_connection_broke_is_not_rung_and_its_caller_waits_on(stage: Stage) -> None:
    async with AsyncExitStack() as page:
        own = Stage(stage.cluster, stage.api, page)
        web = await own.phone("1006", by="ws")
        assert (await web.register(stage.cluster.centre.person("1006").sip_password)).code == 200
        await stage.api.reachable("1006")
        await stage.api.set_state("1006", "ready")
    caller, number = await stage.caller()
    call = await caller.calls("4001")
    await stage.api.fact_of(number, "offer_failed", agent="1006", reason="unreachable")

    async def gone() -> bool:
        return not (await stage.api.agent("1006"))["reachable"]

    await eventually(gone, "the phone to be known as gone")
    again = await stage.agent("1007")
    talk = await again.answers()
    await stage.tone_passes(caller, call, again, talk)
    assert await caller.hangs_up(call) == 200
    await again.hung_up_on(talk)


async def test_stranger_who_marks_a_via_is_turned_away_at_the_edge(stage: Stage) -> None:
    phone, _ = await stage.caller()
    place, phone.place = phone.place, f"{phone.place};received=192.0.2.1"
    answer, _ = await phone.tries("4100")
    assert answer.code == 400
    phone.place = place


async def test_stranger_is_led_nowhere_but_to_a_switch(stage: Stage) -> None:
    """Neither a Route of its own nor a made-up call makes Kamailio send to other places."""
    phone, _ = await stage.caller()
    victim = await stage.phone("victim")
    call = await phone.calls("4100")
    target, call.target = call.target, f"sip:victim@{victim.place}"
    assert (await phone.changes(call, "sendrecv")).code == 403
    call.target = target
    assert await phone.hangs_up(call) == 200
    assert victim.heard == []


async def test_tcp_phone_calls_and_is_not_rung_once_its_connection_is_gone(stage: Stage) -> None:
    async with AsyncExitStack() as desk:
        own = Stage(stage.cluster, stage.api, desk)
        phone = await own.phone("1008", by="tcp")
        assert (await phone.register(stage.cluster.centre.person("1008").sip_password)).code == 200
        await stage.api.reachable("1008")
        call = await phone.calls("4100")
        assert (await phone.changes(call, "sendonly")).code == 200
        assert await phone.hangs_up(call) == 200
        await stage.api.set_state("1008", "ready")
    caller, number = await stage.caller()
    call = await caller.calls("4001")
    await stage.api.fact_of(number, "offer_failed", agent="1008", reason="unreachable")
    assert await caller.hangs_up(call) == 200


async def test_trunk_calls_in_through_the_edge_and_is_known_by_its_own_address(stage: Stage) -> None:
    carrier = await stage.carrier()
    for switch in BOTH:
        for _ in range(20):
            number = f"1300000{next(_NUMBERS):05d}"
            call = await carrier.calls("4100", number)
            offered = await stage.api.fact_of(number, "offered")
            assert offered["trunk"] == "city"
            assert await carrier.hangs_up(call) == 200
            if offered["switch"] == switch:
                break
        else:
            pytest.fail(f"20 calls of the trunk, none on switch {switch}")


async def test_agent_calls_outside_through_the_edge_by_the_first_carrier_that_is_there(stage: Stage) -> None:
    agent = await stage.agent("1009", by="tcp")
    for place in (0, 1):  # the first carrier; then, as nobody is there any more, the second
        async with AsyncExitStack() as line:
            own = Stage(stage.cluster, stage.api, line)
            carrier = await own.carrier(place)
            calling = asyncio.create_task(agent.calls("013800138000", within_s=20))
            talk = await carrier.answers()
            call = await calling
            early = [one for one in agent.heard if isinstance(one, Response) and one.code == 183]
            assert early, "it rang before anybody was answered"
            assert all(one.body for one in early)
            await stage.tone_passes(agent, call, carrier, talk)
            assert (await carrier.changes(talk, "sendonly")).code == 200
            assert (await carrier.changes(talk, "sendrecv")).code == 200
            assert await carrier.hangs_up(talk) == 200
            await agent.hung_up_on(call)
        record = await stage.api.call_from("1009", state="ended")
        assert (record["direction"], record["outcome"]) == ("out", "answered")


async def _is_up(stage: Stage, switch: str) -> bool:
    return stage.cluster.log(switch).count("switch ready") >= 2
