"""What commands and events on the link are made of: names, phones, trunks, reasons, audio."""

from __future__ import annotations

from typing import Literal, NewType

import msgspec

LegId = NewType("LegId", str)
"""One party's line. The switch names incoming legs, the centre names the legs it originates."""
PlayId = NewType("PlayId", str)
CollectId = NewType("CollectId", str)
RecordingId = NewType("RecordingId", str)
EndpointId = NewType("EndpointId", str)
TrunkId = NewType("TrunkId", str)
ConferenceId = NewType("ConferenceId", str)
CodecName = Literal["PCMA", "PCMU", "G722"]
SrtpUse = Literal["never", "offer", "require"]
"""What we do about SRTP (keys in the session description, RFC 4568); a peer's own offer is taken by all."""

Reason = Literal[
    "normal",  # ended in the ordinary way
    "cancelled",  # the caller gave up before the answer
    "busy",
    "declined",
    "no_answer",
    "unavailable",  # the phone is not registered, not reachable
    "not_found",
    "forbidden",
    "incompatible",  # no codec in common
    "congestion",
    "failed",  # the network or the peer broke, a trunk is not reachable
    "media_timeout",
    "shutdown",
]


class Message(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The base of all that travels on the link."""


# ── What the switch is told of the world (sent whole; the newest replaces the one before) ──────────


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A phone that may register or, with `contact`, sits at a fixed address such as `10.0.0.9:5060`."""

    endpoint: EndpointId
    user: str
    ha1_sha256: str = ""  # hex of SHA-256(user:realm:password), RFC 8760
    ha1_md5: str = ""  # hex of MD5(user:realm:password), RFC 7616
    contact: str = ""
    enabled: bool = True
    srtp: SrtpUse = "never"
    codecs: tuple[CodecName, ...] = ()  # the best first; empty = PCMA and PCMU, as the phone likes them


class LentSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A second credential of an endpoint that runs out: whoever proves `loan` is the endpoint until then.

    What was registered by it ends with it. `until_ms` in the past takes it back.
    """

    loan: str  # the user name in the proof; no endpoint's
    endpoint: EndpointId
    ha1_sha256: str  # of loan:realm:password
    ha1_md5: str
    until_ms: int


class GuestPass(msgspec.Struct, frozen=True, kw_only=True):
    """Lets somebody who is nobody's phone make one call: whoever proves `guest`, once, before `until_ms`.

    From this address to this number, and nothing else. `page` says where the wish to call came from.
    """

    guest: str  # the user name in the proof; no endpoint's and no loan's
    number: str
    address: str = ""  # of an IPv6 address its /64 counts; "" = a proxy stands between, from anywhere
    page: str = ""  # such as https://shop.example
    ha1_sha256: str  # of guest:realm:password
    ha1_md5: str
    until_ms: int


class TrunkTls(msgspec.Struct, frozen=True, kw_only=True):
    """How the far end of a trunk proves itself by TLS. Files are PEM, by absolute path.

    With a `fingerprint` its certificate must be that one; else one of `ca` (or of the system's
    authorities) must vouch for it, and it must be made out to `name`, exactly.
    """

    ca: str = ""  # file of the authorities that may vouch for it; "" = those the system trusts
    fingerprint: str = ""  # SHA-256 of its certificate: 64 hex digits, colons allowed
    name: str = ""  # "" = the host of `target`
    client_certificate: bool = False  # its calls come by TLS with such a certificate, or are not its own


class Trunk(msgspec.Struct, frozen=True, kw_only=True):
    """A line to a carrier or PBX; calls from one of its `sources` (addresses, networks, names) are its own.

    Outgoing calls go to `target`, and if that fails to `targets` in order: host[:port], where a host that is
    a name without a port is looked up as a SIP domain (RFC 3263).
    """

    trunk: TrunkId
    target: str
    targets: tuple[str, ...] = ()
    transport: Literal["udp", "tcp", "tls"] = "udp"
    sources: tuple[str, ...] = ()
    user: str = ""
    password: str = ""
    register: bool = False  # keep `user` registered at the target
    trusted: bool = True  # of one trust domain with us (RFC 3325): each tells the other who calls
    tls: TrunkTls = TrunkTls()
    srtp: SrtpUse = "never"
    codecs: tuple[CodecName, ...] = ()  # as an endpoint's


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """A phone's registration that every switch can use, for it leads through a proxy.

    It runs out at `until_ms`. What `binding` says is the switches' affair; an empty one takes it away.
    """

    endpoint: EndpointId
    key: str  # tells it apart among those of its endpoint
    until_ms: int
    binding: bytes = b""


# ── Audio ─────────────────────────────────────────────────────────────────────────────────────────


class File(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A mono 8 kHz μ-law WAV file, played once."""

    path: str


class Tone(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Sine waves together for a time."""

    hertz: tuple[float, ...]
    length_ms: int
    level_db: float = -15.0


class Silence(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    length_ms: int


class Music(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A file looped without end on the switch's own clock: after an announcement it goes on, not anew."""

    path: str


Clip = File | Tone | Silence | Music
