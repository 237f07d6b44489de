"""`huawu standard`: check a centre's own part of the service standard, read the rules that are in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(no_args_is_help=True, help="Check and read the service standard.")

Language = Literal["zh", "en"]
ChangesFile = Annotated[
    Path | None,
    typer.Option("--with", metavar="FILE", help="The centre's own part on top."),
]


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The centre's own part.", show_default=False)],
) -> None:
    """Say everything that is wrong with a centre's own part; exit code 1 when something is."""
    from huawu.cli.reading_book import check_part

    check_part(file)


@app.command()
def show(
    rule: Annotated[str, typer.Argument(metavar="[RULE]", help="A rule's name; all rules without it.")] = "",
    language: Annotated[Language, typer.Option("--language", help="zh or en.")] = "zh",
    changes: ChangesFile = None,
) -> None:
    """List all rules, or tell one in full: what it asks, why, what to say, its thresholds."""
    from huawu.cli.reading_book import show_rules

    show_rules(rule, language, changes)
