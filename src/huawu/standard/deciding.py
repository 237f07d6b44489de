"""What a check says of one occurrence: a pure function of the call's signals, as far as they are complete.

None means: not known yet. So a decision once made rests on complete signals only, and nothing that is told
later can change it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from rapidfuzz.distance import LCSseq

from huawu.standard.checks import Near, Test
from huawu.standard.course import Course
from huawu.standard.happening import Happening, beginning
from huawu.standard.model import FOREVER, Outcome, Text
from huawu.standard.signals import Span


class Decision:
    """A verdict without the rule's words."""

    __slots__ = ("confidence", "found", "from_ms", "outcome", "to_ms")

    def __init__(
        self, *, outcome: Outcome, from_ms: int, to_ms: int, found: Text, confidence: float = 1.0
    ) -> None:
        self.outcome = outcome
        self.from_ms = from_ms
        self.to_ms = to_ms
        self.found = found
        self.confidence = confidence


EXCUSED: Final = Decision(outcome="not_applicable", from_ms=0, to_ms=0, found=Text())
"""The occurrence is none of the rule's business."""
_ALIKE = 0.7
_UNSURE_BELOW = 0.5
"""With less confidence than this in the words nothing is held against anybody."""


def seconds(ms: int) -> str:
    """A length as people read it: 2.4."""
    tenths = (ms + 50) // 100
    return _TENTHS[tenths] if 0 <= tenths < len(_TENTHS) else _in_tenths(tenths)


def _in_tenths(tenths: int) -> str:
    whole, tenth = divmod(tenths, 10)
    return f"{whole}.{tenth}" if tenth else str(whole)


_TENTHS = tuple(map(_in_tenths, range(601)))
"""Of the lengths that rules nearly always tell of: up to a minute."""


def since(spans: list[Span], at_ms: int) -> Iterator[Span]:
    """Those that begin at an instant or later, and the one before, which may reach into it."""
    if len(spans) < 8:
        return iter(spans)
    return islice(spans, max(bisect_left(spans, at_ms, key=beginning) - 1, 0), None)


def quoted(span: Span) -> Text | None:
    """What was said, if it is about words."""
    text = span.fields.get("text")
    return Text(f"「{text}」", f"“{text}”") if text else None


def guarded(test: Test, course: Course, anchor: Span, *, wordless: bool = False) -> bool | None:
    """Whether the occurrence is the rule's business; None = not known yet. `wordless`: no words asked."""
    unknown = False
    for near in test.only_if:
        if wordless and near.event.sides:
            continue
        there = is_near(near, course, anchor)
        if there is False:
            return False
        unknown = unknown or there is None
    for near in test.unless:
        if wordless and near.event.sides:
            continue
        there = is_near(near, course, anchor)
        if there:
            return False
        unknown = unknown or there is None
    return None if unknown else True


def is_near(near: Near, course: Course, anchor: Span) -> bool | None:
    """Whether the event is there; None = not known yet."""
    complete = near.event.complete(course)
    if near.around:
        return _is_around(near.event, course, anchor.from_ms, complete)
    earliest = anchor.from_ms - near.earlier_ms
    latest = anchor.to_ms + near.later_ms
    ended_ms = course.ended_ms
    if ended_ms is not None and (near.later_ms == FOREVER or not near.event.of_work):
        latest = min(latest, max(ended_ms, anchor.from_ms))  # nobody speaks afterwards; work is done
    same = near.same
    for span in since(near.event.spans(course), earliest):
        if span.from_ms > latest or span.from_ms >= complete:
            break
        if span.to_ms >= earliest and span is not anchor and (same is None or _agree(same, anchor, span)):
            return True
    return None if complete <= latest else False


def _is_around(event: Happening, course: Course, at_ms: int, complete: int) -> bool | None:
    begun = event.going_on(course)
    if begun is not None and begun <= at_ms < course.horizon:
        return True
    for span in event.spans(course):
        if span.from_ms > at_ms or span.from_ms >= complete:
            break
        if at_ms <= span.to_ms:
            return True
    return None if complete <= at_ms else False


def _agree(same: str | tuple[str, ...], one: Span, other: Span) -> bool:
    if isinstance(same, tuple):
        return any(_agree(each, one, other) for each in same)
    if same == "value":
        return one.value == other.value or (len(one.value) > 3 and one.value in other.value)
    if same == "alike":
        return bool(one.value) and fuzzy(one.value, other.value) >= _ALIKE
    return bool(one.fields.get(same)) and one.fields.get(same) == other.fields.get(same)


def fuzzy(one: str, other: str) -> float:
    """The share of the longer value that the two have in common, in its order."""
    return LCSseq.normalized_similarity(one, other)


def window_of(test: Test, course: Course, anchor: Span) -> tuple[int, int, bool]:
    """From when to when `must` has its time, and whether the call's end cut it short."""
    earliest = anchor.from_ms - (test.earlier_ms or 0)
    if test.back:
        return earliest, anchor.from_ms, False
    due: Any = anchor.fields.get(test.due) if test.due else None
    if due is not None:
        return earliest, int(due), False
    latest = FOREVER if test.later_ms == FOREVER else anchor.to_ms + test.later_ms
    if test.goes_on:
        return earliest, latest, False
    if course.ended_ms is not None and course.ended_ms < latest and anchor.from_ms <= course.ended_ms:
        return earliest, course.ended_ms, test.later_ms != FOREVER
    return earliest, latest, False


