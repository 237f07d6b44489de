"""Procedures: what must be done one after the other, each step in its time. Pure, as `deciding` is."""

from __future__ import annotations

from huawu.standard.checks import Test
from huawu.standard.course import Course
from huawu.standard.deciding import EXCUSED, Decision, quoted, seconds, since
from huawu.standard.happening import Happening
from huawu.standard.model import FOREVER, Text
from huawu.standard.signals import Span


class Standing:
    """Where a procedure stands: the step that is to come (from 0) and since when; or how it ended."""

    __slots__ = ("decision", "since_ms", "step")

    def __init__(self, *, step: int, since_ms: int, decision: Decision | None = None) -> None:
        self.step = step
        self.since_ms = since_ms
        self.decision = decision


def run(test: Test, course: Course, anchor: Span) -> Standing:
    """Follow a procedure from its start as far as it is known."""
    order = test.procedure
    assert order is not None
    began_ms, since_ms, step, done = anchor.from_ms, anchor.to_ms, 0, 0
    leaves_ms = since_ms  # a caller who speaks up while a step is still being said leaves the procedure, too
    while step < len(order.stages):
        stage = order.stages[step]
        after_ms = since_ms + (done > 0)  # what was a step is not the next one too
        act, act_known = _first(stage.do, course, after_ms)
        leave, leave_known = _first(order.leaves, course, leaves_ms)
        cut, cut_known = _first(order.cuts, course, after_ms)
        late_ms = FOREVER if stage.within_ms is None else since_ms + stage.within_ms
        end_ms = FOREVER if course.ended_ms is None else course.ended_ms
        acted = FOREVER if act is None else act.from_ms
        left = FOREVER if leave is None else leave.from_ms
        cut_off = FOREVER if cut is None else cut.from_ms
        next_ms = min(acted, left, cut_off, late_ms, end_ms)
        if next_ms == FOREVER or min(act_known, leave_known, cut_known, course.horizon) <= next_ms:
            return Standing(step=step, since_ms=since_ms)
        if acted == next_ms:
            assert act is not None
            if act.from_ms < since_ms + stage.not_before_ms:
                found = _early(test, step, act, act.from_ms - since_ms)
                return _ended(step, since_ms, "breach", began_ms, act.to_ms, found, act.score)
            since_ms, step, done = max(act.to_ms, since_ms), step + 1, done + 1
            leaves_ms = act.from_ms + 1
            continue
        if left == next_ms:
            break
        if stage.written.optional and cut_off != next_ms and end_ms != next_ms:
            step += 1
            continue
        if end_ms == next_ms and cut_off != next_ms:
            break
        if done < order.from_step:
            return Standing(step=step, since_ms=since_ms, decision=EXCUSED)
        return _ended(step, since_ms, "breach", began_ms, next_ms, _left_out(test, step), 1.0)
    if done < max(order.from_step, order.left_before):
        return Standing(step=step, since_ms=since_ms, decision=EXCUSED)
    found = Text(f"{done} 步按序完成", f"{done} steps in their order")
    return _ended(step, since_ms, "pass", began_ms, since_ms, found, 1.0)


def _first(event: Happening | None, course: Course, from_ms: int) -> tuple[Span | None, int]:
    """The first that begins from an instant on, and up to when that is known."""
    if event is None:
        return None, FOREVER
    complete = event.complete(course)
    for span in since(event.spans(course), from_ms):
        if span.from_ms >= complete:
            break
        if span.from_ms >= from_ms:
            return span, complete
    return None, complete


def _ended(
    step: int, since_ms: int, outcome: str, from_ms: int, to_ms: int, found: Text, confidence: float
) -> Standing:
    decision = Decision(
        outcome="breach" if outcome == "breach" else "pass",
        from_ms=from_ms,
        to_ms=to_ms,
        found=found,
        confidence=confidence,
    )
    return Standing(step=step, since_ms=since_ms, decision=decision)


def _name(test: Test, step: int) -> Text:
    assert test.procedure is not None
    written = test.procedure.stages[step].written
    return written.title or written.say or Text(f"第 {step + 1} 步", f"step {step + 1}")


def _early(test: Test, step: int, act: Span, after_ms: int) -> Text:
    name, said = _name(test, step), quoted(act) or Text()
    return Text(
        f"第 {step + 1} 步（{name.zh}）只等了 {seconds(after_ms)} 秒 {said.zh}".rstrip(),
        f"step {step + 1} ({name.en}) after {seconds(after_ms)} s only {said.en}".rstrip(),
    )


def _left_out(test: Test, step: int) -> Text:
    name = _name(test, step)
    return Text(f"没有做第 {step + 1} 步：{name.zh}", f"step {step + 1} was left out: {name.en}")
