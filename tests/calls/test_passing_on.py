"""An agent who called somebody sends them on by phone; a call that was sent on stays among one's own."""

from __future__ import annotations

import pytest

from huawu.acd.events import AgentState
from huawu.calls.conversation import Phase
from huawu.calls.record import derive
from huawu.link.messages import LegId
from huawu.sim.virtual import Caller, Phone
from tests.calls.desks import lawful, offices
from tests.calls.test_recovery import restart
from tests.calls.worlds import Desk


def calling(number: str) -> tuple[Desk, LegId]:
    """1001 has called `number` and talks."""
    floor = offices()
    for agent in ("1001", "1002", "1003"):
        floor.ready(agent)
    leg = floor.world.call(Caller(number=number, endpoint="1001", caller="1001", talk_ms=0))
    floor.world.run_for(5_000)
    (call,) = floor.world.engine.floor.calls.values()
    assert call.phase is Phase.TALKING
    return floor, leg


def told(floor: Desk, leg: LegId) -> list[tuple[str, str]]:
    return [(each.state, each.reason) for each in floor.world.told[leg]]


def over(floor: Desk) -> None:
    for leg in list(floor.world.legs):
        floor.world.hang_up(leg)
    floor.world.run_for(120_000)
    lawful(floor)
    house = floor.world.engine.floor
    assert not any((floor.world.legs, house.calls, house.parties, house.callers))
    assert {floor.state(agent) for agent in ("1001", "1002", "1003")} == {"ready"}


def test_a_colleague_who_was_called_is_sent_to_a_queue() -> None:
    floor, leg = calling("1002")
    before = floor.world.facts[-1].call
    floor.world.refer(leg, "4002")
    floor.world.run_for(5_000)
    assert told(floor, leg) == [("done", "normal")]
    assert leg not in floor.world.legs
    assert floor.state("1001") == AgentState.READY
    (onward,) = floor.world.engine.floor.calls.values()
    assert (onward.caller, onward.number, onward.phase) == ("1002", "4002", Phase.TALKING)
    assert [party.agent for party in onward.parties] == ["1003"]
    assert floor.world.hears(onward.leg) == {onward.parties[0].leg}
    assert (floor.state("1002"), floor.state("1003")) == (AgentState.TALKING, AgentState.TALKING)
    origin = next(fact for fact in floor.facts(onward.call) if fact.kind == "offered")
    assert origin.fields["origin"] == before
    moved = next(fact for fact in floor.facts(before) if fact.kind == "moved")
    assert moved.fields == {"into": onward.call, "agent": "1002"}
    over(floor)


def test_somebody_outside_who_was_called_is_sent_to_a_colleague() -> None:
    floor, leg = calling("013900001111")
    floor.world.refer(leg, "1002")
    floor.world.run_for(5_000)
    assert told(floor, leg) == [("done", "normal")]
    (onward,) = floor.world.engine.floor.calls.values()
    assert (onward.caller, [party.agent for party in onward.parties]) == ("013900001111", ["1002"])
    assert floor.world.hears(onward.leg) == {onward.parties[0].leg}
    assert floor.state("1001") == AgentState.READY
    over(floor)


def test_who_was_sent_on_is_still_there_when_the_centre_returns() -> None:
    floor, leg = calling("013900001111")
    floor.world.refer(leg, "4001")
    floor.world.run_for(5_000)
    restart(floor)
    (onward,) = floor.world.engine.floor.calls.values()
    assert onward.phase is Phase.TALKING
    over(floor)


def test_somebody_outside_is_sent_outside_by_the_rule_for_transfers() -> None:
    floor, leg = calling("013900001111")
    floor.world.refer(leg, "013800138000")
    floor.world.run_for(5_000)
    assert told(floor, leg) == [("done", "normal")]
    (asked,) = [fact.fields for fact in floor.world.facts if fact.kind == "outside"][1:]
    assert (asked["number"], asked["asker"], asked["person"]) == ("13800138000", "transfer", "1001")
    over(floor)


@pytest.mark.parametrize(
    ("number", "reason"), [("5", "not_found"), ("*70", "not_found"), ("9139", "forbidden"), ("1003", "busy")]
)
def test_what_cannot_be_is_refused_and_they_talk_on(number: str, reason: str) -> None:
    floor, leg = calling("1002")
    if number == "1003":
        floor.world.call(Caller(number="4002", talk_ms=0))
        floor.world.run_for(5_000)
    floor.world.refer(leg, number)
    assert told(floor, leg) == [("failed", reason)]
    call = next(call for call in floor.world.engine.floor.calls.values() if call.leg == leg)
    assert floor.world.hears(leg) == {call.parties[0].leg}
    over(floor)


def test_nobody_is_sent_on_while_the_phone_rings() -> None:
    floor = offices()
    floor.ready("1001")
    floor.ready("1002", Phone(answers_after_ms=None))
    floor.ready("1003")
    leg = floor.world.call(Caller(number="1002", endpoint="1001", caller="1001", talk_ms=0))
    floor.world.run_for(1_000)
    floor.world.refer(leg, "4002")
    assert told(floor, leg)[0][0] == "failed"


def test_a_caller_who_is_no_agent_sends_nobody_on() -> None:
    floor = offices()
    floor.ready("1001")
    leg = floor.world.call(Caller(number="4001", talk_ms=0))
    floor.world.run_for(5_000)
    floor.world.refer(leg, "4002")
    assert told(floor, leg) == [("failed", "forbidden")]


def test_a_call_that_was_sent_on_has_had_the_agent_who_sent_it() -> None:
    from huawu.calls.acting import Target, TransferCall
    from tests.calls.desks import Story

    story = Story()
    story.act(TransferCall(call=story.id, by="1001", to=Target(agent="1002")), 4_000)
    record = derive(story.facts())
    assert record is not None
    assert (record.agent, record.earlier_agents) == ("1002", ("1001",))
    assert [record.talked_to(who) for who in ("1001", "1002", "1003", "")] == [True, True, False, False]
    story.act(TransferCall(call=story.id, by="1002", to=Target(queue="general")), 90_000)
    record = derive(story.facts())
    assert record is not None
    assert {record.agent, *record.earlier_agents} == {"1001", "1002"}
    story.over()
