"""Session descriptions (RFC 4566) for one audio stream, and the offer/answer rules (RFC 3264)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CodecName = Literal["PCMA", "PCMU"]
Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]


@dataclass(frozen=True, slots=True)
class Sdp:
    """Placeholder until the real one lands: a session description that prints back what it was parsed from."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedMedia:
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
