"""What only the whole call can tell: that something never happened, how often, how long, how much.

Pure, as `deciding` is; asked once, when nothing more of the call will be told.
"""

from __future__ import annotations

from collections.abc import Iterator

from huawu.standard.checks import Gauge, Test
from huawu.standard.course import Course
from huawu.standard.deciding import Decision, guarded, seconds
from huawu.standard.measuring import measured, told
from huawu.standard.model import Text
from huawu.standard.signals import Span

NOT_JUDGED = Text("未评判：没有识别出话语", "not judged: no words were recognised")
NOT_RECORDED = Text("未评判：有一段没有录音", "not judged: some of it was not recorded")
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


def summed_up(test: Test, course: Course, whole: Whole, deaf: bool, spoke: bool) -> Iterator[Decision]:
    """What is said of the whole call. `deaf`: words are missing; `spoke`: occurrences were judged."""
    if test.form == "never":
        if not spoke:
            # what is looked for without words was not there, so that there was nothing to ask words about
            yield whole.unsure if deaf and test.event.sides else whole.kept
    elif deaf and not spoke:
        yield whole.unsure
    elif test.gauge is not None:
        yield from _measured(test.gauge, course, whole)
    else:
        yield _counted_where_recorded(test, course, whole)


def _counted_where_recorded(test: Test, course: Course, whole: Whole) -> Decision:
    counted = _counted(test, course, whole)
    broken = counted.outcome == "breach" and test.sides and course.unrecorded.holes
    return unsure(Span(counted.from_ms, counted.to_ms), NOT_RECORDED) if broken else counted


def unsure(anchor: Span, why: Text = NOT_JUDGED) -> Decision:
    """Nobody knows what was said."""
    return Decision(outcome="unsure", from_ms=anchor.from_ms, to_ms=anchor.to_ms, found=why, confidence=0.0)


def _measured(gauge: Gauge, course: Course, whole: Whole) -> Iterator[Decision]:
    """Of a pace one number for each agent who led the conversation: from when the agent did."""
    since = {agent: at_ms for at_ms, agent in reversed(course.leading.since)}
    if gauge.of != "pace" or gauge.party != "agent" or len(since) < 2:
        since = {"": whole.kept.from_ms}
    for agent, at_ms in sorted(since.items(), key=lambda each: each[1]):
        value = measured(gauge, course, agent)
        if value is not None:
            part = Whole(max(at_ms, whole.kept.from_ms), whole.kept.to_ms)
            yield _within(gauge.at_least, value, gauge.at_most, part, told(gauge, value))


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