def must(test: Test, course: Course, anchor: Span) -> Decision | None:
    """Something must be there, in its time, before or after."""
    assert test.must is not None
    if test.due and anchor.fields.get(test.due) is None:
        return EXCUSED
    back, same = test.back, test.same
    earliest, latest, cut = window_of(test, course, anchor)
    complete = test.must.complete(course)
    found: Span | None = None
    for span in since(test.must.spans(course), earliest):
        if span.from_ms > latest or span.from_ms >= complete:
            break
        begun = span.to_ms if back else span.from_ms
        if begun >= earliest and span is not anchor and (same is None or _agree(same, anchor, span)):
            found = span
            if not back:
                break
    if found is not None and not (back and complete <= latest):
        return _kept(anchor, found)
    if complete <= latest:
        return None
    if cut and latest - anchor.to_ms < test.cut_ms:
        return EXCUSED
    left_ms = _left_ms(test, course, anchor)
    if left_ms < latest:
        if left_ms - anchor.to_ms < test.cut_ms:
            return EXCUSED
        latest = left_ms
    return _missing(test, course, anchor, earliest, latest)


def _left_ms(test: Test, course: Course, anchor: Span) -> int:
    """When who was to say it left the conversation, handing it on: after that nothing is expected of them."""
    assert test.must is not None
    if test.goes_on or test.later_ms == FOREVER or "agent" not in test.must.sides:
        return FOREVER
    for span in course.signals.get("conversation", ()):
        if span.from_ms <= anchor.from_ms <= span.to_ms:
            return span.to_ms
    return FOREVER


def rests_on_hole(test: Test, course: Course, anchor: Span, to_ms: int) -> bool:
    """Whether words that were not recorded might excuse a breach that is found by `to_ms`."""
    missing = course.unrecorded
    if not test.sides or not missing.holes:
        return False
    if test.procedure is not None and missing.between(anchor.from_ms, to_ms):
        return True
    if test.must is not None and test.must.sides:
        earliest, latest, _ = window_of(test, course, anchor)
        if missing.between(earliest, latest):
            return True
    if (test.first or test.event.nth) and missing.between(-FOREVER, anchor.from_ms):
        return True  # it may not be the first
    return any(
        missing.between(anchor.from_ms - near.earlier_ms, anchor.to_ms + near.later_ms)
        for near in test.unless
        if near.event.sides
    )


def _kept(anchor: Span, found: Span) -> Decision:
    if found.to_ms < anchor.from_ms:
        apart = seconds(anchor.from_ms - found.to_ms)
        zh, en = f"提前 {apart} 秒", f"{apart} s before"
    else:
        apart = seconds(max(found.from_ms - anchor.to_ms, 0))
        zh, en = f"{apart} 秒后", f"after {apart} s"
    said = found.fields.get("text")
    return Decision(
        outcome="pass",
        from_ms=min(anchor.from_ms, found.from_ms),
        to_ms=max(anchor.to_ms, found.to_ms),
        found=Text(f"{zh} 「{said}」", f"{en} “{said}”") if said else Text(zh, en),
        confidence=found.score,
    )


def _missing(test: Test, course: Course, anchor: Span, earliest: int, latest: int) -> Decision:
    confidence = 1.0
    if test.sides:
        confidence = min([_clearness(course, side, earliest, latest) for side in test.sides])
        confidence = min(confidence, anchor.score)
    if earliest <= -FOREVER // 2:
        found = Text("此前没有", "not before that")
    elif test.later_ms == FOREVER:
        found = Text("到通话结束都没有", "not until the call ended")
    else:
        length = seconds(latest - earliest)
        found = Text(f"{length} 秒内没有", f"not within {length} s")
    to_ms = anchor.to_ms if test.back else latest
    return Decision(
        outcome="breach" if confidence >= _UNSURE_BELOW else "unsure",
        from_ms=anchor.from_ms,
        to_ms=max(anchor.from_ms, to_ms),
        found=found,
        confidence=confidence,
    )


def _clearness(course: Course, side: str, from_ms: int, to_ms: int) -> float:
    """How sure the recogniser was of what a party said in a time; 1 when nothing was said."""
    scores = []
    for span in since(course.signals.get(f"words:{side}", []), from_ms):
        if span.from_ms > to_ms:
            break
        scores.append(span.score)
    return sum(scores) / len(scores) if scores else 1.0


def broken(anchor: Span) -> Decision:
    """What must never be is there."""
    said = quoted(anchor)
    lasted = anchor.to_ms - anchor.from_ms
    if said is not None:
        found = said
    elif lasted:
        found = Text(f"持续 {seconds(lasted)} 秒", f"lasted {seconds(lasted)} s")
    else:
        found = Text("发生了", "it happened")
    confidence = anchor.score
    return Decision(
        outcome="breach" if confidence >= _UNSURE_BELOW else "unsure",
        from_ms=anchor.from_ms,
        to_ms=anchor.to_ms,
        found=found,
        confidence=confidence,
    )
