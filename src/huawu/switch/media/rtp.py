"""RTP packets (RFC 3550 §5.1) as values that print back, and the arithmetic of their wrapping counters."""

from __future__ import annotations

import struct
from dataclasses import dataclass

HEADER = struct.Struct("!BBHII")
"""Flags, marker and payload type, sequence number, timestamp, SSRC."""
_EXTENSION = struct.Struct("!HH")
PLAIN = 0x80
"""The first octet of a packet without padding, extension or contributing sources: nearly all of them."""


class Malformed(ValueError):
    """What came is not a packet of this kind; it is dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RtpPacket:
    """One packet. `extension` is the profile's number and the words (a multiple of 4 octets) behind it."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False
    sources: tuple[int, ...] = ()
    extension: tuple[int, bytes] | None = None
    padding: int = 0  # octets in all, the count octet among them; 0 = none

    @staticmethod
    def parse(data: bytes) -> RtpPacket:
        """Raises Malformed."""
        if len(data) < 12:
            raise Malformed("shorter than the fixed header")
        flags, kind, sequence, timestamp, ssrc = HEADER.unpack_from(data)
        if flags >> 6 != 2:
            raise Malformed("not version 2")
        count = flags & 0x0F
        at = 12 + 4 * count
        if len(data) < at:
            raise Malformed("contributing sources cut off")
        sources = struct.unpack_from(f"!{count}I", data, 12)
        extension = None
        if flags & 0x10:
            if len(data) < at + 4:
                raise Malformed("extension header cut off")
            profile, words = _EXTENSION.unpack_from(data, at)
            at += 4 + 4 * words
            if len(data) < at:
                raise Malformed("extension cut off")
            extension = (profile, data[at - 4 * words : at])
        end, padding = len(data), 0
        if flags & 0x20:
            padding = data[-1]
            end -= padding
            if padding == 0 or end < at:
                raise Malformed("padding longer than the packet")
        return RtpPacket(
            payload_type=kind & 0x7F,
            sequence=sequence,
            timestamp=timestamp,
            ssrc=ssrc,
            payload=data[at:end],
            marker=kind >= 0x80,
            sources=sources,
            extension=extension,
            padding=padding,
        )

    def __bytes__(self) -> bytes:
        flags = PLAIN | len(self.sources)
        body = struct.pack(f"!{len(self.sources)}I", *self.sources)
        if self.extension is not None:
            flags |= 0x10
            profile, words = self.extension
            body += _EXTENSION.pack(profile, len(words) // 4) + words
        body += self.payload
        if self.padding:
            flags |= 0x20
            body += bytes(self.padding - 1) + bytes((self.padding,))
        kind = self.payload_type | (0x80 if self.marker else 0)
        return HEADER.pack(flags, kind, self.sequence, self.timestamp, self.ssrc) + body


def steps16(new: int, old: int) -> int:
    """How far `new` lies after `old` on the circle of sequence numbers: -32768 to 32767."""
    return ((new - old + 0x8000) & 0xFFFF) - 0x8000


def steps32(new: int, old: int) -> int:
    """How far `new` lies after `old` on the circle of timestamps."""
    return ((new - old + 0x80000000) & 0xFFFFFFFF) - 0x80000000


def is_rtcp(data: bytes) -> bool:
    """Tell the two apart on a shared port (RFC 5761 §4): packet types 192 to 223 are RTCP."""
    return len(data) >= 2 and 192 <= data[1] <= 223
