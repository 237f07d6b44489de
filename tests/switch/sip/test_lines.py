"""A trunk's targets: one after the other, resting when they fail, found by name without a call waiting."""

from __future__ import annotations

from collections import Counter

from huawu.link.messages import Trunk, TrunkId
from huawu.switch.sip.events import Address, CallAnswered, CallEnded, CallOffered, Found, Place, TrunkReach
from huawu.switch.sip.message import Request
from tests.switch.sip.playbook import Agent, Peer, Playbook, answer_to, sdp_of

TRUNK = TrunkId("city")


def trunk(*targets: str, sources: tuple[str, ...] = ()) -> Trunk:
    return Trunk(trunk=TRUNK, target=targets[0], targets=targets[1:], sources=sources)


def house(book: Playbook, *targets: str, sources: tuple[str, ...] = ()) -> Agent:
    ours = book.agent()
    ours.configure(trunks=(trunk(*targets, sources=sources),), public=())
    book.run(0.1)
    return ours


def answers(book: Playbook, carrier: Peer) -> Request:
    """The carrier takes the call that it hears."""
    invite = carrier.hears_request("INVITE")
    carrier.reply(invite, 200, body=str(sdp_of(carrier)))
    book.run()
    carrier.hears("ACK")
    return invite


def refuses(book: Playbook, carrier: Peer, code: int, *lines: str) -> None:
    carrier.reply(carrier.hears_request("INVITE"), code, *lines)
    book.run()
    carrier.hears("ACK")


def reach(ours: Agent) -> list[bool]:
    return [one.up for one in ours.news if isinstance(one, TrunkReach)]


def found(*addresses: Address, ttl_s: float = 60, trouble: str = "") -> Found:
    return Found(place=Place(name="", transport="udp"), addresses=addresses, ttl_s=ttl_s, trouble=trouble)


def test_the_next_target_is_called_when_the_first_says_nothing_for_a_few_seconds() -> None:
    book = Playbook()
    second = book.peer("10.0.0.3")
    ours = house(book, "10.0.0.2", "10.0.0.3")
    leg = ours.call("a", trunk=TRUNK, number="10086")
    book.run(3.9)
    assert second.heard == []
    book.run(0.3)
    answers(book, second)
    assert ours.take(CallAnswered).leg == leg


def test_a_late_word_of_the_one_given_up_is_cancelled_or_hung_up() -> None:
    book = Playbook()
    slow, second = book.peer("10.0.0.2"), book.peer("10.0.0.3")
    ours = house(book, "10.0.0.2", "10.0.0.3")
    ours.call("a", trunk=TRUNK, number="10086")
    book.run(4.2)
    answers(book, second)
    late = slow.hears_request("INVITE")
    slow.heard.clear()
    slow.reply(late, 200, body=str(sdp_of(slow)))
    book.run()
    assert [one for one in slow.titles() if one in ("ACK", "BYE", "CANCEL")] == ["ACK", "BYE"]
    assert not [one for one in ours.news if isinstance(one, CallEnded)]


def test_503_and_408_lead_to_the_next_and_what_the_callee_says_does_not() -> None:
    book = Playbook()
    first, second, third = (book.peer(f"10.0.0.{n}") for n in (2, 3, 4))
    ours = house(book, *(one.place for one in (first, second, third)))
    ours.call("a", trunk=TRUNK, number="10086")
    book.run()
    refuses(book, first, 503)
    refuses(book, second, 408)
    refuses(book, third, 486)
    ended = ours.take(CallEnded)
    assert (ended.reason, ended.by) == ("busy", "peer")


def test_a_target_that_failed_rests_as_long_as_it_says_and_is_asked_before_it_is_used_again() -> None:
    book = Playbook()
    first, second = book.peer("10.0.0.2"), book.peer("10.0.0.3")
    ours = house(book, first.place, second.place)
    ours.call("a", trunk=TRUNK, number="1")
    book.run()
    refuses(book, first, 503, "Retry-After: 20 (too busy);duration=60")
    answers(book, second)
    ours.call("b", trunk=TRUNK, number="1")
    book.run()
    answers(book, second)
    book.run(15)
    assert first.heard == []
    book.run(6)
    options = first.hears_request("OPTIONS")
    first.heard.clear()
    first.reply(options, 503)
    book.run(6)
    first.reply(first.hears_request("OPTIONS"), 405)  # alive, whatever it thinks of OPTIONS
    book.run()
    first.heard.clear()
    ours.call("c", trunk=TRUNK, number="1")
    book.run()
    answers(book, first)
    assert reach(ours) == []


