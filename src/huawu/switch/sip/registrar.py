"""The registrar (RFC 3261 §10.3): where each endpoint's phones can be reached right now."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, Literal

from huawu.link.messages import Endpoint, EndpointId
from huawu.switch.sip.addresses import ip_literal, join_host_port
from huawu.switch.sip.bindings import Binding, Target, fixed_target, one_flow_each, packed
from huawu.switch.sip.core import Core
from huawu.switch.sip.dialog import is_natted, stays_on_flow
from huawu.switch.sip.edge import Proxies, path_of, way_along
from huawu.switch.sip.events import BindingChanged, ContactsChanged, Flow, LoanTold
from huawu.switch.sip.headers import parse_uri, target_of
from huawu.switch.sip.loans import Registers
from huawu.switch.sip.message import Request
from huawu.switch.sip.registering import MAX_CONTACTS, FirstHopLacksOutbound, Wish, keeps_flows, wishes_of
from huawu.switch.sip.transaction import ServerTransaction

MIN_EXPIRES: Final = 60
MAX_EXPIRES: Final = 7_200
Share = Literal["none", "some", "all"]
FLOW_TIMER_S: Final = 120
"""How often, at least, a phone should show that its connection lives (RFC 5626 §4.4.1)."""


NOBODY: Final[dict[EndpointId, None]] = {}
NOTHING_LENT: Final[frozenset[str]] = frozenset()


class Registrar:
    """Bindings by endpoint and contact: at most `MAX_CONTACTS` each, for configured endpoints only."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._number = core.enter(self)
        core.flow_failed = self._flow_failed
        core.flow_toward = self.flow_toward
        self._bindings: dict[EndpointId, dict[str, Binding]] = {}
        self._fixed: dict[EndpointId, Target] = {}
        self._allowed: set[EndpointId] = set()
        self._by_source: dict[Flow, dict[EndpointId, None]] = {}
        self._sources: dict[EndpointId, frozenset[Flow]] = {}
        self._sweep_at = 100
        self._by_fixed: dict[str, dict[EndpointId, None]] = {}
        self._told: dict[EndpointId, ContactsChanged] = {}
        self._loans: dict[EndpointId, set[str]] = {}  # by which something is registered, as told
        self._expiries: list[tuple[float, EndpointId, str]] = []
        self._proxies = Proxies()
        self._shares = False
        self._due: float | None = None

    def configure(self, endpoints: tuple[Endpoint, ...], proxies: Proxies, *, shares: bool = False) -> None:
        """Fixed contacts anew; registrations of endpoints that are gone or disabled end.

        With `shares` other switches are told of what they can use, by `BindingChanged`.
        """
        self._proxies, self._shares = proxies, shares
        allowed = self._allowed = {one.endpoint for one in endpoints if one.enabled}
        touched = set(self._told) | allowed
        self._bindings = {name: held for name, held in self._bindings.items() if name in allowed}
        self._fixed.clear()
        self._by_fixed.clear()
        for one in endpoints:
            target = fixed_target(one.user, one.contact) if one.enabled and one.contact else None
            if target is not None:
                self._fixed[one.endpoint] = target
                for place in (join_host_port(target.flow.host, target.flow.port), target.flow.host):
                    self._by_fixed.setdefault(place, {})[one.endpoint] = None
        for name in sorted(touched):
            self._index(name)
            self._tell(name)

    def targets(self, endpoint: EndpointId) -> list[Target]:
        """Every place to ring for an endpoint, the newest registration first."""
        held = self._bindings.get(endpoint, {})
        newest = sorted(held.values(), key=lambda one: one.expires_at, reverse=True)
        if len(newest) > 1 and any(one.instance for one in newest):
            newest = one_flow_each(newest)
        fixed = self._fixed.get(endpoint)
        return ([fixed] if fixed is not None else []) + [one.target for one in newest]

    def browsers_at(self, endpoint: EndpointId) -> Share:
        """How many of the places to ring for an endpoint are browsers."""
        kinds = {one.is_browser for one in self.targets(endpoint)}
        return "some" if len(kinds) == 2 else "all" if True in kinds else "none"

    def flow_toward(self, endpoint: EndpointId, contact: str) -> Flow | None:
        """The way to a page that connected anew, by the Contact it keeps; None = it is not there."""
        same = contact.partition(";")[0]
        held = self._bindings.get(endpoint, {}).values()
        return next((one.target.flow for one in held if one.contact.partition(";")[0] == same), None)

    def sits_at(self, flow: Flow, endpoint: EndpointId) -> bool:
        """Whether it registered by this very flow or has this fixed address; as quick with 10,000 there."""
        registered, fixed = self._at(flow)
        return endpoint in registered or endpoint in fixed

    def alone_at(self, flow: Flow) -> EndpointId | None:
        """The endpoint that is the only one there."""
        registered, fixed = self._at(flow)
        return next(iter(registered or fixed)) if len(registered) + len(fixed) == 1 else None

    def anybody_at(self, flow: Flow) -> bool:
        """Whether one of our endpoints is there."""
        return any(self._at(flow))

    def _at(self, flow: Flow) -> tuple[dict[EndpointId, None], dict[EndpointId, None]]:
        place = join_host_port(flow.host, flow.port) if flow.transport == "udp" else flow.host
        return self._by_source.get(flow, NOBODY), self._by_fixed.get(place, NOBODY)

    def register(self, transaction: ServerTransaction, request: Request, who: Registers, at: float) -> None:
        """Do what an authenticated REGISTER asks, all of it or nothing, and answer."""
        core, endpoint = self._core, who.endpoint
        held = self._bindings.get(endpoint, {})
        try:
            outbound = keeps_flows(request)
            path = path_of(request)
            wishes = wishes_of(request, held, path, outbound=outbound)
        except FirstHopLacksOutbound:
            core.respond(transaction, 439, at)
            return
        except ValueError as error:
            core.respond(transaction, 400, at, phrase=str(error))
            return
        if any(0 < wish.seconds < MIN_EXPIRES for wish in wishes):
            core.respond(transaction, 423, at, lines=f"Min-Expires: {MIN_EXPIRES}\r\n")
            return
        for wish in wishes:
            old = held.get(wish.key)
            if old is not None and old.call_id == request.call_id and request.cseq <= old.cseq:
                core.respond(transaction, 500, at, phrase="CSeq out of order")
                return
        held = dict(held)
        for wish in wishes:
            if wish.seconds == 0:
                held.pop(wish.key, None)
            else:
                held[wish.key] = self._bind(wish, request, path, who, at)
        while len(held) > MAX_CONTACTS:
            held.pop(min(held, key=lambda key: held[key].expires_at))
        if held:
            self._bindings[endpoint] = held
        else:
            self._bindings.pop(endpoint, None)
        self._index(endpoint)
        if self._shares:
            for wish in wishes:
                self._share(endpoint, wish.key, held.get(wish.key), at)
        if wishes:
            for key, one in held.items():
                heapq.heappush(self._expiries, (one.expires_at, endpoint, key))
            self._wait()
        lines = ""
        for one in held.values():
            lines += f"Contact: <{one.contact}>;expires={max(1, round(one.expires_at - at))}\r\n"
        if path and "path" in request.items("supported"):
            lines += "".join([f"Path: {one}\r\n" for one in path])  # RFC 3327 §5.3
        if outbound and any(wish.instance for wish in wishes):
            lines += "Require: outbound\r\n"
            if request.flow.reliable:
                lines += f"Flow-Timer: {FLOW_TIMER_S}\r\n"
        core.respond(transaction, 200, at, lines=lines)
        self._tell(endpoint)

    def fire(self, name: str, at: float) -> None:
        """Registrations run out."""
        self._due = None
        touched: set[EndpointId] = set()
        while self._expiries and self._expiries[0][0] <= at:
            _, endpoint, key = heapq.heappop(self._expiries)
            binding = self._bindings.get(endpoint, {}).get(key)
            if binding is not None and binding.expires_at <= at:
                self._drop(endpoint, key)
                touched.add(endpoint)
        self._wait()
        for endpoint in sorted(touched):
            self._index(endpoint)
            self._tell(endpoint)

    def flow_lost(self, flow: Flow) -> None:
        """A connection broke: what was registered by it is gone."""
        if not flow.connection:
            return
        touched = set(self._by_source.get(flow, ()))
        for endpoint in sorted(touched):
            for key, one in list(self._bindings.get(endpoint, {}).items()):
                if one.source == flow:
                    self._drop(endpoint, key)
        for endpoint in sorted(touched):
            self._index(endpoint)
            self._tell(endpoint)

    def end_loans(self, loans: frozenset[str]) -> None:
        """Credentials are over: so is what was registered by them."""
        gone = [
            (endpoint, key, one.shareable)
            for endpoint, held in (self._bindings.items() if loans else ())
            for key, one in held.items()
            if one.loan in loans
        ]
        for endpoint, key, shareable in gone:
            self._drop(endpoint, key)
            if self._shares and shareable:
                self._share(endpoint, key, None, 0.0)
        for endpoint in dict.fromkeys(endpoint for endpoint, _, _ in gone):
            self._index(endpoint)
            self._tell(endpoint)

    # ── other switches ──

    def learn(self, told: Iterable[tuple[EndpointId, str, float, Binding | None]], at: float) -> None:
        """Take over what was registered elsewhere: endpoint, key, seconds left, binding (None = it is gone).

        What was registered here lately, and lasts longer, stays.
        """
        touched: set[EndpointId] = set()
        for endpoint, key, seconds, binding in told:
            old = self._bindings.get(endpoint, {}).get(key)
            expires_at = at + min(seconds, MAX_EXPIRES)
            if binding is None:
                if old is None:
                    continue
                self._drop(endpoint, key)
            elif endpoint in self._allowed and seconds > 0 and (old is None or old.expires_at <= expires_at):
                held = self._bindings.setdefault(endpoint, {})
                held[key] = replace(binding, expires_at=expires_at)
                while len(held) > MAX_CONTACTS:
                    held.pop(min(held, key=lambda one: held[one].expires_at))
                heapq.heappush(self._expiries, (expires_at, endpoint, key))
            touched.add(endpoint)
        self._wait()
        for endpoint in sorted(touched):
            self._index(endpoint)
            self._tell(endpoint)

    def shared(self, at: float) -> list[BindingChanged]:
        """All registrations that other switches can use."""
        every = [
            (endpoint, key, one) for endpoint, held in self._bindings.items() for key, one in held.items()
        ]
        return [
            BindingChanged(endpoint=endpoint, key=key, seconds=one.expires_at - at, binding=packed(one))
            for endpoint, key, one in every
            if one.shareable
        ]

    def _share(self, endpoint: EndpointId, key: str, binding: Binding | None, at: float) -> None:
        if binding is None:
            self._core.out.append(BindingChanged(endpoint=endpoint, key=key, seconds=0.0, binding=b""))
        elif binding.shareable:
            seconds = binding.expires_at - at
            news = BindingChanged(endpoint=endpoint, key=key, seconds=seconds, binding=packed(binding))
            self._core.out.append(news)

    def loans(self) -> list[str]:
        """The lent credentials by which something is registered."""
        return [loan for loans in self._loans.values() for loan in sorted(loans)]

    def count(self) -> int:
        """Live registrations of all endpoints."""
        return sum(map(len, self._bindings.values()))

    # ── inside ──

    def _bind(
        self, wish: Wish, request: Request, path: tuple[str, ...], who: Registers, at: float
    ) -> Binding:
        flow = request.flow
        target = Target(uri=wish.contact, flow=flow, pinned=True)
        if path:
            way = way_along(path, flow, self._proxies)
            target = Target(uri=wish.contact, flow=way, pinned=True, path=path)
        elif flow.transport == "udp" and not is_natted(request):
            host, port, _ = target_of(parse_uri(wish.contact))
            if ip_literal(host) == flow.host and not stays_on_flow(request):
                plain = Flow(transport="udp", host=flow.host, port=port)
                target = Target(uri=wish.contact, flow=plain, pinned=False)
        return Binding(
            contact=wish.contact,
            source=request.origin,
            via=None if request.origin is flow else flow,
            target=target,
            call_id=request.call_id,
            cseq=request.cseq,
            expires_at=min(at + min(wish.seconds, MAX_EXPIRES), who.until),
            instance=wish.instance,
            loan=who.loan,
        )

    def _flow_failed(self, target: Target) -> None:
        """A proxy lost the connection of a phone: it is not there until it registers again."""
        gone = [
            (endpoint, key)
            for endpoint, held in self._bindings.items()
            for key, one in held.items()
            if one.target == target
        ]
        for endpoint, key in gone:
            self._drop(endpoint, key)
            if self._shares:
                self._share(endpoint, key, None, 0.0)
        for endpoint, _ in gone:
            self._index(endpoint)
            self._tell(endpoint)

    def _drop(self, endpoint: EndpointId, key: str) -> None:
        held = self._bindings[endpoint]
        del held[key]
        if not held:
            del self._bindings[endpoint]

    def _index(self, endpoint: EndpointId) -> None:
        """Note by which flows this endpoint's phones registered; thousands of others are not looked at."""
        before = self._sources.pop(endpoint, frozenset())
        now = frozenset(one.source for one in self._bindings.get(endpoint, {}).values())
        for flow in before - now:
            known = self._by_source[flow]
            del known[endpoint]
            if not known:
                del self._by_source[flow]
        for flow in now - before:
            self._by_source.setdefault(flow, {})[endpoint] = None
        if now:
            self._sources[endpoint] = now

    def _wait(self) -> None:
        if len(self._expiries) > self._sweep_at:
            self._sweep_at = 4 * self.count() + 100
            self._sweep()
        if self._expiries and (self._due is None or self._expiries[0][0] < self._due):
            self._due = self._expiries[0][0]
            self._core.start("expire", self._number, self._due)

    def _sweep(self) -> None:
        """Forget old expiries of registrations that were refreshed since, once they are the most."""
        if len(self._expiries) > self._sweep_at:
            self._expiries = [
                (one.expires_at, endpoint, key)
                for endpoint, held in self._bindings.items()
                for key, one in held.items()
            ]
            heapq.heapify(self._expiries)

    def _tell(self, endpoint: EndpointId) -> None:
        held = self._bindings.get(endpoint, {})
        self._tell_loans(endpoint, {one.loan for one in held.values() if one.loan})
        newest = max(held.values(), key=lambda one: one.expires_at) if held else None
        news = ContactsChanged(
            endpoint=endpoint,
            contacts=len(held) + (endpoint in self._fixed),
            source=newest.source if newest is not None else None,
            via=newest.via if newest is not None else None,
        )
        if self._told.get(endpoint, ContactsChanged(endpoint=endpoint, contacts=0)) == news:
            return
        if news.contacts:
            self._told[endpoint] = news
        else:
            del self._told[endpoint]
        self._core.out.append(news)

    def _tell_loans(self, endpoint: EndpointId, loans: set[str]) -> None:
        before = self._loans.get(endpoint, NOTHING_LENT)
        if loans == before:
            return
        out = self._core.out
        out += [LoanTold(loan=loan, used=False) for loan in sorted(before - loans)]
        out += [LoanTold(loan=loan, used=True) for loan in sorted(loans - before)]
        if loans:
            self._loans[endpoint] = loans
        else:
            self._loans.pop(endpoint, None)
