"""The user agent: packets, timers and commands in; packets, timers and calls' news out."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from typing import Final

from huawu.link.messages import (
    Configure,
    EndpointId,
    LegId,
    Originate,
    Reason,
    TransferProgressed,
    Trunk,
    TrunkId,
)
from huawu.switch.sip.addresses import Addresses, join_host_port
from huawu.switch.sip.checks import Fault, check_request
from huawu.switch.sip.core import CONTACT_TAILS, MAX_TRANSACTIONS, STRANGER, Core
from huawu.switch.sip.edge import Proxies
from huawu.switch.sip.enrolment import Enrolments
from huawu.switch.sip.events import BindingChanged, CallEnded, Flow, Found, Output, Suspicion
from huawu.switch.sip.gate import Challenged, Gate
from huawu.switch.sip.headers import NameAddr, clean, number_of, parse_uri
from huawu.switch.sip.inbound import Inbound
from huawu.switch.sip.lines import Lines
from huawu.switch.sip.message import BadMessage, Request, Response, parse
from huawu.switch.sip.offering import offer_call
from huawu.switch.sip.outbound import Outbound
from huawu.switch.sip.pace import Pace
from huawu.switch.sip.printing import CAPABILITIES
from huawu.switch.sip.refer import refer_to_number, refer_to_peer
from huawu.switch.sip.registrar import Binding, Registrar, Target, unpacked
from huawu.switch.sip.sdp import Sdp
from huawu.switch.sip.session import Session
from huawu.switch.sip.slowed import Slowed
from huawu.switch.sip.subscription import TransferState
from huawu.switch.sip.transfers import METHODS, refuse_outside

__all__ = ["MAX_CALLS", "Addresses", "UserAgent"]

MAX_CALLS: Final = 5_000
log = logging.getLogger(__name__)


class UserAgent:
    """A pure machine: every method takes the instant `at` (seconds) and returns what is to be done.

    States are bounded: `MAX_TRANSACTIONS` transactions, `MAX_CALLS` calls, `MAX_SLOWED` slowed answers;
    strangers are challenged without any. Nothing a peer sends raises. Commands for a leg that ended, or
    that do not fit its state, return []. `token` must give at least 64 random bits in letters and digits:
    tags, branches and nonces are made of it.
    """

    def __init__(self, *, token: Callable[[], str], local: Addresses, server: str = "Huawu") -> None:
        self._core = Core(token, local, server)
        self._registrar = Registrar(self._core)
        self._gate = Gate(token, self._registrar)
        self._lines = Lines(self._core)
        self._enrolments = Enrolments(self._core, self._lines)
        self._users: dict[EndpointId, str] = {}
        self._trunks: dict[TrunkId, Trunk] = {}
        self._retry_after: int | None = None
        self._secret = hashlib.sha256(token().encode()).digest()
        self._slowed = Slowed(self._core)
        self._proxies = Proxies()
        self._pace = Pace()

    # ── the world ──

    def configure(self, configuration: Configure, at: float) -> list[Output]:
        """Who may register, call and be called; calls that run are not touched."""
        out = self._begin()
        self._users = {one.endpoint: one.user for one in configuration.endpoints}
        self._trunks = {one.trunk: one for one in configuration.trunks}
        self._proxies = Proxies(configuration.proxies)
        self._lines.configure(configuration.trunks, at)
        self._gate.configure(configuration, self._lines.addresses_of)
        self._registrar.configure(
            configuration.endpoints, self._proxies, shares=configuration.shares_registrations
        )
        self._enrolments.configure(configuration.trunks, at)
        return out

    def looked_up(self, found: Found, at: float) -> list[Output]:
        """What a `LookUp` led to."""
        out = self._begin()
        self._lines.found(found, at)
        self._gate.learn()
        self._enrolments.looked_up(at)
        return out

    def host_of(self, trunk: TrunkId) -> str:
        """The IP address that a trunk's next call goes to; "" = not known."""
        return self._lines.host_of(trunk)

    def leave(self, at: float) -> list[Output]:
        """We go: take our registrations back."""
        out = self._begin()
        self._enrolments.configure((), at)
        return out

    def learn(self, told: Sequence[BindingChanged], at: float) -> list[Output]:
        """Know what phones registered at other switches; what cannot be read is passed over."""
        out = self._begin()
        known: list[tuple[EndpointId, str, float, Binding | None]] = []
        for one in told:
            binding = unpacked(one.binding) if one.binding else None
            if binding is not None or not one.binding:
                known.append((one.endpoint, one.key, one.seconds, binding))
        self._registrar.learn(known, at)
        return out

    def shared(self, at: float) -> list[BindingChanged]:
        """The registrations that other switches can use, as they stand."""
        return self._registrar.shared(at)

    def overloaded(self, retry_after_s: int | None) -> None:
        """While set, new calls are refused with 503 and Retry-After."""
        self._retry_after = retry_after_s

    def receive(self, data: bytes, flow: Flow, at: float) -> list[Output]:
        """Take one packet, or one whole message of a stream."""
        out = self._begin()
        if len(data) < 5 or not data.strip(b"\r\n\0 "):
            return out  # keep-alive
        try:
            self._take(data, flow, at)
        except Exception as error:
            # The last resort: one message must never stop the others. Each one logged here is our bug.
            log.exception(
                "sip message not understood", extra={"source": join_host_port(flow.host, flow.port)}
            )
            out.append(Suspicion(kind="malformed", flow=flow, detail=f"internal: {type(error).__name__}"))
        return out

    def fire(self, key: str, at: float) -> list[Output]:
        """A timer came due; late ones of what is over do nothing."""
        out = self._begin()
        self._core.fire(key, at)
        return out

    def connection_lost(self, flow: Flow, at: float) -> list[Output]:
        """A connection closed or could not be opened, or a packet could not be sent."""
        out = self._begin()
        core = self._core
        for transaction in list(core.numbers.values()):
            if _same_path(transaction.flow, flow):
                core.transaction_failed(transaction, at)
        if flow.reliable:
            self._registrar.flow_lost(flow)
            for owner in list(core.dialogs.values()):
                owner.on_flow_lost(flow, at)
            for asking in core.asking.values():
                asking.on_flow_lost(flow, at)
        return out

    def leaks(self) -> dict[str, int]:
        """How much every table holds: all zero once calls ended and timers ran out."""
        core = self._core
        return {
            "calls": len(core.calls),
            "dialogs": len(core.dialogs),
            "server transactions": len(core.servers),
            "client transactions": len(core.clients),
            "transactions": len(core.numbers),
            "invites": len(core.asked),
            "parties": len(core.parties),
            "transfers": len(core.transfers),
            "calling": len(core.asking),
            "machines": len(core.machines) - 1 - len(self._enrolments) - self._lines.machines,  # these stay
            "delayed answers": self._slowed.count,
        }

    # ── calls ──

    def ring(self, leg: LegId, at: float, sdp: Sdp | None = None) -> list[Output]:
        """Tell the caller that it rings; reliably when it requires that (RFC 3262).

        With `sdp`: our early answer to its offer (183), or our offer when it made none. The offer leaves
        only with a reliable answer; in both cases `answer` must be given the same `sdp` afterwards.
        """
        out = self._begin()
        call = self._core.calls.get(leg)
        if isinstance(call, Inbound):
            call.ring(at, sdp)
        return out

    def answer(self, leg: LegId, sdp: Sdp, at: float) -> list[Output]:
        """Accept an offered call; `sdp` is the answer, or our offer when the INVITE had none."""
        out = self._begin()
        call = self._core.calls.get(leg)
        if isinstance(call, Inbound):
            call.answer(sdp, at)
        return out

    def reject(self, leg: LegId, reason: Reason, at: float, words: str = "") -> list[Output]:
        """Refuse an offered call; `words` go to the caller's display (Warning 399, RFC 3261 §20.43)."""
        out = self._begin()
        call = self._core.calls.get(leg)
        if isinstance(call, Inbound):
            call.hang_up(reason, at, words)
        return out

    def invite(self, leg: LegId, originate: Originate, offer: Sdp, at: float) -> list[Output]:
        """Call an endpoint at all its contacts, or a number through a trunk."""
        out = self._begin()
        if leg in self._core.calls:
            return out
        targets, trunk, trouble = self._targets(originate)
        if targets:
            self._core.parties[leg] = originate.endpoint, originate.trunk
            lines = self._lines if trunk is not None else None
            Outbound(self._core, originate, targets, trunk, offer, lines).begin(at)
        else:
            out.append(CallEnded(leg=leg, by="switch", reason="unavailable", detail=trouble))
        return out

    def hang_up(self, leg: LegId, reason: Reason, at: float) -> list[Output]:
        """End a call in whatever state: refuse, CANCEL or BYE. `CallEnded` is told at once."""
        out = self._begin()
        call = self._core.calls.get(leg)
        if call is not None:
            call.hang_up(reason, at)
        return out

    def offer(self, leg: LegId, sdp: Sdp, at: float) -> list[Output]:
        """Offer a change of media in an answered call; `OfferAnswered` follows."""
        out = self._begin()
        call = self._core.calls.get(leg)
        if isinstance(call, Session):
            call.offer(sdp, at)
        return out

    def answer_offer(self, leg: LegId, sdp: Sdp, at: float) -> list[Output]:
        """Accept what `OfferReceived` told of."""
        out = self._begin()
        call = self._core.calls.get(leg)
        if isinstance(call, Session | Inbound | Outbound):
            call.answer_offer(sdp, at)
        return out

    def refuse_offer(self, leg: LegId, at: float) -> list[Output]:
        """Keep the old agreement (488)."""
        out = self._begin()
        call = self._core.calls.get(leg)
        if isinstance(call, Session | Inbound | Outbound):
            call.refuse_offer(at)
        return out

    # ── transfers ──

    def refer(self, leg: LegId, number: str, replaces: LegId | None, at: float) -> list[Output]:
        """Ask a call's peer to call a number, or to take our place in another call of ours.

        `TransferProgressed` follows, `done` or `failed` exactly once, as the last.
        """
        out = self._begin()
        call, other = self._core.calls.get(leg), self._core.calls.get(replaces or leg)
        if isinstance(call, Session) and isinstance(other, Session) and call.stage == "confirmed":
            target = refer_to_peer(other.dialog) if replaces else refer_to_number(number, self._home_of(call))
            call.transfers.refer(target, replaces, at)
        else:
            out.append(TransferProgressed(leg=leg, state="failed", detail="a call of the transfer is over"))
        return out

    def tell_transfer(self, leg: LegId, state: TransferState, reason: Reason, at: float) -> list[Output]:
        """Accept or refuse the transfer that a call's peer asked for, or tell it how it goes.

        The peer may have left the call since; without a transfer that stands nothing happens.
        """
        out = self._begin()
        transfers = self._core.transfers.get(leg)
        if transfers is not None:
            transfers.tell(state, reason, at)
        return out

    # ── inside ──

    def _home_of(self, call: Session) -> str:
        """The host at which a call's peer shall look for a number: its trunk's, or us."""
        trunk = self._trunks.get(self._core.parties.get(call.leg, STRANGER)[1] or TrunkId(""))
        if trunk is not None:
            return trunk.target
        flow = call.dialog.flow
        return self._core.address(flow) + CONTACT_TAILS[flow.transport]

    def _begin(self) -> list[Output]:
        out: list[Output] = []
        self._core.out = out
        return out

    def _suspect(self, flow: Flow, detail: str) -> None:
        self._core.out.append(Suspicion(kind="malformed", flow=flow, detail=clean(detail)))

    def _take(self, data: bytes, flow: Flow, at: float) -> None:
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
            if self._retry_after is not None:  # as an INVITE would be answered (RFC 3261 §11.2)
                self._reply(request, Fault(503, lines=f"Retry-After: {self._retry_after}\r\n"))
            else:
                core.reply(request, 200, tag=self._tag(request), lines=CAPABILITIES)
        elif request.method in METHODS:
            self._reply(request, refuse_outside(request))
        else:
            self._reply(request, Fault(481))

    def _take_registration(self, request: Request, at: float) -> None:
        try:
            user = parse_uri(request.address("to").uri).user or ""
        except ValueError:
            self._reply(request, Fault(400, "Malformed To"))
            return
        judged = self._gate.judge_registration(request, user, at)
        if isinstance(judged, Challenged):
            self._challenge(request, judged, at)
        else:
            self._registrar.register(self._core.serve(request, at), request, judged.endpoint, at)

    def _take_call(self, request: Request, at: float) -> None:
        core = self._core
        if (request.call_id, request.from_tag, request.cseq) in core.asked:
            self._reply(request, Fault(482, "Merged Request"))
            return
        ours = core.asking.get((request.call_id, request.from_tag))
        if ours is not None and ours.uri == request.uri:
            self._reply(request, Fault(482))  # our own INVITE came back as it was
            return
        if self._retry_after is not None:
            self._reply(request, Fault(503, lines=f"Retry-After: {self._retry_after}\r\n"))
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
        to_number = number_of(request.target())
        judged = self._gate.judge_call(request, to_number, from_number, at)
        if isinstance(judged, Challenged):
            self._challenge(request, judged, at)
        else:
            trunk = self._trunks.get(judged.trunk) if judged.trunk is not None else None
            fault = offer_call(core, request, judged, trunk, caller, to_number, at)
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

    def _targets(self, originate: Originate) -> tuple[list[Target], Trunk | None, str]:
        """Where to call, by which trunk, and what is wrong when there is nowhere."""
        if originate.endpoint is not None:
            return self._registrar.targets(originate.endpoint), None, "the phone is not registered"
        trunk = self._trunks.get(originate.trunk) if originate.trunk is not None else None
        if trunk is None:
            return [], None, "no such trunk"
        targets, trouble = self._lines.targets(trunk, originate.number, even_resting=originate.emergency)
        return targets, trunk, trouble or f"no target of the trunk {trunk.trunk} is known yet"


def _number(address: NameAddr) -> str:
    return number_of(parse_uri(address.uri))


def _same_path(mine: Flow, lost: Flow) -> bool:
    if (mine.transport, mine.host, mine.port) != (lost.transport, lost.host, lost.port):
        return False
    return mine.connection == lost.connection or not mine.connection or not lost.connection