def test_a_trunk_without_any_target_left_says_why_at_once_and_when_it_is_back() -> None:
    book = Playbook()
    only = book.peer("10.0.0.2")
    ours = house(book, only.place)
    ours.call("a", trunk=TRUNK, number="1")
    book.run()
    refuses(book, only, 503)
    ours.take(CallEnded)
    ours.call("b", trunk=TRUNK, number="1")
    ended = ours.take(CallEnded)
    assert (ended.by, ended.reason, ended.detail) == ("switch", "failed", "10.0.0.2:5060: 503 Whatever")
    assert reach(ours) == [False]
    ours.call("help", trunk=TRUNK, number="110", emergency=True)
    book.run()
    invite = only.hears_request("INVITE")
    assert invite.first("priority") == "emergency"
    only.reply(invite, 200, body=str(sdp_of(only)))
    book.run()
    assert reach(ours) == [False, True]


def test_a_name_leads_by_srv_priority_and_weight_and_stands_in_the_request() -> None:
    book = Playbook()
    carriers = {host: book.peer(host) for host in ("10.0.1.1", "10.0.1.2", "10.0.1.3")}
    weights = {"10.0.1.1": (10, 30), "10.0.1.2": (10, 10), "10.0.1.3": (20, 99)}
    book.names["carrier.test"] = found(
        *(Address(host=host, port=5060, priority=p, weight=w) for host, (p, w) in weights.items())
    )
    ours = house(book, "carrier.test")
    count: Counter[str] = Counter()
    for n in range(200):
        leg = ours.call(f"c{n}", trunk=TRUNK, number="10086")
        book.run()
        for host, carrier in carriers.items():
            if carrier.heard:
                count[host] += 1
                invite = carrier.hears_request("INVITE")
                assert invite.uri == "sip:10086@carrier.test"
                carrier.reply(invite, 486)
        book.run()
        for carrier in carriers.values():
            carrier.heard.clear()
        assert leg
    assert count["10.0.1.3"] == 0
    assert 120 <= count["10.0.1.1"] <= 180  # three of four


def test_no_call_waits_for_dns_and_a_name_that_is_lost_keeps_its_last_addresses() -> None:
    book = Playbook()
    carrier = book.peer("10.0.0.2")
    book.names["carrier.test"] = found(Address(host="10.0.0.2", port=5060), ttl_s=60)
    ours = house(book, "carrier.test")
    book.names["carrier.test"] = found(trouble="the name server did not answer in time")
    book.run(3_600)
    ours.call("a", trunk=TRUNK, number="1")
    book.run()
    answers(book, carrier)
    assert reach(ours) == []
    book.names["carrier.test"] = found(Address(host="10.0.0.7", port=5070), ttl_s=1)
    moved = book.peer("10.0.0.7", 5070)
    book.run(301)
    ours.call("b", trunk=TRUNK, number="1")
    book.run()
    answers(book, moved)


def test_calls_come_in_from_a_source_that_is_a_name_once_it_is_known() -> None:
    book = Playbook()
    carrier = book.peer("10.0.0.5")
    ours = house(book, "10.0.0.2", sources=("in.carrier.test",))
    carrier.request(ours, "INVITE", "sip:4000@10.0.0.1", body=str(sdp_of(carrier)))
    book.run()
    assert carrier.hears_response("401 INVITE")
    book.names["in.carrier.test"] = found(Address(host="10.0.0.5", port=5060))
    book.run(40)
    carrier.heard.clear()
    carrier.request(ours, "INVITE", "sip:4000@10.0.0.1", body=str(sdp_of(carrier)), call_id="c2", branch="2")
    book.run()
    offered = ours.take(CallOffered)
    assert offered.trunk == TRUNK
    assert offered.offer is not None
    ours.answer(offered.leg, answer_to(ours, offered.offer))


def test_nothing_is_left_when_all_is_over() -> None:
    book = Playbook()
    ours = house(book, "10.0.0.2", "10.0.0.3")
    ours.call("a", trunk=TRUNK, number="1")
    book.run(60)
    assert ours.take(CallEnded).detail == "no answer to INVITE within 4 s"
    ours.configure()
    book.run(60)
    assert ours.clean()
