"""Transfers asked for by real programs, SIPp, baresip and a phone in Python, and served by a real switch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from huawu.link.messages import (
    Answer,
    Bridge,
    EndpointId,
    EndpointReachable,
    Event,
    HangUp,
    LegAnswered,
    LegEnded,
    LegId,
    LegOffered,
    LegRinging,
    Originate,
    Refer,
    TellTransfer,
    TransferAsked,
    TransferProgressed,
    Trunk,
    TrunkId,
)
from tests.sip.conftest import Phone
from tests.support.baresip import baresip
from tests.support.rtp import RtpPeer, talking
from tests.support.sip_phone import sip_phone
from tests.support.sipp import Sipp
from tests.support.switch import RunningSwitch
from tests.support.tools import free_port, until
from tests.switch.scripted_centre import PUBLIC, ScriptedCentre
from tests.switch.scripted_centre import phone as registered

pytestmark = pytest.mark.sip

FIRST, SECOND = LegId("first"), LegId("second")


def accept_transfers(centre: ScriptedCentre) -> Callable[[Event], None]:
    """Answers every call and accepts every transfer."""

    def policy(event: Event) -> None:
        if isinstance(event, LegOffered):
            centre.send(Answer(leg=event.leg))
        elif isinstance(event, TransferAsked):
            centre.send(TellTransfer(leg=event.leg, state="trying"))

    return policy


async def caller_talks_with(
    centre: ScriptedCentre, phone: Phone, agent: str, rtp_port: int
) -> tuple[Sipp, LegId]:
    """A caller waits in a call that is bridged with an agent's."""
    caller = await phone("caller_waits", rtp_port=rtp_port)
    offered = await centre.next(LegOffered)
    centre.send(Answer(leg=offered.leg))
    centre.send(Originate(leg=FIRST, endpoint=EndpointId(agent), caller_number="13812345678"))
    await centre.next(LegAnswered, FIRST)
    centre.send(Bridge(a=offered.leg, b=FIRST))
    return caller, offered.leg


async def test_agent_hands_its_caller_to_another(
    switch: RunningSwitch, centre: ScriptedCentre, phone: Phone, ear: RtpPeer, agent_ear: RtpPeer
) -> None:
    ports = free_port(), free_port()
    await centre.configure(
        *(registered(f"100{n}", contact=f"127.0.0.1:{port}") for n, port in enumerate(ports))
    )
    agent = await phone("agent_transfers", port=ports[0], number="1001")
    other = await phone("agent_answers", port=ports[1], rtp_port=agent_ear.port)
    caller, leg = await caller_talks_with(centre, phone, "1000", ear.port)
    asked = await centre.next(TransferAsked)
    assert (asked.leg, asked.number, asked.replaces) == (FIRST, "1001", None)
    centre.send(TellTransfer(leg=FIRST, state="trying"))
    centre.send(Originate(leg=SECOND, endpoint=EndpointId("1001")))
    await centre.next(LegRinging, SECOND)
    centre.send(TellTransfer(leg=FIRST, state="ringing"))
    await centre.next(LegAnswered, SECOND)
    centre.send(Bridge(a=leg, b=SECOND))
    centre.send(TellTransfer(leg=FIRST, state="done"))
    assert (await centre.next(LegEnded, FIRST)).by == "peer"
    await agent.succeeds()
    async with (
        talking(ear, ("127.0.0.1", await caller.audio_port()), 400),
        talking(agent_ear, ("127.0.0.1", await other.audio_port()), 900),
    ):
        await until(lambda: ear.hears(900), "the other agent's voice")
        await until(lambda: agent_ear.hears(400), "the caller's voice")
    for one, sipp in ((leg, caller), (SECOND, other)):
        centre.send(HangUp(leg=one))
        await centre.next(LegEnded, one)
        await sipp.succeeds()


async def test_agent_who_leaves_at_once_hears_the_outcome(
    switch: RunningSwitch, centre: ScriptedCentre, ear: RtpPeer
) -> None:
    async with sip_phone(switch.port, ear.port) as agent:
        await centre.configure(registered("1000", contact=f"127.0.0.1:{agent.port}"))
        centre.send(Originate(leg=FIRST, endpoint=EndpointId("1000")))
        await centre.next(LegAnswered, FIRST)
        centre.policy = accept_transfers(centre)
        (call,) = agent.calls
        assert await agent.ask(call, "REFER", "Refer-To: <tel:10086>\r\n") == 202
        assert await agent.ask(call, "BYE") == 200
        assert (await centre.next(LegEnded, FIRST)).by == "peer"
        centre.send(TellTransfer(leg=FIRST, state="failed", reason="busy"))
        await until(lambda: len(call.fragments) == 2, "the NOTIFYs")
        assert call.fragments == ["SIP/2.0 100 Trying", "SIP/2.0 486 Busy Here"]


