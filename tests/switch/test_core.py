"""A leg's life in the switch, as the centre hears it."""

from __future__ import annotations

import pytest

from huawu.link.messages import (
    Answer,
    Bridge,
    CommandFailed,
    Configure,
    DigitPressed,
    Endpoint,
    EndpointId,
    EndpointReachable,
    EndpointUnreachable,
    HangUp,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegId,
    LegOffered,
    LegResumed,
    LegRinging,
    LegView,
    Originate,
    Reject,
    Ring,
    Shutdown,
    Trunk,
    TrunkId,
)
from huawu.switch.sip.events import (
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallRinging,
    ContactsChanged,
    DigitReceived,
    Flow,
    OfferAnswered,
    OfferReceived,
)
from huawu.switch.sip.sdp import Sdp
from tests.switch.fakes import QUALITY
from tests.switch.playbook import TRUNK, A, B, Line, ends, sdp


def test_incoming_call_is_offered_rung_answered_and_ended() -> None:
    line = Line()
    assert line.offered(offer=sdp()) == [
        LegOffered(
            leg=A,
            from_number="13812345678",
            from_name="王",
            to_number="95500",
            trunk=TRUNK,
            address="127.0.0.9:5060",
        )
    ]
    assert line.do(Ring(leg=A)) == []
    assert line.answer(A) == [LegAnswered(leg=A, codec="PCMA")]
    assert line.around.sent == [b"180", b"200"]
    assert "m=audio 20000 RTP/AVP 8 101" in str(line.calls.answers[A])
    assert line.media.did == [("agree", A, 4000, "sendrecv")]
    assert line.news(CallConfirmed(leg=A)) == []
    ended = CallEnded(leg=A, by="peer", reason="normal")
    assert line.news(ended) == [LegEnded(leg=A, by="peer", reason="normal", quality=QUALITY)]
    assert line.news(ended) == []
    assert line.media.opened == {}


def test_call_without_media_in_its_invite_is_answered_when_its_ack_brings_them() -> None:
    line = Line()
    line.offered(offer=None)
    assert line.do(Answer(leg=A)) == []
    assert "m=audio" in str(line.calls.answers[A])
    assert line.snapshot().legs[0].state == "offered"
    assert line.news(CallConfirmed(leg=A, answer=sdp(codecs="0"))) == [LegAnswered(leg=A, codec="PCMU")]


@pytest.mark.parametrize("answer", [None, sdp(port=0)])
def test_late_offer_without_usable_answer_ends_the_leg(answer: object) -> None:
    line = Line()
    line.offered(offer=None)
    line.do(Answer(leg=A))
    assert ends(line.news(CallConfirmed(leg=A, answer=answer))) == [(A, "switch", "incompatible")]  # type: ignore[arg-type]


def test_call_without_common_codec_is_refused_and_never_offered() -> None:
    line = Line()
    (ended,) = line.offered(offer=sdp(codecs="18"))
    assert isinstance(ended, LegEnded)
    assert (ended.by, ended.reason) == ("switch", "incompatible")
    assert line.calls.did == [("reject", A, "incompatible")]
    assert line.media.opened == {}


def test_call_is_refused_when_no_port_is_left() -> None:
    line = Line()
    line.media.pairs_left = 0
    assert ends(line.offered(offer=sdp())) == [(A, "switch", "congestion")]
    assert line.calls.did == [("reject", A, "congestion")]
    assert ends(line.do(Originate(leg=B, trunk=TRUNK, number="1"))) == [(B, "switch", "congestion")]


def test_media_go_by_the_family_of_the_offer_else_of_the_signalling() -> None:
    line, six = Line(), Flow(transport="udp", host="::1", port=5060)
    line.offered(A, sdp(), six)
    line.offered(B, sdp(host="::1"), six)
    line.offered(LegId("c"), None, six)
    assert [ports.host for ports in line.media.opened.values()] == ["127.0.0.1", "::1", "::1"]


