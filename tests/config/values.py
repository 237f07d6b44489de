"""Configurations made up from the schema itself: every part, every field, the oddest texts."""

from __future__ import annotations

import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from hypothesis import strategies as st

from huawu.config.schema import Configuration

TEXT = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    [
        "~",
        "null",
        "yes",
        "4000",
        "0010",
        "1.5",
        "- a",
        "a: b",
        "# no",
        "*12",
        "&x",
        "'",
        '"',
        "=",
        "<<",
        "!",
        "|",
    ]
)


def values(kind: Any, meta: msgspec.Meta | None = None) -> st.SearchStrategy[Any]:
    """Any value of a type of the schema."""
    origin = get_origin(kind)
    if origin is Annotated:
        return values(get_args(kind)[0], get_args(kind)[1])
    if origin in (Union, types.UnionType):
        return st.one_of([values(member) for member in get_args(kind)])
    if origin is Literal:
        return st.sampled_from(get_args(kind))
    if origin is tuple:
        return st.lists(values(get_args(kind)[0]), max_size=3).map(tuple)
    if origin is dict:
        key, value = get_args(kind)
        return st.dictionaries(values(key), values(value), max_size=3)
    if kind is types.NoneType:
        return st.none()
    if kind is bool:
        return st.booleans()
    if kind is str:
        if meta and meta.pattern:
            return st.from_regex(meta.pattern, fullmatch=True)
        return TEXT
    low, high = (meta.ge, meta.le) if meta else (None, None)
    if kind is int:
        return st.integers(int(low or 0), int(high if high is not None else 10**9))
    if kind is float:
        return st.floats(low or 0, high or 1)
    return structs(kind)


def structs(kind: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Any value of a struct; fields that may be left out sometimes are."""
    fields = msgspec.structs.fields(kind)
    required = {field.name: values(field.type) for field in fields if field.required}
    optional = {
        field.name: _twigs(kind) if kind in get_args(field.type) else values(field.type)
        for field in fields
        if not field.required
    }
    return st.fixed_dictionaries(required, optional=optional).map(lambda given: kind(**given))


def _twigs(kind: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Branches of the same kind, one level deep: a tree without an end has no value."""
    return st.dictionaries(
        st.from_regex(r"[a-z]{1,8}", fullmatch=True), TEXT.map(kind_named(kind)), max_size=2
    )


def kind_named(kind: type[msgspec.Struct]) -> Any:
    return lambda name: kind(name=name)


configurations = st.deferred(lambda: structs(Configuration))
"""Any configuration that can be written, not only those that pass the check."""