async def test_attended_transfer(switch: RunningSwitch, centre: ScriptedCentre, ear: RtpPeer) -> None:
    async with sip_phone(switch.port, ear.port) as agent:
        await centre.configure(registered("1000", contact=f"127.0.0.1:{agent.port}"))
        centre.send(Originate(leg=FIRST, endpoint=EndpointId("1000"), caller_number="13812345678"))
        await centre.next(LegAnswered, FIRST)
        centre.policy = accept_transfers(centre)
        consult, first = await agent.dial("1001"), agent.calls[0]
        offered = await centre.next(LegOffered)
        assert offered.endpoint == "1000"
        refer_to = f"Refer-To: <sip:1001@127.0.0.1:{switch.port}?Replaces={consult.replaces}>\r\n"
        assert await agent.ask(first, "REFER", refer_to) == 202
        asked = await centre.next(TransferAsked)
        assert (asked.leg, asked.replaces) == (FIRST, offered.leg)
        centre.send(HangUp(leg=offered.leg))
        centre.send(TellTransfer(leg=FIRST, state="done"))
        await until(lambda: len(first.fragments) == 2, "the NOTIFYs")
        assert first.fragments == ["SIP/2.0 100 Trying", "SIP/2.0 200 OK"]
        await until(lambda: consult.ended, "the end of the consultation")
        assert await agent.ask(first, "BYE") == 200
        await centre.next(LegEnded, FIRST)


async def test_strangers_transfer_nothing(
    switch: RunningSwitch, centre: ScriptedCentre, ear: RtpPeer
) -> None:
    async with sip_phone(switch.port, ear.port) as agent, sip_phone(switch.port, ear.port) as stranger:
        await centre.configure(registered("1000", contact=f"127.0.0.1:{agent.port}"))
        centre.policy = accept_transfers(centre)
        await centre.next(EndpointReachable)
        agents, strangers = await agent.dial("1001"), await stranger.dial(PUBLIC)
        refer_to = f"Refer-To: <sip:1@127.0.0.1:{switch.port}?Replaces={{}}>\r\n"
        for call in (agents, strangers):
            assert await stranger.ask(strangers, "REFER", refer_to.format(call.replaces)) == 403
        assert await stranger.ask(strangers, "SUBSCRIBE", "Event: dialog\r\n") == 489
        assert await agent.ask(agents, "REFER", refer_to.format(strangers.replaces)) == 603
        assert await stranger.ask(strangers, "BYE") == 200
        await centre.next(LegEnded)
        assert not centre.of(TransferAsked)


async def test_call_is_taken_over_by_its_own_phone_only(
    switch: RunningSwitch, centre: ScriptedCentre, ear: RtpPeer
) -> None:
    async with sip_phone(switch.port, ear.port) as agent, sip_phone(switch.port, ear.port) as stranger:
        await centre.configure(registered("1000", contact=f"127.0.0.1:{agent.port}"))
        centre.send(Originate(leg=FIRST, endpoint=EndpointId("1000")))
        await centre.next(LegAnswered, FIRST)
        call = agent.calls[0]
        replaces = f"Replaces: {call.call_id};to-tag={call.their_tag};from-tag={call.our_tag}\r\n"
        await stranger.dial(PUBLIC, replaces, code=403)
        await agent.dial("1001", replaces.replace(call.their_tag, "x"), code=481)
        assert not centre.of(LegOffered)
        centre.policy = accept_transfers(centre)
        await agent.dial("1001", f"{replaces}Require: replaces\r\n")
        assert (await centre.next(LegOffered)).replaces == FIRST
        centre.send(HangUp(leg=FIRST))
        await until(lambda: call.ended, "the end of the call that was replaced")


