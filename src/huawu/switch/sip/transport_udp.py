"""SIP over UDP: one socket; packets out and in."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Callable
from typing import Final

from huawu.switch.sip.addresses import join_host_port
from huawu.switch.sip.events import Flow, SendPacket

log = logging.getLogger(__name__)

LARGEST: Final = 65_535  # octets of a datagram


class AddressInUse(OSError):
    """The host:port to listen on cannot be had; the text names it and says what to do."""


_OPTIONS: Final = {"TLS": "--sip-tls", "WS": "--sip-ws", "WSS": "--sip-wss"}


def _way_out(error: OSError, transport: str) -> str:
    """What whoever started this can do about it."""
    option = _OPTIONS.get(transport, "--sip")
    match error.errno:
        case errno.EADDRINUSE:
            return f"Stop the program that uses it, or choose another address: {option}."
        case errno.EADDRNOTAVAIL:
            return f"This machine has no such address; choose one that it has: {option}."
        case _:
            return f"Choose another address: {option}."


def bound_socket(host: str, port: int, kind: socket.SocketKind, transport: str = "UDP") -> socket.socket:
    """A socket on this address and no other: IPv6 never takes IPv4's packets too. Raises AddressInUse."""
    ipv6 = ":" in host
    bound = socket.socket(socket.AF_INET6 if ipv6 else socket.AF_INET, kind)
    try:
        bound.setblocking(False)
        if ipv6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if kind is socket.SOCK_STREAM:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise AddressInUse(
            f"cannot listen for SIP on {transport} {join_host_port(host, port)}: {error.strerror or error}. "
            f"{_way_out(error, transport)}"
        ) from error
    return bound


class UdpTransport:
    """One bound UDP socket, IPv4 or IPv6 by its host, read one datagram a wake-up.

    The event loop's own datagram transport asks the system twice for each packet and takes twice as long
    to send one.
    """

    def __init__(self) -> None:
        self.port = 0
        self._socket: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop
        self._on_packet: Callable[[bytes, Flow], None]
        self._on_lost: Callable[[Flow], None]

    async def open(
        self,
        host: str,
        port: int,
        on_packet: Callable[[bytes, Flow], None],
        on_lost: Callable[[Flow], None],
    ) -> None:
        """Bind; port 0 takes any, `port` then tells which. Raises AddressInUse naming host:port."""
        self._on_packet, self._on_lost = on_packet, on_lost
        self._loop = asyncio.get_running_loop()
        self._socket = bound_socket(host, port, socket.SOCK_DGRAM)
        self.port = self._socket.getsockname()[1]
        self._loop.add_reader(self._socket.fileno(), self._readable, self._socket)

    def send(self, packet: SendPacket) -> None:
        """Send at once; when the network refuses, `on_lost` is called on the next turn of the loop."""
        if self._socket is None:
            return
        flow = packet.flow
        try:
            self._socket.sendto(packet.data, (flow.host, flow.port))
        except BlockingIOError:
            return  # no room just now: lost on the way, as any datagram may be; what matters is sent again
        except (OSError, OverflowError, ValueError) as error:
            log.info("sip packet not sent: %s", error)
            self._loop.call_soon(self._on_lost, flow)

    async def close(self) -> None:
        """Close the socket; what was sent before still leaves."""
        if self._socket is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def _readable(self, bound: socket.socket) -> None:
        try:
            data, address = bound.recvfrom(LARGEST)
        except OSError:  # nothing there after all, or the network told of an earlier packet that was refused
            return
        self._on_packet(data, Flow(transport="udp", host=address[0], port=address[1]))
