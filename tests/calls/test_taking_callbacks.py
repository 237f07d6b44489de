"""An agent asks for a callback: it is the next call of this agent alone, whatever else happens meanwhile."""

from __future__ import annotations

import pytest

from huawu.acd.events import AgentId, AgentState
from huawu.calls.callbacks import Callback, State, UnknownCallback
from huawu.calls.calling_back import TAKEN_FOR_MS
from huawu.calls.errors import NotPossible
from huawu.link.messages import EndpointId
from huawu.sim.virtual import Caller, Phone
from tests.calls.test_calling_back import CUSTOMER, a_desk, agreed, dialled, facts, owed
from tests.calls.worlds import Desk, engine_of

ONE, TWO = AgentId("1001"), AgentId("1002")


def take(floor: Desk, agent: AgentId = ONE) -> None:
    world = floor.world
    world.carry_out(world.engine.take_callback(owed(floor)[0].id, agent, world.now_ms))


def refused(floor: Desk, agent: AgentId = ONE) -> str:
    with pytest.raises(NotPossible) as refusal:
        take(floor, agent)
    return str(refusal.value.why["code"])


def waiting(more: str = "") -> Desk:
    """A callback waits, and nobody is ready: its agents come later."""
    floor = a_desk(*([more] if more else []))
    agreed(floor)
    assert owed(floor)[0].state is State.WAITING
    return floor


def rung(floor: Desk) -> list[str]:
    return [fact.fields["agent"] for fact in facts(floor, "offer_made")]


def busy_then_waiting() -> Desk:
    """Agent 1001 talks for two minutes; a caller agreed to be called back meanwhile."""
    floor = a_desk()
    floor.ready("1001")
    floor.world.call(Caller(number="4001", caller="13900000001", talk_ms=120_000))
    floor.world.run_for(10_000)
    assert floor.state("1001") == "talking"
    floor.world.call(Caller(number="4001", keys=["1"]))
    floor.world.run_for(20_000)
    assert owed(floor)[0].state is State.WAITING
    return floor


def test_it_is_the_next_call_of_who_asked_though_others_are_free_and_callers_waited_longer() -> None:
    floor = busy_then_waiting()
    take(floor)
    floor.ready("1002", Phone(answers_after_ms=None))
    floor.world.run_for(5_000)
    assert rung(floor) == ["1001"], "the one who is free gets it no more"
    floor.world.run_for(200_000)
    assert rung(floor)[:2] == ["1001", "1001"]
    (back,) = owed(floor)
    assert (back.state, back.agent) == (State.DONE, ONE)
    assert [call.number for call in dialled(floor)] == [CUSTOMER]
    assert floor.world.wrong == []


def test_who_is_ready_is_rung_at_once() -> None:
    floor = waiting("callback: {pause: 1m, tries: 2, expires: 2h}, strategy: longest_idle")
    floor.world.outside[CUSTOMER] = Phone(answers_after_ms=None)  # not reached at first
    floor.ready("1001")
    floor.world.run_for(60_000)
    (back,) = owed(floor)
    assert back.state is State.PAUSED
    floor.world.outside.clear()
    before = len(rung(floor))
    take(floor)
    floor.world.run_for(100)
    assert rung(floor)[before:] == ["1001"], "it does not wait for the end of the pause"
    floor.world.run_for(20_000)
    assert owed(floor)[0].state is State.DONE


def test_twice_is_once_and_a_colleague_comes_too_late() -> None:
    floor = busy_then_waiting()
    floor.ready("1002", Phone(answers_after_ms=None))  # rings there now
    floor.world.run_for(500)
    assert refused(floor) == "callback_offered"
    floor.world.run_for(20_000)  # not answered there: it waits again
    take(floor)
    call = owed(floor)[0].call
    take(floor)
    assert owed(floor)[0].call == call
    floor.world.carry_out(floor.world.engine.set_agent_state(TWO, AgentState.READY, "", floor.world.now_ms))
    assert refused(floor, TWO) == "callback_taken"


def test_one_that_is_being_placed_or_over_is_refused() -> None:
    floor = waiting()
    floor.world.outside[CUSTOMER] = Phone(answers_after_ms=20_000)
    floor.ready("1001")
    floor.world.run_for(5_000)
    assert owed(floor)[0].state is State.PLACING
    assert refused(floor, TWO) == "callback_placing"
    floor.world.run_for(200_000)
    with pytest.raises(UnknownCallback):
        take(floor)


def test_only_who_is_at_work_in_its_queue_may_ask() -> None:
    floor = waiting()
    assert refused(floor) == "callback_not_at_work"
    floor.ready("1001", Phone(answers_after_ms=None))
    floor.world.run_for(100)
    assert refused(floor, AgentId("nobody")) == "callback_elsewhere"


@pytest.mark.parametrize("phone", [Phone(refuses="declined"), Phone(answers_after_ms=None)])
def test_who_asked_and_does_not_answer_gives_it_back_to_all_at_its_old_place(phone: Phone) -> None:
    floor = busy_then_waiting()
    queued_ms = owed(floor)[0].queued_ms
    take(floor)
    floor.world.phones[EndpointId("1001")] = phone
    floor.world.run_for(200_000)
    (back,) = owed(floor)
    assert (back.state, back.agent, back.queued_ms) == (State.WAITING, "", queued_ms)
    floor.ready("1002")
    floor.world.run_for(100_000)
    assert (owed(floor)[0].state, owed(floor)[0].agent) == (State.DONE, TWO)
    assert floor.world.wrong == []


def test_who_is_held_up_too_long_gives_it_back() -> None:
    floor = a_desk()
    floor.ready("1001")
    floor.world.call(Caller(number="4001", caller="13900000001", talk_ms=2 * TAKEN_FOR_MS))
    floor.world.run_for(10_000)
    floor.world.call(Caller(number="4001", keys=["1"]))
    floor.world.run_for(20_000)
    take(floor)
    floor.world.run_for(TAKEN_FOR_MS + 1_000)
    assert (owed(floor)[0].state, owed(floor)[0].agent) == (State.WAITING, "")


def test_a_caller_who_calls_again_and_a_cancellation_end_one_that_was_taken() -> None:
    floor = busy_then_waiting()
    take(floor)
    floor.world.call(Caller(number="4001", talk_ms=1_000))
    floor.world.run_for(1_000)
    assert owed(floor)[0].state is State.CALLED_AGAIN
    other = busy_then_waiting()
    take(other)
    other.world.carry_out(other.world.engine.cancel_callback(owed(other)[0].id, other.world.now_ms))
    assert owed(other)[0].state is State.CANCELLED
    other.world.run_for(300_000)
    assert dialled(other) == []
    assert other.world.wrong == []


def test_a_centre_that_returns_still_knows_whose_next_call_it_is() -> None:
    floor = busy_then_waiting()
    take(floor)
    kept: Callback = owed(floor)[0]
    heir = engine_of(floor.centre, "h")
    heir.configure(floor.centre, floor.world.now_ms)
    heir.recover([], None, floor.world.now_ms, owed=[kept])
    (known,) = heir.owed
    assert (known.state, known.agent) == (State.WAITING, ONE)
