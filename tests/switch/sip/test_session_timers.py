"""Session timers (RFC 4028): who refreshes, how often, how, and how a dead peer's call ends."""

from __future__ import annotations

import pytest

from huawu.link.messages import LegId, Trunk, TrunkId
from huawu.switch.sip.events import CallAnswered, CallConfirmed, CallEnded, OfferAnswered
from huawu.switch.sip.message import Request, Response
from huawu.switch.sip.refresh import MIN_SE_S, SESSION_S, TABLE
from tests.switch.sip.playbook import Agent, Peer, Playbook, sdp_of
from tests.switch.sip.scenes import URI, connected, dial, over, stage, talk

OUT = LegId("out")
ALLOW = "Allow: INVITE, ACK, BYE, CANCEL, UPDATE"


def taken(lines: tuple[str, ...]) -> tuple[Playbook, Agent, Peer, LegId, Response]:
    """A caller with these lines is answered."""
    book, ours, peer = stage(lines=lines)
    leg = ours.offered()
    ours.answer(leg, sdp_of(ours))
    book.run(0.1)
    ok = peer.hears_response("200 INVITE")
    peer.request(ours, "ACK", "sip:x@10.0.0.1", to_=ok.first("to"), branch="ack")
    book.run(0.1)
    ours.take(CallConfirmed)
    return book, ours, peer, leg, ok


@pytest.mark.parametrize(
    ("asked", "granted", "required"),
    [
        ((), "1800;refresher=uas", False),
        (("Supported: timer",), "1800;refresher=uas", False),
        (("Supported: timer", "Session-Expires: 600"), "600;refresher=uas", False),
        (("Supported: timer", "x: 600;refresher=uac"), "600;refresher=uac", True),
        (("Supported: timer", "Session-Expires: 600;refresher=uas"), "600;refresher=uas", False),
        (("Session-Expires: 600",), "600;refresher=uas", False),  # of a proxy on the way
        (("Supported: timer", "Session-Expires: 99999"), "1800;refresher=uas", False),
        (("Supported: timer", "Session-Expires: 9000", "Min-SE: 5000"), "5000;refresher=uas", False),
        (("Min-SE: 2000",), "2000;refresher=uas", False),
        (("Min-SE: x",), "1800;refresher=uas", False),
        (("Require: timer", "Session-Expires: 90;refresher=uac"), "90;refresher=uac", True),
    ],
)
def test_who_refreshes_is_told_in_our_answer(asked: tuple[str, ...], granted: str, required: bool) -> None:
    *_, ok = taken(asked)
    assert ok.first("session-expires") == granted
    assert ("timer" in ok.items("require")) is required
    assert "timer" in ok.items("supported")


def test_too_short_a_session_is_refused_with_what_we_take() -> None:
    book = Playbook()
    ours, peer = book.agent(), book.peer()
    ours.configure()
    peer.request(ours, "INVITE", URI, "Session-Expires: 30", "Supported: timer", body=str(sdp_of(peer)))
    peer.request(ours, "INVITE", URI, "Session-Expires: soon", cseq="2", body=str(sdp_of(peer)))
    book.run()
    assert peer.hears_response("422 INVITE").first("min-se") == str(MIN_SE_S)
    peer.hears("400 INVITE")
    assert not ours.news


def test_we_refresh_by_update_where_the_peer_allows_it_and_the_call_goes_on() -> None:
    book, ours, peer, leg, ok = taken((ALLOW,))
    for _ in range(3):
        book.run(SESSION_S / 2)
        update = peer.hears_request("UPDATE")
        assert update.first("session-expires") == "1800;refresher=uac"
        assert not update.body
        peer.reply(update, 200, "Session-Expires: 1800;refresher=uac")
        book.run(0.1)
    assert not ours.news
    ours.hang_up(leg)
    book.run()
    peer.reply(peer.hears_request("BYE"), 200)
    ours.take(CallEnded)
    over(book, ours)
    assert ok.code == 200


def test_we_refresh_by_reinvite_where_it_does_not() -> None:
    book, ours, peer, *_ = taken(())
    book.run(SESSION_S / 2)
    again = peer.hears_request("INVITE")
    assert again.body == str(sdp_of(ours)).encode()  # nothing changes
    peer.reply(again, 200, body=str(sdp_of(peer)))
    book.run(0.1)
    peer.hears("ACK")
    assert ours.take(OfferAnswered).answer == sdp_of(peer)
    book.run(SESSION_S / 2)
    peer.hears("INVITE")


