"""Calls going wrong: what puts a call on the leaders' list, why, and in which order."""

from __future__ import annotations

from huawu.calls.assist.trouble import LEAST, Troubles
from huawu.calls.assist.views import TroubledCall, Words
from huawu.standard import Verdict, load_standard
from tests.calls.assist.house import House


def listed(house: House) -> list[TroubledCall]:
    return list(house.assist.troubles)


def test_a_call_that_goes_well_is_not_listed() -> None:
    house = House()
    house.answered()
    house.talk("agent", 1, 3)
    house.talk("caller", 4, 6)
    house.talk("agent", 7, 9)
    house.run_to(9.5)
    assert listed(house) == []


def test_a_silence_that_was_let_be_puts_the_call_on_the_list_with_its_reason() -> None:
    house = House("off")
    house.answered()
    house.talk("agent", 1, 3)
    house.talk("caller", 4, 6)
    house.talk("agent", 11, 12)
    house.run_to(10)
    assert listed(house) == [], "a warning alone is no trouble yet"
    house.run_to(12.4)
    (trouble,) = listed(house)
    assert (trouble.call, trouble.agent, trouble.rule) == ("c", "li", "wait.announce")
    assert trouble.reason == Words(zh="不让对方空等", en="No silence unannounced")
    assert (trouble.score, trouble.breaches) == (3, 1)
    since_ms = trouble.since_ms
    house.talk("caller", 13, 14)
    house.talk("agent", 20, 21)
    house.run_to(22)
    (trouble,) = listed(house)
    assert (trouble.score, trouble.breaches, trouble.since_ms) == (6, 2, since_ms)


def test_what_goes_on_now_adds_to_what_was() -> None:
    house = House()
    house.answered()
    house.talk("agent", 5, 6)  # greeted late
    house.talk("caller", 7, 8)
    house.run_to(8.5)
    (before,) = listed(house)
    assert (before.rule, before.now) == ("open.greeting", False)
    house.run_to(10.5)
    (trouble,) = listed(house)
    assert trouble.score == before.score + 2
    assert not trouble.now, "the broken rule weighs more than the warning"


def test_the_worst_stands_first_and_of_equals_the_oldest() -> None:
    troubles, told = Troubles(), []
    troubles.told = lambda: told.append(1)

    def trouble(call: str, score: int, since_ms: int) -> TroubledCall:
        return TroubledCall(call=call, agent="li", score=score, rule="r", reason=Words(), since_ms=since_ms)

    for call, score, since_ms in (("a", 3, 30), ("b", 6, 20), ("c", 3, 10)):
        troubles.is_now(call, trouble(call, score, since_ms))
    assert [each.call for each in troubles] == ["b", "c", "a"]
    troubles.is_now("a", trouble("a", 9, 99))
    first = next(iter(troubles))
    assert (first.call, first.since_ms) == ("a", 30), "on the list since then"
    troubles.is_now("b", None)
    troubles.is_now("b", None)
    troubles.is_now("a", trouble("a", 9, 100))
    assert len(told) == 5, "what is as before is not told"
    assert troubles.changed["b"] is None
    assert LEAST == 3


def test_a_call_is_off_the_list_when_its_agent_leaves_or_it_ends() -> None:
    house = House()
    house.answered()
    house.talk("agent", 5, 6)
    house.run_to(7)
    assert len(listed(house)) == 1
    house.fact("parted", "agent", agent="li")
    house.run(0)
    assert listed(house) == []


def test_what_another_let_ring_is_judged_live_as_afterwards_and_is_no_trouble_of_who_answered() -> None:
    house = House("off")
    house.assist.standard = load_standard()
    found: list[Verdict] = []
    house.assist.judged = lambda call, verdicts: found.extend(verdicts)
    house.fact("offered", "caller", number="4000")
    for agent in ("chen", "zhao", "sun"):
        house.fact("agent_ringing", "agent", agent=agent)
        house.run(15)
        house.fact("offer_failed", "agent", agent=agent, reason="no_answer")
    house.answered("li")
    began_s = house.at / 1000
    house.talk("agent", began_s + 1, began_s + 3)
    house.run(6)
    assert listed(house) == [], "three minor slips of one's own would be trouble"
    house.ended()
    house.run(5)
    house.over()
    told = [(each.agent, each.verdict) for each in found if each.rule == "open.third-ring"]
    assert told == [("chen", "breach"), ("zhao", "breach"), ("sun", "breach"), ("li", "pass")]
    afterwards = load_standard().judge(house.stored["c"], now_ms=house.now)
    assert sorted(map(str, found)) == sorted(map(str, afterwards))
