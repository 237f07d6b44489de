"""What we do not do is refused as its RFC asks, in and out of calls; odd ACKs and loops change nothing."""

from __future__ import annotations

import pytest

from huawu.link.messages import LegId, Trunk, TrunkId
from huawu.switch.sip.events import CallConfirmed, CallEnded, CallOffered, DigitReceived
from tests.switch.sip.playbook import Playbook, sdp_of
from tests.switch.sip.scenes import URI, dial, over, stage, talk

TARGET = "sip:x@10.0.0.1"


@pytest.mark.parametrize("method", ["MESSAGE", "PUBLISH", "FETCH", "invite"])
@pytest.mark.parametrize("within", [True, False])
def test_methods_we_do_not_serve_get_405_with_those_we_do(method: str, within: bool) -> None:
    book, ours, peer = stage()
    _, to = talk(book, ours, peer)
    peer.request(ours, method, TARGET, to_=to if within else f"<{URI}>", cseq="7", branch="m")
    book.run()
    allow = peer.hears_response(f"405 {method}").items("allow")
    assert {"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "PRACK", "UPDATE", "INFO", "REFER"} <= set(allow)
    assert method not in allow


@pytest.mark.parametrize("within", [True, False])
def test_subscriptions_to_what_we_do_not_have_are_bad_events(within: bool) -> None:
    book, ours, peer = stage()
    _, to = talk(book, ours, peer)
    peer.request(
        ours, "SUBSCRIBE", TARGET, "Event: presence", to_=to if within else f"<{URI}>", cseq="7", branch="m"
    )
    book.run()
    assert peer.hears_response("489 SUBSCRIBE").first("allow-events") == "refer"


@pytest.mark.parametrize("within", [True, False])
def test_news_nobody_subscribed_to_is_not_wanted(within: bool) -> None:
    book, ours, peer = stage()
    _, to = talk(book, ours, peer)
    peer.request(
        ours, "NOTIFY", TARGET, "Event: refer", "Subscription-State: active",
        to_=to if within else f"<{URI}>", cseq="7", branch="m",
    )  # fmt: skip
    book.run()
    peer.hears("481 NOTIFY")
    assert not ours.news


@pytest.mark.parametrize("method", ["BYE", "INFO", "UPDATE", "PRACK"])
def test_what_belongs_in_a_call_has_none_outside(method: str) -> None:
    book = Playbook()
    ours, peer = book.agent(), book.peer()
    ours.configure()
    peer.request(ours, method, URI)
    peer.request(ours, method, URI, to_=f"<{URI}>;tag=gone", branch="t")
    book.run()
    assert peer.titles() == [f"481 {method}"] * 2


def test_info_package_is_not_ours() -> None:
    book, ours, peer = stage()
    _, to = talk(book, ours, peer)
    peer.request(ours, "INFO", TARGET, "Info-Package: conference", to_=to, cseq="2")
    book.run()
    refused = peer.hears_response("469 INFO")
    assert refused.headers["recv-info"] == [""]
    assert not [one for one in ours.news if isinstance(one, DigitReceived)]


@pytest.mark.parametrize("state", ["outside", "ringing", "talking"])
def test_options_tell_what_we_can(state: str) -> None:
    book, ours, peer = stage()
    to = f"<{URI}>"
    if state == "ringing":
        ours.ring(ours.offered())
        book.run()
        to = peer.hears_response("180 INVITE").first("to")
    elif state == "talking":
        _, to = talk(book, ours, peer)
    peer.request(ours, "OPTIONS", TARGET, to_=to, cseq="2", branch="o")
    book.run()
    told = peer.hears_response("200 OPTIONS")
    assert {"UPDATE", "PRACK"} <= set(told.items("allow"))
    assert {"100rel", "timer", "replaces"} <= set(told.items("supported"))
    assert "application/sdp" in told.items("accept")
    assert told.first("accept-encoding") == "identity"
    assert told.first("accept-language") == "en"


def test_acks_that_fit_nothing_are_not_answered() -> None:
    book, ours, peer = stage()
    leg = ours.offered()
    peer.request(ours, "ACK", TARGET, branch="early")  # before any answer
    ours.answer(leg, sdp_of(ours))
    book.run(0.1)
    to = peer.hears_response("200 INVITE").first("to")
    peer.request(ours, "ACK", TARGET, to_=to, cseq="9", branch="a1")  # of no INVITE of ours
    peer.request(ours, "ACK", TARGET, to_=f"<{URI}>;tag=none", branch="a2")
    peer.request(ours, "ACK", TARGET, to_=to, call_id="none", branch="a3")
    peer.request(ours, "ACK", TARGET, "Require: nothing", to_=to, branch="a4")  # nothing can refuse an ACK
    peer.request(ours, "ACK", TARGET, to_=to, branch="a5")  # again
    book.run(3)
    assert not peer.heard
    ours.take(CallConfirmed)
    assert not ours.news


def test_answer_that_is_never_acknowledged_ends_the_call_and_says_so() -> None:
    book, ours, peer = stage()
    ours.answer(ours.offered(), sdp_of(ours))
    book.run(33)
    ended = ours.take(CallEnded)
    assert (ended.by, ended.detail) == ("switch", "our answer was never acknowledged")
    assert peer.titles()[-1] == "BYE"
    over(book, ours)


def test_cancel_after_the_answer_changes_nothing() -> None:
    book, ours, peer = stage()
    _, to = talk(book, ours, peer)
    peer.request(ours, "CANCEL", URI, branch="bINVITE1")
    book.run(1)
    assert peer.titles() == ["200 CANCEL"]
    peer.request(ours, "BYE", TARGET, to_=to, cseq="2")
    book.run()
    assert peer.titles()[-1] == "200 BYE"


def test_cancel_of_nothing() -> None:
    book = Playbook()
    ours, peer = book.agent(), book.peer()
    ours.configure()
    peer.request(ours, "CANCEL", URI)
    book.run()
    peer.hears("481 CANCEL")


def test_one_call_by_two_ways_is_taken_once() -> None:
    book, ours, peer = stage()
    other = book.peer("10.0.0.8")
    other.request(ours, "INVITE", URI, branch="other", body=str(sdp_of(peer)))
    book.run()
    other.hears("482 INVITE")
    assert len([one for one in ours.news if isinstance(one, CallOffered)]) == 1


def test_our_own_call_that_comes_back_as_it_was_is_a_loop() -> None:
    book = Playbook()
    ours, mirror = book.agent("10.0.0.1"), book.peer("10.0.0.2")
    ours.configure(trunks=(Trunk(trunk=TrunkId("t"), target=mirror.place),))
    dial(ours)
    book.run()
    invite = mirror.hears_request("INVITE")
    text = book.packets[-1].decode()
    mirror.say(ours, text.replace("Via:", "Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKm;rport\r\nVia:", 1))
    book.run(0.1)
    looped = mirror.hears_response("482 INVITE")
    assert looped.call_id == invite.call_id
    assert not [one for one in ours.news if isinstance(one, CallOffered)]
    mirror.reply(invite, 482)
    book.run()
    assert ours.take(CallEnded).detail.startswith("482")
    ours.hang_up(LegId("out"))
    over(book, ours)


def test_our_call_that_comes_back_for_one_of_our_numbers_is_a_call() -> None:
    """A proxy may lead a number we dial to ourselves: a spiral, no loop (RFC 3261 §6)."""
    book = Playbook()
    ours, proxy = book.agent("10.0.0.1"), book.peer("10.0.0.2")
    ours.configure(trunks=(Trunk(trunk=TrunkId("t"), target=proxy.place),))
    dial(ours)
    book.run()
    proxy.hears("INVITE")
    text = book.packets[-1].decode().replace("INVITE sip:10000@10.0.0.2:5060", "INVITE sip:10000@10.0.0.1")
    proxy.say(ours, text.replace("Via:", "Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKm;rport\r\nVia:", 1))
    book.run(0.1)
    proxy.hears("100 INVITE")
    assert ours.take(CallOffered).to_number == "10000"
