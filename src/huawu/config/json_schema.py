"""The file of a centre as a JSON Schema (draft 2020-12), for pages and editors: its form is that of `parts`.

Lengths of time are texts (`x-unit: length`), shares numbers or percentages; what may be left out has its
default. Made from the types that read the file, so it cannot say anything else than they do.
"""

from __future__ import annotations

import functools
import inspect
import types
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import msgspec

from huawu.config.decode import fields_of
from huawu.config.print import plain
from huawu.config.schema import Configuration

LENGTH: Final = r"0|(?=\d)(\d+h)?(\d+m(?!s))?(\d+s)?(\d+ms)?"


@functools.cache
def json_schema() -> dict[str, Any]:
    """The schema of the whole file."""
    known: dict[str, Any] = {}
    root = _kind(Configuration, known)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The file of a centre",
        **root,
        "$defs": dict(sorted(known.items())),
    }


def _kind(kind: Any, known: dict[str, Any], meta: msgspec.Meta | None = None) -> dict[str, Any]:
    origin = get_origin(kind)
    if origin is Annotated:
        inner, *extras = get_args(kind)
        return _kind(inner, known, next((each for each in extras if isinstance(each, msgspec.Meta)), None))
    if origin in (Union, types.UnionType):
        members = [member for member in get_args(kind) if member is not types.NoneType]
        several = [_kind(member, known) for member in members]
        if len(several) == 1:
            return {"anyOf": [*several, {"type": "null"}]}
        return {"oneOf": several}
    if origin is tuple:
        return {"type": "array", "items": _kind(get_args(kind)[0], known)}
    if origin is dict:
        name, value = get_args(kind)
        names = _kind(name, known)
        bounds = {key: names[key] for key in ("pattern", "enum", "x-like") if key in names}
        shape = {"type": "object", "additionalProperties": _kind(value, known)}
        return {**shape, "propertyNames": bounds} if bounds else shape
    if origin is Literal:
        return {"enum": list(get_args(kind))}
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        if kind.__name__ not in known:
            known[kind.__name__] = {}  # one within itself refers to it
            known[kind.__name__] = _struct(kind, known)
        return {"$ref": f"#/$defs/{kind.__name__}"}
    return _scalar(kind, meta)


def _scalar(kind: Any, meta: msgspec.Meta | None) -> dict[str, Any]:
    extra = (meta.extra if meta else None) or {}
    if extra.get("unit") == "length":
        return {"type": "string", "pattern": f"^({LENGTH})$", "x-unit": "length", "x-like": "1m30s"}
    if kind is bool:
        return {"type": "boolean"}
    if kind is str:
        shape: dict[str, Any] = {"type": "string"}
        if meta is not None and meta.pattern:
            shape["pattern"] = f"^({meta.pattern})$"
        if "like" in extra:
            shape["x-like"] = extra["like"]
        return shape
    shape = {"type": "integer" if kind is int else "number"}
    if meta is not None and meta.ge is not None:
        shape["minimum"] = meta.ge
    if meta is not None and meta.le is not None:
        shape["maximum"] = meta.le
    if extra.get("unit") == "share":
        shape["x-unit"] = "share"
    return shape


def _struct(kind: type[msgspec.Struct], known: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    tag = kind.__struct_config__.tag
    if tag is not None:
        field = str(kind.__struct_config__.tag_field)
        properties[field] = {"const": tag}
        required.append(field)
    for each in fields_of(kind):
        shape = _kind(each.type, known)
        if each.required:
            required.append(each.encode_name)
        else:
            default = each.default_factory() if callable(each.default_factory) else each.default
            shape = {**shape, "default": plain(default, each.type, lists=True)}
        properties[each.encode_name] = shape
    described: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        described["required"] = required
    if said := inspect.getdoc(kind):
        described["description"] = said
    return described