def test_outgoing_media_go_by_the_family_of_phone_and_trunk() -> None:
    line, six = Line(), Flow(transport="udp", host="::1", port=5060)
    line.calls.hosts = {TRUNK: "10.0.0.9", "six": "2001:db8::1"}
    registered, fixed = EndpointId("registered"), EndpointId("fixed")
    line.do(
        Configure(
            realm="r",
            endpoints=(Endpoint(endpoint=fixed, user="2", contact="[::1]:5070"),),
            trunks=(
                Trunk(trunk=TRUNK, target="10.0.0.9"),
                Trunk(trunk=TrunkId("six"), target="[2001:db8::1]:5060"),
            ),
        )
    )
    line.calls.next = [ContactsChanged(endpoint=registered, contacts=1)]
    line.core.receive(b"", six)
    line.do(Originate(leg=LegId("1"), endpoint=registered))
    line.do(Originate(leg=LegId("2"), endpoint=fixed))
    line.do(Originate(leg=LegId("3"), trunk=TRUNK, number="1"))
    line.do(Originate(leg=LegId("4"), trunk=TrunkId("six"), number="1"))
    line.news(ContactsChanged(endpoint=registered, contacts=1))  # now from an IPv4 address
    line.do(Originate(leg=LegId("5"), endpoint=registered))
    hosts = [ports.host for ports in line.media.opened.values()]
    assert hosts == ["::1", "::1", "127.0.0.1", "::1", "127.0.0.1"]


def test_far_network_that_speaks_before_the_answer_is_heard() -> None:
    line = Line()
    line.called(A)
    line.do(Originate(leg=B, trunk=TRUNK, number="10086"))
    early = CallRinging(leg=B, early=sdp(port=5_000))
    assert line.news(CallRinging(leg=B), early) == [LegRinging(leg=B), LegRinging(leg=B, early_media=True)]
    assert line.do(Bridge(a=A, b=B)) == []
    assert line.media.bridges == {A: B, B: A}
    assert line.snapshot().legs[1].state == "ringing"
    assert line.news(CallRinging(leg=B), CallRinging(leg=B, early=sdp(port=6_000))) == []
    assert ends(line.pass_time(200)) == [(A, "switch", "media_timeout")], "who only rings owes no media"
    line.news(CallAnswered(leg=B, answer=sdp(port=7_000, codecs="8 101")))
    agreed = [did[2] for did in line.media.did if did[:2] == ("agree", B)]
    assert agreed == [5_000, 6_000, 7_000], "the last early answer counts, until the true one"


@pytest.mark.parametrize("early", [sdp(codecs="18"), sdp(direction="inactive"), sdp(direction="recvonly")])
def test_early_answer_by_which_nothing_comes_is_only_ringing(early: Sdp) -> None:
    line = Line()
    line.called(A)
    line.do(Originate(leg=B, trunk=TRUNK, number="10086"))
    assert line.news(CallRinging(leg=B, early=early)) == [LegRinging(leg=B)]
    (failed,) = line.do(Bridge(a=A, b=B))
    assert isinstance(failed, CommandFailed)
    assert failed.detail == "cannot use the media of leg b: it is ringing"


def test_leg_with_early_media_ends_busy() -> None:
    line = Line()
    line.do(Originate(leg=B, trunk=TRUNK, number="10086"))
    line.news(CallRinging(leg=B, early=sdp()))
    assert ends(line.news(CallEnded(leg=B, by="peer", reason="busy"))) == [(B, "peer", "busy")]


def test_outgoing_call_rings_once_and_is_answered() -> None:
    line = Line()
    assert line.do(Originate(leg=B, trunk=TRUNK, number="10086", caller_number="95500")) == []
    assert line.news(CallRinging(leg=B), CallRinging(leg=B)) == [LegRinging(leg=B)]
    assert line.news(CallAnswered(leg=B, answer=sdp(codecs="0 101"))) == [LegAnswered(leg=B, codec="PCMU")]
    assert line.snapshot().legs == (
        LegView(
            leg=B,
            incoming=False,
            state="answered",
            from_number="95500",
            to_number="10086",
            trunk=TRUNK,
            began_ms=1_000_000,
            answered_ms=1_000_000,
        ),
    )


def test_outgoing_call_whose_answer_fits_nothing_ends() -> None:
    line = Line()
    line.do(Originate(leg=B, trunk=TRUNK, number="1"))
    assert ends(line.news(CallAnswered(leg=B, answer=sdp(port=0)))) == [(B, "switch", "incompatible")]


def test_hang_up_of_a_call_that_rings_waits_for_its_end() -> None:
    line = Line()
    line.calls.ends_at_once = False
    line.do(Originate(leg=B, trunk=TRUNK, number="1"))
    assert line.do(HangUp(leg=B, reason="no_answer")) == []
    assert line.snapshot().legs == ()
    assert line.do(HangUp(leg=B)) == []
    assert line.news(CallAnswered(leg=B, answer=sdp())) == []  # crossed with our CANCEL
    assert ends(line.news(CallEnded(leg=B, by="centre", reason="no_answer"))) == [(B, "centre", "no_answer")]


