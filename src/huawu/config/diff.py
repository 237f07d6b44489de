"""What differs between two configurations, in lines a person reads before saying yes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

import msgspec

from huawu.config.print import plain
from huawu.config.schema import Configuration, without_secrets

Sign = Literal["+", "-", "~"]
MISSING: Any = None
MOST_TOLD: Final = 1_400
_ONE = {
    "numbers": ("number", "number"),
    "flows": ("flow", ""),
    "calendars": ("calendar", ""),
    "queues": ("queue", ""),
    "skills": ("skill", ""),
    "people": ("person", "user"),
    "endpoints": ("endpoint", "endpoint"),
    "trunks": ("trunk", "trunk"),
    "breaks": ("break", "id"),
}
"""The word for one of a part, and the field that names it ("" = its key)."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """`+ queue refunds`, `~ queue general.ring 15s → 20s`, `- person 1009`."""

    sign: Sign
    what: str
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        return f"{self.sign} {self.what}" + (f" {self.before} → {self.after}" if self.sign == "~" else "")


def told(changes: Sequence[Change], room: int = MOST_TOLD) -> dict[str, Any]:
    """The changes for the audit, as far as there is room for so many octets; `more` counts the others."""
    lines: list[str] = []
    for change in changes:
        line = str(change)
        line = line if len(line) <= 200 else f"{line[:199]}…"
        room -= len(line.encode()) + 4
        if room < 0:
            return {"changes": lines, "more": len(changes) - len(lines)}
        lines.append(line)
    return {"changes": lines}


def diff(before: Configuration | None, after: Configuration) -> list[Change]:
    """The changes that lead from one to the other, in the file's order. `before` None: there was nothing.

    Passwords are not compared: they are not kept in a configuration.
    """
    old = plain(without_secrets(before), defaults=True) if before else {}
    new = plain(without_secrets(after), defaults=True)
    changes: list[Change] = []
    for part in msgspec.structs.fields(Configuration):
        name = part.encode_name
        a, b = old.get(name), new.get(name)
        if name not in _ONE and before is None:
            changes.append(Change(sign="+", what=name))
            continue
        if name not in _ONE:
            changes += _inside(name, a or {}, b or {})
            continue
        word, key = _ONE[name]
        changes += _parts(word, _by_name(a, key), _by_name(b, key))
        changes += _order(name, _by_name(a, key), _by_name(b, key))
    return changes


def _order(name: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    """Parts that are in both, but in another order."""
    before = [each for each in old if each in new]
    after = [each for each in new if each in old]
    if before != after:
        yield Change(sign="~", what=f"{name} order", before=", ".join(before), after=", ".join(after))


def _by_name(part: Any, key: str) -> dict[str, Any]:
    if not part:
        return {}
    return {item[key]: item for item in part} if key else part


def _parts(word: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    for name in old:
        if name not in new:
            yield Change(sign="-", what=f"{word} {name}")
    for name, value in new.items():
        if name not in old:
            yield Change(sign="+", what=f"{word} {name}")
        else:
            yield from _inside(f"{word} {name}", old[name], value)


def _inside(what: str, old: Any, new: Any) -> Iterator[Change]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for name in [*old, *(name for name in new if name not in old)]:
            if name not in new and isinstance(old[name], dict):
                yield Change(sign="-", what=f"{what}.{name}")
            elif name not in old and isinstance(new[name], dict):
                yield Change(sign="+", what=f"{what}.{name}")
            else:
                yield from _inside(f"{what}.{name}", old.get(name, MISSING), new.get(name, MISSING))
        return
    yield Change(sign="~", what=what, before=_shown(old), after=_shown(new))


def _shown(value: Any) -> str:
    if value is MISSING:
        return "(none)"
    if value in ("", [], {}):
        return "(none)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(map(_shown, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_shown(item)}" for name, item in value.items()) + "}"
    return str(value)
