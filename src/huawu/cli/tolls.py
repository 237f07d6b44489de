"""`huawu tolls`: look at the stop of costly calls outside, and lift it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Costly calls outside: whether they are stopped; lift the stop.")

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
    from huawu.cli.toll_stop import show_stop

    show_stop(data, database)


@app.command()
def reset(
    data: DataFolder = DEFAULT_DATA,
    database: DatabaseUrl = "",
    why: Annotated[str, typer.Option(help="For those who look back.")] = "",
) -> None:
    """Let costly calls leave again; a running centre takes it over within a second or two."""
    from huawu.cli.toll_stop import lift_stop

    lift_stop(data, database, why)
