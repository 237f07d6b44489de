"""The switch's end of the link: one centre at a time, told every event once and in order."""

from __future__ import annotations

import asyncio
import hmac
import logging
import socket
from collections import deque
from collections.abc import Callable
from typing import Final, cast

from huawu.link.address import check_path, forget_socket, keep_private, unix_sockets, write_port
from huawu.link.codec import BadFrame, Deframer, LinkError, decode_from_centre, encode
from huawu.link.messages import (
    Command,
    Event,
    Hello,
    NumberedCommand,
    PlayFinished,
    QualityMeasured,
    RecordingStarted,
    Seen,
    TalkLevel,
    TalkStarted,
    TalkStopped,
    Welcome,
)
from huawu.link.replay import EventLog

log = logging.getLogger(__name__)

HELLO_WITHIN_S = 5.0
CHUNK = 1_000  # events joined to one write
STOP_S = 1.0
"""How long `stop` waits for a centre to read the last events."""
STOP_CHECKS = 50
MARKS = 64
"""Moments remembered to tell how late a centre is."""
MAX_BEHIND = 50_000
"""Events a connected centre may lag behind before it is dropped; it comes back with Hello and replays."""


PATIENCE_S: Final[dict[type[Event], float]] = {
    TalkStarted: 0.02,
    TalkStopped: 0.02,
    TalkLevel: 0.05,
    QualityMeasured: 0.1,
    RecordingStarted: 0.1,
    PlayFinished: 0.1,  # of a play that was stopped: who stopped it knows
}
"""How long what nobody must answer at once may wait for others to go with it: each write wakes the centre."""


class SocketTaken(LinkError):
    """Another switch already listens at this path."""


class LinkServer:
    """Numbers and keeps the events, lets the centre in by token, hands over its commands once each.

    `snapshot` answers a newcomer: it is asked for the whole Welcome, whose `switch`, `replays`,
    `last_event` and `last_command` the server fills in. `on_command(number, command)`, `on_centre(True)`
    when a centre is let in and `on_centre(False)` when it is gone are called on the loop.
    """

    def __init__(
        self,
        *,
        switch: str,
        token: str,
        snapshot: Callable[[Welcome], Welcome],
        on_command: Callable[[int, Command], None],
        on_centre: Callable[[bool], None],
        now_ms: Callable[[], int],
        keep: int = 200_000,
        max_behind: int = MAX_BEHIND,
    ) -> None:
        self.switch = switch
        self._token = token.encode()
        self._snapshot = snapshot
        self._on_command = on_command
        self._on_centre = on_centre
        self._now_ms = now_ms
        self._log = EventLog(keep)
        self._max_behind = max_behind
        self._connections: set[_Connection] = set()
        self._centre: _Connection | None = None
        self._centre_life = ""
        self._last_command = 0
        self._server: asyncio.Server | None = None
        self._loop: asyncio.AbstractEventLoop
        self._path = ""
        self._pumping = False
        self._patient: asyncio.TimerHandle | None = None

    @property
    def running(self) -> bool:
        return self._server is not None

    @property
    def connected(self) -> bool:
        """Whether a centre is there."""
        return self._centre is not None

    def lateness(self, at: float) -> float:
        """For how long, in seconds, the centre has left an event undone; 0 when there is none, or no centre.

        To be asked a few times a second, with a clock that never goes back. A centre that does not tell how
        far it is cannot be late.
        """
        return self._centre.lateness(self._log.last, at) if self._centre is not None else 0.0

    async def start(self, path: str, *, tcp: bool = not unix_sockets) -> None:
        """Listen at `path`, readable for this user only. Raises SocketTaken, ValueError, OSError."""
        loop = self._loop = asyncio.get_running_loop()
        if tcp:
            self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
            write_port(path, self._server.sockets[0].getsockname()[1])
        else:
            check_path(path)
            if _answers(path):
                raise SocketTaken(f"another switch listens at {path}: stop it, or choose another path")
            forget_socket(path)
            self._server = await loop.create_unix_server(lambda: _Connection(self), path)
            keep_private(path)
        self._path = path

    async def stop(self) -> None:
        """Write what is still to be told, close all connections, remove the socket."""
        if self._server is None:
            return
        self._pump()
        for _ in range(8):  # before Python 3.13 a server closed while it accepts leaks the connection
            await asyncio.sleep(0)
        self._server.close()
        self._server = None
        for connection in list(self._connections):
            connection.transport.close()
        for _ in range(STOP_CHECKS):  # what is written leaves; who came just now is sent away
            await asyncio.sleep(STOP_S / STOP_CHECKS)
            if not self._connections:
                break
        for connection in list(self._connections):
            connection.transport.abort()
        forget_socket(self._path)

    def emit(self, event: Event) -> int:
        """Tell the centre, now or when it comes back; returns the event's number."""
        number = self._log.append(event, self._now_ms())
        if self._centre is not None and not self._pumping:
            if patience_s := patience(event):
                self._pump_within(patience_s)
            else:
                self._pumping = True
                self._loop.call_soon(self._pump)  # one write for all events of this turn
        return number

    def _pump_within(self, seconds: float) -> None:
        due = self._loop.time() + seconds
        if self._patient is None or due < self._patient.when():
            if self._patient is not None:
                self._patient.cancel()
            self._patient = self._loop.call_at(due, self._pump)

    def _pump(self) -> None:
        self._pumping = False
        if self._patient is not None:
            self._patient.cancel()
            self._patient = None
        if self._centre is None:
            return
        if self._log.last - self._centre.told > self._max_behind:
            log.warning("centre too slow, dropped", extra={"behind": self._log.last - self._centre.told})
            self._drop(self._centre)
            return
        self._centre.write_events(self._log)

    def _drop(self, connection: _Connection) -> None:
        connection.transport.abort()
        self._gone(connection)

    def _gone(self, connection: _Connection) -> None:
        self._connections.discard(connection)
        if connection is self._centre:
            self._centre = None
            self._on_centre(False)

    def _hello(self, connection: _Connection, hello: Hello) -> None:
        if not hmac.compare_digest(hello.token.encode(), self._token):
            log.warning("centre refused, wrong token")
            connection.transport.close()
            return
        former, self._centre = self._centre, connection
        if former is not None:  # a half-dead connection of the same centre, or one taken over by another
            log.warning("centre replaced by a new connection")
            former.transport.abort()
        if hello.centre != self._centre_life or not hello.centre:
            self._centre_life, self._last_command = hello.centre, 0
        replays = hello.switch == self.switch and self._log.holds_after(hello.last_event)
        bare = Welcome(
            switch=self.switch,
            replays=replays,
            last_event=self._log.last,
            last_command=self._last_command,
        )
        connection.transport.write(encode(self._snapshot(bare)))
        connection.told = hello.last_event if replays else self._log.last
        if former is None:
            self._on_centre(True)
        connection.write_events(self._log)

    def _take(self, connection: _Connection, body: bytes) -> None:
        message = decode_from_centre(body)
        if connection is not self._centre:
            if isinstance(message, Hello) and not connection.greeted:
                connection.greeted = True
                self._hello(connection, message)
                return
            raise BadFrame("a message before Hello, or after another centre took over")
        match message:
            case NumberedCommand(number=number, command=command):
                if number > self._last_command:
                    self._last_command = number
                    self._on_command(number, command)
            case Seen(last_event=last_event, taken=taken):
                self._log.forget(min(last_event, connection.told))
                connection.took(taken)
            case Hello():
                raise BadFrame("a second Hello")


