"""Laws of transfers: whatever peers and centre do, in any order, nothing stays and every transfer ends."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huawu.link.messages import LegId, TransferAsked, TransferProgressed, Trunk, TrunkId
from huawu.switch.sip.events import CallAnswered, CallConfirmed, CallEnded, CallOffered, Suspicion
from huawu.switch.sip.message import Request
from huawu.switch.sip.subscription import TransferState
from tests.switch.sip.playbook import Agent, Playbook, answer_to, lose_first, sdp_of
from tests.switch.sip.scenes import dial, over, two_agents
from tests.switch.sip.test_garbage import FLOW, mangled, unharmed
from tests.switch.sip.transfer_scenes import Talk, called, calls_in, house

DEEDS = (
    "refer", "refer attended", "refer silently", "refer badly", "bye", "subscribe", "unsubscribe",
    "notify 100", "notify 180", "notify 200", "notify 486", "notify nothing", "notify end",
    "tell trying", "tell ringing", "tell done", "tell failed",
    "we refer", "we refer attended", "we hang up", "we hang up the other", "answer 200", "answer 202",
    "answer 481", "answer 603", "wait", "wait long", "replace", "update of media",
)  # fmt: skip


def answer_all(talk: Talk, code: int) -> None:
    """The peer answers every request it heard and did not answer yet."""
    for message in list(talk.peer.heard):
        if isinstance(message, Request) and message.method != "ACK":
            talk.peer.reply(message, code)
    talk.peer.heard.clear()
    talk.book.run()


def act(deed: str, talk: Talk, other: Talk) -> None:
    ours, book, leg = talk.ours, talk.book, talk.leg
    to_other = f"<sip:1@10.0.0.1?Replaces={other.as_replaces.escaped}>"
    match deed.split():
        case ["refer"]:
            talk.say("REFER", "Refer-To: <sip:1002@10.0.0.1>")
        case ["refer", "attended"]:
            talk.say("REFER", f"Refer-To: {to_other}")
        case ["refer", "silently"]:
            talk.say("REFER", "Refer-To: <sip:1002@10.0.0.1>", "Refer-Sub: false")
        case ["refer", "badly"]:
            talk.say("REFER", "Refer-To: <sip:1@a?Replaces=x>")
        case ["bye"]:
            talk.say("BYE")
        case ["subscribe"]:
            talk.say("SUBSCRIBE", "Event: refer")
        case ["unsubscribe"]:
            talk.say("SUBSCRIBE", "Event: refer", "Expires: 0")
        case ["notify", "nothing"]:
            talk.notify("active")
        case ["notify", "end"]:
            talk.notify("terminated;reason=giveup")
        case ["notify", code]:
            talk.notify("terminated" if code == "486" else "active", f"{code} Whatever")
        case ["tell", state]:
            ours.do(ours.ua.tell_transfer(leg, state, "busy", book.now))  # type: ignore[arg-type]
        case ["we", "refer"]:
            refer(ours, leg, None, book)
        case ["we", "refer", "attended"]:
            refer(ours, leg, other.leg, book)
        case ["we", "hang", "up"]:
            ours.hang_up(leg)
        case ["we", "hang", "up", "the", "other"]:
            ours.hang_up(other.leg)
        case ["answer", code]:
            answer_all(talk, int(code))
        case ["wait"]:
            book.run(5)
        case ["wait", "long"]:
            book.run(100)
        case ["replace"]:
            talk.cseq += 1
            talk.peer.request(
                ours, "INVITE", "sip:10000@10.0.0.1", f"Replaces: {talk.as_replaces}",
                body=str(sdp_of(talk.peer)), from_="<sip:bob@huawu.test>;tag=r",
                call_id=f"r{talk.cseq}", branch=f"r{talk.cseq}",
            )  # fmt: skip
        case _:
            ours.do(ours.ua.offer(leg, sdp_of(ours), book.now))
    book.run()


def refer(ours: Agent, leg: LegId, replaces: LegId | None, book: Playbook) -> None:
    """As the core does it: one at a time, of calls that are answered."""
    if leg not in ours.ua._core.calls:
        return
    told = progress(ours)
    asked = getattr(ours, "asked", 0)
    if sum(one in ("done", "failed") for one in told) == asked:
        ours.asked = asked + 1  # type: ignore[attr-defined]
        ours.do(ours.ua.refer(leg, "1002", replaces, book.now))


def progress(ours: Agent) -> list[str]:
    return [one.state for one in ours.news if isinstance(one, TransferProgressed)]


@given(st.lists(st.sampled_from(DEEDS), max_size=14), st.booleans())
@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_is_left_and_every_transfer_ends_once(deeds: list[str], we_called: bool) -> None:
    book, ours, phone = house()
    other = calls_in(book, ours, phone, call_id="other")
    talk = called(book, ours, phone) if we_called else calls_in(book, ours, phone)
    for deed in deeds:
        act(deed, talk, other)
    for leg in list(ours.ua._core.calls):
        ours.hang_up(leg)
    book.run(300)
    assert ours.clean(), (ours.ua.leaks(), ours.timers)
    assert not [one for one in ours.news if isinstance(one, Suspicion)]
    told = progress(ours)
    assert sum(one in ("done", "failed") for one in told) == getattr(ours, "asked", 0)
    assert not told or told[-1] in ("done", "failed")
    ends = {one.leg: index for index, one in enumerate(ours.news) if isinstance(one, CallEnded)}
    for index, one in enumerate(ours.news):
        if isinstance(one, TransferAsked | TransferProgressed):
            assert index < ends[one.leg]


def sequences(told: list[str]) -> list[list[str]]:
    """The states of each transfer in turn."""
    found: list[list[str]] = [[]]
    for one in told:
        found[-1].append(one)
        if one in ("done", "failed"):
            found.append([])
    return found[:-1] if not found[-1] else found


@given(st.lists(st.sampled_from([deed for deed in DEEDS if "bye" not in deed]), max_size=14))
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_steps_are_told_once_and_in_order(deeds: list[str]) -> None:
    book, ours, phone = house()
    other, talk = calls_in(book, ours, phone, call_id="other"), called(book, ours, phone)
    for deed in deeds:
        act(deed, talk, other)
    order = ["accepted", "ringing", "done", "failed"]
    for sequence in sequences(progress(ours)):
        assert sequence == sorted(set(sequence), key=order.index)


IN_CALL = """\
{method} sip:huawu@10.0.0.1 SIP/2.0
Via: SIP/2.0/UDP 10.0.0.21:5060;branch=z9hG4bK{cseq};rport
From: {from_}
To: {to}
Call-ID: {call_id}
CSeq: {cseq} {method}
Contact: <sip:bob@10.0.0.21>
Refer-To: <sip:1002@10.0.0.1;user=phone?Replaces=c1%3Bto-tag%3D1%3Bfrom-tag%3D2&Require=replaces>
Referred-By: "Bob" <sip:bob@huawu.test>
Refer-Sub: true
Event: refer;id=3
Subscription-State: active;expires=60
Expires: 60
Content-Type: message/sipfrag;version=2.0

