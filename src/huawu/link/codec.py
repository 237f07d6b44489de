"""Frames of the link: four bytes of length (big-endian), then one message in MessagePack."""

from __future__ import annotations

import struct
from typing import Any

import msgspec

from huawu.link.messages import Hello, NumberedCommand, NumberedEvent, Seen, Welcome

FromCentre = Hello | NumberedCommand | Seen
FromSwitch = Welcome | NumberedEvent

MAX_FRAME = 16 * 1024 * 1024
"""Bytes of one message: a snapshot of 50,000 legs or a configuration of 50,000 endpoints fits."""

_length = struct.Struct(">I")
_encoder = msgspec.msgpack.Encoder()
# msgspec knows a union only as a type form, which its stub cannot name: hence the two `Any`.
_from_centre: Any = msgspec.msgpack.Decoder(FromCentre)
_from_switch: Any = msgspec.msgpack.Decoder(FromSwitch)


class LinkError(Exception):
    """The link cannot do what was asked: BadFrame (here), LinkDown (client.py), SocketTaken (server.py)."""


class BadFrame(LinkError):
    """The peer sent what is not a message of the link; the connection is of no more use."""


def encode(message: FromCentre | FromSwitch) -> bytes:
    """One whole frame."""
    body = _encoder.encode(message)
    return _length.pack(len(body)) + body


def decode_from_centre(body: bytes | bytearray | memoryview) -> FromCentre:
    """A frame's body as sent by the centre. Raises BadFrame."""
    try:
        message: FromCentre = _from_centre.decode(body)
    except msgspec.DecodeError as error:
        raise BadFrame(f"not a message of the centre: {error}") from None
    return message


def decode_from_switch(body: bytes | bytearray | memoryview) -> FromSwitch:
    """A frame's body as sent by the switch. Raises BadFrame."""
    try:
        message: FromSwitch = _from_switch.decode(body)
    except msgspec.DecodeError as error:
        raise BadFrame(f"not a message of the switch: {error}") from None
    return message


class Deframer:
    """Cuts a stream into frame bodies, however the bytes arrive."""

    def __init__(self, limit: int = MAX_FRAME) -> None:
        self._limit = limit
        self._chunks: list[bytes] = []
        self._size = 0  # bytes in the chunks
        self._need = 4  # bytes before anything more can be cut off

    def feed(self, data: bytes) -> list[bytes]:
        """The bodies that are now complete. Raises BadFrame when one claims to exceed the limit."""
        self._size += len(data)
        if self._chunks:
            self._chunks.append(data)
            if self._size < self._need:
                return []
            data = b"".join(self._chunks)
            self._chunks.clear()
        bodies: list[bytes] = []
        start, end = 0, len(data)
        self._need = 4
        while end - start >= 4:
            (length,) = _length.unpack_from(data, start)
            if length > self._limit:
                raise BadFrame(f"a frame of {length} bytes; at most {self._limit} are allowed")
            if end - start - 4 < length:
                self._need = 4 + length
                break
            bodies.append(data[start + 4 : start + 4 + length])
            start += 4 + length
        if start < end:
            self._chunks.append(data[start:])
        self._size = end - start
        return bodies
