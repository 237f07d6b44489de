"""Even/odd pairs of UDP ports for RTP and RTCP, and the seam that lets tests run without sockets."""

from __future__ import annotations

import asyncio
import socket
from collections import OrderedDict, deque
from collections.abc import Callable
from functools import partial
from typing import Protocol

import msgspec

from huawu.switch.media.socket_watch import SocketWatch

Address = tuple[str, int] | tuple[str, int, int, int]
"""As the socket module gives it: host and port first; IPv6 adds flow and scope."""
Receive = Callable[[bytes, Address], None]

LARGEST = 2048  # octets of one datagram that we look at; no audio packet is longer
PAIRS_AT_REST = 256
"""How many freed pairs wait before the first of them is used again."""
MOST_RESTING = 4 * PAIRS_AT_REST
_MOST_STRAYS = 64
_MOST_AT_ONCE = 1_000
_PRESSURE = 1 << 18


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


class UdpSocket:
    """A non-blocking UDP socket, what comes goes straight to `receive`."""

    __slots__ = ("_by_turns", "_receive", "_rest", "_socket", "_watch", "dropped")

    def __init__(
        self,
        watch: SocketWatch,
        bound: socket.socket,
        receive: Receive,
        rest: Callable[[UdpSocket], None],
    ) -> None:
        self._watch = watch
        self._socket = bound
        self._receive = receive
        self._rest = rest
        self._by_turns = False
        self.dropped = 0
        watch.add(bound.fileno(), self._readable)

    def _readable(self) -> None:
        try:
            data, address = self._socket.recvfrom(LARGEST)
        except OSError:  # nothing there after all, or the network told of an earlier send that failed
            return
        self._receive(data, address)

    def read_by_turns(self) -> None:
        """From now on nothing is read but by `drain`."""
        self._by_turns = True
        self._watch.remove(self._socket.fileno())

    def drain(self) -> None:
        """Receive all that waits, at most `_MOST_AT_ONCE` datagrams."""
        receive, read = self._receive, self._socket.recvfrom
        try:
            for _ in range(_MOST_AT_ONCE):
                data, address = read(LARGEST)
                receive(data, address)
        except OSError:
            return

    def send(self, data: bytes, to: Address) -> None:
        try:
            self._socket.sendto(data, to)
        except (OSError, OverflowError, TypeError, ValueError):
            self.dropped += 1  # full buffer, unreachable host, impossible address: as if lost on the way

    def close(self) -> None:
        """Hear nothing from now on; the socket rests for the next leg on this port."""
        self._receive = _nobody
        if self._by_turns:
            self.shut()
        else:
            self._rest(self)

    def wake(self, receive: Receive) -> None:
        """Serve another leg; what came meanwhile is thrown away."""
        for _ in range(_MOST_STRAYS):
            try:
                self._socket.recvfrom(LARGEST)
            except OSError:
                break
        self._receive = receive
        self.dropped = 0

    def shut(self) -> None:
        """Give the port back to the system."""
        if self._socket.fileno() >= 0:
            if not self._by_turns:
                self._watch.remove(self._socket.fileno())
            self._socket.close()


def _nobody(data: bytes, address: Address) -> None:
    """Packets for a leg that is over."""


class UdpNetwork:
    """The real network, on the running event loop.

    Opening and closing sockets was a tenth of what a call costs, so a closed one rests, still bound, until
    its port is wanted again; at most `MOST_RESTING`, the longest rested goes first.
    """

    def __init__(self) -> None:
        self._resting: OrderedDict[tuple[str, int], UdpSocket] = OrderedDict()
        self._watch: SocketWatch | None = None

    def bind(self, host: str, port: int, receive: Receive) -> Socket:
        rested = self._resting.pop((host, port), None)
        if rested is not None:
            rested.wake(receive)
            return rested
        return self._bind(host, port, receive)

    def step(self) -> None:
        if self._watch is not None:
            self._watch.step()

    def shut(self) -> None:
        while self._resting:
            self._resting.popitem()[1].shut()
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    def _rest(self, place: tuple[str, int], rested: UdpSocket) -> None:
        self._resting[place] = rested
        if len(self._resting) > MOST_RESTING:
            self._resting.popitem(last=False)[1].shut()

    def _bind(self, host: str, port: int, receive: Receive) -> Socket:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        bound = socket.socket(family, socket.SOCK_DGRAM)
        try:
            bound.setblocking(False)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _PRESSURE)
            if family == socket.AF_INET6:
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, 0xB8)
            else:
                bound.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 0xB8)  # expedited forwarding, RFC 3246
            bound.bind((host, port))
            if self._watch is None:
                self._watch = SocketWatch(asyncio.get_running_loop())
            return UdpSocket(self._watch, bound, receive, partial(self._rest, (host, port)))
        except BaseException:
            bound.close()
            raise


class PortPool:
    """Hands out pairs in turn: new ones until `PAIRS_AT_REST` were freed, then the one freed longest ago."""

    def __init__(self, network: Network, ports: range) -> None:
        self._network = network
        self._range = ports
        self._even = [port for port in ports if port % 2 == 0 and port + 1 in ports]
        self._taken: set[tuple[str, int]] = set()
        self._next = 0
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
