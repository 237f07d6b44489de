"""Where messages begin and end in a TCP stream (RFC 3261 §18.3): Content-Length, keep-alives between them."""

from __future__ import annotations

import re
from typing import Final, Protocol

MAX_HEAD: Final = 16_384
MAX_BODY: Final = 49_152
PING: Final = b"\r\n\r\n"
PONG: Final = b"\r\n"

_LENGTH: Final = re.compile(
    rb"\r\n(?:content-length|l)[ \t]*:[ \t]*([0-9]{1,8})[ \t]*(?=\r\n|\Z)", re.IGNORECASE
)
_NAMED: Final = re.compile(rb"\r\n(?:content-length|l)[ \t]*:", re.IGNORECASE)


class BrokenStream(ValueError):
    """The stream can no longer be followed; the connection must be closed.

    `messages` were whole before it broke.
    """

    def __init__(self, reason: str, messages: list[bytes]) -> None:
        super().__init__(reason)
        self.messages = messages


class _Broken(Exception):
    """Why a message cannot be delimited."""


class Framing(Protocol):
    """How messages stand in the bytes of a connection: as a stream (`Framer`) or by WebSocket."""

    keeps_alive: bool  # the far end must answer a ping of ours, by its protocol
    ready: bool  # messages may be sent
    over: bool  # the conversation ends: close once `replies` are sent
    pongs: int  # answers to our pings so far
    trouble: str  # why the far end was refused

    @property
    def unfinished(self) -> bool:
        """Whether a message has begun and not ended."""
        ...

    def feed(self, data: bytes) -> list[bytes]:
        """Take what came; returns the messages it completed. Raises BrokenStream."""
        ...

    def replies(self) -> bytes:
        """What must be sent before anything else."""
        ...

    def wrap(self, message: bytes) -> bytes:
        """A message of ours as it goes out."""
        ...

    def ping(self) -> bytes:
        """What asks the far end for a sign of life."""
        ...

    def farewell(self) -> bytes:
        """What is said before we close."""
        ...


class Framer:
    """Bytes in, whole messages out; holds at most one unfinished message of `MAX_HEAD` + `MAX_BODY`."""

    keeps_alive = False  # a peer may know RFC 5626 or not
    ready = True
    over = False
    trouble = ""

    def __init__(self) -> None:
        self.pongs = 0
        self._asked = False
        self._held = bytearray()
        self._searched = 0  # the head's end is not before
        self.pings = 0  # double CRLFs seen: each wants a single one in reply (RFC 5626 §4.4.1)

    @property
    def unfinished(self) -> bool:
        """Whether a message has begun and not ended."""
        return bool(self._held.strip(PONG))

    def replies(self) -> bytes:
        """A few pongs at most: who pings more has its answer too."""
        if not self.pings:
            return b""
        pings, self.pings = self.pings, 0
        return PONG * min(pings, 3)

    def wrap(self, message: bytes) -> bytes:
        return message

    def ping(self) -> bytes:
        self._asked = True
        return PING

    def farewell(self) -> bytes:
        return b""

    def feed(self, data: bytes) -> list[bytes]:
        """Take what came; returns the messages it completed. Raises BrokenStream."""
        self._held += data
        messages: list[bytes] = []
        try:
            self._take_whole(messages)
        except _Broken as error:
            raise BrokenStream(str(error), messages) from None
        return messages

    def _take_whole(self, messages: list[bytes]) -> None:
        held = self._held
        while True:
            self._skip_keep_alives()
            if not held:
                return
            end = held.find(b"\r\n\r\n", max(0, self._searched - 3))
            if end < 0:
                self._searched = len(held)
                if len(held) > MAX_HEAD:
                    raise _Broken("header section too long")
                return
            whole = end + 4 + self._body_length(bytes(held[:end]))
            if len(held) < whole:
                self._searched = end
                return
            messages.append(bytes(held[:whole]))
            del held[:whole]
            self._searched = 0

    def _skip_keep_alives(self) -> None:
        held = self._held
        while held.startswith(PING):
            del held[:4]
            self.pings += 1
        if self._asked and held.startswith(PONG) and held[2:4] != PONG:
            self._asked = False
            self.pongs += 1
            del held[:2]
        if len(held) > 2 and held.startswith(PONG) and not PING.startswith(bytes(held[:4])):
            del held[:2]

    def _body_length(self, head: bytes) -> int:
        if len(head) > MAX_HEAD:
            raise _Broken("header section too long")
        found = _LENGTH.findall(head)
        if len(found) != len(_NAMED.findall(head)) or len(set(found)) > 1:
            raise _Broken("Content-Length is malformed")
        length = int(found[0]) if found else 0
        if length > MAX_BODY:
            raise _Broken("body too long")
        return length
