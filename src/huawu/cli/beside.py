"""What processes beside the centre share: they wait for its tables, and end when they are told to."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from huawu.platform.database import DatabaseError, DatabaseUnavailable

TABLES_WITHIN_S: Final = 60.0
LOOK_S: Final = 1.0


async def wait_for_tables(ask: Callable[[], Awaitable[object]]) -> None:
    """Until what is asked can be answered: the centre makes the tables when it starts.

    Raises the last `DatabaseError` after `TABLES_WITHIN_S`.
    """
    until = time.monotonic() + TABLES_WITHIN_S
    while True:
        try:
            await ask()
            return
        except (DatabaseError, SQLAlchemyError) as error:
            if time.monotonic() > until:
                raise DatabaseUnavailable("of this centre", f"its tables are not there ({error})") from error
            await asyncio.sleep(LOOK_S)


def end_when_told() -> None:
    """SIGTERM and Ctrl-C cancel the task that runs now."""
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
