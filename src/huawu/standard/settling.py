"""When what is undecided may be decided though nothing happens: the time for some work is over. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from huawu.standard import deciding
from huawu.standard.checks import Near, Test
from huawu.standard.course import Course
from huawu.standard.happening import Happening
from huawu.standard.model import FOREVER
from huawu.standard.signals import Span


def waits_until(test: Test, course: Course, anchor: Span) -> Iterator[int]:
    """The last instants (Unix ms) of what an occurrence's check still waits for, in a call that is over.

    Not of what waits for words: who has them says so. Nor of procedures, which end with the call.
    """
    for near in (*test.only_if, *test.unless):
        if not near.around and _is_waited_for(near.event, course):
            yield _latest(near, course, anchor)
    if test.must is not None and not test.back and _is_waited_for(test.must, course):
        yield deciding.window_of(test, course, anchor)[1]


def _is_waited_for(event: Happening, course: Course) -> bool:
    return all(course.heard[side] >= FOREVER for side in event.sides)


def _latest(near: Near, course: Course, anchor: Span) -> int:
    """As `deciding.is_near` has it."""
    latest = anchor.to_ms + near.later_ms
    if course.ended_ms is not None and (near.later_ms == FOREVER or not near.event.of_work):
        latest = min(latest, max(course.ended_ms, anchor.from_ms))
    return latest
