"""When a leg's party speaks: from the level of each packet, over a noise floor that follows the line.

The level is looked up on arrival: octets are exchanged for the roots of their magnitudes and added up, which
is a good enough measure of loudness. The power is only taken of every fourth loud packet and of the loudest,
when they are over. One numpy step for all legs at each tick was tried first: waking it from a cold cache 50
times a second cost more than 100 legs' look-ups.
"""

from __future__ import annotations

import math
from typing import Final
from zlib import adler32

from huawu.switch.media.g711 import ALAW, ULAW, Samples
from huawu.switch.media.talk_facts import Began, Ended, Second

_FULL_SCALE = 32124.0
LOWEST_DB = -90.0
_CREST_DB = 3.4  # what the mean root of Gaussian noise falls short of its power
LOWEST_FLOOR_DB: Final = -60.0
"""From -56 on nothing more is heard; lower would only take longer to climb back."""
HANGOVER_MS: Final = 300
ABOVE_DB: Final = 10.0
QUIETEST_DB: Final = -46.0
LOUDEST_FLOOR_DB: Final = -34.0
ALWAYS_LOUD_DB: Final = LOUDEST_FLOOR_DB + ABOVE_DB
LEVEL_DB: Final = 6.0
_KEPT = 16_000
SECOND_MS = 1_000
MOST_SECONDS = 600  # of one talk whose levels are told; who speaks longer without a breath is no voice
_NEVER = 1 << 62
_SUMMED = 256  # octets whose sum Adler's checksum holds for certain: 256 * 255 < 65521


def _roots(values: Samples) -> bytes:
    return bytes(min(255, round(255 * math.sqrt(abs(int(value)) / _FULL_SCALE))) for value in values)


def _powers(values: Samples) -> tuple[bytes, bytes, bytes]:
    """The squares as numbers of three octets, a table for each octet; full scale is the largest."""
    squares = [round(0xFFFFFF * min(1.0, (int(value) / _FULL_SCALE) ** 2)) for value in values]
    return (
        bytes(square >> 16 for square in squares),
        bytes(square >> 8 & 0xFF for square in squares),
        bytes(square & 0xFF for square in squares),
    )


_ROOTS = (_roots(ULAW), _roots(ALAW))
_POWERS = (_powers(ULAW), _powers(ALAW))


def _sum(octets: bytes | bytearray) -> int:
    """Of at most `_SUMMED` octets: Adler's checksum begins with it, and is the fastest that adds up."""
    return (adler32(octets) & 0xFFFF) - 1


