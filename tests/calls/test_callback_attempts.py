"""Attempts to call back that come to nothing: whose doing it was, and how long the next one waits."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.acd.events import QueueId
from huawu.calls.desk_views import callback_task
from huawu.calls.placing import pause_after
from huawu.calls.record import derive
from huawu.calls.screens import callbacks_paused
from huawu.link import messages as link
from huawu.sim.virtual import Phone
from huawu.standard import load_standard
from tests.calls.test_calling_back import CUSTOMER, a_desk, agreed, facts, owed


@pytest.mark.parametrize("refuses", ["failed", "congestion"])
def test_what_the_line_did_not_carry_is_no_attempt_of_the_customer_to_miss(refuses: link.Reason) -> None:
    floor = a_desk("callback: {pause: 1m, tries: 1, expires: 2h}")
    floor.world.outside[CUSTOMER] = Phone(refuses=refuses)
    agreed(floor)
    floor.ready("1001")
    floor.world.run_for(10_000)
    (callback,) = owed(floor)
    assert (callback.state, callback.reason, callback.attempts) == ("paused", refuses, 0)
    engine, queue = floor.world.engine, QueueId(callback.queue)
    assert (engine.acd.queue_view(queue).callbacks, callbacks_paused(engine.owed, queue)) == (0, 1)
    assert callback.due_ms == floor.fact("callback_failed").fields["due_ms"]
    floor.world.run_for(600_000)
    assert {fact.fields["attempt"] for fact in facts(floor, "callback_placed")} == {1}
    at = [fact.at_ms for fact in facts(floor, "callback_failed")]
    assert [round((then - before) / 60_000) for before, then in pairwise(at)] == [1, 2, 4], "longer each time"
    assert callback_task(owed(floor)[0]).broken == 4, "told to the leader"
    failed = [fact for fact in floor.world.facts if fact.call == facts(floor, "callback_failed")[0].call]
    told = derive(failed)
    assert told is not None
    assert told.outcome == "failed"
    floor.world.outside[CUSTOMER] = Phone()
    floor.world.run_for(540_000)
    assert (owed(floor)[0].state, owed(floor)[0].attempts) == ("done", 1)
    assert callbacks_paused(engine.owed, queue) == 0


def test_an_attempt_that_the_line_carried_ends_the_growing_pause() -> None:
    floor = a_desk()
    floor.world.outside[CUSTOMER] = Phone(refuses="failed")
    agreed(floor)
    floor.ready("1001")
    floor.world.run_for(70_000)
    assert owed(floor)[0].broken == 2
    floor.world.outside[CUSTOMER] = Phone(refuses="busy")
    floor.world.run_for(120_000)
    (callback,) = owed(floor)
    assert (callback.reason, callback.broken, callback.attempts) == ("busy", 0, 1)
    assert callback.due_ms - facts(floor, "callback_failed")[-1].at_ms == 60_000


@given(pause_ms=st.integers(1_000, 86_400_000), broken=st.integers(0, 10_000))
def test_a_pause_never_shrinks_and_grows_to_an_hour_or_the_queues_own(pause_ms: int, broken: int) -> None:
    assert pause_after(pause_ms, 1) == pause_ms
    assert pause_ms <= pause_after(pause_ms, broken) <= pause_after(pause_ms, broken + 1)
    assert pause_after(pause_ms, broken) <= max(pause_ms, 3_600_000)


def test_an_agent_who_hangs_up_while_the_caller_is_rung_costs_the_caller_one_attempt() -> None:
    floor = a_desk()
    floor.world.outside[CUSTOMER] = Phone(answers_after_ms=None)
    agreed(floor)
    floor.ready("1001")
    floor.world.run_for(5_000)
    leg = floor.world.engine.floor.calls[owed(floor)[0].call].parties[0].leg  # type: ignore[index]
    floor.world.hang_up(leg)
    floor.world.run_for(100)
    assert (owed(floor)[0].state, owed(floor)[0].reason) == ("paused", "agent_hung_up")
    ended = facts(floor, "ended")[-1]
    assert ended.fields["reason"] == "agent_hung_up"
    assert (ended.party, ended.fields["by"]) == ("agent", "agent")
    judged = load_standard().judge([fact for fact in floor.world.facts if fact.call == ended.call])
    assert not [each.rule for each in judged if each.verdict == "breach"], (
        "nobody talked, so nobody cut it off"
    )
    assert not floor.world.legs


def test_an_agent_whose_line_broke_while_the_caller_is_rung_did_not_hang_up() -> None:
    floor = a_desk()
    floor.world.outside[CUSTOMER] = Phone(answers_after_ms=None)
    agreed(floor)
    floor.ready("1001")
    floor.world.run_for(5_000)
    engine = floor.world.engine
    leg = engine.floor.calls[owed(floor)[0].call].parties[0].leg  # type: ignore[index]
    lost = link.LegEnded(leg=leg, by="switch", reason="media_timeout")
    floor.world.report(lost)
    assert owed(floor)[0].reason == "agent_left"
    assert facts(floor, "ended")[-1].fields["by"] == "centre"
