"""Calls that agents dial, and callbacks: assisted, and judged with the agent as the agent."""

from __future__ import annotations

from typing import Any

import pytest

from huawu.calls.dialled import as_the_book_sees, dialler_of
from huawu.calls.facts import Fact
from huawu.calls.record import derive
from huawu.quality.assessment import assess
from huawu.quality.ports import no_marks
from huawu.sim.virtual import Phone
from tests.calls.assist.house import START_MS, House, standard
from tests.calls.test_calling_back import a_desk, agreed
from tests.calls.test_outside import TEXT, dial
from tests.calls.worlds import Desk, desk


def watched(floor: Desk) -> House:
    """Assist that is told what the engine causes, at the engine's time."""
    house = House("novice")
    carry_out = floor.world.carry_out

    def told(effects: Any) -> None:
        house.run((floor.world.now_ms - house.now) / 1000)
        house.assist.tell(effects)
        carry_out(effects)

    floor.world.carry_out = told  # type: ignore[method-assign]
    return house


def dialled(house: House, agent: str = "li", **outside: Any) -> None:
    """An agent dials somebody, who answers after 12 s of ringing."""
    house.fact("offered", "caller", caller="1001", number="013007000", direction="out", endpoint="1001")
    house.fact("outside", number="013007000", trunk="city", **({"rule": "city", "person": agent} | outside))
    house.run(0.05)
    house.fact("agent_ringing", "agent", number="013007000")
    house.run(12)
    house.fact("answered", "caller", codec="PCMA")
    house.fact("agent_answered", "agent", leg="c.a1", number="013007000")
    house.fact("bridged", "centre", leg="c.a1", number="013007000")


def test_whoever_dials_is_told_to_greet_once_the_other_answers() -> None:
    house = House("novice")
    dialled(house)
    house.run(1)
    assert house.rule() == "open.greeting"
    house.talk("caller", 13.2, 15)  # on the timeline the caller is who called
    house.run(2)
    assert house.rule() == ""


def test_whom_the_agent_called_does_not_greet_for_the_agent() -> None:
    house = House("novice")
    dialled(house)
    house.talk("agent", 12.4, 13)
    house.run(4)
    broken = [
        verdict.rule
        for verdict in standard().judge(as_the_book_sees(house.stored["c"]), now_ms=house.now)
        if verdict.verdict == "breach"
    ]
    assert broken == ["open.greeting"]


def test_a_warning_is_for_the_agent_who_talks_over() -> None:
    house = House("novice")
    dialled(house)
    house.talk("caller", 12.6, 14)
    house.talk("agent", 14.5, 22)
    house.talk("caller", 17, 20)
    house.run_to(18.2)
    assert house.rule() == "listen.interrupt"


def test_live_verdicts_of_a_dialled_call_are_those_of_its_timeline() -> None:
    house = House("novice")
    found: dict[str, Any] = {}
    house.assist.judged = found.__setitem__
    dialled(house)
    house.talk("agent", 12.5, 13.2)
    house.talk("caller", 16, 18)
    house.talk("agent", 22.5, 23.5)
    house.run_to(25)
    house.ended(by="caller")
    house.run(2)
    house.over()
    after = standard().judge(as_the_book_sees(house.stored["c"]), now_ms=house.now)
    key = lambda each: (each.rule, each.check, each.from_ms, each.to_ms, each.verdict)  # noqa: E731
    assert sorted(map(key, found["c"])) == sorted(map(key, after))
    assert {each.agent for each in after if each.verdict == "breach"} == {"li"}


@pytest.mark.parametrize(
    "outside",
    [{"rule": "emergency"}, {"person": ""}],
    ids=["help is called, and nobody needs hints for that", "a phone of nobody"],
)
def test_calls_of_no_agent_to_no_customer_are_not_assisted(outside: dict[str, str]) -> None:
    house = House("novice")
    dialled(house, **outside)
    house.run(3)
    assert len(house.assist) == 0
    assert not house.frames


def test_other_calls_stay_as_they_are() -> None:
    house = House()
    house.answered()
    house.talk("caller", 1, 2)
    house.ended()
    house.run(3)
    facts = house.stored["c"]
    assert as_the_book_sees(facts) == tuple(facts)
    assert dialler_of(facts) == ""


def test_the_engine_tells_enough_of_a_dialled_call() -> None:
    floor = desk(TEXT)
    house = watched(floor)
    facts = dial(floor, "0 138-0013-8000")
    assert dialler_of(facts) == "1001"
    assert len(house.assist) == 1
    house.run(1)
    assert {agent for _, agent, _ in house.frames} == {"1001"}


def test_a_callback_is_assisted_like_any_conversation() -> None:
    floor = a_desk()
    agreed(floor)
    house = watched(floor)
    floor.ready("1001", Phone(hangs_up_after_ms=30_000))
    floor.world.run_for(10_000)
    assert floor.fact("bridged").fields["agent"] == "1001"
    assert len(house.assist) == 1
    house.run(1)
    assert {agent for _, agent, _ in house.frames} == {"1001"}


def test_what_is_kept_of_a_dialled_call_is_the_agents() -> None:
    house = House()
    dialled(house)
    house.talk("agent", 12.5, 13.2)
    house.run_to(20)
    house.ended(by="agent")
    facts: list[Fact] = house.stored["c"]
    record = derive(facts)
    assert record is not None
    kept = assess(record, facts, standard(), book=0, marks=no_marks, now_ms=START_MS + 60_000)
    assert kept.agent == "li"
    assert kept.rest.agents == ["li"]
    assert {each.agent for each in kept.findings} == {"li"}
    assert "open.greeting" in {each.rule for each in kept.findings if each.verdict == "breach"}
