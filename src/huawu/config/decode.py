"""From a tree of text to typed values, with every error and its place, not the first only.

The types are msgspec structs; their annotations (pattern, bounds, unit) are read here because an error must
say what to write instead. Scalars are taken as written: `0010` stays a number to dial.
"""

from __future__ import annotations

import functools
import re
import types
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec.structs import FieldInfo

from huawu.config.tree import Mapping, Node, Place, Scalar, Sequence
from huawu.ivr.check import did_you_mean
from huawu.ivr.schema import Problem

Path = tuple[str | int, ...]
S = TypeVar("S", bound=msgspec.Struct)

BAD: Any = object()
"""Stands for a value that could not be read; a problem was noted."""

_LENGTH = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?")
_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off")
_LABELS = ("number", "user", "endpoint", "trunk", "id")


@functools.cache
def fields_of(kind: type[msgspec.Struct]) -> tuple[FieldInfo, ...]:
    """A struct's fields with their types; looked up once, which is slow."""
    return msgspec.structs.fields(kind)


class Decoder:
    """Reads one text; `problems`, `places` (of values, by path) and `labels` (of list items) gather."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.places: dict[Path, Place] = {}
        self.labels: dict[Path, str] = {}

    def struct(self, node: Node, kind: type[S], path: Path = ()) -> S | None:
        """The value of a struct, or None when something in it is wrong."""
        self.places.setdefault(path, node.place)
        value = self._struct(node, kind, path)
        return None if value is BAD else value

    def _wrong(self, path: Path, message: str, place: Place | None = None) -> Any:
        if place is not None:
            self.places[path] = place
        self.problems.append(Problem(path=path, message=message))
        return BAD

    def _value(self, node: Node, kind: Any, path: Path, meta: msgspec.Meta | None = None) -> Any:
        origin = get_origin(kind)
        if origin is Annotated:
            inner, *extras = get_args(kind)
            return self._value(
                node, inner, path, next((m for m in extras if isinstance(m, msgspec.Meta)), None)
            )
        if origin in (Union, types.UnionType):
            members = [member for member in get_args(kind) if member is not types.NoneType]
            if isinstance(node, Scalar) and node.text.lower() in _FALSE and _all_given(members[0]):
                return None
            if len(members) == 1:
                return self._value(node, members[0], path)
            return self._tagged(node, members, path)
        if origin is tuple:
            return self._list(node, get_args(kind)[0], path)
        if origin is dict:
            return self._dict(node, get_args(kind)[0], get_args(kind)[1], path)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return self._struct(node, kind, path)
        if not isinstance(node, Scalar):
            what = "list" if isinstance(node, Sequence) else "mapping"
            return self._wrong(path, f"one value is needed here, not a {what}")
        if node.empty:
            return self._wrong(path, "nothing is given; write a value or take the line out")
        if origin is Literal:
            choices = [str(choice) for choice in get_args(kind)]
            if node.text in choices:
                return node.text
            shown = ", ".join(choice or '""' for choice in choices)
            return self._wrong(path, f'"{node.text}" is not one of {shown}{did_you_mean(node.text, choices)}')
        return self._scalar(node.text, kind, path, meta)

    def _scalar(self, text: str, kind: Any, path: Path, meta: msgspec.Meta | None) -> Any:
        extra = (meta.extra if meta else None) or {}
        if kind is str:
            if meta and meta.pattern and not re.fullmatch(meta.pattern, text):
                return self._wrong(path, f'"{text}" cannot stand here; write it like {extra.get("like")}')
            return text
        if kind is bool:
            if text.lower() in _TRUE + _FALSE:
                return text.lower() in _TRUE
            return self._wrong(path, f'"{text}" is neither true nor false')
        if extra.get("unit") == "length":
            length = parse_length(text)
            if length is None:
                hint = f" (did you mean {text}s?)" if text.isdigit() else ""
                return self._wrong(
                    path, f'"{text}" is no length of time; write it like 20s, 3m or 1h30m{hint}'
                )
            return length
        try:
            share = text.endswith("%") and extra.get("unit") == "share"
            number = kind(text[:-1] if share else text)
            number = round(number / 100, 6) if share else number
        except ValueError:
            return self._wrong(path, f'"{text}" is no {"whole " if kind is int else ""}number')
        low, high = (meta.ge, meta.le) if meta else (None, None)
        if not ((low is None or number >= low) and (high is None or number <= high)):
            bounds = f"from {low} to {high}" if high is not None else f"of at least {low}"
            return self._wrong(path, f"{text} does not fit; write a number {bounds}")
        return number

    def _list(self, node: Node, kind: Any, path: Path) -> Any:
        if isinstance(node, Scalar) and node.empty:
            return ()
        if isinstance(node, Scalar) and (_plain_kind(kind) is str or get_origin(kind) is Literal):
            value = self._value(node, kind, path)  # one value stands for a list of one
            self.places[*path, 0] = node.place
            return value if value is BAD else (value,)
        if not isinstance(node, Sequence):
            return self._wrong(path, "a list is needed here: lines that begin with a dash, or [a, b]")
        values = []
        for index, item in enumerate(node.items):
            below = (*path, index)
            self.places[below] = item.place
            if isinstance(item, Mapping):
                label = next((item.items[key][1] for key in _LABELS if key in item.items), None)
                if isinstance(label, Scalar):
                    self.labels[below] = label.text
            values.append(self._value(item, kind, below))
        return BAD if any(value is BAD for value in values) else tuple(values)

    def _dict(self, node: Node, key_kind: Any, kind: Any, path: Path) -> Any:
        if isinstance(node, Scalar) and node.empty:
            return {}
        if not isinstance(node, Mapping):
            return self._wrong(path, "names with values are needed here: lines like name: value")
        values = {}
        for name, (key, item) in node.items.items():
            below = (*path, name)
            self.places[below] = item.place if isinstance(item, Scalar) else key.place
            fits = self._value(Scalar(name, False, key.place), key_kind, below)
            value = self._value(item, kind, below)
            values[name] = BAD if fits is BAD else value
        return BAD if any(value is BAD for value in values.values()) else values

    def _tagged(self, node: Node, kinds: list[type[msgspec.Struct]], path: Path) -> Any:
        field = kinds[0].__struct_config__.tag_field or "type"
        tags = {str(kind.__struct_config__.tag): kind for kind in kinds}
        if not isinstance(node, Mapping):
            return self._wrong(
                path, f"a step is needed here: {field}: {next(iter(tags))} and what belongs to it"
            )
        if field not in node.items:
            return self._wrong(path, f'"{field}" is missing; it is one of {", ".join(tags)}')
        value = node.items[field][1]
        tag = value.text if isinstance(value, Scalar) else ""
        if tag not in tags:
            message = f'"{tag}" is not one of {", ".join(tags)}{did_you_mean(tag, tags)}'
            return self._wrong((*path, field), message, value.place)
        rest = Mapping(node.place, {name: item for name, item in node.items.items() if name != field})
        return self._struct(rest, tags[tag], path)

    def _struct(self, node: Node, kind: type[msgspec.Struct], path: Path) -> Any:
        if isinstance(node, Scalar) and node.text.lower() in _TRUE and _all_given(kind):
            return kind()
        if not isinstance(node, Mapping):
            return self._wrong(path, "names with values are needed here: lines like name: value")
        fields = {field.encode_name: field for field in fields_of(kind)}
        values: dict[str, Any] = {}
        bad = False
        for name, (key, item) in node.items.items():
            below = (*path, name)
            field = fields.get(name)
            if field is None:
                message = f'"{name}" is not known here{did_you_mean(name, fields)}'
                self._wrong(below, f"{message}; possible: {', '.join(fields)}", key.place)
                bad = True
                continue
            self.places[below] = item.place if isinstance(item, Scalar) else key.place
            value = self._value(item, field.type, below)
            if value is BAD and not field.required and _stands_alone(field.type):
                continue  # the rest can still be checked as if nothing had been given
            values[field.name] = value
            bad |= value is BAD
        for name, field in fields.items():
            if field.required and name not in node.items:
                self._wrong(path, f'"{name}" is missing')
                bad = True
        return BAD if bad else kind(**values)


def parse_length(text: str) -> int | None:
    """`20s`, `3m`, `1h30m`, `500ms`, `0` → ms; None when it is none of that."""
    if text == "0":
        return 0
    match = _LENGTH.fullmatch(text)
    if not text or not match or len(text) > 20:
        return None
    hours, minutes, seconds, ms = (int(part or 0) for part in match.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms


def print_length(length_ms: int) -> str:
    """The shortest writing that `parse_length` reads back."""
    seconds, ms = divmod(length_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "m"), (seconds, "s"), (ms, "ms"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0"


def _all_given(kind: Any) -> bool:
    """A part of the file that can be written as `true`, since everything in it has a default."""
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)) or kind.__struct_config__.tag:
        return False
    fields = fields_of(kind)
    return bool(fields) and not any(field.required for field in fields) and kind.__name__ != "Way"


def _stands_alone(kind: Any) -> bool:
    """A number, a length, a choice: nothing else in the file refers to it."""
    return _plain_kind(kind) in (int, float, bool) or get_origin(kind) is Literal


def _plain_kind(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind
