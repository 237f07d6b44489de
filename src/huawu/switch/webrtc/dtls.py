"""DTLS between us and one browser: who it is, and the keys of its SRTP (RFC 5763, 5764)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from enum import Enum, auto
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from OpenSSL import SSL

from huawu.switch.certificates import self_signed
from huawu.switch.sip.sdes import KEY_OCTETS, Crypto, Keys, Suite
from huawu.switch.sip.webrtc import Fingerprint

MTU: Final = 1_200
"""Octets of one datagram of ours: what any path carries."""
_SUITES: Final[dict[bytes, Suite]] = {
    b"SRTP_AEAD_AES_128_GCM": "AEAD_AES_128_GCM",
    b"SRTP_AES128_CM_SHA1_80": "AES_CM_128_HMAC_SHA1_80",
}
"""The protection profiles that we offer and take (RFC 5764 §4.1.2, RFC 7714 §14.2), the best first."""
_DTLS_1_2: Final = 0xFEFD
_KEY: Final = 16
_LABEL: Final = b"EXTRACTOR-dtls_srtp"
_HEAD: Final = 13
_ALERT, _HANDSHAKE = 21, 22
_CLIENT_HELLO, _SERVER_HELLO, _HELLO_VERIFY = 1, 2, 3
_MOST_READ: Final = 65_536


class State(Enum):
    """Of one association."""

    SHAKING = auto()
    STANDS = auto()  # the keys are there
    OVER = auto()  # the far end said goodbye


class DtlsBroken(Exception):
    """The handshake cannot succeed; the text says why."""


class Certificate:
    """Our certificate and what all associations share; made anew at each start of the switch."""

    def __init__(self, at: dt.datetime) -> None:
        pem, key = self_signed(["huawu"], at)
        certificate = x509.load_pem_x509_certificate(pem)
        self.fingerprint = _fingerprint(certificate, "sha-256")
        context = self.context = SSL.Context(SSL.DTLS_METHOD)
        context.set_min_proto_version(_DTLS_1_2)
        context.set_options(SSL.OP_NO_QUERY_MTU | SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_cipher_list(b"ECDHE+AESGCM:ECDHE+CHACHA20")
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _any_chain)
        context.use_certificate(certificate)
        context.use_privatekey(load_pem_private_key(key, None))  # type: ignore[arg-type]
        context.set_tlsext_use_srtp(b":".join(_SUITES))


def _any_chain(*_: object) -> bool:
    """Browsers sign their own: the fingerprint in the session description is what counts."""
    return True


class Association:
    """One handshake, and what follows it. Feed each datagram; send each that comes out.

    `fingerprints`: the peer's certificate must be one of them.
    """

    def __init__(
        self, certificate: Certificate, fingerprints: tuple[Fingerprint, ...], *, active: bool
    ) -> None:
        self._fingerprints = fingerprints
        self._active = active
        self._connection = connection = SSL.Connection(certificate.context, None)
        connection.set_ciphertext_mtu(MTU)
        (connection.set_connect_state if active else connection.set_accept_state)()
        self.state = State.SHAKING
        self.keys: Keys | None = None
        """Of SRTP, once it stands."""

    def begin(self) -> list[bytes]:
        """The first flight, when that is ours to send. Raises DtlsBroken."""
        self._shake()
        return self._sent()

    def receive(self, datagram: bytes) -> list[bytes]:
        """Take a datagram from a path that was checked. Raises DtlsBroken; garbage is dropped."""
        if self.state is State.OVER or not self._is_fit(datagram):
            return []
        self._connection.bio_write(datagram)
        if self.state is State.SHAKING:
            self._shake()
        if self.state is State.STANDS:
            self._read()
        return self._sent()

    def due_in_s(self) -> float | None:
        """When `repeat` is to be called; None = never, as things stand."""
        return self._connection.DTLSv1_get_timeout() if self.state is State.SHAKING else None

    def repeat(self) -> list[bytes]:
        """Send the last flight again if it is time. Raises DtlsBroken when it went out too often."""
        try:
            self._connection.DTLSv1_handle_timeout()
        except SSL.Error:
            raise DtlsBroken("the browser did not answer our DTLS") from None
        return self._sent()

    def close(self) -> list[bytes]:
        """Say goodbye."""
        if self.state is not State.STANDS:
            return []
        self.state = State.OVER
        try:
            self._connection.shutdown()
        except SSL.Error:
            return []
        return self._sent()

    # ── inside ──

    def _is_fit(self, datagram: bytes) -> bool:
        """Anyone on the way can write what the handshake's start believes: what would only end it is dropped.

        Such are alerts in clear, and the other side's part played to us.
        """
        if len(datagram) < _HEAD or datagram[0] not in (20, 21, 22, 23):
            return False
        if datagram[3:5] != b"\0\0":  # a later epoch: it is proved by its keys
            return True
        if datagram[0] == _ALERT:
            return False
        if datagram[0] != _HANDSHAKE or len(datagram) <= _HEAD:
            return True
        kind = datagram[_HEAD]
        return kind != _CLIENT_HELLO if self._active else kind not in (_SERVER_HELLO, _HELLO_VERIFY)

    def _shake(self) -> None:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return
        except SSL.Error as error:
            raise DtlsBroken(f"the DTLS handshake failed: {_words(error)}") from None
        self._check_peer()
        self.keys = self._export()
        self.state = State.STANDS

    def _read(self) -> None:
        """Nothing is sent by DTLS itself; only its goodbye matters."""
        try:
            while True:
                self._connection.recv(_MOST_READ)
        except SSL.WantReadError:
            return
        except (SSL.ZeroReturnError, SSL.SysCallError, SSL.Error):
            self.state = State.OVER

    def _check_peer(self) -> None:
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        if certificate is None or not any(
            _fingerprint(certificate, one.digest) == one for one in self._fingerprints
        ):
            raise DtlsBroken("the browser's certificate is not the one its session description names")

    def _export(self) -> Keys:
        suite = _SUITES.get(self._connection.get_selected_srtp_profile())
        if suite is None:
            raise DtlsBroken("the browser knows none of our SRTP profiles")
        salt = KEY_OCTETS[suite] - _KEY
        material = self._connection.export_keying_material(_LABEL, 2 * (_KEY + salt))
        client = material[:_KEY] + material[2 * _KEY : 2 * _KEY + salt]
        server = material[_KEY : 2 * _KEY] + material[2 * _KEY + salt :]
        ours, theirs = (client, server) if self._active else (server, client)
        return Keys(ours=Crypto(tag=1, suite=suite, key=ours), theirs=Crypto(tag=1, suite=suite, key=theirs))

    def _sent(self) -> list[bytes]:
        try:
            return list(datagrams(self._connection.bio_read(_MOST_READ)))
        except SSL.WantReadError:
            return []


def datagrams(records: bytes) -> Iterator[bytes]:
    """Records that follow each other, put into datagrams of at most `MTU` octets, none cut."""
    begin = at = 0
    while at + _HEAD <= len(records):
        end = at + _HEAD + int.from_bytes(records[at + 11 : at + 13], "big")
        if end - begin > MTU and at > begin:
            yield records[begin:at]
            begin = at
        at = end
    if at > begin:
        yield records[begin:at]


def _fingerprint(certificate: x509.Certificate, digest: str) -> Fingerprint:
    der = certificate.public_bytes(Encoding.DER)
    return Fingerprint(digest=digest, octets=hashlib.new(digest.replace("-", ""), der).digest())


def _words(error: SSL.Error) -> str:
    reasons = error.args[0] if error.args else ()
    return "; ".join(part[-1] for part in reasons if part) or "no reason told"
