"""What comes in: answers and ACKs find their transactions, and each request what serves or refuses it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

from huawu.link.messages import Trunk, TrunkId
from huawu.switch.sip.checks import Fault, check_request
from huawu.switch.sip.core import MAX_TRANSACTIONS, Core
from huawu.switch.sip.edge import Proxies
from huawu.switch.sip.events import Flow, Suspicion
from huawu.switch.sip.gate import Challenged, Gate, Refused
from huawu.switch.sip.headers import NameAddr, clean, number_of, parse_uri, quote
from huawu.switch.sip.message import BadMessage, Request, Response, parse
from huawu.switch.sip.offering import offer_call
from huawu.switch.sip.pace import Pace
from huawu.switch.sip.printing import CAPABILITIES
from huawu.switch.sip.registrar import Registrar
from huawu.switch.sip.slowed import Slowed
from huawu.switch.sip.transfers import METHODS, refuse_outside

MAX_CALLS: Final = 5_000


class Reception:
    """Brings what peers send to its transaction, its dialog, the registrar or, past the gate, a new call."""

    def __init__(self, core: Core, registrar: Registrar, gate: Gate, secret: str) -> None:
        """`secret` keys the To tags of answers that leave no state; at least 64 random bits."""
        self._core = core
        self._registrar = registrar
        self._gate = gate
        self._secret = hashlib.sha256(secret.encode()).digest()
        self._slowed = Slowed(core)
        self._pace = Pace()
        self._proxies = Proxies()
        self._trunks: dict[TrunkId, Trunk] = {}
        self._emergency: frozenset[str] = frozenset()
        self.retry_after: int | None = None
        """While set (seconds), new calls are refused with 503 and Retry-After."""
        self.helps = False
        """Whether calls of our phones to emergency numbers pass even then."""

    @property
    def delayed(self) -> int:
        """How many answers to failed logins wait for their time."""
        return self._slowed.count

    def configure(
        self, trunks: dict[TrunkId, Trunk], proxies: Proxies, emergency_numbers: Iterable[str] = ()
    ) -> None:
        """Whom calls may come from by trunk, the proxies that speak for others, and where help is called."""
        self._trunks, self._proxies = trunks, proxies
        self._emergency = frozenset(emergency_numbers)

    def take(self, data: bytes, flow: Flow, at: float) -> None:
        """Take one packet, or one whole message of a stream, that is no keep-alive."""
        try:
            message = parse(data, flow)
        except BadMessage as error:
            if error.request is not None and self._proxies:
                flow = self._proxies.origin_of(error.request)
                error.request.came_from(flow)
            self._suspect(flow, error.reason)
            if error.request is not None and self._may_answer(error.request, at):
                self._reply(error.request, Fault(error.status, error.reason))
            return
        if isinstance(message, Response):
            self._core.take_response(message, at)
            return
        if self._proxies:
            message.came_from(self._proxies.origin_of(message))
        if message.method == "ACK":
            self._take_ack(message, at)
        else:
            transaction = self._core.servers.get(message.key)
            if transaction is not None:
                self._core.take_again(transaction, at)
            elif message.method == "CANCEL":
                self._take_cancel(message, at)
            else:
                self._take_request(message, at)

    def _take_ack(self, request: Request, at: float) -> None:
        core = self._core
        transaction = core.servers.get(request.key)
        if transaction is not None and not core.take_ack(transaction, at):
            return
        owner = core.dialogs.get((request.call_id, request.to_tag, request.from_tag))
        if owner is not None:
            owner.on_ack(request, at)
        elif request.to_tag == self._tag(request):
            self._gate.arrived(request.origin, at)  # it acknowledges a refusal, so it got it

    def _take_cancel(self, request: Request, at: float) -> None:
        core = self._core
        invite = core.servers.get(request.key_as("INVITE"))
        if invite is None:
            self._reply(request, Fault(481))
            return
        core.reply(request, 200, tag=invite.tag)
        if invite.state == "proceeding" and invite.owner is not None:
            invite.owner.on_cancel(at)

    def _take_request(self, request: Request, at: float) -> None:
        core = self._core
        fault = check_request(request)
        if fault is not None:
            self._reply(request, fault)
        elif len(core.numbers) >= MAX_TRANSACTIONS:
            core.out.append(Suspicion(kind="flood", flow=request.origin, detail="too many transactions"))
            self._reply(request, Fault(503, lines="Retry-After: 10\r\n"))
        elif request.to_tag and request.method != "REGISTER":
            key = (request.call_id, request.to_tag, request.from_tag)
            owner = core.dialogs.get(key) or core.asking.get(key[:2])
            if owner is None:
                self._reply(request, Fault(481))
            else:
                owner.on_request(core.serve(request, at), request, at)
        elif request.method == "INVITE":
            self._take_call(request, at)
        elif request.method == "REGISTER":
            self._take_registration(request, at)
        elif request.method == "OPTIONS" and not self._may_answer(request, at):
            core.out.append(Suspicion(kind="flood", flow=request.origin, detail="too many OPTIONS"))
        elif request.method == "OPTIONS":
            if self.retry_after is not None:  # as an INVITE would be answered (RFC 3261 §11.2)
                self._reply(request, Fault(503, lines=f"Retry-After: {self.retry_after}\r\n"))
            else:
                core.reply(request, 200, tag=self._tag(request), lines=CAPABILITIES)
        elif request.method in METHODS:
            self._reply(request, refuse_outside(request))
        else:
            self._reply(request, Fault(481))

    def _take_registration(self, request: Request, at: float) -> None:
        if not self._gate.configured and self.retry_after is not None:
            self._reply(request, Fault(503, lines=f"Retry-After: {self.retry_after}\r\n"))
            return
        try:
            user = parse_uri(request.address("to").uri).user or ""
        except ValueError:
            self._reply(request, Fault(400, "Malformed To"))
            return
        judged = self._gate.judge_registration(request, user, at)
        if isinstance(judged, Challenged):
            self._challenge(request, judged, at)
        else:
            self._registrar.register(self._core.serve(request, at), request, judged, at)

    def _take_call(self, request: Request, at: float) -> None:
        core = self._core
        if (request.call_id, request.from_tag, request.cseq) in core.asked:
            self._reply(request, Fault(482, "Merged Request"))
            return
        ours = core.asking.get((request.call_id, request.from_tag))
        if ours is not None and ours.uri == request.uri:
            self._reply(request, Fault(482))  # our own INVITE came back as it was
            return
        to_number = number_of(request.target())
        emergency = to_number in self._emergency
        if self.retry_after is not None and not (emergency and self.helps):
            self._reply(request, Fault(503, lines=f"Retry-After: {self.retry_after}\r\n"))
            return
        if len(core.calls) >= MAX_CALLS:
            core.out.append(Suspicion(kind="flood", flow=request.origin, detail="too many calls"))
            self._reply(request, Fault(503, lines="Retry-After: 10\r\n"))
            return
        try:
            caller = request.address("from")
            from_number = _number(caller)
        except ValueError:
            self._reply(request, Fault(400, "Malformed From"))
            return
        judged = self._gate.judge_call(request, to_number, from_number, at)
        if isinstance(judged, Challenged):
            self._challenge(request, judged, at)
        elif isinstance(judged, Refused):
            self._reply(request, Fault(403, lines=f"Warning: 399 huawu {quote(judged.words)}\r\n"))
        elif self.retry_after is not None and judged.endpoint is None:
            self._reply(request, Fault(503, lines=f"Retry-After: {self.retry_after}\r\n"))
        else:
            trunk = self._trunks.get(judged.trunk) if judged.trunk is not None else None
            helped = emergency and judged.endpoint is not None
            fault = offer_call(core, request, judged, trunk, caller, to_number, at, emergency=helped)
            if fault is not None:
                self._reply(request, fault)

    def _challenge(self, request: Request, judged: Challenged, at: float) -> None:
        """401: at once and without state to strangers, later to those who failed."""
        core = self._core
        if judged.suspicion is not None:
            core.out.append(judged.suspicion)
        if judged.unheard:
            return
        if judged.delay_s == 0.0:
            self._reply(request, Fault(401, lines=judged.lines))
        elif not self._slowed.answer(request, judged.lines, judged.delay_s, at):
            core.out.append(Suspicion(kind="flood", flow=request.origin, detail="too many failed logins"))

    def _may_answer(self, request: Request, at: float) -> bool:
        """Whether one more answer to what anybody may ask leaves: always to those we know."""
        return self._gate.knows(request) or self._pace.allows(request.origin.host, at)

    def _reply(self, request: Request, fault: Fault) -> None:
        tag = self._tag(request)
        self._core.reply(request, fault.code, tag=tag, phrase=fault.phrase, lines=fault.lines)

    def _tag(self, request: Request) -> str:
        """A To tag made from the request, so that a repetition gets the same answer (§8.2.7)."""
        text = (
            f"{request.origin.host} {request.call_id} {request.from_tag} {request.via.branch} {request.cseq}"
        )
        raw = text.encode("utf-8", "surrogateescape")
        return hashlib.blake2s(raw, key=self._secret, digest_size=8).hexdigest()

    def _suspect(self, flow: Flow, detail: str) -> None:
        self._core.out.append(Suspicion(kind="malformed", flow=flow, detail=clean(detail)))


def _number(address: NameAddr) -> str:
    return number_of(parse_uri(address.uri))
