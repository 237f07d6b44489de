"""What a scripted peer can do in and around one call: late offers, routes, order, digits."""

from __future__ import annotations

import pytest

from huawu.switch.sip.events import (
    CallConfirmed,
    CallEnded,
    CallOffered,
    DigitReceived,
    OfferAnswered,
    OfferReceived,
)
from tests.switch.sip.playbook import Playbook, endpoint, sdp_of
from tests.switch.sip.scenes import URI, over, register, stage, talk


def test_late_offer() -> None:
    book, ours, peer = stage(body="")
    offered = ours.take(CallOffered)
    assert offered.offer is None
    ours.answer(offered.leg, sdp_of(ours))
    book.run()
    ok = peer.hears_response("200 INVITE")
    peer.request(ours, "ACK", "sip:x@10.0.0.1", to_=ok.first("to"), branch="ack", body=str(sdp_of(peer)))
    book.run()
    confirmed = ours.take(CallConfirmed)
    assert confirmed.answer == sdp_of(peer)
    ours.hang_up(offered.leg)
    book.run()
    peer.reply(peer.hears_request("BYE"), 200)
    ours.take(CallEnded)
    over(book, ours)


def test_late_offer_without_answer_ends_the_call() -> None:
    book, ours, peer = stage(body="")
    leg = ours.offered()
    ours.answer(leg, sdp_of(ours))
    book.run()
    ok = peer.hears_response("200 INVITE")
    peer.request(ours, "ACK", "sip:x@10.0.0.1", to_=ok.first("to"), branch="ack")
    book.run()
    assert ours.take(CallEnded).reason == "incompatible"
    peer.reply(peer.hears_request("BYE"), 200)
    over(book, ours)


def test_late_reinvite_gets_our_offer() -> None:
    book, ours, peer = stage()
    leg, to = talk(book, ours, peer)
    peer.request(ours, "INVITE", "sip:x@10.0.0.1", to_=to, cseq="2")
    book.run()
    peer.hears("100 INVITE")
    assert ours.take(OfferReceived).offer is None
    ours.do(ours.ua.answer_offer(leg, sdp_of(ours), book.now))
    book.run()
    assert b"m=audio" in peer.hears_response("200 INVITE").body
    peer.request(ours, "ACK", "sip:x@10.0.0.1", to_=to, cseq="2", branch="a2", body=str(sdp_of(peer)))
    book.run()
    assert ours.take(OfferAnswered).answer == sdp_of(peer)


def test_old_cseq_is_refused_and_unknown_dialogs_do_not_exist() -> None:
    book, ours, peer = stage()
    _, to = talk(book, ours, peer)
    peer.request(ours, "INFO", "sip:x@10.0.0.1", to_=to, cseq="9")
    peer.request(ours, "INFO", "sip:x@10.0.0.1", to_=to, cseq="8")
    peer.request(ours, "BYE", "sip:x@10.0.0.1", to_="<sip:x@y>;tag=none", cseq="10")
    peer.request(ours, "BYE", "sip:x@10.0.0.1", to_=to, cseq="11", call_id="other", branch="z")
    book.run()
    assert peer.titles() == ["200 INFO", "500 INFO", "481 BYE", "481 BYE"]


def test_digits_by_info() -> None:
    book, ours, peer = stage()
    leg, to = talk(book, ours, peer)
    for number, (kind, body) in enumerate(
        [
            ("application/dtmf-relay", "Signal=5\r\nDuration=250\r\n"),
            ("application/dtmf-relay", "Signal= 10"),
            ("application/dtmf", "#"),
            ("application/dtmf", "77"),
            ("text/plain", "hello"),
            ("application/dtmf-relay", ""),
        ]
    ):
        text = (
            f"INFO sip:x@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP {peer.place};branch=z9hG4bKi{number}\n"
            f"From: <sip:peer@peer.test>;tag=p1\nTo: {to}\nCall-ID: c1\nCSeq: {number + 5} INFO\n"
            f"Content-Type: {kind}\n\n"
        )
        peer.say(ours, text + body)
    book.run()
    digits = [one for one in ours.news if isinstance(one, DigitReceived)]
    assert [(one.leg, one.digit, one.length_ms) for one in digits] == [
        (leg, "5", 250), (leg, "*", 160), (leg, "#", 160),
    ]  # fmt: skip
    assert peer.titles() == ["200 INFO"] * 3 + ["400 INFO", "415 INFO", "400 INFO"]


