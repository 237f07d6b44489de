"""Redirections (RFC 3261 §8.1.3.4): followed within a trunk for the same number, refused otherwise."""

from __future__ import annotations

import pytest

from huawu.link.messages import LegId, Trunk, TrunkId
from huawu.switch.sip.events import CallAnswered, CallEnded
from huawu.switch.sip.message import Request
from tests.switch.sip.playbook import Agent, Peer, Playbook, endpoint, sdp_of
from tests.switch.sip.scenes import dial, over, register

OUT = LegId("out")


def called(book: Playbook) -> tuple[Agent, Peer, Request]:
    """A call for 10000 at a trunk whose gateways are 10.0.0.2 and 10.0.1.0/24."""
    ours, peer = book.agent("10.0.0.1"), book.peer("10.0.0.2")
    trunk = Trunk(trunk=TrunkId("t"), target=peer.place, sources=("10.0.1.0/24",))
    ours.configure(trunks=(trunk,))
    dial(ours)
    book.run()
    return ours, peer, peer.hears_request("INVITE")


def test_another_gateway_of_the_trunk_is_called_best_first() -> None:
    book = Playbook()
    ours, peer, invite = called(book)
    good, better = book.peer("10.0.1.1"), book.peer("10.0.1.2", 5070)
    peer.reply(
        invite, 302, "Contact: <sip:10000@10.0.1.1>;q=0.2, <sip:10000@10.0.1.2:5070>;q=0.9"
    )  # fmt: skip
    book.run()
    peer.hears("ACK")
    assert not good.heard
    second = better.hears_request("INVITE")
    assert (second.uri, second.call_id, second.cseq) == ("sip:10000@10.0.1.2:5070", invite.call_id, 2)
    assert second.from_tag == invite.from_tag
    better.reply(second, 503)
    book.run()
    third = good.hears_request("INVITE")
    good.reply(third, 200, body=str(sdp_of(good)))
    book.run()
    good.hears("ACK")
    ours.take(CallAnswered)
    ours.hang_up(OUT)
    book.run()
    good.reply(good.hears_request("BYE"), 200)
    ours.take(CallEnded)
    over(book, ours)


@pytest.mark.parametrize(
    "contact",
    [
        "<sip:00882123456@10.0.0.2>",  # another number at the same trunk: somebody would pay
        "<sip:10000@203.0.113.9>",  # another domain
        "<sip:10000@premium.example.com>",
        "<tel:+88212345>",
        "<sip:10000%40premium@203.0.113.9>",
        "<https://example.com/>",
        "<sip:10000@10.0.0.2:5060>",  # the very one that redirects: a loop
        "",
        "nonsense<<<",
        "*",
    ],
)
@pytest.mark.parametrize("code", [300, 301, 302])
def test_what_leads_elsewhere_is_a_refusal(contact: str, code: int) -> None:
    book = Playbook()
    ours, peer, invite = called(book)
    stranger = book.peer("203.0.113.9")
    peer.reply(invite, code, *([f"Contact: {contact}"] if contact else []))
    book.run(1)
    peer.hears("ACK")
    assert not peer.heard
    assert not stranger.heard
    ended = ours.take(CallEnded)
    assert (ended.by, ended.reason) == ("peer", "unavailable")
    assert ended.detail.startswith(f"{code} ")
    assert "redirection" in ended.detail
    over(book, ours)


@pytest.mark.parametrize("code", [305, 380])
def test_other_redirections_are_refusals(code: int) -> None:
    book = Playbook()
    ours, peer, invite = called(book)
    peer.reply(invite, code, "Contact: <sip:10000@10.0.1.1>")
    book.run()
    assert "is not followed" in ours.take(CallEnded).detail


def test_redirections_in_a_circle_end() -> None:
    book = Playbook()
    ours, peer, invite = called(book)
    other = book.peer("10.0.1.1")
    peer.reply(invite, 302, "Contact: <sip:10000@10.0.1.1>")
    book.run()
    other.reply(other.hears_request("INVITE"), 302, "Contact: <sip:10000@10.0.0.2:5060>")
    book.run(1)
    assert ours.take(CallEnded).reason == "unavailable"
    assert peer.titles() == ["ACK"]
    over(book, ours)


def test_redirections_without_an_end_stop_after_a_few() -> None:
    book = Playbook()
    ours, peer, request = called(book)
    gateways = [book.peer(f"10.0.1.{number}") for number in range(1, 20)]
    here, asked = peer, 0
    for gateway in gateways:
        here.reply(request, 302, f"Contact: <sip:10000@{gateway.host}>")
        book.run()
        if not gateway.heard:
            break
        request, here = gateway.hears_request("INVITE"), gateway
        asked += 1
    assert asked == 5
    ours.take(CallEnded)
    over(book, ours)


def test_phone_is_never_followed_and_the_refusal_names_where_it_points() -> None:
    book = Playbook()
    ours, phone = book.agent(), book.peer("10.0.0.3")
    victim = book.peer("10.0.0.5")
    ours.configure(endpoint("bob"))
    register(book, ours, phone)
    ours.news.clear()
    ours.call("out", endpoint="e-bob")
    book.run()
    phone.reply(phone.hears_request("INVITE"), 302, "Contact: <sip:00882123456@10.0.0.5>")
    book.run(1)
    ended = ours.take(CallEnded)
    assert ended.reason == "unavailable"
    assert ended.detail == "302 Whatever: redirection to 00882123456 is not followed"
    assert not victim.heard


def test_redirection_that_crosses_our_cancel_is_not_followed() -> None:
    book = Playbook()
    ours, peer, invite = called(book)
    other = book.peer("10.0.1.1")
    peer.reply(invite, 100)
    book.run()
    ours.hang_up(OUT)
    peer.reply(invite, 302, "Contact: <sip:10000@10.0.1.1>")
    book.run(1)
    assert not other.heard
    peer.hears("CANCEL")
    peer.reply(invite, 302)
    ours.take(CallEnded)
    over(book, ours)
