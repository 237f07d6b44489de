"""The centre's days: when each begins, and the agents' figures of it, put aside for a centre that dies."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from huawu.calls.agent_days import AgentDays
from huawu.calls.kept import Kept
from huawu.platform.clock import Clock
from huawu.platform.database import DatabaseError

KEEP_EVERY_S: Final = 15.0


def midnight_ms(now_ms: int, zone: ZoneInfo) -> int:
    """When the centre's calendar day began."""
    today = datetime.fromtimestamp(now_ms / 1000, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return int(today.timestamp() * 1000)


async def take_up(days: AgentDays, kept: Kept, seen_ms: int, now_ms: int, zone: ZoneInfo) -> None:
    """Go on with today's; `seen_ms`: when calls were heard of last."""
    days.begin(midnight_ms(now_ms, zone))
    days.take_up(await kept.agent_days(), seen_ms, now_ms)


async def keep(days: AgentDays, kept: Kept) -> None:
    """Put them aside again and again."""
    while True:
        await asyncio.sleep(KEEP_EVERY_S)
        with contextlib.suppress(DatabaseError):
            await kept.put_agent_days(days.kept())


async def each_midnight(clock: Clock, zone: ZoneInfo, begin_day: Callable[[], None]) -> None:
    """Tell of each calendar day that begins."""
    while True:
        now = datetime.fromtimestamp(clock.now_ms() / 1000, zone)
        midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), zone)
        await asyncio.sleep((midnight - now).total_seconds() + 0.001)
        begin_day()
