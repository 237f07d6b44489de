"""SIP over TCP, TLS and WebSocket: a listening socket, and connections in and out; whole messages in,
packets out.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Collection
from functools import partial
from itertools import count
from typing import Final, Protocol

from huawu.switch.sip.connection import MAX_UNSENT, Connection
from huawu.switch.sip.events import Flow, SendPacket, Transport
from huawu.switch.sip.framing import Framer, Framing
from huawu.switch.sip.tls import TlsLayer
from huawu.switch.sip.transport_udp import bound_socket
from huawu.switch.sip.websocket import WebSocketFraming

MAX_CONNECTIONS: Final = 5_000
MAX_FROM_ONE_HOST: Final = 200  # unless the settings say otherwise
MAX_HANDSHAKES_S: Final = 200
"""New TLS connections a second, of all and (a quarter of it) of one host: each costs a signature."""
MAX_REFUSALS_TOLD_S: Final = 5
CONNECT_S: Final = 5.0
FAREWELL_S: Final = 1.0
SECURE: Final[frozenset[Transport]] = frozenset({"tls", "wss"})
WEB: Final[frozenset[Transport]] = frozenset({"ws", "wss"})
log = logging.getLogger(__name__)


class Believes(Protocol):
    """Whom we are by TLS and whom we believe."""

    def server_context(self, *, asks: bool) -> ssl.SSLContext: ...

    def client_context(self, trunk: str) -> ssl.SSLContext | None: ...

    def judge(self, trunk: str, secured: ssl.SSLObject) -> str: ...

    def caller(self, secured: ssl.SSLObject, host: str) -> str: ...


class StreamTransport:
    """One listening socket, IPv4 or IPv6 by its host, and every connection made by it or to it.

    At most `MAX_CONNECTIONS`, `from_one_host` of one address, each with one unfinished message of
    64 KiB, closed after 10 s for a handshake or the rest of a message, 30 s without a first message, or
    `IDLE_S` of silence. TLS connections go out to trunks only; WebSockets never do.
    """

    def __init__(
        self,
        kind: Transport = "tcp",
        trust: Believes | None = None,
        origins: Collection[str] = (),
        from_one_host: int = MAX_FROM_ONE_HOST,
    ) -> None:
        self.kind: Transport = kind
        self.port = 0
        self._trust = trust
        self._origins = origins
        self.guests: Collection[str] = ()
        """Pages that may connect besides, by WebSocket."""
        self._from_one_host = from_one_host
        self._on_packet: Callable[[bytes, Flow], None]
        self._on_lost: Callable[[Flow], None]
        self._server: asyncio.Server | None = None
        self._numbers = count(1)
        self._connections: dict[int, Connection] = {}
        self._by_peer: dict[tuple[str, int, str], int] = {}
        self._aliases: dict[int, tuple[str, int, str]] = {}
        self._waiting: dict[tuple[str, int, str], list[SendPacket]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._hosts: Counter[str] = Counter()
        self._pace = _Pace()
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
        self.open_outward(on_packet, on_lost)
        loop = asyncio.get_running_loop()
        bound = bound_socket(host, port, socket.SOCK_STREAM, self.kind.upper())
        self._server = await loop.create_server(self._accept, sock=bound, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    def open_outward(self, on_packet: Callable[[bytes, Flow], None], on_lost: Callable[[Flow], None]) -> None:
        """Make connections only."""
        self._on_packet, self._on_lost = on_packet, on_lost

    def send(self, packet: SendPacket) -> None:
        """Write to the named connection, or to one to `host:port`, opened when there is none."""
        flow = packet.flow
        number = flow.connection or self._by_peer.get((flow.host, flow.port, flow.trunk), 0)
        connection = self._connections.get(number)
        if connection is not None and connection.is_ready:
            connection.write(packet.data)
        elif self._closing or flow.connection or self.kind in WEB or (self.kind == "tls" and not flow.trunk):
            asyncio.get_running_loop().call_soon(self._on_lost, flow)
        else:
            self._connect(packet)

    def forget(self, trunks: Collection[str], sources: Callable[[str], bool]) -> None:
        """What these trunks proved is worth nothing now, and who comes from their `sources` may prove more:
        close those connections, so that they are made anew.
        """
        for connection in list(self._connections.values()):
            unproved = connection.is_ready and not connection.outgoing and not connection.trunk
            if connection.trunk in trunks or (unproved and sources(connection.host)):
                connection.close()

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

    # ── making connections ──

    def _framing(self) -> Framing:
        return WebSocketFraming(self._origins, self.guests) if self.kind in WEB else Framer()

    def _accept(self) -> Connection:
        return Connection(self, self._framing(), tls=self._serve_tls if self.kind in SECURE else None)

    def _serve_tls(self) -> TlsLayer:
        assert self._trust is not None
        return TlsLayer(self._trust.server_context(asks=self.kind == "tls"), server_side=True)

    def _connect(self, packet: SendPacket) -> None:
        flow = packet.flow
        peer = flow.host, flow.port, flow.trunk
        waiting = self._waiting.get(peer)
        if waiting is not None:
            if sum(len(one.data) for one in waiting) < MAX_UNSENT:
                waiting.append(packet)
            return
        self._waiting[peer] = [packet]
        task = asyncio.get_running_loop().create_task(self._open_to(flow))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open_to(self, flow: Flow) -> None:
        peer = flow.host, flow.port, flow.trunk
        try:
            connection = await self._opened(flow)
        except OSError as error:  # TimeoutError is one
            log.info("sip connection not opened: %s", error, extra={"to": f"{flow.host} {flow.port}"})
            del self._waiting[peer]
            if not self._closing:
                self._on_lost(flow)
            return
        except asyncio.CancelledError:
            self._waiting.pop(peer, None)
            raise
        for packet in self._waiting.pop(peer):
            connection.write(packet.data)

    async def _opened(self, flow: Flow) -> Connection:
        """A connection that stands. Raises OSError."""
        tls: Callable[[], TlsLayer] | None = None
        judge: Callable[[ssl.SSLObject], str] | None = None
        if self.kind == "tls":
            trust = self._trust
            context = trust.client_context(flow.trunk) if trust is not None else None
            if trust is None or context is None:
                raise OSError(f"nothing is known of the certificate of trunk {flow.trunk}")
            tls = partial(TlsLayer, context, server_side=False)
            judge = partial(trust.judge, flow.trunk)
        loop = asyncio.get_running_loop()
        connection = Connection(self, self._framing(), tls=tls, outgoing=True, trunk=flow.trunk, judge=judge)
        standing = connection.standing = loop.create_future()
        try:
            async with asyncio.timeout(CONNECT_S):
                await loop.create_connection(lambda: connection, flow.host, flow.port)
                if not await standing:
                    raise ConnectionRefusedError("the far end was not believed, or closed it")
        except BaseException:
            connection.abort()
            raise
        return connection

    # ── what connections tell ──

    def joined(self, connection: Connection, host: str) -> int:
        """Give a new connection its number; 0 = there are too many."""
        full = len(self._connections) >= MAX_CONNECTIONS or self._hosts[host] >= self._from_one_host
        if not full and self.kind in SECURE and not connection.outgoing:
            full = not self._pace.allows(host, asyncio.get_running_loop().time())
        if self._closing or full:
            if not self._closing:
                self.refused("too many connections", host, 0, "")
            return 0
        self._hosts[host] += 1
        self._empty.clear()
        number = next(self._numbers)
        self._connections[number] = connection
        return number

    def known(self, secured: ssl.SSLObject, host: str) -> str:
        """The trunk that somebody who connected has proved to be; "" = none."""
        if self._trust is None or self.kind != "tls":
            return ""
        return self._trust.caller(secured, host)

    def ready(self, connection: Connection, flow: Flow) -> None:
        """It stands: requests to its far end's very place take it."""
        if connection.outgoing or self.kind == "tcp":
            self._by_peer[flow.host, flow.port, flow.trunk] = flow.connection

    def alias(self, flow: Flow, port: int) -> None:
        """A proved peer takes our requests by this connection instead of at its port (RFC 5923)."""
        place = flow.host, port, flow.trunk
        self._by_peer[place] = flow.connection
        self._aliases[flow.connection] = place

    def received(self, data: bytes, flow: Flow) -> None:
        self._on_packet(data, flow)

    def refused(self, why: str, host: str, port: int, trunk: str) -> None:
        """Tell the log, but not for each of a flood."""
        omitted = self._pace.tells(asyncio.get_running_loop().time())
        if omitted is None:
            return
        fields: dict[str, object] = {"transport": self.kind, "source": host, "port": port}
        if trunk:
            fields["trunk"] = trunk
        if omitted:
            fields["omitted"] = omitted
        log.warning("sip connection refused: %s", why, extra=fields)

    def left(self, connection: Connection, flow: Flow, *, used: bool) -> None:
        """A connection is gone."""
        self._connections.pop(flow.connection, None)
        for place in ((flow.host, flow.port, flow.trunk), self._aliases.pop(flow.connection, None)):
            if place is not None and self._by_peer.get(place) == flow.connection:
                del self._by_peer[place]
        self._hosts[flow.host] -= 1
        if not self._hosts[flow.host]:
            del self._hosts[flow.host]
        if not self._connections:
            self._empty.set()
        if used and not self._closing:
            self._on_lost(flow)


class _Pace:
    """How many new TLS connections and refusals there were in this second."""

    def __init__(self) -> None:
        self._since = 0.0
        self._hosts: Counter[str] = Counter()
        self._told = 0
        self._omitted = 0

    def allows(self, host: str, at: float) -> bool:
        """Whether one more may begin its handshake."""
        self._turn(at)
        if self._hosts.total() >= MAX_HANDSHAKES_S or self._hosts[host] >= MAX_HANDSHAKES_S // 4:
            return False
        self._hosts[host] += 1
        return True

    def tells(self, at: float) -> int | None:
        """How many went untold before this one, which may be told; None = it may not."""
        self._turn(at)
        if self._told >= MAX_REFUSALS_TOLD_S:
            self._omitted += 1
            return None
        self._told += 1
        omitted, self._omitted = self._omitted, 0
        return omitted

    def _turn(self, at: float) -> None:
        if at - self._since >= 1.0:
            self._since = at
            self._hosts.clear()
            self._told = 0
