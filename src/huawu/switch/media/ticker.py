"""Calls a function every 20 ms on an absolute schedule, and does not make up for long stalls in a burst."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

log = logging.getLogger(__name__)

STEP_MS = 20
MOST_AT_ONCE = 3
"""Steps made up for after a short stall; of a longer one the rest is left out."""


def steps_due(late_ms: float) -> tuple[int, int]:
    """How many steps to leave out and how many to do now, when the next one is late by so much."""
    due = int(late_ms // STEP_MS) + 1
    return max(0, due - MOST_AT_ONCE), min(due, MOST_AT_ONCE)


class Ticker:
    """Drives `tick(at_ms)`; `at_ms` is when the step was due, by `now_ms`'s clock.

    Steps are due at whole multiples of 20 ms of the loop's clock, as the timers of timers.py are: both wake
    the process once.
    """

    def __init__(self, tick: Callable[[int], None], now_ms: Callable[[], int]) -> None:
        self._tick = tick
        self._now_ms = now_ms
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._next = 0.0
        self.left_out = 0
        """Steps never done, because the process stalled."""

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._next = (int(self._loop.time() * 1000 / STEP_MS) + 1) * STEP_MS / 1000
        self._timer = self._loop.call_at(self._next, self._run)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop = None

    def _run(self) -> None:
        loop = self._loop
        if loop is None:
            return
        late_ms = max(0.0, (loop.time() - self._next) * 1000)
        leave_out, do = steps_due(late_ms)
        self.left_out += leave_out
        first = self._now_ms() - int(late_ms) + leave_out * STEP_MS
        self._next += (leave_out + do) * STEP_MS / 1000
        self._timer = loop.call_at(self._next, self._run)
        for step in range(do):
            try:
                self._tick(first + step * STEP_MS)
            except Exception:  # one bad step must not silence all legs for ever
                log.exception("media step failed")
