"""今日接听: which calls count among those an agent answered today. Who makes a call answers nobody."""

from __future__ import annotations

from huawu.acd.events import AgentId
from huawu.calls.acting import ConsultFor, ConsultNext, Target, TransferCall
from huawu.calls.conversation import Phase
from huawu.calls.promising import Wish
from huawu.sim.virtual import Caller, Phone
from tests.calls.desks import Story, offices
from tests.calls.test_calling_back import CUSTOMER, a_desk, agreed
from tests.calls.worlds import Desk


def answered(floor: Desk, *agents: str) -> list[int]:
    view = floor.world.engine.acd.agent_view
    return [view(AgentId(agent)).calls_today for agent in agents]


def test_a_call_handed_on_is_answered_by_both() -> None:
    story = Story()
    assert answered(story.floor, "1001", "1002") == [1, 0]
    story.act(TransferCall(call=story.id, by="1001", to=Target(agent="1002")), 4_000)
    assert answered(story.floor, "1001", "1002") == [1, 1]


def test_a_call_that_comes_back_is_answered_once() -> None:
    story = Story(p1002=Phone(answers_after_ms=None))
    story.act(TransferCall(call=story.id, by="1001", to=Target(agent="1002")), 60_000)
    assert story.facts("transfer_returned")
    assert story.call.phase is Phase.TALKING
    assert answered(story.floor, "1001", "1002") == [1, 0]


def test_who_is_asked_has_answered_once_the_caller_is_theirs() -> None:
    story = Story()
    story.act(ConsultFor(call=story.id, by="1001", to=Target(agent="1002")), 4_000)
    assert answered(story.floor, "1001", "1002") == [1, 0]
    story.act(ConsultNext(call=story.id, by="1001", step="complete"), 2_000)
    assert answered(story.floor, "1001", "1002") == [1, 1]


def test_a_call_straight_to_an_agent_is_answered() -> None:
    floor = offices()
    floor.ready("1001")
    floor.ready("1002")
    floor.world.call(Caller(number="1002", endpoint="1001"))
    floor.world.run_for(8_000)
    assert answered(floor, "1001", "1002") == [0, 1], "who dials answers nobody"


def test_a_callback_is_a_call_made() -> None:
    floor = a_desk()
    agreed(floor)
    floor.ready("1001", Phone(hangs_up_after_ms=30_000))
    floor.world.run_for(10_000)
    assert floor.fact("bridged").fields["agent"] == "1001"
    assert answered(floor, "1001") == [0]


def test_a_lost_caller_whom_one_calls_back_oneself_is_a_call_made() -> None:
    floor = a_desk()
    agreed(floor)
    floor.ready("1001", Phone(hangs_up_after_ms=30_000))
    floor.world.run_for(60_000)
    engine, world = floor.world.engine, floor.world
    wish = Wish(call="c", queue="general", caller=f"{CUSTOMER}")
    world.carry_out(engine.call_back(wish, "1001", mine=True, at_ms=world.now_ms)[1])
    world.run_for(20_000)
    assert len([fact for fact in world.facts if fact.kind == "bridged"]) == 2
    assert answered(floor, "1001") == [0]
