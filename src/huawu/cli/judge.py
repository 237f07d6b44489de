"""`huawu judge`: judges calls that are over, beside the centre, so that no call under way waits for it."""

from __future__ import annotations

import asyncio
import os
import socket

import structlog
import uvloop

from huawu.cli.beside import end_when_told, wait_for_tables
from huawu.cli.options import Options
from huawu.link import memory
from huawu.platform.clock import SystemClock
from huawu.platform.database import Database, DatabaseError
from huawu.platform.log import configure_logging
from huawu.quality.book import Books
from huawu.quality.judging import Judging
from huawu.quality.service import listens
from huawu.standard import load_standard

log = structlog.get_logger(__name__)


async def judge(options: Options) -> int:
    """Run until SIGTERM or Ctrl-C; the exit code."""
    db, clock = Database(options.database_url, readers=2), SystemClock()
    name = f"judge {socket.gethostname()[:40]}-{os.getpid()}"
    end_when_told()
    try:
        judging = Judging(db, clock, Books(db, clock, load_standard, listens), name=name)
        await wait_for_tables(judging.backlog)
        log.info("judge begins", judge=name)
        memory.settle()
        await judging.run()
    except asyncio.CancelledError:
        log.info("judge ends", judge=name)
    except DatabaseError as error:
        print(error, flush=True)
        return 1
    finally:
        await db.close()
    return 0


def run_judge(options: Options, *, nice: int) -> int:
    """The process; calls under way go before it."""
    configure_logging(options.log_level)
    os.nice(nice)
    return uvloop.run(judge(options))
