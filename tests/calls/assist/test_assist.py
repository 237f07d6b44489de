"""Live assist as a whole: the same verdicts as afterwards, promptness, and what happens when it fails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huawu.calls.assist.assist import TOGETHER_MS
from huawu.calls.assist.assisted import AssistedCall
from huawu.standard import Judgement, Verdict
from tests.calls.assist.house import START_MS, House, standard


def said_live(house: House) -> dict[str, Sequence[Verdict]]:
    """What live assist finds of each call, once it is over."""
    found: dict[str, Sequence[Verdict]] = {}
    house.assist.judged = found.__setitem__
    return found


def in_order(verdicts: Sequence[Verdict]) -> list[Any]:
    return sorted(verdicts, key=lambda each: (each.rule, each.from_ms, each.to_ms, each.verdict))


# One turn of a conversation: who, how long the pause before it (it may overlap), how long it lasts, how loud.
TURNS = st.lists(
    st.tuples(
        st.sampled_from(["agent", "caller"]),
        st.integers(-1_500, 6_000),
        st.integers(200, 9_000),
        st.sampled_from([-24.0, -24.0, -24.0, -12.0]),
    ),
    max_size=12,
)


@settings(max_examples=100, deadline=None)
@given(
    turns=TURNS,
    holds=st.lists(st.integers(2_000, 60_000), max_size=4),
    by=st.sampled_from(["agent", "caller"]),
)
def test_live_verdicts_are_the_verdicts_of_the_stored_timeline(
    turns: list[tuple[str, int, int, float]], holds: list[int], by: str
) -> None:
    """Whatever is said and held: what was found as it happened is what is found afterwards."""
    house = House("novice")
    found = said_live(house)
    house.answered()
    free = {"agent": 0.3, "caller": 0.3}
    last = 0.5
    for party, pause, length, level in turns:
        begins = max(free[party] + 0.4, last + pause / 1000)
        ends = begins + length / 1000
        house.talk(party, begins, ends, (level,) * (length // 1000))
        free[party] = last = ends
    at = 0.0
    for index, moment in enumerate(sorted(holds)):
        at = moment / 1000
        house.run_to(max(at, house.at / 1000))
        house.fact("held" if index % 2 == 0 else "resumed", "agent")
    house.run_to(max(last, at, house.at / 1000) + 1)
    house.ended(by)
    house.run(5)
    house.over()
    afterwards = standard().judge(house.stored["c"], now_ms=house.now)
    assert in_order(found["c"]) == in_order(afterwards)


def test_a_hint_that_time_brings_comes_in_its_millisecond() -> None:
    house = House("novice")
    house.answered()
    house.talk("agent", 1, 3)
    house.talk("caller", 4, 6)
    house.talk("agent", 10, 11)
    house.run_to(12)
    warned = next(at for at, _, hint in house.frames if hint is not None and hint.rule == "wait.announce")
    assert warned == 8_000


@pytest.mark.parametrize("quiet_before", [True, False])
def test_a_hint_that_a_fact_brings_comes_within_300_ms(quiet_before: bool) -> None:
    house = House()
    house.answered()
    house.talk("agent", 1, 3)
    house.talk("caller", 3.5, 5)
    house.run_to(6)
    house.fact("held", "agent")
    house.run_to(18)
    if not quiet_before:
        house.talk("caller", 16, 17)
    house.run_to(18.5)
    house.fact("resumed", "agent")
    told = house.at
    house.run(1)
    thanked = next(at for at, _, hint in house.frames if hint is not None and hint.rule == "wait.thank")
    assert thanked - told <= 300


class Broken(Exception):
    """What a fault in a rule may raise."""


def test_a_fault_in_assist_ends_it_for_that_call_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    house = House()
    house.answered("li", "good")
    house.answered("wu", "bad")
    house.run(0.3)
    assert {agent for agent, _ in house.shown} == {"li", "wu"}
    look = AssistedCall.look

    def fail(self: AssistedCall, *given: Any) -> Any:
        if self.call == "bad":
            raise Broken
        return look(self, *given)

    monkeypatch.setattr(AssistedCall, "look", fail)
    house.talk("agent", 1, 2, call="bad")
    house.run_to(6)
    assert house.hint("wu", "bad") is None, "what was shown is taken away"
    assert len(house.assist) == 1
    assert len(list(house.assist.troubles)) == 1, "the other call is looked after"
    house.fact("held", "agent", "bad")
    house.ended(call="bad")
    house.over("bad")
    house.ended(call="good")
    house.over("good")
    assert len(house.assist) == 0


def test_a_fault_in_adding_a_fact_is_no_fault_of_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()

    def fail(*_: Any) -> None:
        raise Broken

    house.answered()
    house.run(0)
    monkeypatch.setattr(Judgement, "add", fail)
    house.fact("held", "agent")
    house.run(0.1)
    assert len(house.assist) == 0
    assert house.timers == 0


def test_a_centre_that_returns_goes_on_with_the_calls_it_finds() -> None:
    before = House()
    before.answered()
    before.talk("agent", 1, 3)
    before.talk("caller", 4, 6)
    before.run_to(7)
    after = House()
    after.now = before.now
    after.assist.take_up([before.stored["c"]])
    after.run_to(8.1)
    assert after.rule() == "wait.announce"
    assert after.assist.hints_of("li") == (after.hint(),)
    assert after.now - START_MS == 8_100


def test_a_change_of_experience_holds_at_once() -> None:
    house = House("veteran")
    house.answered()
    house.run(0.5)
    assert house.hint() is None
    house.experience["li"] = "novice"
    house.assist.renew()
    assert house.rule() == "open.greeting"
    house.experience["li"] = "off"
    house.assist.renew()
    assert house.hint() is None


def test_without_a_standard_nothing_is_kept() -> None:
    house = House()
    house.assist.standard = None
    house.answered()
    house.run(5)
    assert len(house.assist) == 0
    assert house.frames == []


def looked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """When a call was looked at."""
    looks: list[int] = []
    look = AssistedCall.look

    def noted(self: AssistedCall, now_ms: int, experience: Any) -> Any:
        looks.append(now_ms - START_MS)
        return look(self, now_ms, experience)

    monkeypatch.setattr(AssistedCall, "look", noted)
    return looks


def test_a_call_of_a_second_costs_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = looked(monkeypatch)
    house = House("novice")
    house.answered()
    house.run(0.8)
    house.fact("parted", "agent", agent="li", by="centre")
    house.ended()
    house.fact("wrap_up_began", "agent", agent="li")
    house.run(30)
    house.over()
    assert len(looks) == 1
    assert house.timers == 0


def test_who_takes_a_call_over_is_told_at_once_and_who_gave_it_away_no_more() -> None:
    house = House()
    house.answered("li")
    house.run(1)
    assert house.rule("li") == "open.greeting"
    house.fact("bridged", agent="wang")
    house.run(0)
    assert (house.rule("li"), house.rule("wang")) == ("", "open.greeting")
    house.fact("parted", "agent", agent="wang", by="caller")
    house.run(0)
    assert house.rule("wang") == ""


def test_calls_that_are_due_at_about_the_same_instant_are_looked_at_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: dict[str, list[int]] = {"c": [], "d": []}
    look = AssistedCall.look

    def noted(assisted: AssistedCall, now_ms: int, experience: Any) -> Any:
        looks[assisted.call].append(now_ms - START_MS)
        return look(assisted, now_ms, experience)

    monkeypatch.setattr(AssistedCall, "look", noted)
    house = House()
    house.answered("li", "c")
    house.answered("wang", "d")
    house.talk("agent", 1.0, 2.0, call="c")
    house.talk("agent", 1.005, 2.005, call="d")
    house.run_to(2)
    assert len(looks["c"]) > 1
    assert looks["c"] == looks["d"]
    assert all(at_ms % TOGETHER_MS == 0 for at_ms in looks["c"])
    assert house.timers == 1