def test_peer_that_refuses_update_after_all_gets_a_reinvite() -> None:
    book, _, peer, *_ = taken((ALLOW,))
    book.run(SESSION_S / 2)
    peer.reply(peer.hears_request("UPDATE"), 405)
    book.run(0.1)
    peer.reply(peer.hears_request("INVITE"), 200, body=str(sdp_of(peer)))
    book.run(0.1)
    peer.hears("ACK")
    book.run(SESSION_S / 2)
    peer.hears("INVITE")


def test_dead_peer_ends_at_our_refresh_and_the_record_says_so() -> None:
    book, ours, peer, *_ = taken((ALLOW,))
    book.run(SESSION_S / 2 + 33)
    assert peer.titles()[0] == "UPDATE"
    ended = ours.take(CallEnded)
    assert (ended.by, ended.reason) == ("switch", "failed")
    assert ended.detail == "the peer is gone: no answer to our refresh by UPDATE (timeout)"
    assert peer.titles()[-1] == "BYE"
    over(book, ours)


def test_peer_that_lost_the_call_ends_it() -> None:
    book, ours, peer, *_ = taken((ALLOW,))
    book.run(SESSION_S / 2)
    peer.reply(peer.hears_request("UPDATE"), 481)
    book.run()
    assert ours.take(CallEnded).detail == "the peer no longer knows the call (481)"
    peer.hears("BYE")


def test_peer_that_does_not_refresh_in_time_is_hung_up_on() -> None:
    book, ours, peer, *_ = taken(("Supported: timer", "Session-Expires: 300;refresher=uac"))
    book.run(267)
    assert not peer.heard
    book.run(2)
    peer.reply(peer.hears_request("BYE"), 200)
    ended = ours.take(CallEnded)
    assert (ended.by, ended.reason) == ("switch", "failed")
    assert ended.detail == "the session lapsed: the peer did not refresh it within 300 s"
    over(book, ours)


@pytest.mark.parametrize("method", ["UPDATE", "INVITE"])
def test_peer_that_refreshes_keeps_its_call(method: str) -> None:
    book, ours, peer, leg, ok = taken(("Supported: timer", "Session-Expires: 300;refresher=uac"))
    for cseq in range(2, 6):
        book.run(200)
        assert not peer.heard
        body = str(sdp_of(peer)) if method == "INVITE" else ""
        peer.request(
            ours, method, "sip:x@10.0.0.1", "Supported: timer", "Session-Expires: 300;refresher=uac",
            to_=ok.first("to"), cseq=str(cseq), body=body, branch=f"r{cseq}",
        )  # fmt: skip
        book.run(0.1)
        if method == "INVITE":
            ours.do(ours.ua.answer_offer(leg, sdp_of(ours), book.now))
            book.run(0.1)
            peer.hears("100 INVITE")
            peer.request(ours, "ACK", "sip:x@10.0.0.1", to_=ok.first("to"), cseq=str(cseq), branch=f"a{cseq}")
            ours.news.clear()
        assert peer.hears_response(f"200 {method}").first("session-expires") == "300;refresher=uac"
    assert not ours.news


def test_refresh_that_collides_is_made_again() -> None:
    book, ours, peer, *_ = taken((ALLOW,))
    book.run(SESSION_S / 2)
    for code in (491, 500, 200):
        while not peer.heard:
            book.run(0.2)
            assert book.now < SESSION_S / 2 + 30
        peer.reply(peer.hears_request("UPDATE"), code)
        book.run(0.1)
    book.run(800)
    assert not peer.heard
    assert not ours.news


def test_refreshes_that_are_all_refused_end_the_call() -> None:
    book, ours, peer, *_ = taken((ALLOW,))
    book.run(SESSION_S / 2)
    while not any(isinstance(one, CallEnded) for one in ours.news):
        for request in [one for one in peer.heard if isinstance(one, Request)]:
            peer.reply(request, 500)
        peer.heard.clear()
        book.run(5)
        assert book.now < 2_000
    ended = ours.take(CallEnded)
    assert ended.detail == "the session lapsed: our refreshes were refused within 1800 s"
    assert book.now == pytest.approx(SESSION_S - 32, abs=6)


def test_refresh_for_which_the_peer_wants_a_longer_session() -> None:
    book, _, peer, *_ = taken((ALLOW,))
    book.run(SESSION_S / 2)
    peer.reply(peer.hears_request("UPDATE"), 422, "Min-SE: 4000")
    book.run(0.1)
    again = peer.hears_request("UPDATE")
    assert (again.first("session-expires"), again.first("min-se")) == ("4000;refresher=uac", "4000")
    peer.reply(again, 200, "Session-Expires: 4000;refresher=uac")
    book.run(1_990)
    assert not peer.heard
    book.run(20)
    peer.hears("UPDATE")


