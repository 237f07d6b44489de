"""The sockets of ports for media: UDP on the running event loop, closed ones kept for the next leg."""

from __future__ import annotations

import asyncio
import socket
from collections import OrderedDict
from collections.abc import Callable
from functools import partial

from huawu.switch.media.ports import LARGEST, PAIRS_AT_REST, Address, Receive, Socket
from huawu.switch.media.socket_watch import SocketWatch

MOST_RESTING = 4 * PAIRS_AT_REST
_MOST_STRAYS = 64
_MOST_AT_ONCE = 1_000
_PRESSURE = 1 << 18


def voice_socket(host: str, room: int) -> socket.socket:
    """For this host's family, not bound yet; `room`: octets that wait in it. Raises OSError."""
    ipv6 = ":" in host
    made = socket.socket(socket.AF_INET6 if ipv6 else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        if ipv6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, 0xB8)
        else:
            made.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 0xB8)  # expedited forwarding, RFC 3246
    except BaseException:
        made.close()
        raise
    return made


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
        bound = voice_socket(host, _PRESSURE)
        try:
            bound.bind((host, port))
            if self._watch is None:
                self._watch = SocketWatch(asyncio.get_running_loop())
            return UdpSocket(self._watch, bound, receive, partial(self._rest, (host, port)))
        except BaseException:
            bound.close()
            raise
