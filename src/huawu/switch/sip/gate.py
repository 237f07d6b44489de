"""The gate: who may call what. Strangers reach public numbers only, and learn nothing about our users.

Per source address it keeps the count of failures, for at most `MAX_SOURCES` addresses.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from huawu.link.messages import Configure, Endpoint, EndpointId, Trunk, TrunkId
from huawu.switch.sip.digest import Challenger, Check, algorithms_for, form_for
from huawu.switch.sip.edge import NOWHERE
from huawu.switch.sip.events import Suspicion
from huawu.switch.sip.headers import clean
from huawu.switch.sip.message import Request
from huawu.switch.sip.registrar import Registrar

MAX_SOURCES: Final = 10_000
FIRST_DELAY: Final = 0.5
LONGEST_DELAY: Final = 8.0
FORGET_AFTER: Final = 600.0
HARMLESS_TRIES: Final[dict[str, int]] = {
    "auth_failed": 20,  # a house full of phones that start together asks this often unproven
    "forbidden_number": 2,  # phones that call before they are challenged
}

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
NOBODY: Final = ipaddress.ip_network("0.0.0.0/32")
"""Stands for sources of which none is known: without any network, a certificate alone would do."""


class Admitted(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The call may come in; who it is from when that is proven."""

    endpoint: EndpointId | None = None
    trunk: TrunkId | None = None


