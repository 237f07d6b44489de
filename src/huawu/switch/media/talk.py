"""When a leg's party speaks: from the level of each packet, over a noise floor that follows the line.

The level is looked up on arrival, octet by octet: a sum over a table of the roots of the magnitudes of every
third sample (so that no common test tone hides between them) is a good enough measure of loudness; the exact
power is taken of every fourth loud packet, and of each louder than all before. One numpy step for all legs at
each tick was tried first: waking it from a cold cache 50 times a second cost more than 100 legs' look-ups.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from huawu.switch.media.g711 import ALAW, ULAW, Samples

_FULL_SCALE = 32124.0
LOWEST_DB = -90.0
_CREST_DB = 3.4  # what the mean root of Gaussian noise falls short of its power


def _roots(values: Samples) -> bytes:
    return bytes(min(255, round(255 * math.sqrt(abs(int(value)) / _FULL_SCALE))) for value in values)


def _powers(values: Samples) -> list[float]:
    return [2 * (int(value) / _FULL_SCALE) ** 2 for value in values]  # a sine at full scale is 0 dBFS


_ROOTS = (_roots(ULAW), _roots(ALAW))
_POWERS = (_powers(ULAW), _powers(ALAW))


def loudness_db(payload: bytes, alaw: bool) -> float:
    """Roughly the level (within 2 dB for voice and noise), fast; -90 for silence."""
    third = payload[::3]
    mean = sum(third.translate(_ROOTS[alaw])) / (255 * len(third)) if third else 0.0
    return 40 * math.log10(mean) + 3.0 + _CREST_DB if mean > 0.004 else LOWEST_DB


def mean_power(payload: bytes, alaw: bool) -> float:
    """The mean power; 1 = a sine at full scale."""
    return sum(map(_POWERS[alaw].__getitem__, payload)) / max(len(payload), 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    at_ms: int
    level_db: float
    peak_db: float


class TalkEar:
    """Voice of one party. Told of its beginning after 60 ms of voice, of its end after `HANGOVER_MS` of none.

    Both are dated when they happened. A frame is loud when it stands `ABOVE_DB` over the noise floor and
    over `QUIETEST_DB`. The floor sinks at once with the quietest frames and climbs slowly.
    """

    HANGOVER_MS = 300
    ABOVE_DB = 10.0
    QUIETEST_DB = -46.0
    LOUDEST_FLOOR_DB = -34.0
    __slots__ = (
        "_first_ms",
        "_last_ms",
        "_loud_ms",
        "_loudest_db",
        "_packets",
        "_peak",
        "_power",
        "_sampled",
        "floor_db",
        "talking",
    )

    def __init__(self) -> None:
        self.talking = False
        self.floor_db = -50.0  # till the line is known: a middling one
        self._loud_ms = 0  # of the present burst; it is voice from 60 ms on
        self._first_ms = 0
        self._last_ms = 0
        self._power = 0.0
        self._peak = 0.0
        self._loudest_db = LOWEST_DB
        self._packets = 0
        self._sampled = 0

    def hear(self, payload: bytes, alaw: bool, at_ms: int) -> Began | Ended | None:
        """A packet of voice that began to be spoken at `at_ms`."""
        level_db = loudness_db(payload, alaw)
        length_ms = len(payload) >> 3
        floor = self.floor_db
        if level_db < floor:
            self.floor_db = max(floor + (level_db - floor) * 0.25, -75.0)
        else:  # 3 dB/s, while somebody talks 0.6: a long speech must not become the floor
            self.floor_db = min(floor + (0.012 if self.talking else 0.06), level_db, self.LOUDEST_FLOOR_DB)
        if level_db < self.QUIETEST_DB or level_db < floor + self.ABOVE_DB:
            return self.quiet(at_ms + length_ms) if self._loud_ms else None
        self._last_ms = at_ms + length_ms
        if self._loud_ms == 0:
            self._first_ms = at_ms
            self._packets = self._sampled = 0
            self._power, self._peak, self._loudest_db = 0.0, 0.0, LOWEST_DB
        self._loud_ms += length_ms
        sampled = self._packets & 3 == 0
        self._packets += 1
        if sampled or level_db > self._loudest_db:
            power = mean_power(payload, alaw)
            self._peak = max(self._peak, power)
            self._loudest_db = max(self._loudest_db, level_db)
            if sampled:
                self._power += power
                self._sampled += 1
        if not self.talking and self._loud_ms >= 60:
            self.talking = True
            return Began(at_ms=self._first_ms)
        return None

    def quiet(self, at_ms: int) -> Ended | None:
        """Nothing loud up to `at_ms`: a quiet frame, or no packet at all."""
        if self._loud_ms == 0:
            return None
        if not self.talking:
            if at_ms - self._last_ms > 40:  # a click, not a voice
                self._loud_ms = 0
            return None
        if at_ms - self._last_ms < self.HANGOVER_MS:
            return None
        return self.end()

    def end(self) -> Ended | None:
        """The leg is muted or over: what was said ends."""
        if not self.talking:
            self._loud_ms = 0
            return None
        self.talking = False
        level_db = _decibels(self._power / max(self._sampled, 1))
        peak_db = _decibels(self._peak)
        self._loud_ms = 0
        return Ended(at_ms=self._last_ms, level_db=level_db, peak_db=peak_db)


def _decibels(power: float) -> float:
    return round(min(10 * math.log10(max(power, 1e-9)), 0.0), 1)
