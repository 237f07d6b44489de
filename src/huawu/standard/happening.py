"""Events in a call: the signals each comes from, and the sieves that say which of their spans are meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, Final

from huawu.standard.course import Course
from huawu.standard.model import FOREVER
from huawu.standard.signals import Span

CALL_BEGAN: Final = -FOREVER
Sieve = Callable[[Iterable[Span]], list[Span]]
"""Of some spans those that are meant, in their order."""


_AFTERWARDS: Final = frozenset(
    f"fact:{kind}"
    for kind in (
        "wrap_up_began", "wrap_up_ended", "filed", "ticket_opened", "promised", "followed_up",
        "ticket_closed", "urgent", "help_asked", "redial_offered", "redialled", "redial_missed",
    )
)  # fmt: skip


_VOICE: Final = frozenset({"said", "words", "talk", "overlap", "raised"})


class Happening:
    """A compiled event: the signals it comes from and what each of their spans must be like."""

    __slots__ = (
        "_lasting",
        "_pairs",
        "_plain",
        "_single",
        "after",
        "lasting_ms",
        "nth",
        "number",
        "of_agents_voice",
        "of_work",
        "sides",
        "sieves",
        "signals",
        "whose",
    )

    def __init__(self, number: int, signals: tuple[str, ...], sieves: tuple[Sieve | None, ...]) -> None:
        self.number = number
        self.signals = signals
        self.sieves = sieves
        self.nth = 0
        self.after = ""
        """Of a silence: who must have spoken last; "" = no matter."""
        self.lasting_ms = 0
        """What it must last at the least; 0 = no matter."""
        self.sides = frozenset(s.split(":")[1] for s in signals if s.startswith(("said:", "words:")))
        """Whose words must be known."""
        self.whose = ("caller" in self.sides) + 2 * ("agent" in self.sides)
        """The same, as a place in `Course.known`."""
        self.of_agents_voice = all(s.split(":")[0] in _VOICE and ":agent" in s for s in signals)
        """It is what an agent says or how; the span names who, where there are several."""
        self._pairs = tuple(zip(signals, sieves, strict=True))
        self._single = len(signals) == 1
        self._plain = self._single and sieves[0] is None
        self._lasting = tuple(
            f"talk:{s[7:]}" if s.startswith("raised:") else s  # a raised voice is known when the talk is over
            for s in signals
            if not s.startswith(("said:", "words:", "fact:", "speaks:"))
        )
        self.of_work = any(signal in _AFTERWARDS for signal in signals)
        """It may happen after the call too."""

    def complete(self, course: Course) -> int:
        """Up to where (not included) all is known that begins earlier.

        Never beyond the horizon, even where words are: the call may have ended before.
        """
        known = course.known[self.whose]
        if self._lasting:
            going_on = course.open
            for signal in self._lasting:
                if signal in going_on and going_on[signal] < known:
                    known = going_on[signal]
        if self.nth < 0 and (course.ended_ms is None or known <= course.ended_ms):
            return CALL_BEGAN  # which one is the last only the end tells
        return known

    def spans(self, course: Course) -> list[Span]:
        """All that are known, in the order of their beginnings; those from `complete` on may change."""
        signals = course.signals
        if self._plain and not self.nth:
            return signals.get(self.signals[0]) or _NOTHING
        kept = course.kept.get(self.number)
        if kept is not None:
            if kept[0] == course.advances:
                return kept[2]
            total = sum([len(signals[name]) for name in self.signals if name in signals])
            if kept[1] == total:  # signals only grow
                course.kept[self.number] = (course.advances, total, kept[2])
                return kept[2]
            if self._single and not self.nth:
                return self._sifted_on(course, kept[1], kept[2])
        return self._sifted(course)

    def _sifted_on(self, course: Course, seen: int, found: list[Span]) -> list[Span]:
        """What was found, and what the signal has got since."""
        spans, sieve = course.signals[self.signals[0]], self.sieves[0]
        assert sieve is not None
        found += sieve(spans[seen:])
        course.kept[self.number] = (course.advances, len(spans), found)
        return found

    def _sifted(self, course: Course) -> list[Span]:
        found: list[Span] = []
        signals, total, several = course.signals, 0, False
        for name, sieve in self._pairs:
            spans = signals.get(name)
            if spans:
                several = total > 0
                total += len(spans)
                found += spans if sieve is None else sieve(spans)
        if several:
            found.sort(key=beginning)
        if self.nth:
            at = self.nth - 1 if self.nth > 0 else self.nth
            found = found[at : at + 1 or None]
        course.kept[self.number] = (course.advances, total, found)
        return found

    def going_on(self, course: Course) -> int | None:
        """Since when one is going on, whatever it is like; None = none is."""
        if self._single:
            return course.open.get(self.signals[0])
        begun = [course.open[signal] for signal in self.signals if signal in course.open]
        return min(begun) if begun else None


_NOTHING: Final[list[Span]] = []


beginning: Final = attrgetter("from_ms")


def chosen(
    longer_ms: int,
    shorter_ms: int,
    fields: tuple[tuple[str, frozenset[Any] | None], ...],
    tests: tuple[Callable[[Span], bool], ...],
) -> Sieve:
    """Spans of a length, with fields of these values (None: whatever it is, so that it is something)."""

    def sieve(spans: Iterable[Span]) -> list[Span]:
        if longer_ms:
            spans = [each for each in spans if each.to_ms - each.from_ms >= longer_ms]
        if shorter_ms != FOREVER:
            spans = [each for each in spans if each.to_ms - each.from_ms < shorter_ms]
        for name, allowed in fields:
            if allowed is None:
                spans = [each for each in spans if each.fields.get(name)]
            else:
                spans = [each for each in spans if each.fields.get(name, "") in allowed]
        for test in tests:
            spans = [each for each in spans if test(each)]
        return list(spans)

    return sieve


def field_is_not(name: str, unwanted: tuple[Any, ...]) -> Callable[[Span], bool]:
    refused = frozenset(unwanted)
    return lambda span: span.fields.get(name, "") not in refused


def both_of(first: Sieve | None, second: Sieve | None) -> Sieve | None:
    if first is None or second is None:
        return first or second
    one, two = first, second

    return lambda spans: two(one(spans))


def raised_by(by_db: float, longer: int) -> Sieve:
    """The first stretch of a raised voice that is raised by so much for so long."""

    def stretch(span: Span) -> Span | None:
        begun: int | None = None
        for from_ms, to_ms, over_db in span.fields["seconds"]:
            if over_db < by_db:
                begun = None
                continue
            begun = from_ms if begun is None else begun
            if to_ms - begun >= longer:
                return Span(begun, span.to_ms, span.fields)
        return None

    return lambda spans: [found for each in spans if (found := stretch(each)) is not None]


_SYLLABLES = re.compile(r"[㐀-鿿\d]+")
_WORDS = re.compile(r"[A-Za-z][A-Za-z']*")
_SYLLABLES_A_WORD: Final = 1.5
"""Of English as it is spoken on the telephone."""


def spoken_length(text: str) -> float:
    """Syllables, about: Chinese characters, digits, and English words at one and a half each."""
    return len("".join(_SYLLABLES.findall(text))) + _SYLLABLES_A_WORD * len(_WORDS.findall(text))


_MOST_SYLLABLES: Final = 1.25
"""A character, at the most: no text of `n` characters has more than this × n + 0.5."""


def is_faster(span: Span, pace: float) -> bool:
    """Whether an utterance has more syllables a minute; they are counted only if there can be so many."""
    most = _MOST_SYLLABLES * len(span.value) + 0.5
    return most * 60_000 > pace * (span.to_ms - span.from_ms) and pace_of(span) > pace


def pace_of(span: Span) -> float:
    """Syllables a minute of an utterance; 0 for what is too short to say."""
    length = spoken_length(span.value)
    lasted = span.to_ms - span.from_ms
    return length * 60_000 / lasted if length >= 6 and lasted >= 1000 else 0.0
