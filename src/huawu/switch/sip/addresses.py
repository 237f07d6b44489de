"""The addresses we name ourselves by, and the few address forms SIP writes."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from huawu.switch.sip.events import Flow, Transport

DEFAULT_PORT: Final = 5060
MOST_TOLD: Final = 4_096
"""For so many peers the address told them is remembered."""
DEFAULT_PORTS: Final[dict[str, int]] = {"udp": 5060, "tcp": 5060, "tls": 5061, "ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Per transport and address family the `host:port` put in Via and Contact; "" = not served.

    A host is the bind address or the public address of the settings; IPv6 hosts stand in brackets.
    """

    udp4: str = ""
    udp6: str = ""
    tcp4: str = ""
    tcp6: str = ""
    tls4: str = ""
    tls6: str = ""
    ws4: str = ""
    ws6: str = ""
    wss4: str = ""
    wss6: str = ""
    host_toward: Callable[[str], str] | None = None
    """Gives the host (without brackets) that a peer should see, when it is not the same for all."""
    _table: dict[tuple[Transport, bool], str] = field(init=False, repr=False, compare=False)
    _told: dict[tuple[Transport, str], str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        four = next((one for one in (self.udp4, self.tcp4, self.udp6, self.tcp6) if one), "127.0.0.1:5060")
        six = next((one for one in (self.udp6, self.tcp6) if one), four)
        table: dict[tuple[Transport, bool], str] = {
            ("udp", False): self.udp4 or four,
            ("udp", True): self.udp6 or six,
            ("tcp", False): self.tcp4 or four,
            ("tcp", True): self.tcp6 or six,
            ("tls", False): self.tls4 or four,
            ("tls", True): self.tls6 or six,
            ("ws", False): self.ws4 or four,
            ("ws", True): self.ws6 or six,
            ("wss", False): self.wss4 or four,
            ("wss", True): self.wss6 or six,
        }
        object.__setattr__(self, "_table", table)
        object.__setattr__(self, "_told", {})

    def toward(self, flow: Flow) -> str:
        """Our `host:port` as the peer of this flow should see it."""
        key = flow.transport, flow.host
        told = self._told.get(key)
        if told is None:
            if len(self._told) >= MOST_TOLD:
                self._told.clear()
            told = self._told[key] = self._toward(*key)
        return told

    def _toward(self, transport: Transport, peer: str) -> str:
        told = self._table[transport, ":" in peer]
        if self.host_toward is None:
            return told
        host = self.host_toward(peer)
        return f"[{host}]{told[told.rindex(':') :]}" if ":" in host else f"{host}{told[told.rindex(':') :]}"


def split_host_port(text: str, default_port: int = DEFAULT_PORT) -> tuple[str, int]:
    """Read `host`, `host:port`, `[v6]` or `[v6]:port`; the host comes without brackets. Raises ValueError."""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError("address has a broken bracket")
        port = rest[1:]
    elif text.count(":") > 1:
        host, port = text, ""
    else:
        host, _, port = text.partition(":")
    if not host:
        raise ValueError("address has no host")
    if not port:
        return host, default_port
    if not (port.isascii() and port.isdigit()) or len(port) > 5 or not 0 < int(port) < 65_536:
        raise ValueError("address has a bad port")
    return host, int(port)


def join_host_port(host: str, port: int) -> str:
    """Write `host:port`, IPv6 in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@lru_cache(maxsize=2_048)
def ip_literal(host: str) -> str | None:
    """The IP address (canonical, without brackets) a host names; `localhost` counts, other names are None."""
    if host.lower() == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return None


@lru_cache(maxsize=2_048)
def is_private(address: str) -> bool:
    """Whether an IP address is of the kind that is reached within a house only."""
    return ipaddress.ip_address(address).is_private
