"""What `huawu standard` does: the service standard loaded, listed, one rule told in full."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import typer
from rich.console import Console
from rich.table import Table

from huawu.standard import BookError, Rule, Standard, Text, load_standard

Language = Literal["zh", "en"]
_LETTERS = {
    "T": Text("时间", "timing"),
    "P": Text("话语", "words"),
    "V": Text("嗓音", "voice"),
    "W": Text("工作", "work"),
    "H": Text("人工", "a person"),
}


def check_part(file: Path) -> None:
    """Say what is wrong with a centre's own part. Raises `typer.Exit` then, as all here do."""
    standard = _loaded(file)
    typer.echo(f"{file}: good. Version {standard.version}, {len(standard.rules)} rules.")


def show_rules(rule: str, language: Language, changes: Path | None) -> None:
    """List all rules, or tell the one."""
    standard = _loaded(changes)
    if not rule:
        Console().print(_all_rules(standard, language))
        return
    found = standard.rules.get(rule)
    if found is None:
        near = [name for name in standard.rules if rule in name]
        typer.echo(f"There is no rule {rule}. Near it: {', '.join(near) or 'none'}.", err=True)
        raise typer.Exit(1)
    typer.echo("\n".join(_told(standard, found, language)))


def _loaded(file: Path | None) -> Standard:
    try:
        return load_standard(file)
    except OSError as error:
        typer.echo(f"{file} cannot be read: {error.strerror}.", err=True)
    except BookError as error:
        for place in error.places:
            typer.echo(str(place), err=True)
    raise typer.Exit(1)


def _all_rules(standard: Standard, language: Language) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("", "", "", ""):
        table.add_column(name)
    for rule in standard.book.rules:
        off = " (off)" if rule.off else ""
        table.add_row(rule.id + off, rule.looks_at, f"{rule.points:g}", getattr(rule.title, language))
    return table


def _told(standard: Standard, rule: Rule, language: Language) -> list[str]:
    def of(text: Text) -> str:
        return str(getattr(text, language))

    lines = [
        f"{rule.id}  {of(rule.title)}",
        f"{rule.source} · {rule.severity} · {rule.points:g} · "
        + ", ".join(of(_LETTERS[x]) for x in rule.looks_at),
        of(rule.reason),
    ]
    lines += [f"» {of(say)}" for say in rule.say]
    lines += [f"$ {name}: {value}" for name, value in rule.thresholds.items()]
    lines += [f"- {check.name}: {of(check.expected or rule.title)}" for check in rule.checks]
    for name in rule.banned:
        lines.append(f"✗ {name}: " + " · ".join(getattr(standard.phrases[name], language)))
    return lines
