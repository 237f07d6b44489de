"""Callers by SIPp against a real switch: answered, refused, cancelled, held, and their keys heard."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from huawu.link.messages import (
    Answer,
    Collect,
    CollectId,
    DigitsCollected,
    HangUp,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegOffered,
    LegResumed,
    Play,
    PlayFinished,
    PlayId,
    Reject,
    Ring,
    TalkStarted,
    Tone,
)
from tests.sip.conftest import Phone
from tests.support.rtp import RtpPeer, rtp_peer, talking
from tests.support.sip_phone import sip_phone
from tests.support.sipp import Sipp
from tests.support.switch import RunningSwitch, running_switch
from tests.support.tools import until
from tests.switch.scripted_centre import PUBLIC, ScriptedCentre

pytestmark = pytest.mark.sip

TONE = (Tone(hertz=(600.0,), length_ms=400),)


async def take(centre: ScriptedCentre) -> LegOffered:
    """Answer the next caller."""
    offered = await centre.next(LegOffered)
    centre.send(Answer(leg=offered.leg))
    await centre.next(LegAnswered, offered.leg)
    return offered


async def finish(centre: ScriptedCentre, caller: Sipp, offered: LegOffered) -> LegEnded:
    """Hang up a caller that waits for it."""
    centre.send(HangUp(leg=offered.leg))
    ended = await centre.next(LegEnded, offered.leg)
    assert (ended.by, ended.reason) == ("centre", "normal")
    await caller.succeeds()
    return ended


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_caller_is_answered_hears_the_prompt_and_hangs_up(
    centre: ScriptedCentre, phone: Phone, ear: RtpPeer, transport: str
) -> None:
    caller = await phone("caller_hangs_up", rtp_port=ear.port, transport=transport, pause_ms=1_500)
    offered = await centre.next(LegOffered)
    assert (offered.from_number, offered.to_number) == ("13812345678", PUBLIC)
    centre.send(Ring(leg=offered.leg))
    centre.send(Answer(leg=offered.leg))
    assert (await centre.next(LegAnswered)).codec == "PCMU"
    centre.send(Play(leg=offered.leg, play=PlayId("welcome"), clips=TONE))
    await until(lambda: ear.hears(600), "the prompt")
    assert (await centre.next(PlayFinished)).how == "completed"
    ended = await centre.next(LegEnded)
    assert (ended.by, ended.reason) == ("peer", "normal")
    await caller.succeeds()
    assert "SIP/2.0 180" in caller.messages


async def test_caller_is_hung_up(centre: ScriptedCentre, phone: Phone, ear: RtpPeer) -> None:
    caller = await phone("caller_waits", rtp_port=ear.port)
    offered = await take(centre)
    async with talking(ear, ("127.0.0.1", await caller.audio_port()), 400):
        await centre.next(TalkStarted, offered.leg)
    ended = await finish(centre, caller, offered)
    assert ended.quality is not None
    assert ended.quality.lost == 0


async def test_caller_by_ipv6(switch: RunningSwitch, centre: ScriptedCentre, phone: Phone) -> None:
    async with rtp_peer("::1") as ear:
        caller = await phone("caller_waits", host="::1", peer_port=switch.port6, rtp_port=ear.port)
        offered = await take(centre)
        centre.send(Play(leg=offered.leg, play=PlayId("p"), clips=TONE))
        await until(lambda: ear.hears(600), "the prompt")
        await finish(centre, caller, offered)


async def test_caller_gives_up_while_it_rings(centre: ScriptedCentre, phone: Phone) -> None:
    caller = await phone("caller_cancels")
    offered = await centre.next(LegOffered)
    centre.send(Ring(leg=offered.leg))
    ended = await centre.next(LegEnded, offered.leg)
    assert (ended.by, ended.reason) == ("peer", "cancelled")
    await caller.succeeds()


async def test_caller_is_rejected(centre: ScriptedCentre, phone: Phone) -> None:
    caller = await phone("caller_refused")
    offered = await centre.next(LegOffered)
    centre.send(Reject(leg=offered.leg, reason="busy"))
    assert (await centre.next(LegEnded)).reason == "busy"
    await caller.succeeds()
    assert "SIP/2.0 486" in caller.messages


async def test_caller_without_a_common_codec_is_refused_unoffered(
    centre: ScriptedCentre, phone: Phone
) -> None:
    caller = await phone("caller_speaks_g729")
    ended = await centre.next(LegEnded)
    assert (ended.by, ended.reason) == ("switch", "incompatible")
    assert not centre.of(LegOffered)
    await caller.succeeds()


async def test_stranger_may_call_public_numbers_only(centre: ScriptedCentre, phone: Phone) -> None:
    caller = await phone("caller_refused", number="00861099998888")
    await caller.succeeds()
    assert "SIP/2.0 401" in caller.messages
    assert not centre.of(LegOffered)


async def test_no_centre_no_calls(switch: RunningSwitch, phone: Phone) -> None:
    centre = ScriptedCentre(switch.client())
    async with centre.running():
        await centre.configure()
    await until(lambda: "centre gone" in switch.log.split("centre connected")[-1], "the centre to be gone")
    caller = await phone("caller_refused")
    await caller.succeeds()
    assert "SIP/2.0 503" in caller.messages
    assert "Retry-After: 5" in caller.messages


async def test_caller_whose_media_come_with_the_ack(
    centre: ScriptedCentre, phone: Phone, ear: RtpPeer
) -> None:
    caller = await phone("caller_offers_late", rtp_port=ear.port)
    offered = await take(centre)
    centre.send(Play(leg=offered.leg, play=PlayId("p"), clips=TONE))
    await until(lambda: ear.hears(600), "the prompt")
    await finish(centre, caller, offered)


async def test_caller_holds_and_resumes(centre: ScriptedCentre, phone: Phone, ear: RtpPeer) -> None:
    caller = await phone("caller_holds", rtp_port=ear.port)
    offered = await take(centre)
    assert (await centre.next(LegHeld)).leg == offered.leg
    assert (await centre.next(LegResumed)).leg == offered.leg
    assert (await centre.next(LegEnded)).by == "peer"
    await caller.succeeds()
    assert "a=recvonly" in "".join(caller.received)


async def test_keys_by_info_are_collected(centre: ScriptedCentre, phone: Phone, ear: RtpPeer) -> None:
    caller = await phone("caller_sends_info", rtp_port=ear.port, pause_ms=500)
    offered = await take(centre)
    centre.send(Collect(leg=offered.leg, collect=CollectId("c"), max_digits=9))
    collected = await centre.next(DigitsCollected)
    assert (collected.digits, collected.how) == ("42", "end_key")
    await finish(centre, caller, offered)


async def test_keys_in_the_audio_stream_are_collected_and_silence_the_prompt(
    centre: ScriptedCentre, phone: Phone, ear: RtpPeer
) -> None:
    caller = await phone("caller_waits", rtp_port=ear.port)
    offered = await take(centre)
    line = ("127.0.0.1", await caller.audio_port())
    long = (Tone(hertz=(600.0,), length_ms=60_000),)
    centre.send(Collect(leg=offered.leg, collect=CollectId("c"), prompt=long, max_digits=2))
    await until(lambda: ear.hears(600), "the prompt")
    async with talking(ear, line, 300):
        pass
    await ear.press(line, "7")
    await ear.press(line, "*")
    collected = await centre.next(DigitsCollected)
    assert (collected.digits, collected.how) == ("7*", "complete")
    await finish(centre, caller, offered)


async def test_a_public_address_stands_where_peers_are_told_to_send_and_calls_come_and_go_by_it(
    tmp_path: Path, ear: RtpPeer
) -> None:
    async with running_switch(tmp_path, arguments=["--public-address", "203.0.113.5"]) as switch:
        centre = ScriptedCentre(switch.client())
        async with centre.running(), sip_phone(switch.port, ear.port) as phone:
            await centre.configure()
            dialling = asyncio.create_task(phone.dial(PUBLIC))
            offered = await take(centre)
            call = await dialling
            answer = next(one for one in phone.answers if one.code == 200)
            assert f"203.0.113.5:{switch.port}" in answer.first("contact")
            assert "c=IN IP4 203.0.113.5" in answer.body.decode()
            assert "127.0.0.1" not in answer.body.decode()
            centre.send(HangUp(leg=offered.leg))
            await until(lambda: call.ended, "the call's end at the phone")
            (bye,) = [one for one in phone.requests if one.method == "BYE"]
            assert bye.via.host == "203.0.113.5"
