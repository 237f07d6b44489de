"""One way to say a phrase, and where it was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Found(NamedTuple):
    """A phrase in a text: from–to are places in it."""

    phrase: str
    start: int
    end: int
    score: float
    value: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """One way to say a phrase. `pieces` are what stands between its gaps ({company}), in order."""

    phrase: str
    how: str
    negatable: bool
    pieces: tuple[str, ...]
    own: bool = False
    now: bool = False
    least: float = 0.0  # how alike at least, 0–1; 0 = as is usual for the length


Span = tuple[int, int, float]
"""From where to where in a text, and how alike, 0–1."""
