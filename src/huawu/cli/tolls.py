"""`huawu tolls`: look at the stop of costly calls outside, and lift it."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from huawu.calls.toll_record import TollEvent, TollRecord
from huawu.cli.options import Options
from huawu.platform.clock import SystemClock
from huawu.platform.database import Database, DatabaseError

app = typer.Typer(no_args_is_help=True, help="Costly calls outside: whether they are stopped; lift the stop.")

T = TypeVar("T")
DataFolder = Annotated[
    Path, typer.Option("--data", metavar="DIR", envvar="HUAWU_DATA", help="The data folder.")
]
DatabaseUrl = Annotated[
    str, typer.Option("--database", envvar="HUAWU_DATABASE", help="postgresql://…; without it SQLite in DIR.")
]
DEFAULT_DATA = Path("data")


@app.command()
def show(data: DataFolder = DEFAULT_DATA, database: DatabaseUrl = "") -> None:
    """Say whether costly calls are stopped, and what was on record before."""
    events = _with_record(data, database, lambda record: record.newest())
    typer.echo("Costly calls are stopped." if _stopped(events) else "Costly calls may leave.")
    for event in events:
        when = datetime.fromtimestamp(event.at_ms / 1000).astimezone().isoformat(" ", "seconds")
        typer.echo(f"{when}  {event.what}  {event.by}  {event.detail}")


@app.command()
def reset(
    data: DataFolder = DEFAULT_DATA,
    database: DatabaseUrl = "",
    why: Annotated[str, typer.Option(help="For those who look back.")] = "",
) -> None:
    """Let costly calls leave again; a running centre takes it over within a second or two."""

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
