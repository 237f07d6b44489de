"""Which calls go wrong, and how much: pure, from the verdicts so far and what is warned of at this moment.

A broken rule weighs by its severity, what goes on now a little more. The list holds calls of `LEAST` and
more: one minor slip is no trouble, three are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple, Protocol

import msgspec

from huawu.calls.assist.prompting import words
from huawu.calls.assist.views import TroubledCall
from huawu.standard import Pending, Text, Verdict

WEIGHT: Final = {"minor": 1, "major": 3, "fatal": 6}
NOW_WEIGHT: Final = 2
"""Of a warning that stands now."""
LEAST: Final = 3
MOST: Final = 50
"""Calls on the list; who is below them is no leader's first care."""


class RuleLike(Protocol):
    """What must be known of a rule; `standard.Rule` is one."""

    @property
    def severity(self) -> str: ...
    @property
    def title(self) -> Text: ...


class Slip(NamedTuple):
    """A broken rule: what it weighs, and when it was broken."""

    weight: int
    at_ms: int
    rule: str


def slip_of(breach: Verdict, rule: Callable[[str], RuleLike | None]) -> Slip:
    """What a breach weighs; that of a rule which is gone, as little as can be."""
    found = rule(breach.rule)
    return Slip(WEIGHT.get(found.severity, 1) if found else 1, breach.to_ms, breach.rule)


def trouble_of(
    call: str,
    agent: str,
    slips: Sequence[Slip],
    pending: Iterable[Pending],
    rule: Callable[[str], RuleLike | None],
    now_ms: int,
) -> TroubledCall | None:
    """How much goes wrong; None = nothing worth a leader's look. `since_ms` is now."""
    ongoing = [Slip(NOW_WEIGHT, each.since_ms, each.rule) for each in pending if each.kind == "warn"]
    weighed = [*slips, *ongoing]
    score = sum([slip.weight for slip in weighed])
    if score < LEAST or not agent:
        return None
    heaviest = max(weighed).rule
    found = rule(heaviest)
    return TroubledCall(
        call=call,
        agent=agent,
        score=score,
        rule=heaviest,
        reason=words(found.title) if found is not None else words(Text(heaviest, heaviest)),
        since_ms=now_ms,
        breaches=len(slips),
        now=any(slip.rule == heaviest for slip in ongoing),
    )


class Troubles:
    """The calls that go wrong, the worst first. `changed` gathers what is different until it was told."""

    def __init__(self) -> None:
        self._calls: dict[str, TroubledCall] = {}
        self.changed: dict[str, TroubledCall | None] = {}
        self.told: Callable[[], None] = lambda: None
        """Called when something is in `changed`."""

    def __iter__(self) -> Iterator[TroubledCall]:
        """The worst first; of equals the one that has been so for longest."""
        ranked = sorted(self._calls.values(), key=lambda each: (-each.score, each.since_ms, each.call))
        return iter(ranked[:MOST])

    def is_now(self, call: str, trouble: TroubledCall | None) -> None:
        """The call goes wrong so much, or not (any more)."""
        before = self._calls.get(call)
        if trouble is not None and before is not None:
            trouble = msgspec.structs.replace(trouble, since_ms=before.since_ms)
        if trouble == before:
            return
        if trouble is None:
            self._calls.pop(call, None)
        else:
            self._calls[call] = trouble
        self.changed[call] = trouble
        self.told()
