"""Calls from INVITE to BYE, as scripts in virtual time."""

from __future__ import annotations

import pytest

from huawu.link.messages import EndpointId, LegId, Trunk, TrunkId
from huawu.switch.sip import agent as agent_module
from huawu.switch.sip.events import (
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallOffered,
    CallRinging,
    ContactsChanged,
    DigitReceived,
    Flow,
    OfferAnswered,
    OfferReceived,
    Suspicion,
)
from huawu.switch.sip.message import Response
from tests.switch.sip.playbook import (
    Agent,
    Peer,
    Playbook,
    answer_to,
    credentials,
    endpoint,
    lose_first,
    sdp_of,
)

BOB = EndpointId("e-bob")
URI = "sip:10000@10.0.0.1"


def two_agents(book: Playbook, transport: str = "udp") -> tuple[Agent, Agent]:
    """Alice calls Bob through a trunk; Bob's number 10000 is public."""
    alice, bob = book.agent("10.0.0.1"), book.agent("10.0.0.2")
    trunk = Trunk(
        trunk=TrunkId("t"), target="10.0.0.2:5060", transport="tcp" if transport == "tcp" else "udp"
    )
    alice.configure(trunks=(trunk,))
    bob.configure()
    return alice, bob


def dial(alice: Agent, number: str = "10000", ring_ms: int = 30_000) -> LegId:
    return alice.call("out", trunk=TrunkId("t"), number=number, caller_number="13800000000", ring_ms=ring_ms)


def connected(book: Playbook, transport: str = "udp") -> tuple[Agent, LegId, Agent, LegId]:
    alice, bob = two_agents(book, transport)
    out = dial(alice)
    book.run()
    offered = bob.take(CallOffered)
    assert offered.offer is not None
    bob.answer(offered.leg, answer_to(bob, offered.offer))
    book.run(10)
    alice.take(CallAnswered)
    bob.take(CallConfirmed)
    alice.news.clear()
    return alice, out, bob, offered.leg


def over(book: Playbook, *agents: Agent) -> None:
    """After all timers nothing may be left."""
    book.run(200)
    for agent in agents:
        assert agent.clean(), (agent.ua.leaks(), agent.timers)
        assert not agent.news, agent.news


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
    {"_100_INVITE": 5},
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
    alice, _ = two_agents(book)
    out = dial(alice, ring_ms=60_000)
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


# ── with a scripted peer ──────────────────────────────────────────────────────────────────────────


def stage(*, lines: tuple[str, ...] = (), body: str | None = None) -> tuple[Playbook, Agent, Peer]:
    """A stranger has called 10000."""
    book = Playbook()
    ours, peer = book.agent(), book.peer()
    ours.configure(endpoint("bob"))
    peer.request(ours, "INVITE", URI, *lines, body=str(sdp_of(peer)) if body is None else body)
    book.run()
    peer.hears("100 INVITE")
    return book, ours, peer


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


def talk(book: Playbook, ours: Agent, peer: Peer) -> tuple[LegId, str]:
    leg = ours.offered()
    ours.answer(leg, sdp_of(ours))
    book.run()
    ok = peer.hears_response("200 INVITE")
    to = ok.first("to")
    peer.request(ours, "ACK", "sip:x@10.0.0.1", to_=to, branch="ack")
    book.run()
    ours.take(CallConfirmed)
    return leg, to


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


# ── several phones ────────────────────────────────────────────────────────────────────────────────


def register(book: Playbook, ours: Agent, phone: Peer, user: str = "bob", cseq: int = 1) -> Response:
    uri = "sip:huawu.test"
    who = f"<sip:{user}@huawu.test>"
    call_id = f"reg-{phone.place}"
    phone.request(
        ours, "REGISTER", uri, from_=f"{who};tag=r", to_=who, cseq=str(cseq), call_id=call_id,
        branch=f"r{cseq}{phone.port}",
    )  # fmt: skip
    book.run()
    challenge = phone.hears_response("401 REGISTER")
    phone.request(
        ours, "REGISTER", uri, credentials(challenge, "REGISTER", uri, user),
        from_=f"{who};tag=r", to_=who, cseq=str(cseq + 1), call_id=call_id, branch=f"r{cseq + 1}{phone.port}",
    )  # fmt: skip
    book.run()
    return phone.hears_response("200 REGISTER")


