"""Which one hint an agent gets: pure, from what the standard waits for and what was shown before.

Quiet by design. One hint at most: a step of a procedure whose time runs, then a warning, then a step without
hurry, then what is expected. Not what the agent may just have done. An expectation without hurry is shown for
a moment only, and what was shown is not shown again at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from huawu.calls.assist.views import Hint, Words
from huawu.config.schema import HintLevel
from huawu.standard import Pending, Text
from huawu.standard.model import FOREVER

Experience = HintLevel
_BLANK: Final = re.compile(r"\{[^}]*\}")

SHOW_MS: Final = 10_000
"""An expectation that is not due soon is taken away after this."""
BEGUN_MS: Final = 1_500
"""A procedure is not shown before it has waited for so long: most callers answer a greeting sooner."""
SOON_MS: Final = 15_000
"""What is due within this time is due soon: it stays until then."""
QUIET_MS: Final = {"procedure": 0, "warn": 8_000, "expect": 45_000}
"""So long after a rule's hint was taken away, no other occurrence of the same rule is shown."""


class _Occurrence(NamedTuple):
    """One thing that is waited for; a procedure's next step is another."""

    rule: str
    check: str
    step: int
    since_ms: int


class _Seen(NamedTuple):
    occurrence: _Occurrence
    until_ms: int


class Prompter:
    """Chooses for one call. Ask `choose` whenever something changed, and again at `next_ms`."""

    def __init__(self, call: str, title: Callable[[str], Text] = lambda rule: Text()) -> None:
        self._call = call
        self._title = title
        self._current: _Occurrence | None = None
        self._first_ms: dict[_Occurrence, int] = {}  # when what is still waited for was shown first
        self._seen: dict[str, _Seen] = {}  # by rule, what was shown last, and till when
        self.next_ms: int | None = None
        """When another choice may be due though nothing happens; None = never."""

    def choose(self, pending: Iterable[Pending], experience: Experience, now_ms: int) -> Hint | None:
        """The hint for this moment; None = nothing needs to be said."""
        known = {_occurrence(each): each for each in pending}
        self._first_ms = {each: at for each, at in self._first_ms.items() if each in known}
        self.next_ms = None
        fitting = [
            (self._rank(occurrence, each), occurrence)
            for occurrence, each in known.items()
            if suits(each, experience) and self._is_fresh(occurrence, each, now_ms)
        ]
        best = min(fitting)[1] if fitting else None
        if best is None:
            self._current = None
            return None
        self._show(best, known[best], now_ms)
        return hint_of(self._call, known[best], self._title(best.rule))

    def _show(self, occurrence: _Occurrence, pending: Pending, now_ms: int) -> None:
        self._current = occurrence
        self._seen[occurrence.rule] = _Seen(occurrence, now_ms)
        first_ms = self._first_ms.setdefault(occurrence, now_ms)
        if pending.kind == "expect":
            self._wake(_shown_until(pending, first_ms), now_ms)

    def _rank(self, occurrence: _Occurrence, pending: Pending) -> tuple[int, bool, int, str]:
        """The least comes first; of equals the one that is shown stays."""
        order = {"warn": 1, "expect": 3}.get(pending.kind, 2)
        if pending.kind == "procedure" and pending.step == 1:
            order = 4  # it has not really begun
        elif pending.kind == "procedure" and (pending.due_ms, pending.not_before_ms) != (None, None):
            order = 0
        due_ms = pending.due_ms if pending.due_ms is not None else FOREVER
        return order, occurrence != self._current, due_ms, pending.rule

    def _is_fresh(self, occurrence: _Occurrence, pending: Pending, now_ms: int) -> bool:
        first_ms = self._first_ms.get(occurrence)
        if pending.kind == "expect":
            if pending.due_ms is not None:
                if now_ms > pending.due_ms:
                    return False
                self._wake(pending.due_ms + 1, now_ms)
            if first_ms is not None and now_ms >= _shown_until(pending, first_ms):
                return False
        seen = self._seen.get(pending.rule)
        if pending.kind == "procedure" and seen is None and now_ms < pending.since_ms + BEGUN_MS:
            self._wake(pending.since_ms + BEGUN_MS, now_ms)
            return False
        if first_ms is None and seen is not None:
            quiet_until_ms = seen.until_ms + QUIET_MS[pending.kind]
            if now_ms < quiet_until_ms and not _goes_on(seen.occurrence, occurrence):
                self._wake(quiet_until_ms, now_ms)
                return False
        return True

    def _wake(self, at_ms: int, now_ms: int) -> None:
        if at_ms > now_ms and (self.next_ms is None or at_ms < self.next_ms):
            self.next_ms = at_ms


def suits(pending: Pending, experience: Experience) -> bool:
    """Whether somebody of this experience is told of it at all."""
    if experience == "off" or not (pending.say or pending.hint):
        return False
    if pending.spoken and (pending.kind == "expect" or pending.step == 1):
        return (
            False  # it may be what was just said; in the middle of a procedure one reads on while one speaks
        )
    if pending.kind != "expect":
        return True
    return experience == "novice" or (experience == "normal" and _is_due_soon(pending))


def _is_due_soon(pending: Pending) -> bool:
    return pending.due_ms is not None and pending.due_ms - pending.since_ms <= SOON_MS


def _shown_until(pending: Pending, first_ms: int) -> int:
    """Till when an expectation is shown."""
    if pending.due_ms is not None and _is_due_soon(pending):
        return pending.due_ms
    return first_ms + SHOW_MS


def _goes_on(before: _Occurrence, now: _Occurrence) -> bool:
    """Whether it is the next step of what was shown."""
    return before.check == now.check and before.step != now.step


def _occurrence(pending: Pending) -> _Occurrence:
    return _Occurrence(pending.rule, pending.check, pending.step, pending.since_ms)


def hint_of(call: str, pending: Pending, title: Text) -> Hint:
    """What is waited for, as a desk shows it; `title` is its rule's."""
    return Hint(
        call=call,
        rule=pending.rule,
        kind=pending.kind,
        title=words(title),
        say=words(pending.say),
        hint=words(pending.hint),
        since_ms=pending.since_ms,
        not_before_ms=pending.not_before_ms,
        due_ms=pending.due_ms,
        step=pending.step,
        of_steps=pending.of_steps,
    )


def words(text: Text) -> Words:
    """The standard's text as screens have it; what is to be filled in (`{姓}`) becomes `…`."""
    return Words(zh=_BLANK.sub("…", text.zh), en=_BLANK.sub("…", text.en))
