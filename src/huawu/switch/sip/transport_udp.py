"""SIP over UDP: one socket; packets out and in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import cast

from huawu.switch.sip.addresses import join_host_port
from huawu.switch.sip.events import Flow, SendPacket

log = logging.getLogger(__name__)


class AddressInUse(OSError):
    """The host:port to listen on cannot be had; the text names it and says what to do."""


def explain(error: OSError, host: str, port: int, transport: str) -> AddressInUse:
    """The error a person reads when a socket cannot be opened."""
    where = join_host_port(host, port)
    return AddressInUse(
        f"cannot listen for SIP on {transport} {where}: {error.strerror or error}. "
        "Stop the program that uses it or set another address."
    )


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
        try:
            await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))
        except OSError as error:
            raise explain(error, host, port, "UDP") from error

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
