"""Calls from INVITE to BYE between two user agents, as scripts in virtual time."""

from __future__ import annotations

import pytest

from huawu.link.messages import Trunk, TrunkId
from huawu.switch.sip.events import (
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallOffered,
    CallRinging,
    OfferAnswered,
    OfferReceived,
)
from tests.switch.sip.playbook import (
    Playbook,
    answer_to,
    endpoint,
    lose_first,
    sdp_of,
)
from tests.switch.sip.scenes import connected, dial, over, two_agents


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_call_rings_is_answered_and_hung_up(transport: str) -> None:
    book = Playbook()
    alice, bob = two_agents(book, transport)
    out = dial(alice)
    book.run()
    offered = bob.take(CallOffered)
    assert (offered.from_number, offered.to_number) == ("13800000000", "10000")
    bob.ring(offered.leg)
    book.run()
    assert alice.take(CallRinging).leg == out
    assert offered.offer is not None
    bob.answer(offered.leg, answer_to(bob, offered.offer))
    book.run()
    assert alice.take(CallAnswered).leg == out
    assert bob.take(CallConfirmed).leg == offered.leg
    alice.hang_up(out)
    book.run()
    assert (alice.take(CallEnded).by, bob.take(CallEnded).by) == ("centre", "peer")
    said = [name for _, name in book.said]
    assert said == [
        "INVITE", "100 INVITE", "180 INVITE", "200 INVITE", "ACK", "BYE", "200 BYE",
    ]  # fmt: skip
    assert alice.ua.hang_up(out, "normal", book.now) == []
    over(book, alice, bob)


LOSSES = [
    {"INVITE": 3},
    {"_100_INVITE": 3},
    {"_200_INVITE": 3},
    {"ACK": 2},
    {"BYE": 4},
    {"_200_BYE": 2},
    {"INVITE": 1, "_200_INVITE": 1, "ACK": 1, "BYE": 1, "_200_BYE": 1},
]


@pytest.mark.parametrize("losses", LOSSES, ids=str)
def test_call_survives_losses(losses: dict[str, int]) -> None:
    book = Playbook(lose_first(**losses))
    alice, bob = two_agents(book)
    out = dial(alice)
    book.run(8)
    offered = bob.take(CallOffered)
    assert offered.offer is not None
    bob.answer(offered.leg, answer_to(bob, offered.offer))
    book.run(20)
    alice.take(CallAnswered)
    bob.take(CallConfirmed)
    bob.hang_up(offered.leg)
    book.run(20)
    assert alice.take(CallEnded).leg == out
    bob.take(CallEnded)
    over(book, alice, bob)


def test_nobody_there_fails_after_timer_b() -> None:
    book = Playbook(lambda name: True)
    alice = book.agent()
    alice.configure(endpoint("bob", contact="10.0.0.2:5060"))
    alice.news.clear()
    out = alice.call("out", endpoint="e-bob", ring_ms=60_000)
    book.run(31.9)
    assert not alice.news
    book.run(0.2)
    ended = alice.take(CallEnded)
    assert (ended.leg, ended.by, ended.reason) == (out, "switch", "failed")
    assert [name for _, name in book.said] == ["INVITE"] * 7
    over(book, alice)


def test_unanswered_call_is_cancelled_by_the_ring_timer() -> None:
    book = Playbook()
    alice, bob = two_agents(book)
    dial(alice, ring_ms=5_000)
    book.run(1)
    bob.ring(bob.offered())
    book.run(5)
    alice.take(CallRinging)
    assert alice.take(CallEnded).reason == "no_answer"
    assert bob.take(CallEnded).reason == "cancelled"
    over(book, alice, bob)


