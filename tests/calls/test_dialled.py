"""Calls that agents dial, and callbacks: assisted, and judged with the agent as the agent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from huawu.calls.acting import Target, TransferCall
from huawu.calls.dialled import as_the_book_sees, dialler_of
from huawu.calls.facts import Fact
from huawu.calls.record import derive
from huawu.quality.assessment import assess
from huawu.quality.ports import no_marks
from huawu.sim.virtual import Phone
from huawu.standard import load_standard
from tests.calls.assist.house import START_MS, House, standard
from tests.calls.desks import Story
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


def handed_on() -> list[Fact]:
    """A caller talks with an agent, is sent to a number outside, and says something there."""
    story = Story()
    story.act(TransferCall(call=story.id, by="1001", to=Target(number="013911112222")), 4_000)
    story.world.run_for(5_000)
    story.world.hang_up(story.leg("013911112222"))
    story.world.run_for(60_000)
    facts = [fact for fact in story.world.facts if fact.call == story.id]
    there_ms = next(fact.at_ms for fact in facts if fact.kind == "bridged" and "number" in fact.fields)
    words = {"from_ms": there_ms + 1_000, "to_ms": there_ms + 2_000, "text": "什么事", "words": []}
    said = [Fact(call=story.id, seq=0, at_ms=there_ms + 2_000, kind="said", party="agent", fields=words)]
    return sorted([*facts, *said], key=lambda fact: fact.at_ms)


def test_what_somebody_outside_says_and_does_is_no_agents() -> None:
    facts = handed_on()
    seen = as_the_book_sees(facts)
    assert [fact.party for fact in seen if fact.kind == "said"] == ["outsider"]
    (end,) = [fact for fact in seen if fact.kind == "ended"]
    assert end.fields["by"] == "outside"


def test_somebody_outside_who_hangs_up_breaks_no_rule_of_the_agents() -> None:
    facts = handed_on()
    end_ms = next(fact.at_ms for fact in facts if fact.kind == "ended")
    talk = {"began_ms": end_ms - 2_000, "ended_ms": end_ms - 100, "levels_db": []}
    spoke = Fact(call="c", seq=0, at_ms=end_ms - 100, kind="talk", party="caller", fields=talk)
    timeline = sorted([*facts, spoke], key=lambda fact: fact.at_ms)

    def broken(facts: Iterable[Fact]) -> set[str]:
        return {one.rule for one in load_standard().judge(facts) if one.verdict == "breach"}

    assert "ban.hangup" in broken(timeline)  # as if the agent had
    assert not {"ban.hangup", "close.caller-first"} & broken(as_the_book_sees(timeline))


def test_who_comes_back_from_outside_is_heard_again() -> None:
    def bridged(at_ms: int, **whom: str) -> Fact:
        return Fact(call="c", seq=0, at_ms=at_ms, kind="bridged", fields=whom)

    def said(at_ms: int) -> Fact:
        words = {"from_ms": at_ms, "to_ms": at_ms + 500, "text": "好", "words": []}
        return Fact(call="c", seq=0, at_ms=at_ms + 500, kind="said", party="agent", fields=words)

    timeline = [
        bridged(0, agent="1001"), said(1_000), bridged(2_000, number="0139"), said(3_000),
        bridged(4_000, agent="1002"), said(3_500), said(5_000),
        Fact(call="c", seq=0, at_ms=9_000, kind="ended", party="agent", fields={"by": "agent"}),
    ]  # fmt: skip
    seen = as_the_book_sees(timeline)
    spoke = [(fact.fields["from_ms"], fact.party) for fact in seen if fact.kind == "said"]
    assert spoke == [(1_000, "agent"), (3_000, "outsider"), (3_500, "outsider"), (5_000, "agent")]
    assert [fact.kind for fact in seen if fact.kind in ("bridged", "parted")] == [
        "bridged",
        "parted",
        "bridged",
    ]
    assert seen[-1].fields["by"] == "agent"
