"""Callbacks, redials, the last agent and steps by time, in virtual time around the real engine."""

from __future__ import annotations

import pytest

from huawu.acd.events import AgentState
from huawu.calls.callbacks import Callback
from huawu.calls.facts import Fact
from huawu.calls.record import derive
from huawu.calls.seat_states import before_talk
from huawu.link import messages as link
from huawu.sim.virtual import Caller, Phone
from huawu.standard import load_standard
from tests.calls.worlds import CENTRE, Desk, centre_of, desk, engine_of

TRUNK = """
trunks:
  - {trunk: carrier, target: "127.0.0.1:5999"}
outbound:
  rules:
    - {rule: mobiles, who: [agent], prefixes: "1", trunks: [carrier]}
"""
CUSTOMER = "13800005678"
LINE = "ring: 15s, wrap_up: 20s, longest_line: 3"


def a_desk(queue: str = "callback: {pause: 1m, tries: 2, expires: 2h}", more: str = "") -> Desk:
    floor = desk(CENTRE.replace(LINE, f"ring: 15s, wrap_up: 20s, {queue}") + TRUNK + more)
    stored: dict[str, Callback] = {}
    carry_out = floor.world.carry_out

    def watched(effects: object) -> None:
        for callback in effects.callbacks:  # type: ignore[attr-defined]
            stored[callback.id] = callback
        carry_out(effects)  # type: ignore[arg-type]

    floor.world.carry_out = watched  # type: ignore[method-assign]
    floor.stored = stored  # type: ignore[attr-defined]
    return floor


def owed(floor: Desk) -> list[Callback]:
    stored: dict[str, Callback] = floor.stored  # type: ignore[attr-defined]
    return list(stored.values())


def facts(floor: Desk, kind: str) -> list[Fact]:
    return [fact for fact in floor.world.facts if fact.kind == kind]


def dialled(floor: Desk) -> list[link.Originate]:
    commands = floor.world.commands
    return [each for each in commands if isinstance(each, link.Originate) and each.trunk is not None]


def agreed(floor: Desk) -> None:
    """A caller presses 1 in line and is let go."""
    floor.world.call(Caller(number="4001", keys=["1"]))
    floor.world.run_for(20_000)
    assert not floor.world.legs


def test_who_presses_the_key_keeps_the_place_and_is_called_when_the_turn_comes() -> None:
    floor = a_desk()
    agreed(floor)
    (callback,) = owed(floor)
    assert (callback.state, callback.number) == ("waiting", CUSTOMER)
    view = floor.world.engine.acd.queue_view(callback.queue)  # type: ignore[arg-type]
    assert (view.waiting, view.callbacks, view.called_back, view.abandoned) == (0, 1, 1, 0)
    left = derive(floor.world.facts)
    assert left is not None
    assert (left.outcome, left.ended_by, left.waited_ms is not None) == ("callback", "centre", True)
    later = floor.world.call(Caller(number="4001", caller="13900000001", patience_ms=600_000))
    floor.world.run_for(60_000)
    floor.ready("1001", Phone(hangs_up_after_ms=30_000))
    floor.world.run_for(10_000)
    (wish,) = dialled(floor)
    assert (wish.number, wish.caller_number) == (CUSTOMER, "4001")
    assert later in floor.world.legs
    assert floor.fact("bridged").call == wish.leg.rpartition(".")[0]
    assert owed(floor)[0].state == "done"
    floor.world.run_for(120_000)
    assert len(facts(floor, "bridged")) == 2


def test_who_was_called_back_is_asked_what_they_think_of_it_as_every_customer_is() -> None:
    floor = a_desk("survey: main, callback: {pause: 1m, tries: 2, expires: 2h}")
    agreed(floor)
    floor.ready("1001", Phone(hangs_up_after_ms=30_000))
    floor.world.run_for(60_000)
    (asked,) = facts(floor, "survey_began")
    assert (asked.call, asked.fields["agent"]) == (floor.fact("bridged").call, "1001")
    assert asked.call != floor.world.facts[0].call, "in the call of the callback, not in the customer's own"