@pytest.mark.parametrize(
    ("reason", "code", "heard"),
    [
        ("busy", 486, "busy"),
        ("declined", 603, "declined"),
        ("not_found", 404, "not_found"),
        ("forbidden", 403, "forbidden"),
        ("no_answer", 480, "unavailable"),
        ("unavailable", 480, "unavailable"),
        ("incompatible", 488, "incompatible"),
        ("congestion", 503, "congestion"),
        ("failed", 500, "failed"),
    ],
)
def test_refusal_tells_why(reason: str, code: int, heard: str) -> None:
    book = Playbook()
    alice, bob = two_agents(book)
    dial(alice)
    book.run()
    bob.do(bob.ua.reject(bob.offered(), reason, book.now))  # type: ignore[arg-type]
    book.run()
    assert f"{code} INVITE" in [name for _, name in book.said]
    ended = alice.take(CallEnded)
    assert (ended.by, ended.reason) == ("peer", heard)
    assert bob.take(CallEnded).by == "centre"
    over(book, alice, bob)


def test_hang_up_while_ringing_cancels() -> None:
    book = Playbook()
    alice, bob = two_agents(book)
    out = dial(alice)
    book.run()
    bob.ring(bob.offered())
    book.run()
    alice.hang_up(out)
    book.run()
    said = [name for _, name in book.said]
    assert said[3:] == ["CANCEL", "200 CANCEL", "487 INVITE", "ACK"]
    alice.take(CallRinging)
    alice.take(CallEnded)
    assert (ended := bob.take(CallEnded)).by == "peer"
    assert ended.reason == "cancelled"
    over(book, alice, bob)


def test_cancel_waits_for_a_provisional_answer() -> None:
    book = Playbook()
    alice, peer = book.agent(), book.peer("10.0.0.2")
    alice.configure(trunks=(Trunk(trunk=TrunkId("t"), target="10.0.0.2"),))
    out = dial(alice)
    book.run()
    invite = peer.hears_request("INVITE")
    alice.hang_up(out)
    book.run(0.2)
    assert not peer.heard
    peer.reply(invite, 180)
    book.run()
    cancel = peer.hears_request("CANCEL")
    assert cancel.via.branch == invite.via.branch
    peer.reply(cancel, 200)
    peer.reply(invite, 487)
    book.run()
    assert peer.hears_request("ACK").via.branch == invite.via.branch
    alice.take(CallEnded)
    over(book, alice)


def test_answer_that_crosses_the_cancel_is_acknowledged_and_hung_up() -> None:
    book = Playbook()
    alice, bob = two_agents(book)
    out = dial(alice)
    book.run()
    offered = bob.take(CallOffered)
    assert offered.offer is not None
    bob.answer(offered.leg, answer_to(bob, offered.offer))
    alice.hang_up(out)
    book.run()
    assert [name for _, name in book.said][2:] == [
        "200 INVITE", "CANCEL", "ACK", "BYE", "200 CANCEL", "200 BYE",
    ]  # fmt: skip
    assert alice.take(CallEnded).by == "centre"
    bob.take(CallConfirmed)
    assert bob.take(CallEnded).by == "peer"
    over(book, alice, bob)


def test_lost_ack_ends_the_call_after_64_t1() -> None:
    book = Playbook(lambda name: name == "ACK")
    alice, bob = two_agents(book)
    dial(alice)
    book.run()
    offered = bob.take(CallOffered)
    assert offered.offer is not None
    bob.answer(offered.leg, answer_to(bob, offered.offer))
    book.run(31)
    assert not bob.news
    book.run(2)
    ended = bob.take(CallEnded)
    assert (ended.by, ended.reason) == ("switch", "failed")
    alice.take(CallAnswered)
    assert alice.take(CallEnded).by == "peer"
    over(book, alice, bob)


def test_bye_waits_for_the_ack() -> None:
    book = Playbook(lose_first(ACK=1))
    alice, bob = two_agents(book)
    dial(alice)
    book.run()
    offered = bob.take(CallOffered)
    assert offered.offer is not None
    bob.answer(offered.leg, answer_to(bob, offered.offer))
    book.run(0.1)
    bob.hang_up(offered.leg)
    bob.take(CallEnded)
    assert "BYE" not in [name for _, name in book.said]
    book.run(2)
    assert [name for _, name in book.said][-4:] == ["200 INVITE", "ACK", "BYE", "200 BYE"]
    alice.take(CallAnswered)
    alice.take(CallEnded)
    over(book, alice, bob)


