"""What a browser's session description says beside codecs: ICE, DTLS and one port for all (RFC 8839, 8842).

Our side is ICE-lite (RFC 8445 §2.5): we only answer checks, so the peer's candidates are not looked at.
"""

from __future__ import annotations

import re
import secrets
from typing import Final

import msgspec

from huawu.switch.sip.sdp import WEB_PROFILES, Line, Sdp, Stream

KNOWN_DIGESTS: Final = {"sha-256": 32, "sha-384": 48, "sha-512": 64}
"""Octets of each; weaker ones prove nothing and are passed over (RFC 8122 §5)."""
HOST_PRIORITY: Final = 126 << 24 | 255
"""Of a host's only component (RFC 8445 §5.1.2)."""
_ice_word = re.compile(r"[A-Za-z0-9+/]+")
_hex = re.compile(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})*")


class NoWeb(ValueError):
    """A browser's stream that we cannot take; the text says why."""


class Ice(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One side's short-term credentials."""

    ufrag: str
    password: str


class Fingerprint(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Of a certificate: the digest's name, and its octets."""

    digest: str
    octets: bytes

    @classmethod
    def parse(cls, value: str) -> Fingerprint | None:
        """Read `sha-256 AB:CD:…`; None for one that proves nothing. Raises NoWeb when it is broken."""
        digest, _, told = value.strip().partition(" ")
        size = KNOWN_DIGESTS.get(digest.lower())
        if size is None:
            return None
        if not _hex.fullmatch(told.strip()):
            raise NoWeb("a=fingerprint is not a digest in hex")
        octets = bytes.fromhex(told.strip().replace(":", ""))
        if len(octets) != size:
            raise NoWeb(f"a=fingerprint has {len(octets)} octets instead of {size}")
        return cls(digest=digest.lower(), octets=octets)

    def __str__(self) -> str:
        return f"{self.digest} {self.octets.hex(':').upper()}"


class WebMedia(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Our side of a browser's stream: where it may send, and how we prove ourselves."""

    places: tuple[tuple[str, int], ...]  # address and port, the likeliest first
    ice: Ice
    fingerprint: Fingerprint


class WebAgreed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What both sides told: all that ICE and DTLS need to know."""

    ours: Ice
    theirs: Ice
    fingerprints: tuple[Fingerprint, ...]  # the peer's certificate is one of these
    active: bool  # we begin DTLS


def fresh_ice() -> Ice:
    """Credentials that were never used."""
    return Ice(ufrag=secrets.token_hex(5), password=secrets.token_hex(16))


def is_web(sdp: Sdp) -> bool:
    """Whether a description's audio is for a browser's media alone."""
    profiles = {one.protocol for one in sdp.streams if one.kind == "audio" and one.port}
    return bool(profiles) and profiles <= WEB_PROFILES


def renewed(ours: WebMedia, before: WebAgreed | None, offer: Sdp) -> WebMedia:
    """Our side of a new offer: with other credentials when the peer's are others (RFC 8445 §9)."""
    if before is None:
        return ours
    told = {_credentials(offer, one) for one in offer.streams if one.kind == "audio" and one.port}
    same = before.theirs in told or told == {None}
    return ours if same else msgspec.structs.replace(ours, ice=fresh_ice())


def read_web(sdp: Sdp, stream: Stream, ours: WebMedia, *, answers: bool, active: bool | None) -> WebAgreed:
    """What the peer's `stream` says. Raises NoWeb.

    `answers`: it answers our offer. `active` is our part in the DTLS that stands; None = there is none yet.
    """
    theirs = _credentials(sdp, stream)
    if theirs is None:
        raise NoWeb("a browser's stream needs a=ice-ufrag and a=ice-pwd")
    if stream.attribute("rtcp-mux") is None:
        raise NoWeb("a browser's stream needs a=rtcp-mux: one port carries all")
    values = _values(stream.lines, "fingerprint") or _values(sdp.lines, "fingerprint")
    fingerprints = tuple(one for one in map(Fingerprint.parse, values) if one is not None)
    if not fingerprints:
        raise NoWeb("a browser's stream needs a=fingerprint with SHA-256 or better")
    setup = stream.attribute("setup") or _first(sdp.lines, "setup")
    if answers:
        if setup not in ("active", "passive"):
            raise NoWeb("the answer does not say who begins DTLS (a=setup)")
        begins = setup == "passive"
    elif setup == "actpass":
        begins = True if active is None else active
    elif setup in ("active", "passive"):
        begins = setup == "passive"
    else:
        raise NoWeb("a browser's stream needs a=setup")
    return WebAgreed(ours=ours.ice, theirs=theirs, fingerprints=fingerprints, active=begins)


def web_lines(ours: WebMedia, mid: str, setup: str) -> list[Line]:
    """Below our m-line."""
    lines: list[Line] = [("a", f"mid:{mid}")] if mid else []
    lines += [
        ("a", f"ice-ufrag:{ours.ice.ufrag}"),
        ("a", f"ice-pwd:{ours.ice.password}"),
        ("a", f"fingerprint:{ours.fingerprint}"),
        ("a", f"setup:{setup}"),
        ("a", "msid:huawu audio"),
    ]
    for number, (host, port) in enumerate(ours.places, 1):
        priority = HOST_PRIORITY | (65_535 - number) << 8
        lines.append(("a", f"candidate:{number} 1 udp {priority} {host} {port} typ host"))
    return [*lines, ("a", "end-of-candidates")]


def session_lines(mid: str, *, bundle: bool) -> list[Line]:
    """Above the m-lines."""
    lines: list[Line] = [("a", "ice-lite")]
    return [("a", f"group:BUNDLE {mid}"), *lines] if bundle and mid else lines


def bundles(sdp: Sdp, mid: str) -> bool:
    """Whether a description puts this stream into a group that shares one port (RFC 9143)."""
    groups = [value.split(" ") for value in _values(sdp.lines, "group")]
    return any(group[0] == "BUNDLE" and mid in group[1:] for group in groups)


def _credentials(sdp: Sdp, stream: Stream) -> Ice | None:
    ufrag = stream.attribute("ice-ufrag") or _first(sdp.lines, "ice-ufrag")
    password = stream.attribute("ice-pwd") or _first(sdp.lines, "ice-pwd")
    if not (4 <= len(ufrag) <= 256 and _ice_word.fullmatch(ufrag)):
        return None
    if not (22 <= len(password) <= 256 and _ice_word.fullmatch(password)):
        return None
    return Ice(ufrag=ufrag, password=password)


def _values(lines: tuple[Line, ...], name: str) -> list[str]:
    start = f"{name}:"
    return [value[len(start) :] for letter, value in lines if letter == "a" and value.startswith(start)]


def _first(lines: tuple[Line, ...], name: str) -> str:
    return next(iter(_values(lines, name)), "")
