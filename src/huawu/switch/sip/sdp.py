"""Session descriptions (RFC 4566) for one audio stream, and the offer/answer rules (RFC 3264, 4568)."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from huawu.link.messages import CodecName, SrtpUse
from huawu.switch.codecs import BY_ENCODING, CODECS, USUAL, Codec
from huawu.switch.sip.keying import SECURE, accept_keys, answer_keys
from huawu.switch.sip.sdes import OFFERED, Crypto, Keys, Unusable, fresh, usable

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
Line = tuple[str, str]
"""One line of a description: its letter and what follows the equals sign."""

STATIC_TYPES: Final = {str(codec.payload_type): codec.encoding for codec in CODECS.values()}
OUR_DIGITS_TYPE: Final = 101
MIRRORED: Final[dict[Direction, Direction]] = {
    "sendrecv": "sendrecv",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}
PROFILES: Final = SECURE | {"RTP/AVP", "RTP/AVPF"}
MAX_LINES: Final = 500
MAX_STREAMS: Final = 20


class Incompatible(ValueError):
    """No audio both sides can speak; the caller hears 488 Not Acceptable Here."""


class LocalMedia(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Our side of one audio stream: the IP address peers shall send to, and its ports."""

    host: str
    rtp_port: int
    rtcp_port: int


