"""What only the whole call can tell: that something never happened, how often, how long, how much.

Pure, as `deciding` is; asked once, when nothing more of the call will be told.
"""

from __future__ import annotations

from huawu.standard.checks import Gauge, Test
from huawu.standard.course import Course
from huawu.standard.deciding import Decision, guarded, seconds
from huawu.standard.measuring import measured, told
from huawu.standard.model import Text
from huawu.standard.signals import Span

NOT_JUDGED = Text("未评判：没有识别出话语", "not judged: no words were recognised")
_NEVER = Text("没有发生", "it did not happen")


class Whole:
    """A conversation from its beginning to its end, with what is said of all of it."""

    __slots__ = ("kept", "unsure")

    def __init__(self, from_ms: int, to_ms: int) -> None:
        self.kept = Decision(outcome="pass", from_ms=from_ms, to_ms=to_ms, found=_NEVER)
        self.unsure = unsure(Span(from_ms, to_ms))


def whole_of(course: Course) -> Whole | None:
    """None = there was no conversation."""
    conversed = course.signals.get("conversation")
    return Whole(conversed[0].from_ms, conversed[-1].to_ms) if conversed else None


def summed_up(test: Test, course: Course, whole: Whole, deaf: bool, spoke: bool) -> Decision | None:
    """What is said of the whole call. `deaf`: words are missing; `spoke`: occurrences were judged."""
    if test.form == "never":
        if spoke:
            return None
        # what is looked for without words was not there, so that there was nothing to ask words about
        return whole.unsure if deaf and test.event.sides else whole.kept
    if deaf and not spoke:
        return whole.unsure
    if test.gauge is not None:
        return _measured(test, test.gauge, course, whole)
    return _counted(test, course, whole)


def unsure(anchor: Span) -> Decision:
    """Nobody knows what was said."""
    return Decision(
        outcome="unsure", from_ms=anchor.from_ms, to_ms=anchor.to_ms, found=NOT_JUDGED, confidence=0.0
    )


def _measured(test: Test, gauge: Gauge, course: Course, whole: Whole) -> Decision | None:
    value = measured(gauge, course)
    if value is None:
        return None
    return _within(gauge.at_least, value, gauge.at_most, whole, told(gauge, value))


def _counted(test: Test, course: Course, whole: Whole) -> Decision:
    spans = [span for span in test.event.spans(course) if guarded(test, course, span) is not False]
    if test.form == "total":
        value = sum(span.to_ms - span.from_ms for span in spans)
        found = Text(f"共 {seconds(value)} 秒", f"{seconds(value)} s in all")
    else:
        value = len(spans)
        found = Text(f"{value} 次", f"{value} times")
    return _within(test.at_least, value, test.at_most, whole, found)


def _within(
    at_least: float | None, value: float, at_most: float | None, whole: Whole, found: Text
) -> Decision:
    kept = (at_most is None or value <= at_most) and (at_least is None or value >= at_least)
    return Decision(
        outcome="pass" if kept else "breach", from_ms=whole.kept.from_ms, to_ms=whole.kept.to_ms, found=found
    )