def loudness_db(payload: bytes, alaw: bool) -> float:
    """Roughly the level (within 2 dB for voice and noise), fast; -90 for silence."""
    size = len(payload)
    if size > _SUMMED:
        payload = payload[:: size // _SUMMED + 1]
        size = len(payload)
    total = (adler32(payload.translate(_ROOTS[alaw])) & 0xFFFF) - 1
    return 40 * math.log10(total / (255 * size)) + 3.0 + _CREST_DB if total > size else LOWEST_DB


def mean_power(payload: bytes | bytearray, alaw: bool) -> float:
    """The mean power; 1 = a sine at full scale."""
    high, middle, low = _POWERS[alaw]
    total = 0
    for at in range(0, len(payload), _SUMMED):
        piece = payload[at : at + _SUMMED]
        total += _sum(piece.translate(high)) << 16
        total += (_sum(piece.translate(middle)) << 8) + _sum(piece.translate(low))
    return 2 * total / 0xFFFFFF / max(len(payload), 1)  # a sine at full scale is 0 dBFS


class TalkEar:
    """Voice of one party. Told of its beginning after 60 ms of voice, of its end after `HANGOVER_MS` of none.

    In between each full second is told, counted from the beginning; their mean levels come once more with the
    end. All are dated when they happened. A frame is loud when it stands `ABOVE_DB` over the noise floor and
    over `QUIETEST_DB`. The floor sinks at once with the quietest frames and climbs slowly.

    Noise that sets in looks like a voice at first. A second of talk that stays within `LEVEL_DB` and had no
    dip was none (a second of speech spans 12 dB and more): the floor moves up to it at once. From
    `ALWAYS_LOUD_DB` on sound is loud whatever the floor: tones and music at their usual level are heard
    throughout.
    """

    __slots__ = (
        "_alaw",
        "_dip_db",
        "_first_ms",
        "_kept",
        "_last_ms",
        "_levels_db",
        "_loud_ms",
        "_loudest",
        "_loudest_db",
        "_packets",
        "_power",
        "_powered",
        "_sampled_db",
        "_second_ms",
        "_second_packets",
        "_summed_db",
        "floor_db",
        "talking",
    )

    def __init__(self) -> None:
        self.talking = False
        self.floor_db = -50.0  # till the line is known: a middling one
        self._loud_ms = 0  # of the present burst; it is voice from 60 ms on
        self._first_ms = 0
        self._last_ms = 0
        self._packets = 0
        self._alaw = False
        self._kept = bytearray()  # every fourth packet; when they are many, their power in their place
        self._power = 0.0
        self._powered = 0
        self._loudest = b""
        self._loudest_db = LOWEST_DB
        self._second_ms = 0  # when the present second is full
        self._second_packets = 0  # that were loud before it began
        self._summed_db = 0.0  # of its loud packets
        self._sampled_db: list[float] = []  # the levels of every fourth of them
        self._dip_db = 0.0  # the quietest frame between them
        self._levels_db: list[float] = []

    def hear(self, payload: bytes, alaw: bool, at_ms: int) -> Began | Ended | Second | None:
        """A packet of voice that began to be spoken at `at_ms`."""
        level_db = loudness_db(payload, alaw)
        length_ms = len(payload) >> 3
        floor = self.floor_db
        if level_db < floor:
            self.floor_db = max(floor + (level_db - floor) * 0.25, LOWEST_FLOOR_DB)
        else:  # 3 dB/s, while somebody talks 0.6: a long speech must not become the floor
            self.floor_db = min(floor + (0.012 if self.talking else 0.06), level_db, LOUDEST_FLOOR_DB)
        if level_db < QUIETEST_DB or level_db < floor + ABOVE_DB:
            if self._loud_ms == 0:
                return None
            if level_db < self._dip_db:
                self._dip_db = level_db
            return self.quiet(at_ms + length_ms)
        self._last_ms = at_ms + length_ms
        if self._loud_ms == 0:
            self._begin(at_ms, alaw)
        second = self._full_second() if self._last_ms > self._second_ms else None
        self._loud_ms += length_ms
        if self._packets & 3 == 0:
            self._kept += payload
            self._sampled_db.append(level_db)
            if len(self._kept) > _KEPT:
                self._fold()
        self._packets += 1
        self._summed_db += level_db
        if level_db > self._loudest_db:
            self._loudest, self._loudest_db = payload, level_db
        if not self.talking and self._loud_ms >= 60:
            self.talking = True
            return Began(at_ms=self._first_ms)
        return second

    def _full_second(self) -> Second:
        """The present second is over, and the talk is not: who hears of it knows that it went on."""
        level_db = round(self._summed_db / (self._packets - self._second_packets), 1)
        from_ms = self._second_ms - SECOND_MS
        self._levels_db.append(level_db)
        if level_db < ALWAYS_LOUD_DB and self._is_level():
            self.floor_db = max(self.floor_db, min(level_db, LOUDEST_FLOOR_DB))
        self._begin_second()
        return Second(from_ms=from_ms, level_db=level_db)

    def _is_level(self) -> bool:
        """No voice stays so even for a second; of fewer samples than four nobody knows."""
        samples = self._sampled_db
        return len(samples) >= 4 and max(samples) - min(self._dip_db, min(samples)) <= LEVEL_DB

    def _begin_second(self) -> None:
        told = len(self._levels_db)
        self._second_ms = self._first_ms + SECOND_MS * (told + 1) if told < MOST_SECONDS else _NEVER
        self._second_packets = self._packets
        self._summed_db = 0.0
        self._sampled_db.clear()
        self._dip_db = 0.0

    def quiet(self, at_ms: int) -> Ended | None:
        """Nothing loud up to `at_ms`: a quiet frame, or no packet at all."""
        if self._loud_ms == 0:
            return None
        if not self.talking:
            if at_ms - self._last_ms > 40:  # a click, not a voice
                self._loud_ms = 0
            return None
        if at_ms - self._last_ms < HANGOVER_MS:
            return None
        return self.end()

    def end(self) -> Ended | None:
        """The leg is muted or over: what was said ends."""
        if not self.talking:
            self._loud_ms = 0
            return None
        self.talking = False
        self._loud_ms = 0
        if self._last_ms == self._second_ms:
            self._full_second()
        self._fold()
        power = self._power / max(self._powered, 1)
        peak = max(power, mean_power(self._loudest, self._alaw))
        return Ended(
            at_ms=self._last_ms,
            level_db=_decibels(power),
            peak_db=_decibels(peak),
            levels_db=tuple(self._levels_db),
        )

    def _begin(self, at_ms: int, alaw: bool) -> None:
        self._first_ms = at_ms
        self._alaw = alaw
        self._packets = self._powered = 0
        self._kept.clear()
        self._power = 0.0
        self._loudest, self._loudest_db = b"", LOWEST_DB
        self._levels_db = []
        self._begin_second()

    def _fold(self) -> None:
        self._power += mean_power(self._kept, self._alaw) * len(self._kept)
        self._powered += len(self._kept)
        self._kept.clear()


def _decibels(power: float) -> float:
    return round(min(10 * math.log10(max(power, 1e-9)), 0.0), 1)
