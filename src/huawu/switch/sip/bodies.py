"""What requests and answers carry: session descriptions, and digits by INFO."""

from __future__ import annotations

from typing import Final

from huawu.switch.sip.message import Message
from huawu.switch.sip.sdp import Sdp

DIGITS: Final = frozenset("0123456789*#ABCD")
EVENT_DIGITS: Final = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D"}
DEFAULT_DIGIT_MS: Final = 160


class Unsupported(ValueError):
    """A body of a kind we do not read: 415, with the `lines` that say what we do."""

    def __init__(self, reason: str, lines: str) -> None:
        super().__init__(reason)
        self.lines = lines


def description(message: Message) -> Sdp | None:
    """The SDP of a message, None when it has no body. Raises Unsupported (415) or ValueError (400)."""
    if not message.body:
        return None
    kind = media_type(message)
    if not kind:
        raise ValueError("Missing Content-Type")
    if kind != "application/sdp":
        raise Unsupported("only application/sdp", "Accept: application/sdp\r\n")
    encoding = message.first("content-encoding").lower()
    if encoding not in ("", "identity"):
        raise Unsupported("no encodings", "Accept-Encoding: identity\r\n")
    return Sdp.parse(message.body)


def lenient_description(message: Message) -> Sdp | None:
    """The SDP of an answer, None when it is missing or unreadable."""
    try:
        return description(message)
    except ValueError:
        return None


def accepts_sdp(message: Message) -> bool:
    """Whether an Accept header leaves room for a session description (RFC 3261 §20.1)."""
    kinds = (one.partition(";")[0].strip().lower() for one in message.items("accept"))
    return any(one in ("application/sdp", "application/*", "*/*") for one in kinds)


def media_type(message: Message) -> str:
    """`type/subtype` in lower case."""
    return message.first("content-type").partition(";")[0].strip().lower()


def digit_of(message: Message) -> tuple[str, int] | None:
    """The digit and its length in ms that an INFO carries; None when it has a body of another kind.

    Raises ValueError for a digit that is none.
    """
    kind = media_type(message)
    text = message.body[:200].decode("ascii", "replace").strip()
    length = DEFAULT_DIGIT_MS
    if kind == "application/dtmf-relay":
        fields: dict[str, str] = {}
        for line in text.splitlines():
            name, _, value = line.partition("=")
            fields[name.strip().lower()] = value.strip()
        text = fields.get("signal", "")
        told = fields.get("duration", "")
        if told.isascii() and told.isdigit() and len(told) < 6:
            length = int(told)
    elif kind != "application/dtmf":
        return None
    digit = EVENT_DIGITS.get(text, text.upper())
    if digit not in DIGITS:
        raise ValueError("Not a digit")
    return digit, length
