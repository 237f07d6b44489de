"""SRTP and SRTCP (RFC 3711, 7714) between a leg and its sockets; a plain leg has none of it."""

from __future__ import annotations

from typing import Final

from pylibsrtp import Error, Policy, Session

from huawu.switch.media.ports import Address, Socket
from huawu.switch.media.rtp import is_rtcp
from huawu.switch.sip.sdes import Crypto, Keys

OVERLAP_MS: Final = 5_000
"""How long after new keys a packet under the peer's old one is still taken: it was under way."""
USUAL_WINDOW: Final = 128
_PROFILES: Final = {
    "AEAD_AES_256_GCM": Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
    "AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "AES_CM_128_HMAC_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    "AES_CM_128_HMAC_SHA1_32": Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
}
_RTP_TAG: Final = {"AES_CM_128_HMAC_SHA1_80": 10, "AES_CM_128_HMAC_SHA1_32": 4}
_RTCP_TAG: Final = {"AES_CM_128_HMAC_SHA1_80": 10, "AES_CM_128_HMAC_SHA1_32": 10}
"""Octets behind the MKI; with AEAD nothing stands behind it."""


class Protection:
    """Both directions of one leg. `forged` counts packets that were not made with the peer's key,
    `replayed` those that came before or are too old; neither is ever heard.
    """

    __slots__ = ("_earlier", "_earlier_until_ms", "_in", "_out", "forged", "keys", "replayed", "unsent")

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self._out = _session(keys.ours, Policy.SSRC_ANY_OUTBOUND)
        self._in = _Incoming(keys.theirs)
        self._earlier: _Incoming | None = None
        self._earlier_until_ms = 0
        self.forged = 0
        self.replayed = 0
        self.unsent = 0
        """Packets too long or too late to be protected."""

    def renew(self, keys: Keys, at_ms: int) -> None:
        """A new agreement. A key that stays keeps its context: rollover counter and replay list go on."""
        before, self.keys = self.keys, keys
        if not _same(before.ours, keys.ours):
            self._out = _session(keys.ours, Policy.SSRC_ANY_OUTBOUND)
        if not _same(before.theirs, keys.theirs):
            self._earlier, self._earlier_until_ms = self._in, at_ms + OVERLAP_MS
            self._in = _Incoming(keys.theirs)

    def seal(self, packet: bytes) -> bytes | None:
        """The packet, RTP or RTCP, as it goes out; None when it cannot."""
        try:
            return self._out.protect_rtcp(packet) if is_rtcp(packet) else self._out.protect(packet)
        except (Error, ValueError):
            self.unsent += 1
            return None

    def open(self, packet: bytes, at_ms: int) -> bytes | None:
        """The plain packet, RTP or RTCP; None when it is not the peer's, or came before."""
        try:
            return self._in.open(packet)
        except (Error, ValueError) as error:
            why = str(error)
        if self._earlier is not None:
            if at_ms >= self._earlier_until_ms:
                self._earlier = None
            else:
                try:
                    return self._earlier.open(packet)
                except (Error, ValueError) as error:
                    why = str(error) if not why.startswith("replay") else why
        if why.startswith("replay"):
            self.replayed += 1
        else:
            self.forged += 1
        return None


class _Incoming:
    """What came under one key of the peer's."""

    __slots__ = ("_mki", "_rtcp_tag", "_rtp_tag", "_session")

    def __init__(self, theirs: Crypto) -> None:
        self._session = _session(theirs, Policy.SSRC_ANY_INBOUND)
        self._mki = theirs.mki
        self._rtp_tag = _RTP_TAG.get(theirs.suite, 0)
        self._rtcp_tag = _RTCP_TAG.get(theirs.suite, 0)

    def open(self, packet: bytes) -> bytes:
        """Raises Error or ValueError."""
        rtcp = is_rtcp(packet)
        if self._mki:
            packet = self._without_mki(packet, self._rtcp_tag if rtcp else self._rtp_tag)
        return self._session.unprotect_rtcp(packet) if rtcp else self._session.unprotect(packet)

    def _without_mki(self, packet: bytes, tag: int) -> bytes:
        """The library knows none; it is not part of what is authenticated (RFC 3711 §3.1)."""
        end = len(packet) - tag
        start = end - len(self._mki)
        if start < 12 or packet[start:end] != self._mki:
            raise ValueError("another MKI")
        return packet[:start] + packet[end:]


class SecureSocket:
    """A leg's socket whose packets are protected on their way out."""

    __slots__ = ("_protection", "bare")

    def __init__(self, bare: Socket, protection: Protection) -> None:
        self.bare = bare
        self._protection = protection

    def send(self, data: bytes, to: Address) -> None:
        sealed = self._protection.seal(data)
        if sealed is not None:
            self.bare.send(sealed, to)

    def close(self) -> None:
        self.bare.close()


def wired(socket: Socket, protection: Protection | None) -> Socket:
    """A leg's socket with this protection, instead of the one it had."""
    bare = socket.bare if isinstance(socket, SecureSocket) else socket
    return bare if protection is None else SecureSocket(bare, protection)


def _session(crypto: Crypto, direction: int) -> Session:
    policy = Policy(key=crypto.key, ssrc_type=direction, srtp_profile=_PROFILES[crypto.suite])
    policy.window_size = max(crypto.window, USUAL_WINDOW)
    return Session(policy)


def _same(before: Crypto, after: Crypto) -> bool:
    return (before.suite, before.key, before.mki) == (after.suite, after.key, after.mki)
