"""A call that is offered to us: from the INVITE to its answer, refusal or cancelling."""

from __future__ import annotations

from typing import Final

from huawu.link.messages import LegId, Reason
from huawu.switch.sip.core import Core, Stage
from huawu.switch.sip.dialog import Dialog, record_routes
from huawu.switch.sip.events import Flow, OfferReceived
from huawu.switch.sip.headers import quote
from huawu.switch.sip.info import take_digit
from huawu.switch.sip.message import Request
from huawu.switch.sip.offers import BadOffer, offer_in, refuse_untimely
from huawu.switch.sip.printing import ALLOW, CAPABILITIES
from huawu.switch.sip.reasons import code_of
from huawu.switch.sip.reliable import Provisional, asks
from huawu.switch.sip.sdp import Sdp
from huawu.switch.sip.session import Session
from huawu.switch.sip.transaction import ServerTransaction
from huawu.switch.sip.transfers import METHODS, refuse_outside

RING_AGAIN: Final = 60.0  # so that proxies on the way do not give up (§13.3.1.1)
RETRY_AFTER: Final = "Retry-After: 5\r\n"


class Inbound:
    """The server side of a first INVITE; in the tables until it is answered with a final response."""

    def __init__(
        self, core: Core, leg: LegId, dialog: Dialog, transaction: ServerTransaction, *, late: bool
    ) -> None:
        self.leg = leg
        self._core = core
        self._dialog = dialog
        self._transaction = transaction
        self._late = late  # it carried no offer
        self._rung: Sdp | None = None  # the early answer that each repetition carries
        self._provisional: Provisional | None = None
        self._told = False  # a reliable provisional answer carried our description
        self._early: Sdp | None = None  # what the caller's PRACK answered to it, when it was our offer
        self._theirs: ServerTransaction | None = None  # the caller's offer by PRACK or UPDATE
        self._accepted: Sdp | None = None  # the 2xx must wait for a PRACK
        self._number = core.enter(self)
        transaction.owner = self
        core.dialogs[dialog.key] = self
        core.calls[leg] = self

    @property
    def stage(self) -> Stage:
        return "early"

    # ── commands ──

    def ring(self, at: float, sdp: Sdp | None = None) -> None:
        """180 or, with an early answer, 183; repeated every minute."""
        core, request = self._core, self._transaction.request
        lines = core.contact(self._dialog.flow, sips=self._dialog.sips) + record_routes(request)
        self._rung = sdp
        core.start("ring", self._number, at + RING_AGAIN)
        required = "require" in request.headers and asks(request, "require", "100rel")
        if sdp is None and not required:
            core.respond(self._transaction, 180, at, lines=lines)
        else:
            self._tell(sdp, lines, at, required=required)

    def answer(self, sdp: Sdp, at: float) -> None:
        """200; the call is a Session from here."""
        provisional = self._provisional
        if provisional is not None and provisional.unheard and provisional.with_sdp:
            self._accepted = sdp
            return
        self._close(at)
        asked = self._late and self._early is None
        Session(self._core, self.leg, self._dialog).answer_first(
            self._transaction, sdp, at,
            asked=asked, told=self._told, early=self._early, provisional=provisional,
        )  # fmt: skip

    def hang_up(self, reason: Reason, at: float, words: str = "") -> None:
        """Refuse with the status that tells why, and with words for a person."""
        code = code_of(reason)
        lines = RETRY_AFTER if code == 503 else ""
        if words:
            lines += f"Warning: 399 huawu {quote(words)}\r\n"
        self._refuse(code, at, lines)
        self._core.end(self.leg, "centre", reason)

    def answer_offer(self, sdp: Sdp, at: float) -> None:
        """Accept the caller's offer by PRACK or UPDATE."""
        transaction, self._theirs = self._theirs, None
        if transaction is not None:
            lines = self._core.contact(transaction.request.flow, sips=self._dialog.sips) + ALLOW
            self._core.respond(transaction, 200, at, lines=lines, body=str(sdp))

    def refuse_offer(self, at: float) -> None:
        """Keep the old agreement: 488."""
        transaction, self._theirs = self._theirs, None
        if transaction is not None:
            self._core.respond(transaction, 488, at)

    # ── what the peer does ──

    def on_cancel(self, at: float) -> None:
        self._refuse(487, at)
        self._core.end(self.leg, "peer", "cancelled")

    def on_request(self, transaction: ServerTransaction, request: Request, at: float) -> None:
        """A request in the early dialog."""
        core = self._core
        if not self._dialog.in_order(request):
            core.respond(transaction, 500, at, phrase="CSeq out of order")
        elif request.method == "BYE":
            core.respond(transaction, 200, at)
            self.on_cancel(at)
        elif request.method == "INVITE":
            refuse_untimely(core, transaction, at, ours=False)
        elif request.method == "PRACK":
            self._on_prack(transaction, request, at)
        elif request.method == "UPDATE":
            self._on_update(transaction, request, at)
        elif request.method == "INFO":
            take_digit(core, self.leg, transaction, request, at)
        elif request.method in METHODS:
            fault = refuse_outside(request)
            core.respond(transaction, fault.code, at, phrase=fault.phrase, lines=fault.lines)
        else:
            core.respond(transaction, 200, at, lines=CAPABILITIES)

    def on_ack(self, request: Request, at: float) -> None:
        """Nothing of ours waits for one yet."""

    def on_flow_lost(self, flow: Flow, at: float) -> None:
        """The connection the answer must go by is gone, and the caller with it."""
        if self._transaction.flow == flow:
            self._refuse(487, at)
            self._core.end(self.leg, "switch", "failed", "the caller's connection broke")

    def fire(self, name: str, at: float) -> None:
        if name == "ring":
            self.ring(at, self._rung)
        elif self._provisional is not None and self._provisional.fire(name, at):
            self._refuse(504, at)
            self._core.end(self.leg, "switch", "failed", "our ringing was never acknowledged")

    # ── inside ──

    def _tell(self, sdp: Sdp | None, lines: str, at: float, *, required: bool) -> None:
        """A provisional answer with SDP, or a reliable one, or both (RFC 3262 §3, §5)."""
        core, request = self._core, self._transaction.request
        if self._late and not self._told and (sdp is None or not required):
            if not required:
                core.respond(self._transaction, 180, at, lines=lines)
            return  # the first reliable answer to an INVITE without an offer would have to carry ours
        body = str(sdp) if sdp is not None and not self._told else ""
        code = 183 if sdp is not None and not self._late else 180
        if not required and not asks(request, "supported", "100rel"):
            core.respond(self._transaction, code, at, lines=lines, body=body)
            return
        if self._provisional is None:
            self._provisional = Provisional(core, self._transaction, self._number)
        self._told = self._told or bool(body)
        self._provisional.send(code, lines + ALLOW, body, at)

    def _on_prack(self, transaction: ServerTransaction, request: Request, at: float) -> None:
        core, provisional = self._core, self._provisional
        try:
            fits = provisional is not None and provisional.fits(request)
        except ValueError as error:
            core.respond(transaction, 400, at, phrase=str(error))
            return
        if provisional is None or not fits:
            core.respond(transaction, 481, at)
            return
        answers = self._late and provisional.with_sdp and self._early is None
        provisional.acknowledge(at)
        try:
            sdp = offer_in(request)
        except BadOffer as error:
            core.respond(transaction, error.code, at, phrase=error.phrase, lines=error.lines)
            sdp = None
        else:
            self._take_prack(transaction, sdp, at, answers=answers)
        if answers and sdp is None:
            self._refuse(488, at)
            core.end(self.leg, "peer", "incompatible", "the PRACK carried no usable answer")
            return
        if self._accepted is not None:
            accepted, self._accepted = self._accepted, None
            self.answer(accepted, at)

    def _take_prack(
        self, transaction: ServerTransaction, sdp: Sdp | None, at: float, *, answers: bool
    ) -> None:
        if sdp is None or answers:
            self._core.respond(transaction, 200, at)
            self._early = sdp if answers else self._early
        elif not self._told or self._theirs is not None:
            refuse_untimely(self._core, transaction, at, ours=False)
        else:
            self._theirs = transaction
            self._core.out.append(OfferReceived(leg=self.leg, offer=sdp))

    def _on_update(self, transaction: ServerTransaction, request: Request, at: float) -> None:
        """RFC 3311 §5.2: an offer must wait until the INVITE's own is answered."""
        core = self._core
        try:
            offer = offer_in(request)
        except BadOffer as error:
            core.respond(transaction, error.code, at, phrase=error.phrase, lines=error.lines)
            return
        settled = self._told and (not self._late or self._early is not None)
        if offer is not None and (not settled or self._theirs is not None):
            refuse_untimely(core, transaction, at, ours=self._late and self._told and not settled)
            return
        self._dialog.refresh(request)
        if offer is None:
            core.respond(
                transaction, 200, at, lines=core.contact(request.flow, sips=self._dialog.sips) + ALLOW
            )
        else:
            self._theirs = transaction
            core.out.append(OfferReceived(leg=self.leg, offer=offer))

    def _refuse(self, code: int, at: float, lines: str = "") -> None:
        self._close(at)
        self._core.respond(self._transaction, code, at, lines=lines)

    def _close(self, at: float) -> None:
        self._transaction.owner = None
        if self._theirs is not None:
            self._core.respond(self._theirs, 487, at)
            self._theirs = None
        if self._provisional is not None:
            self._provisional.finish(at)
        self._core.stop("ring", self._number)
        self._core.dialogs.pop(self._dialog.key, None)
        self._core.leave(self._number)
