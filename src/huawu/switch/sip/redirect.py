"""Redirections (RFC 3261 §8.1.3.4), followed only where nobody can be made to pay for them.

A trunk may send a call on to another address of its own, for the same number. Whatever else a 3xx names
(another number, a host that is not the trunk's, anything told by a phone) is a refusal: where calls go
is the number plan's decision, never a peer's.
"""

from __future__ import annotations

import ipaddress
from typing import Final

from huawu.link.messages import Trunk
from huawu.switch.sip.addresses import ip_literal, join_host_port
from huawu.switch.sip.bindings import Target, fixed_target
from huawu.switch.sip.headers import NameAddr, clean, number_of, parse_uri, target_of
from huawu.switch.sip.message import Response

MAX_REDIRECTS: Final = 5
"""How many contacts one call tries after a redirection."""
FOLLOWED: Final = frozenset({300, 301, 302})


def redirected(
    response: Response, trunk: Trunk | None, number: str, tried: list[str], asked: Target
) -> list[Target]:
    """The contacts of a 3xx that may be called next, best first: none tried before, none that is foreign."""
    if trunk is None or response.code not in FOLLOWED:
        return []
    found: list[tuple[float, Target]] = []
    for item in response.items("contact")[:20]:
        try:
            address = NameAddr.parse(item)
            target = _target(address.uri, trunk, number, asked)
        except ValueError:
            continue
        if target is not None and target.uri not in tried:
            tried = [*tried, target.uri]
            found.append((_quality(address), target))
    found.sort(key=lambda one: -one[0])
    return [target for _, target in found]


def foreign(response: Response) -> str:
    """What to say of a redirection that is not followed: whom it names, for a person."""
    try:
        named = number_of(parse_uri(response.address("contact").uri)) or response.address("contact").uri
    except ValueError:
        return f"{response.code} {clean(response.phrase)}: the redirection names nobody"
    return f"{response.code} {clean(response.phrase)}: redirection to {clean(named)} is not followed"


def _target(uri: str, trunk: Trunk, number: str, asked: Target) -> Target | None:
    """The target a contact names, when it is the same number at an address of the trunk.

    It is reached by the trunk's own transport: a redirection never leads from TLS to less.
    """
    typed = parse_uri(uri)
    if typed.scheme not in ("sip", "sips") or number_of(typed) != number:
        return None
    host, port, _ = target_of(typed)
    address = ip_literal(host)
    if address is None or not _belongs(address, trunk, asked):
        return None
    return fixed_target(number, join_host_port(address, port), trunk.transport, trunk.trunk)


def _belongs(address: str, trunk: Trunk, asked: Target) -> bool:
    """Whether an address is the trunk's: the one asked, its configured target, or among its sources."""
    own = fixed_target("", trunk.target)
    if address == asked.flow.host or (own is not None and address == own.flow.host):
        return True
    for text in trunk.sources:
        try:
            if ipaddress.ip_address(address) in ipaddress.ip_network(text.strip(), strict=False):
                return True
        except ValueError:
            continue
    return False


def _quality(address: NameAddr) -> float:
    try:
        return min(max(float(address.parameter("q") or "1"), 0.0), 1.0)
    except ValueError:
        return 0.0