# ── calls we make ──


def called(*lines: str, code: int = 200) -> tuple[Playbook, Agent, Peer]:
    book = Playbook()
    alice, peer = book.agent("10.0.0.1"), book.peer("10.0.0.2")
    trunk = Trunk(trunk=TrunkId("t"), target=peer.place, user="me", password="secret")
    alice.configure(trunks=(trunk,))
    dial(alice)
    book.run(0.1)
    invite = peer.hears_request("INVITE")
    assert invite.first("session-expires") == "1800;refresher=uac"
    assert "timer" in invite.items("supported")
    peer.reply(invite, code, *lines, body=str(sdp_of(peer)) if code == 200 else "")
    book.run(0.1)
    peer.hears("ACK")
    return book, alice, peer


@pytest.mark.parametrize(
    ("lines", "after"),
    [
        ((ALLOW,), 900),  # the peer knows nothing of timers: we refresh alone
        ((ALLOW, "Session-Expires: 1800;refresher=uac"), 900),
        ((ALLOW, "Require: timer", "Session-Expires: 200;refresher=uac"), 100),
        ((ALLOW, "Session-Expires: 1"), 45),  # nobody makes us refresh all the time
        ((ALLOW, "Session-Expires: never"), 900),
    ],
)
def test_we_refresh_the_calls_we_make(lines: tuple[str, ...], after: int) -> None:
    book, alice, peer = called(*lines)
    alice.take(CallAnswered)
    book.run(after - 1)
    assert not peer.heard
    book.run(2)
    peer.hears("UPDATE")


def test_called_peer_that_wants_to_refresh_must() -> None:
    book, alice, peer = called("Require: timer", "Session-Expires: 1800;refresher=uas")
    alice.take(CallAnswered)
    book.run(1_767)
    assert not peer.heard
    book.run(2)
    peer.hears("BYE")
    assert "the peer did not refresh it within 1800 s" in alice.take(CallEnded).detail


def test_called_peer_that_wants_a_longer_session_is_asked_again() -> None:
    book, alice, peer = called("Min-SE: 3600", code=422)
    again = peer.hears_request("INVITE")
    assert (again.first("session-expires"), again.first("min-se")) == ("3600;refresher=uac", "3600")
    assert again.cseq == 2
    peer.reply(again, 422, "Min-SE: 7200")
    book.run()
    peer.hears("ACK")
    assert alice.take(CallEnded).detail.startswith("422")  # once is enough
    over(book, alice)


@pytest.mark.parametrize("least", ["", "Min-SE: 5", "Min-SE: 999999999", "Min-SE: x"])
def test_a_422_that_asks_for_nothing_sensible_is_a_refusal(least: str) -> None:
    book, alice, peer = called(*([least] if least else []), code=422)
    assert not peer.heard
    assert alice.take(CallEnded).reason == "failed"
    over(book, alice)


def test_refresh_answers_the_trunks_challenge() -> None:
    book, alice, peer = called(ALLOW)
    alice.take(CallAnswered)
    book.run(900)
    peer.reply(peer.hears_request("UPDATE"), 401, 'WWW-Authenticate: Digest realm="r", nonce="n"')
    book.run(0.1)
    again = peer.hears_request("UPDATE")
    assert "authorization" in again.headers
    peer.reply(again, 200)
    book.run(100)
    assert not peer.heard


def test_two_of_us_stay_in_a_call_for_a_day_and_leave_nothing() -> None:
    book = Playbook()
    alice, out, bob, _ = connected(book)
    book.run(86_400)
    assert not alice.news
    assert not bob.news
    assert [name for _, name in book.said].count("UPDATE") == 96
    alice.hang_up(out)
    book.run()
    alice.take(CallEnded)
    bob.take(CallEnded)
    over(book, alice, bob)


def test_every_state_of_the_timer_can_be_left() -> None:
    states = {state for state, _ in TABLE} | {state for state, _ in TABLE.values()}
    for state in states - {"off"}:
        assert TABLE[state, "stop"][0] == "off"
        assert TABLE[state, "ours"][0] == "ours"
        assert TABLE[state, "theirs"][0] == "theirs"


def test_hang_up_by_the_caller_stops_the_timers() -> None:
    book, ours, peer = stage()
    _, to = talk(book, ours, peer)
    peer.request(ours, "BYE", "sip:x@10.0.0.1", to_=to, cseq="2")
    book.run()
    ours.take(CallEnded)
    over(book, ours)