def three_phones() -> tuple[Playbook, Agent, list[Peer]]:
    book = Playbook()
    ours = book.agent()
    ours.configure(endpoint("bob"))
    phones = [book.peer(f"10.0.0.{number}") for number in (21, 22, 23)]
    for number, phone in enumerate(phones):
        register(book, ours, phone)
        assert ours.take(ContactsChanged).contacts == number + 1
    ours.call("out", endpoint=BOB)
    book.run()
    return book, ours, phones


def test_first_phone_to_answer_wins() -> None:
    book, ours, phones = three_phones()
    invites = [phone.hears_request("INVITE") for phone in phones]
    phones[0].reply(invites[0], 180)
    phones[1].reply(invites[1], 180)
    book.run()
    ours.take(CallRinging)
    phones[1].reply(invites[1], 200, body=str(sdp_of(phones[1])))
    book.run()
    ours.take(CallAnswered)
    phones[1].hears("ACK")
    cancel = phones[0].hears_request("CANCEL")
    assert "completed elsewhere" in cancel.first("reason")
    assert not phones[2].heard  # it has said nothing yet
    phones[0].reply(cancel, 200)
    phones[0].reply(invites[0], 487)
    phones[2].reply(invites[2], 200, body=str(sdp_of(phones[2])))  # too late
    book.run()
    phones[2].hears("ACK")
    phones[2].reply(phones[2].hears_request("BYE"), 200)
    ours.hang_up(LegId("out"))
    book.run()
    phones[1].reply(phones[1].hears_request("BYE"), 200)
    ours.take(CallEnded)
    over(book, ours)


def test_all_phones_refuse() -> None:
    book, ours, phones = three_phones()
    for phone, code in zip(phones, (480, 486, 404), strict=True):
        phone.reply(phone.hears_request("INVITE"), code)
        book.run()
        phone.hears("ACK")
    ended = ours.take(CallEnded)
    assert (ended.by, ended.reason) == ("peer", "busy")
    over(book, ours)


def test_one_decline_for_all() -> None:
    book, ours, phones = three_phones()
    invites = [phone.hears_request("INVITE") for phone in phones]
    phones[0].reply(invites[0], 180)
    book.run()
    phones[1].reply(invites[1], 603)
    book.run()
    assert ours.take(CallEnded).reason == "declined"
    phones[0].hears("CANCEL")


def test_forking_on_the_way_keeps_the_first_answer() -> None:
    book = Playbook()
    alice, peer = book.agent(), book.peer("10.0.0.2")
    alice.configure(trunks=(Trunk(trunk=TrunkId("t"), target="10.0.0.2"),))
    dial(alice)
    book.run()
    invite = peer.hears_request("INVITE")
    peer.reply(invite, 200, tag="one", body=str(sdp_of(peer)))
    peer.reply(invite, 200, tag="two", body=str(sdp_of(peer)))
    peer.reply(invite, 200, tag="one", body=str(sdp_of(peer)))  # repeated: its ACK was lost
    book.run()
    assert peer.titles() == ["ACK", "ACK", "BYE", "ACK"]
    assert [one.to_tag for one in peer.heard] == ["one", "two", "two", "one"]
    alice.take(CallAnswered)


def test_answer_without_sdp_is_hung_up() -> None:
    book = Playbook()
    alice, peer = book.agent(), book.peer("10.0.0.2")
    alice.configure(trunks=(Trunk(trunk=TrunkId("t"), target="10.0.0.2"),))
    dial(alice)
    book.run()
    peer.reply(peer.hears_request("INVITE"), 200)
    book.run()
    assert peer.titles() == ["ACK", "BYE"]
    assert alice.take(CallEnded).reason == "incompatible"
    peer.reply(peer.heard[1], 200)  # type: ignore[arg-type]
    over(book, alice)


@pytest.mark.parametrize("code", [401, 407])
def test_trunk_with_a_password(code: int) -> None:
    book = Playbook()
    alice, peer = book.agent(), book.peer("10.0.0.2")
    trunk = Trunk(trunk=TrunkId("t"), target="10.0.0.2", user="huawu", password="pw")
    alice.configure(trunks=(trunk,))
    dial(alice)
    book.run()
    header = "WWW-Authenticate" if code == 401 else "Proxy-Authenticate"
    challenge = f'{header}: Digest realm="carrier", nonce="n", qop="auth,auth-int", algorithm=SHA-256'
    first = peer.hears_request("INVITE")
    peer.reply(first, code, challenge)
    book.run()
    peer.hears("ACK")
    second = peer.hears_request("INVITE")
    assert (second.call_id, second.from_tag, second.cseq) == (first.call_id, first.from_tag, first.cseq + 1)
    key = "authorization" if code == 401 else "proxy-authorization"
    assert 'username="huawu"' in second.first(key)
    peer.reply(second, code, challenge)  # wrong password: no third try
    book.run()
    peer.hears("ACK")
    assert not peer.heard
    assert alice.take(CallEnded).reason == "forbidden"
    over(book, alice)


