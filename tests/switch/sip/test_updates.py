"""UPDATE in early and confirmed dialogs (RFC 3311), and offers that collide (glare)."""

from __future__ import annotations

import pytest

from huawu.link.messages import LegId, Trunk, TrunkId
from huawu.switch.sip.events import (
    CallAnswered,
    CallEnded,
    CallRinging,
    OfferAnswered,
    OfferReceived,
)
from huawu.switch.sip.message import Request
from tests.switch.sip.playbook import Agent, Peer, Playbook, sdp_of
from tests.switch.sip.scenes import dial, over, stage, talk

OUT = LegId("out")
TARGET = "sip:x@10.0.0.1"


def test_update_refreshes_the_target_of_a_confirmed_dialog() -> None:
    book, ours, peer = stage()
    moved = book.peer("10.0.0.99")
    leg, to = talk(book, ours, peer)
    peer.request(ours, "UPDATE", TARGET, to_=to, cseq="2", contact=moved.place)
    book.run()
    ok = peer.hears_response("200 UPDATE")
    assert ok.first("contact")
    assert not ok.body
    assert not ours.news
    ours.hang_up(leg)
    book.run()
    assert moved.hears_request("BYE").uri == f"sip:peer@{moved.place}"


def test_offer_by_update_is_answered_in_its_200() -> None:
    book, ours, peer = stage()
    leg, to = talk(book, ours, peer)
    peer.request(ours, "UPDATE", TARGET, to_=to, cseq="2", body=str(sdp_of(peer)))
    book.run()
    assert ours.take(OfferReceived).offer == sdp_of(peer)
    ours.do(ours.ua.answer_offer(leg, sdp_of(ours), book.now))
    book.run()
    assert peer.hears_response("200 UPDATE").body == str(sdp_of(ours)).encode()
    ours.hang_up(leg)
    book.run(1)
    assert peer.titles()[0] == "BYE"  # there is no ACK to wait for


def test_offer_by_update_may_be_refused() -> None:
    book, ours, peer = stage()
    leg, to = talk(book, ours, peer)
    peer.request(ours, "UPDATE", TARGET, to_=to, cseq="2", body=str(sdp_of(peer)))
    book.run()
    ours.take(OfferReceived)
    ours.do(ours.ua.refuse_offer(leg, book.now))
    book.run()
    peer.hears("488 UPDATE")


def test_offer_by_update_while_ours_is_under_way_is_glare() -> None:
    book, ours, peer = stage()
    leg, to = talk(book, ours, peer)
    ours.do(ours.ua.offer(leg, sdp_of(ours), book.now))
    book.run()
    invite = peer.hears_request("INVITE")
    peer.request(ours, "UPDATE", TARGET, to_=to, cseq="2", body=str(sdp_of(peer)))
    peer.request(ours, "UPDATE", TARGET, to_=to, cseq="3")
    peer.request(ours, "INVITE", TARGET, to_=to, cseq="4", body=str(sdp_of(peer)))
    book.run()
    assert peer.titles() == ["491 UPDATE", "200 UPDATE", "100 INVITE", "491 INVITE"]
    peer.reply(invite, 491)
    book.run(4.5)
    assert "INVITE" in peer.titles()  # ours again, after its time


def test_offer_while_theirs_waits_for_our_answer_is_told_to_come_again() -> None:
    book, ours, peer = stage()
    _, to = talk(book, ours, peer)
    peer.request(ours, "UPDATE", TARGET, to_=to, cseq="2", body=str(sdp_of(peer)))
    peer.request(ours, "UPDATE", TARGET, to_=to, cseq="3", body=str(sdp_of(peer)))
    peer.request(ours, "INVITE", TARGET, to_=to, cseq="4", body=str(sdp_of(peer)))
    book.run()
    assert peer.titles() == ["500 UPDATE", "100 INVITE", "500 INVITE"]
    assert all(0 <= int(one.first("retry-after")) <= 10 for one in peer.heard[::2])


def test_offer_by_update_while_our_own_waits_for_the_ack_is_glare() -> None:
    book, ours, peer = stage(body="")
    leg = ours.offered()
    ours.answer(leg, sdp_of(ours))
    book.run()
    to = peer.hears_response("200 INVITE").first("to")
    peer.request(ours, "UPDATE", TARGET, to_=to, cseq="2", body=str(sdp_of(peer)))
    book.run(0.1)
    peer.hears("491 UPDATE")


@pytest.mark.parametrize(("body", "code"), [("v=1\r\n", 400), ("v=0\r\n", 400)])
def test_unreadable_offer_by_update_is_refused(body: str, code: int) -> None:
    book, ours, peer = stage()
    _, to = talk(book, ours, peer)
    peer.request(ours, "UPDATE", TARGET, to_=to, cseq="2", body=body)
    book.run()
    peer.hears(f"{code} UPDATE")
    assert not ours.news


