"""SIP over TCP: a listening socket, and connections in and out; whole messages in, packets out."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Final, cast

from huawu.switch.sip.events import Flow, SendPacket
from huawu.switch.sip.framing import PONG, BrokenStream, Framer
from huawu.switch.sip.transport_udp import bound_socket

MAX_CONNECTIONS: Final = 5_000
MAX_FROM_ONE_HOST: Final = 200
MAX_UNSENT: Final = 262_144
UNFINISHED_S: Final = 10.0  # for a message that has begun
IDLE_S: Final = 7_500.0  # longer than a registration may live
FIRST_MESSAGE_S: Final = 30.0
CONNECT_S: Final = 5.0
FAREWELL_S: Final = 1.0
log = logging.getLogger(__name__)


class TcpTransport:
    """One listening socket, IPv4 or IPv6 by its host, and every connection made by it or to it.

    At most `MAX_CONNECTIONS`, `MAX_FROM_ONE_HOST` from one address, each with one unfinished message of
    64 KiB, closed after `UNFINISHED_S`, `FIRST_MESSAGE_S` without any, or `IDLE_S` of silence.
    """

    def __init__(self) -> None:
        self.port = 0
        self._on_packet: Callable[[bytes, Flow], None]
        self._on_lost: Callable[[Flow], None]
        self._server: asyncio.Server | None = None
        self._numbers = count(1)
        self._connections: dict[int, _Connection] = {}
        self._by_peer: dict[tuple[str, int], int] = {}
        self._waiting: dict[tuple[str, int], list[SendPacket]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._hosts: Counter[str] = Counter()
        self._empty = asyncio.Event()
        self._empty.set()
        self._closing = False

    async def open(
        self,
        host: str,
        port: int,
        on_packet: Callable[[bytes, Flow], None],
        on_lost: Callable[[Flow], None],
    ) -> None:
        """Listen; port 0 takes any, `port` then tells which. Raises AddressInUse naming host:port."""
        self._on_packet, self._on_lost = on_packet, on_lost
        loop = asyncio.get_running_loop()
        bound = bound_socket(host, port, socket.SOCK_STREAM)
        self._server = await loop.create_server(lambda: _Connection(self), sock=bound, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    def send(self, packet: SendPacket) -> None:
        """Write to the named connection, or to one to `host:port`, opened when there is none."""
        flow = packet.flow
        number = flow.connection or self._by_peer.get((flow.host, flow.port), 0)
        connection = self._connections.get(number)
        if connection is not None:
            connection.write(packet.data)
        elif self._closing or flow.connection:
            asyncio.get_running_loop().call_soon(self._on_lost, flow)
        else:
            self._connect(packet)

    async def close(self) -> None:
        """Stop listening and close every connection; nobody is told."""
        self._closing = True
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        for connection in list(self._connections.values()):
            connection.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            async with asyncio.timeout(FAREWELL_S):
                await self._empty.wait()
        except TimeoutError:
            for connection in list(self._connections.values()):
                connection.abort()
            await self._empty.wait()
        if self._server is not None:
            await self._server.wait_closed()

    # ── inside ──

    def _connect(self, packet: SendPacket) -> None:
        peer = packet.flow.host, packet.flow.port
        waiting = self._waiting.get(peer)
        if waiting is not None:
            if sum(len(one.data) for one in waiting) < MAX_UNSENT:
                waiting.append(packet)
            return
        self._waiting[peer] = [packet]
        task = asyncio.get_running_loop().create_task(self._open_to(packet.flow))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open_to(self, flow: Flow) -> None:
        peer = flow.host, flow.port
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_S):
                _, connection = await loop.create_connection(
                    lambda: _Connection(self, outgoing=True), flow.host, flow.port
                )
        except OSError as error:  # TimeoutError is one
            log.info("sip connection not opened: %s", error)
            del self._waiting[peer]
            if not self._closing:
                self._on_lost(flow)
            return
        except asyncio.CancelledError:
            self._waiting.pop(peer, None)
            raise
        for packet in self._waiting.pop(peer):
            connection.write(packet.data)

    def joined(self, connection: _Connection, host: str, port: int) -> int:
        """Give a new connection its number; 0 = there are too many."""
        full = len(self._connections) >= MAX_CONNECTIONS or self._hosts[host] >= MAX_FROM_ONE_HOST
        if self._closing or full:
            return 0
        self._hosts[host] += 1
        self._empty.clear()
        number = next(self._numbers)
        self._connections[number] = connection
        self._by_peer[host, port] = number
        return number

    def received(self, data: bytes, flow: Flow) -> None:
        self._on_packet(data, flow)

    def left(self, flow: Flow) -> None:
        """A connection is gone."""
        self._connections.pop(flow.connection, None)
        if self._by_peer.get((flow.host, flow.port)) == flow.connection:
            del self._by_peer[flow.host, flow.port]
        self._hosts[flow.host] -= 1
        if not self._hosts[flow.host]:
            del self._hosts[flow.host]
        if not self._connections:
            self._empty.set()
        if not self._closing:
            self._on_lost(flow)


class _Connection(asyncio.Protocol):
    def __init__(self, owner: TcpTransport, *, outgoing: bool = False) -> None:
        self._owner = owner
        self._outgoing = outgoing
        self._framer = Framer()
        self._transport: asyncio.Transport | None = None
        self._flow: Flow | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._hurried = False

    def connection_made(self, made: asyncio.BaseTransport) -> None:
        transport = cast(asyncio.Transport, made)  # uvloop's is no subclass of it
        self._transport = transport
        peer = transport.get_extra_info("peername")
        if not peer:
            transport.abort()
            return
        host, port = peer[0], peer[1]
        number = self._owner.joined(self, host, port)
        if not number:
            log.warning("sip connection refused: too many", extra={"source": host})
            transport.abort()
            return
        self._flow = Flow(transport="tcp", host=host, port=port, connection=number)
        transport.set_write_buffer_limits(high=MAX_UNSENT)
        self._wait(IDLE_S if self._outgoing else FIRST_MESSAGE_S)

    def data_received(self, data: bytes) -> None:
        flow = self._flow
        if flow is None:
            return
        try:
            messages = self._framer.feed(data)
        except BrokenStream as error:
            log.warning("sip stream broken: %s", error, extra={"source": flow.host})
            self.abort()
            return
        pings, self._framer.pings = self._framer.pings, 0
        if pings:
            self.write(PONG * min(pings, 3))
        if self._framer.unfinished:
            if not self._hurried or messages:
                self._hurried = True
                self._wait(UNFINISHED_S)
        elif messages or pings:
            self._hurried = False
            self._wait(IDLE_S)
        for message in messages:
            self._owner.received(message, flow)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        flow, self._flow = self._flow, None
        if flow is not None:
            self._owner.left(flow)

    def write(self, data: bytes) -> None:
        """Send; a peer that does not read is cut off."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if transport.get_write_buffer_size() > MAX_UNSENT:
            self.abort()
            return
        transport.write(data)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _wait(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.abort)
