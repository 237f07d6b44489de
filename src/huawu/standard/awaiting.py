"""What the standard waits for, or warns of, while a call goes on: what live hints are made of. Pure."""

from __future__ import annotations

from typing import Final

from huawu.standard import deciding, ordering
from huawu.standard.compiled import Test
from huawu.standard.course import Course, Span
from huawu.standard.measuring import lately
from huawu.standard.model import FOREVER, Pending, Text

PACE_SHOWN_MS: Final = 8_000
"""So long after the words a warning of their pace stands at the most."""


def expected(test: Test, course: Course, anchor: Span, now_ms: int) -> Pending | None:
    """What is to be said or done because of an occurrence."""
    if deciding.looks_back(test) or "W" in test.looks_at:
        return None
    if any(deciding.is_near(near, course, anchor) is not True for near in test.only_if):
        return None
    if any(deciding.is_near(near, course, anchor) is True for near in test.unless):
        return None
    if test.form == "procedure":
        return _procedure(test, course, anchor, now_ms)
    _, latest, _ = deciding.window_of(test, course, anchor)
    if latest < now_ms:
        return None
    return Pending(
        rule=test.rule.id,
        check=test.written.name,
        kind="expect",
        since_ms=anchor.to_ms,
        due_ms=None if latest == FOREVER else latest,
        say=_to_say(test),
        hint=test.rule.hint,
        spoken=_has_spoken(course, anchor.to_ms),
    )


def _procedure(test: Test, course: Course, anchor: Span, now_ms: int) -> Pending | None:
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
        check=test.written.name,
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
    assert test.warn_after_ms is not None
    if begun is None or now_ms < begun + test.warn_after_ms or not fits(test, course):
        return None
    anchor = Span(begun, now_ms)
    if any(deciding.is_near(near, course, anchor) is True for near in test.unless):
        return None
    if any(deciding.is_near(near, course, anchor) is not True for near in test.only_if):
        return None
    return _warning(test, begun, begun + test.event.lasting_ms if test.event.lasting_ms else None)


def too_fast(test: Test, course: Course, now_ms: int) -> Pending | None:
    """The newest words were spoken too fast, and not long ago."""
    assert test.gauge is not None
    assert test.warn_after_ms is not None
    fast = lately(test.gauge, test.warn_after_ms, course)
    if fast is None or now_ms > fast.to_ms + PACE_SHOWN_MS:
        return None
    return _warning(test, fast.to_ms, fast.to_ms + PACE_SHOWN_MS)


def fits(test: Test, course: Course) -> bool:
    """A silence that goes on is told by who spoke last; what will end it is not known."""
    return test.event.after in ("", course.silent_after)


def _warning(test: Test, since_ms: int, due_ms: int | None) -> Pending:
    return Pending(
        rule=test.rule.id,
        check=test.written.name,
        kind="warn",
        since_ms=since_ms,
        due_ms=due_ms,
        say=_to_say(test),
        hint=test.rule.hint,
    )


def _has_spoken(course: Course, since_ms: int) -> bool:
    spans = course.signals.get("speaks:agent")
    return bool(spans) and spans is not None and spans[-1].from_ms >= since_ms


def _to_say(test: Test) -> Text:
    return test.written.say or (test.rule.say[0] if test.rule.say else Text())
