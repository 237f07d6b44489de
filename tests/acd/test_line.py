"""One line against a plain sorted list: callers join anywhere, the first is taken, others give up."""

from __future__ import annotations

import gc

from hypothesis import given
from hypothesis import strategies as st

from huawu.acd.events import CallId, CallQueued
from huawu.acd.line import NOBODY, Line
from huawu.acd.parties import Call
from huawu.acd.queue import ANYBODY, Queue
from tests.acd.world import World, a_queue, an_agent


def a_caller(queue: Queue, number: int, queued_ms: int) -> Call:
    asked = CallQueued(
        at_ms=queued_ms, call=CallId(f"c{number}"), queue=queue.policy.queue, queued_ms=queued_ms
    )
    return Call.of(asked, queue, number)


@given(st.lists(st.tuples(st.sampled_from(["join", "join", "take", "miss", "leave"]), st.integers(0, 60))))
def test_the_head_is_the_best_place_however_callers_come_and_go(steps: list[tuple[str, int]]) -> None:
    """A caller whose offer fails ("miss") comes back to the old place."""
    queue = Queue(a_queue())
    line, standing = Line(queue, ANYBODY), list[Call]()
    for number, (what, pick) in enumerate(steps):
        if what == "join":
            standing.append(a_caller(queue, number, queued_ms=pick))
            line.join(standing[-1])
        elif standing:
            call = standing[pick % len(standing) if what == "leave" else 0]
            line.leave(call)
            if what == "miss":
                line.join(call)
            else:
                standing.remove(call)
        standing.sort(key=lambda call: call.place)
        assert line.callers() == [call.call for call in standing]
        assert len(line) == len(standing)
        assert line.head == (standing[0].place if standing else NOBODY)
        assert not standing or line.names[line.first] == standing[0].call


def test_a_line_forgets_those_who_left_so_that_memory_follows_the_callers() -> None:
    queue = Queue(a_queue())
    line = Line(queue, ANYBODY)
    patient = a_caller(queue, 0, queued_ms=0)
    line.join(patient)
    for number in range(1, 10_000):  # behind the first, who stays
        call = a_caller(queue, number, queued_ms=number)
        line.join(call)
        line.leave(call)
    assert line.callers() == [patient.call]
    assert len(line.places) == len(line.names) < 200
    callers = [patient]
    for number in range(10_000, 20_000):  # one comes, one is served
        callers.append(a_caller(queue, number, queued_ms=number))
        line.join(callers[-1])
        line.leave(callers.pop(0))
    assert line.callers() == [callers[0].call]
    assert len(line.places) == len(line.names) < 200


def test_nothing_stays_in_memory_of_a_centre_that_closes_while_callers_wait() -> None:
    """Callers are invisible to the garbage collector; this holds as long as no cycle goes through one."""
    world = World([a_queue("only-here")], [an_agent("li", "only-here")])
    world.ready("li")
    world.join("offered", "only-here")
    world.join("waits", "only-here")
    world.join("waits-for-li", "only-here", agent="li")
    del world
    gc.collect()
    left = [thing for thing in gc.get_objects() if isinstance(thing, Queue)]
    assert "only-here" not in [queue.policy.queue for queue in left]
