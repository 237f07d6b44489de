"""SIPS URIs (RFC 5630): who is named by one is reached by TLS at every step, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from huawu.switch.sip.events import Flow
from huawu.switch.sip.message import Message

SECURE: Final = frozenset({"tls", "wss"})
LEAVES_SIPS: Final = "SIPS call with SIP Contact"
NOT_ALLOWED: Final = 'Warning: 380 huawu "SIPS Not Allowed"\r\n'
"""Beside 480: by the way this came nobody is reached as SIPS asks (RFC 5630 §5.2)."""


def is_sips(uri: str) -> bool:
    """Whether a URI, in angle brackets or bare, has the scheme `sips`."""
    return uri[:5].lower() == "sips:" or uri[:6].lower() == "<sips:"


def is_secure(flow: Flow) -> bool:
    """Whether what goes by this way is under TLS."""
    return flow.transport in SECURE


def speaks_sips(asked: str, routes: Sequence[str], contact: str) -> bool:
    """Whether our Contact in a dialog must be SIPS (RFC 3261 §12.1.1): the Request-URI that began it was,
    or else what our requests go to, that is the nearest route or, without any, the peer's Contact."""
    return is_sips(asked) or is_sips(routes[0] if routes else contact)


def check_call(flow: Flow, asked: str, routes: Sequence[str], contact: str) -> bool:
    """Of a call to us whether it speaks SIPS. Raises ValueError for one that says so and does not mean it:
    400 (RFC 5630 §5.2)."""
    sips = speaks_sips(asked, routes, contact)
    if sips and not is_secure(flow):
        raise ValueError("SIPS Contact without TLS")
    if is_sips(asked) and not is_sips(contact):
        raise ValueError("SIPS Request-URI without SIPS Contact")
    return sips


def check_binding(flow: Flow, asked: str, path: Sequence[str]) -> None:
    """Whether a REGISTER may bind a SIPS Contact: only when all on its way is SIPS too (RFC 5630 §5.3).

    From and To need not be. Raises ValueError.
    """
    if not is_secure(flow):
        raise ValueError("SIPS Contact without TLS")
    if not is_sips(asked):
        raise ValueError("SIPS Contact without SIPS Request-URI")
    if not all(is_sips(one[one.find("<") :] if "<" in one else one) for one in path):
        raise ValueError("SIPS Contact without SIPS Path")


def is_wanted(message: Message) -> bool:
    """Whether an answer says that its sender is to be called by SIPS (Warning 381, RFC 5630 §5.1.1)."""
    return any(one.lstrip().startswith("381 ") for one in message.items("warning"))


def upgraded(uri: str) -> str:
    """The SIPS form of a SIP URI; `transport=tls` has nothing more to say in it (RFC 5630 §3.1.4)."""
    _, _, rest = uri.partition(":")
    return f"sips:{rest.replace(';transport=tls', '')}"
