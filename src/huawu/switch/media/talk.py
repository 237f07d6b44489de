"""When a leg's party speaks: from the level of each 20 ms, over a noise floor that follows the line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from huawu.switch.media.g711 import ALAW, ULAW

_FULL_SCALE_POWER = 32124.0**2 / 2  # a sine at full scale is 0 dBFS
_ULAW_POWER = (ULAW.astype(np.float64) ** 2 / _FULL_SCALE_POWER).astype(np.float32)
_ALAW_POWER = (ALAW.astype(np.float64) ** 2 / _FULL_SCALE_POWER).astype(np.float32)
LOWEST_DB = -90.0


def levels_db(payloads: list[bytes], alaw: bool) -> list[float]:
    """The level of each of many payloads of one length, in one step."""
    octets = np.frombuffer(b"".join(payloads), np.uint8).reshape(len(payloads), -1)
    power = (_ALAW_POWER if alaw else _ULAW_POWER)[octets].mean(axis=1)
    levels: list[float] = (10 * np.log10(power + 1e-9)).tolist()
    return levels


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
        "_began_ms",
        "_first_ms",
        "_frames",
        "_last_ms",
        "_loud",
        "_peak",
        "_power",
        "floor_db",
        "talking",
    )

    def __init__(self) -> None:
        self.talking = False
        self.floor_db = -50.0  # till the line is known: a middling one
        self._loud = 0  # loud frames of the present burst, at most 3 are counted before it is voice
        self._first_ms = 0
        self._last_ms = 0
        self._began_ms = 0
        self._frames = 0
        self._power = 0.0
        self._peak = LOWEST_DB

    def hear(self, level_db: float, at_ms: int, length_ms: int = 20) -> Began | Ended | None:
        """A frame that began at `at_ms`."""
        floor = self.floor_db
        if level_db < floor:
            self.floor_db = max(floor + (level_db - floor) * 0.25, -75.0)
        else:  # 3 dB/s, while somebody talks 0.6: a long speech must not become the floor
            self.floor_db = min(floor + (0.012 if self.talking else 0.06), level_db, self.LOUDEST_FLOOR_DB)
        if level_db < self.QUIETEST_DB or level_db < floor + self.ABOVE_DB:
            return self.quiet(at_ms + length_ms)
        self._last_ms = at_ms + length_ms
        if self._loud == 0:
            self._first_ms = at_ms
            self._frames, self._power, self._peak = 0, 0.0, LOWEST_DB
        self._loud += 1
        self._frames += 1
        self._power += 10 ** (level_db / 10)
        if level_db > self._peak:
            self._peak = level_db
        if not self.talking and self._loud * length_ms >= 60:
            self.talking = True
            return Began(at_ms=self._first_ms)
        return None

    def quiet(self, at_ms: int) -> Ended | None:
        """Nothing loud up to `at_ms`: a quiet frame, or no packet at all."""
        if self._loud == 0:
            return None
        if not self.talking:
            if at_ms - self._last_ms > 40:  # a click, not a voice
                self._loud = 0
            return None
        if at_ms - self._last_ms < self.HANGOVER_MS:
            return None
        return self.end()

    def end(self) -> Ended | None:
        """The leg is muted or over: what was said ends."""
        if not self.talking:
            self._loud = 0
            return None
        self.talking = False
        self._loud = 0
        level = 10 * float(np.log10(self._power / max(self._frames, 1) + 1e-9))
        return Ended(
            at_ms=self._last_ms, level_db=round(min(level, 0.0), 1), peak_db=round(min(self._peak, 0.0), 1)
        )
