"""Browsers that go away during a call: on the timeline, and still known when the centre returns."""

from __future__ import annotations

import msgspec

import huawu.link.messages as link
from huawu.calls.facts import Fact
from huawu.sim.virtual import Caller
from tests.calls.test_recovery import open_timelines, snapshot
from tests.calls.worlds import Desk, desk, engine_of


def talking() -> tuple[Desk, link.LegId, link.LegId]:
    """A caller and an agent in conversation, and their legs."""
    floor = desk()
    floor.ready("1001")
    caller = floor.world.call(Caller(number="4001", talk_ms=60_000))
    floor.world.run_for(5_000)
    return floor, caller, link.LegId(floor.fact("bridged").fields["leg"])


def lines(floor: Desk) -> list[tuple[str, str]]:
    return [(fact.kind, fact.party) for fact in floor.world.facts if fact.kind.startswith("line_")]


def test_who_goes_and_comes_back_is_on_the_timeline_once() -> None:
    floor, caller, agent = talking()
    for _ in range(2):
        floor.world.report(link.LegAway(leg=agent, why="left"))
    fact = floor.world.facts[-1]
    assert fact.fields == {"leg": agent, "why": "left", "agent": "1001"}
    for _ in range(2):
        floor.world.report(link.LegBack(leg=agent))
    floor.world.report(link.LegAway(leg=caller, why="silent"))
    assert lines(floor) == [("line_away", "agent"), ("line_back", "agent"), ("line_away", "caller")]
    assert "agent" not in floor.world.facts[-1].fields


def test_an_agent_whose_page_does_not_come_back_leaves_the_caller_with_the_true_reason() -> None:
    floor, _, agent = talking()
    floor.world.report(link.LegAway(leg=agent, why="left"))
    floor.world.report(
        link.LegEnded(leg=agent, by="switch", reason="media_timeout", detail="the page was left")
    )
    assert floor.fact("parted").fields["reason"] == "media_timeout"


def returned(floor: Desk, away: dict[link.LegId, bool]) -> list[Fact]:
    """The centre returns, and the switch has these legs away; what it writes."""
    world = floor.world
    before = len(world.facts)
    agents = world.engine.acd.snapshot()
    world.engine = engine_of(floor.centre, prefix="n")
    world.timers.clear()
    world.carry_out(world.engine.configure(floor.centre, world.now_ms))
    world.carry_out(world.engine.recover(open_timelines(world.facts), agents, world.now_ms))
    welcome = snapshot(world)
    legs = tuple(msgspec.structs.replace(view, away=away.get(view.leg, False)) for view in welcome.legs)
    world.carry_out(world.engine.settle(msgspec.structs.replace(welcome, legs=legs), world.now_ms))
    return [fact for fact in world.facts[before:] if fact.kind.startswith("line_")]


def test_a_centre_that_returns_knows_who_is_away_and_writes_only_what_changed() -> None:
    floor, caller, agent = talking()
    floor.world.report(link.LegAway(leg=agent, why="left"))
    assert returned(floor, {agent: True}) == []
    (call,) = floor.world.engine.floor.calls.values()
    assert call.away == {agent}
    (back, gone) = sorted(returned(floor, {caller: True}), key=lambda fact: fact.kind, reverse=True)
    assert (back.kind, back.party, gone.kind, gone.party) == ("line_back", "agent", "line_away", "caller")


def test_a_page_that_took_its_place_again_is_away_no_longer() -> None:
    floor, _, agent = talking()
    floor.world.report(link.LegAway(leg=agent, why="left"))
    floor.world.replace(agent, "1001", "1001")
    floor.world.run_for(1_000)
    assert floor.fact("replaced").fields["old"] == agent
    (call,) = floor.world.engine.floor.calls.values()
    assert call.away == set()
    assert returned(floor, {}) == []
    (call,) = floor.world.engine.floor.calls.values()
    assert call.away == set()
