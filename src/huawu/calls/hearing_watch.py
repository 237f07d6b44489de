"""What workers have heard, as the centre learns of it: each call whose words are there is told once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

from huawu.platform.clock import Clock
from huawu.platform.database import Database, DatabaseError
from huawu.speech.backlog import Backlog, Summary

LOOK_S: Final = 2.0
BACK_MS: Final = 300_000
"""So far apart may the clocks of two machines be, and so long a life of the centre may have been away."""
AT_ONCE: Final = 500


class HearingWatch:
    """`heard` is told of each call once its words are there. After a restart some are told once more."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._backlog = Backlog(db)
        self._clock = clock
        self._told: dict[str, int] = {}  # calls and when they were done, of the newest
        self._since_ms: int | None = None
        self.heard: Callable[[str], Awaitable[None]] = _unheard
        self.summary: Summary | None = None
        """The backlog, as it was a moment ago."""

    async def run(self) -> None:
        """For good; the database may go away meanwhile."""
        while True:
            with contextlib.suppress(DatabaseError):
                await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Tell what came since the last look."""
        now_ms = self._clock.now_ms()
        since_ms = now_ms - BACK_MS if self._since_ms is None else self._since_ms
        over = await self._backlog.over_since(since_ms - BACK_MS, most=AT_ONCE)
        self.summary = await self._backlog.summary(now_ms)  # after: what is told as over waits no more
        for each in over:
            if each.state == "done" and self._told.get(each.call) != each.done_ms:
                await self.heard(each.call)
                self._told[each.call] = each.done_ms
            self._since_ms = max(self._since_ms or since_ms, each.done_ms)
        oldest_ms = (self._since_ms or since_ms) - 2 * BACK_MS
        self._told = {call: ms for call, ms in self._told.items() if ms >= oldest_ms}


async def _unheard(_call: str) -> None:
    """Nobody wants to know."""
