"""The real UDP sockets of the port for browsers."""

from __future__ import annotations

import asyncio
import socket
from typing import Final

from huawu.switch.media.ports import LARGEST, Address, Receive
from huawu.switch.media.udp import voice_socket

_AT_ONCE: Final = 32
"""Datagrams read at one wake-up: a flood must not keep the others waiting."""
_ROOM: Final = 1 << 21
"""Octets of receive buffer asked for: hundreds of legs speak through one socket."""


class UdpDoor:
    """A non-blocking UDP socket read by the running event loop."""

    __slots__ = ("_loop", "_receive", "_socket", "dropped", "port")

    def __init__(self, bound: socket.socket, receive: Receive) -> None:
        self._socket = bound
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self.port: int = bound.getsockname()[1]
        self.dropped = 0
        self._loop.add_reader(bound.fileno(), self._readable)

    def _readable(self) -> None:
        receive, read = self._receive, self._socket.recvfrom
        try:
            for _ in range(_AT_ONCE):
                data, address = read(LARGEST)
                receive(data, address)
        except OSError:  # nothing left, or the network told of an earlier send that failed
            return

    def send(self, data: bytes, to: Address) -> None:
        """Never raises, never blocks."""
        try:
            self._socket.sendto(data, to)
        except (OSError, OverflowError, TypeError, ValueError):
            self.dropped += 1

    def close(self) -> None:
        """Give the port back to the system."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()


def bind(host: str, port: int, receive: Receive, *, beside: bool = False) -> UdpDoor:
    """A `Binder`. The first on a port takes it for us alone; only then ours may share it."""
    bound = voice_socket(host, _ROOM)
    try:
        if beside:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return UdpDoor(bound, receive)
    except BaseException:
        bound.close()
        raise
