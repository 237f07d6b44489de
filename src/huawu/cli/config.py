"""`huawu config`: check a centre's file, write it out, take one over after a look at the differences."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Check, export and import the file that describes the centre.")

CentreFile = Annotated[Path, typer.Argument(metavar="FILE", help="The centre's file.", show_default=False)]
DataFolder = Annotated[
    Path, typer.Option("--data", metavar="DIR", envvar="HUAWU_DATA", help="The data folder.")
]
DatabaseUrl = Annotated[
    str, typer.Option("--database", envvar="HUAWU_DATABASE", help="postgresql://…; without it SQLite in DIR.")
]
PromptFolder = Annotated[
    Path | None, typer.Option("--prompts", help="A folder with prompts of your own: <language>/<id>.wav.")
]
DEFAULT_DATA = Path("data")


@app.command()
def check(file: CentreFile, prompts: PromptFolder = None) -> None:
    """Say everything that is wrong with a file; exit code 1 when something is."""
    from huawu.cli.configuring import check_file

    check_file(file, prompts)


@app.command()
def export(
    data: DataFolder = DEFAULT_DATA,
    database: DatabaseUrl = "",
    version: Annotated[int | None, typer.Option(help="A version before the newest.")] = None,
) -> None:
    """Write the configuration in force to standard output; without any password."""
    from huawu.cli.configuring import export_version

    export_version(data, database, version)


@app.command(name="import")
def import_(
    file: CentreFile,
    data: DataFolder = DEFAULT_DATA,
    database: DatabaseUrl = "",
    prompts: PromptFolder = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the differences.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    comment: Annotated[str, typer.Option(help="Why, for those who look back.")] = "",
) -> None:
    """Take a file over as the configuration in force: all of it or nothing."""
    from huawu.cli.configuring import import_file

    import_file(file, data, database, prompts, dry_run=dry_run, yes=yes, comment=comment)
