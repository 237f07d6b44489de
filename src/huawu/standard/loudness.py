"""How loud a party usually speaks in a call, and when its voice is raised over that."""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from typing import Final

from huawu.standard.signals import Span

_BASELINE_SECONDS: Final = 4
"""So many seconds of speech are heard before a level counts as raised."""
_RAISED_DB: Final = 5.0
"""From here on a level over the usual one is no part of what is usual; how much is too much a rule says."""


class Loudness:
    """Of one party in one call; the usual is the median of the seconds that were not raised."""

    __slots__ = ("_usual",)

    def __init__(self) -> None:
        self._usual: list[float] = []  # dB, sorted

    def raised(self, began_ms: int, levels_db: Sequence[float], from_ms: int, agent: str = "") -> list[Span]:
        """A talk is over: where it was raised; its other seconds make the usual. What began before `from_ms`
        does not count. `agent`: whose it is, where there are several.
        """
        usual, spans = self._usual, list[Span]()
        run: list[tuple[int, int, float]] = []
        skipped = max(0, -((began_ms - from_ms) // 1000))
        for second in range(skipped, len(levels_db)):
            level_db, known = levels_db[second], len(usual)  # `is_raised`, without a call for each second
            over_db = level_db - usual[known >> 1] if known >= _BASELINE_SECONDS else 0.0
            if over_db >= _RAISED_DB:
                begins_ms = began_ms + 1000 * second
                run.append((begins_ms, begins_ms + 1000, over_db))
                continue
            insort(usual, level_db)
            if run:
                spans.append(_span(run, agent))
                run = []
        if run:
            spans.append(_span(run, agent))
        return spans

    def is_raised(self, level_db: float) -> bool:
        """Whether a second is raised, as far as the usual is known."""
        usual = self._usual
        return len(usual) >= _BASELINE_SECONDS and level_db - usual[len(usual) >> 1] >= _RAISED_DB


def _span(seconds: list[tuple[int, int, float]], agent: str) -> Span:
    return Span(seconds[0][0], seconds[-1][1], {"seconds": tuple(seconds), "agent": agent})