async def test_peers_of_two_legs_are_joined_without_us(
    switch: RunningSwitch, centre: ScriptedCentre, ear: RtpPeer
) -> None:
    async with sip_phone(switch.port, ear.port) as one, sip_phone(switch.port, ear.port) as two:
        await centre.configure(
            *(registered(f"{phone.port}", contact=f"127.0.0.1:{phone.port}") for phone in (one, two))
        )
        for leg, phone in ((FIRST, one), (SECOND, two)):
            centre.send(Originate(leg=leg, endpoint=EndpointId(f"{phone.port}")))
            await centre.next(LegAnswered, leg)
        centre.send(Refer(leg=FIRST, number="", replaces=SECOND))
        assert (await centre.next(TransferProgressed, FIRST)).state == "accepted"
        wish = next(request for request in one.requests if request.method == "REFER")
        there = two.calls[0]
        tags = (
            f"to-tag%3D{there.ours.rpartition('tag=')[2]}%3Bfrom-tag%3D{there.theirs.rpartition('tag=')[2]}"
        )
        assert wish.first("refer-to") == (
            f"<sip:phone@127.0.0.1:{two.port}?Replaces={there.call_id}%3B{tags}>"
        )
        lines = "Event: refer\r\nSubscription-State: {}\r\nContent-Type: message/sipfrag\r\n"
        for state, words in (("active", "180 Ringing"), ("terminated;reason=noresource", "200 OK")):
            told = await one.ask(one.calls[0], "NOTIFY", lines.format(state), f"SIP/2.0 {words}\r\n")
            assert told == 200
        assert (await centre.next(TransferProgressed, FIRST)).state == "ringing"
        assert (await centre.next(TransferProgressed, FIRST)).state == "done"
        assert await one.ask(one.calls[0], "NOTIFY", lines.format("active"), "SIP/2.0 200 OK\r\n") == 481


async def test_private_and_diverted_calls_between_two_trunks(
    switch: RunningSwitch, centre: ScriptedCentre, phone: Phone
) -> None:
    port = free_port()
    trunk = Trunk(trunk=TrunkId("t"), target=f"127.0.0.1:{port}", sources=("127.0.0.1",))
    await centre.configure(trunks=(trunk,))
    other = await phone("agent_answers", port=port)
    centre.send(
        Originate(
            leg=FIRST, trunk=trunk.trunk, number="10086", caller_number="95500",
            private=True, diverted_from="400",
        )
    )  # fmt: skip
    await centre.next(LegAnswered, FIRST)
    invite = other.received[0]
    assert 'From: "Anonymous" <sip:anonymous@anonymous.invalid>' in invite
    assert f"P-Asserted-Identity: <sip:95500@127.0.0.1:{switch.port}>" in invite
    assert "Privacy: id" in invite
    assert f"Diversion: <sip:400@127.0.0.1:{switch.port}>" in invite
    centre.send(HangUp(leg=FIRST))
    await other.succeeds()


@pytest.mark.parametrize("outcome", ["done", "failed"])
async def test_baresip_transfers_its_caller(
    switch: RunningSwitch,
    centre: ScriptedCentre,
    phone: Phone,
    ear: RtpPeer,
    tmp_path: Path,
    outcome: Literal["done", "failed"],
) -> None:
    await centre.configure(registered("1000", md5_only=True))
    async with baresip(tmp_path / "b", user="1000", password="secret", switch_port=switch.port) as agent:
        await centre.next(EndpointReachable)
        caller, leg = await caller_talks_with(centre, phone, "1000", ear.port)
        await agent.told("CALL_ESTABLISHED")
        await agent.command("transfer", f"sip:1001@127.0.0.1:{switch.port}")
        asked = await centre.next(TransferAsked)
        assert (asked.leg, asked.number) == (FIRST, "1001")
        centre.send(TellTransfer(leg=FIRST, state="trying"))
        centre.send(TellTransfer(leg=FIRST, state=outcome, reason="busy"))
        if outcome == "failed":
            assert "486" in str(await agent.told("TRANSFER_FAILED"))
        assert (await centre.next(LegEnded, FIRST)).by == "peer"  # baresip 1.0 leaves in both cases
        centre.send(HangUp(leg=leg))
        await caller.succeeds()


async def test_baresip_follows_our_refer(
    switch: RunningSwitch, centre: ScriptedCentre, tmp_path: Path
) -> None:
    await centre.configure(registered("1000", md5_only=True))
    async with baresip(tmp_path / "b", user="1000", password="secret", switch_port=switch.port):
        await centre.next(EndpointReachable)
        centre.send(Originate(leg=FIRST, endpoint=EndpointId("1000")))
        await centre.next(LegAnswered, FIRST)
        centre.send(Refer(leg=FIRST, number=PUBLIC))
        assert (await centre.next(TransferProgressed, FIRST)).state == "accepted"
        offered = await centre.next(LegOffered)
        assert (offered.to_number, offered.endpoint) == (PUBLIC, "1000")
        centre.send(Answer(leg=offered.leg))
        assert (await centre.next(TransferProgressed, FIRST)).state == "done"
