"""The engine's timers in the event loop, by name: one of the same name replaces the one before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from huawu.calls.effects import SetTimer
from huawu.platform.clock import Clock


class Timers:
    """Those that run. `due` is called with each of the engine's that is over."""

    def __init__(self, clock: Clock, due: Callable[[SetTimer], None]) -> None:
        self._clock = clock
        self._due = due
        self._handles: dict[str, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        return len(self._handles)

    def start(self, timer: SetTimer) -> None:
        """Until its instant; one that lies in the past is due at once."""
        wait_s = max(0, timer.due_ms - self._clock.now_ms()) / 1000
        self.after(wait_s, timer.name, lambda: self._due(timer))

    def after(self, seconds: float, name: str, act: Callable[[], object]) -> None:
        """Have something done once this time is over."""
        self.cancel(name)
        self._handles[name] = asyncio.get_running_loop().call_later(seconds, self._over, name, act)

    def _over(self, name: str, act: Callable[[], object]) -> None:
        self._handles.pop(name, None)
        act()

    def due_ms(self, name: str) -> int | None:
        """When a timer runs out, Unix ms; None = none of this name runs."""
        handle = self._handles.get(name)
        if handle is None:
            return None
        wait_s = handle.when() - asyncio.get_running_loop().time()
        return self._clock.now_ms() + round(wait_s * 1000)

    def cancel(self, name: str) -> None:
        """It is no longer wanted, if it runs."""
        if (handle := self._handles.pop(name, None)) is not None:
            handle.cancel()

    def stop(self) -> None:
        """None is due any more."""
        for handle in self._handles.values():
            handle.cancel()
        self._handles.clear()
