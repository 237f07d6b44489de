"""What `huawu config` does: a centre's file checked, written out, taken over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NoReturn, TypeVar

import typer
from rich.console import Console
from rich.text import Text

from huawu.assets.catalogue import PromptCatalogue
from huawu.config.compile import phone_hashes
from huawu.config.diff import Change, diff
from huawu.config.load import Parsed, parse
from huawu.config.print import print_configuration
from huawu.config.schema import Configuration, Secrets, secrets_of
from huawu.config.store import ConfigurationConflict, DatabaseConfigurations, StoredConfiguration
from huawu.platform.clock import SystemClock
from huawu.platform.database import Database, DatabaseError

T = TypeVar("T")
_COLOURS = {"+": "green", "-": "red", "~": "yellow"}


def check_file(file: Path, prompts: Path | None) -> None:
    """Say what is wrong, or what is in it. Raises `typer.Exit` when something is wrong, as all here do."""
    configuration = _read(file, prompts)
    _say(
        f"{file}: good. {len(configuration.numbers)} numbers, {len(configuration.flows)} flows, "
        f"{len(configuration.queues)} queues, {len(configuration.people)} people, "
        f"{len(configuration.endpoints)} phones."
    )


def export_version(data: Path, database: str, version: int | None) -> None:
    """Write a version to standard output; None = the one in force."""

    async def get(store: DatabaseConfigurations) -> StoredConfiguration | None:
        return await (store.current() if version is None else store.version(version))

    stored = _with_store(database, data, get)
    if stored is None:
        _fail("There is no such configuration yet. Take one over with: huawu config import FILE")
    configuration = _in_force(stored)
    if configuration is None:
        raise typer.Exit(1)
    typer.echo(print_configuration(configuration), nl=False)


def import_file(
    file: Path, data: Path, database: str, prompts: Path | None, *, dry_run: bool, yes: bool, comment: str
) -> None:
    """Show the differences, ask unless `yes`, and take the file over."""
    own = data / "prompts"
    configuration = _read(file, prompts or (own if own.is_dir() else None))
    stored = _with_store(database, data, lambda store: store.current())
    before = _in_force(stored)
    changes = diff(before, configuration)
    _show(changes)
    phones = phone_hashes(configuration)
    _mention(secrets_of(configuration))
    if not changes and not phones:
        _say("Nothing differs from the configuration in force.")
        return
    if dry_run:
        _say(f"{_counted(changes)}; nothing was taken over (--dry-run).")
        return
    if not yes and not typer.confirm(f"Take over {_counted(changes)}?"):
        _fail("Nothing was taken over.")
    text = print_configuration(configuration)
    version = _with_store(
        database,
        data,
        lambda store: store.save(
            text,
            by="cli",
            comment=comment or file.name,
            expected_version=stored.version if stored else 0,
            phones=phones,
        ),
    )
    _say(f"Taken over as version {version}.")


def _read(file: Path, prompts: Path | None) -> Configuration:
    """The checked configuration in a file; tells its problems and ends the program when there are errors."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        _fail(f"{file} is not UTF-8 text; save it as UTF-8.")
    except OSError as error:
        _fail(f"{file} cannot be read: {error.strerror}.")
    parsed = parse(text, source=str(file), prompts=PromptCatalogue.load(overlay=prompts).ids())
    _tell(parsed)
    if parsed.configuration is None:
        count = len(parsed.errors)
        _fail(f"{count} error{'s' if count > 1 else ''}: {file} cannot be used.")
    return parsed.configuration


def _in_force(stored: StoredConfiguration | None) -> Configuration | None:
    """What is to be compared with; a version that an older program took over may no longer be readable."""
    if stored is None:
        return None
    parsed = parse(stored.text, source=f"version {stored.version}")
    if parsed.configuration is None:
        _tell(parsed)
        _say(f"Version {stored.version} cannot be read by this program.")
    return parsed.configuration


def _with_store(url: str, data: Path, ask: Callable[[DatabaseConfigurations], Awaitable[T]]) -> T:
    async def run() -> T:
        database = Database(url or f"sqlite:///{(data / 'huawu.db').absolute()}")
        try:
            await database.migrate()
            return await ask(DatabaseConfigurations(database, SystemClock().now_ms))
        finally:
            await database.close()

    try:
        return asyncio.run(run())
    except (DatabaseError, ConfigurationConflict) as error:
        _fail(str(error))


def _tell(parsed: Parsed) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for problem in parsed.problems:
        console.print(Text(str(problem), style="red" if problem.is_error else "yellow"))


def _counted(changes: Sequence[Change]) -> str:
    return "1 change" if len(changes) == 1 else f"{len(changes)} changes"


def _show(changes: Sequence[Change]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for change in changes:
        console.print(Text(str(change), style=_COLOURS[change.sign]))


def _mention(secrets: Secrets) -> None:
    if secrets.endpoints:
        _say(f"New passwords for the phones {', '.join(secrets.endpoints)}; only their hashes are kept.")
    if secrets.people:
        names = ", ".join(secrets.people)
        _say(f"The passwords of {names} are not taken over from a file: set them in the pages.")


def _say(text: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(Text(text))


def _fail(text: str) -> NoReturn:
    _say(text)
    raise typer.Exit(1)
