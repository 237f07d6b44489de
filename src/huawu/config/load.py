"""From the file's text to a checked configuration, or to the list of all that is wrong with it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path as FilePath
from typing import Any

import msgspec

from huawu.config.check import check
from huawu.config.decode import Decoder, Path
from huawu.config.schema import Configuration
from huawu.config.tree import Node, Place, TextUnreadable, planted, read
from huawu.ivr.schema import Problem


class Located(msgspec.Struct, frozen=True, kw_only=True):
    """A problem with its place in a text."""

    source: str
    place: Place
    where: str  # people.1003.queues.0
    problem: Problem

    @property
    def is_error(self) -> bool:
        """An error keeps the configuration out; a warning does not."""
        return self.problem.severity == "error"

    def __str__(self) -> str:
        line, column = self.place
        kind = "" if self.is_error else "warning: "
        return f"{self.source}:{line}:{column} {self.where}: {kind}{self.problem.message}"


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """What a text gave: a configuration when nothing is an error, and all problems in the text's order."""

    configuration: Configuration | None
    problems: tuple[Located, ...] = ()

    @property
    def errors(self) -> tuple[Located, ...]:
        """What keeps it out."""
        return tuple(problem for problem in self.problems if problem.is_error)

    @property
    def warnings(self) -> tuple[Located, ...]:
        """What is worth a look."""
        return tuple(problem for problem in self.problems if not problem.is_error)


class ConfigurationInvalid(Exception):
    """A configuration has errors; `problems` lists them all."""

    def __init__(self, problems: tuple[Located, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def parse(text: str, *, source: str = "centre.yaml", prompts: Collection[str] | None = None) -> Parsed:
    """Read and check a text; `prompts` are the ids that can be said (None: not checked). Never raises."""
    try:
        return _checked(read(text), source, prompts)
    except TextUnreadable as unreadable:
        return _unread(str(unreadable), unreadable.place, source)


def parse_parts(parts: Any, *, prompts: Collection[str] | None = None) -> Parsed:
    """Read and check what a page gives: the file as dicts, lists and scalars. Never raises.

    Nothing stands in a line, so all places are (0, 0).
    """
    try:
        return _checked(planted(parts), "parts", prompts)
    except TextUnreadable as unreadable:
        return _unread(str(unreadable), unreadable.place, "parts")


def _unread(message: str, place: Place, source: str) -> Parsed:
    problem = Problem(path=(), message=message)
    located = Located(source=source, place=place, where="file", problem=problem)
    return Parsed(configuration=None, problems=(located,))


def _checked(root: Node | None, source: str, prompts: Collection[str] | None) -> Parsed:
    if root is None:
        return _unread('the file is empty; begin with "company:"', (1, 1), source)
    decoder = Decoder()
    configuration = decoder.struct(root, Configuration)
    problems = list(decoder.problems)
    if configuration is not None:
        problems += check(configuration, prompts)
    all_located = sorted(
        (_locate(problem, decoder, source) for problem in problems), key=lambda each: each.place
    )
    failed = any(each.is_error for each in all_located)
    return Parsed(configuration=None if failed else configuration, problems=tuple(all_located))


def load(text: str, *, source: str = "centre.yaml", prompts: Collection[str] | None = None) -> Configuration:
    """The configuration in a text. Raises `ConfigurationInvalid` with every error."""
    parsed = parse(text, source=source, prompts=prompts)
    if parsed.configuration is None:
        raise ConfigurationInvalid(parsed.errors)
    return parsed.configuration


def load_file(path: FilePath, *, prompts: Collection[str] | None = None) -> Configuration:
    """The configuration in a UTF-8 file. Raises `ConfigurationInvalid` or `OSError`."""
    return load(path.read_text(encoding="utf-8-sig"), source=path.name, prompts=prompts)


def _locate(problem: Problem, decoder: Decoder, source: str) -> Located:
    path = problem.path
    while path not in decoder.places and path:
        path = path[:-1]
    return Located(
        source=source,
        place=decoder.places.get(path, (1, 1)),
        where=_where(problem.path, decoder.labels),
        problem=problem,
    )


def _where(path: Path, labels: dict[Path, str]) -> str:
    parts = [labels.get(path[: index + 1], str(part)) for index, part in enumerate(path)]
    return ".".join(parts) or "file"
