"""YAML texts of a standard become values; what is wrong is told with its line.

Each rule, phrase and event is read by itself, so that one mistake does not hide the next.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
import yaml

from huawu.standard.model import BookError, RulePlace
from huawu.standard.schema import Book, Changes, Event, Part, Phrase, PhraseChange, Rule, RuleChange

T = TypeVar("T")
NOTHING: Mapping[str, str] = {}
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PATH = re.compile(r" - at `([^`]*)`$")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")


_KINDS = (
    ("unknown_field", re.compile(r"^Object contains unknown field `(?P<name>[^`]*)`")),
    ("missing_field", re.compile(r"^Object missing required field `(?P<name>[^`]*)`")),
    ("not_one_of", re.compile(r"^Invalid enum value '?(?P<given>[^']*)'?")),
    ("range", re.compile(r"^Expected `[^`]*` (?P<limit>[<>]=? \S+)$")),
    ("length", re.compile(r"^Expected `[^`]*` of length (?P<limit>[<>]=? \S+)$")),
    ("type", re.compile(r"^Expected `(?P<expected>[^`]*)`, got `(?P<given>[^`]*)`")),
    ("form", re.compile(r"^Expected `[^`]*` matching regex (?P<form>.*)$")),
)
"""What msgspec says, by kind."""


def _kind_of(message: str) -> tuple[str, dict[str, str]]:
    for code, told in _KINDS:
        if found := told.match(message):
            return code, found.groupdict()
    return "other", {}


class _Text:
    """One YAML text with the lines of all that is in it."""

    def __init__(self, text: str, source: str) -> None:
        self.source = source
        self.places: list[RulePlace] = []
        self._lines: dict[tuple[str, ...], int] = {}
        self.value: dict[str, Any] = {}
        try:
            root = yaml.compose(text, Loader=_Loader)
            value = yaml.load(text, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            self.wrong(("file",), f"this is no YAML: {error.problem or error.context}", line, code="no_yaml")
            return
        if root is not None:
            self._note(root, ())
        if isinstance(value, dict):
            self.value = value
        elif value is not None:
            self.wrong(("file",), "names with a colon are needed here", 1, code="no_names")

    def _note(self, node: yaml.Node, path: tuple[str, ...]) -> None:
        self._lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            for key, item in node.value:
                self._note(item, (*path, str(key.value)))
                self._lines[(*path, str(key.value))] = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self._note(item, (*path, str(index)))

    def lines(self) -> dict[str, int]:
        """The line of each name, names joined by dots."""
        return {".".join(path): line for path, line in self._lines.items()}

    def wrong(
        self,
        path: tuple[str, ...],
        message: str,
        line: int = 0,
        *,
        code: str = "other",
        about: Mapping[str, str] = NOTHING,
    ) -> None:
        at = path
        while at and at not in self._lines:
            at = at[:-1]
        self.places.append(
            RulePlace(
                self.source, line or self._lines.get(at, 1), ".".join(path) or "file", message, code, about
            )
        )

    def read(self, value: Any, kind: type[T], path: tuple[str, ...]) -> T | None:
        try:
            return msgspec.convert(value, kind, strict=False)
        except msgspec.ValidationError as error:
            message = str(error)
            found = _PATH.search(message)
            if found:
                message = message[: found.start()]
                deeper = (a or b for a, b in _STEP.findall(found.group(1)[1:]))
                path = (*path, *(step for step in deeper if step != "..."))
            code, about = _kind_of(message)
            message = message.replace("Object contains", "there is an").replace("`", '"')
            self.wrong(path, message, code=code, about=about)
            return None

    def mapping(self, name: str, kind: type[T]) -> dict[str, T]:
        """The values of `name`, each read by itself."""
        values = self.value.get(name) or {}
        if not isinstance(values, dict):
            self.wrong((name,), "names with a colon are needed here", code="no_names")
            return {}
        read = {str(key): self.read(item, kind, (name, str(key))) for key, item in values.items()}
        return {key: item for key, item in read.items() if item is not None}

    def sequence(self, name: str, kind: type[T]) -> tuple[T, ...]:
        values = self.value.get(name) or []
        if not isinstance(values, list):
            self.wrong((name,), "a list is needed here", code="no_list")
            return ()
        read = (self.read(item, kind, (name, str(index))) for index, item in enumerate(values))
        return tuple(item for item in read if item is not None)

    def only(self, *names: str) -> None:
        for name in self.value:
            if name not in names:
                known = ", ".join(names)
                message = f"there is nothing of this name here; there are: {known}"
                self.wrong((str(name),), message, code="unknown_group", about={"known": known})

    def done(self) -> None:
        if self.places:
            raise BookError(tuple(self.places))


def read_book(texts: Mapping[str, str]) -> Book:
    """The book in its files (name → text). Raises `BookError` with all that is wrong."""
    version = ""
    parts: tuple[Part, ...] = ()
    phrases: dict[str, Phrase] = {}
    events: dict[str, Event] = {}
    rules: list[Rule] = []
    places: list[RulePlace] = []
    for source, content in texts.items():
        text = _Text(content, source)
        text.only("version", "parts", "phrases", "events", "rules")
        version = str(text.value.get("version", version))
        parts = parts + text.sequence("parts", Part)
        for name, phrase in text.mapping("phrases", Phrase).items():
            if name in phrases:
                text.wrong(("phrases", name), "this phrase stands in another file already")
            phrases[name] = msgspec.structs.replace(phrase, id=name)
        for name, event in text.mapping("events", Event).items():
            if name in events:
                text.wrong(("events", name), "this event stands in another file already")
            events[name] = event
        rules += text.sequence("rules", Rule)
        places += text.places
    if places:
        raise BookError(tuple(places))
    return Book(version=version, parts=parts, phrases=phrases, events=events, rules=tuple(rules))


def read_changes(content: str, source: str = "standard.yaml") -> Changes:
    """A centre's own part. Raises `BookError` with all that is wrong."""
    text = _Text(content, source)
    text.only("rules", "phrases", "events", "add")
    changes = Changes(
        rules=text.mapping("rules", RuleChange),
        phrases=text.mapping("phrases", PhraseChange),
        events=text.mapping("events", Event),
        add=text.sequence("add", Rule),
    )
    text.done()
    return changes


