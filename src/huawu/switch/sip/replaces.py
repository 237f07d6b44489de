"""The Replaces header (RFC 3891): the dialog whose place a new call is to take."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote as percent
from urllib.parse import unquote

import msgspec

from huawu.switch.sip.core import DialogKey
from huawu.switch.sip.dialog import Dialog
from huawu.switch.sip.headers import parameter

MAX_REPLACES: Final = 512


class Replaces(msgspec.Struct, frozen=True, gc=False):
    """A dialog as its addressee sees it: `to_tag` is the tag of whoever receives the INVITE."""

    call_id: str
    to_tag: str
    from_tag: str
    early_only: bool = False

    @classmethod
    def parse(cls, value: str) -> Replaces:
        """Read `call-id;to-tag=…;from-tag=…`. Raises ValueError."""
        if len(value) > MAX_REPLACES:
            raise ValueError("Replaces is too long")
        call_id, _, tail = value.partition(";")
        tail = ";" + tail
        to_tag, from_tag = _tag(tail, "to-tag"), _tag(tail, "from-tag")
        call_id = call_id.strip()
        if not call_id or any(mark in call_id for mark in ' \t,"'):
            raise ValueError("Replaces has no Call-ID")
        return cls(call_id, to_tag, from_tag, parameter(tail, "early-only") is not None)

    @classmethod
    def of_peer(cls, dialog: Dialog) -> Replaces:
        """Our dialog with somebody, as an INVITE sent to that somebody must name it."""
        return cls(dialog.call_id, dialog.remote_tag, dialog.local_tag)

    @property
    def key(self) -> DialogKey:
        """The dialog, if it is one of ours."""
        return self.call_id, self.to_tag, self.from_tag

    def __str__(self) -> str:
        early = ";early-only" if self.early_only else ""
        return f"{self.call_id};to-tag={self.to_tag};from-tag={self.from_tag}{early}"

    @property
    def escaped(self) -> str:
        """As the value of a header within a URI (RFC 3261 §19.1.1)."""
        return percent(str(self), safe="")


def headers_of(uri: str) -> tuple[str, dict[str, list[str]]]:
    """A URI and the headers it carries after its `?`, unescaped, their names in lower case."""
    bare, _, tail = uri.partition("?")
    found: dict[str, list[str]] = {}
    for part in tail.split("&") if tail else ():
        name, _, value = part.partition("=")
        found.setdefault(unquote(name).strip().lower(), []).append(unquote(value).strip())
    return bare, found


def _tag(tail: str, name: str) -> str:
    values = [part.partition("=")[2].strip() for part in tail.split(";") if _name(part) == name]
    if len(values) != 1 or not values[0]:
        raise ValueError(f"Replaces needs one {name}")
    return values[0]


def _name(part: str) -> str:
    return part.partition("=")[0].strip().lower()
