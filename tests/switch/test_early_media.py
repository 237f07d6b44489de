"""Callers who hear us before we answer: what the core lets the centre do with them, and what it does not."""

from __future__ import annotations

import pytest

from huawu.link.messages import (
    Answer,
    Bridge,
    CommandFailed,
    HangUp,
    LegAnswered,
    LegHeld,
    LegRinging,
    Originate,
    Play,
    PlayId,
    Reject,
    Ring,
    Tone,
)
from huawu.switch.sip.events import CallConfirmed, CallEnded, CallRinging, OfferReceived
from huawu.switch.sip.sdp import Sdp
from tests.switch.playbook import TRUNK, A, B, Line, ends, sdp

EARLY = Ring(leg=A, early_media=True)
PROMPT = Play(leg=A, play=PlayId("p"), clips=(Tone(hertz=(450.0,), length_ms=1_000),))


def hearing() -> Line:
    """A caller who hears us."""
    line = Line()
    line.offered(offer=sdp())
    assert line.do(EARLY) == [LegRinging(leg=A, early_media=True)]
    return line


def test_caller_hears_us_before_the_answer_and_goes_on_when_it_comes() -> None:
    line = hearing()
    assert "m=audio 20000 RTP/AVP 8 101" in str(line.calls.rung[A])
    assert line.do(PROMPT) == []
    assert line.snapshot().legs[0].state == "offered"
    assert line.do(Answer(leg=A)) == []
    assert line.calls.answers[A] == line.calls.rung[A], "the answer repeats what was told early"
    assert line.news(CallConfirmed(leg=A)) == [LegAnswered(leg=A, codec="PCMA")]


def test_ordinary_ringing_lets_nothing_be_heard() -> None:
    line = Line()
    line.offered(offer=sdp())
    assert line.do(Ring(leg=A)) == []
    assert A not in line.calls.rung
    (failed,) = line.do(PROMPT)
    assert isinstance(failed, CommandFailed)


@pytest.mark.parametrize("offer", [None, sdp(direction="sendonly"), sdp(direction="inactive")])
def test_caller_without_an_ear_rings_and_the_centre_is_told(offer: Sdp | None) -> None:
    line = Line()
    line.offered(offer=offer)
    assert line.do(EARLY) == [LegRinging(leg=A)]
    (failed,) = line.do(PROMPT)
    assert isinstance(failed, CommandFailed)
    assert not [did for did in line.media.did if did[0] == "agree"]


def test_early_leg_hears_the_far_network_before_either_answers() -> None:
    line = hearing()
    line.do(Originate(leg=B, trunk=TRUNK, number="10086"))
    line.news(CallRinging(leg=B, early=sdp(port=5_000)))
    assert line.do(Bridge(a=A, b=B)) == []
    assert line.media.bridges == {A: B, B: A}


def test_refusal_after_early_media_is_a_refusal_still() -> None:
    for command in (Reject(leg=A, reason="busy"), HangUp(leg=A, reason="busy")):
        line = hearing()
        line.do(PROMPT)
        assert ends(line.do(command)) == [(A, "centre", "busy")]
        assert ("reject", A, "busy") in line.calls.did
        assert line.media.opened == {}


def test_who_was_spoken_to_and_is_let_go_is_not_declined() -> None:
    line = hearing()
    assert ends(line.do(HangUp(leg=A))) == [(A, "centre", "normal")]
    assert ("reject", A, "normal") in line.calls.did, "480, not 603"


def test_caller_who_gives_up_meanwhile_is_gone() -> None:
    line = hearing()
    gone = CallEnded(leg=A, by="peer", reason="cancelled")
    assert ends(line.news(gone)) == [(A, "peer", "cancelled")]
    assert line.do(PROMPT) == []


def test_change_of_media_before_the_answer_is_in_force_at_once() -> None:
    line = hearing()
    assert line.news(OfferReceived(leg=A, offer=sdp(port=6_000))) == []
    agreed = [did[2] for did in line.media.did if did[:2] == ("agree", A)]
    assert agreed == [4_000, 6_000]
    line.news(OfferReceived(leg=A, offer=sdp(port=6_000, direction="sendonly")))
    line.do(Answer(leg=A))
    assert line.news(CallConfirmed(leg=A)) == [LegAnswered(leg=A, codec="PCMA"), LegHeld(leg=A)]


def test_sound_from_before_our_answer_does_not_prove_that_it_came() -> None:
    line = hearing()
    line.media.last_packet[A] = line.around.now_ms()
    line.pass_time(1)
    line.do(Answer(leg=A))
    assert line.pass_time(30) == [], "nobody knows whether the caller is there"
    line.media.last_packet[A] = line.around.now_ms()
    assert line.pass_time(5) == [LegAnswered(leg=A, codec="PCMA")]


def test_caller_may_be_told_again() -> None:
    line = hearing()
    assert line.do(EARLY) == [LegRinging(leg=A, early_media=True)]
    assert line.do(Ring(leg=A)) == []
    assert line.do(PROMPT) == []
