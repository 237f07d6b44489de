"""SIP over WebSocket (RFC 7118): one message a WebSocket message, sub-protocol `sip`; the server's end."""

from __future__ import annotations

import http
import logging
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import SEND_EOF, State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from huawu.switch.sip.framing import PING, PONG
from huawu.switch.sip.message import MAX_MESSAGE

MAX_FRAGMENTS: Final = 1_024
MAX_PONGS: Final = 3
"""Double CRLFs answered each time something comes: who sends more has its answer by the newest."""
MAX_EMPTY: Final = 64
"""Pings, pongs and keep-alives taken each time something comes; who sends more only wants to be a burden."""
_SLICE: Final = 1_024  # what is read between two looks at these bounds
ANY_ORIGIN: Final = "*"
_quiet = logging.getLogger("huawu.switch.websocket")
_quiet.setLevel(logging.ERROR)  # what strangers do wrong we say ourselves, and not for each frame


class WebSocketFraming:
    """Bytes in, whole messages out. `origins`: pages that may connect; () = those of the same host.

    `guests` are pages that may connect besides. Who sends no Origin is no browser, and may connect.
    """

    keeps_alive = True  # every WebSocket must answer a ping (RFC 6455 §5.5.3)

    def __init__(self, origins: Collection[str] = (), guests: Collection[str] = ()) -> None:
        self._origins = origins
        self._guests = guests
        self._protocol = ServerProtocol(
            subprotocols=[Subprotocol("sip")], max_size=MAX_MESSAGE, logger=_quiet
        )
        self._parts: list[bytes] = []
        self._count = 0
        self._text = False
        self._crlf = 0
        self._empty = 0
        self._seen = b""  # of a handshake, its last octets: its end may come in pieces
        self.ready = False
        self.over = False  # nothing more is to be said: close once the last is sent
        self.pongs = 0
        self.trouble = ""  # why the far end was refused or cut off

    @property
    def unfinished(self) -> bool:
        """Whether a message has begun and not ended."""
        return self._count > 0

    def feed(self, data: bytes) -> list[bytes]:
        """Take what came; returns the messages it completed."""
        if self.over:
            return []
        protocol = self._protocol
        messages: list[bytes] = []
        self._empty = 0
        start = 0
        while start < len(data):
            end = self._until(data, start)
            protocol.receive_data(data[start:end])
            start = end
            for event in protocol.events_received():
                if isinstance(event, Request):
                    self._shake(event)
                elif isinstance(event, Frame) and not self.trouble:
                    self._take(event, messages)
            if self.trouble or protocol.parser_exc is not None:
                break
        if protocol.handshake_exc is not None and not self.trouble:
            self.trouble = str(protocol.handshake_exc)
        if protocol.parser_exc is not None and not self.trouble:
            self.trouble = str(protocol.parser_exc)
        return messages

    def replies(self) -> bytes:
        """What is to be sent before anything else: the handshake's answer, pongs, a closing."""
        out: list[bytes] = []
        if self._crlf:
            crlf, self._crlf = min(self._crlf, MAX_PONGS), 0
            if self._protocol.state is State.OPEN:
                for _ in range(crlf):
                    self._protocol.send_text(PONG)
        for piece in self._protocol.data_to_send():
            if piece == SEND_EOF:
                self.over = True
            else:
                out.append(piece)
        return b"".join(out)

    def wrap(self, message: bytes) -> bytes:
        """A message of ours as a frame: text where it is text."""
        if self._protocol.state is not State.OPEN:
            return b""
        try:
            message.decode()
            self._protocol.send_text(message)
        except UnicodeDecodeError:
            self._protocol.send_binary(message)
        return self.replies()

    def ping(self) -> bytes:
        if self._protocol.state is not State.OPEN:
            return b""
        self._protocol.send_ping(b"")
        return self.replies()

    def farewell(self) -> bytes:
        """Say that we go away (1001)."""
        if self._protocol.state is not State.OPEN:
            return b""
        self._protocol.send_close(1001, "")
        return self.replies()

    # ── inside ──

    def _until(self, data: bytes, start: int) -> int:
        """How far to read before looking: what stands behind a handshake waits until that is answered."""
        end = min(start + _SLICE, len(data))
        if self._protocol.state is not State.CONNECTING:
            return end
        seen = self._seen + data[start:end]
        head = seen.find(PING)
        if head >= 0:
            end = start + head + len(PING) - len(self._seen)
            seen = b""
        self._seen = seen[-3:]
        return end

    def _shake(self, request: Request) -> None:
        protocol = self._protocol
        if not _may_connect(request.headers, self._origins, self._guests):
            self.trouble = "its page may not connect; allow it with --ws-origin"
            protocol.send_response(
                protocol.reject(http.HTTPStatus.FORBIDDEN, "This origin may not connect.\n")
            )
            return
        protocol.send_response(protocol.accept(request))
        self.ready = protocol.state is State.OPEN

    def _take(self, frame: Frame, messages: list[bytes]) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self._take_part(frame, messages)
        elif frame.opcode in (Opcode.PING, Opcode.PONG):
            self.pongs += frame.opcode is Opcode.PONG
            self._said_nothing()

    def _take_part(self, frame: Frame, messages: list[bytes]) -> None:
        if frame.opcode is not Opcode.CONT:
            self._text = frame.opcode is Opcode.TEXT
        self._count += 1
        if self._count > MAX_FRAGMENTS:
            self._fail(1008, "too many fragments")
            return
        self._parts.append(bytes(frame.data))
        if not frame.fin:
            return
        message = b"".join(self._parts)
        self._parts.clear()
        self._count = 0
        if message in (PING, PONG):
            self._crlf += message == PING  # RFC 7118 §6: what RFC 5626 has on streams is good here too
            self._said_nothing()
            return
        if self._text:
            try:
                message.decode()
            except UnicodeDecodeError:
                self._fail(1007, "text that is not UTF-8")
                return
        if message:
            messages.append(message)
        else:
            self._said_nothing()

    def _said_nothing(self) -> None:
        self._empty += 1
        if self._empty > MAX_EMPTY:
            self._fail(1008, "a flood of pings")

    def _fail(self, code: int, why: str) -> None:
        self.trouble = why
        self._parts.clear()
        self._count = 0
        self._protocol.fail(code, why)


def _may_connect(headers: Headers, origins: Collection[str], guests: Collection[str]) -> bool:
    told = headers.get_all("Origin")
    if not told:
        return True
    origin = told[0].strip().lower().rstrip("/")
    if len(told) > 1:
        return False
    if origin in guests:
        return True
    if origins:
        return ANY_ORIGIN in origins or origin in origins
    try:
        here = urlsplit("//" + headers.get_all("Host")[0]).hostname
        return here is not None and urlsplit(origin).hostname == here
    except (ValueError, IndexError):
        return False
