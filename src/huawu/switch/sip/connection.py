"""One connection of a stream: TLS if wanted, framing, and the times it may take for everything."""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from collections.abc import Callable
from typing import Final, Protocol, cast

from huawu.switch.sip.events import Flow, Transport
from huawu.switch.sip.framing import BrokenStream, Framing
from huawu.switch.sip.tls import TlsBroken, TlsLayer

MAX_UNSENT: Final = 262_144
UNFINISHED_S: Final = 10.0  # for a message that has begun
IDLE_S: Final = 7_500.0  # longer than a registration may live
FIRST_MESSAGE_S: Final = 30.0
HANDSHAKE_S: Final = 10.0  # for TLS and WebSocket together
PING_EVERY_S: Final = 100.0  # RFC 5626 §4.4.1: 95 to 120 s
WEBSOCKET_PING_S: Final = 30.0  # a browser whose lid was shut should not be rung for long
PONG_S: Final = 10.0
CLOSING_S: Final = 2.0  # for the far end to read why
log = logging.getLogger(__name__)

_ALIAS: Final = re.compile(
    rb"\r\n(?:via|v)[ \t]*:[ \t]*SIP[ \t]*/[ \t]*2\.0[ \t]*/[ \t]*TLS[ \t]+"
    rb"[^;,\r\n:\[]*(?:\[[^\]\r\n]*\])?(?::([0-9]{1,5}))?[ \t]*;[^,\r\n]*\balias\b",
    re.IGNORECASE,
)


class Owner(Protocol):
    """The transport a connection belongs to."""

    kind: Transport

    def joined(self, connection: Connection, host: str) -> int:
        """Give a new connection its number; 0 = there are too many."""
        ...

    def known(self, secured: ssl.SSLObject, host: str) -> str:
        """The trunk that somebody who connected has proved to be; "" = none."""
        ...

    def ready(self, connection: Connection, flow: Flow) -> None: ...

    def alias(self, flow: Flow, port: int) -> None:
        """A proved peer takes our requests by this connection instead of at its port (RFC 5923)."""
        ...

    def received(self, data: bytes, flow: Flow) -> None: ...

    def refused(self, why: str, host: str, port: int, trunk: str) -> None:
        """Tell the log of a far end that was not let in, or not believed."""
        ...

    def left(self, connection: Connection, flow: Flow, *, used: bool) -> None: ...