def test_bye_while_their_update_waits_ends_both() -> None:
    book, ours, peer = stage()
    _, to = talk(book, ours, peer)
    peer.request(ours, "UPDATE", TARGET, to_=to, cseq="2", body=str(sdp_of(peer)))
    book.run()
    ours.take(OfferReceived)
    peer.request(ours, "BYE", TARGET, to_=to, cseq="3")
    book.run()
    assert sorted(peer.titles()) == ["200 BYE", "487 UPDATE"]
    ours.take(CallEnded)
    over(book, ours)


def test_update_before_the_answer() -> None:
    book, ours, peer = stage()
    moved = book.peer("10.0.0.99")
    leg = ours.offered()
    ours.ring(leg)
    book.run()
    to = peer.hears_response("180 INVITE").first("to")
    peer.request(ours, "UPDATE", TARGET, to_=to, cseq="2", contact=moved.place)
    peer.request(ours, "UPDATE", TARGET, to_=to, cseq="3", body=str(sdp_of(peer)))
    book.run()
    assert peer.titles() == ["200 UPDATE", "500 UPDATE"]  # the INVITE's own offer comes first
    peer.heard.clear()
    ours.answer(leg, sdp_of(ours))
    book.run()
    peer.hears("200 INVITE")
    peer.request(ours, "ACK", TARGET, to_=to, branch="ack")
    book.run()
    ours.news.clear()
    ours.hang_up(leg)
    book.run()
    moved.hears("BYE")


def test_early_offer_by_update_after_an_early_answer() -> None:
    book, ours, peer = stage(lines=("Require: 100rel",))
    leg = ours.offered()
    ours.do(ours.ua.ring(leg, book.now, sdp_of(ours)))
    book.run()
    rang = peer.hears_response("183 INVITE")
    to = rang.first("to")
    peer.request(ours, "PRACK", TARGET, f"RAck: {rang.first('rseq')} 1 INVITE", to_=to, cseq="2")
    peer.request(ours, "UPDATE", TARGET, to_=to, cseq="3", body=str(sdp_of(peer)))
    peer.request(ours, "UPDATE", TARGET, to_=to, cseq="4", body=str(sdp_of(peer)))
    book.run()
    assert peer.titles() == ["200 PRACK", "500 UPDATE"]
    ours.take(OfferReceived)
    ours.do(ours.ua.answer_offer(leg, sdp_of(ours), book.now))
    book.run()
    assert peer.titles()[-1] == "200 UPDATE"


def test_cancel_while_their_early_update_waits_ends_both() -> None:
    book, ours, peer = stage(lines=("Require: 100rel",))
    leg = ours.offered()
    ours.do(ours.ua.ring(leg, book.now, sdp_of(ours)))
    book.run()
    to = peer.hears_response("183 INVITE").first("to")
    peer.request(ours, "UPDATE", TARGET, to_=to, cseq="2", body=str(sdp_of(peer)))
    book.run()
    ours.take(OfferReceived)
    peer.request(ours, "CANCEL", "sip:10000@10.0.0.1", branch="bINVITE1")
    book.run()
    assert peer.titles() == ["200 CANCEL", "487 UPDATE", "487 INVITE"]
    assert ours.take(CallEnded).reason == "cancelled"
    peer.request(ours, "ACK", "sip:10000@10.0.0.1", to_=to, branch="bINVITE1")
    over(book, ours)


# ── phones we call ──


def called(book: Playbook) -> tuple[Agent, Peer, Request]:
    alice, peer = book.agent("10.0.0.1"), book.peer("10.0.0.2")
    alice.configure(trunks=(Trunk(trunk=TrunkId("t"), target=peer.place),))
    dial(alice)
    book.run()
    return alice, peer, peer.hears_request("INVITE")


def early(
    peer: Peer, ours: Agent, invite: Request, method: str, cseq: int, *, body: str = "", tag: str = "p2"
) -> None:
    """A request of the phone in the early dialog of our INVITE."""
    peer.request(
        ours, method, TARGET, from_=f"{invite.first('to')};tag={tag}", to_=invite.first("from"),
        call_id=invite.call_id, cseq=str(cseq), body=body, branch=f"{method}{cseq}{tag}",
    )  # fmt: skip


