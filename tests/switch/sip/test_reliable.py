"""Reliable provisional answers (RFC 3262): callers that require them, and phones that send them to us."""

from __future__ import annotations

import pytest

from huawu.link.messages import LegId, Trunk, TrunkId
from huawu.switch.sip.events import (
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallOffered,
    CallRinging,
    OfferReceived,
)
from huawu.switch.sip.message import Response
from tests.switch.sip.playbook import Agent, Peer, Playbook, answer_to, lose_first, sdp_of
from tests.switch.sip.scenes import URI, dial, over, stage, two_agents

OUT = LegId("out")
REQUIRED = ("Require: 100rel",)


def prack(peer: Peer, ours: Agent, rang: Response, *, cseq: int = 2, body: str = "", rack: str = "") -> None:
    rack = rack or f"{rang.first('rseq')} 1 INVITE"
    peer.request(
        ours, "PRACK", "sip:x@10.0.0.1", f"RAck: {rack}", to_=rang.first("to"), cseq=str(cseq), body=body
    )


def finish(book: Playbook, ours: Agent, peer: Peer, to: str, cseq: int = 20) -> None:
    peer.request(ours, "BYE", "sip:x@10.0.0.1", to_=to, cseq=str(cseq))
    book.run()
    peer.hears("200 BYE")
    ours.take(CallEnded)
    over(book, ours)


def test_ringing_is_repeated_until_its_prack_comes() -> None:
    book, ours, peer = stage(lines=REQUIRED)
    leg = ours.offered()
    ours.ring(leg)
    book.run(4)
    assert peer.titles() == ["180 INVITE"] * 4  # at 0, 0.5, 1.5 and 3.5 s
    rang = peer.hears_response("180 INVITE")
    assert rang.first("require") == "100rel"
    assert not rang.body
    peer.heard.clear()
    prack(peer, ours, rang)
    book.run(30)
    assert peer.titles() == ["200 PRACK"]
    peer.heard.clear()
    _, to = talk_on(book, ours, peer, leg)
    finish(book, ours, peer, to)


def talk_on(book: Playbook, ours: Agent, peer: Peer, leg: LegId) -> tuple[Response, str]:
    ours.answer(leg, sdp_of(ours))
    book.run()
    ok = peer.hears_response("200 INVITE")
    peer.request(ours, "ACK", "sip:x@10.0.0.1", to_=ok.first("to"), branch="ack")
    book.run()
    ours.take(CallConfirmed)
    return ok, ok.first("to")


def test_early_answer_is_told_again_every_minute_and_with_the_200() -> None:
    """Who does not know 100rel: repetitions carry the same description, lest its phone rings over us."""
    book, ours, peer = stage()
    leg = ours.offered()
    ours.do(ours.ua.ring(leg, book.now, sdp_of(ours)))
    book.run(121)
    assert peer.titles() == ["183 INVITE"] * 3
    assert {one.body for one in peer.heard} == {str(sdp_of(ours)).encode()}
    peer.heard.clear()
    ok, to = talk_on(book, ours, peer, leg)
    assert ok.body == str(sdp_of(ours)).encode()
    finish(book, ours, peer, to)


def test_caller_that_only_supports_it_is_told_as_ever() -> None:
    book, ours, peer = stage(lines=("Supported: 100rel",))
    leg = ours.offered()
    ours.ring(leg)
    book.run(5)
    assert "rseq" not in peer.hears_response("180 INVITE").headers
    assert not peer.heard


@pytest.mark.parametrize("rack", ["1 1 INVITE", "{rseq} 2 INVITE", "{rseq} 1 UPDATE"])
def test_prack_for_something_else_is_not_known(rack: str) -> None:
    book, ours, peer = stage(lines=REQUIRED)
    ours.ring(ours.offered())
    book.run()
    rang = peer.hears_response("180 INVITE")
    prack(peer, ours, rang, rack=rack.format(rseq=rang.first("rseq")))
    book.run()
    peer.hears("481 PRACK")


@pytest.mark.parametrize("rack", ["x", "1 INVITE", "-1 1 INVITE", "99999999999 1 INVITE", " "])
def test_prack_that_cannot_be_read_is_a_bad_request(rack: str) -> None:
    book, ours, peer = stage(lines=REQUIRED)
    ours.ring(ours.offered())
    book.run()
    prack(peer, ours, peer.hears_response("180 INVITE"), rack=rack)
    book.run()
    peer.hears("400 PRACK")


