"""SRTP and SRTCP with AES-CM and HMAC-SHA1, written after RFC 3711 alone: the other side of our library's."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def keystream(key: bytes, start: int, size: int) -> bytes:
    """AES in counter mode from this 128-bit counter (§4.1.1)."""
    return Cipher(algorithms.AES(key), modes.CTR(start.to_bytes(16, "big"))).encryptor().update(bytes(size))


def derived(key: bytes, salt: bytes, label: int, size: int) -> bytes:
    """A session key (§4.3) with a key derivation rate of 0."""
    return keystream(key, (int.from_bytes(salt, "big") ^ (label << 48)) << 16, size)


class Forged(ValueError):
    """The tag is wrong."""


class Srtp:
    """One direction under one master key; counts its own rollovers, replays are not looked for."""

    def __init__(self, master: bytes, *, tag: int = 10, mki: bytes = b"") -> None:
        key, salt = master[:16], master[16:]
        self._key, self._auth, self._salt = (derived(key, salt, n, s) for n, s in ((0, 16), (1, 20), (2, 14)))
        self._rtcp_key, self._rtcp_auth, self._rtcp_salt = (
            derived(key, salt, n, s) for n, s in ((3, 16), (4, 20), (5, 14))
        )
        self._tag = tag
        self._mki = mki
        self.rollovers = 0
        self._highest: int | None = None
        self._rtcp_index = 0

    def seal(self, packet: bytes) -> bytes:
        count = self._count(int.from_bytes(packet[2:4], "big"))
        body = packet[:12] + self._crypt(packet, count)
        return body + self._mki + self._digest(self._auth, body, count)[: self._tag]

    def open(self, packet: bytes) -> bytes:
        """Raises Forged."""
        end = len(packet) - self._tag
        body, tag = packet[: end - len(self._mki)], packet[end:]
        count = self._count(int.from_bytes(packet[2:4], "big"))
        if self._digest(self._auth, body, count)[: self._tag] != tag:
            raise Forged
        return packet[:12] + self._crypt(body, count)

    def seal_rtcp(self, packet: bytes) -> bytes:
        self._rtcp_index += 1
        body = packet[:8] + self._crypt_rtcp(packet, self._rtcp_index)
        body += (0x80000000 | self._rtcp_index).to_bytes(4, "big")
        return body + self._mki + hmac.digest(self._rtcp_auth, body, hashlib.sha1)[:10]

    def open_rtcp(self, packet: bytes) -> bytes:
        """Raises Forged."""
        body = packet[: -10 - len(self._mki)]
        if hmac.digest(self._rtcp_auth, body, hashlib.sha1)[:10] != packet[-10:]:
            raise Forged
        index = int.from_bytes(body[-4:], "big") & 0x7FFFFFFF
        return body[:8] + self._crypt_rtcp(body[:-4], index)

    def _count(self, sequence: int) -> int:
        """The rollover counter that goes with a sequence number (§3.3.1)."""
        highest = self._highest
        if highest is None:
            self._highest = sequence
            return self.rollovers
        if highest < 0x8000:
            count = self.rollovers - (sequence - highest > 0x8000)
        else:
            count = self.rollovers + (highest - 0x8000 > sequence)
        if count > self.rollovers or (count == self.rollovers and sequence > highest):
            self.rollovers, self._highest = count, sequence
        return count

    def _crypt(self, packet: bytes, count: int) -> bytes:
        index = count << 16 | int.from_bytes(packet[2:4], "big")
        return self._mix(self._key, self._salt, packet[8:12], index, packet[12:])

    def _crypt_rtcp(self, packet: bytes, index: int) -> bytes:
        return self._mix(self._rtcp_key, self._rtcp_salt, packet[4:8], index, packet[8:])

    @staticmethod
    def _mix(key: bytes, salt: bytes, ssrc: bytes, index: int, text: bytes) -> bytes:
        start = int.from_bytes(salt, "big") << 16 ^ int.from_bytes(ssrc, "big") << 64 ^ index << 16
        return bytes(a ^ b for a, b in zip(text, keystream(key, start, len(text)), strict=True))

    @staticmethod
    def _digest(auth: bytes, body: bytes, count: int) -> bytes:
        return hmac.digest(auth, body + count.to_bytes(4, "big"), hashlib.sha1)
