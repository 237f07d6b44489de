"""Agents' phones by SIPp: they register, are called, and talk with callers through the switch."""

from __future__ import annotations

import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from huawu.link.messages import (
    Answer,
    Bridge,
    EndpointId,
    EndpointReachable,
    HangUp,
    LegAnswered,
    LegEnded,
    LegId,
    LegOffered,
    LegRinging,
    Originate,
    Trunk,
    TrunkId,
)
from tests.sip.conftest import Phone
from tests.support.register import Refused, register
from tests.support.rtp import RtpPeer, talking
from tests.support.switch import RunningSwitch
from tests.support.tools import Program, free_port, until
from tests.switch.scripted_centre import ScriptedCentre
from tests.switch.scripted_centre import phone as registered

pytestmark = pytest.mark.sip

AGENT = LegId("agent-1")
TRUNK = TrunkId("t")


async def test_phone_registers_and_answers(
    switch: RunningSwitch, centre: ScriptedCentre, phone: Phone, agent_ear: RtpPeer
) -> None:
    await centre.configure(registered("1001"))
    port = free_port()
    await register(port, "1001", "secret", switch.port)
    assert await centre.next(EndpointReachable) == EndpointReachable(endpoint=EndpointId("1001"), contacts=1)
    agent = await phone("agent_answers", port=port, rtp_port=agent_ear.port)
    centre.send(Originate(leg=AGENT, endpoint=EndpointId("1001"), caller_number="13812345678"))
    await centre.next(LegRinging, AGENT)
    await centre.next(LegAnswered, AGENT)
    centre.send(HangUp(leg=AGENT))
    await centre.next(LegEnded, AGENT)
    await agent.succeeds()


async def test_phone_with_a_wrong_password_stays_unknown(
    switch: RunningSwitch, centre: ScriptedCentre
) -> None:
    await centre.configure(registered("1001"))
    with pytest.raises(Refused):
        await register(free_port(), "1001", "guess", switch.port)
    await until(lambda: "event=suspicion kind=auth_failed source=127.0.0.1 port=" in switch.log, "the line")
    assert "user=1001" in switch.log
    assert not centre.of(EndpointReachable)


@pytest.mark.parametrize(
    ("scenario", "reason", "ring_ms"), [("agent_busy", "busy", 20_000), ("agent_rings", "no_answer", 1_500)]
)
async def test_phone_that_does_not_answer(
    centre: ScriptedCentre, phone: Phone, scenario: str, reason: str, ring_ms: int
) -> None:
    port = free_port()
    agent = await phone(scenario, port=port)
    await centre.configure(registered("1001", contact=f"127.0.0.1:{port}"))
    centre.send(Originate(leg=AGENT, endpoint=EndpointId("1001"), ring_ms=ring_ms))
    ended = await centre.next(LegEnded, AGENT)
    assert ended.reason == reason
    await agent.succeeds()


async def test_unregistered_phone_is_unavailable(centre: ScriptedCentre) -> None:
    await centre.configure(registered("1001"))
    centre.send(Originate(leg=AGENT, endpoint=EndpointId("1001")))
    assert (await centre.next(LegEnded, AGENT)).reason == "unavailable"


async def test_ipv6_phone_is_called_with_ipv6_media(
    switch: RunningSwitch, centre: ScriptedCentre, phone: Phone
) -> None:
    await centre.configure(registered("1001"))
    port = free_port("::1")
    await register(port, "1001", "secret", switch.port6, host="::1")
    await centre.next(EndpointReachable)
    agent = await phone("agent_answers", port=port, host="::1", peer_port=switch.port6)
    centre.send(Originate(leg=AGENT, endpoint=EndpointId("1001")))
    await centre.next(LegAnswered, AGENT)
    assert "c=IN IP6 ::1" in "".join(agent.received)
    centre.send(HangUp(leg=AGENT))
    await agent.succeeds()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_caller_and_agent_hear_each_other(
    centre: ScriptedCentre, phone: Phone, ear: RtpPeer, agent_ear: RtpPeer, transport: str
) -> None:
    port = free_port()
    agent = await phone("agent_answers", port=port, rtp_port=agent_ear.port, transport=transport)
    await until(lambda: agent.program.running, "the agent's phone")
    await centre.configure(
        trunks=(Trunk(trunk=TRUNK, target=f"127.0.0.1:{port}", transport=transport),)  # type: ignore[arg-type]
    )
    caller = await phone("caller_waits", rtp_port=ear.port, transport=transport)
    offered = await centre.next(LegOffered)
    centre.send(Answer(leg=offered.leg))
    await centre.next(LegAnswered, offered.leg)
    centre.send(Originate(leg=AGENT, trunk=TRUNK, number="1001", caller_number="13812345678"))
    await centre.next(LegAnswered, AGENT)
    centre.send(Bridge(a=offered.leg, b=AGENT))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(talking(ear, ("127.0.0.1", await caller.audio_port()), 400))
        await stack.enter_async_context(talking(agent_ear, ("127.0.0.1", await agent.audio_port()), 900))
        await until(lambda: agent_ear.hears(400) and ear.hears(900), "both voices")
    centre.send(HangUp(leg=AGENT))
    centre.send(HangUp(leg=offered.leg))
    qualities = [await centre.next(LegEnded, leg) for leg in (AGENT, offered.leg)]
    assert all(one.quality is not None and one.quality.packets > 5 for one in qualities)
    await caller.succeeds()
    await agent.succeeds()


async def test_people_talk_on_when_the_centre_is_killed(
    switch: RunningSwitch, phone: Phone, ear: RtpPeer, agent_ear: RtpPeer, tmp_path: Path
) -> None:
    port = free_port()
    agent = await phone("agent_answers", port=port, rtp_port=agent_ear.port, limit_s=60)
    command = [sys.executable, "-m", "tests.switch.scripted_centre", switch.socket, switch.token]
    doomed = await Program.start([*command, f"127.0.0.1:{port}", "1001"], tmp_path / "centre.log")
    try:
        await until(lambda: "ready" in doomed.output, "the doomed centre")
        caller = await phone("caller_waits", rtp_port=ear.port, limit_s=60)
        async with AsyncExitStack() as stack:
            to_switch = "127.0.0.1", await caller.audio_port()
            await stack.enter_async_context(talking(ear, to_switch, 400))
            to_switch = "127.0.0.1", await agent.audio_port()
            await stack.enter_async_context(talking(agent_ear, to_switch, 900))
            await until(lambda: agent_ear.hears(400) and ear.hears(900), "both voices")
            await doomed.kill()
            await until(lambda: "centre gone" in switch.log.split("centre connected")[-1], "its end")
            ear.heard.clear()
            agent_ear.heard.clear()
            await until(lambda: agent_ear.hears(400) and ear.hears(900), "both voices without a centre")
            await until(lambda: len(ear.heard) > 50, "a second more of it")
            assert ear.hears(900)
            assert agent_ear.hears(400)
            heir = ScriptedCentre(switch.client())
            async with heir.running():
                legs = {leg.leg: leg for leg in heir.welcomes[0].legs}
                assert len(legs) == 2
                for leg in legs.values():
                    assert leg.state == "answered"
                    assert leg.bridged_with in legs
                for leg_id in legs:
                    heir.send(HangUp(leg=leg_id))
                for leg_id in legs:
                    await heir.next(LegEnded, leg_id)
        await caller.succeeds()
        await agent.succeeds()
    finally:
        await doomed.stop()