def test_offered_call_can_be_rejected_or_hung_up() -> None:
    line = Line()
    line.offered(A, sdp())
    assert ends(line.do(Reject(leg=A, reason="busy"))) == [(A, "centre", "busy")]
    line.offered(B, sdp())
    assert ends(line.do(HangUp(leg=B))) == [(B, "centre", "declined")]
    assert line.calls.did == [("reject", A, "busy"), ("reject", B, "declined")]


def test_hold_and_resume_by_the_peer_are_told_once_each() -> None:
    line = Line()
    line.offered(offer=sdp())
    line.answer(A)
    hold = OfferReceived(leg=A, offer=sdp(direction="sendonly"))
    assert line.news(hold) == [LegHeld(leg=A)]
    assert "a=recvonly" in str(line.calls.answers[A])
    assert line.news(hold) == []
    assert line.snapshot().legs[0].held
    assert line.news(OfferReceived(leg=A, offer=sdp(port=4002))) == [LegResumed(leg=A)]
    assert line.media.did[1:] == [
        ("agree", A, 4000, "recvonly"),
        ("peer held", A, True),
        ("agree", A, 4000, "recvonly"),
        ("agree", A, 4002, "sendrecv"),
        ("peer held", A, False),
    ]


def test_call_that_begins_on_hold_is_answered_then_held() -> None:
    line = Line()
    line.offered(offer=sdp(direction="sendonly"))
    assert line.answer(A) == [LegAnswered(leg=A, codec="PCMA"), LegHeld(leg=A)]


def test_peer_may_ask_for_our_offer_in_mid_call() -> None:
    line = Line()
    line.offered(offer=sdp())
    line.answer(A)
    assert line.news(OfferReceived(leg=A, offer=None)) == []
    assert "a=sendrecv" in str(line.calls.answers[A])
    assert line.news(OfferAnswered(leg=A, answer=sdp(direction="inactive"))) == [LegHeld(leg=A)]
    assert line.news(OfferAnswered(leg=A, answer=None)) == []


def test_change_before_the_answer_counts_once_the_call_is_answered() -> None:
    line = Line()
    line.offered(offer=sdp())
    assert line.news(OfferReceived(leg=A, offer=sdp(codecs="18"))) == []
    assert ("refuse offer", A) in line.calls.did
    assert line.news(OfferReceived(leg=A, offer=sdp(port=5000))) == []
    assert ("answer offer", A) in line.calls.did
    line.answer(A)
    assert ("agree", A, 5000, "sendrecv") in line.media.did


def test_phone_that_speaks_before_its_answer_may_move_its_media() -> None:
    line = Line()
    line.do(Originate(leg=A, trunk=TRUNK, number="10086"))
    line.news(CallRinging(leg=A, early=sdp(codecs="8 101")))
    line.news(OfferReceived(leg=A, offer=sdp(port=5000)))
    assert ("answer offer", A) in line.calls.did
    assert line.media.did[-1] == ("agree", A, 5000, "sendrecv")


def test_late_caller_hears_one_offer_in_ringing_and_answer() -> None:
    line = Line()
    line.offered()
    line.do(Ring(leg=A))
    line.answer(A)
    assert line.calls.rung == line.calls.answers


def test_change_that_fits_nothing_is_refused_and_the_call_stands() -> None:
    line = Line()
    line.offered(offer=sdp())
    assert line.news(OfferReceived(leg=A, offer=None)) == []  # before the answer: not now
    line.answer(A)
    assert line.news(OfferReceived(leg=A, offer=sdp(codecs="18"))) == []
    assert line.calls.did.count(("refuse offer", A)) == 2
    assert line.snapshot().legs[0].state == "answered"


def test_digits_by_info_go_to_media_and_come_back_as_events() -> None:
    line = Line()
    line.news(DigitReceived(leg=A, digit="5", length_ms=160))
    assert line.media.did == [("digit", A, "5", 160)]
    line.core.media_event(DigitPressed(leg=A, digit="5"))
    assert line.told() == [DigitPressed(leg=A, digit="5")]