def patience(event: Event) -> float:
    """How long it may wait, in seconds; then, or with the next that is urgent, it goes, in order."""
    if isinstance(event, PlayFinished) and event.how != "stopped":
        return 0.0
    return PATIENCE_S.get(type(event), 0.0)


class _Connection(asyncio.Protocol):
    def __init__(self, server: LinkServer) -> None:
        self._server = server
        self._deframer = Deframer()
        self._deadline: asyncio.TimerHandle | None = None
        self._paused = False
        self.transport: asyncio.Transport
        self.greeted = False
        self.told = 0  # the newest event handed to the transport
        self._taken = 0  # the newest that the centre says it has done
        self._marks: deque[tuple[int, float]] = deque(maxlen=MARKS)  # at that time, so many were to be done

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass of it
        self.transport.set_write_buffer_limits(high=1024 * 1024)
        if not self._server.running:  # it came while the server stopped
            self.transport.abort()
            return
        self._server._connections.add(self)
        self._deadline = asyncio.get_running_loop().call_later(HELLO_WITHIN_S, self._too_late)

    def _too_late(self) -> None:
        if not self.greeted:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        try:
            for body in self._deframer.feed(data):
                if self.transport.is_closing():
                    return
                self._server._take(self, body)
        except BadFrame as error:
            log.warning("centre dropped, it sent nonsense", extra={"detail": str(error)})
            self._server._drop(self)

    def write_events(self, events: EventLog) -> None:
        """Hand over what is new, as far as the transport takes it; the log is the only queue."""
        while not self._paused and self.told < events.last and not self.transport.is_closing():
            frames = events.after(self.told, CHUNK)
            self.told += len(frames)
            self.transport.write(b"".join(frames))

    def took(self, number: int) -> None:
        """The centre has done all events up to this one."""
        self._taken = max(self._taken, number)
        while self._marks and self._marks[0][0] <= self._taken:
            self._marks.popleft()

    def lateness(self, last: int, at: float) -> float:
        if last > self._taken and (not self._marks or last > self._marks[-1][0]):
            if len(self._marks) == MARKS:
                self._marks[-1] = (last, self._marks[-1][1])  # the oldest say how late it is
            else:
                self._marks.append((last, at))
        return at - self._marks[0][1] if self._marks and self._taken else 0.0

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._server._pump()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._server._gone(self)


def _answers(path: str) -> bool:
    """Whether somebody listens at a Unix socket (a file left by a dead process does not count)."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True