class Challenged(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Answer 401 with these lines after `delay_s`; `suspicion` is worth a log line."""

    lines: str
    delay_s: float = 0.0
    suspicion: Suspicion | None = None


@dataclass(slots=True)
class _Source:
    failures: int = 0
    unanswered: int = 0
    last: float = 0.0


class Gate:
    """Judges requests by credentials, then by source, then by the number called."""

    def __init__(self, token: Callable[[], str], registrar: Registrar) -> None:
        self._challenger = Challenger(token)
        self._registrar = registrar
        self._users: dict[str, Endpoint] = {}
        self._names: dict[EndpointId, str] = {}
        self._public: frozenset[str] = frozenset()
        self._networks: list[tuple[Network, TrunkId]] = []
        self._trunks: tuple[Trunk, ...] = ()
        self._addresses_of: Callable[[str], tuple[str, ...]] = lambda name: ()
        self._proved: dict[TrunkId, list[Network]] = {}  # trunks known by their certificate
        self._sources: OrderedDict[str, _Source] = OrderedDict()

    def configure(
        self, configuration: Configure, addresses_of: Callable[[str], tuple[str, ...]] = lambda name: ()
    ) -> None:
        """Who may come in from now on; `addresses_of` gives those of a source that is a name."""
        self._challenger.realm = configuration.realm
        self._users = {one.user: one for one in configuration.endpoints if one.enabled}
        self._challenger.algorithms = algorithms_for(list(self._users.values()))
        self._names = {one.endpoint: one.user for one in configuration.endpoints}
        self._public = frozenset(configuration.public_numbers)
        self._trunks = configuration.trunks
        self._addresses_of = addresses_of
        self.learn()

    def learn(self) -> None:
        """A name among the trunks' sources may have other addresses now."""
        of = {trunk.trunk: self._networks_of(trunk) for trunk in self._trunks}
        by_proof = {trunk.trunk for trunk in self._trunks if trunk.tls.client_certificate}
        self._proved = {trunk: networks for trunk, networks in of.items() if trunk in by_proof}
        self._networks = [
            (network, trunk)
            for trunk, networks in of.items()
            if trunk not in by_proof
            for network in networks
        ]

    def judge_call(
        self, request: Request, to_number: str, from_user: str, at: float
    ) -> Admitted | Challenged:
        """May this INVITE come in?"""
        check = self._check(request, at)
        if check.outcome == "accepted" and check.endpoint is not None:
            self._sources.pop(request.origin.host, None)
            return Admitted(endpoint=check.endpoint.endpoint)
        if check.outcome == "missing":
            known = self._known(request, from_user)
            if known is not None:
                return known
            if to_number in self._public:
                return Admitted()
        return self._challenge(check, request, at, what="forbidden_number", detail=to_number)

    def judge_registration(self, request: Request, user: str, at: float) -> Endpoint | Challenged:
        """Whose REGISTER is this? Everybody must prove it, and only for themselves."""
        check = self._check(request, at)
        if check.outcome == "accepted" and check.endpoint is not None:
            if check.endpoint.user == user:
                self._sources.pop(request.origin.host, None)
                return check.endpoint
            check = Check(outcome="refused", user=check.user)
        return self._challenge(check, request, at, what="auth_failed", detail=f"registering {clean(user)}")

    def sources(self) -> int:
        """How many addresses have failures on record."""
        return len(self._sources)

    # ── inside ──

    def _check(self, request: Request, at: float) -> Check:
        values = request.headers.get("authorization")
        if not values:
            return Check(outcome="missing")
        return self._challenger.check(values, request.method, request.uri, self._users.get, at)

    def _known(self, request: Request, from_user: str) -> Admitted | None:
        flow, proved = request.origin, TrunkId(request.flow.trunk)
        if flow is NOWHERE:
            return None
        if proved in self._proved and _within(flow.host, self._proved[proved]):
            return Admitted(trunk=proved)
        endpoints = self._registrar.at_flow(flow) if flow.port else []
        for endpoint in endpoints:
            if self._names.get(endpoint) == from_user:
                return Admitted(endpoint=endpoint)
        if len(endpoints) == 1:
            return Admitted(endpoint=endpoints[0])
        if self._networks:
            try:
                address = ipaddress.ip_address(flow.host)
            except ValueError:
                return None
            for network, trunk in self._networks:
                if address in network:
                    return Admitted(trunk=trunk)
        return None

    def _challenge(
        self,
        check: Check,
        request: Request,
        at: float,
        *,
        what: Literal["auth_failed", "forbidden_number"],
        detail: str,
    ) -> Challenged:
        """Always the same words to known and unknown users; only failed proofs are slowed.

        What a program can read decides the form: old ones stumble over SHA-256. A source that did not
        answer the last challenge is offered MD5 alone every other time.
        """
        flow, form = request.origin, form_for(request.first("user-agent"))
        if check.outcome == "stale":
            return Challenged(lines=self._challenger.challenge(at, stale=True, form=form))
        source = self._source(flow.host, at)
        if check.outcome == "missing" and source.unanswered % 2 == 1:
            form = "md5_alone"
        lines = self._challenger.challenge(at, form=form)
        user = clean(check.user)
        if check.outcome == "refused":
            source.failures += 1
            delay = min(FIRST_DELAY * 2.0 ** min(source.failures - 1, 10), LONGEST_DELAY)
            return Challenged(
                lines=lines,
                delay_s=delay,
                suspicion=Suspicion(kind="auth_failed", flow=flow, user=user, detail=detail),
            )
        source.unanswered += 1
        if source.unanswered <= HARMLESS_TRIES[what]:
            return Challenged(lines=lines)
        return Challenged(lines=lines, suspicion=Suspicion(kind=what, flow=flow, detail=detail))

    def _source(self, host: str, at: float) -> _Source:
        source = self._sources.get(host)
        if source is None or at - source.last > FORGET_AFTER:
            source = self._sources[host] = _Source()
        source.last = at
        self._sources.move_to_end(host)
        while len(self._sources) > MAX_SOURCES:
            self._sources.popitem(last=False)
        return source

    def _networks_of(self, trunk: Trunk) -> list[Network]:
        """The trunk's sources as networks; a name that leads nowhere (yet) lets nobody in."""
        found: list[Network] = []
        for text in trunk.sources:
            try:
                found.append(ipaddress.ip_network(text.strip(), strict=False))
            except ValueError:
                found += [ipaddress.ip_network(one) for one in self._addresses_of(text.strip())]
        if trunk.sources and not found:
            found.append(NOBODY)
        return found


def _within(host: str, networks: list[Network]) -> bool:
    """Whether an address is in one of the networks; without any, every address is."""
    return not networks or any(ipaddress.ip_address(host) in network for network in networks)
