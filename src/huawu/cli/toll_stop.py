"""What `huawu tolls` does: the stop of costly calls outside told and lifted, on record."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import typer

from huawu.calls.toll_record import TollEvent, TollRecord
from huawu.cli.options import Options
from huawu.platform.clock import SystemClock
from huawu.platform.database import Database, DatabaseError

T = TypeVar("T")


def show_stop(data: Path, database: str) -> None:
    """Say how it stands and what was on record before. Raises `typer.Exit` where there is no database."""
    events = _with_record(data, database, lambda record: record.newest())
    typer.echo("Costly calls are stopped." if _stopped(events) else "Costly calls may leave.")
    for event in events:
        when = datetime.fromtimestamp(event.at_ms / 1000).astimezone().isoformat(" ", "seconds")
        typer.echo(f"{when}  {event.what}  {event.by}  {event.detail}")


def lift_stop(data: Path, database: str, why: str) -> None:
    """Lift it. Raises `typer.Exit` when there is none, or no database."""

    async def lift(record: TollRecord) -> bool:
        if not _stopped(await record.newest(1)):
            return False
        await record.reset(SystemClock().now_ms(), getpass.getuser(), why)
        return True

    if not _with_record(data, database, lift):
        typer.echo("Costly calls are not stopped, so there is nothing to lift.", err=True)
        raise typer.Exit(1)
    typer.echo("Costly calls may leave again; it is on record.")


def _stopped(events: list[TollEvent]) -> bool:
    return bool(events) and events[0].what == "stop"


def _with_record(data: Path, database: str, use: Callable[[TollRecord], Awaitable[T]]) -> T:
    async def run() -> T:
        db = Database(Options(data=data, database=database).database_url)
        try:
            await db.migrate()
            return await use(TollRecord(db))
        finally:
            await db.close()

    try:
        return asyncio.run(run())
    except DatabaseError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
