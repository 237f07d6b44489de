"""The user agent: packets, timers and commands in; packets, timers and calls' news out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

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
from huawu.switch.sip.bindings import Binding, Target, unpacked
from huawu.switch.sip.core import CONTACT_TAILS, SIPS_TAILS, STRANGER, Core
from huawu.switch.sip.edge import Proxies
from huawu.switch.sip.enrolment import Enrolments
from huawu.switch.sip.events import BindingChanged, CallEnded, Flow, Found, Output, Suspicion
from huawu.switch.sip.gate import Gate
from huawu.switch.sip.inbound import Inbound
from huawu.switch.sip.lines import Lines
from huawu.switch.sip.loans import Loan
from huawu.switch.sip.outbound import Outbound
from huawu.switch.sip.passes import Pass
from huawu.switch.sip.reception import Reception
from huawu.switch.sip.refer import refer_to_number, refer_to_peer
from huawu.switch.sip.registrar import Registrar, Share
from huawu.switch.sip.sdp import Sdp
from huawu.switch.sip.session import Session
from huawu.switch.sip.subscription import TransferState

__all__ = ["Addresses", "UserAgent"]

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
        self._trunks: dict[TrunkId, Trunk] = {}
        self._reception = Reception(self._core, self._registrar, self._gate, token())
        self._take = self._reception.take

    # ── the world ──

    def configure(self, configuration: Configure, at: float) -> list[Output]:
        """Who may register, call and be called; calls that run are not touched."""
        out = self._begin()
        self._trunks = {one.trunk: one for one in configuration.trunks}
        proxies = Proxies(configuration.proxies)
        self._reception.configure(self._trunks, proxies, configuration.emergency_numbers)
        self._lines.configure(configuration.trunks, at)
        self._gate.configure(configuration, self._lines.addresses_of)
        self._registrar.configure(configuration.endpoints, proxies, shares=configuration.shares_registrations)
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

    def lend(self, loans: Sequence[Loan], at: float, *, whole: bool = False) -> list[Output]:
        """Second credentials of endpoints; what was registered by one that is over ends."""
        out = self._begin()
        self._registrar.end_loans(self._gate.lend(loans, at, whole=whole))
        return out

    def admit(self, passes: Sequence[Pass], at: float) -> None:
        """Guests who may make one call each."""
        self._gate.admit(passes, at)

    def loans_used(self) -> list[str]:
        """The lent credentials by which phones are registered here."""
        return self._registrar.loans()

    def shared(self, at: float) -> list[BindingChanged]:
        """The registrations that other switches can use, as they stand."""
        return self._registrar.shared(at)

    def overloaded(self, retry_after_s: int | None, *, helps: bool = False) -> None:
        """While set, new calls are refused with 503 and Retry-After; `helps`: not to emergency numbers."""
        self._reception.retry_after, self._reception.helps = retry_after_s, helps

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
            "delayed answers": self._reception.delayed,
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

    def browsers_at(self, endpoint: EndpointId) -> Share:
        """How many of an endpoint's contacts are browsers."""
        return self._registrar.browsers_at(endpoint)

    def invite(
        self, leg: LegId, originate: Originate, offer: Sdp, at: float, web: Sdp | None = None
    ) -> list[Output]:
        """Call an endpoint at all its contacts, or a number through a trunk; browsers are offered `web`."""
        out = self._begin()
        if leg in self._core.calls:
            return out
        targets, trunk, trouble = self._targets(originate)
        if targets:
            self._core.parties[leg] = originate.endpoint, originate.trunk
            lines = self._lines if trunk is not None else None
            Outbound(self._core, originate, targets, trunk, offer, lines, web).begin(at)
        else:
            reason: Reason = "unavailable" if originate.trunk is None else "failed"
            out.append(CallEnded(leg=leg, by="switch", reason=reason, detail=trouble))
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
            target = refer_to_peer(other.dialog) if replaces else self._refer_to(call, number)
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

    def _refer_to(self, call: Session, number: str) -> str:
        """Where a call's peer shall look for a number: at its trunk's target, or at us."""
        trunk = self._trunks.get(self._core.parties.get(call.leg, STRANGER)[1] or TrunkId(""))
        flow, sips = call.dialog.flow, call.dialog.sips
        tails = SIPS_TAILS if sips else CONTACT_TAILS
        home = trunk.target if trunk is not None else self._core.address(flow) + tails.get(flow.transport, "")
        return refer_to_number(number, home, sips=sips)

    def _begin(self) -> list[Output]:
        out: list[Output] = []
        self._core.out = out
        return out

    def _targets(self, originate: Originate) -> tuple[list[Target], Trunk | None, str]:
        """Where to call, by which trunk, and what is wrong when there is nowhere."""
        if originate.endpoint is not None:
            return self._registrar.targets(originate.endpoint), None, "the phone is not registered"
        trunk = self._trunks.get(originate.trunk) if originate.trunk is not None else None
        if trunk is None:
            return [], None, "no such trunk"
        targets, trouble = self._lines.targets(trunk, originate.number, even_resting=originate.emergency)
        return targets, trunk, trouble or f"no target of the trunk {trunk.trunk} is known yet"


def _same_path(mine: Flow, lost: Flow) -> bool:
    if (mine.transport, mine.host, mine.port) != (lost.transport, lost.host, lost.port):
        return False
    return mine.connection == lost.connection or not mine.connection or not lost.connection
