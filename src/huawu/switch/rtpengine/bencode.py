"""Bencoding (BEP 3), the form of rtpengine's control messages: a value becomes octets and comes back."""

from __future__ import annotations

from typing import Final

Value = int | bytes | list["Value"] | dict[bytes, "Value"]

MOST_OCTETS: Final = 65_535
DEEPEST: Final = 16
_DIGITS: Final = 20
"""Of a number or a length; more than 64 bits need."""


class Malformed(ValueError):
    """These octets are no bencoded value; the text says why."""


def encode(value: Value) -> bytes:
    """The one way to write a value: a dictionary's keys are sorted."""
    match value:
        case int():
            return b"i%de" % value
        case bytes():
            return b"%d:%b" % (len(value), value)
        case list():
            return b"l%be" % b"".join(map(encode, value))
        case dict():
            return b"d%be" % b"".join(encode(key) + encode(value[key]) for key in sorted(value))


def decode(octets: bytes) -> Value:
    """Read one value that takes up all octets. A dictionary's keys may come in any order, for rtpengine does
    not sort them; of a key twice the last counts. Raises Malformed.
    """
    if len(octets) > MOST_OCTETS:
        raise Malformed(f"longer than {MOST_OCTETS} octets")
    value, end = _value(octets, 0, 0)
    if end != len(octets):
        raise Malformed("more octets than one value")
    return value


def _value(octets: bytes, at: int, depth: int) -> tuple[Value, int]:
    """The value that begins there, and where the next one does."""
    if depth > DEEPEST:
        raise Malformed(f"nested deeper than {DEEPEST}")
    letter = octets[at : at + 1]
    if letter == b"i":
        return _number(octets, at + 1, b"e", signed=True)
    if letter == b"l":
        items: list[Value] = []
        at += 1
        while octets[at : at + 1] != b"e":
            item, at = _value(octets, at, depth + 1)
            items.append(item)
        return items, at + 1
    if letter == b"d":
        entries: dict[bytes, Value] = {}
        at += 1
        while octets[at : at + 1] != b"e":
            key, at = _string(octets, at)
            entries[key], at = _value(octets, at, depth + 1)
        return entries, at + 1
    return _string(octets, at)


def _string(octets: bytes, at: int) -> tuple[bytes, int]:
    length, start = _number(octets, at, b":", signed=False)
    if start + length > len(octets):
        raise Malformed("a string is cut off")
    return octets[start : start + length], start + length


def _number(octets: bytes, at: int, close: bytes, *, signed: bool) -> tuple[int, int]:
    end = octets.find(close, at, at + _DIGITS + 2)
    text = octets[at:end] if end > at else b""
    digits = text[1:] if signed and text.startswith(b"-") else text
    if not digits.isdigit() or len(digits) > _DIGITS:
        raise Malformed("a number or length is missing, bad or too long")
    return int(text), end + 1
