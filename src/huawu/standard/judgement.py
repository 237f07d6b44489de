"""One call judged by the whole standard, as it goes on or at once: the only evaluator there is.

Live assist, inspection and examination all feed it facts. `advance` says what became final, `pending` what is
waited for now, `finish` the rest when nothing more will be told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from huawu.standard import awaiting, deciding, ordering
from huawu.standard.compiled import Test, compile_book
from huawu.standard.course import Course, Span
from huawu.standard.deciding import Decision
from huawu.standard.measuring import measured, told
from huawu.standard.model import (
    FOREVER,
    BrokenTimeline,
    FactLike,
    Mark,
    Outcome,
    Pending,
    Score,
    Text,
    Verdict,
)
from huawu.standard.schema import Book, Phrase, Rule
from huawu.standard.scoring import score_of
from huawu.standard.settling import waits_until

NOT_JUDGED = Text("未评判：没有识别出话语", "not judged: no words were recognised")
_NEVER = Text("没有发生", "it did not happen")
_NO_OCCASION = Text("本次通话没有涉及", "there was no occasion")
_ALWAYS_ASKED = frozenset(
    {"conversation", "silence", "hold", "muted"}
    | {f"{kind}:{side}" for kind in ("words", "speaks", "talk", "overlap") for side in ("caller", "agent")}
)
"""Signals that measures and hints look at."""
_NO_MARKS: tuple[Mark, ...] = ()


class Standard:
    """A compiled standard; may judge any number of calls. Raises `BookError` if the book cannot be meant."""

    def __init__(self, book: Book, version: str = "") -> None:
        self.book = book
        self.version = version or book.version
        self.tests = compile_book(book)
        self.of_signal: dict[str, list[Test]] = {}
        for test in self.tests:
            if test.form not in ("must", "never", "procedure"):
                continue  # they are asked at the end
            for signal in test.event.signals:
                self.of_signal.setdefault(signal, []).append(test)
        self.judging = tuple(rule for rule in book.rules if rule.checks and not rule.off)
        self.asked = _ALWAYS_ASKED | {signal for test in self.tests for signal in test.signals}
        warning = [test for test in self.tests if test.warn_after_ms is not None]
        self.warning = tuple(test for test in warning if test.gauge is None)
        self.pacing = tuple(test for test in warning if test.gauge is not None)

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        return {rule.id: rule for rule in self.book.rules}

    @property
    def phrases(self) -> Mapping[str, Phrase]:
        return self.book.phrases

    def call(self) -> Judgement:
        """A call that is about to be told."""
        return Judgement(self)

    def judge(
        self,
        facts: Iterable[FactLike],
        marks: Callable[[FactLike], tuple[Mark, ...]] | None = None,
        now_ms: int | None = None,
    ) -> tuple[Verdict, ...]:
        """A call that is over. `marks`: phrases in a `said` fact; `now_ms`: until when work was done."""
        return self.judge_so_far(facts, marks, now_ms)[0]

    def judge_so_far(
        self,
        facts: Iterable[FactLike],
        marks: Callable[[FactLike], tuple[Mark, ...]] | None = None,
        now_ms: int | None = None,
    ) -> tuple[tuple[Verdict, ...], int | None]:
        """The same, and when time alone may decide more (Unix ms); None = never."""
        call = Judgement(self)
        told = tuple(facts)
        for fact in told:
            call.add(fact, marks(fact) if marks is not None and fact.kind == "said" else _NO_MARKS)
        if now_ms is None:
            now_ms = max([fact.at_ms for fact in told], default=0) + 1
        return tuple(call.finish(now_ms)), call.settles_ms(now_ms)

    def score(self, verdicts: Iterable[Verdict]) -> Score:
        """What the verdicts make of the call."""
        return score_of(self.rules, verdicts)


class _Watch:
    """A check in one call: how many occurrences were taken, which are undecided, what came of it."""

    __slots__ = ("allowed", "behind", "open", "spoke", "taken")

    def __init__(self, test: Test) -> None:
        self.taken = 0
        self.behind = False
        """There are occurrences that are not final yet."""
        self.open: list[Span] = []
        self.spoke = 0
        self.allowed = test.at_most or 0 if test.form == "never" else 0


class Judgement:
    """One call. Feed facts with `add` in about the order of time, and `advance` to what is surely told."""

    def __init__(self, standard: Standard) -> None:
        self.standard = standard
        self.course = Course(standard.asked)
        self._watches: dict[int, _Watch] = {}
        self._lengths: dict[str, int] = {}
        self._spoken: set[str] = set()
        self._undecided: set[str] = set()

    def add(self, fact: FactLike, marks: tuple[Mark, ...] = _NO_MARKS) -> None:
        """A fact of the call; `marks` of a `said` one. Raises `BrokenTimeline`."""
        try:
            self.course.add(fact, marks)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BrokenTimeline(fact, error) from error

    def advance(self, at_ms: int) -> list[Verdict]:
        """Nothing told from now on happened before `at_ms`: the verdicts that are final by that."""
        course = self.course
        course.advance(at_ms)
        new: list[Verdict] = []
        lengths = self._lengths
        for signal, spans in course.signals.items():
            if spans and lengths.get(signal) != len(spans):
                lengths[signal] = len(spans)
                for test in self.standard.of_signal.get(signal, ()):
                    watch = self._watches.get(test.number)
                    if watch is None:
                        watch = self._watches[test.number] = _Watch(test)
                    watch.behind = True
        for number in sorted(self._watches):
            watch = self._watches[number]
            if watch.behind or watch.open:
                self._look(self.standard.tests[number], watch, new)
        return new

    def finish(self, at_ms: int) -> list[Verdict]:
        """Nothing more will be told that happened before `at_ms`, nor more words recognised: the rest."""
        new = self.advance(at_ms)
        ended = self.course.ended_ms is not None or self.course.horizon == FOREVER
        conversed = self.course.signals.get("conversation")
        whole = Span(conversed[0].from_ms, conversed[-1].to_ms) if ended and conversed else None
        for test in self.standard.tests:
            watch = self._watches.get(test.number)
            if watch is not None and watch.open:
                self._give_up(test, watch, new)
            if whole is not None and test.form not in ("must", "procedure"):
                self._sum_up(test, watch, whole, new)
        at = Span(self.course.began_ms or 0, self.course.ended_ms or self.course.began_ms or 0)
        told = self._spoken | self._undecided
        return new + [_nothing_to_say(rule, at) for rule in self.standard.judging if rule.id not in told]

    def settles_ms(self, at_ms: int) -> int | None:
        """After `finish` at that instant: from when on another may decide more; None = it cannot."""
        instants = [
            last_ms + 1
            for number, watch in self._watches.items()
            for anchor in watch.open
            for last_ms in waits_until(self.standard.tests[number], self.course, anchor)
            if at_ms <= last_ms < FOREVER // 2
        ]
        return min(instants, default=None)

    # one check

    def _look(self, test: Test, watch: _Watch, new: list[Verdict]) -> None:
        if watch.behind:
            spans = test.event.spans(self.course)
            complete = test.event.complete(self.course)
            while watch.taken < len(spans) and spans[watch.taken].from_ms < complete:
                if watch.taken == 0 or (not test.written.first and _is_another(test, spans, watch.taken)):
                    watch.open.append(spans[watch.taken])
                watch.taken += 1
            watch.behind = watch.taken < len(spans)
        if watch.open:
            watch.open = [anchor for anchor in watch.open if not self._decide(test, watch, anchor, new)]

    def _decide(self, test: Test, watch: _Watch, anchor: Span, new: list[Verdict]) -> bool:
        course = self.course
        business = deciding.guarded(test, course, anchor)
        if business is not True:
            return business is False
        if test.form == "must":
            decision = deciding.must(test, course, anchor)
        elif test.form == "procedure":
            decision = ordering.run(test, course, anchor).decision
        else:
            decision = deciding.broken(anchor)
            if watch.allowed > 0:
                watch.allowed -= 1
                return True
        if decision is None:
            return False
        if decision is not deciding.EXCUSED:
            self._speak(test, watch, decision, new)
        return True

    def _speak(self, test: Test, watch: _Watch | None, decision: Decision, new: list[Verdict]) -> None:
        if watch is not None:
            watch.spoke += 1
        rule = test.rule
        self._spoken.add(rule.id)
        new.append(
            Verdict(
                rule=rule.id,
                version=rule.version,
                verdict=decision.outcome,
                from_ms=decision.from_ms,
                to_ms=decision.to_ms,
                expected=test.written.expected or rule.title,
                found=decision.found,
                confidence=decision.confidence,
                hint=rule.hint,
                agent=self.course.leader(decision.from_ms),
                check=test.written.name,
            )
        )

    def _give_up(self, test: Test, watch: _Watch, new: list[Verdict]) -> None:
        """What is undecided: for want of words, or because its time is not over."""
        if not self._deaf(test):
            self._undecided.add(test.rule.id)
            return
        for anchor in watch.open:
            decision = self._without_words(test, anchor)
            if decision is not deciding.EXCUSED:
                self._speak(test, watch, decision or _unsure(anchor), new)

    def _without_words(self, test: Test, anchor: Span) -> Decision | None:
        """What can be said of an occurrence though nobody knows what was said; None = nothing."""
        if test.written.unheard != "judge":
            return None
        if deciding.guarded(test, self.course, anchor, wordless=True) is not True:
            return deciding.EXCUSED
        return deciding.broken(anchor) if test.form == "never" else deciding.must(test, self.course, anchor)

    def _deaf(self, test: Test) -> bool:
        """Words that the check needs are not there."""
        if not test.sides:
            return False
        until = self.course.ended_ms if self.course.ended_ms is not None else self.course.horizon
        return any(self.course.heard[side] <= until for side in test.sides)

    def _sum_up(self, test: Test, watch: _Watch | None, whole: Span, new: list[Verdict]) -> None:
        """What only the whole call can tell."""
        nothing = test.form == "never" and not test.event.sides  # nor was there anything to ask words about
        if self._deaf(test) and not nothing and not (watch and watch.spoke):
            self._speak(test, None, _unsure(whole), new)
        elif test.form == "never":
            if not (watch and watch.spoke):
                self._speak(test, None, _decision("pass", whole, _NEVER), new)
        elif test.gauge is not None:
            value = measured(test.gauge, self.course)
            if value is not None:
                low, high = test.gauge.at_least, test.gauge.at_most
                kept = (low is None or value >= low) and (high is None or value <= high)
                self._speak(
                    test, None, _decision("pass" if kept else "breach", whole, told(test.gauge, value)), new
                )
        else:
            self._count(test, whole, new)

    def _count(self, test: Test, whole: Span, new: list[Verdict]) -> None:
        spans = [
            span
            for span in test.event.spans(self.course)
            if deciding.guarded(test, self.course, span) is not False
        ]
        if test.form == "total":
            value = sum(span.to_ms - span.from_ms for span in spans)
            found = Text(f"共 {deciding.seconds(value)} 秒", f"{deciding.seconds(value)} s in all")
        else:
            value = len(spans)
            found = Text(f"{value} 次", f"{value} times")
        kept = (test.at_most is None or value <= test.at_most) and (
            test.at_least is None or value >= test.at_least
        )
        self._speak(test, None, _decision("pass" if kept else "breach", whole, found), new)

    # what is waited for

    def pending(self, now_ms: int) -> list[Pending]:
        """What the standard waits for at this instant, the most urgent first."""
        course, found = self.course, []
        for number, watch in self._watches.items():
            test = self.standard.tests[number]
            if watch.open and not test.written.silent and test.form in ("must", "procedure"):
                found += [awaiting.expected(test, course, anchor, now_ms) for anchor in watch.open]
        found += [awaiting.warned(test, course, now_ms) for test in self.standard.warning]
        found += [awaiting.too_fast(test, course, now_ms) for test in self.standard.pacing]
        there = [each for each in found if each is not None]
        return sorted(there, key=lambda each: FOREVER if each.due_ms is None else each.due_ms)

    def turn_over_ms(self) -> int | None:
        """`advance` to here, though nothing happens: a turn of speech that pauses is over. None = none is."""
        return self.course.turn_over_ms

    def warnings_at(self, now_ms: int) -> int | None:
        """When the next warning is due if what goes on goes on; None = none will be."""
        due = [
            begun + (test.warn_after_ms or 0)
            for test in self.standard.warning
            if (begun := test.event.going_on(self.course)) is not None and awaiting.fits(test, self.course)
        ]
        return min((at_ms for at_ms in due if at_ms > now_ms), default=None)


def _is_another(test: Test, spans: list[Span], at: int) -> bool:
    """An occurrence of its own, and not the one before said once more."""
    return not test.apart_ms or spans[at].from_ms - spans[at - 1].to_ms >= test.apart_ms


def _decision(outcome: Outcome, whole: Span, found: Text) -> Decision:
    return Decision(outcome=outcome, from_ms=whole.from_ms, to_ms=whole.to_ms, found=found)


def _unsure(anchor: Span) -> Decision:
    return Decision(
        outcome="unsure", from_ms=anchor.from_ms, to_ms=anchor.to_ms, found=NOT_JUDGED, confidence=0.0
    )


def _nothing_to_say(rule: Rule, at: Span) -> Verdict:
    return Verdict(
        rule=rule.id,
        version=rule.version,
        verdict="not_applicable",
        from_ms=at.from_ms,
        to_ms=at.to_ms,
        expected=rule.title,
        found=_NO_OCCASION,
    )