def changed(book: Book, changes: Changes, source: str = "standard.yaml") -> Book:
    """The book as a centre has it. Raises `BookError` for a change of what is not there."""
    places: list[RulePlace] = []

    def wrong(where: str, message: str, code: str, **about: str) -> None:
        places.append(RulePlace(source, 0, where, message, code, about))

    ids = {rule.id for rule in book.rules}
    for name in changes.rules.keys() - ids:
        message = "the book has no rule of this name; a rule of your own goes under `add`"
        wrong(f"rules.{name}", message, "no_rule", rule=name)
    for name, rule in ((each.id, each) for each in changes.add):
        if name in ids:
            wrong(f"add.{name}", "the book has this rule already; change it under `rules`", "rule_there")
        if rule.part not in {part.id for part in book.parts}:
            wrong(f"add.{name}.part", f"there is no part {rule.part}", "no_part", part=rule.part)
    rules = []
    for rule in book.rules:
        change = changes.rules.get(rule.id)
        if change is None:
            rules.append(rule)
            continue
        for name in change.thresholds.keys() - rule.thresholds.keys():
            known = ", ".join(rule.thresholds) or "none"
            message = f"the rule has no such threshold; it has: {known}"
            wrong(f"rules.{rule.id}.thresholds.{name}", message, "no_threshold", known=known)
        rules.append(_changed_rule(rule, change))
    phrases = dict(book.phrases)
    for name, said in changes.phrases.items():
        phrases[name] = _changed_phrase(phrases.get(name, Phrase(id=name)), said)
    if places:
        raise BookError(tuple(places))
    return Book(
        version=book.version,
        parts=book.parts,
        phrases=phrases,
        events={**book.events, **changes.events},
        rules=tuple(rules) + changes.add,
    )


def _changed_rule(rule: Rule, change: RuleChange) -> Rule:
    given: dict[str, Any] = {
        name: value
        for name in ("points", "severity", "hint", "say", "off")
        if (value := getattr(change, name)) is not None
    }
    return msgspec.structs.replace(rule, thresholds={**rule.thresholds, **change.thresholds}, **given)


def _changed_phrase(phrase: Phrase, change: PhraseChange) -> Phrase:
    return msgspec.structs.replace(
        phrase,
        zh=(phrase.zh if change.zh is None else change.zh) + change.add_zh,
        en=(phrase.en if change.en is None else change.en) + change.add_en,
        how=change.how or phrase.how,
        least=phrase.least if change.least is None else change.least,
    )


def placed(error: BookError, content: str, source: str = "standard.yaml") -> BookError:
    """The same mistakes with the lines of a centre's text where they have none: the nearest name's."""
    lines = _Text(content, source).lines()
    return BookError(tuple(_with_line(place, lines, source) for place in error.places))


def _with_line(place: RulePlace, lines: Mapping[str, int], source: str) -> RulePlace:
    if place.line:
        return place
    for where in (place.where, f"rules.{place.where}"):
        while where:
            if where in lines and where != "rules":
                return RulePlace(source, lines[where], place.where, place.message, place.code, place.about)
            where = where.rpartition(".")[0]
    return RulePlace(source, 1, place.where, place.message, place.code, place.about)