@pytest.mark.parametrize("agent_takes_ms", [2_000, 13_000])
def test_how_long_the_callers_phone_rings_is_no_fault_of_the_agent_called_first(agent_takes_ms: int) -> None:
    floor = a_desk()
    agreed(floor)
    floor.world.outside[CUSTOMER] = Phone(answers_after_ms=20_000)
    floor.ready("1001", Phone(answers_after_ms=agent_takes_ms, hangs_up_after_ms=60_000))
    floor.world.run_for(120_000)
    call = floor.fact("callback_placed").call
    verdicts = load_standard().judge([fact for fact in floor.world.facts if fact.call == call])
    in_time = {each.verdict for each in verdicts if each.rule == "open.third-ring"}
    assert in_time == ({"pass"} if agent_takes_ms < 10_000 else {"breach"})


def test_the_agent_is_called_first_and_the_caller_only_when_the_agent_is_there() -> None:
    floor = a_desk()
    agreed(floor)
    floor.ready("1001", Phone(answers_after_ms=None))
    floor.world.run_for(10_000)
    assert not dialled(floor)
    floor.ready("1002")
    floor.world.run_for(30_000)
    assert [fact.fields["agent"] for fact in facts(floor, "offer_made")] == ["1001", "1002"]
    assert len(dialled(floor)) == 1


def test_a_caller_who_is_busy_is_called_again_after_the_pause_and_then_no_more() -> None:
    floor = a_desk()
    floor.world.outside[CUSTOMER] = Phone(refuses="busy")
    agreed(floor)
    floor.ready("1001")
    floor.world.run_for(10_000)
    assert (owed(floor)[0].state, owed(floor)[0].reason) == ("paused", "busy")
    assert floor.state("1001") == AgentState.READY, "nobody to wrap up for"
    floor.world.run_for(65_000)
    assert (owed(floor)[0].state, owed(floor)[0].attempts) == ("given_up", 2)
    floor.world.run_for(600_000)
    assert len(dialled(floor)) == 2
    assert not floor.world.engine.floor.calls
    assert not floor.world.timers


def test_the_last_attempt_says_that_there_is_none_left() -> None:
    floor = a_desk("callback: {tries: 1}")
    floor.world.outside[CUSTOMER] = Phone(refuses="no_answer")
    agreed(floor)
    floor.ready("1001")
    floor.world.run_for(10_000)
    assert floor.fact("callback_failed").fields == {
        "agent": "1001",
        "callee": CUSTOMER,
        "reason": "no_answer",
        "attempt": 1,
    }
    assert (owed(floor)[0].state, owed(floor)[0].due_ms) == ("given_up", 0)


def test_no_agent_picks_up_for_a_number_that_the_rules_forbid_until_they_allow_it_again() -> None:
    floor = a_desk()
    agreed(floor)
    world, now = floor.world, floor.world.engine.floor.centre
    forbidding = centre_of(CENTRE.replace(LINE, "callback: {pause: 1m, tries: 2, expires: 2h}"))
    world.carry_out(world.engine.configure(forbidding, world.now_ms))
    floor.ready("1001")
    world.run_for(5_000)
    (callback,) = owed(floor)
    assert (callback.state, callback.reason, callback.attempts) == ("paused", "not_allowed", 0)
    world.run_for(300_000)
    assert len(facts(floor, "offer_made")) == 1, "only who took it before anybody knew"
    world.carry_out(world.engine.configure(now, world.now_ms))
    world.run_for(70_000)
    assert owed(floor)[0].state == "done"


def test_who_calls_again_keeps_the_place_and_is_not_called_back() -> None:
    floor = a_desk()
    agreed(floor)
    began_ms = owed(floor)[0].queued_ms
    floor.world.run_for(300_000)
    other = floor.world.call(Caller(number="4001", caller="13900000001", patience_ms=600_000))
    floor.world.run_for(1_000)
    floor.world.call(Caller(number="4001", keys=[""], patience_ms=600_000))
    floor.world.run_for(1_000)
    assert owed(floor)[0].state == "called_again"
    assert facts(floor, "callback_resumed")[0].fields["queued_ms"] == began_ms
    floor.ready("1001")
    floor.world.run_for(5_000)
    assert floor.fact("bridged").call == facts(floor, "callback_resumed")[0].call
    assert other in floor.world.legs
    assert not dialled(floor)


def test_a_callback_expires_and_can_be_cancelled() -> None:
    floor = a_desk("callback: {expires: 10m}")
    agreed(floor)
    floor.world.run_for(600_000)
    assert owed(floor)[0].state == "expired"
    floor = a_desk()
    agreed(floor)
    floor.world.carry_out(floor.world.engine.cancel_callback(owed(floor)[0].id, floor.world.now_ms))
    assert owed(floor)[0].state == "cancelled"
    floor.ready("1001")
    floor.world.run_for(10_000)
    assert not dialled(floor)