class Connection(asyncio.Protocol):
    """In or out. `judge` looks at the far end's certificate once TLS stands; what it says is why not."""

    def __init__(
        self,
        owner: Owner,
        framing: Framing,
        *,
        tls: Callable[[], TlsLayer] | None = None,
        outgoing: bool = False,
        trunk: str = "",
        judge: Callable[[ssl.SSLObject], str] | None = None,
    ) -> None:
        self._owner = owner
        self._framing = framing
        self._make_tls = tls
        self._tls: TlsLayer | None = None
        self._outgoing = outgoing
        self._trunk = trunk
        self._judge = judge
        self._transport: asyncio.Transport | None = None
        self._flow: Flow | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._keep_alive: asyncio.TimerHandle | None = None
        self._pongs = 0  # heard when we last asked
        self._hurried = False
        self._used = False
        self._ready = False
        self._closing = False
        self.standing: asyncio.Future[bool] | None = None
        """For one that goes out: whether it came to stand."""

    @property
    def trunk(self) -> str:
        """The trunk that its far end has proved to be."""
        return self._trunk if self._ready else ""

    @property
    def is_ready(self) -> bool:
        """Whether messages may be sent: it stands, and is not about to be closed."""
        return self._ready and not self._closing

    @property
    def outgoing(self) -> bool:
        return self._outgoing

    @property
    def host(self) -> str:
        return self._flow.host if self._flow is not None else ""

    # ── asyncio's side ──

    def connection_made(self, made: asyncio.BaseTransport) -> None:
        transport = cast(asyncio.Transport, made)  # uvloop's is no subclass of it
        self._transport = transport
        peer = transport.get_extra_info("peername")
        if not peer:
            transport.abort()
            return
        host, port = peer[0], peer[1]
        number = self._owner.joined(self, host)
        if not number:
            transport.abort()
            return
        self._flow = Flow(transport=self._owner.kind, host=host, port=port, connection=number)
        transport.set_write_buffer_limits(high=MAX_UNSENT)
        if self._make_tls is not None:
            try:
                tls = self._tls = self._make_tls()
                if self._outgoing:
                    tls.begin()
            except (OSError, ValueError) as error:  # a file that was there is gone
                self._refuse(str(error))
                return
            self._flush(tls)
        if self._tls is None and self._framing.ready:
            self._stands()
        else:
            self._wait(HANDSHAKE_S)

    def data_received(self, data: bytes) -> None:
        if self._flow is None or self._closing:
            return
        tls = self._tls
        if tls is not None:
            try:
                shaken = tls.ready
                data = tls.receive(data)
                if tls.ready and not shaken and not self._believe(tls):
                    return
            except TlsBroken as error:
                self._flush(tls)
                self._refuse(str(error))
                return
            self._flush(tls)
        if data:
            self._take(data)
        if tls is not None and tls.over:
            self.close()

    def eof_received(self) -> None:
        """The far end says no more: asyncio closes our end too."""

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._timer, self._keep_alive):
            if timer is not None:
                timer.cancel()
        if self.standing is not None and not self.standing.done():
            self.standing.set_result(False)
        flow, self._flow = self._flow, None
        if flow is not None:
            self._owner.left(self, flow, used=self._used)

    # ── what the owner does with it ──

    def write(self, data: bytes) -> None:
        """Send a message; a peer that does not read is cut off."""
        self._used = True
        self._send(self._framing.wrap(data))

    def close(self) -> None:
        """Say goodbye and close once all is sent."""
        if self._transport is None or self._closing:
            return
        if self._ready:
            self._send(self._framing.farewell())
        self._closing = True
        if self._tls is not None:
            self._tls.close()
            self._flush(self._tls)
        self._transport.close()
        self._wait(CLOSING_S)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # ── inside ──

    def _believe(self, tls: TlsLayer) -> bool:
        """TLS stands: whether the far end may be who it says, and who that is."""
        assert self._flow is not None
        if self._judge is not None:
            why = self._judge(tls.secured)
            if why:
                self._refuse(why)
                return False
        elif not self._outgoing:
            self._trunk = self._owner.known(tls.secured, self._flow.host)
        if self._trunk:
            flow = self._flow
            self._flow = Flow(
                transport=flow.transport,
                host=flow.host,
                port=flow.port,
                connection=flow.connection,
                trunk=self._trunk,
            )
        if self._framing.ready:
            self._stands()
        return True

    def _stands(self) -> None:
        assert self._flow is not None
        self._ready = True
        self._owner.ready(self, self._flow)
        self._wait(IDLE_S if self._outgoing else FIRST_MESSAGE_S)
        if self._outgoing or self._framing.keeps_alive:
            self._ping_later()
        if self.standing is not None and not self.standing.done():
            self.standing.set_result(True)

    def _take(self, data: bytes) -> None:
        framing, flow = self._framing, self._flow
        assert flow is not None
        try:
            messages = framing.feed(data)
        except BrokenStream as error:
            log.warning("sip stream broken: %s", error, extra={"source": flow.host})
            for message in error.messages:
                self._owner.received(message, flow)
            self.abort()
            return
        replies = framing.replies()
        if replies:
            self._send(replies)
        if framing.ready and not self._ready:
            self._stands()
        if framing.unfinished:
            if not self._hurried or messages:
                self._hurried = True
                self._wait(UNFINISHED_S)
        elif messages or replies or framing.pongs != self._pongs:
            self._hurried = False
            if self._ready:
                self._wait(IDLE_S)
        if messages and flow.trunk and not self._used and not self._outgoing:
            self._look_for_alias(messages[0], flow)
        for message in messages:
            self._used = True
            self._owner.received(message, flow)
        if framing.over:
            if framing.trouble:
                self._owner.refused(framing.trouble, flow.host, flow.port, flow.trunk)
            self._finish()

    def _look_for_alias(self, message: bytes, flow: Flow) -> None:
        found = _ALIAS.search(message)
        if found is not None:
            self._owner.alias(flow, int(found.group(1) or 5061))

    def _send(self, data: bytes) -> None:
        transport = self._transport
        if not data or transport is None or transport.is_closing():
            return
        if transport.get_write_buffer_size() > MAX_UNSENT:
            self.abort()
        elif self._tls is None:
            transport.write(data)
        else:
            try:
                self._tls.send(data)
            except TlsBroken as error:
                log.info("sip tls broken: %s", error)
                self.abort()
                return
            self._flush(self._tls)

    def _flush(self, tls: TlsLayer) -> None:
        data = tls.to_network()
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _refuse(self, why: str) -> None:
        assert self._flow is not None
        self._owner.refused(why, self._flow.host, self._flow.port, self._trunk)
        self._finish()

    def _finish(self) -> None:
        """Close our half and let the other end read why; what it still sends is thrown away."""
        transport = self._transport
        if transport is None or self._closing:
            return
        self._closing = True
        if self._tls is not None and self._ready:
            self._tls.close()
            self._flush(self._tls)
        if not transport.is_closing():
            transport.write_eof()
        self._wait(CLOSING_S)

    def _wait(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.abort)

    # ── signs of life ──

    def _ping_later(self) -> None:
        every = WEBSOCKET_PING_S if self._framing.keeps_alive else PING_EVERY_S
        self._keep_alive = asyncio.get_running_loop().call_later(every, self._ping)

    def _ping(self) -> None:
        self._pongs = self._framing.pongs
        self._send(self._framing.ping())
        self._keep_alive = asyncio.get_running_loop().call_later(PONG_S, self._look_for_pong)

    def _look_for_pong(self) -> None:
        """A far end that must answer, or did before, and does not now, is gone."""
        heard = self._framing.pongs
        if heard == self._pongs and (heard or self._framing.keeps_alive):
            assert self._flow is not None
            log.info("sip connection is dead: no pong", extra={"source": self._flow.host})
            self.abort()
            return
        self._ping_later()
