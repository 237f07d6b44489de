"""DNS at the edge: where a trunk's name leads, by NAPTR, SRV and addresses (RFC 3263 §4)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Final

import dns.asyncresolver
import dns.exception
import dns.nameserver
import dns.resolver
from dns.rdatatype import RdataType

from huawu.switch.sip.addresses import DEFAULT_PORTS
from huawu.switch.sip.events import Address, Found, Place

PATIENCE_S: Final = 5.0
"""All questions for one place together take no longer."""
AT_ONCE: Final = 8
"""So many places are looked up at the same time."""
NO_TTL_S: Final = 60.0
"""How long "there is no such name" is believed when the answer does not say."""
MOST_SERVERS: Final = 8
"""So many SRV records of a name are followed."""
NAPTR_SERVICES: Final[dict[str, bytes]] = {"udp": b"SIP+D2U", "tcp": b"SIP+D2T", "tls": b"SIPS+D2T"}
SERVICES: Final[dict[str, str]] = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}


class DnsResolver:
    """Asks `servers` (address and port), or those that the system is set to. Never raises."""

    def __init__(self, servers: tuple[tuple[str, int], ...] = ()) -> None:
        self._own = bool(servers)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._trouble = ""
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=not servers)
        except dns.exception.DNSException as error:
            self._resolver = dns.asyncresolver.Resolver(configure=False)
            self._trouble = f"the system has no usable name server ({error}); give one with --dns"
        if servers:
            self._resolver.nameservers = [dns.nameserver.Do53Nameserver(*server) for server in servers]
        self._resolver.lifetime = PATIENCE_S
        self._resolver.timeout = 2.0

    async def find(self, place: Place) -> Found:
        """Its addresses, or why there are none."""
        async with self._slots:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    return await self._find(place)
            except (TimeoutError, dns.exception.Timeout):
                return Found(place=place, trouble="the name server did not answer in time")
            except dns.resolver.NoNameservers:
                return Found(place=place, trouble=self._trouble or "the name server cannot say")
            except (dns.exception.DNSException, OSError, UnicodeError, ValueError) as error:
                return Found(place=place, trouble=f"it could not be looked up ({type(error).__name__})")

    async def _find(self, place: Place) -> Found:
        if not place.port and place.transport in SERVICES:
            served = await self._services(place)
            if served is not None:
                return served
        port = place.port or DEFAULT_PORTS[place.transport]
        hosts, ttl_s = await self._hosts(place.name)
        if not hosts:
            return Found(place=place, ttl_s=ttl_s, trouble="there is no such name")
        return Found(
            place=place, addresses=tuple(Address(host=host, port=port) for host in hosts), ttl_s=ttl_s
        )

    async def _services(self, place: Place) -> Found | None:
        """By SRV, at the name that NAPTR gives for our transport, if any; None = there is no such record."""
        usual = f"{SERVICES[place.transport]}.{place.name}"
        for name in dict.fromkeys((*await self._replacements(place), usual)):
            with contextlib.suppress(dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
                answer = await self._resolver.resolve(name, RdataType.SRV, search=False)
                return await self._servers(place, answer)
        return None

    async def _replacements(self, place: Place) -> list[str]:
        """Where the domain says its SRV records for this transport are, its first choice first (§4.1).

        The transport is ours to choose (a trunk's is configured), so records for others are passed over.
        """
        try:
            answer = await self._resolver.resolve(place.name, RdataType.NAPTR, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        wanted = NAPTR_SERVICES[place.transport]
        fitting = [
            one
            for one in answer
            if one.flags.lower() == b"s" and not one.regexp and one.service.upper() == wanted
        ]
        fitting.sort(key=lambda one: (one.order, one.preference))
        return [str(one.replacement).rstrip(".") for one in fitting[:MOST_SERVERS]]

    async def _servers(self, place: Place, answer: dns.resolver.Answer) -> Found:
        records = sorted(answer, key=lambda one: (one.priority, -one.weight))[:MOST_SERVERS]
        if [str(one.target) for one in records] == ["."]:
            return Found(place=place, ttl_s=_ttl_s(answer), trouble="it says it has no such service")
        found = await asyncio.gather(*(self._hosts(str(one.target).rstrip(".")) for one in records))
        addresses = tuple(
            Address(host=host, port=one.port, priority=one.priority, weight=one.weight)
            for one, (hosts, _) in zip(records, found, strict=True)
            for host in hosts
        )
        ttl_s = min([_ttl_s(answer), *(ttl for hosts, ttl in found if hosts)])
        trouble = "" if addresses else "none of its servers has an address"
        return Found(place=place, addresses=addresses, ttl_s=ttl_s, trouble=trouble)

    async def _hosts(self, name: str) -> tuple[list[str], float]:
        """IPv4 addresses first, then IPv6; and for how many seconds they, or their absence, hold."""
        asked = [self._records(name, kind) for kind in (RdataType.A, RdataType.AAAA)]
        (fours, four_s), (sixes, six_s) = await asyncio.gather(*asked)
        hosts = fours + sixes
        if hosts:
            return hosts, min([ttl for found, ttl in ((fours, four_s), (sixes, six_s)) if found])
        if not self._own:
            return await self._by_the_system(name), NO_TTL_S
        return [], min(four_s, six_s)

    async def _records(self, name: str, kind: RdataType) -> tuple[list[str], float]:
        try:
            answer = await self._resolver.resolve(name, kind, search=False)
        except dns.resolver.NXDOMAIN:
            return [], NO_TTL_S
        except dns.resolver.NoAnswer:
            return [], NO_TTL_S
        return [str(one.address) for one in answer], _ttl_s(answer)

    async def _by_the_system(self, name: str) -> list[str]:
        """What the machine itself knows, by its hosts file for one."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_DGRAM)
        except OSError:
            return []
        return list(dict.fromkeys(str(one[4][0]) for one in found))


def _ttl_s(answer: dns.resolver.Answer) -> float:
    return float(answer.rrset.ttl) if answer.rrset is not None else NO_TTL_S
