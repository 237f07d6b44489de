"""Part 1 of the book on calls: each rule kept, broken, and nearly."""

from __future__ import annotations

from huawu.standard import Happened
from tests.standard.book_call import (
    FAREWELL,
    HELLO,
    HOW_MUCH,
    MORE,
    NO_MORE,
    agent,
    book,
    caller,
    judged,
    spotter,
)
from tests.standard.script import at, ended, fact, opened, outcomes, verdicts


def test_answered_before_the_third_ring() -> None:
    def in_time(answered: float) -> list[str]:
        return outcomes(book(), [*opened(answered), ended(60)], "open.third-ring")

    assert in_time(4) == ["pass"]
    assert in_time(11) == ["pass"]
    assert in_time(11.2) == ["breach"]


def rings(agent: str, begins: float, ends: float = 0, reason: str = "no_answer") -> list[Happened]:
    """A phone rings, in vain if it is said until when and why."""
    failed = [fact(ends, "offer_failed", "agent", agent=agent, reason=reason)] if ends else []
    return [fact(begins, "agent_ringing", "agent", agent=agent), *failed]


def takes(agent: str, at: float) -> list[Happened]:
    return [
        fact(at, "agent_answered", "agent", agent=agent),
        fact(at, "bridged", "agent", agent=agent),
    ]


def whose(*facts: Happened) -> list[tuple[str, str]]:
    """Of each ring, whose it is and what is said of it."""
    told = [fact(0, "offered", "caller", number="4000"), *facts]
    return [(each.agent, each.verdict) for each in verdicts(book(), told, "open.third-ring")]


def test_an_offer_that_rings_out_is_the_fault_of_whose_phone_rang_and_of_nobody_else() -> None:
    then = [*rings("1001", 17), *takes("1001", 20), ended(60)]
    assert whose(*rings("1002", 1, 16), *then) == [("1002", "breach"), ("1001", "pass")]
    assert whose(*rings("1002", 1, 7), *then) == [("1002", "breach"), ("1001", "pass")], "a short offer, too"


def test_an_offer_rings_out_though_nobody_ever_answers() -> None:
    assert whose(*rings("1002", 1, 16), ended(18)) == [("1002", "breach")]
    assert whose(*rings("1002", 1), ended(12)) == [("1002", "breach")], "the caller had waited long enough"
    assert whose(*rings("1002", 1), ended(9)) == [("", "not_applicable")]


def test_what_is_taken_from_a_ringing_phone_is_not_held_against_its_agent() -> None:
    then = [*rings("1001", 9), *takes("1001", 12), ended(60)]
    for reason in ("declined", "busy", "unreachable", "caller_left", "agent_left"):
        assert whose(*rings("1002", 1, 8, reason), *then) == [("1001", "pass")], reason
    neighbour = [fact(6, "picked_up", "agent", agent="1003", of="1002"), *takes("1003", 6), ended(60)]
    assert whose(*rings("1002", 1), *neighbour) == [("", "not_applicable")]


def test_who_answers_a_handed_on_call_late_is_at_fault_and_not_who_handed_it_on() -> None:
    handed_on = [
        fact(30, "parted", "agent", agent="1001"),
        fact(30, "transfer", "agent", agent="1002", by="1001", how="blind"),
    ]
    first = [*rings("1001", 1), *takes("1001", 4)]
    second = [*rings("1002", 31), *takes("1002", 44), ended(60)]
    assert whose(*first, *handed_on, *second) == [("1001", "pass"), ("1002", "breach")]


def test_nobody_who_talks_is_told_to_answer_a_phone_that_rings_elsewhere() -> None:
    call = book().call()
    for each in [*rings("1002", 1, 6), *rings("1001", 7), *takes("1001", 8)]:
        call.add(each)
    call.advance(at(8.5))
    assert "open.third-ring" not in {each.rule for each in call.pending(at(8.5))}


def test_the_standard_opening_comes_at_once() -> None:
    assert judged("open.greeting", HELLO) == {"at-once": "pass", "words": "pass"}
    late = agent(7.5, 10, "您好，很高兴为您服务。")
    assert judged("open.greeting", late) == {"at-once": "breach", "words": "pass"}
    curt = agent(4.5, 5.5, "喂，什么事？")
    assert judged("open.greeting", curt) == {"at-once": "pass", "words": "breach"}
    english = agent(4.5, 8, "Hello, this is Yuncheng Travel, how may I help you?")
    assert judged("open.greeting", english) == {"at-once": "pass", "words": "pass"}