def test_second_prack_for_the_same_is_not_known() -> None:
    book, ours, peer = stage(lines=REQUIRED)
    ours.ring(ours.offered())
    book.run()
    rang = peer.hears_response("180 INVITE")
    prack(peer, ours, rang)
    prack(peer, ours, rang, cseq=3)
    book.run()
    assert peer.titles() == ["200 PRACK", "481 PRACK"]


def test_prack_without_any_reliable_answer_is_not_known() -> None:
    book, ours, peer = stage()
    ours.ring(ours.offered())
    book.run()
    prack(peer, ours, peer.hears_response("180 INVITE"), rack="1 1 INVITE")
    book.run()
    peer.hears("481 PRACK")


def test_next_ringing_waits_for_the_prack_of_the_last() -> None:
    book, ours, peer = stage(lines=REQUIRED)
    leg = ours.offered()
    ours.ring(leg)
    ours.ring(leg)
    book.run()
    first = peer.hears_response("180 INVITE")
    assert not peer.heard
    prack(peer, ours, first)
    book.run()
    second = peer.hears_response("180 INVITE")
    peer.hears("200 PRACK")
    assert int(second.first("rseq")) == int(first.first("rseq")) + 1


def test_call_whose_ringing_is_never_acknowledged_ends() -> None:
    book, ours, peer = stage(lines=REQUIRED)
    ours.ring(ours.offered())
    book.run(33)
    assert peer.titles()[-1] == "504 INVITE"
    ended = ours.take(CallEnded)
    assert (ended.by, ended.reason) == ("switch", "failed")
    assert ended.detail == "our ringing was never acknowledged"
    peer.request(ours, "ACK", URI, to_=peer.heard[-1].first("to"), branch="bINVITE1")
    over(book, ours)


def test_answer_overtakes_ringing_and_its_late_prack_is_still_known() -> None:
    book, ours, peer = stage(lines=REQUIRED)
    leg = ours.offered()
    ours.ring(leg)
    ours.answer(leg, sdp_of(ours))
    book.run(0.2)
    rang = peer.hears_response("180 INVITE")
    ok = peer.hears_response("200 INVITE")
    prack(peer, ours, rang)
    book.run()
    peer.hears("200 PRACK")
    peer.request(ours, "ACK", "sip:x@10.0.0.1", to_=ok.first("to"), branch="ack")
    book.run(5)
    assert not peer.heard
    ours.take(CallConfirmed)
    finish(book, ours, peer, ok.first("to"))


def test_cancel_while_a_reliable_answer_waits() -> None:
    book, ours, peer = stage(lines=REQUIRED)
    ours.ring(ours.offered())
    book.run()
    rang = peer.hears_response("180 INVITE")
    peer.request(ours, "CANCEL", URI, branch="bINVITE1")
    book.run()
    assert peer.titles() == ["200 CANCEL", "487 INVITE"]
    peer.request(ours, "ACK", URI, to_=rang.first("to"), branch="bINVITE1")
    prack(peer, ours, rang)
    book.run(40)
    assert peer.titles() == ["200 CANCEL", "487 INVITE", "481 PRACK"]
    assert ours.take(CallEnded).reason == "cancelled"
    over(book, ours)


def test_caller_without_an_offer_gets_ours_in_the_ringing_and_answers_by_prack() -> None:
    book, ours, peer = stage(lines=REQUIRED, body="")
    leg = ours.take(CallOffered).leg
    ours.do(ours.ua.ring(leg, book.now, sdp_of(ours)))
    book.run()
    rang = peer.hears_response("180 INVITE")
    assert rang.body == str(sdp_of(ours)).encode()
    ours.answer(leg, sdp_of(ours))
    book.run(0.1)
    assert not peer.heard  # no 2xx before the PRACK of what carries SDP
    prack(peer, ours, rang, body=str(sdp_of(peer)))
    book.run()
    peer.hears("200 PRACK")
    ok = peer.hears_response("200 INVITE")
    assert not ok.body
    peer.request(ours, "ACK", "sip:x@10.0.0.1", to_=ok.first("to"), branch="ack")
    book.run()
    assert ours.take(CallConfirmed).answer == sdp_of(peer)
    finish(book, ours, peer, ok.first("to"))


def test_prack_without_the_answer_ends_the_call() -> None:
    book, ours, peer = stage(lines=REQUIRED, body="")
    leg = ours.take(CallOffered).leg
    ours.do(ours.ua.ring(leg, book.now, sdp_of(ours)))
    book.run()
    rang = peer.hears_response("180 INVITE")
    prack(peer, ours, rang)
    book.run()
    assert peer.titles() == ["200 PRACK", "488 INVITE"]
    assert ours.take(CallEnded).detail == "the PRACK carried no usable answer"
    peer.request(ours, "ACK", URI, to_=rang.first("to"), branch="bINVITE1")
    over(book, ours)


