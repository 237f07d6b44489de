"""Real callers who hear us, and through us the far network, before anybody has answered."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from huawu.link.messages import (
    Answer,
    Bridge,
    HangUp,
    LegAnswered,
    LegEnded,
    LegId,
    LegOffered,
    LegRinging,
    Originate,
    Play,
    PlayFinished,
    PlayId,
    Reject,
    Ring,
    Tone,
    Trunk,
    TrunkId,
)
from tests.sip.conftest import Phone
from tests.support.baresip import baresip
from tests.support.party import Line, Party
from tests.support.rtp import RtpPeer, rtp_peer, tone_in
from tests.support.switch import RunningSwitch
from tests.support.tools import until
from tests.switch.scripted_centre import PUBLIC, ScriptedCentre

pytestmark = pytest.mark.sip

OUT = LegId("out")
TRUNK = TrunkId("city")


def play(leg: LegId, hertz: float, *, repeat: int = 1) -> Play:
    return Play(
        leg=leg, play=PlayId(f"p{hertz:.0f}"), clips=(Tone(hertz=(hertz,), length_ms=600),), repeat=repeat
    )


async def speaks_early(centre: ScriptedCentre) -> LegId:
    """Somebody calls and hears us."""
    leg = (await centre.next(LegOffered)).leg
    centre.send(Ring(leg=leg, early_media=True))
    assert await centre.next(LegRinging, leg) == LegRinging(leg=leg, early_media=True)
    return leg


def heard(party: Party) -> float:
    """The tone of the latest fifth of a second."""
    return tone_in(b"".join(ulaw for _, ulaw in party.heard[-10:])) if len(party.heard) >= 10 else 0.0


async def test_caller_hears_an_announcement_then_the_far_network_then_the_callee(
    switch: RunningSwitch, centre: ScriptedCentre
) -> None:
    async with AsyncExitStack() as stack:
        caller = await stack.enter_async_context(Party("a", "PCMU", 350.0, Line(), switch.port).there())
        callee = await stack.enter_async_context(Party("b", "PCMA", 800.0, Line(), switch.port).there())
        await centre.configure(trunks=(Trunk(trunk=TRUNK, target=f"127.0.0.1:{callee.port}"),))
        caller.call(PUBLIC)
        leg = await speaks_early(centre)
        centre.send(play(leg, 600))
        await centre.next(PlayFinished, leg)
        await until(lambda: caller.media, "our early description")
        assert any(abs(tone_in(ulaw) - 600) < 60 for _, ulaw in caller.heard), "the announcement"
        caller.begin_to_talk()
        centre.send(Originate(leg=OUT, trunk=TRUNK, number="10086"))
        await callee.wait_for_call()
        callee.speak_early()
        assert await centre.next(LegRinging, OUT) == LegRinging(leg=OUT, early_media=True)
        callee.begin_to_talk()
        centre.send(Bridge(a=leg, b=OUT))
        await until(lambda: abs(heard(caller) - 800) < 10, "the far network at the caller")
        assert not centre.of(LegAnswered)
        callee.answer()
        await centre.next(LegAnswered, OUT)
        centre.send(Answer(leg=leg))
        await centre.next(LegAnswered, leg)
        await until(lambda: abs(heard(callee) - 350) < 10, "the caller at the callee")
        await until(lambda: abs(heard(caller) - 800) < 10, "the callee at the caller")


async def test_caller_moves_its_ear_by_update_before_the_answer(
    centre: ScriptedCentre, phone: Phone, ear: RtpPeer
) -> None:
    """RFC 3262 and 3311 as SIPp speaks them: 183, PRACK, UPDATE, 200."""
    async with rtp_peer() as second:
        caller = await phone(
            "caller_moves_before_the_answer", rtp_port=ear.port, pause_ms=1_000,
            keys={"second_port": str(second.port)},
        )  # fmt: skip
        leg = await speaks_early(centre)
        centre.send(play(leg, 600, repeat=0))
        await until(lambda: ear.hears(600), "the announcement at its first ear")
        await until(lambda: second.hears(600), "the announcement at its second ear")
        centre.send(Answer(leg=leg))
        await centre.next(LegAnswered, leg)
        centre.send(play(leg, 900, repeat=0))
        await until(lambda: second.hears(900), "what is said after the answer")
        centre.send(HangUp(leg=leg))
        await caller.succeeds()


async def test_baresip_hears_an_announcement_and_is_refused_without_an_answer(
    centre: ScriptedCentre, switch: RunningSwitch, tmp_path: Path
) -> None:
    async with baresip(tmp_path / "b", user="1001", password="secret", switch_port=switch.port) as phone:
        await phone.command("dial", f"sip:{PUBLIC}@127.0.0.1:{switch.port}")
        leg = await speaks_early(centre)
        await phone.told("CALL_PROGRESS")
        centre.send(play(leg, 600))
        await centre.next(PlayFinished, leg)
        centre.send(Reject(leg=leg, reason="busy"))
        ended = await centre.next(LegEnded, leg)
        assert (ended.by, ended.reason) == ("centre", "busy")
        closed = await phone.told("CALL_CLOSED")
        assert "486" in str(closed.get("param"))
        assert not centre.of(LegAnswered)
