"""What can be seen of the rules for calls outside: names that must exist, rules that never apply, gaps."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import phonenumbers

from huawu.config.schema import Configuration
from huawu.ivr.check import no_such
from huawu.ivr.schema import Problem

Path = tuple[str | int, ...]
_OUT: Path = ("outbound",)


def check_outbound(c: Configuration) -> Iterator[Problem]:
    """Everything wrong with `outbound`."""
    yield from _rules(c)
    yield from _emergency(c)
    yield from _countries(c)
    users = {person.user for person in c.people}
    for user in c.outbound.caps_of:
        yield from _named(user, (*_OUT, "caps_of", user), users, "person")
    yield from _named(c.outbound.alarm.hours, (*_OUT, "alarm", "hours"), c.calendars, "calendar")


def _rules(c: Configuration) -> Iterator[Problem]:
    trunks = {trunk.trunk for trunk in c.trunks}
    names: set[str] = set()
    taken: dict[tuple[str, str], str] = {}
    for index, rule in enumerate(c.outbound.rules):
        path = (*_OUT, "rules", index)
        if rule.rule in names:
            yield _error((*path, "rule"), f"the rule {rule.rule} is given twice")
        names.add(rule.rule)
        for field in ("who", "prefixes", "trunks"):
            if not getattr(rule, field):
                yield _error((*path, field), f'name at least one in "{field}", or take the rule out')
        for place, trunk in enumerate(rule.trunks):
            yield from _named(trunk, (*path, "trunks", place), trunks, "trunk")
        if any(rule.strip > len(prefix) for prefix in rule.prefixes):
            message = (
                "drops more digits than a prefix has: digits of the number itself; write a longer prefix"
            )
            yield _error((*path, "strip"), message)
        for place, prefix in enumerate(rule.prefixes):
            for who in rule.who:
                first = taken.setdefault((who, prefix), rule.rule)
                if first != rule.rule:
                    message = f"the rule {first} already says where {who} goes with {prefix}: never applies"
                    yield _error((*path, "prefixes", place), message)


def _emergency(c: Configuration) -> Iterator[Problem]:
    numbers = {number.number for number in c.numbers} | {person.extension for person in c.people}
    out = c.outbound
    for index, number in enumerate(out.emergency):
        if number in numbers:
            yield _error(
                (*_OUT, "emergency", index),
                f"{number} is a number or extension of the centre as well; give that another one",
            )
    trunks = {trunk.trunk for trunk in c.trunks}
    for index, trunk in enumerate(out.emergency_trunks):
        yield from _named(trunk, (*_OUT, "emergency_trunks", index), trunks, "trunk")
    if out.emergency and not trunks:
        yield _error((*_OUT, "emergency"), "there is no trunk to call for help by; add one to trunks")
    if out.rules and not out.emergency:
        message = 'phones may call outside but no emergency number; list them in "emergency" (110, 119 …)'
        yield Problem(path=_OUT, message=message, severity="warning")


def _countries(c: Configuration) -> Iterator[Problem]:
    known = phonenumbers.SUPPORTED_REGIONS
    out = c.outbound
    if out.rules and c.company.country.upper() not in known:
        message = f'"{c.company.country}" is no country; write it like CN: numbers are read as dialled there'
        yield _error(("company", "country"), message)
    for field in ("countries", "blocked_countries"):
        for index, country in enumerate(getattr(out, field)):
            if country.upper() not in known and not (field == "countries" and country.lower() == "any"):
                more = ", or any" if field == "countries" else ""
                yield _error(
                    (*_OUT, field, index), f'"{country}" is no country; write it like CN or HK{more}'
                )


def _named(name: str, path: Path, known: Collection[str], what: str) -> Iterator[Problem]:
    if name and name not in known:
        yield _error(path, no_such(what, name, known))


def _error(path: Path, message: str) -> Problem:
    return Problem(path=path, message=message)
