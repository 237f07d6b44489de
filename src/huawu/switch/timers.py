"""Many timers on one: SIP starts and stops dozens a call, and hardly any of them comes due."""

from __future__ import annotations

import asyncio
import heapq
import math
from collections.abc import Callable
from typing import Final

GRAIN_S: Final = 0.02
"""Timers fire at whole multiples of it, up to this much late: far below what any SIP timer minds.

That is when the media's step is due too, so that none of them, the stale ones least, wakes the process alone.
"""

STALE: Final = 1_000
"""After so many starts stopped timers are swept out, if there are three of them for each that runs.

A session timer is due in a quarter of an hour, and nearly every call stops its own before.
"""


class Timers:
    """Timers by key on the event loop's clock; starting or stopping one is a few dictionary steps."""

    def __init__(self, loop: asyncio.AbstractEventLoop, fire: Callable[[str], None]) -> None:
        self._loop = loop
        self._fire = fire
        self._due: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []
        self._started = 0  # since the heap was last looked through
        self._armed: asyncio.TimerHandle | None = None
        self._armed_for = float("inf")

    def start(self, key: str, due: float) -> None:
        """Call `fire(key)` at `due`; replaces one of the same key."""
        self._due[key] = due
        heapq.heappush(self._heap, (due, key))
        self._started += 1
        if self._started > STALE:
            self._sweep()
        if due <= self._armed_for - GRAIN_S:
            self._arm(due)

    def _sweep(self) -> None:
        """Take the stopped ones out, when they are most of the heap."""
        self._started = 0
        if len(self._heap) > 4 * len(self._due):
            self._heap[:] = [(when, name) for name, when in self._due.items()]
            heapq.heapify(self._heap)

    def stop(self, key: str) -> None:
        """It shall not fire; one that was not started is none."""
        self._due.pop(key, None)

    def cancel(self) -> None:
        """None fires any more."""
        self._due.clear()
        self._heap.clear()
        if self._armed is not None:
            self._armed.cancel()

    def _arm(self, due: float) -> None:
        if self._armed is not None:
            self._armed.cancel()
        self._armed_for = math.ceil(due / GRAIN_S) * GRAIN_S
        self._armed = self._loop.call_at(self._armed_for, self._wake)

    def _wake(self) -> None:
        now = self._loop.time()
        heap, dues = self._heap, self._due
        self._armed, self._armed_for = None, float("inf")
        while heap:
            due, key = heap[0]
            if dues.get(key) != due:
                heapq.heappop(heap)  # stopped, or started anew for another time
            elif due <= now:
                heapq.heappop(heap)
                del dues[key]
                self._fire(key)
            else:
                break
        if heap and heap[0][0] <= self._armed_for - GRAIN_S:
            self._arm(heap[0][0])