def test_phone_that_rings_may_refresh_but_offer_only_once_ours_is_answered() -> None:
    book = Playbook()
    alice, peer, invite = called(book)
    early(peer, alice, invite, "UPDATE", 1)
    book.run()
    peer.hears("481 UPDATE")  # it never rang
    peer.reply(invite, 180)
    early(peer, alice, invite, "UPDATE", 2)
    early(peer, alice, invite, "UPDATE", 3, body=str(sdp_of(peer)))
    early(peer, alice, invite, "INVITE", 4, body=str(sdp_of(peer)))
    early(peer, alice, invite, "BYE", 5)
    early(peer, alice, invite, "OPTIONS", 6)
    early(peer, alice, invite, "OPTIONS", 6)
    early(peer, alice, invite, "INFO", 1)
    book.run()
    assert peer.titles() == [
        "200 UPDATE", "491 UPDATE", "100 INVITE", "491 INVITE", "481 BYE", "200 OPTIONS", "200 OPTIONS",
        "500 INFO",
    ]  # fmt: skip
    alice.take(CallRinging)
    assert not alice.news


def test_phone_that_rings_changes_its_media_by_update() -> None:
    book = Playbook()
    alice, peer, invite = called(book)
    peer.reply(invite, 183, "Require: 100rel", "RSeq: 1", body=str(sdp_of(peer)))
    book.run()
    peer.reply(peer.hears_request("PRACK"), 200)
    changed = str(sdp_of(peer)).replace("4000", "6000")
    early(peer, alice, invite, "UPDATE", 1, body=changed)
    book.run()
    assert str(alice.take(OfferReceived).offer) == changed
    alice.do(alice.ua.answer_offer(OUT, sdp_of(alice), book.now))
    book.run()
    assert peer.hears_response("200 UPDATE").body == str(sdp_of(alice)).encode()
    peer.reply(invite, 200)
    book.run()
    assert str(alice.take(CallAnswered).answer) == changed


def test_of_several_phones_none_may_change_the_media_of_all() -> None:
    book = Playbook()
    alice, peer, invite = called(book)
    for tag in ("one", "two"):
        peer.reply(invite, 183, "Require: 100rel", "RSeq: 1", tag=tag, body=str(sdp_of(peer)))
    book.run()
    peer.heard.clear()
    early(peer, alice, invite, "UPDATE", 1, body=str(sdp_of(peer)), tag="one")
    book.run()
    peer.hears("488 UPDATE")


def test_early_media_of_each_fork_are_its_own() -> None:
    book = Playbook()
    alice, peer, invite = called(book)
    one, two = str(sdp_of(peer)), str(sdp_of(peer)).replace("4000", "5000")
    peer.reply(invite, 183, tag="one", body=one)
    peer.reply(invite, 183, tag="two", body=two)
    peer.reply(invite, 200, tag="two")
    book.run()
    told = [str(news.early) for news in alice.news if isinstance(news, CallRinging)]
    assert told == [one, two]
    assert str(alice.take(CallAnswered).answer) == two


def test_several_answers_are_all_acknowledged_and_all_but_one_hung_up() -> None:
    book = Playbook()
    alice, peer, invite = called(book)
    for tag in ("one", "two", "three", "two"):
        peer.reply(invite, 200, tag=tag, body=str(sdp_of(peer)))
    book.run()
    heard = [(one.method, one.to_tag) for one in peer.heard if isinstance(one, Request)]
    assert heard == [
        ("ACK", "one"), ("ACK", "two"), ("BYE", "two"), ("ACK", "three"), ("BYE", "three"), ("ACK", "two"),
    ]  # fmt: skip
    alice.take(CallAnswered)
    for request in list(peer.heard):
        if isinstance(request, Request) and request.method == "BYE":
            peer.reply(request, 200)
    alice.hang_up(OUT)
    book.run()
    bye = peer.heard[-1]
    assert isinstance(bye, Request)
    assert bye.to_tag == "one"
    peer.reply(bye, 200)
    alice.take(CallEnded)
    over(book, alice)


def test_their_glare_postpones_our_offer_and_theirs_is_taken_meanwhile() -> None:
    book = Playbook()
    alice, peer, invite = called(book)
    peer.reply(invite, 200, body=str(sdp_of(peer)))
    book.run()
    alice.news.clear()
    peer.hears("ACK")
    alice.do(alice.ua.offer(OUT, sdp_of(alice), book.now))
    book.run()
    peer.reply(peer.hears_request("INVITE"), 491)
    book.run()
    peer.hears("ACK")
    early(peer, alice, invite, "INVITE", 1, body=str(sdp_of(peer)))
    book.run()
    peer.hears("100 INVITE")
    alice.take(OfferReceived)
    alice.do(alice.ua.answer_offer(OUT, sdp_of(alice), book.now))
    book.run()
    peer.hears("200 INVITE")
    early(peer, alice, invite, "ACK", 1)
    book.run(5)
    again = peer.hears_request("INVITE")
    peer.reply(again, 200, body=str(sdp_of(peer)))
    book.run()
    assert alice.take(OfferAnswered).answer == sdp_of(peer)
