"""Even/odd pairs of UDP ports for RTP and RTCP, and the seam that lets tests run without sockets."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

import msgspec

Address = tuple[str, int] | tuple[str, int, int, int]
"""As the socket module gives it: host and port first; IPv6 adds flow and scope."""
Receive = Callable[[bytes, Address], None]

LARGEST = 2048  # octets of one datagram that we look at; no audio packet is longer
PAIRS_AT_REST = 256
"""How many freed pairs wait before the first of them is used again."""


class LocalPorts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where a leg's peer is to send: `host` is the address the sockets are bound to."""

    host: str
    rtp_port: int
    rtcp_port: int


class NoPortLeft(Exception):
    """Every pair in the range is taken, by us or by others."""

    def __init__(self, host: str, ports: range) -> None:
        self.host = host
        self.ports = ports
        super().__init__(
            f"no free pair of UDP ports left on {host} between {ports.start} and {ports.stop - 1}: "
            "widen the range of media ports or end calls"
        )


class Socket(Protocol):
    """One bound UDP port; `send` never raises and never blocks."""

    def send(self, data: bytes, to: Address) -> None: ...
    def close(self) -> None: ...


class Network(Protocol):
    """Makes bound sockets. Raises OSError when the port is taken."""

    def bind(self, host: str, port: int, receive: Receive) -> Socket: ...

    def step(self) -> None:
        """20 ms have gone by."""

    def shut(self) -> None:
        """Close what is kept for later."""


class PortPool:
    """Hands out pairs in turn: new ones until `PAIRS_AT_REST` were freed, then the one freed longest ago.

    It begins with pair number `first`: phones of calls that a killed switch left behind still send to the
    ports it gave out, and a new one that began where it had begun would take their voices for its callers'.
    """

    def __init__(self, network: Network, ports: range, first: int = 0) -> None:
        self._network = network
        self._range = ports
        self._even = [port for port in ports if port % 2 == 0 and port + 1 in ports]
        self._taken: set[tuple[str, int]] = set()
        self._next = first
        self._freed: deque[tuple[str, int]] = deque()

    def open(self, host: str, rtp: Receive, rtcp: Receive) -> tuple[LocalPorts, Socket, Socket]:
        """Bind the next free pair. Raises NoPortLeft."""
        if len(self._freed) > PAIRS_AT_REST:
            freed_host, port = self._freed.popleft()
            if freed_host == host and (found := self._pair(host, port, rtp, rtcp)) is not None:
                return found
        for step in range(len(self._even)):
            index = (self._next + step) % len(self._even)
            if (found := self._pair(host, self._even[index], rtp, rtcp)) is not None:
                self._next = index + 1
                return found
        raise NoPortLeft(host, self._range)

    def free(self, ports: LocalPorts) -> None:
        """The leg of these ports is over and has closed its sockets."""
        self._taken.discard((ports.host, ports.rtp_port))
        self._freed.append((ports.host, ports.rtp_port))

    @property
    def taken(self) -> int:
        """Pairs that legs use now."""
        return len(self._taken)

    def step(self) -> None:
        """20 ms have gone by."""
        self._network.step()

    def shut(self) -> None:
        """Close what rests."""
        self._network.shut()

    def _pair(
        self, host: str, port: int, rtp: Receive, rtcp: Receive
    ) -> tuple[LocalPorts, Socket, Socket] | None:
        if (host, port) in self._taken:
            return None
        try:
            first = self._network.bind(host, port, rtp)
        except OSError:
            return None
        try:
            second = self._network.bind(host, port + 1, rtcp)
        except OSError:
            first.close()
            return None
        self._taken.add((host, port))
        return LocalPorts(host=host, rtp_port=port, rtcp_port=port + 1), first, second
