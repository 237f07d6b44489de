"""`huawu run --tls`: one certificate for the pages and for the phones in them, given or our own."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import replace
from pathlib import Path
from typing import Final

from huawu.cli.options import DEFAULT_HTTP, Options, split_address
from huawu.switch.certificates import now, own_identity, read_identity

DEFAULT_HTTPS: Final = "0.0.0.0:8443"
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_ELSEWHERE: Final = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Addresses kept for documentation (RFC 5737, RFC 3849): asked for the way there only, nothing is sent."""


def secured(options: Options) -> Options:
    """The same with a certificate that can be served. Raises `CertificateUnusable`.

    Without `--http` the pages are for the whole network then. Our own certificate is made once and kept; it
    is made anew when this machine has a name or address that it is not made out to, or when it runs out.
    """
    if options.http == DEFAULT_HTTP:
        options = replace(options, http=DEFAULT_HTTPS)
    if options.tls_cert:
        read_identity(Path(options.tls_cert), Path(options.tls_key or options.tls_cert), now())
        return options
    host, _ = split_address(options.http)
    wanted = [*LOOPBACK, *lan_addresses(), *([host] if host not in ("0.0.0.0", "::") else [])]
    found = own_identity(options.tls_folder, wanted, now())
    return replace(options, tls_cert=str(found.certificate), tls_key=str(found.key))


def lan_addresses() -> list[str]:
    """This machine's addresses in its network, as far as they can be told; the loopback apart."""
    found: list[str] = []
    for family, place in _ELSEWHERE:
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as way:
            way.connect((place, 9))
            found.append(str(way.getsockname()[0]))
    return [address for address in dict.fromkeys(found) if address not in LOOPBACK]


def addresses_to_open(options: Options, port: int) -> list[str]:
    """What people elsewhere in the network type into their browsers."""
    host, _ = split_address(options.http)
    hosts = [socket.gethostname(), *lan_addresses()] if host in ("0.0.0.0", "::") else [host]
    shown = (f"[{host}]" if ":" in host else host for host in dict.fromkeys(hosts))
    return [f"https://{host}:{port}" for host in shown]