def test_callbacks_are_placed_only_while_the_calendar_says_open() -> None:
    hours = "calendars:\n  office: {name: 办公, hours: {every: 09:00-12:00}}\n"
    floor = a_desk("callback: {calendar: office}", hours)
    world = floor.world
    midnight = world.now_ms - (world.now_ms + 8 * 3_600_000) % 86_400_000
    world.run(midnight + 86_400_000 + 11 * 3_600_000 + 3_500_000)
    agreed(floor)
    world.run_for(180_000)
    assert (owed(floor)[0].state, owed(floor)[0].reason) == ("paused", "closed")
    floor.ready("1001")
    world.run_for(3_600_000)
    assert not dialled(floor)
    assert owed(floor)[0].due_ms == midnight + 2 * 86_400_000 + 9 * 3_600_000


def test_another_number_must_be_allowed() -> None:
    floor = a_desk('callback: {other_number: true, allowed: ["13"]}')
    floor.world.call(Caller(number="4001", keys=["1", "15900001111", "13911112222"]))
    floor.world.run_for(40_000)
    assert [callback.number for callback in owed(floor)] == ["13911112222"]


def test_who_cannot_be_called_is_offered_no_callback() -> None:
    floor = a_desk()
    floor.world.call(Caller(number="4001", caller="anonymous", keys=["1"], patience_ms=60_000))
    floor.world.run_for(20_000)
    assert not owed(floor)
    assert not any(isinstance(command, link.Collect) for command in floor.world.commands)


def test_a_callback_survives_the_centre_and_is_placed_once() -> None:
    floor = a_desk()
    agreed(floor)
    world = floor.world
    snapshot = world.engine.acd.snapshot()
    centre = centre_of(CENTRE.replace(LINE, "callback: {pause: 1m}") + TRUNK)
    world.engine = engine_of(centre, "d")
    world.timers.clear()
    world.carry_out(world.engine.configure(centre, world.now_ms))
    world.carry_out(world.engine.recover([], snapshot, world.now_ms, owed=owed(floor)))
    welcome = link.Welcome(switch="s", replays=True, last_event=0)
    world.carry_out(world.engine.settle(welcome, world.now_ms))
    floor.ready("1001")
    world.run_for(10_000)
    assert len(dialled(floor)) == 1
    assert owed(floor)[0].state == "done"


# ── Dropped calls ─────────────────────────────────────────────────────────────────────────────────


def dropped(floor: Desk, reason: link.Reason = "media_timeout") -> None:
    floor.ready("1001")
    leg = floor.world.call(Caller(number="4001", talk_ms=600_000))
    floor.world.run_for(10_000)
    floor.world.drop(leg, reason)


def test_a_dropped_call_is_taken_up_by_the_same_agent_before_any_other_call() -> None:
    floor = a_desk("goal: 20s")
    floor.ready("1001")
    leg = floor.world.call(Caller(number="4001", talk_ms=600_000))
    floor.world.run_for(10_000)
    floor.world.call(Caller(number="4001", caller="13900000001", patience_ms=600_000))
    floor.world.run_for(1_000)
    floor.world.drop(leg)
    floor.world.run_for(10_000)
    (wish,) = dialled(floor)
    assert wish.number == CUSTOMER
    first = floor.world.facts[0].call
    kinds = floor.kinds(first)
    assert kinds.index("dropped") < kinds.index("redial_offered") < kinds.index("ended")
    assert "wrap_up_began" not in kinds
    redial = facts(floor, "redialled")[0]
    assert redial.call == facts(floor, "redial_offered")[0].fields["redial"]
    assert [fact.call for fact in facts(floor, "bridged")] == [first, redial.call]


def test_an_ordinary_end_is_no_drop() -> None:
    floor = a_desk("goal: 20s")
    floor.ready("1001")
    floor.world.call(Caller(number="4001", talk_ms=5_000))
    floor.world.run_for(20_000)
    assert not facts(floor, "dropped")
    assert floor.state("1001") == AgentState.WRAP_UP