def test_caller_without_an_offer_that_does_not_require_it_hears_plain_ringing() -> None:
    book, ours, peer = stage(lines=("Supported: 100rel",), body="")
    leg = ours.take(CallOffered).leg
    ours.do(ours.ua.ring(leg, book.now, sdp_of(ours)))
    book.run(3)
    rang = peer.hears_response("180 INVITE")
    assert not rang.body
    assert "rseq" not in rang.headers
    assert not peer.heard


def test_early_answer_goes_reliably_and_the_caller_may_offer_anew_by_prack() -> None:
    book, ours, peer = stage(lines=("Supported: 100rel",))
    leg = ours.offered()
    ours.do(ours.ua.ring(leg, book.now, sdp_of(ours)))
    book.run()
    progress = peer.hears_response("183 INVITE")
    assert progress.body == str(sdp_of(ours)).encode()
    prack(peer, ours, progress, body=str(sdp_of(peer)))
    book.run()
    assert ours.take(OfferReceived).offer == sdp_of(peer)
    ours.do(ours.ua.answer_offer(leg, sdp_of(ours), book.now))
    book.run()
    assert peer.hears_response("200 PRACK").body == str(sdp_of(ours)).encode()
    ok, to = talk_on(book, ours, peer, leg)
    assert not ok.body  # the answer was given
    finish(book, ours, peer, to)


def test_offer_by_prack_before_the_first_is_answered_must_wait() -> None:
    book, ours, peer = stage(lines=REQUIRED)
    ours.ring(ours.offered())
    book.run()
    prack(peer, ours, peer.hears_response("180 INVITE"), body=str(sdp_of(peer)))
    book.run()
    refused = peer.hears_response("500 PRACK")
    assert 0 <= int(refused.first("retry-after")) <= 10


def test_early_answer_to_a_caller_without_the_extension_is_sent_once() -> None:
    book, ours, peer = stage()
    leg = ours.offered()
    ours.do(ours.ua.ring(leg, book.now, sdp_of(ours)))
    book.run(5)
    progress = peer.hears_response("183 INVITE")
    assert progress.body
    assert not peer.heard
    ok, _ = talk_on(book, ours, peer, leg)
    assert ok.body


# ── we call ──


def called(book: Playbook) -> tuple[Agent, Peer]:
    """We have called a scripted phone, which has the INVITE."""
    alice = book.agent("10.0.0.1")
    peer = book.peer("10.0.0.2")
    alice.configure(trunks=(Trunk(trunk=TrunkId("t"), target=peer.place, user="me", password="secret"),))
    dial(alice)
    book.run()
    return alice, peer


def rel(rseq: int) -> tuple[str, str]:
    return "Require: 100rel", f"RSeq: {rseq}"


def test_we_say_that_we_understand_it() -> None:
    _, peer = called(Playbook())
    invite = peer.hears_request("INVITE")
    assert "100rel" in invite.items("supported")
    assert {"PRACK", "UPDATE"} <= set(invite.items("allow"))


def test_reliable_answers_of_a_phone_are_acknowledged_in_their_order() -> None:
    book = Playbook()
    alice, peer = called(book)
    invite = peer.hears_request("INVITE")
    peer.reply(invite, 180, *rel(7))
    peer.reply(invite, 183, *rel(9))  # came too early: not acknowledged
    book.run(0.2)
    first = peer.hears_request("PRACK")
    assert first.first("rack") == "7 1 INVITE"
    assert not peer.heard
    peer.reply(first, 200)
    peer.reply(invite, 180, *rel(7))  # a repetition
    peer.reply(invite, 183, *rel(8), body=str(sdp_of(peer)))
    book.run(0.2)
    second = peer.hears_request("PRACK")
    assert (second.first("rack"), second.cseq) == ("8 1 INVITE", first.cseq + 1)
    peer.reply(second, 200)
    book.run()
    assert not peer.heard
    told = [one.early for one in alice.news if isinstance(one, CallRinging)]
    assert told == [None, sdp_of(peer)]
    alice.news.clear()
    peer.reply(invite, 200)  # without SDP: the answer came with the 183
    book.run()
    ack = peer.hears_request("ACK")
    assert ack.cseq == 1
    assert alice.take(CallAnswered).answer == sdp_of(peer)
    alice.hang_up(OUT)
    book.run()
    bye = peer.hears_request("BYE")
    assert bye.cseq == second.cseq + 1
    peer.reply(bye, 200)
    alice.take(CallEnded)
    over(book, alice)


