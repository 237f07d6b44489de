"""What can be said of look-ups before any call: only named hosts are asked, nothing internal by surprise."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from huawu.config.schema import Lookup, LookupService
from huawu.ivr.check import no_such
from huawu.ivr.schema import Problem

Path = tuple[str | int, ...]
SHORTEST_MS, LONGEST_MS = 100, 10_000
_PORTS = {"http": 80, "https": 443}


def check_lookup(lookup: Lookup) -> Iterator[Problem]:
    """Everything wrong with `lookup`."""
    for name, service in lookup.services.items():
        path: Path = ("lookup", "services", name)
        if not SHORTEST_MS <= service.timeout_ms <= LONGEST_MS:
            message = "the caller waits for it on the line; write from 100ms to 10s"
            yield Problem(path=(*path, "timeout"), message=message)
        yield from _address(lookup, service, (*path, "url"))


def host_of(parts: SplitResult) -> str:
    """`host`, or `host:port` where the port is not the scheme's own. ValueError: the port is none."""
    host = (parts.hostname or "").lower()
    name = f"[{host}]" if ":" in host else host
    return name if parts.port in (None, _PORTS.get(parts.scheme)) else f"{name}:{parts.port}"


def _address(lookup: Lookup, service: LookupService, path: Path) -> Iterator[Problem]:
    try:
        parts = urlsplit(service.url)
        host = host_of(parts)
    except ValueError:
        yield Problem(path=path, message=f'"{service.url}" is no address of a service')
        return
    if parts.scheme not in _PORTS or not parts.hostname or parts.fragment:
        message = f'"{service.url}" cannot be asked; write it like https://crm.example.com/caller'
        yield Problem(path=path, message=message)
        return
    if parts.username is not None or parts.password is not None:
        message = 'a password does not belong here; put it into the environment and name it with "secret_env"'
        yield Problem(path=path, message=message)
    if host not in [each.lower() for each in lookup.hosts]:
        message = f"{no_such('host', host, lookup.hosts)}; name it in lookup.hosts if it may be asked"
        yield Problem(path=path, message=message)
    if not service.internal and _is_internal(parts.hostname):
        message = 'this lies on this machine or in a private network; if that is meant, say "internal: true"'
        yield Problem(path=path, message=message)
    elif not service.internal and parts.scheme == "http":
        message = "callers' numbers travel there for everybody to read; use https"
        yield Problem(path=path, message=message, severity="warning")


def _is_internal(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
