"""SIP over UDP: one socket; packets out and in."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import cast

from huawu.switch.sip.addresses import join_host_port
from huawu.switch.sip.events import Flow, SendPacket

log = logging.getLogger(__name__)


class AddressInUse(OSError):
    """The host:port to listen on cannot be had; the text names it and says what to do."""


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
            "Stop the program that uses it or set another address."
        ) from error
    return bound


class UdpTransport(asyncio.DatagramProtocol):
    """One bound UDP socket, IPv4 or IPv6 by its host."""

    def __init__(self) -> None:
        self.port = 0
        self._socket: asyncio.DatagramTransport | None = None
        self._on_packet: Callable[[bytes, Flow], None]
        self._on_lost: Callable[[Flow], None]
        self._sending: Flow | None = None
        self._closed = asyncio.Event()

    async def open(
        self,
        host: str,
        port: int,
        on_packet: Callable[[bytes, Flow], None],
        on_lost: Callable[[Flow], None],
    ) -> None:
        """Bind; port 0 takes any, `port` then tells which. Raises AddressInUse naming host:port."""
        self._on_packet, self._on_lost = on_packet, on_lost
        loop = asyncio.get_running_loop()
        bound = bound_socket(host, port, socket.SOCK_DGRAM)
        await loop.create_datagram_endpoint(lambda: self, sock=bound)

    def send(self, packet: SendPacket) -> None:
        """Send at once; when the network refuses, `on_lost` is called on the next turn of the loop."""
        if self._socket is None or self._socket.is_closing():
            return
        self._sending = packet.flow
        try:
            self._socket.sendto(packet.data, (packet.flow.host, packet.flow.port))
        except (OSError, ValueError) as error:  # uvloop raises, asyncio calls error_received meanwhile
            self.error_received(error)
        self._sending = None

    async def close(self) -> None:
        """Close the socket; what was sent before still leaves."""
        if self._socket is not None:
            self._socket.close()
            await self._closed.wait()

    # ── asyncio's side ──

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._socket = cast("asyncio.DatagramTransport", transport)  # uvloop's is no subclass of it
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int] | tuple[str, int, int, int]) -> None:
        self._on_packet(data, Flow(transport="udp", host=addr[0], port=addr[1]))

    def error_received(self, exc: Exception) -> None:
        log.info("sip packet not sent: %s", exc)
        if self._sending is not None:
            asyncio.get_running_loop().call_soon(self._on_lost, self._sending)

    def connection_lost(self, exc: Exception | None) -> None:
        self._socket = None
        self._closed.set()
