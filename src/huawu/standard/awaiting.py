"""What a call's standard waits for at an instant: what is expected next, where a procedure stands, warnings.

Pure, as `deciding` is. Nothing here is final: it is what a person may be told while there is time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from huawu.standard import ordering
from huawu.standard.checks import Test
from huawu.standard.course import Course
from huawu.standard.deciding import is_near, window_of
from huawu.standard.measuring import lately
from huawu.standard.model import FOREVER, Pending, Text
from huawu.standard.signals import Span

PACE_SHOWN_MS: Final = 8_000
"""So long after the words a warning of their pace stands at the most."""


def expected(test: Test, course: Course, anchor: Span, now_ms: int) -> Pending | None:
    """What is to come after an occurrence that is not decided yet; None = nothing that need be told."""
    if test.written.silent or test.back or "W" in test.looks_at or not _matters(test, course, anchor):
        return None
    if test.form == "procedure":
        return _next_step(test, course, anchor, now_ms)
    if test.form != "must":
        return None
    _, latest, _ = window_of(test, course, anchor)
    if latest < now_ms:
        return None
    return Pending(
        rule=test.rule.id,
        check=test.name,
        kind="expect",
        since_ms=anchor.to_ms,
        due_ms=None if latest == FOREVER else latest,
        say=_to_say(test),
        hint=test.rule.hint,
        spoken=_has_spoken(course, anchor.to_ms),
    )


def _next_step(test: Test, course: Course, anchor: Span, now_ms: int) -> Pending | None:
    standing = ordering.run(test, course, anchor)
    assert test.procedure is not None
    if standing.decision is not None or standing.step >= len(test.procedure.stages):
        return None
    stage = test.procedure.stages[standing.step]
    due = None if stage.within_ms is None else standing.since_ms + stage.within_ms
    if due is not None and due < now_ms:
        return None
    return Pending(
        rule=test.rule.id,
        check=test.name,
        kind="procedure",
        since_ms=standing.since_ms,
        due_ms=due,
        say=stage.written.say or stage.written.title,
        hint=test.rule.hint,
        step=standing.step + 1,
        of_steps=len(test.procedure.stages),
        not_before_ms=standing.since_ms + stage.not_before_ms if stage.not_before_ms else None,
        spoken=_has_spoken(course, standing.since_ms),
    )


def warned(test: Test, course: Course, now_ms: int) -> Pending | None:
    """Something that must not last goes on and has lasted long enough to warn."""
    begun = test.event.going_on(course)
    if begun is None or now_ms < begun + (test.warn_after_ms or 0) or not _fits(test, course):
        return None
    if not _matters(test, course, Span(begun, now_ms)):
        return None
    return _warning(test, begun, begun + test.event.lasting_ms if test.event.lasting_ms else None)


def too_fast(test: Test, course: Course, now_ms: int) -> Pending | None:
    """The newest words were spoken too fast, and not long ago."""
    assert test.gauge is not None
    newest = course.signals[f"words:{test.gauge.party}"]
    if not newest or now_ms > newest[-1].to_ms + PACE_SHOWN_MS:
        return None
    fast = lately(test.gauge, test.warn_after_ms or 0, course)
    return None if fast is None else _warning(test, fast.to_ms, fast.to_ms + PACE_SHOWN_MS)


def _warning(test: Test, since_ms: int, due_ms: int | None) -> Pending:
    return Pending(
        rule=test.rule.id,
        check=test.name,
        kind="warn",
        since_ms=since_ms,
        due_ms=due_ms,
        say=_to_say(test),
        hint=test.rule.hint,
    )


def next_warning_ms(tests: Iterable[Test], course: Course, now_ms: int) -> int | None:
    """When the next warning is due if what goes on goes on; None = none will be."""
    if not course.open:
        return None
    due = [
        begun + (test.warn_after_ms or 0)
        for test in tests
        if (begun := test.event.going_on(course)) is not None and _fits(test, course)
    ]
    return min((at_ms for at_ms in due if at_ms > now_ms), default=None)


def _matters(test: Test, course: Course, anchor: Span) -> bool:
    """Whether it is the rule's business as far as is known now."""
    for near in test.unless:
        if is_near(near, course, anchor):
            return False
    return all(is_near(near, course, anchor) for near in test.only_if)


def _fits(test: Test, course: Course) -> bool:
    """A silence that goes on is told by who spoke last; what will end it is not known."""
    return test.event.after in ("", course.silent_after)


def _has_spoken(course: Course, since_ms: int) -> bool:
    spans = course.signals["speaks:agent"]
    return bool(spans) and spans[-1].from_ms >= since_ms


def _to_say(test: Test) -> Text:
    return test.written.say or (test.rule.say[0] if test.rule.say else Text())
