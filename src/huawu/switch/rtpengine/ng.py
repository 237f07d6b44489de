"""rtpengine's ng protocol as values: what is asked for one bridge, and what its answers mean. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

from huawu.switch.rtpengine import bencode
from huawu.switch.sip.negotiation import LocalMedia
from huawu.switch.sip.sdp import Sdp

A, B = "a", "b"
"""The tags of the two parties of a bridge."""


class NgError(Exception):
    """rtpengine did not do what was asked; the text says why."""


class NoAnswer(NgError):
    """It does not answer at all."""


class UnknownCall(NgError):
    """It does not, or no longer, know the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One party of a bridge: where its phone takes RTP, how it is coded, and where we take the copy of what
    it says."""

    host: str
    port: int
    rtcp_port: int
    payload_type: int
    encoding: str
    digits_type: int | None
    copy: LocalMedia


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What rtpengine gave for one party: where its phone is to send, and where its copy comes from."""

    relay: LocalMedia
    copy_host: str
    copy_port: int


def message(cookie: bytes, fields: dict[str, str | int | list[str]]) -> bytes:
    """A request on the wire: the cookie that its answer will bear, a blank, the fields."""
    return cookie + b" " + bencode.encode({key.encode(): _plain(value) for key, value in fields.items()})


def read(datagram: bytes) -> tuple[bytes, dict[bytes, bencode.Value]]:
    """Cookie and fields of an answer. Raises bencode.Malformed."""
    cookie, blank, rest = datagram.partition(b" ")
    if not blank or not cookie:
        raise bencode.Malformed("no cookie")
    fields = bencode.decode(rest)
    if not isinstance(fields, dict):
        raise bencode.Malformed("not a dictionary")
    return cookie, fields


def check(fields: dict[bytes, bencode.Value]) -> dict[bytes, bencode.Value]:
    """The fields of a good answer. Raises NgError, UnknownCall for a bad one."""
    if fields.get(b"result") in (b"ok", b"pong"):
        return fields
    why = fields.get(b"error-reason", b"no reason given")
    text = why.decode("utf-8", "replace") if isinstance(why, bytes) else str(why)
    raise UnknownCall(text) if "unknown call" in text.lower() else NgError(text)


def describe(side: Side) -> str:
    """A party as a session description."""
    return _description(
        LocalMedia(host=side.host, rtp_port=side.port, rtcp_port=side.rtcp_port), side, "sendrecv"
    )


def describe_copy(side: Side) -> str:
    """Our ear for what that party says."""
    return _description(side.copy, side, "recvonly")


def place(fields: dict[bytes, bencode.Value]) -> LocalMedia:
    """Where an answer says that RTP is to go to, or comes from. Raises NgError."""
    text = fields.get(b"sdp")
    try:
        sdp = Sdp.parse(text if isinstance(text, bytes) else b"")
        stream = sdp.streams[0]
        told = (stream.attribute("rtcp") or "").split(" ")[0]
        rtcp_port = int(told) if told.isdigit() and len(told) < 6 else stream.port + 1
        media = LocalMedia(host=sdp.host_of(stream), rtp_port=stream.port, rtcp_port=rtcp_port)
    except (ValueError, IndexError) as error:
        raise NgError(f"its description cannot be used: {error}") from None
    if not media.rtp_port:
        raise NgError("it refused the stream")
    return media


def _plain(value: str | int | list[str]) -> bencode.Value:
    if isinstance(value, int):
        return value
    return value.encode() if isinstance(value, str) else [item.encode() for item in value]


def _description(media: LocalMedia, side: Side, direction: str) -> str:
    address = f"IN {'IP6' if ':' in media.host else 'IP4'} {media.host}"
    types = [f"{side.payload_type} {side.encoding}"]
    if side.digits_type is not None:
        types.append(f"{side.digits_type} telephone-event/8000")
    lines = [
        "v=0",
        f"o=huawu {media.rtp_port} 1 {address}",
        "s=-",
        f"c={address}",
        "t=0 0",
        f"m=audio {media.rtp_port} RTP/AVP {' '.join(one.partition(' ')[0] for one in types)}",
        *(f"a=rtpmap:{one}" for one in types),
        f"a=rtcp:{media.rtcp_port}",
        "a=ptime:20",
        f"a={direction}",
    ]
    return "\r\n".join(lines) + "\r\n"