def test_requests_in_the_early_dialog() -> None:
    book, ours, peer = stage()
    leg = ours.offered()
    ours.ring(leg)
    book.run()
    to = peer.hears_response("180 INVITE").first("to")
    peer.request(ours, "INVITE", "sip:x@10.0.0.1", to_=to, cseq="2", body=str(sdp_of(peer)))
    peer.request(ours, "OPTIONS", "sip:x@10.0.0.1", to_=to, cseq="3")
    peer.request(ours, "BYE", "sip:x@10.0.0.1", to_=to, cseq="4")
    book.run()
    assert peer.titles() == ["100 INVITE", "500 INVITE", "200 OPTIONS", "200 BYE", "487 INVITE"]
    assert ours.take(CallEnded).reason == "cancelled"
    peer.request(ours, "ACK", URI, to_=to, branch="bINVITE1")
    over(book, ours)


def test_ringing_is_repeated_every_minute() -> None:
    book, ours, peer = stage()
    ours.ring(ours.offered())
    book.run(125)
    assert peer.titles() == ["180 INVITE"] * 3


def test_requests_follow_the_route_set_and_the_new_contact() -> None:
    book, ours, peer = stage(
        lines=("Record-Route: <sip:10.0.0.7;lr>, <sip:10.0.0.8;lr>",),
    )
    proxy, moved = book.peer("10.0.0.7"), book.peer("10.0.0.99")
    leg = ours.offered()
    ours.answer(leg, sdp_of(ours))
    book.run()
    ok = peer.hears_response("200 INVITE")
    assert ok.items("record-route") == ["<sip:10.0.0.7;lr>", "<sip:10.0.0.8;lr>"]
    to = ok.first("to")
    peer.request(ours, "ACK", "sip:x@10.0.0.1", to_=to, branch="ack")
    peer.request(
        ours, "INVITE", "sip:x@10.0.0.1", to_=to, cseq="2", contact=moved.place, body=str(sdp_of(peer))
    )
    book.run()
    ours.do(ours.ua.answer_offer(leg, sdp_of(ours), book.now))
    book.run()
    peer.request(ours, "ACK", "sip:x@10.0.0.1", to_=to, cseq="2", branch="ack2")
    book.run()
    ours.hang_up(leg)
    book.run()
    bye = proxy.hears_request("BYE")
    assert bye.uri == f"sip:peer@{moved.place}"
    assert bye.items("route") == ["<sip:10.0.0.7;lr>", "<sip:10.0.0.8;lr>"]


def test_strict_router_gets_its_own_uri() -> None:
    book, ours, peer = stage(lines=("Record-Route: <sip:10.0.0.7>",))
    proxy = book.peer("10.0.0.7")
    leg, _ = talk(book, ours, peer)
    ours.hang_up(leg)
    book.run()
    bye = proxy.hears_request("BYE")
    assert bye.uri == "sip:10.0.0.7"
    assert bye.items("route") == [f"<sip:peer@{peer.place}>"]


def test_merged_request_is_refused() -> None:
    book, ours, peer = stage()
    peer.request(ours, "INVITE", URI, branch="other", body=str(sdp_of(peer)))
    book.run()
    peer.hears("482 INVITE")


def test_overload_refuses_new_calls_only() -> None:
    book, ours, peer = stage()
    ours.ua.overloaded(7)
    peer.request(ours, "INVITE", URI, branch="n", call_id="c2", body=str(sdp_of(peer)))
    book.run()
    assert peer.hears_response("503 INVITE").first("retry-after") == "7"
    ours.ring(ours.offered())
    book.run()
    peer.hears("180 INVITE")
    ours.ua.overloaded(None)
    peer.request(ours, "INVITE", URI, branch="m", call_id="c3", body=str(sdp_of(peer)))
    book.run()
    peer.hears("100 INVITE")


@pytest.mark.parametrize(
    ("number", "helps", "registered", "hears"),
    [
        ("0110", True, True, "100 INVITE"),
        ("0110", True, False, "401 INVITE"),  # who it is, it may still prove
        ("0110", False, True, "503 INVITE"),  # nobody is there who would call for it
        ("95500", True, True, "503 INVITE"),
        ("95500", True, False, "503 INVITE"),
    ],
)
def test_overload_lets_a_phone_of_ours_call_for_help(
    number: str, helps: bool, registered: bool, hears: str
) -> None:
    book = Playbook()
    ours, peer = book.agent(), book.peer()
    ours.configure(endpoint("bob"), emergency=("0110",))
    if registered:
        register(book, ours, peer)
    ours.ua.overloaded(7, helps=helps)
    peer.request(ours, "INVITE", f"sip:{number}@ours", branch="n", call_id="c2", body=str(sdp_of(peer)))
    book.run()
    peer.hears(hears)
    if hears == "100 INVITE":
        assert ours.take(CallOffered).emergency
