"""Agents' days in figures, put aside for a centre that dies and taken up by the next."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from huawu.calls.agent_days import AgentDays
from huawu.calls.kept import Kept
from huawu.platform.database import DatabaseError

KEEP_EVERY_S: Final = 15.0


def midnight_ms(now_ms: int, zone: ZoneInfo) -> int:
    """When the centre's calendar day began."""
    today = datetime.fromtimestamp(now_ms / 1000, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return int(today.timestamp() * 1000)


async def take_up(days: AgentDays, kept: Kept, now_ms: int, zone: ZoneInfo) -> None:
    """Go on with today's."""
    days.begin(midnight_ms(now_ms, zone))
    days.take_up(await kept.agent_days())


async def keep(days: AgentDays, kept: Kept) -> None:
    """Put them aside again and again."""
    while True:
        await asyncio.sleep(KEEP_EVERY_S)
        with contextlib.suppress(DatabaseError):
            await kept.put_agent_days(days.kept())
