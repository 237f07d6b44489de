"""The one STUN exchange that ICE-lite has: a browser checks a path, and is answered (RFC 8445 §7.3)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from aioice import stun

from huawu.switch.media.ports import Address

LONGEST: Final = 600
"""Octets of a check; browsers' have about 120."""
_HEADER: Final = struct.Struct("!HHI12s")
_ATTRIBUTE: Final = struct.Struct("!HH")
_BINDING_REQUEST: Final = 0x0001
_USERNAME: Final = 0x0006
_INTEGRITY: Final = 0x0008
_UNDERSTOOD: Final = frozenset({0x0006, 0x0008, 0x0024, 0x0025})
"""Of the attributes that must be understood: USERNAME, MESSAGE-INTEGRITY, PRIORITY, USE-CANDIDATE."""
_UNKNOWN_ATTRIBUTE: Final = 420
_ROLE_CONFLICT: Final = 487


@dataclass(frozen=True, slots=True)
class Check:
    """A binding request as it came; nothing in it is proved until `is_by`."""

    message: stun.Message
    nominates: bool
    unknown: tuple[int, ...]

    @property
    def number(self) -> bytes:
        """Its transaction's."""
        return self.message.transaction_id

    def is_by(self, password: str) -> bool:
        """Whether it was made by who knows our password."""
        return self.message.check_message_integrity(password.encode())


def names_in(data: bytes) -> tuple[bytes, bytes] | None:
    """Whom a binding request is for, and by whom (the two parts of its USERNAME); None for anything else.

    This alone is done for a datagram of anyone; all else only for those that name a leg of ours.
    """
    if not 20 <= len(data) <= LONGEST:
        return None
    kind, size, cookie, _ = _HEADER.unpack_from(data)
    if kind != _BINDING_REQUEST or cookie != stun.COOKIE or size != len(data) - 20:
        return None
    at = 20
    while at + 4 <= len(data):
        kind, size = _ATTRIBUTE.unpack_from(data, at)
        if kind == _USERNAME:
            ours, colon, theirs = data[at + 4 : at + 4 + size].partition(b":")
            return (ours, theirs) if colon else None
        at += 4 + size + (-size % 4)
    return None


def read_check(data: bytes) -> Check | None:
    """A binding request that `names_in` found; None when it is broken or lacks what makes it a check."""
    try:
        message = stun.parse_message(data)
    except Exception:  # the library raises whatever its readers of attributes raise
        return None
    if not {"MESSAGE-INTEGRITY", "FINGERPRINT"} <= message.attributes.keys():
        return None
    unknown = _unknown(data)
    return None if unknown is None else Check(message, "USE-CANDIDATE" in message.attributes, unknown)


def answer(check: Check, address: Address, password: str) -> bytes:
    """What a proved check is told: where it came from, or what it did wrong."""
    if check.unknown:  # RFC 8489 §6.3.1
        return _refusal(check, _UNKNOWN_ATTRIBUTE, "Unknown Attribute", password)
    if "ICE-CONTROLLED" in check.message.attributes:  # who is not lite controls (RFC 8445 §7.3.1.1)
        return _refusal(check, _ROLE_CONFLICT, "Role Conflict", password)
    message = stun.Message(
        message_method=stun.Method.BINDING,
        message_class=stun.Class.RESPONSE,
        transaction_id=check.number,
        attributes={"XOR-MAPPED-ADDRESS": (address[0].partition("%")[0], address[1])},
    )
    message.add_message_integrity(password.encode())
    return bytes(message)


def is_good(check: Check) -> bool:
    """Whether the answer to a proved check lets its path be used."""
    return not check.unknown and "ICE-CONTROLLED" not in check.message.attributes


def _refusal(check: Check, code: int, phrase: str, password: str) -> bytes:
    message = stun.Message(
        message_method=stun.Method.BINDING,
        message_class=stun.Class.ERROR,
        transaction_id=check.number,
        attributes={"ERROR-CODE": (code, phrase)},
    )
    message.add_message_integrity(password.encode())
    return bytes(message)


def _unknown(data: bytes) -> tuple[int, ...] | None:
    """The attributes that must be understood and are not, as far as integrity is proved.

    None when one is longer than what is left: the library reads such as if it were not.
    """
    found: list[int] = []
    proved = True
    at = 20
    while at + 4 <= len(data):
        kind, size = _ATTRIBUTE.unpack_from(data, at)
        if proved and kind < 0x8000 and kind not in _UNDERSTOOD:
            found.append(kind)
        proved = proved and kind != _INTEGRITY
        at += 4 + size + (-size % 4)
    return tuple(found) if at == len(data) else None