class Terms(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is set for a phone or trunk. `never`: we do not offer SRTP, but take it when the peer offers."""

    srtp: SrtpUse = "never"
    codecs: tuple[CodecName, ...] = ()  # the best first; empty = those of `USUAL`, as the peer likes them


NO_TERMS: Final = Terms()


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
        if slash and not _is_number(count):
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
        maps = dict(STATIC_TYPES)
        for letter, value in self.lines:
            if letter == "a" and value.startswith("rtpmap:"):
                number, _, encoding = value[7:].partition(" ")
                maps[number.strip()] = encoding.strip().upper().removesuffix("/1")
        return {number: maps[number] for number in self.formats if number in maps}


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
        return int(field) if _is_number(field) and len(field) < 21 else 0

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
        if self.host_of(stream) == "0.0.0.0":
            return "sendonly" if direction in ("sendrecv", "sendonly") else "inactive"
        return direction


class AgreedMedia(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What both sides agreed on for one leg: all that media needs to know."""

    codec: CodecName
    payload_type: int
    digits_type: int | None  # payload type of telephone-event at 8 kHz, None = not agreed
    remote_host: str  # where the peer wants RTP; may be 0.0.0.0 when it holds (RFC 2543 style)
    remote_port: int
    remote_rtcp_port: int  # equals remote_port when rtcp_mux
    rtcp_mux: bool
    direction: Direction  # ours: sendonly = the peer only listens; recvonly/inactive = the peer holds us
    ptime_ms: int = 20
    srtp: Keys | None = None  # None = plain RTP


def make_offer(
    local: LocalMedia, previous: Sdp | None = None, *, rtcp_mux: bool = False, terms: Terms = NO_TERMS
) -> Sdp:
    """Offer codecs and telephone-event; with `previous` (our last description) as a change to it.

    SRTP is offered beside plain RTP, or with `require` alone. Keys that `previous` names stay.
    """
    offered = {str(CODECS[name].payload_type): CODECS[name].encoding for name in terms.codecs or USUAL}
    offered[str(OUR_DIGITS_TYPE)] = "telephone-event/8000"
    crypto = _our_crypto(previous)
    if not crypto and terms.srtp != "never":
        crypto = [fresh(number, suite) for number, suite in enumerate(OFFERED, 1)]
    protocol = "RTP/SAVP" if terms.srtp == "require" else "RTP/AVP"
    audio: Stream | None = _our_stream(local, protocol, offered, "sendrecv", rtcp_mux, crypto)
    streams: list[Stream] = []
    for stream in previous.streams if previous is not None else ():
        if audio is not None and stream.kind == "audio" and stream.port:
            streams.append(replace(audio, protocol=stream.protocol))
            audio = None
        else:
            streams.append(_refused(stream))
    if audio is not None:
        streams.append(audio)
    return _ours(local, tuple(streams), previous)


def negotiate(
    local: LocalMedia, offer: Sdp, previous: Sdp | None = None, terms: Terms = NO_TERMS
) -> tuple[Sdp, AgreedMedia]:
    """Answer an offer: its first audio stream that we can speak is taken, all others are refused.

    `previous` is our last description in this dialog; o= counts up only when ours changes, and our key stays
    while the suite does. Raises Incompatible (488) when nothing fits.
    """
    why = "no audio stream"
    for chosen, stream in enumerate(offer.streams):
        if stream.kind != "audio" or not stream.port:
            continue
        try:
            _check_protocol(stream)
            srtp = answer_keys(
                stream.protocol,
                stream.crypto_lines(),
                _our_crypto(previous),
                required=terms.srtp == "require",
            )
            mux = stream.attribute("rtcp-mux") is not None
            agreed = _agree(offer, stream, terms.codecs or None, rtcp_mux=mux, srtp=srtp)
        except (Incompatible, Unusable) as error:
            why = str(error)
            continue
        taken = {str(agreed.payload_type): CODECS[agreed.codec].encoding}
        if agreed.digits_type is not None:
            taken[str(agreed.digits_type)] = "telephone-event/8000"
        crypto = [srtp.ours] if srtp is not None else []
        ours = _our_stream(local, stream.protocol, taken, agreed.direction, agreed.rtcp_mux, crypto)
        streams = tuple(
            ours if index == chosen else _refused(other) for index, other in enumerate(offer.streams)
        )
        return _ours(local, streams, previous), agreed
    raise Incompatible(why)


def accept(offer: Sdp, answer: Sdp, terms: Terms = NO_TERMS) -> AgreedMedia:
    """What the peer's answer to our offer means. Raises Incompatible when it refused or broke the rules."""
    if len(answer.streams) != len(offer.streams):
        raise Incompatible("the answer has another number of streams than the offer")
    for ours, theirs in zip(offer.streams, answer.streams, strict=True):
        if ours.kind == "audio" and ours.port and theirs.port:
            if theirs.kind != "audio":
                raise Incompatible("the answer has its streams in another order")
            both = ours.attribute("rtcp-mux") is not None and theirs.attribute("rtcp-mux") is not None
            secure = terms.srtp == "require" or bool(SECURE & {ours.protocol, theirs.protocol})
            try:
                srtp = accept_keys(ours.crypto_lines(), theirs.crypto_lines(), required=secure)
            except Unusable as error:
                raise Incompatible(str(error)) from None
            return _agree(answer, theirs, ours, rtcp_mux=both, srtp=srtp)
    raise Incompatible("the answer refuses the audio stream")


@lru_cache(maxsize=4_096)
def _address_trouble(host: str) -> str:
    """Why nothing can be sent to this media address; "" when it can."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "the media address is not an IP address"
    return "the media address is multicast" if address.is_multicast else ""


def _our_crypto(previous: Sdp | None) -> list[Crypto]:
    """The keys our last description named."""
    for stream in previous.streams if previous is not None else ():
        if stream.kind == "audio" and stream.port:
            return usable(stream.crypto_lines())[0]
    return []


def _check_protocol(stream: Stream) -> None:
    if stream.protocol not in PROFILES:
        raise Incompatible(f"transport {stream.protocol} is not supported")


def _choose(stream: Stream, limit: Stream | tuple[CodecName, ...] | None) -> tuple[int, Codec]:
    """Payload type and codec: the peer's first that `limit` allows, or the first of a list of ours."""
    wanted: tuple[CodecName, ...] | None = None
    known = {CODECS[name].encoding for name in USUAL}
    if isinstance(limit, Stream):
        known = set(limit.codecs().values())
    elif limit is not None:
        wanted, known = limit, {CODECS[name].encoding for name in limit}
    fits = [
        (int(form), BY_ENCODING[encoding])
        for form, encoding in stream.codecs().items()
        if encoding in known and encoding in BY_ENCODING and _is_type(form)
    ]
    if not fits:
        raise Incompatible(f"no codec in common: {' or '.join(wanted or USUAL)} at 8 kHz is needed")
    return fits[0] if wanted is None else min(fits, key=lambda fit: wanted.index(fit[1].name))


def _agree(
    sdp: Sdp,
    stream: Stream,
    limit: Stream | tuple[CodecName, ...] | None,
    *,
    rtcp_mux: bool,
    srtp: Keys | None,
) -> AgreedMedia:
    """What `stream` of the peer's `sdp` gives us; `limit`: our offer, the list that is set, or nothing."""
    _check_protocol(stream)
    host = sdp.host_of(stream)
    trouble = _address_trouble(host)
    if trouble:
        raise Incompatible(trouble)
    number, codec = _choose(stream, limit)
    digits: int | None = None
    if not isinstance(limit, Stream) or "TELEPHONE-EVENT/8000" in limit.codecs().values():
        for form, encoding in stream.codecs().items():
            if encoding == "TELEPHONE-EVENT/8000" and _is_type(form):
                digits = int(form)
                break
    rtcp_port = stream.port if rtcp_mux else min(stream.port + 1, 65_535)
    told = (stream.attribute("rtcp") or "").split(" ")[0]
    if not rtcp_mux and _is_number(told) and 0 < int(told[:6]) < 65_536:
        rtcp_port = int(told)
    return AgreedMedia(
        codec=codec.name,
        payload_type=number,
        digits_type=digits,
        remote_host=host,
        remote_port=stream.port,
        remote_rtcp_port=rtcp_port,
        rtcp_mux=rtcp_mux,
        direction=MIRRORED[sdp.direction_of(stream)],
        srtp=srtp,
    )


def _our_stream(
    local: LocalMedia,
    protocol: str,
    codecs: dict[str, str],
    direction: Direction,
    rtcp_mux: bool,
    crypto: list[Crypto],
) -> Stream:
    lines: list[Line] = [("a", f"crypto:{one}") for one in crypto]
    lines += [("a", f"rtpmap:{number} {encoding}") for number, encoding in codecs.items()]
    lines += [("a", f"fmtp:{number} 0-15") for number, name in codecs.items() if name[0] == "t"]
    lines.append(("a", "ptime:20"))
    if rtcp_mux:
        lines.append(("a", "rtcp-mux"))
    lines += [("a", f"rtcp:{local.rtcp_port}"), ("a", direction)]
    return Stream(
        kind="audio", port=local.rtp_port, protocol=protocol, formats=tuple(codecs), lines=tuple(lines)
    )


def _ours(local: LocalMedia, streams: tuple[Stream, ...], previous: Sdp | None) -> Sdp:
    """Our description; o= is the one of `previous` when nothing changed, else its next version."""
    address = f"IN {'IP6' if ':' in local.host else 'IP4'} {local.host}"
    identity, version = f"huawu {local.rtp_port}", 1
    if previous is not None:
        identity, version = " ".join(previous.lines[1][1].split(" ")[:2]), previous.version
    rest: tuple[Line, ...] = (("s", "-"), ("c", address), ("t", "0 0"))
    sdp = Sdp(lines=(("v", "0"), ("o", f"{identity} {version} {address}"), *rest), streams=streams)
    if previous is None or sdp == previous:
        return sdp
    return Sdp(lines=(("v", "0"), ("o", f"{identity} {version + 1} {address}"), *rest), streams=streams)


def _refused(stream: Stream) -> Stream:
    return Stream(kind=stream.kind, port=0, protocol=stream.protocol, formats=stream.formats)


def _attribute(lines: tuple[Line, ...], name: str) -> str | None:
    for letter, value in lines:
        if letter == "a":
            key, _, rest = value.partition(":")
            if key == name:
                return rest
    return None


def _text(lines: tuple[Line, ...]) -> str:
    return "".join([f"{letter}={value}\r\n" for letter, value in lines])


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _is_type(text: str) -> bool:
    """A payload type."""
    return len(text) < 4 and _is_number(text) and int(text) <= 127


def _number(text: str, most: int, what: str) -> int:
    if not _is_number(text) or len(text) > 10 or int(text) > most:
        raise ValueError(f"{what} is not a number up to {most}")
    return int(text)