def test_registrations_are_told_and_shown() -> None:
    line, phone = Line(), EndpointId("e1")
    there = EndpointReachable(endpoint=phone, contacts=2)
    assert line.news(ContactsChanged(endpoint=phone, contacts=2)) == [there]
    assert line.snapshot().endpoints == (there,)
    gone = ContactsChanged(endpoint=phone, contacts=0)
    assert line.news(gone) == [EndpointUnreachable(endpoint=phone)]
    assert line.news(gone) == []
    assert line.snapshot().endpoints == ()


def test_configuration_reaches_sip_and_media() -> None:
    line = Line()
    assert line.do(Configure(realm="huawu", hold_music="/m.wav")) == []
    assert line.calls.did == [("configure", "huawu")]
    assert line.media.did == [("hold music", "/m.wav")]


def test_silent_peer_is_hung_up_but_not_one_on_hold() -> None:
    line = Line()
    line.offered(A, sdp())
    line.answer(A)
    line.offered(B, sdp(direction="sendonly"))
    line.answer(B)
    assert line.pass_time(58) == []
    line.media.last_packet[A] = line.around.now_ms()
    assert line.pass_time(60) == []
    (ended,) = line.pass_time(7)
    assert isinstance(ended, LegEnded)
    assert (ended.leg, ended.by, ended.reason) == (A, "switch", "media_timeout")
    assert ended.detail == "no RTP for 62 s"


def test_peer_that_ends_its_hold_has_the_whole_time_to_speak_again() -> None:
    line = Line()
    line.offered(A, sdp())
    line.answer(A)
    line.news(OfferReceived(leg=A, offer=sdp(direction="sendonly")))
    assert line.pass_time(300) == []
    line.news(OfferReceived(leg=A, offer=sdp()))
    assert line.pass_time(59) == []
    assert ends(line.pass_time(7)) == [(A, "switch", "media_timeout")]


def test_time_out_of_zero_minds_no_silence() -> None:
    line = Line(media_timeout_s=0)
    line.called(A)
    assert line.pass_time(100_000) == []


def test_shutdown_ends_all_legs_then_stops_once() -> None:
    line = Line()
    line.offered(A, sdp())
    line.called(B)
    assert ends(line.do(Shutdown())) == [(A, "switch", "shutdown"), (B, "switch", "shutdown")]
    assert line.around.stops == 1
    assert line.calls.retry_after_s is not None
    (failed,) = line.do(Originate(leg=LegId("x"), trunk=TRUNK, number="1"))
    assert isinstance(failed, CommandFailed)
    line.do(Shutdown())
    line.pass_time(10)
    assert line.around.stops == 1


def test_shutdown_does_not_wait_beyond_its_grace() -> None:
    line = Line()
    line.calls.ends_at_once = False
    line.called(B)
    line.do(Shutdown(grace_ms=2_000))
    line.pass_time(1.9)
    assert line.around.stops == 0
    line.pass_time(0.2)
    assert line.around.stops == 1


def test_a_caller_who_acknowledges_nothing_and_says_nothing_is_not_told_to_be_there() -> None:
    line = Line()
    line.offered(offer=sdp())
    assert line.do(Answer(leg=A)) == []
    assert line.snapshot().legs[0].state == "offered"
    assert line.pass_time(30) == []
    ended = CallEnded(leg=A, by="switch", reason="failed", detail="no ACK")
    assert ends(line.news(ended)) == [(A, "switch", "failed")]


def test_a_caller_whose_sound_comes_has_our_answer_though_its_ack_was_lost() -> None:
    line = Line()
    line.offered(offer=sdp(direction="sendonly"))
    line.do(Answer(leg=A))
    line.media.last_packet[A] = line.around.now_ms()
    assert line.pass_time(5) == [LegAnswered(leg=A, codec="PCMA"), LegHeld(leg=A)]
    assert line.news(CallConfirmed(leg=A)) == []


def test_a_caller_who_has_not_acknowledged_may_change_its_media_and_be_hung_up_on() -> None:
    line = Line()
    line.offered(offer=sdp())
    line.do(Answer(leg=A))
    assert line.news(OfferReceived(leg=A, offer=sdp(direction="sendonly"))) == []
    assert line.news(CallConfirmed(leg=A)) == [LegAnswered(leg=A, codec="PCMA"), LegHeld(leg=A)]
    line.offered(B, sdp())
    line.do(Answer(leg=B))
    line.do(HangUp(leg=B))
    assert line.calls.did[-1][:2] == ("hang up", B)