def test_nowhere_to_call() -> None:
    book = Playbook()
    ours = book.agent()
    ours.configure(endpoint("bob"), trunks=(Trunk(trunk=TrunkId("t"), target="sip.carrier.example"),))
    ours.call("a", endpoint=BOB)
    assert ours.take(CallEnded).reason == "unavailable"
    ours.call("b", trunk=TrunkId("t"), number="1")
    assert "host name" in ours.take(CallEnded).detail
    ours.call("c", trunk=TrunkId("gone"), number="1")
    assert ours.take(CallEnded).detail == "no such trunk"
    over(book, ours)


def test_connection_that_cannot_be_opened() -> None:
    book = Playbook()
    alice, bob = two_agents(book, "tcp")
    dial(alice)
    flow = Flow(transport="tcp", host=bob.host, port=bob.port)
    alice.do(alice.ua.connection_lost(flow, book.now))
    ended = alice.take(CallEnded)
    assert (ended.by, ended.reason) == ("switch", "unavailable")


def test_caller_whose_connection_breaks_is_gone() -> None:
    book = Playbook()
    alice, bob = two_agents(book, "tcp")
    dial(alice)
    book.run()
    offered = bob.take(CallOffered)
    bob.do(bob.ua.connection_lost(offered.flow, book.now))
    assert bob.take(CallEnded).reason == "failed"
    book.run(60)
    assert bob.clean()


def test_call_over_ipv6() -> None:
    book = Playbook()
    alice, bob = book.agent("2001:db8::1"), book.agent("2001:db8::2")
    alice.configure(trunks=(Trunk(trunk=TrunkId("t"), target="[2001:db8::2]:5060"),))
    bob.configure()
    out = dial(alice)
    book.run()
    offered = bob.take(CallOffered)
    assert offered.offer is not None
    bob.answer(offered.leg, answer_to(bob, offered.offer))
    book.run()
    alice.take(CallAnswered)
    bob.take(CallConfirmed)
    bob.hang_up(offered.leg)
    book.run()
    assert alice.take(CallEnded).leg == out
    bob.take(CallEnded)
    assert b"Via: SIP/2.0/UDP [2001:db8::2]:5060" in book.packets[-1]
    over(book, alice, bob)


@pytest.mark.parametrize("bound", ["MAX_CALLS", "MAX_TRANSACTIONS"])
def test_floods_are_refused_without_memory(monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    monkeypatch.setattr(agent_module, bound, 3)
    book = Playbook()
    ours, peer = book.agent(), book.peer()
    ours.configure()
    for number in range(6):
        peer.request(ours, "INVITE", URI, branch=f"f{number}", call_id=f"f{number}", body=str(sdp_of(peer)))
    book.run()
    assert peer.titles().count("503 INVITE") == 3
    assert len([one for one in ours.news if isinstance(one, CallOffered)]) == 3
    assert [one.kind for one in ours.news if isinstance(one, Suspicion)] == ["flood"] * 3


def test_call_outlives_its_tcp_connection() -> None:
    book = Playbook()
    alice, out, bob, _ = connected(book, "tcp")
    book.run(40)
    lost = next(iter(bob.ua._core.dialogs.values()))._dialog.flow  # type: ignore[attr-defined]
    bob.do(bob.ua.connection_lost(lost, book.now))
    assert not bob.news
    alice.hang_up(out)
    book.run()
    alice.take(CallEnded)
    bob.take(CallEnded)
    over(book, alice, bob)


def test_strangers_are_logged_when_they_insist() -> None:
    book = Playbook()
    ours, peer = book.agent(), book.peer()
    ours.configure(endpoint("bob"))
    for number in range(4):
        peer.request(ours, "INVITE", "sip:900441@10.0.0.1", call_id=f"x{number}", branch=f"x{number}")
    book.run()
    assert peer.titles() == ["401 INVITE"] * 4
    assert [one.kind for one in ours.news if isinstance(one, Suspicion)] == ["forbidden_number"] * 2
    assert ours.clean()
