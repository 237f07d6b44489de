"""A YAML text as a tree that remembers where everything stands.

Only what a centre's file needs: mappings, lists, scalars as they were written. Anchors, aliases and keys
given twice are refused, so that what is read is what is seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

Place = tuple[int, int]
"""Line and column, from 1."""

LARGEST_TEXT = 4_000_000
DEEPEST = 30
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class TextUnreadable(Exception):
    """The text is no YAML, or uses what is refused here; `place` says where."""

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True, slots=True)
class Scalar:
    text: str
    plain: bool
    place: Place

    @property
    def empty(self) -> bool:
        """A key with nothing after it, or null."""
        return self.plain and self.text in ("", "~", "null")


@dataclass(slots=True)
class Sequence:
    place: Place
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Mapping:
    place: Place
    items: dict[str, tuple[Scalar, Node]] = field(default_factory=dict)


Node = Scalar | Sequence | Mapping


def read(text: str) -> Node | None:
    """The tree of the text's one document; None when there is nothing in it. Raises `TextUnreadable`."""
    if len(text) > LARGEST_TEXT:
        raise TextUnreadable(f"the text is longer than {LARGEST_TEXT} characters", (1, 1))
    try:
        return _build(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(part for part in (error.context, error.problem) if part)
        raise TextUnreadable(f"this is no YAML: {said}", _place(mark)) from error
    except yaml.YAMLError as error:
        raise TextUnreadable(f"this is no YAML: {' '.join(str(error).split())}", (1, 1)) from error


def planted(value: Any, depth: int = 0) -> Node:
    """The tree of plain JSON; nothing in it has a place, null is not there. Raises `TextUnreadable`."""
    nowhere = (0, 0)
    if depth > DEEPEST:
        raise TextUnreadable("this is nested too deeply", nowhere)
    if isinstance(value, dict):
        items = {
            str(name): (Scalar(str(name), False, nowhere), planted(item, depth + 1))
            for name, item in value.items()
            if item is not None
        }
        return Mapping(nowhere, items)
    if isinstance(value, list):
        return Sequence(nowhere, [planted(item, depth + 1) for item in value])
    if value is None or isinstance(value, bool):
        return Scalar("" if value is None else str(value).lower(), True, nowhere)
    return Scalar(str(value), not isinstance(value, str), nowhere)


def _build(text: str) -> Node | None:
    root: Node | None = None
    open_nodes: list[Sequence | Mapping] = []
    keys: list[Scalar | None] = []  # the key waiting for its value, one for each open node

    def add(node: Node) -> None:
        nonlocal root
        if not open_nodes:
            if root is not None:
                raise TextUnreadable("there is a second document; one file describes one centre", node.place)
            root = node
            return
        parent = open_nodes[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
            return
        key = keys[-1]
        if key is not None:
            parent.items[key.text] = (key, node)
            keys[-1] = None
            return
        if not isinstance(node, Scalar):
            raise TextUnreadable("a name must stand before the colon, not a list or mapping", node.place)
        if node.text in parent.items:
            first = parent.items[node.text][0].place[0]
            raise TextUnreadable(f'"{node.text}" is given twice; the first is in line {first}', node.place)
        keys[-1] = node

    for event in yaml.parse(text, Loader=_Loader):
        place = _place(event.start_mark)
        if getattr(event, "anchor", None):
            raise TextUnreadable("anchors and aliases (& and *) are not used here; write it out", place)
        if isinstance(event, yaml.ScalarEvent):
            add(Scalar(event.value, event.style is None or event.style == "", place))
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            node = Mapping(place) if isinstance(event, yaml.MappingStartEvent) else Sequence(place)
            add(node)
            if len(open_nodes) >= DEEPEST:
                raise TextUnreadable("this is nested too deeply", place)
            open_nodes.append(node)
            keys.append(None)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            open_nodes.pop()
            keys.pop()
    return root


def _place(mark: Any) -> Place:
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)
