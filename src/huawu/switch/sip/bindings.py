"""Where a phone can be reached: what the registrar keeps of one Contact, and what other switches are told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote as percent

import msgspec

from huawu.switch.sip.addresses import DEFAULT_PORTS, ip_literal, join_host_port, split_host_port
from huawu.switch.sip.core import CONTACT_TAILS
from huawu.switch.sip.events import Flow


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to send a request for a phone; `pinned` = stay on this flow whatever its Contact says."""

    uri: str
    flow: Flow
    pinned: bool
    path: tuple[str, ...] = ()  # of the proxies that it must pass, nearest first

    @property
    def routes(self) -> str:
        """The Route lines that lead along the path (RFC 3327 §5.4)."""
        return "".join([f"Route: {one}\r\n" for one in self.path])

    @property
    def is_browser(self) -> bool:
        """Whether it speaks SIP over WebSocket, be it by a proxy (RFC 7118 §5): browsers' pages do."""
        return self.flow.transport in ("ws", "wss") or ";transport=ws" in self.uri.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One registered contact."""

    contact: str  # the URI as told
    source: Flow  # the way it came by; through a proxy of ours, where it was before
    via: Flow | None  # … and that proxy
    target: Target
    call_id: str
    cseq: int
    expires_at: float
    instance: str = ""  # of a phone that keeps several flows (RFC 5626): one of them is rung
    loan: str = ""  # the lent credential that it was proved by, with which it ends

    @property
    def shareable(self) -> bool:
        """Whether other switches can reach the phone by it: its own connections end at one switch."""
        return bool(self.target.path) and not self.target.flow.connection


def packed(binding: Binding) -> bytes:
    """The binding for the other switches."""
    return msgspec.msgpack.encode(binding)


def unpacked(data: bytes) -> Binding | None:
    """The binding that another switch packed; None when it cannot be used (a switch of another version)."""
    try:
        found = msgspec.msgpack.decode(data, type=Binding)
    except (msgspec.DecodeError, ValueError):
        return None
    return found if found.shareable else None


def fixed_target(
    user: str, contact: str, transport: Literal["udp", "tcp", "tls"] = "udp", trunk: str = ""
) -> Target | None:
    """The target at `host[:port]`; None when the host is neither an IP address nor localhost.

    By TLS it is `trunk` whose certificate is looked for there.
    """
    try:
        host, port = split_host_port(contact.strip(), DEFAULT_PORTS[transport])
    except ValueError:
        return None
    address = ip_literal(host)
    if address is None:
        return None
    who = percent(user, safe="+*-_.!~")
    uri = f"sip:{who}@{join_host_port(address, port)}{CONTACT_TAILS[transport]}"
    flow = Flow(transport=transport, host=address, port=port, trunk=trunk if transport == "tls" else "")
    return Target(uri=uri, flow=flow, pinned=False)


def one_flow_each(newest: Iterable[Binding]) -> list[Binding]:
    """The newest flow of each phone (RFC 5626 §4.2.1: its flows are never rung at once)."""
    seen: set[str] = set()
    kept: list[Binding] = []
    for one in newest:
        if one.instance not in seen:
            kept.append(one)
        if one.instance:
            seen.add(one.instance)
    return kept
