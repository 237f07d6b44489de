"""Hints as an agent sees them, in virtual time: when they come, when they go, and which one of several."""

from __future__ import annotations

import pytest

from huawu.calls.assist.prompting import Experience
from tests.calls.assist.house import House


def in_conversation(experience: Experience = "normal") -> House:
    """An agent answered, greeted, and the caller has spoken until second 6."""
    house = House(experience)
    house.answered()
    house.talk("agent", 1, 3)
    house.talk("caller", 4, 6)
    house.run_to(6.5)
    return house


def test_who_answers_is_told_to_greet_and_no_longer_once_they_speak() -> None:
    house = House()
    house.answered()
    house.run(0.3)
    hint = house.hint()
    assert hint is not None
    assert (hint.rule, hint.kind, hint.say.zh) == ("open.greeting", "expect", "您好，很高兴为您服务")
    assert hint.due_ms == hint.since_ms + 3_000
    house.talk("agent", 1, 2)
    house.run_to(1.4)
    assert house.hint() is None


def test_a_silence_is_warned_of_at_two_seconds_of_three_to_the_millisecond() -> None:
    house = in_conversation()
    house.run_to(7.999)
    assert house.hint() is None
    house.run_to(8.0)
    hint = house.hint()
    assert hint is not None
    assert (hint.rule, hint.kind) == ("wait.announce", "warn")
    assert hint.due_ms == hint.since_ms + 3_000
    house.talk("agent", 8.2, 9)
    house.run_to(8.6)
    assert house.hint() is None


def test_talking_over_is_warned_of_while_it_goes_on() -> None:
    house = in_conversation()
    house.talk("caller", 7, 12)
    house.talk("agent", 9, 11)
    house.run_to(9.8)
    assert house.rule() == "listen.interrupt"
    house.run_to(11.6)
    assert house.hint() is None


def test_a_raised_voice_is_told_of_within_300_ms_of_the_second_that_proves_it() -> None:
    house = in_conversation()
    house.talk("agent", 6.5, 14, (-24.0,) * 7)
    house.talk("agent", 15, 22, (-23.0, -13.0, -14.0, -13.0, -24.0, -24.0))
    house.run_to(16.9)
    assert house.hint() is None
    house.run_to(17.3)
    assert house.rule() == "voice.loudness"
    house.run_to(20.3)
    assert house.hint() is None, "the voice is down again"


def test_thanks_after_a_long_hold_are_asked_for_within_300_ms_of_coming_back() -> None:
    house = in_conversation()
    house.fact("held", "agent")
    house.run_to(20)
    assert house.hint() is None
    house.fact("resumed", "agent")
    house.run(0.3)
    assert house.rule() == "wait.thank"


def test_a_procedure_goes_step_by_step_with_its_countdown() -> None:
    """The caller never says a word."""
    house = House()
    house.answered()
    house.talk("agent", 1, 3)
    house.run_to(4.4)
    assert house.hint() is None, "most callers answer sooner"
    house.run_to(4.6)
    second = house.hint()
    assert second is not None
    assert (second.rule, second.kind, second.step, second.of_steps) == ("silent.call", "procedure", 2, 4)
    assert second.say.zh == "听不到您的声音"
    assert second.not_before_ms == second.since_ms + 3_000
    assert second.due_ms == second.since_ms + 5_000
    house.talk("agent", 6.5, 8)
    house.run_to(8.4)
    third = house.hint()
    assert third is not None
    assert (third.step, third.say.zh) == (3, "请您换一部电话"), "the next step comes at once"
    house.talk("agent", 11.5, 13)
    house.run_to(13.4)
    fourth = house.hint()
    assert fourth is not None
    assert (fourth.step, fourth.say.zh, fourth.due_ms) == (4, "三秒后挂机", None)
    house.run_to(16)
    house.ended(by="agent")
    assert house.hint() is None


def test_a_caller_who_speaks_ends_the_procedure_and_no_hint_of_it_is_seen() -> None:
    house = House()
    house.answered()
    house.talk("agent", 1, 3)
    house.talk("caller", 3.7, 5)
    house.run_to(10)
    assert all(hint is None or hint.kind != "procedure" for _, _, hint in house.frames)


def test_a_caller_who_speaks_up_before_the_greeting_is_over_is_not_taken_for_silent() -> None:
    house = House()
    house.answered()
    house.talk("agent", 1, 3)
    house.talk("caller", 2.9, 5)
    house.run_to(10)
    shown = [hint.rule for _, _, hint in house.frames if hint is not None]
    assert shown == ["open.greeting", "wait.announce"]


@pytest.mark.parametrize(
    ("experience", "rules"),
    [
        ("novice", {"open.greeting", "close.more", "wait.announce"}),
        ("normal", {"open.greeting", "wait.announce"}),
        ("veteran", {"wait.announce"}),
        ("off", set()),
    ],
)
def test_who_knows_the_work_is_told_less(experience: Experience, rules: set[str]) -> None:
    house = House(experience)
    house.answered()
    house.talk("agent", 1, 3)
    house.talk("caller", 4, 6)
    house.run_to(20)
    assert {hint.rule for _, _, hint in house.frames if hint is not None} == rules


def test_what_is_not_urgent_is_shown_for_a_moment_and_not_again_at_once() -> None:
    house = House("novice")
    house.answered()
    house.talk("agent", 1, 2)
    for second in range(3, 40, 2):
        house.talk("caller", second, second + 1.5)
    house.run_to(40)
    shown = [at for at, _, hint in house.frames if hint is not None and hint.rule == "close.more"]
    assert len(shown) == 1
    gone = next(at for at, _, hint in house.frames if hint is None and at > shown[0])
    assert 9_000 <= gone - shown[0] <= 11_000


def test_there_is_never_more_than_one_hint_and_no_frame_says_the_same_twice() -> None:
    house = House("novice")
    house.answered()
    house.talk("caller", 2, 9)
    house.talk("agent", 5, 8, (-20.0, -20.0, -12.0))
    house.run_to(30)
    before = None
    for _, _, hint in house.frames:
        assert hint != before
        before = hint
    assert len(house.shown) <= 1


def test_the_hint_goes_with_the_agent_who_leaves_and_comes_to_the_next() -> None:
    house = in_conversation()
    house.run_to(8.1)
    assert house.rule("li") == "wait.announce"
    house.fact("parted", "agent", agent="li")
    house.run(0)
    assert house.hint("li") is None
    house.run(2)
    house.fact("agent_answered", "agent", agent="wu")
    house.fact("bridged", "centre", agent="wu")
    house.run(0.3)
    assert house.rule("wu") == "open.greeting"
    house.ended()
    assert house.shown == {}


def test_nothing_is_left_of_a_call_that_is_over() -> None:
    house = in_conversation()
    house.ended()
    assert house.shown == {}
    assert house.timers == 0
    house.over()
    assert len(house.assist) == 0
    assert list(house.assist.troubles) == []
    house.run(60)
    assert house.frames[-1][2] is None


def test_a_call_that_no_agent_took_costs_a_list_and_leaves_nothing() -> None:
    house = House()
    house.fact("offered", "caller")
    house.fact("queued", queue="general")
    house.run(60)
    house.ended()
    house.over()
    assert len(house.assist) == 0
    assert house.frames == []
