"""Events in a call: the signals each comes from, and the sieves that say which of their spans are meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Final

from huawu.standard.course import Course, Span
from huawu.standard.model import FOREVER

CALL_BEGAN: Final = -FOREVER
Sieve = Callable[[Span], "Span | None"]


_AFTERWARDS: Final = frozenset(
    f"fact:{kind}"
    for kind in (
        "wrap_up_began", "wrap_up_ended", "filed", "ticket_opened", "promised", "followed_up",
        "ticket_closed", "urgent", "help_asked", "redial_offered", "redialled", "redial_missed",
    )
)  # fmt: skip


class Happening:
    """A compiled event: the signals it comes from and what each of their spans must be like."""

    __slots__ = (
        "_lasting",
        "_plain",
        "after",
        "lasting_ms",
        "nth",
        "number",
        "of_work",
        "sides",
        "sieves",
        "signals",
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
        self._plain = len(signals) == 1 and sieves[0] is None
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
        known = course.horizon
        for side in self.sides:
            if course.heard[side] < known:
                known = course.heard[side]
        for signal in self._lasting:
            begun = course.open.get(signal)
            if begun is not None and begun < known:
                known = begun
        if self.nth < 0 and (course.ended_ms is None or known <= course.ended_ms):
            return CALL_BEGAN  # which one is the last only the end tells
        return known

    def spans(self, course: Course) -> list[Span]:
        """All that are known, in the order of their beginnings; those from `complete` on may change."""
        signals = course.signals
        if self._plain and not self.nth:
            return signals.get(self.signals[0]) or _NOTHING
        kept = course.kept.get(self.number)
        if kept is not None and kept[0] == course.advances:
            return kept[2]
        lengths = [len(signals[name]) if name in signals else 0 for name in self.signals]
        if kept is not None and kept[1] == lengths:
            found = kept[2]
        else:
            found = self._sifted(signals)
        course.kept[self.number] = (course.advances, lengths, found)
        return found

    def _sifted(self, signals: Mapping[str, list[Span]]) -> list[Span]:
        found: list[Span] = []
        for name, sieve in zip(self.signals, self.sieves, strict=True):
            spans = signals.get(name)
            if spans and sieve is None:
                found += spans
            elif spans and sieve is not None:
                found += [span for each in spans if (span := sieve(each)) is not None]
        if len(self.signals) > 1:
            found.sort(key=beginning)
        if self.nth:
            at = self.nth - 1 if self.nth > 0 else self.nth
            found = found[at : at + 1 or None]
        return found

    def going_on(self, course: Course) -> int | None:
        """Since when one is going on, whatever it is like; None = none is."""
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

    def sieve(span: Span) -> Span | None:
        if not longer_ms <= span.to_ms - span.from_ms < shorter_ms:
            return None
        for name, allowed in fields:
            value = span.fields.get(name, "")
            if not value if allowed is None else value not in allowed:
                return None
        for test in tests:
            if not test(span):
                return None
        return span

    return sieve


def field_is_not(name: str, unwanted: tuple[Any, ...]) -> Callable[[Span], bool]:
    refused = frozenset(unwanted)
    return lambda span: span.fields.get(name, "") not in refused


def both_of(first: Sieve | None, second: Sieve | None) -> Sieve | None:
    if first is None or second is None:
        return first or second
    one, two = first, second

    def both(span: Span) -> Span | None:
        kept = one(span)
        return None if kept is None else two(kept)

    return both


def raised_by(by_db: float, longer: int) -> Sieve:
    """The first stretch of a raised voice that is raised by so much for so long."""

    def sieve(span: Span) -> Span | None:
        begun: int | None = None
        for from_ms, to_ms, over_db in span.fields["seconds"]:
            if over_db < by_db:
                begun = None
                continue
            begun = from_ms if begun is None else begun
            if to_ms - begun >= longer:
                return Span(begun, span.to_ms, span.fields)
        return None

    return sieve


_SYLLABLES = re.compile(r"[㐀-鿿]|\d")
_WORDS = re.compile(r"[A-Za-z][A-Za-z']*")
_SYLLABLES_A_WORD: Final = 1.5
"""Of English as it is spoken on the telephone."""


def spoken_length(text: str) -> float:
    """Syllables, about: Chinese characters, digits, and English words at one and a half each."""
    return len(_SYLLABLES.findall(text)) + _SYLLABLES_A_WORD * len(_WORDS.findall(text))


def pace_of(span: Span) -> float:
    """Syllables a minute of an utterance; 0 for what is too short to say."""
    length = spoken_length(span.value)
    lasted = span.to_ms - span.from_ms
    return length * 60_000 / lasted if length >= 6 and lasted >= 1000 else 0.0
