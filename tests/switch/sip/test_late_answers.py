"""A peer that answers only after twenty seconds: in time it talks, else it is let go, and nothing stays."""

from __future__ import annotations

from huawu.link.messages import EndpointId, LegId, Trunk, TrunkId
from huawu.switch.sip.events import CallAnswered, CallConfirmed, CallEnded, ContactsChanged
from huawu.switch.sip.message import Request
from tests.switch.sip.playbook import Agent, Peer, Playbook, endpoint, sdp_of
from tests.switch.sip.scenes import BOB, over, stage, talk

LATE_S = 20.0


def ringing(ring_ms: int) -> tuple[Playbook, Agent, Peer, LegId, Request]:
    """We have called a phone that takes our INVITE and says nothing."""
    book = Playbook()
    ours, peer = book.agent(), book.peer()
    ours.configure(endpoint("bob", contact=peer.place))
    ours.take(ContactsChanged)
    leg = ours.call("out", endpoint=EndpointId(BOB), ring_ms=ring_ms)
    book.run(LATE_S)
    invites = [one for one in peer.heard if isinstance(one, Request) and one.method == "INVITE"]
    assert len(invites) == 6, "repeated at 0.5, 1.5, 3.5, 7.5 and 15.5 s (RFC 3261 §17.1.1.2)"
    peer.heard.clear()
    return book, ours, peer, leg, invites[0]


def test_a_phone_that_answers_in_time_talks() -> None:
    book, ours, peer, leg, invite = ringing(30_000)
    assert not ours.news
    peer.reply(invite, 200, body=str(sdp_of(peer)))
    book.run()
    peer.hears("ACK")
    assert ours.take(CallAnswered).leg == leg
    ours.hang_up(leg)
    book.run()
    peer.reply(peer.hears_request("BYE"), 200)
    ours.take(CallEnded)
    over(book, ours)


def test_a_phone_that_answers_after_its_time_is_acknowledged_and_hung_up_on() -> None:
    book, ours, peer, _, invite = ringing(15_000)
    assert ours.take(CallEnded).reason == "no_answer"
    peer.reply(invite, 200, body=str(sdp_of(peer)))
    book.run()
    peer.hears("ACK")
    peer.reply(peer.hears_request("BYE"), 200)
    over(book, ours)


def test_a_phone_that_rings_after_its_time_is_cancelled() -> None:
    book, ours, peer, _, invite = ringing(15_000)
    ours.take(CallEnded)
    peer.reply(invite, 180)
    book.run()
    cancel = peer.hears_request("CANCEL")
    peer.reply(cancel, 200)
    peer.reply(invite, 487)
    book.run()
    peer.hears("ACK")
    over(book, ours)


def test_a_trunk_that_answers_late_has_lost_its_turn() -> None:
    book = Playbook()
    ours, slow, quick = book.agent(), book.peer("10.0.0.7"), book.peer("10.0.0.8")
    ours.configure(trunks=(Trunk(trunk=TrunkId("t"), target=slow.place, targets=(quick.place,)),))
    leg = ours.call("out", trunk=TrunkId("t"), number="10086", ring_ms=60_000)
    book.run(4.5)
    quick.reply(quick.hears_request("INVITE"), 200, body=str(sdp_of(quick)))
    book.run(LATE_S - 4.5)
    answered = [one for one in ours.news if isinstance(one, CallAnswered)]
    assert [one.leg for one in answered] == [leg]
    invite = next(one for one in slow.heard if isinstance(one, Request) and one.method == "INVITE")
    slow.heard.clear()
    slow.reply(invite, 200, body=str(sdp_of(slow)))
    book.run()
    slow.hears("ACK")
    slow.reply(slow.hears_request("BYE"), 200)
    assert not any(isinstance(one, CallEnded) for one in ours.news), "the call goes on by the other"


def test_a_caller_that_takes_twenty_seconds_to_acknowledge_is_there_then() -> None:
    book, ours, peer = stage()
    leg = ours.offered()
    ours.answer(leg, sdp_of(ours))
    book.run(LATE_S)
    ok = peer.hears_response("200 INVITE")
    assert peer.titles().count("200 INVITE") >= 5, "repeated until the ACK (§13.3.1.4)"
    peer.request(ours, "ACK", "sip:x@10.0.0.1", to_=ok.first("to"), branch="ack")
    book.run()
    assert ours.take(CallConfirmed).leg == leg
    ours.hang_up(leg)
    book.run()


def test_a_bye_that_is_answered_late_leaves_nothing() -> None:
    book, ours, peer = stage()
    leg, _ = talk(book, ours, peer)
    ours.hang_up(leg)
    ours.take(CallEnded)
    book.run(LATE_S)
    bye = peer.hears_request("BYE")
    peer.reply(bye, 200)
    over(book, ours)
