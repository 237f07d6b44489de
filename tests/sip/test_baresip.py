"""A real phone program, baresip: registers, is called, calls, holds and presses keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from huawu.link.messages import (
    Answer,
    Bridge,
    DigitPressed,
    Echo,
    EndpointId,
    EndpointReachable,
    HangUp,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegId,
    LegOffered,
    LegResumed,
    LegRinging,
    Originate,
)
from tests.sip.conftest import Phone
from tests.support.baresip import baresip
from tests.support.rtp import RtpPeer, talking
from tests.support.switch import RunningSwitch
from tests.support.tools import until
from tests.switch.scripted_centre import PUBLIC, ScriptedCentre
from tests.switch.scripted_centre import phone as registered

pytestmark = pytest.mark.sip

AGENT = LegId("agent")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_baresip_registers_is_called_and_talks_with_a_caller(
    switch: RunningSwitch, centre: ScriptedCentre, phone: Phone, ear: RtpPeer, tmp_path: Path, transport: str
) -> None:
    await centre.configure(registered("1001", md5_only=True))
    async with baresip(
        tmp_path / "b", user="1001", password="secret", switch_port=switch.port, transport=transport
    ) as agent:
        await centre.next(EndpointReachable)
        caller = await phone("caller_waits", rtp_port=ear.port)
        offered = await centre.next(LegOffered)
        centre.send(Answer(leg=offered.leg))
        centre.send(Originate(leg=AGENT, endpoint=EndpointId("1001"), caller_number="13812345678"))
        await centre.next(LegAnswered, AGENT)
        centre.send(Bridge(a=offered.leg, b=AGENT))
        async with talking(ear, ("127.0.0.1", await caller.audio_port()), 400):
            await until(lambda: ear.hears(700), "the agent's voice")
            await agent.command("hold")
            await centre.next(LegHeld, AGENT)
            await agent.command("resume")
            await centre.next(LegResumed, AGENT)
            ear.heard.clear()
            await until(lambda: ear.hears(700), "the agent's voice again")
            for digit in "59#":
                await agent.command("sndcode", digit)
                pressed = await centre.next(DigitPressed, AGENT)
                assert pressed.digit == digit
        centre.send(HangUp(leg=AGENT))
        centre.send(HangUp(leg=offered.leg))
        ended = await centre.next(LegEnded, AGENT)
        assert ended.quality is not None
        assert ended.quality.packets > 20
        await agent.told("CALL_CLOSED")
        await caller.succeeds()


async def test_baresip_calls_and_hangs_up(
    switch: RunningSwitch, centre: ScriptedCentre, tmp_path: Path
) -> None:
    await centre.configure(registered("1001", md5_only=True))
    async with baresip(tmp_path / "b", user="1001", password="secret", switch_port=switch.port) as phone:
        await centre.next(EndpointReachable)
        await phone.command("dial", f"sip:{PUBLIC}@127.0.0.1:{switch.port}")
        offered = await centre.next(LegOffered)
        assert offered.endpoint == "1001"
        centre.send(Answer(leg=offered.leg))
        centre.send(Echo(leg=offered.leg))
        await phone.told("CALL_ESTABLISHED")
        await phone.command("hangup")
        ended = await centre.next(LegEnded, offered.leg)
        assert (ended.by, ended.reason) == ("peer", "normal")


async def test_baresip_rings_until_the_centre_gives_up(
    switch: RunningSwitch, centre: ScriptedCentre, tmp_path: Path
) -> None:
    await centre.configure(registered("1001", md5_only=True))
    async with baresip(
        tmp_path / "b", user="1001", password="secret", switch_port=switch.port, answers=False
    ) as phone:
        await centre.next(EndpointReachable)
        centre.send(Originate(leg=AGENT, endpoint=EndpointId("1001")))
        await centre.next(LegRinging, AGENT)
        await phone.told("CALL_INCOMING")
        centre.send(HangUp(leg=AGENT, reason="cancelled"))
        ended = await centre.next(LegEnded, AGENT)
        assert (ended.by, ended.reason) == ("centre", "cancelled")
        await phone.told("CALL_CLOSED")