def test_both_hang_up_at_once() -> None:
    book = Playbook()
    alice, out, bob, leg = connected(book)
    alice.hang_up(out)
    bob.hang_up(leg)
    book.run()
    assert [name for _, name in book.said][-2:] == ["200 BYE", "200 BYE"]
    alice.take(CallEnded)
    bob.take(CallEnded)
    over(book, alice, bob)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_reinvite_both_ways(transport: str) -> None:
    book = Playbook()
    alice, out, bob, leg = connected(book, transport)
    alice.do(alice.ua.offer(out, sdp_of(alice), book.now))
    book.run()
    offer = bob.take(OfferReceived).offer
    assert offer is not None
    bob.do(bob.ua.answer_offer(leg, answer_to(bob, offer), book.now))
    book.run()
    assert alice.take(OfferAnswered).answer is not None
    bob.do(bob.ua.offer(leg, sdp_of(bob), book.now))
    book.run()
    alice.take(OfferReceived)
    alice.do(alice.ua.refuse_offer(out, book.now))
    book.run()
    assert bob.take(OfferAnswered).answer is None
    alice.hang_up(out)
    book.run()
    alice.take(CallEnded)
    bob.take(CallEnded)
    over(book, alice, bob)


def test_glare_is_resolved() -> None:
    book = Playbook()
    alice, out, bob, leg = connected(book)
    alice.do(alice.ua.offer(out, sdp_of(alice), book.now))
    bob.do(bob.ua.offer(leg, sdp_of(bob), book.now))
    book.run(0.03)
    said = [name for _, name in book.said]
    assert (said.count("491 INVITE"), said[-2:]) == (2, ["ACK", "ACK"])
    for _ in range(50):
        book.run(0.1)
        for agent, one in ((alice, out), (bob, leg)):
            for news in [news for news in agent.news if isinstance(news, OfferReceived)]:
                assert news.offer is not None
                agent.news.remove(news)
                agent.do(agent.ua.answer_offer(one, answer_to(agent, news.offer), book.now))
    assert alice.take(OfferAnswered).answer is not None
    assert bob.take(OfferAnswered).answer is not None
    alice.hang_up(out)
    book.run()
    alice.news.clear()
    bob.news.clear()
    over(book, alice, bob)


def test_reinvite_without_answer_ends_the_call() -> None:
    book = Playbook()
    alice, out, bob, _ = connected(book)
    book.lose = lambda name: True
    alice.do(alice.ua.offer(out, sdp_of(alice), book.now))
    book.run(33)
    ended = alice.take(CallEnded)
    assert (ended.by, ended.reason) == ("switch", "failed")
    book.lose = lambda name: False
    book.run(2)
    assert bob.take(CallEnded).by == "peer"
    over(book, alice, bob)


@pytest.mark.parametrize(
    ("users", "caller", "who"),
    [(500, "u77", "e-u77"), (500, "nobody", None), (1, "nobody", "e-u0"), (1, "u0", "e-u0")],
)
def test_of_many_phones_behind_one_source_the_one_that_says_its_name_calls(
    users: int, caller: str, who: str | None
) -> None:
    """A gateway at one address: a single phone there is known by that alone, others by the From."""
    book = Playbook()
    ours, peer = book.agent(), book.peer()
    ours.configure(*[endpoint(f"u{n}", contact=peer.place) for n in range(users)], public=())
    from_ = f"<sip:{caller}@huawu.test>;tag=x"
    peer.request(ours, "INVITE", "sip:8001@10.0.0.1", from_=from_, body=str(sdp_of(peer)))
    book.run()
    if who is None:
        peer.hears("401 INVITE")
    else:
        peer.hears("100 INVITE")
        assert ours.take(CallOffered).endpoint == who
