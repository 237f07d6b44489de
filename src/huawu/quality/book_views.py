"""The book as people read it: every rule with what the centre has otherwise."""

from __future__ import annotations

from typing import Any

import msgspec

from huawu.quality.book import Book
from huawu.standard import Phrase, Rule, Text


class BookPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the book."""

    id: str
    title: Text


class ThresholdView(msgspec.Struct, frozen=True, kw_only=True):
    """A value as written (`3s`, 6); `shipped` null in a rule of the centre's own."""

    value: str | int | float
    shipped: str | int | float | None


class ShippedRule(msgspec.Struct, frozen=True, kw_only=True):
    """What the rule is as shipped."""

    points: float
    severity: str
    off: bool
    hint: Text
    say: list[Text]


class BookRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule; `changed`: the centre has it otherwise. `shipped` null = the centre's own rule.

    `phrases` are those that its checks look for, `banned` those it bans.
    """

    id: str
    part: str
    title: Text
    source: str
    severity: str
    points: float
    looks_at: list[str]
    reason: Text
    hint: Text
    say: list[Text]
    banned: list[str]
    phrases: list[str]
    thresholds: dict[str, ThresholdView]
    off: bool
    version: int
    changed: bool
    shipped: ShippedRule | None


class ShippedPhrase(msgspec.Struct, frozen=True, kw_only=True):
    """How the phrase is said as shipped."""

    zh: list[str]
    en: list[str]
    how: str


class BookPhrase(msgspec.Struct, frozen=True, kw_only=True):
    """A phrase and the ways to say it."""

    id: str
    zh: list[str]
    en: list[str]
    how: str
    negatable: bool
    changed: bool
    shipped: ShippedPhrase | None


class BookView(msgspec.Struct, frozen=True, kw_only=True):
    """The whole book; `overrides` are the centre's own changes as they were published."""

    version: str
    number: int
    parts: list[BookPart]
    rules: list[BookRule]
    phrases: list[BookPhrase]
    overrides: dict[str, Any]


def book_view(book: Book, shipped: Book) -> BookView:
    """A version beside the book as shipped."""
    standard, first = book.standard, shipped.standard
    return BookView(
        version=standard.version,
        number=book.number,
        parts=[BookPart(id=part.id, title=part.title) for part in standard.book.parts],
        rules=[_rule(rule, first.rules.get(rule.id)) for rule in standard.book.rules],
        phrases=[_phrase(name, each, first.phrases.get(name)) for name, each in standard.phrases.items()],
        overrides=book.overrides,
    )


def _rule(rule: Rule, shipped: Rule | None) -> BookRule:
    known = {} if shipped is None else shipped.thresholds
    return BookRule(
        id=rule.id,
        part=rule.part,
        title=rule.title,
        source=rule.source,
        severity=rule.severity,
        points=rule.points,
        looks_at=list(rule.looks_at),
        reason=rule.reason,
        hint=rule.hint,
        say=list(rule.say),
        banned=list(rule.banned),
        phrases=sorted(phrases_in(msgspec.to_builtins(rule.checks))),
        thresholds={
            name: ThresholdView(value=value, shipped=known.get(name))
            for name, value in rule.thresholds.items()
        },
        off=rule.off,
        version=rule.version,
        changed=rule != shipped,
        shipped=None
        if shipped is None
        else ShippedRule(
            points=shipped.points,
            severity=shipped.severity,
            off=shipped.off,
            hint=shipped.hint,
            say=list(shipped.say),
        ),
    )


def phrases_in(checks: Any) -> set[str]:
    """The phrases that checks look for by name, wherever they stand in them."""
    if isinstance(checks, dict):
        found = checks.get("said")
        names = [found] if isinstance(found, str) else list(found or ())
        return set(names).union(*(phrases_in(each) for each in checks.values()))
    if isinstance(checks, list | tuple):
        return set().union(*map(phrases_in, checks))
    return set()


def _phrase(name: str, phrase: Phrase, shipped: Phrase | None) -> BookPhrase:
    return BookPhrase(
        id=str(name),
        zh=list(phrase.zh),
        en=list(phrase.en),
        how=phrase.how,
        negatable=phrase.negatable,
        changed=phrase != shipped,
        shipped=None
        if shipped is None
        else ShippedPhrase(zh=list(shipped.zh), en=list(shipped.en), how=shipped.how),
    )
