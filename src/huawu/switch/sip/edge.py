"""Proxies of ours at the edge: whom they speak for, and how what registered through them is reached.

A proxy that is named as ours is believed where a request really came from, as it must write into the Via of
whom it speaks for (RFC 3261 §18.2.1, RFC 3581 §4), and nobody else is. The way back to a phone is the Path
that the proxies between wrote into its REGISTER (RFC 3327).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final, cast, get_args

from huawu.switch.sip.addresses import ip_literal
from huawu.switch.sip.events import Flow, Transport
from huawu.switch.sip.headers import NameAddr, Via, parse_uri, target_of
from huawu.switch.sip.message import Request

MAX_HOPS: Final = 10
MAX_PATH: Final = 10
MAX_KNOWN: Final = 4_096
TRANSPORTS: Final = frozenset(get_args(Transport))
NOWHERE: Final = Flow(transport="udp", host="0.0.0.0", port=0)
"""The place of those who hide theirs from our proxies: nobody is known by it, and it counts as one source."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Proxies:
    """The addresses and networks of our own proxies; what is neither an address nor a network is no proxy."""

    def __init__(self, places: Iterable[str] = ()) -> None:
        self._networks: list[Network] = []
        self._known: dict[str, bool] = {}
        for place in places:
            try:
                self._networks.append(ipaddress.ip_network(place.strip(), strict=False))
            except ValueError:
                continue

    def __bool__(self) -> bool:
        return bool(self._networks)

    def __contains__(self, host: str) -> bool:
        found = self._known.get(host)
        if found is None:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            address = ipaddress.ip_address(host)
            found = self._known[host] = any(address in network for network in self._networks)
        return found

    def origin_of(self, request: Request) -> Flow:
        """Where a request was before the first of our proxies took it.

        The port is 0 when no proxy saw it, and all of it NOWHERE when what stands there can be read in two
        ways: a Via that its sender had marked itself.
        """
        seen = request.flow
        if seen.host not in self:
            return seen
        for value in request.items("via")[1 : 1 + MAX_HOPS]:
            try:
                seen = _marked(Via.parse(value))
            except ValueError:
                return NOWHERE
            if seen.host not in self:
                break
        return seen


def _marked(via: Via) -> Flow:
    """Where the next proxy saw the sender of this Via. Raises ValueError when that is not told, or twice."""
    marks: dict[str, str] = {}
    for part in via.parameters.split(";"):
        name, _, value = part.partition("=")
        name, value = name.strip().lower(), value.strip()
        if name in ("received", "rport") and marks.setdefault(name, value) != value:
            raise ValueError("Via is marked twice")
    host = ip_literal(marks.get("received", via.host))
    if host is None:
        raise ValueError("Via tells no address")
    told = marks.get("rport", "")
    port = int(told) if told.isascii() and told.isdigit() and len(told) <= 5 else 0
    port = port if port < 65_536 else 0
    transport = via.transport.lower()
    if transport not in TRANSPORTS:
        raise ValueError("Via tells no transport")
    return Flow(transport=cast("Transport", transport), host=host, port=port)


def path_of(request: Request) -> tuple[str, ...]:
    """The Path of a REGISTER, nearest proxy first; () = the phone came to us directly. Raises ValueError."""
    if "path" not in request.headers:
        return ()
    path = request.items("path")
    if len(path) > MAX_PATH:
        raise ValueError("Too many Path entries")
    for value in path:
        if parse_uri(NameAddr.parse(value).uri).scheme not in ("sip", "sips"):
            raise ValueError("Path is not a SIP URI")
    return tuple(path)


def way_along(path: tuple[str, ...], came_by: Flow, proxies: Proxies) -> Flow:
    """Where a request with this Path leaves to: what the nearest proxy says of itself if it is one of ours.

    Else, and where we could open no such connection, the way its REGISTER came by.
    """
    uri = parse_uri(NameAddr.parse(path[0]).uri)
    host, port, transport = target_of(uri)
    address = ip_literal(host)
    if address is None or address not in proxies or came_by.transport not in ("udp", "tcp"):
        return came_by
    if transport not in ("udp", "tcp"):
        return came_by
    return Flow(transport="udp" if transport == "udp" else "tcp", host=address, port=port)