def test_a_redial_that_is_declined_is_on_record_as_missed_and_wrap_up_follows() -> None:
    floor = a_desk("goal: 20s")
    floor.ready("1001")
    leg = floor.world.call(Caller(number="4001", talk_ms=600_000))
    floor.world.run_for(10_000)
    floor.world.phones[link.EndpointId("1001")].refuses = "declined"
    floor.world.drop(leg)
    floor.world.run_for(1_000)
    (missed,) = facts(floor, "redial_missed")
    assert missed.fields == {"agent": "1001", "reason": "declined"}
    assert floor.state("1001") == AgentState.WRAP_UP
    assert not dialled(floor)
    floor.world.run_for(60_000)
    assert floor.state("1001") == AgentState.READY
    assert not floor.world.engine.floor.calls


def test_a_redial_nobody_answers_is_missed_and_no_leg_is_left() -> None:
    floor = a_desk("goal: 20s")
    floor.world.outside[CUSTOMER] = Phone(refuses="no_answer")
    dropped(floor)
    floor.world.run_for(10_000)
    (missed,) = facts(floor, "redial_missed")
    assert missed.fields["reason"] == "no_answer"
    assert floor.state("1001") == AgentState.WRAP_UP
    assert not floor.world.legs


def test_a_number_that_may_not_be_called_is_a_missed_redial_at_once() -> None:
    floor = desk()
    floor.ready("1001")
    leg = floor.world.call(Caller(number="4001", talk_ms=600_000))
    floor.world.run_for(10_000)
    floor.world.drop(leg, "failed")
    floor.world.run_for(10)
    assert floor.fact("redial_missed").fields == {"agent": "1001", "reason": "not_allowed"}
    assert floor.state("1001") == AgentState.WRAP_UP


def test_a_switch_that_dies_owes_its_callers_a_redial_when_the_phones_are_back() -> None:
    floor = a_desk("goal: 20s")
    floor.ready("1001")
    world = floor.world
    world.call(Caller(number="4001", talk_ms=600_000))
    world.run_for(10_000)
    world.legs.clear()
    world.recordings.clear()
    world.carry_out(
        world.engine.settle(link.Welcome(switch="new", replays=False, last_event=0), world.now_ms)
    )
    assert floor.fact("dropped").fields["reason"] == "switch_lost"
    assert floor.state("1001") == AgentState.UNAVAILABLE
    world.run_for(5_000)
    world.plug_in("1001")
    world.run_for(10_000)
    assert len(dialled(floor)) == 1
    assert len(facts(floor, "redialled")) == 1


# ── The last agent, and steps by time ─────────────────────────────────────────────────────────────


def test_a_caller_who_calls_again_is_led_to_the_last_agent() -> None:
    floor = a_desk("last_agent: true")
    floor.ready("1001")
    floor.world.call(Caller(number="4001", talk_ms=5_000))
    floor.world.run_for(15_000)
    floor.ready("1002")
    floor.world.call(Caller(number="4001", talk_ms=5_000))
    floor.world.run_for(1_000)
    assert [fact.fields.get("prefers") for fact in facts(floor, "queued")] == [None, "1001"]
    floor.world.run_for(30_000)
    assert [fact.fields["agent"] for fact in facts(floor, "bridged")] == ["1001", "1001"]


def test_a_step_by_time_is_on_the_timeline_and_may_be_said() -> None:
    steps = "steps: [{after: 10s, skills: {zh: 0}, say: overflow}, {after: 20s, then: {hang_up: true}}]"
    floor = a_desk(steps)
    floor.world.call(Caller(number="4001", patience_ms=600_000))
    floor.world.run_for(12_000)
    assert facts(floor, "overflow_step")[0].fields == {"queue": "general", "step": 1}
    plays = [command for command in floor.world.commands if isinstance(command, link.Play)]
    assert plays[-1].clips[0] == link.File(path="/prompts/zh/overflow.wav")
    floor.world.run_for(20_000)
    assert floor.fact("overflowed").fields["why"] == "wait_over"
    assert not floor.world.legs


def test_an_agent_who_calls_back_calls_until_the_customer_answers() -> None:
    floor = a_desk()
    agreed(floor)
    floor.world.outside[CUSTOMER] = Phone(answers_after_ms=20_000)
    floor.ready("1001", Phone(hangs_up_after_ms=60_000))
    floor.world.run_for(10_000)
    engine = floor.world.engine
    assert before_talk(engine.floor) == {"1001": "calling"}
    floor.world.run_for(20_000)
    assert (before_talk(engine.floor), floor.state("1001")) == ({}, AgentState.TALKING)
