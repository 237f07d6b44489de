"""The gate: who may call what. Strangers reach public numbers only, and learn nothing about our users.

Who guesses is counted by `Guessers`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from typing import Final, Literal

import msgspec

from huawu.link.messages import Configure, Endpoint, EndpointId, Trunk, TrunkId
from huawu.switch.sip.digest import Challenger, Check, algorithms_for, form_for
from huawu.switch.sip.edge import NOWHERE
from huawu.switch.sip.events import Flow, Suspicion
from huawu.switch.sip.guessers import Guessers, network_of
from huawu.switch.sip.headers import clean
from huawu.switch.sip.loans import Loan, Loans, Registers
from huawu.switch.sip.message import Request
from huawu.switch.sip.passes import NOBODYS, Pass, Passes
from huawu.switch.sip.registrar import Registrar

HARMLESS_TRIES: Final[dict[str, int]] = {
    "auth_failed": 20,  # a house full of phones that start together asks this often unproven
    "forbidden_number": 2,  # phones that call before they are challenged
}

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
WEB: Final = ("ws", "wss")
"""By these only those come who prove something: pages of everybody's can reach them."""
NOBODY: Final = ipaddress.ip_network("0.0.0.0/32")
"""Stands for sources of which none is known: without any network, a certificate alone would do."""


