"""One call judged by the whole standard, as it goes on or at once: the only evaluator there is.

Live assist, inspection and examination all feed it facts. `advance` says what became final, `pending` what is
waited for now, `finish` the rest when nothing more will be told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from huawu.standard import awaiting, deciding, ordering, summing
from huawu.standard.checks import Test
from huawu.standard.compiled import compile_book
from huawu.standard.course import Course
from huawu.standard.model import (
    FOREVER,
    BrokenTimeline,
    FactLike,
    Mark,
    Pending,
    Score,
    Text,
    Verdict,
)
from huawu.standard.schema import Book, Phrase, Rule
from huawu.standard.scoring import score_of
from huawu.standard.settling import waits_until
from huawu.standard.signals import Asked, Span

_NO_OCCASION = Text("本次通话没有涉及", "there was no occasion")
_ALWAYS_ASKED = frozenset(
    {"conversation", "silence", "hold", "muted"}
    | {f"{kind}:{side}" for kind in ("words", "speaks", "talk", "overlap") for side in ("caller", "agent")}
)
"""Signals that measures and hints look at."""
_NO_MARKS: tuple[Mark, ...] = ()
_BROKEN = (KeyError, TypeError, ValueError, AttributeError)
"""What comes of a fact that is not as facts of its kind are."""


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
        self.summed = frozenset(test.number for test in self.tests if test.form not in ("must", "procedure"))
        """Checks that say something of the whole call."""
        self.judging = tuple(rule for rule in book.rules if rule.checks and not rule.off)
        self.asked = Asked(_ALWAYS_ASKED | {signal for test in self.tests for signal in test.signals})
        self.of_turns = frozenset(test.number for test in self.tests if _has_turns(test.signals))
        self.turning = tuple(test for test in self.tests if _has_turns(test.event.signals))
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
        call, now_ms = self._told(facts, marks, now_ms)
        return tuple(call.finish(now_ms))

    def judge_so_far(
        self,
        facts: Iterable[FactLike],
        marks: Callable[[FactLike], tuple[Mark, ...]] | None = None,
        now_ms: int | None = None,
    ) -> tuple[tuple[Verdict, ...], int | None]:
        """The same, and when time alone may decide more (Unix ms); None = never."""
        call, now_ms = self._told(facts, marks, now_ms)
        return tuple(call.finish(now_ms)), call.settles_ms(now_ms)

    def _told(
        self,
        facts: Iterable[FactLike],
        marks: Callable[[FactLike], tuple[Mark, ...]] | None,
        now_ms: int | None,
    ) -> tuple[Judgement, int]:
        """A call with all its facts, and up to when they are told."""
        call = Judgement(self)
        told = tuple(facts)
        add = call.course.add  # as `Judgement.add`, without a call for each
        for fact in told:
            found = marks(fact) if fact.kind == "said" and marks is not None else _NO_MARKS
            try:
                add(fact, found)
            except _BROKEN as error:
                raise BrokenTimeline(fact, error) from error
        if now_ms is None:
            now_ms = max([fact.at_ms for fact in told], default=0) + 1
        return call, now_ms

    def score(self, verdicts: Iterable[Verdict]) -> Score:
        """What the verdicts make of the call."""
        return score_of(self.rules, verdicts)


class _Watch:
    """A check in one call: how many occurrences were taken, which are undecided, what came of it."""

    __slots__ = ("allowed", "behind", "open", "spoke", "taken")

    def __init__(self, test: Test) -> None:
        self.taken = 0
        self.behind = True
        """There are occurrences that were not taken yet, for want of what is said before them."""
        self.open: list[Span] = []
        self.spoke = False
        self.allowed: dict[str, int] = {}
        """How often it was there, by whose it was."""

    def take(self, test: Test, course: Course) -> None:
        """Occurrences that are final are to be decided from now on."""
        if test.first and self.taken:
            self.behind = False
            return
        spans = test.event.spans(course)
        taken, count = self.taken, len(spans)
        if taken < count:
            complete = test.event.complete(course)
            while taken < count and spans[taken].from_ms < complete:
                if taken == 0 or (not test.first and _is_another(test, spans, taken)):
                    self.open.append(spans[taken])
                taken += 1
        self.taken = taken
        self.behind = taken < count


def _is_another(test: Test, spans: list[Span], at: int) -> bool:
    """An occurrence of its own, and not the one before said once more."""
    return not test.apart_ms or spans[at].from_ms - spans[at - 1].to_ms >= test.apart_ms


class Judgement:
    """One call. Feed facts with `add` in about the order of time, and `advance` to what is surely told."""

    def __init__(self, standard: Standard) -> None:
        self.standard = standard
        self.course = Course(standard.asked)
        self._watches: dict[int, _Watch] = {}
        self._busy: set[int] = set()  # watches that have something to look at
        self._spoken: set[str] = set()
        self._undecided: set[str] = set()

    def add(self, fact: FactLike, marks: tuple[Mark, ...] = _NO_MARKS) -> None:
        """A fact of the call; `marks` of a `said` one. Raises `BrokenTimeline`."""
        try:
            self.course.add(fact, marks)
        except _BROKEN as error:
            raise BrokenTimeline(fact, error) from error

    def advance(self, at_ms: int) -> list[Verdict]:
        """Nothing told from now on happened before `at_ms`: the verdicts that are final by that."""
        course = self.course
        course.advance(at_ms)
        new: list[Verdict] = []
        if course.fresh:
            self._watch(course.fresh)
        for number in sorted(self._busy):
            watch = self._watches[number]
            self._look(self.standard.tests[number], watch, new)
            if not (watch.behind or watch.open):
                self._busy.discard(number)
        return new

    def _watch(self, fresh: set[str]) -> None:
        """The checks that begin with what is new have something to look at."""
        of_signal, watches, busy = self.standard.of_signal, self._watches, self._busy
        for signal in fresh:
            if signal in of_signal:
                for test in of_signal[signal]:
                    number = test.number
                    if number in watches:
                        watches[number].behind = True
                    else:
                        watches[number] = _Watch(test)
                    busy.add(number)
        fresh.clear()

    def finish(self, at_ms: int) -> list[Verdict]:
        """Nothing more will be told that happened before `at_ms`, nor more words recognised: the rest."""
        new = self.advance(at_ms)
        course = self.course
        ended = course.ended_ms is not None or course.horizon == FOREVER
        whole = summing.whole_of(course) if ended else None
        deaf = self._deaf()
        for number in sorted(self._busy | self.standard.summed):
            test, watch = self.standard.tests[number], self._watches.get(number)
            unheard = bool(deaf) and not deaf.isdisjoint(test.sides)
            if watch is not None and watch.open:
                self._give_up(test, watch, unheard, new)
            if whole is not None and number in self.standard.summed:
                spoke = watch is not None and watch.spoke
                for decision in summing.summed_up(test, course, whole, unheard, spoke):
                    self._speak(test, decision, new)
        at = Span(course.began_ms or 0, course.ended_ms or course.began_ms or 0)
        told = self._spoken | self._undecided
        return new + [_nothing_to_say(rule, at) for rule in self.standard.judging if rule.id not in told]

    def settles_ms(self, at_ms: int) -> int | None:
        """After `finish` at that instant: from when on another may decide more; None = it cannot."""
        instants = [
            last_ms + 1
            for number in self._busy
            for anchor in self._watches[number].open
            for last_ms in waits_until(self.standard.tests[number], self.course, anchor)
            if at_ms <= last_ms < FOREVER // 2
        ]
        return min(instants, default=None)

    # one check

    def _look(self, test: Test, watch: _Watch, new: list[Verdict]) -> None:
        if watch.behind:
            watch.take(test, self.course)
        if watch.open:
            watch.open = [anchor for anchor in watch.open if not self._decide(test, watch, anchor, new)]

    def _decide(self, test: Test, watch: _Watch, anchor: Span, new: list[Verdict]) -> bool:
        """Whether nothing more is to be said of an occurrence."""
        course = self.course
        if test.only_if or test.unless:
            business = deciding.guarded(test, course, anchor)
            if business is not True:
                return business is False
        if test.form == "must":
            decision = deciding.must(test, course, anchor)
        elif test.form == "procedure":
            decision = ordering.run(test, course, anchor).decision
        elif self._lets_pass(test, watch, anchor):
            return True
        else:
            decision = deciding.broken(anchor)
        if decision is None:
            return False
        if decision.outcome == "breach" and deciding.rests_on_hole(test, course, anchor, decision.to_ms):
            decision = summing.unsure(anchor, summing.NOT_RECORDED)
        if decision is not deciding.EXCUSED:
            watch.spoke = True
            self._speak(test, decision, new, anchor)
        return True

    def _lets_pass(self, test: Test, watch: _Watch, anchor: Span) -> bool:
        """What must never be may be so often, of each agent."""
        whose = self._whose(test, anchor)
        watch.allowed[whose] = watch.allowed.get(whose, 0) + 1
        return watch.allowed[whose] <= (test.at_most or 0)

    def _speak(
        self, test: Test, decision: deciding.Decision, new: list[Verdict], anchor: Span | None = None
    ) -> None:
        rule = test.rule
        agent = self._whose(test, anchor) if anchor is not None else ""
        self._spoken.add(rule.id)
        new.append(
            Verdict(
                rule=rule.id,
                version=rule.version,
                verdict=decision.outcome,
                from_ms=decision.from_ms,
                to_ms=decision.to_ms,
                expected=test.expected,
                found=decision.found,
                confidence=decision.confidence,
                hint=rule.hint,
                agent=agent or self.course.leading.at(decision.from_ms),
                check=test.name,
            )
        )

    def _whose(self, test: Test, anchor: Span) -> str:
        """The agent whose an occurrence is; "" = of who led the conversation where the verdict begins."""
        if test.whose:
            return str(anchor.fields.get(test.whose, ""))
        spoke = str(anchor.fields.get("agent", "")) if test.event.of_agents_voice else ""
        return spoke or (self.course.leading.at(anchor.from_ms) if test.form == "never" else "")

    def _give_up(self, test: Test, watch: _Watch, unheard: bool, new: list[Verdict]) -> None:
        """What is undecided: for want of words, or because its time is not over."""
        if not unheard:
            self._undecided.add(test.rule.id)
            return
        for anchor in watch.open:
            decision = self._without_words(test, watch, anchor)
            if decision is not deciding.EXCUSED:
                watch.spoke = True
                self._speak(test, decision or summing.unsure(anchor), new, anchor)

    def _without_words(self, test: Test, watch: _Watch, anchor: Span) -> deciding.Decision | None:
        """What can be said of an occurrence though nobody knows what was said; None = nothing."""
        if test.written.unheard != "judge":
            return None
        if deciding.guarded(test, self.course, anchor, wordless=True) is not True:
            return deciding.EXCUSED
        if test.form != "never":
            return deciding.must(test, self.course, anchor)
        return deciding.EXCUSED if self._lets_pass(test, watch, anchor) else deciding.broken(anchor)

    def _deaf(self) -> frozenset[str]:
        """Whose words are missing."""
        course = self.course
        until = course.ended_ms if course.ended_ms is not None else course.horizon
        return frozenset(side for side, heard_ms in course.heard.items() if heard_ms <= until)

    # what is waited for

    def pending(self, now_ms: int) -> list[Pending]:
        """What the standard waits for at this instant, the most urgent first."""
        tests, course = self.standard.tests, self.course
        found = [
            each
            for number in sorted(self._busy)
            for anchor in self._watches[number].open
            if (each := awaiting.expected(tests[number], course, anchor, now_ms)) is not None
        ]
        if course.open:
            for test in self.standard.warning:
                if (warned := awaiting.warned(test, course, now_ms)) is not None:
                    found.append(warned)
        for test in self.standard.pacing:
            if (fast := awaiting.too_fast(test, course, now_ms)) is not None:
                found.append(fast)
        return sorted(found, key=_due) if len(found) > 1 else found

    def turn_over_ms(self) -> int | None:
        """`advance` to here, though nothing happens: a turn of speech that pauses is over, and somebody asks.

        None = no turn pauses, or no check waits for one.
        """
        over_ms = self.course.turn_over_ms
        if over_ms is None or not self._asks_of_turns(over_ms):
            return None
        return over_ms

    def _asks_of_turns(self, now_ms: int) -> bool:
        for test in self.standard.turning:
            since_ms = test.event.going_on(self.course)
            if since_ms is not None and now_ms - since_ms >= test.event.lasting_ms:
                return True
        return any(self._watches[number].open for number in self._busy & self.standard.of_turns)

    def warnings_at(self, now_ms: int) -> int | None:
        """When the next warning is due if what goes on goes on; None = none will be."""
        return awaiting.next_warning_ms(self.standard.warning, self.course, now_ms)


def _has_turns(signals: Iterable[str]) -> bool:
    return any(signal.startswith("turn:") for signal in signals)


def _due(pending: Pending) -> int:
    return FOREVER if pending.due_ms is None else pending.due_ms


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
