"""Reliable ringing, UPDATE, session timers and redirections by SIPp against a real switch."""

from __future__ import annotations

import pytest

from huawu.link.messages import (
    Answer,
    HangUp,
    LegAnswered,
    LegEnded,
    LegId,
    LegOffered,
    LegRinging,
    Originate,
    Play,
    PlayId,
    Ring,
    Tone,
    Trunk,
    TrunkId,
)
from tests.sip.conftest import Phone
from tests.support.rtp import RtpPeer
from tests.support.tools import free_port, until
from tests.switch.scripted_centre import ScriptedCentre
from tests.switch.scripted_centre import phone as registered

pytestmark = pytest.mark.sip

OUT = LegId("out")
TRUNK = TrunkId("t")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_caller_that_requires_reliable_ringing(
    centre: ScriptedCentre, phone: Phone, ear: RtpPeer, transport: str
) -> None:
    caller = await phone("caller_requires_reliable_ringing", rtp_port=ear.port, transport=transport)
    offered = await centre.next(LegOffered)
    centre.send(Ring(leg=offered.leg))
    await until(lambda: "PRACK sip:" in caller.messages, "the PRACK")
    centre.send(Answer(leg=offered.leg))
    ended = await centre.next(LegEnded, offered.leg)
    assert (ended.by, ended.reason) == ("peer", "normal")
    await caller.succeeds()


async def test_caller_that_answers_our_offer_by_prack(
    centre: ScriptedCentre, phone: Phone, ear: RtpPeer
) -> None:
    caller = await phone("caller_answers_by_prack", rtp_port=ear.port)
    offered = await centre.next(LegOffered)
    centre.send(Ring(leg=offered.leg))
    await until(lambda: "PRACK sip:" in caller.messages, "the PRACK")
    centre.send(Answer(leg=offered.leg))
    assert (await centre.next(LegAnswered)).codec == "PCMU"
    centre.send(Play(leg=offered.leg, play=PlayId("p"), clips=(Tone(hertz=(600.0,), length_ms=400),)))
    await until(lambda: ear.hears(600), "the prompt where the PRACK wanted it")
    centre.send(HangUp(leg=offered.leg))
    await caller.succeeds()


async def test_caller_whose_session_is_too_short_comes_again(
    centre: ScriptedCentre, phone: Phone, ear: RtpPeer
) -> None:
    caller = await phone("caller_with_a_short_session", rtp_port=ear.port)
    offered = await centre.next(LegOffered)
    centre.send(Answer(leg=offered.leg))
    assert (await centre.next(LegEnded)).by == "peer"
    await caller.succeeds()


async def test_phone_that_rings_reliably_with_its_media(
    centre: ScriptedCentre, phone: Phone, agent_ear: RtpPeer
) -> None:
    port = free_port()
    agent = await phone("agent_rings_reliably", port=port, rtp_port=agent_ear.port)
    await centre.configure(registered("1001", contact=f"127.0.0.1:{port}"))
    centre.send(Originate(leg=OUT, endpoint=registered("1001").endpoint))
    await centre.next(LegRinging, OUT)
    await centre.next(LegAnswered, OUT)
    centre.send(Play(leg=OUT, play=PlayId("p"), clips=(Tone(hertz=(600.0,), length_ms=400),)))
    await until(lambda: agent_ear.hears(600), "the prompt where the 183 wanted it")
    centre.send(HangUp(leg=OUT))
    await agent.succeeds()


async def test_gateway_that_sends_the_call_on_within_the_trunk(
    centre: ScriptedCentre, phone: Phone, agent_ear: RtpPeer
) -> None:
    first, second = free_port(), free_port()
    other = await phone("agent_answers", port=second, rtp_port=agent_ear.port)
    gateway = await phone("gateway_redirects", port=first, keys={"other_port": str(second)})
    await centre.configure(trunks=(Trunk(trunk=TRUNK, target=f"127.0.0.1:{first}"),))
    centre.send(Originate(leg=OUT, trunk=TRUNK, number="10086"))
    await centre.next(LegAnswered, OUT)
    await gateway.succeeds()
    assert f"INVITE sip:10086@127.0.0.1:{second}" in other.messages
    centre.send(HangUp(leg=OUT))
    await other.succeeds()


async def test_gateway_that_would_make_us_pay_is_not_followed(centre: ScriptedCentre, phone: Phone) -> None:
    first, second = free_port(), free_port()
    trap = await phone("agent_answers", port=second)
    gateway = await phone("gateway_redirects_abroad", port=first, keys={"other_port": str(second)})
    await centre.configure(trunks=(Trunk(trunk=TRUNK, target=f"127.0.0.1:{first}"),))
    centre.send(Originate(leg=OUT, trunk=TRUNK, number="10086"))
    ended = await centre.next(LegEnded, OUT)
    assert (ended.by, ended.reason) == ("peer", "unavailable")
    assert ended.detail == "302 Moved Temporarily: redirection to 00882123456 is not followed"
    await gateway.succeeds()
    assert "INVITE" not in trap.messages
