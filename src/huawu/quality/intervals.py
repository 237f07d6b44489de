"""How sure a figure is: intervals of shares, differences and means, and ranks that say no more than they do.

Pure. Every interval is two-sided at a confidence of 0–1 (0.95 unless told).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Final, NamedTuple

CONFIDENCE: Final = 0.95


class Interval(NamedTuple):
    """Where the true figure lies, ends included."""

    low: float
    high: float

    def overlaps(self, other: Interval) -> bool:
        return self.low <= other.high and other.low <= self.high


def z_of(confidence: float) -> float:
    """How many standard deviations a two-sided interval reaches to each side."""
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence lies between 0 and 1, not at {confidence}")
    return NormalDist().inv_cdf((1 + confidence) / 2)


def wilson(hits: int, of: int, confidence: float = CONFIDENCE) -> Interval | None:
    """The share behind `hits` of `of` tries (Wilson 1927); None of no tries."""
    if not 0 <= hits <= of:
        raise ValueError(f"{hits} of {of} is no share")
    if of == 0:
        return None
    z, share = z_of(confidence), hits / of
    middle = share + z * z / (2 * of)
    reach = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    whole = 1 + z * z / of
    low = 0.0 if hits == 0 else max(0.0, (middle - reach) / whole)
    high = 1.0 if hits == of else min(1.0, (middle + reach) / whole)
    return Interval(low, high)


class Difference(NamedTuple):
    """How much a share changed, `after` less `before`."""

    value: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether it can be told from no change at all."""
        return self.low > 0 or self.high < 0


def difference(
    before: tuple[int, int], after: tuple[int, int], confidence: float = CONFIDENCE
) -> Difference | None:
    """The change between two shares, each as hits and tries (Newcombe 1998, method 10).

    None where one has no tries.
    """
    old, new = wilson(*before, confidence), wilson(*after, confidence)
    if old is None or new is None:
        return None
    p, q = after[0] / after[1], before[0] / before[1]
    low = p - q - math.hypot(p - new.low, old.high - q)
    high = p - q + math.hypot(new.high - p, q - old.low)
    return Difference(p - q, low, high)


class Mean(NamedTuple):
    """An average; `interval` None of fewer than two values."""

    value: float
    interval: Interval | None


def mean_of(
    count: int, total: float, squares: float, confidence: float = CONFIDENCE, *, least: float, most: float
) -> Mean | None:
    """The mean behind `count` values, from their sum and the sum of their squares (Student's t).

    `least` and `most` bound what a value can be; None of no values.
    """
    if count == 0:
        return None
    mean = total / count
    if count == 1:
        return Mean(mean, None)
    variance = max(0.0, (squares - count * mean * mean) / (count - 1))
    reach = t_of(confidence, count - 1) * math.sqrt(variance / count)
    return Mean(mean, Interval(max(least, mean - reach), min(most, mean + reach)))


def t_of(confidence: float, freedom: int) -> float:
    """Student's t, two-sided: exact for one and two degrees of freedom, else within 1 % (Hill's series)."""
    p = (1 + confidence) / 2
    if freedom == 1:
        return math.tan(math.pi * (p - 0.5))
    if freedom == 2:
        return (2 * p - 1) * math.sqrt(2 / (4 * p * (1 - p)))
    z = z_of(confidence)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92_160,
    )
    return z + math.fsum(term / freedom**power for power, term in enumerate(terms, start=1))


def ranks(intervals: Sequence[Interval | None]) -> list[int | None]:
    """Places from 1 (lowest) in which no two that overlap differ; None for what has no interval.

    A chain of overlaps is one place: A like B and B like C are all of one rank, though A and C may differ.
    """
    known = sorted(
        (interval.low, interval.high, place)
        for place, interval in enumerate(intervals)
        if interval is not None
    )
    found: list[int | None] = [None] * len(intervals)
    rank, reach = 1, -math.inf
    for before, (low, high, place) in enumerate(known):
        if low > reach:
            rank = before + 1
        reach = max(reach, high)
        found[place] = rank
    return found
