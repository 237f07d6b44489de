"""Time as something handed in: services ask a clock, tests turn its hands."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    def now_ms(self) -> int:
        """Unix time in milliseconds; never goes back."""


class SystemClock:
    """Steady time from an instant on: however the machine's clock is set, no wait grows or shrinks.

    `zero_s` is the Unix time at which `steady` read zero; None = as the machine's clock says now.
    """

    def __init__(self, zero_s: float | None = None, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._zero_s = time.time() - steady() if zero_s is None else zero_s

    def now_ms(self) -> int:
        return int((self._zero_s + self._steady()) * 1000)


class VirtualClock:
    """Time that passes only when told."""

    def __init__(self, now_ms: int = 1_750_000_000_000) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

    def advance(self, ms: int) -> int:
        if ms < 0:
            raise ValueError(f"time cannot go back by {-ms} ms")
        self._now_ms += ms
        return self._now_ms