def test_each_fork_is_acknowledged_by_itself_and_answers_with_its_own_media() -> None:
    book = Playbook()
    alice, peer = called(book)
    invite = peer.hears_request("INVITE")
    other = str(sdp_of(peer)).replace("4000", "5000")
    peer.reply(invite, 183, *rel(5), tag="one", body=str(sdp_of(peer)))
    peer.reply(invite, 183, *rel(900), tag="two", body=other)
    book.run()
    pracks = [peer.hears_request("PRACK"), peer.hears_request("PRACK")]
    assert [(one.to_tag, one.first("rack")) for one in pracks] == [
        ("one", "5 1 INVITE"),
        ("two", "900 1 INVITE"),
    ]
    for one in pracks:
        peer.reply(one, 200)
    peer.reply(invite, 200, tag="two")
    book.run()
    assert str(alice.take(CallAnswered).answer) == other
    assert peer.hears_request("ACK").to_tag == "two"


def test_lost_prack_is_sent_again() -> None:
    book = Playbook(lose_first(PRACK=2))
    alice, peer = called(book)
    invite = peer.hears_request("INVITE")
    peer.reply(invite, 180, *rel(1))
    book.run(3)
    assert peer.titles()[0] == "PRACK"
    peer.reply(peer.hears_request("PRACK"), 200)
    peer.reply(invite, 486)
    book.run()
    assert alice.take(CallEnded).reason == "busy"


def test_prack_answers_the_trunks_challenge() -> None:
    book = Playbook()
    _, peer = called(book)
    peer.reply(peer.hears_request("INVITE"), 180, *rel(1))
    book.run()
    peer.reply(peer.hears_request("PRACK"), 407, 'Proxy-Authenticate: Digest realm="r", nonce="n"')
    book.run()
    again = peer.hears_request("PRACK")
    assert "proxy-authorization" in again.headers
    assert again.first("rack") == "1 1 INVITE"


def test_reliable_answer_that_crosses_our_cancel_is_acknowledged_still() -> None:
    book = Playbook()
    alice, peer = called(book)
    invite = peer.hears_request("INVITE")
    peer.reply(invite, 100)
    book.run()
    peer.reply(invite, 180, *rel(3))
    alice.hang_up(OUT)
    book.run()
    assert peer.titles() == ["CANCEL", "PRACK"]
    peer.reply(peer.hears_request("CANCEL"), 200)
    peer.reply(peer.hears_request("PRACK"), 200)
    peer.reply(invite, 487)
    book.run()
    peer.hears("ACK")
    alice.take(CallEnded)
    over(book, alice)


def test_reliable_answer_without_a_contact_is_not_told() -> None:
    book = Playbook()
    alice, peer = called(book)
    invite = peer.hears_request("INVITE")
    vias = "".join(f"Via: {via}\n" for via in invite.headers["via"])
    peer.say(
        alice,
        f"SIP/2.0 180 R\n{vias}From: {invite.first('from')}\nTo: {invite.first('to')};tag=x\n"
        f"Call-ID: {invite.call_id}\nCSeq: 1 INVITE\nRequire: 100rel\nRSeq: 1\nContent-Length: 0\n\n",
    )
    book.run()
    assert not alice.news
    assert not peer.heard


def test_two_of_us_talk_after_reliable_ringing() -> None:
    """Our own two sides agree with each other, with losses on the way."""
    book = Playbook(lose_first(PRACK=1, _180_INVITE=1, _200_PRACK=1))
    alice, bob = two_agents(book)
    dial(alice)
    book.run()
    offered = bob.take(CallOffered)
    assert offered.offer is not None
    answer = answer_to(bob, offered.offer)
    bob.do(bob.ua.ring(offered.leg, book.now, answer))
    book.run(10)
    assert alice.take(CallRinging).early == answer
    bob.answer(offered.leg, answer)
    book.run(10)
    assert alice.take(CallAnswered).answer == answer
    bob.take(CallConfirmed)
    bob.hang_up(offered.leg)
    book.run()
    alice.take(CallEnded)
    bob.take(CallEnded)
    over(book, alice, bob)


def test_bad_sdp_in_a_prack_is_told_and_the_ringing_counts_as_heard() -> None:
    book, ours, peer = stage(lines=REQUIRED)
    leg = ours.offered()
    ours.ring(leg)
    book.run()
    prack(peer, ours, peer.hears_response("180 INVITE"), body="v=1\r\n")
    book.run(5)
    assert peer.titles() == ["400 PRACK"]
    peer.heard.clear()
    _, to = talk_on(book, ours, peer, leg)
    finish(book, ours, peer, to)
