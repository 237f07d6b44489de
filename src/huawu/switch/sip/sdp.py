"""Session descriptions (RFC 4566): read, looked into, and printed back as they came."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from huawu.switch.codecs import CODECS

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
Line = tuple[str, str]
"""One line of a description: its letter and what follows the equals sign."""
Coding = tuple[tuple[str, ...], tuple[str, ...]]
"""The formats of an m-line, and what follows `a=` in the lines that map them."""

STATIC_TYPES: Final = {str(codec.payload_type): codec.encoding for codec in CODECS.values()}
MIRRORED: Final[dict[Direction, Direction]] = {
    "sendrecv": "sendrecv",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}
WEB_PROFILES: Final = frozenset({"UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP"})
"""Of browsers: keys by DTLS, the way by ICE; what c= and the port say means nothing then."""
MAX_LINES: Final = 500
MAX_STREAMS: Final = 20


class Stream(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An m-line with the lines below it, in their order; `port` 0 = refused or switched off."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    lines: tuple[Line, ...] = ()
    port_count: str = ""  # of `m=audio 4000/2`, kept to print back

    @classmethod
    def parse(cls, value: str, lines: tuple[Line, ...] = ()) -> Stream:
        """Read `audio 49170 RTP/AVP 0 8`. Raises ValueError."""
        parts = value.split(" ")
        if len(parts) < 4 or not all(parts):
            raise ValueError("m= needs kind, port, protocol and formats")
        port, slash, count = parts[1].partition("/")
        if slash and not is_number(count):
            raise ValueError("m= has a bad port count")
        return cls(
            kind=parts[0],
            port=_number(port, 65_535, "m= port"),
            protocol=parts[2],
            formats=tuple(parts[3:]),
            lines=lines,
            port_count=count,
        )

    def __str__(self) -> str:
        count = f"/{self.port_count}" if self.port_count else ""
        head = f"m={self.kind} {self.port}{count} {self.protocol} {' '.join(self.formats)}\r\n"
        return head + _text(self.lines)

    def attribute(self, name: str) -> str | None:
        """The value of the first `a=name:value`, "" for a bare `a=name`, None when it is missing."""
        return _attribute(self.lines, name)

    def crypto_lines(self) -> list[str]:
        """What follows each `a=crypto:`."""
        return [value[7:] for letter, value in self.lines if letter == "a" and value.startswith("crypto:")]

    def codecs(self) -> dict[str, str]:
        """Format → encoding as `NAME/RATE` (name in capitals), in the order of the m-line."""
        return codecs_of(self.coding)

    @property
    def coding(self) -> Coding:
        """Its formats and what they are mapped to: all that `codecs` depends on."""
        maps = [value for letter, value in self.lines if letter == "a" and value.startswith("rtpmap:")]
        return self.formats, tuple(maps)


class Sdp(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A whole description; every line is kept, so that it prints back what it was parsed from."""

    lines: tuple[Line, ...]  # v= o= s= … before the first m-line
    streams: tuple[Stream, ...] = ()

    @classmethod
    def parse(cls, text: str | bytes) -> Sdp:
        """Read a description with CRLF or LF line ends. Raises ValueError with a reason for the peer."""
        if isinstance(text, bytes):
            text = text.decode("utf-8", "replace")
        raw = [line.removesuffix("\r") for line in text.split("\n")]
        while raw and not raw[-1]:
            raw.pop()
        if len(raw) > MAX_LINES:
            raise ValueError("SDP has too many lines")
        session: list[Line] = []
        streams: list[Stream] = []
        below: list[Line] = session
        heads: list[tuple[str, list[Line]]] = []
        for line in raw:
            letter, equals, value = line.partition("=")
            if not equals or len(letter) != 1 or not letter.isascii() or not letter.isalpha():
                raise ValueError("SDP line is not type=value")
            if letter == "m":
                below = []
                heads.append((value, below))
            else:
                below.append((letter, value))
        if [letter for letter, _ in session[:2]] != ["v", "o"] or session[0][1] != "0":
            raise ValueError("SDP must begin with v=0 and o=")
        if len(session[1][1].split(" ")) != 6 or not all(session[1][1].split(" ")):
            raise ValueError("o= needs six fields")
        if len(heads) > MAX_STREAMS:
            raise ValueError("SDP has too many streams")
        streams = [Stream.parse(value, tuple(under)) for value, under in heads]
        sdp = cls(lines=tuple(session), streams=tuple(streams))
        for stream in streams:
            if stream.port:
                sdp.host_of(stream)
        return sdp

    def __str__(self) -> str:
        return _text(self.lines) + "".join(map(str, self.streams))

    @property
    def version(self) -> int:
        """The third field of o=, which grows with each change; 0 when it is no number."""
        field = self.lines[1][1].split(" ")[2]
        return int(field) if is_number(field) and len(field) < 21 else 0

    def host_of(self, stream: Stream) -> str:
        """Where the stream is wanted: its own c=, else the description's. Raises ValueError without one."""
        for lines in (stream.lines, self.lines):
            for letter, value in lines:
                if letter == "c":
                    parts = value.split(" ")
                    if len(parts) != 3 or parts[0] != "IN" or parts[1] not in ("IP4", "IP6"):
                        raise ValueError("c= is not IN IP4 or IN IP6")
                    return parts[2]
        raise ValueError("c= is missing")

    def direction_of(self, stream: Stream) -> Direction:
        """What the describing side does with the stream; 0.0.0.0 is the old way to hold (RFC 3264 §8.4)."""
        direction: Direction = "sendrecv"
        for lines in (self.lines, stream.lines):
            for letter, value in lines:
                if letter == "a" and value in MIRRORED:
                    direction = value
        if self.host_of(stream) == "0.0.0.0" and stream.protocol not in WEB_PROFILES:
            return "sendonly" if direction in ("sendrecv", "sendonly") else "inactive"
        return direction


def codecs_of(coding: Coding) -> dict[str, str]:
    """Format → encoding as `NAME/RATE` (name in capitals), in the order of the formats."""
    formats, lines = coding
    maps = dict(STATIC_TYPES)
    for line in lines:
        number, _, encoding = line[7:].partition(" ")
        maps[number.strip()] = encoding.strip().upper().removesuffix("/1")
    return {number: maps[number] for number in formats if number in maps}


def _attribute(lines: tuple[Line, ...], name: str) -> str | None:
    for letter, value in lines:
        if letter == "a":
            key, _, rest = value.partition(":")
            if key == name:
                return rest
    return None


def _text(lines: tuple[Line, ...]) -> str:
    return "".join([f"{letter}={value}\r\n" for letter, value in lines])


def is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _number(text: str, most: int, what: str) -> int:
    if not is_number(text) or len(text) > 10 or int(text) > most:
        raise ValueError(f"{what} is not a number up to {most}")
    return int(text)
