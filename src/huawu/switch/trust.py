"""Whom we are by TLS, and whom we believe: our certificate, and what each trunk must show (RFC 5922)."""

from __future__ import annotations

import ipaddress
import logging
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from huawu.link.messages import Trunk, TrunkId
from huawu.switch.certificates import (
    RENEW_DAYS,
    CertificateUnusable,
    Identity,
    Moment,
    fingerprint_of,
    names_of,
    read_authorities,
)
from huawu.switch.sip.addresses import split_host_port

WARN_EVERY_S: Final = 86_400.0
RETRY_S: Final = 3_600.0
log = logging.getLogger(__name__)


class TrunkTerms:
    """What one trunk must show. Raises CertificateUnusable when its file of authorities is no use."""

    def __init__(self, trunk: Trunk) -> None:
        self.trunk = trunk.trunk
        self.terms = trunk.tls
        self._sources = trunk.sources
        self._fingerprint = trunk.tls.fingerprint.replace(":", "").lower()
        self._name = (trunk.tls.name or _host(trunk.target)).lower()
        self.authorities = frozenset(read_authorities(Path(trunk.tls.ca)) if trunk.tls.ca else ())

    def client_context(self, identity: Identity | None) -> ssl.SSLContext:
        """For connections to it: its chain is checked here, its name by `judge`."""
        context = _context(ssl.PROTOCOL_TLS_CLIENT, identity)
        context.check_hostname = False
        if self._fingerprint:
            context.verify_mode = ssl.CERT_NONE
        elif self.terms.ca:
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            context.load_verify_locations(self.terms.ca)
        else:
            context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        return context

    def judge(self, chain: Sequence[bytes]) -> str:
        """Why a certificate (its chain as DER, itself first) is not this trunk's; "" = it is.

        Names must be equal: RFC 5922 §7.2 has no wildcards, `tls.name` may hold one as it is written.
        """
        if not chain:
            return "it showed no certificate"
        if self._fingerprint:
            shown = fingerprint_of(chain[0])
            return "" if shown == self._fingerprint else f"its certificate has the fingerprint {shown}"
        names = names_of(chain[0])
        if self._name in names:
            return ""
        return f"its certificate is for {', '.join(names) or 'nobody'}, not for {self._name}"

    def is_caller(self, chain: Sequence[bytes], host: str) -> bool:
        """Whether somebody who connected from `host` with a chain that was verified is this trunk."""
        vouched = not self.authorities.isdisjoint(chain)
        return vouched and not self.judge(chain) and self.calls_from(host)

    def calls_from(self, host: str) -> bool:
        """Whether its calls may come from there; a place that cannot be read is none."""
        if not self._sources:
            return True
        for source in self._sources:
            try:
                if ipaddress.ip_address(host) in ipaddress.ip_network(source.strip(), strict=False):
                    return True
            except ValueError:
                continue
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Which connections are made anew: those proved as `trunks`, and unproved ones of `callers`."""

    trunks: frozenset[str]
    callers: tuple[TrunkTerms, ...]

    def calls_from(self, host: str) -> bool:
        """Whether one of the callers may come from there."""
        return any(one.calls_from(host) for one in self.callers)


class Trust:
    """Contexts for new connections; those that run keep what they were made with.

    `load` reads our certificate (None = we have none: we cannot be called by TLS); with `renews` it also
    makes a new one when the old one nears its end.
    """

    def __init__(self, load: Callable[[], Identity] | None = None, *, renews: bool = False) -> None:
        self._load = load
        self._renews = renews
        self._renewed: float | None = None
        self.identity = load() if load is not None else None
        self._marks = self._marked()
        self._warned: float | None = None
        self._trunks: dict[TrunkId, TrunkTerms] = {}
        self._told: dict[TrunkId, Trunk] = {}
        self._servers: dict[bool, ssl.SSLContext] = {}
        self._clients: dict[TrunkId, ssl.SSLContext] = {}

    # ── our own certificate ──

    def look(self, at: float, moment: Moment, *, asked: bool = False) -> None:
        """Take over a certificate that changed on the disk or is to be renewed; warn of one that ends soon.

        One that cannot be served is told and not taken over.
        """
        if self._load is None or self.identity is None:
            return
        if asked or self._marked() != self._marks or self._is_to_be_renewed(at, moment):
            self._take_over(asked)
        left = self.identity.days_left(moment)
        if left <= RENEW_DAYS and (self._warned is None or at - self._warned >= WARN_EVERY_S):
            self._warned = at
            log.warning(
                "tls certificate ends soon, have it renewed" if left > 0 else "tls certificate is over",
                extra={"file": self.identity.certificate, "expires": f"{self.identity.expires:%Y-%m-%d}"},
            )

    def _is_to_be_renewed(self, at: float, moment: Moment) -> bool:
        """Whether to make a new one of our own now; when that fails, it is tried again in an hour."""
        assert self.identity is not None
        if not self._renews or self.identity.days_left(moment) > RENEW_DAYS:
            return False
        if self._renewed is not None and at - self._renewed < RETRY_S:
            return False
        self._renewed = at
        return True

    def _take_over(self, asked: bool) -> None:
        assert self._load is not None
        self._marks = self._marked()
        try:
            found = self._load()
            _context(ssl.PROTOCOL_TLS_SERVER, found)
        except (CertificateUnusable, OSError, ValueError) as error:
            log.warning("tls certificate not taken over: %s", error)
            return
        changed = found != self.identity or self._marked() != self._marks or asked
        self.identity = found
        self._marks = self._marked()
        self._servers.clear()
        self._clients.clear()
        if changed:
            log.info("tls certificate taken over", extra={"expires": f"{found.expires:%Y-%m-%d}"})

    def _marked(self) -> tuple[tuple[int, int], ...]:
        """What tells that the files were replaced."""
        if self.identity is None:
            return ()
        marks = []
        for path in (self.identity.certificate, self.identity.key):
            try:
                stat = path.stat()
                marks.append((stat.st_mtime_ns, stat.st_ino))
            except OSError:
                marks.append((0, 0))
        return tuple(marks)

    # ── trunks ──

    def configure(self, trunks: Sequence[Trunk]) -> Changed:
        """The trunks as they are now; returns which connections must be made anew for it."""
        told = {one.trunk: one for one in trunks if one.transport == "tls" or one.tls.client_certificate}
        kept: dict[TrunkId, TrunkTerms] = {}
        for name, trunk in told.items():
            try:
                kept[name] = TrunkTerms(trunk)
            except CertificateUnusable as error:
                log.warning("trunk cannot be reached by tls: %s", error, extra={"trunk": name})
        # What else changes about a trunk does its connections no harm.
        same = {
            name for name, one in self._told.items() if name in kept and _terms(one) == _terms(told[name])
        }
        changed = Changed(
            trunks=frozenset(name for name in self._told if name not in same),
            callers=tuple(
                one for name, one in kept.items() if name not in same and one.terms.client_certificate
            ),
        )
        if not changed.trunks and not changed.callers and len(same) == len(kept):
            self._told = told
            return changed
        self._told, self._trunks = told, kept
        self._servers.clear()
        self._clients.clear()
        return changed

    def callers(self) -> list[TrunkTerms]:
        """The trunks that prove themselves when they call."""
        return [one for one in self._trunks.values() if one.terms.client_certificate]

    def server_context(self, *, asks: bool) -> ssl.SSLContext:
        """For those who connect to us; with `asks` they are asked for a certificate if any trunk has one."""
        found = self._servers.get(asks)
        if found is None:
            found = self._servers[asks] = self._make_server(asks)
        return found

    def client_context(self, trunk: str) -> ssl.SSLContext | None:
        """For a connection to a trunk; None = there is no such trunk by TLS."""
        name = TrunkId(trunk)
        terms = self._trunks.get(name)
        if terms is None:
            return None
        found = self._clients.get(name)
        if found is None:
            found = self._clients[name] = terms.client_context(self.identity)
        return found

    def judge(self, trunk: str, secured: ssl.SSLObject) -> str:
        """Why the far end of a connection to a trunk is not that trunk; "" = it is."""
        terms = self._trunks.get(TrunkId(trunk))
        return terms.judge(verified_chain(secured)) if terms is not None else "the trunk is gone"

    def caller(self, secured: ssl.SSLObject, host: str) -> str:
        """The trunk that somebody who connected has proved to be; "" = none."""
        callers = self.callers()
        chain = verified_chain(secured) if callers else ()
        return next((one.trunk for one in callers if one.is_caller(chain, host)), "")

    def _make_server(self, asks: bool) -> ssl.SSLContext:
        context = _context(ssl.PROTOCOL_TLS_SERVER, self.identity)
        callers = self.callers() if asks else []
        if callers:
            context.verify_mode = ssl.CERT_OPTIONAL
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            for authorities in {one.terms.ca for one in callers}:
                context.load_verify_locations(authorities)
        return context


def verified_chain(secured: ssl.SSLObject) -> tuple[bytes, ...]:
    """The peer's chain as it was verified, each certificate as DER, its own first; () = it showed none."""
    own = secured.getpeercert(binary_form=True)
    if own is None:
        return ()
    # Public from Python 3.13 on; the object beneath has had it since 3.10, with other return values.
    public = getattr(secured, "get_verified_chain", None)
    if public is not None:
        return tuple(public())
    chain = secured._sslobj.get_verified_chain()  # type: ignore[attr-defined]
    return tuple(ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in chain or ()) or (own,)


def _terms(trunk: Trunk) -> tuple[object, ...]:
    return trunk.tls, trunk.tls.name or _host(trunk.target), trunk.sources


def _context(kind: int, identity: Identity | None) -> ssl.SSLContext:
    context = ssl.SSLContext(kind)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    if identity is not None:
        context.load_cert_chain(identity.certificate, identity.key)
    return context


def _host(target: str) -> str:
    try:
        return split_host_port(target.strip())[0]
    except ValueError:
        return target
