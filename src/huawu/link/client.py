"""The centre's end of the link: comes back for ever, hands each event on once, loses no command."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable
from typing import cast

from huawu.link.address import check_path, read_port, unix_sockets
from huawu.link.codec import BadFrame, Deframer, LinkError, decode_from_switch, encode
from huawu.link.messages import Command, Hello, NumberedCommand, NumberedEvent, Seen, Welcome

log = logging.getLogger(__name__)

FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 2.0
WELCOME_WITHIN_S = 10.0
UNSURE_COMMANDS = 10_000
"""Commands kept to be sent again, should the connection break before the switch took them."""


class LinkDown(LinkError):
    """There is no switch to command just now."""


class LinkClient:
    """One life of the centre's link.

    `switch` and `last_event` are what a former life stored, so that the switch need not start from a
    snapshot. A command that was on its way when the connection broke is sent again when the same switch
    replays, and is executed once; after a Welcome with a snapshot it is not: the snapshot shows what came
    of it.
    """

    def __init__(self, path: str, token: str, *, switch: str = "", last_event: int = 0) -> None:
        check_path(path)
        self._path = path
        self._token = token
        self._life = secrets.token_hex(8)
        self._switch = switch
        self._last_event = last_event
        self._number = 0
        self._unsure: deque[tuple[int, bytes]] = deque(maxlen=UNSURE_COMMANDS)
        self._connection: _Connection | None = None

    @property
    def connected(self) -> bool:
        """Whether commands can be sent."""
        return self._connection is not None

    @property
    def last_event(self) -> int:
        """The number of the newest event handed on."""
        return self._last_event

    def send(self, command: Command) -> int:
        """Send a command and return its number, by which CommandFailed names it. Raises LinkDown."""
        if self._connection is None:
            raise LinkDown(f"the switch is not connected; {type(command).__name__} was not sent")
        self._number += 1
        frame = encode(NumberedCommand(number=self._number, command=command))
        self._unsure.append((self._number, frame))
        self._connection.queue(frame)
        return self._number

    def seen(self, number: int) -> None:
        """All events up to `number` are stored: the switch may forget them. Does nothing while down.

        Tells as well how far the events were handed on: to be called a few times a second, stored or not.
        """
        if self._connection is not None:
            self._connection.seen(number, self._last_event)

    async def run(
        self,
        on_welcome: Callable[[Welcome], None],
        on_event: Callable[[NumberedEvent], None],
        on_lost: Callable[[], None],
        *,
        tcp: bool = not unix_sockets,
    ) -> None:
        """Keep the link up until cancelled. `on_lost` follows each `on_welcome` when its connection ends."""
        wait, complained = FIRST_WAIT_S, False
        while True:
            connection = _Connection(self, on_welcome, on_event)
            try:
                await self._connect(connection, tcp)
                await connection.ended
            except (OSError, ValueError) as error:
                if not complained:
                    log.warning("switch not reached", extra={"path": self._path, "detail": str(error)})
                    complained = True
            finally:
                connection.close()
                welcomed = self._connection is connection
                if welcomed:
                    self._connection = None
                    on_lost()
            if connection.greeted:
                wait, complained = FIRST_WAIT_S, False
            elif not complained:
                log.warning("switch gave no welcome; do both sides have the same token?")
                complained = True
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT_S)

    async def _connect(self, connection: _Connection, tcp: bool) -> None:
        loop = asyncio.get_running_loop()
        if tcp:
            await loop.create_connection(lambda: connection, "127.0.0.1", read_port(self._path))
        else:
            await loop.create_unix_connection(lambda: connection, self._path)

    def _hello(self) -> bytes:
        return encode(
            Hello(
                token=self._token,
                centre=self._life,
                switch=self._switch,
                last_event=self._last_event,
            )
        )

    def _welcomed(self, connection: _Connection, welcome: Welcome) -> None:
        self._switch = welcome.switch
        if not welcome.replays:
            self._last_event = welcome.last_event
            self._unsure.clear()
        self._connection = connection
        for number, frame in self._unsure:
            if number > welcome.last_command:
                connection.queue(frame)

    def _fresh(self, event: NumberedEvent) -> bool:
        if event.number <= self._last_event:
            return False
        self._last_event = event.number
        return True


class _Connection(asyncio.Protocol):
    def __init__(
        self,
        client: LinkClient,
        on_welcome: Callable[[Welcome], None],
        on_event: Callable[[NumberedEvent], None],
    ) -> None:
        self._client = client
        self._on_welcome = on_welcome
        self._on_event = on_event
        self._deframer = Deframer()
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._pending: list[bytes] = []
        self._seen = self._taken = 0
        self._tell_seen = False
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self.greeted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass of it
        self._deadline = self._loop.call_later(WELCOME_WITHIN_S, self._too_late)
        self._transport.write(self._client._hello())

    def _too_late(self) -> None:
        if not self.greeted:
            self.close()

    def data_received(self, data: bytes) -> None:
        try:
            for body in self._deframer.feed(data):
                self._take(body)
        except BadFrame as error:
            log.warning("switch dropped, it sent nonsense", extra={"detail": str(error)})
            self.close()

    def _take(self, body: bytes) -> None:
        if self._transport is None:
            return
        message = decode_from_switch(body)
        try:
            if isinstance(message, NumberedEvent):
                if self._client._fresh(message):
                    self._on_event(message)
            elif not self.greeted:
                self.greeted = True
                self._client._welcomed(self, message)
                self._on_welcome(message)
        except Exception:  # a fault of the receiver must not stop the events that follow
            log.exception("receiver of the link failed", extra={"got": type(message).__name__})

    def queue(self, frame: bytes) -> None:
        """Send with all else of this turn of the loop."""
        if not self._pending:
            self._loop.call_soon(self._flush)
        self._pending.append(frame)

    def seen(self, number: int, taken: int) -> None:
        if number > self._seen or taken > self._taken:
            self._seen, self._taken = max(number, self._seen), taken
            self._tell_seen = True
            if not self._pending:
                self._loop.call_soon(self._flush)
                self._pending.append(b"")

    def _flush(self) -> None:
        pending, self._pending = self._pending, []
        if self._tell_seen:
            pending.append(encode(Seen(last_event=self._seen, taken=self._taken)))
            self._tell_seen = False
        if self._transport is not None and pending:
            self._transport.write(b"".join(pending))

    def close(self) -> None:
        if self._transport is not None:
            self._flush()
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._deadline is not None:
            self._deadline.cancel()
        if not self.ended.done():
            self.ended.set_result(None)
