"""Laws of transfers: whatever peers and centre do, in any order, nothing stays and every transfer ends."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huawu.link.messages import LegId, TransferAsked, TransferProgressed
from huawu.switch.sip.events import CallEnded, Suspicion
from huawu.switch.sip.message import Request
from tests.switch.sip.playbook import Agent, Playbook, sdp_of
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
