"""Certificates in files: reading them with words a person can act on, and making our own."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import os
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE_DAYS: Final = 397
"""What browsers take at most."""
RENEW_DAYS: Final = 30
"""Our own is made anew, and a given one warned of, when no more than this is left."""
OWN: Final = "sip.pem"
"""Key and certificate of our own in the folder for them; beside it `sip.crt` without the key, for phones."""

Moment = dt.datetime


class CertificateUnusable(ValueError):
    """A certificate or key cannot be served; the text names the file and says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A certificate with its key, both readable and belonging together."""

    certificate: Path
    key: Path
    names: tuple[str, ...]  # whom it is made out to, see `names_of`
    expires: Moment  # UTC

    def days_left(self, now: Moment) -> float:
        return (self.expires - now) / dt.timedelta(days=1)


def now() -> Moment:
    """The time by the clock on the wall, which is what certificates go by."""
    return dt.datetime.now(dt.UTC)


def read_identity(certificate: Path, key: Path, at: Moment) -> Identity:
    """Read and check a pair. Raises CertificateUnusable when it cannot be served at this moment."""
    leaf = _certificates_in(certificate)[0]
    secret = _read(key, "key")
    try:
        private = serialization.load_pem_private_key(secret, password=None)
    except TypeError:
        raise CertificateUnusable(f"the key {key} is locked by a password: give one without") from None
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateUnusable(f"the key {key} is not a private key in PEM form: {error}") from None
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    if private.public_key().public_bytes(*form) != leaf.public_key().public_bytes(*form):
        raise CertificateUnusable(
            f"the key {key} does not belong to the certificate {certificate}: give the one it was made with"
        )
    if leaf.not_valid_after_utc <= at:
        raise CertificateUnusable(
            f"the certificate {certificate} expired on {leaf.not_valid_after_utc:%Y-%m-%d}: "
            "have it renewed and put the new one there"
        )
    if leaf.not_valid_before_utc > at:
        raise CertificateUnusable(
            f"the certificate {certificate} is not valid before "
            f"{leaf.not_valid_before_utc:%Y-%m-%d %H:%M} UTC: is this machine's clock right?"
        )
    return Identity(certificate=certificate, key=key, names=_names(leaf), expires=leaf.not_valid_after_utc)


def read_authorities(path: Path) -> tuple[bytes, ...]:
    """The certificates of a PEM file, each as DER. Raises CertificateUnusable."""
    return tuple(one.public_bytes(serialization.Encoding.DER) for one in _certificates_in(path))


def names_of(der: bytes) -> tuple[str, ...]:
    """Whom a certificate is made out to (RFC 5922 §7.1), in lower case: domains of SIP URIs and DNS
    names, and IP addresses; the common name only when there are no alternative names. () = nobody, or
    not a certificate.
    """
    try:
        return _names(x509.load_der_x509_certificate(der))
    except (ValueError, UnsupportedAlgorithm):
        return ()


def fingerprint_of(der: bytes) -> str:
    """SHA-256 of a certificate in lower-case hex."""
    return hashlib.sha256(der).hexdigest()


def own_identity(folder: Path, hosts: Iterable[str], at: Moment) -> Identity:
    """Our own certificate for these addresses, made when there is none that still serves.

    It is signed by itself: a phone that checks must be given `sip.crt`. Raises CertificateUnusable.
    """
    wanted = [*dict.fromkeys([*hosts, socket.gethostname().lower()])]
    path = folder / OWN
    try:
        found = read_identity(path, path, at)
        if found.days_left(at) > RENEW_DAYS and set(wanted) <= set(found.names):
            return found
    except CertificateUnusable:
        pass  # missing, torn or over
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _make(folder, wanted, at)
    except OSError as error:
        raise CertificateUnusable(
            f"no certificate can be kept in {folder}: {error.strerror or error}; "
            "give this user the right to write there"
        ) from None
    return read_identity(path, path, at)


def self_signed(hosts: Sequence[str], at: Moment, *, days: float = LIFE_DAYS) -> tuple[bytes, bytes]:
    """A certificate for these hosts and its key, both PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - dt.timedelta(hours=1))  # clocks of phones lag
        .not_valid_after(at + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
            critical=False,
        )
        .sign(key, SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


# ── inside ──


def _make(folder: Path, hosts: Sequence[str], at: Moment) -> None:
    certificate, key = self_signed(hosts, at)
    _write(folder / OWN, key + certificate, 0o600)
    _write(folder / "sip.crt", certificate, 0o644)


def _write(path: Path, data: bytes, mode: int) -> None:
    half = path.with_name(path.name + ".new")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    half.replace(path)


def _certificates_in(path: Path) -> list[x509.Certificate]:
    text = _read(path, "certificate")
    try:
        return x509.load_pem_x509_certificates(text)
    except ValueError as error:
        raise CertificateUnusable(f"{path} holds no certificate in PEM form: {error}") from None


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CertificateUnusable(
            f"the {what} {path} cannot be read: {error.strerror or error}; "
            "name the right file, or let this user read it"
        ) from None


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return tuple(str(one.value).lower() for one in common)
    names: list[str] = []
    for uri in alternatives.get_values_for_type(x509.UniformResourceIdentifier):
        scheme, _, domain = uri.partition(":")
        if scheme.lower() == "sip" and domain and "@" not in domain:
            names.append(domain.lower())
    names += [name.lower() for name in alternatives.get_values_for_type(x509.DNSName)]
    names += [str(address) for address in alternatives.get_values_for_type(x509.IPAddress)]
    return tuple(names)


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