SIP/2.0 180 Ringing
"""


@given(st.data())
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_mangled_requests_about_transfers(data: st.DataObject) -> None:
    book, ours, phone = house()
    talk = called(book, ours, phone)
    refer(ours, talk.leg, None, book)
    for cseq in range(20, 20 + data.draw(st.integers(1, 4))):
        method = data.draw(st.sampled_from(["REFER", "REFER", "NOTIFY", "NOTIFY", "SUBSCRIBE"]))
        text = IN_CALL.format(
            method=method, cseq=cseq, from_=talk.local, to=talk.remote, call_id=talk.call_id
        )
        if data.draw(st.booleans()):
            text = text.replace("?Replaces=c1%3Bto-tag%3D1%3Bfrom-tag%3D2&Require=replaces", "")
        ours.deliver(data.draw(mangled(text)), FLOW)
        if data.draw(st.booleans()):
            ours.do(ours.ua.tell_transfer(talk.leg, "trying", "normal", book.now))
        book.run(0.2)
    for leg in list(ours.ua._core.calls):
        ours.hang_up(leg)
    book.run(300)
    unharmed(ours)
    assert ours.clean(), (ours.ua.leaks(), ours.timers)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize(
    "losses",
    [{}, {"REFER": 2}, {"_202_REFER": 1}, {"NOTIFY": 3}, {"_200_NOTIFY": 2}, {"_202_REFER": 2, "NOTIFY": 1}],
)
def test_both_ends_of_a_transfer_are_ours(transport: str, losses: dict[str, int]) -> None:
    book = Playbook(lose_first(**losses) if transport == "udp" else lambda name: False)
    alice, bob = two_agents(book, transport)
    bob.configure(trunks=(Trunk(trunk=TrunkId("alice"), target="10.0.0.1", sources=("10.0.0.1",)),))
    out = dial(alice)
    book.run()
    offered = bob.take(CallOffered)
    assert offered.offer is not None
    bob.answer(offered.leg, answer_to(bob, offered.offer))
    book.run()
    alice.take(CallAnswered)
    bob.take(CallConfirmed)
    alice.do(alice.ua.refer(out, "1003", None, book.now))
    book.run(3)
    assert bob.take(TransferAsked) == TransferAsked(leg=offered.leg, number="1003")
    states: tuple[TransferState, ...] = ("trying", "ringing", "done")
    for state in states:
        bob.do(bob.ua.tell_transfer(offered.leg, state, "normal", book.now))
        book.run(8)
    assert progress(alice) == ["accepted", "ringing", "done"]
    alice.hang_up(out)
    book.run()
    alice.news.clear()
    bob.news.clear()
    over(book, alice, bob)