class Admitted(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The call may come in; who it is from when that is proven."""

    endpoint: EndpointId | None = None
    trunk: TrunkId | None = None
    guest: Pass | None = None


class Refused(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A guest who proved a pass that is not for this call: answer 403 with these words."""

    words: str


class Challenged(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Answer 401 with these lines after `delay_s`, or not at all; `suspicion` is worth a log line."""

    lines: str = ""
    unheard: bool = False  # too many wrong answers wait already: it was not judged and gets no answer
    delay_s: float = 0.0
    suspicion: Suspicion | None = None


class Gate:
    """Judges requests by credentials, then by source, then by the number called."""

    def __init__(self, token: Callable[[], str], registrar: Registrar) -> None:
        self.configured = False
        """Until then nobody is known, which is nobody's fault."""
        self._challenger = Challenger(token)
        self._registrar = registrar
        self._users: dict[str, Endpoint] = {}
        self._endpoints: dict[str, EndpointId] = {}  # by user, also those that are switched off
        self._public: frozenset[str] = frozenset()
        self._networks: list[tuple[Network, TrunkId]] = []
        self._trunks: tuple[Trunk, ...] = ()
        self._addresses_of: Callable[[str], tuple[str, ...]] = lambda name: ()
        self._proved: dict[TrunkId, list[Network]] = {}  # trunks known by their certificate
        self._guessers = Guessers()
        self._loans = Loans()
        self._passes = Passes()

    def configure(
        self, configuration: Configure, addresses_of: Callable[[str], tuple[str, ...]] = lambda name: ()
    ) -> None:
        """Who may come in from now on; `addresses_of` gives those of a source that is a name."""
        self.configured = True
        self._challenger.realm = configuration.realm
        self._users = {one.user: one for one in configuration.endpoints if one.enabled}
        self._loans.configure(configuration.endpoints)
        self._challenger.algorithms = algorithms_for(list(self._users.values()))
        self._endpoints = {one.user: one.endpoint for one in configuration.endpoints}
        self._public = frozenset(configuration.public_numbers)
        self._trunks = configuration.trunks
        self._addresses_of = addresses_of
        self.learn()

    def lend(self, loans: Sequence[Loan], at: float, *, whole: bool) -> frozenset[str]:
        """Second credentials; returns those that are over now."""
        return self._loans.lend(loans, at, whole=whole)

    def admit(self, passes: Sequence[Pass], at: float) -> None:
        """Guests who may make one call each."""
        self._passes.admit(passes, at)

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
    ) -> Admitted | Refused | Challenged:
        """May this INVITE come in?"""
        check = self._check(request, at, guests=True)
        if check.outcome == "accepted" and check.endpoint is not None:
            self._guessers.right(request.origin.host)
            if check.endpoint.endpoint == NOBODYS:
                return self._let_in(request, check.user, to_number)
            return Admitted(endpoint=check.endpoint.endpoint)
        if check.outcome == "missing":
            known = self._known(request, from_user)
            if known is not None:
                return known
            if to_number in self._public and request.origin.transport not in WEB:
                return Admitted()
        return self._challenge(check, request, at, what="forbidden_number", detail=to_number)

    def judge_registration(self, request: Request, user: str, at: float) -> Registers | Challenged:
        """Whose REGISTER is this? Everybody must prove it, and only for themselves."""
        check = self._check(request, at)
        if check.outcome == "accepted" and check.endpoint is not None:
            if check.endpoint.user == user:
                self._guessers.right(request.origin.host)
                until = self._loans.until(check.user)
                if until is None:
                    return Registers(endpoint=check.endpoint.endpoint)
                return Registers(endpoint=check.endpoint.endpoint, loan=check.user, until=until)
            check = Check(outcome="refused", user=check.user, arrived=True)
        return self._challenge(check, request, at, what="auth_failed", detail=f"registering {clean(user)}")

    def sources(self) -> int:
        """How many networks have failures on record."""
        return len(self._guessers)

    def knows(self, request: Request) -> bool:
        """Whether a phone registered by its path, or a trunk sits there."""
        flow = request.origin
        return self._known(request, "") is not None or bool(flow.port and self._registrar.anybody_at(flow))

    def arrived(self, flow: Flow, at: float) -> None:
        """What we answered to this address arrived there."""
        if flow is not NOWHERE:
            self._guessers.arrived(flow.host, at)

    # ── inside ──

    def _let_in(self, request: Request, guest: str, to_number: str) -> Admitted | Refused:
        """A guest has shown a pass: it is spent if it is for this call."""
        used = self._passes.use(guest, to_number, request.origin.host)
        if used is None:
            return Refused(words="This pass is for another number, or for another address")
        return Admitted(guest=used)

    def _check(self, request: Request, at: float, *, guests: bool = False) -> Check:
        values = request.headers.get("authorization")
        if not values:
            return Check(outcome="missing")
        given = self._challenger.given(values)
        if given is None:
            return Check(outcome="missing")
        flow, user = request.origin, given.get("username", "")
        if self._guessers.crowded(flow.host, user, at) and not self._is_home(flow, user):
            return Check(outcome="crowded", user=user)
        source = network_of(flow.host)
        return self._challenger.judge(
            given, request.method, request.uri, lambda name: self._user(name, at, guests), at, source
        )

    def _user(self, name: str, at: float, guests: bool) -> Endpoint | None:
        found = self._users.get(name) or self._loans.find(name, at)
        return self._passes.find(name, at) if found is None and guests else found

    def _is_home(self, flow: Flow, user: str) -> bool:
        """Whether this user's phone registered by this very path: others' guesses are not its own."""
        if not flow.port:
            return False
        whose = (self._endpoints.get(user), self._loans.endpoint_of(user))
        return any(one is not None and self._registrar.sits_at(flow, one) for one in whose)

    def _known(self, request: Request, from_user: str) -> Admitted | None:
        flow, proved = request.origin, TrunkId(request.flow.trunk)
        if flow is NOWHERE:
            return None
        if proved in self._proved and _within(flow.host, self._proved[proved]):
            return Admitted(trunk=proved)
        if flow.port:
            named = self._endpoints.get(from_user)
            if named is not None and self._registrar.sits_at(flow, named):
                return Admitted(endpoint=named)
            alone = self._registrar.alone_at(flow)
            if alone is not None:
                return Admitted(endpoint=alone)
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
        """Always the same words to known and unknown users; only wrong proofs are slowed.

        What a program can read decides the form: old ones stumble over SHA-256. A source that did not
        answer the last challenge is offered MD5 alone every other time.
        """
        flow, form, user = request.origin, form_for(request.first("user-agent")), clean(check.user)
        host, guessers, source = flow.host, self._guessers, network_of(flow.host)
        if check.outcome == "crowded":
            suspicion = Suspicion(kind="auth_failed", flow=flow, user=user, detail="too many guesses at once")
            return Challenged(unheard=True, suspicion=suspicion)
        if check.outcome == "refused":
            proved = check.arrived and flow is not NOWHERE
            if proved:
                guessers.arrived(host, at)
            lines = self._challenger.challenge(at, form=form, source=source)
            suspicion = Suspicion(kind="auth_failed", flow=flow, user=user, detail=detail, proved=proved)
            return Challenged(lines=lines, delay_s=guessers.wrong(host, check.user, at), suspicion=suspicion)
        before = guessers.unproven(host, at)
        if check.outcome == "missing" and before % 2 == 1:
            form = "md5_alone"
        lines = self._challenger.challenge(at, stale=check.outcome == "stale", form=form, source=source)
        if before < HARMLESS_TRIES[what]:
            return Challenged(lines=lines)
        proved = guessers.is_proved(host, at)
        return Challenged(
            lines=lines, suspicion=Suspicion(kind=what, flow=flow, detail=detail, proved=proved)
        )

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