def test_the_opening_is_timed_without_words() -> None:
    assert judged("open.greeting", HELLO, wordless=True)["at-once"] == "pass"
    assert judged("open.greeting", agent(8, 9, "…"), wordless=True)["at-once"] == "breach"


def test_a_greeting_is_greeted_back() -> None:
    hello = (agent(4.5, 6, "您好，很高兴为您服务。"), caller(6.5, 7.5, "小姐您好。"))
    assert judged("open.greeting-back", *hello, agent(8, 10, "您好，请问有什么可以帮助您？")) == {
        "back": "pass"
    }
    assert judged("open.greeting-back", *hello, agent(8, 10, "嗯，你说吧。")) == {"back": "breach"}
    asks_at_once = caller(6.5, 9, "你好，我想问一下发票怎么开。")
    assert judged("open.greeting-back", hello[0], asks_at_once, agent(10, 12, "好的。")) == {}


def test_the_surname_is_used_once_it_is_known() -> None:
    named = (HELLO, caller(8.5, 11, "我姓赵，想约一辆车。"))
    assert judged("open.surname", *named, agent(12, 14, "好的，赵先生。")) == {"used": "pass"}
    assert judged("open.surname", *named, agent(12, 14, "好的，请问几点？")) == {"used": "breach"}
    assert judged("open.surname", *named, end=12) == {}  # no word of the agent came after it
    assert judged("open.surname", HELLO, HOW_MUCH) == {}


def test_taboos_of_the_opening() -> None:
    def taboo(text: str, begins: float = 4.5) -> set[str]:
        found = judged("open.taboo", agent(begins, begins + 1.5, text))
        return {name for name, outcome in found.items() if outcome == "breach"}

    assert taboo("喂，什么事？") == {"hello", "what"}
    assert taboo("喂，您好。") == {"hello"}
    assert taboo("嗯，你说吧。") == {"what"}
    assert taboo("Yeah, what?") == {"what"}
    assert taboo("您好，请问您有什么事情？") == set()
    assert taboo("喂，您好。", begins=30) == set()  # the line was lost for a moment


def test_one_you_is_a_slip_and_many_are_a_manner() -> None:
    slip = agent(12, 14, "你的车在东门。")
    assert judged("open.taboo", HELLO, HOW_MUCH, slip)["you"] == "pass"
    many = agent(12, 18, "你先等，你别急，你去东门找。")
    assert judged("open.taboo", HELLO, HOW_MUCH, many)["you"] == "breach"
    misheard = agent(12, 20, "请你稍等，麻烦你拿笔记录一下，请你看短信。")  # 您, as recognisers write it
    assert judged("open.taboo", HELLO, HOW_MUCH, misheard)["you"] == "pass"
    assert judged("open.taboo", HELLO, agent(12, 18, "你们，你好，你们三个人都可以。"))["you"] == "pass"


def test_with_a_complaint_the_agent_gives_a_name_and_asks_for_one() -> None:
    hello = agent(4.5, 6, "您好，很高兴为您服务。")
    complains = caller(6.5, 10, "我要投诉，你们的司机态度太差了。")
    named = agent(11, 15, "我是投诉专员李敏，工号8031，请问您贵姓？")
    assert judged("open.own-name", hello, complains, named) == {"own": "pass", "asks": "pass"}
    assert judged("open.own-name", HELLO, complains)["own"] == "pass"  # the opening had the number
    nameless = agent(11, 15, "这又不是我的错。")
    assert judged("open.own-name", hello, complains, nameless) == {"own": "breach", "asks": "breach"}
    gives_it = caller(16, 18, "我姓王。")
    assert judged("open.own-name", hello, complains, nameless, gives_it)["asks"] == "pass"
    assert judged("open.own-name", hello, complains, end=12) == {}  # hung up before anybody could


def test_a_good_call_breaks_nothing_of_the_opening() -> None:
    good = (HELLO, HOW_MUCH, agent(12, 15, "大概八十元。"), MORE, NO_MORE, FAREWELL)
    for rule in book().rules:
        if rule.startswith("open."):
            assert "breach" not in judged(rule, *good, end=48).values(), rule


def test_not_to_complain_is_no_complaint() -> None:
    assert not [m for m in spotter().find("我不是要投诉你们") if m.phrase == "caller-complains"]
