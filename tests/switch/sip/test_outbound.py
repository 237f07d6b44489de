"""Calls of ours to several phones, through trunks, over connections that break."""

from __future__ import annotations

import pytest

from huawu.link.messages import LegId, Trunk, TrunkId
from huawu.switch.sip import reception
from huawu.switch.sip.events import (
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallOffered,
    CallRinging,
    ContactsChanged,
    Flow,
    Suspicion,
)
from tests.switch.sip.playbook import (
    Agent,
    Peer,
    Playbook,
    answer_to,
    endpoint,
    sdp_of,
)
from tests.switch.sip.scenes import BOB, URI, connected, dial, over, register, two_agents


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
    broken = ours.take(CallEnded)
    assert (broken.reason, broken.detail) == ("failed", "no target of the trunk t is known yet")
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
    assert (ended.by, ended.reason) == ("switch", "failed")


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
    monkeypatch.setattr(reception, bound, 3)
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
