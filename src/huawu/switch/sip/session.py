"""An answered call: one confirmed dialog, offers by re-INVITE and UPDATE, refreshes, digits, and its end."""

from __future__ import annotations

from functools import partial
from weakref import proxy

from huawu.link.messages import LegId, Reason, Trunk
from huawu.switch.sip.bodies import lenient_description
from huawu.switch.sip.core import STRANGER, Core, Stage
from huawu.switch.sip.credentials import authorisation
from huawu.switch.sip.dialog import Dialog, record_routes
from huawu.switch.sip.events import CallConfirmed, Flow, OfferAnswered, OfferReceived, SendPacket
from huawu.switch.sip.info import take_digit
from huawu.switch.sip.message import Request, Response
from huawu.switch.sip.offers import BadOffer, glare_wait, offer_in, refuse_untimely
from huawu.switch.sip.printing import ALLOW, CAPABILITIES
from huawu.switch.sip.refresh import Refresher
from huawu.switch.sip.reliable import Provisional, late_prack
from huawu.switch.sip.sdp import Sdp
from huawu.switch.sip.secure import LEAVES_SIPS
from huawu.switch.sip.transaction import ClientTransaction, Failure, ServerTransaction
from huawu.switch.sip.transfers import METHODS, Transfers
from huawu.switch.sip.unheard import Unheard


class Session:
    """Enters the tables when made, leaves them when BYE is through or given up (64·T1 at most)."""

    def __init__(self, core: Core, leg: LegId, dialog: Dialog, trunk: Trunk | None = None) -> None:
        self.leg = leg
        self._core = core
        self._dialog = dialog
        self._trunk = trunk
        self._number = core.enter(self)
        self._ok: Unheard | None = None  # our 2xx that waits for its ACK
        self._first = True  # that 2xx is the first of the call
        self._asked = False  # … and carries our offer: the ACK must answer
        self._early: Sdp | None = None  # … and was answered before it, by PRACK
        self._provisional: Provisional | None = None  # what may still be acknowledged late
        self._theirs: ServerTransaction | None = None  # the peer's offer by re-INVITE or UPDATE
        self._ours: ClientTransaction | None = None  # our re-INVITE, not answered yet
        self._our_sdp: Sdp | None = None  # our latest description
        self._stands: Sdp | None = None  # … before our offer that is under way
        self._waiting: Sdp | None = None  # our next offer
        self._glare = False  # … which must wait after a 491
        self._ack: SendPacket | None = None
        self._ack_cseq = 0
        self._ending = False  # BYE must wait for the ACK (§15)
        self._over = False
        self._tried = False  # credentials were sent
        self._refresher = Refresher(core, self._number, dialog, trunk, proxy(self))
        dialog.endpoint = core.parties.get(leg, STRANGER)[0]
        core.dialogs[dialog.key] = self
        core.calls[leg] = self

    @property
    def stage(self) -> Stage:
        return "over" if self._over or self._ending else "confirmed"

    @property
    def dialog(self) -> Dialog:
        return self._dialog

    @property
    def transfers(self) -> Transfers:
        """The transfers in this dialog, made when first asked for."""
        core = self._core
        found = core.transfers.get(self.leg)
        return found or Transfers(core, self.leg, self._dialog, partial(authorisation, core, self._trunk))

    # ── commands ──

    def answer_first(
        self,
        transaction: ServerTransaction,
        sdp: Sdp,
        at: float,
        *,
        asked: bool,
        told: bool = False,
        early: Sdp | None = None,
        provisional: Provisional | None = None,
    ) -> None:
        """Accept the INVITE that began this dialog; `asked` = it had no offer, so `sdp` is ours.

        `told` = a reliable provisional answer carried `sdp` already; `early` = what its PRACK answered.
        """
        self._asked, self._early, self._provisional = asked, early, provisional
        self._send_ok(transaction, sdp, at, told=told)

    def begin(self, sdp: Sdp, response: Response, at: float) -> None:
        """Our INVITE with `sdp` was accepted by this 2xx."""
        self._our_sdp = sdp
        self._refresher.granted(response, at)

    def hang_up(self, reason: Reason, at: float) -> None:
        """End the call now for us; the BYE leaves as soon as it may."""
        self._core.end(self.leg, "centre", reason)
        self._leave(at)

    def offer(self, sdp: Sdp, at: float) -> None:
        """Offer a change; while another is under way it waits, and a newer offer takes its place."""
        if not self._over and not self._ending:
            self._waiting = sdp
            self._pump(at)

    def answer_offer(self, sdp: Sdp, at: float) -> None:
        """Accept the peer's offer (or, when its re-INVITE had none, make ours)."""
        transaction, self._theirs = self._theirs, None
        if transaction is not None and transaction.request.method == "UPDATE":
            self._our_sdp = sdp
            self._accept_update(transaction, at, str(sdp))
            self._pump(at)
        elif transaction is not None:
            self._first = False
            self._send_ok(transaction, sdp, at)

    def refuse_offer(self, at: float) -> None:
        """Keep the old agreement: 488."""
        transaction, self._theirs = self._theirs, None
        if transaction is not None:
            self._core.respond(transaction, 488, at)
            self._pump(at)

    # ── what the peer does ──

    def on_request(self, transaction: ServerTransaction, request: Request, at: float) -> None:
        core = self._core
        if not self._dialog.in_order(request):
            core.respond(transaction, 500, at, phrase="CSeq out of order")
            return
        self._dialog.heard(request.flow)
        if request.method == "BYE":
            core.respond(transaction, 200, at)
            self._core.end(self.leg, "peer", "normal")
            self._close(at)
        elif self._over or self._ending:
            core.respond(transaction, 481, at)
        elif request.method == "INVITE":
            self._on_invite(transaction, request, at)
        elif request.method == "UPDATE":
            self._on_update(transaction, request, at)
        elif request.method == "INFO":
            take_digit(core, self.leg, transaction, request, at)
        elif request.method == "PRACK":
            late_prack(core, self._provisional, transaction, at)
        elif request.method in METHODS:
            self.transfers.take(transaction, request, at)
        else:
            core.respond(transaction, 200, at, lines=CAPABILITIES)

    def on_ack(self, request: Request, at: float) -> None:
        if self._ok is None or request.cseq != self._ok.cseq:
            return
        self._stop_waiting()
        first, asked, self._asked = self._first, self._asked, False
        early, self._early, self._provisional = self._early, None, None
        if self._ending:
            self._bye(at)
            return
        answer = lenient_description(request) if asked else None
        if first and asked and answer is None:
            self._core.end(self.leg, "peer", "incompatible", "the ACK carried no usable answer")
            self._leave(at)
            return
        if first:
            self._core.out.append(CallConfirmed(leg=self.leg, answer=answer or early))
        elif asked:
            self._core.out.append(OfferAnswered(leg=self.leg, answer=answer))
        self._pump(at)

    def on_cancel(self, at: float) -> None:
        """The peer takes its re-INVITE back; the call goes on as it was."""
        transaction, self._theirs = self._theirs, None
        if transaction is not None:
            self._core.respond(transaction, 487, at)
            self._pump(at)

    def on_flow_lost(self, flow: Flow, at: float) -> None:
        self._dialog.lost(flow)

    def on_response(self, transaction: ClientTransaction, response: Response, at: float) -> None:
        code = response.code
        if code < 200:
            if transaction is self._ours:
                transaction.arm("B", at, self._core.out)  # nobody has to be asked: no long wait
            return
        if transaction.request.method == "BYE":
            if not self._retry(transaction, response, at):
                self._close(at)
            return
        if code < 300:
            self._acknowledge(transaction, response)
        if transaction is not self._ours:
            return
        self._ours = None
        if self._over or self._ending:
            return
        if code < 300:
            self._tried = False
            self._dialog.refresh(response)
            self._refresher.granted(response, at)
            self._answered(lenient_description(response), at)
        elif code == 491:
            self._postpone(at)
        elif code in (408, 481):
            self._core.end(self.leg, "switch", "failed", f"the peer no longer knows the call ({code})")
            self._leave(at)
        elif code == 422 and self._refresher.too_brief(response):
            self._invite(at, "")
        elif not self._retry(transaction, response, at):
            self._refresher.refused(at)
            self._our_sdp = self._stands or self._our_sdp
            self._answered(None, at)

    def on_failure(self, transaction: ClientTransaction, failure: Failure, at: float) -> None:
        if transaction.request.method == "BYE":
            self._close(at)
        elif transaction is self._ours:
            self._ours = None
            self._core.end(self.leg, "switch", "failed", f"no answer to our re-INVITE ({failure})")
            self._leave(at)

    def fire(self, name: str, at: float) -> None:
        core = self._core
        if name in ("refresh", "lapse"):
            self._refresher.fire(name, at)
        elif name == "again" and self._ok is not None:
            self._ok.again(at)
        elif name == "unheard" and self._ok is not None:
            self._stop_waiting()
            core.end(self.leg, "switch", "failed", "our answer was never acknowledged")
            self._bye(at)
        elif name == "glare":
            self._glare = False
            self._pump(at)

    # ── what the session timer asks for ──

    @property
    def busy(self) -> bool:
        """Whether an offer of either side is under way."""
        return bool(self._ours or self._theirs or self._ok or self._glare)

    def refresh_by_invite(self, at: float) -> None:
        """Offer again what stands (RFC 4028 §7.4)."""
        if not self._over and not self._ending:
            self._invite(at, "")

    def lapsed(self, detail: str, at: float) -> None:
        self._core.end(self.leg, "switch", "failed", detail)
        self._leave(at)

    # ── inside ──

    def _on_update(self, transaction: ServerTransaction, request: Request, at: float) -> None:
        """A change of target or session, or a refresh, without a new INVITE (RFC 3311 §5.2)."""
        core = self._core
        try:
            offer = offer_in(request)
        except BadOffer as error:
            core.respond(transaction, error.code, at, phrase=error.phrase, lines=error.lines)
            return
        if offer is not None:
            ours, theirs = self._ours is not None or self._asked, self._theirs is not None
            if ours or theirs:
                refuse_untimely(core, transaction, at, ours=ours)
                return
        if self._dialog.leaves_sips(request):
            core.respond(transaction, 400, at, phrase=LEAVES_SIPS)
            return
        self._dialog.refresh(request)
        if offer is None:
            self._accept_update(transaction, at)
            return
        self._theirs = transaction
        core.out.append(OfferReceived(leg=self.leg, offer=offer))

    def _accept_update(self, transaction: ServerTransaction, at: float, body: str = "") -> None:
        core, request = self._core, transaction.request
        lines = (
            core.contact(request.flow, sips=self._dialog.sips) + ALLOW + self._refresher.accept(request, at)
        )
        core.respond(transaction, 200, at, lines=lines, body=body)

    def _on_invite(self, transaction: ServerTransaction, request: Request, at: float) -> None:
        core = self._core
        ours = self._ours is not None  # glare (§14.2)
        if ours or self._theirs is not None or self._ok:
            refuse_untimely(core, transaction, at, ours=ours)
            return
        try:
            offer = offer_in(request)
        except BadOffer as error:
            core.respond(transaction, error.code, at, phrase=error.phrase, lines=error.lines)
            return
        if self._dialog.leaves_sips(request):
            core.respond(transaction, 400, at, phrase=LEAVES_SIPS)
            return
        self._dialog.refresh(request)
        self._theirs = transaction
        self._asked = offer is None
        transaction.owner = self
        core.out.append(OfferReceived(leg=self.leg, offer=offer))

    def _send_ok(self, transaction: ServerTransaction, sdp: Sdp, at: float, *, told: bool = False) -> None:
        """Send a 2xx and repeat it until the ACK comes (§13.3.1.4)."""
        core, request = self._core, transaction.request
        self._our_sdp = sdp
        lines = core.contact(request.flow, sips=self._dialog.sips) + ALLOW + record_routes(request)
        lines += self._refresher.accept(request, at)
        data = core.respond(transaction, 200, at, lines=lines, body="" if told else str(sdp))
        self._ok = Unheard(core, self._number, data=data, cseq=request.cseq, flow=transaction.flow, at=at)

    def _stop_waiting(self) -> None:
        if self._ok is not None:
            self._ok.stop()
            self._ok = None

    def _pump(self, at: float) -> None:
        """Send the offer that waits, when nothing else is under way."""
        if self._waiting is None or self.busy or self._over or self._ending:
            return
        self._stands, self._our_sdp, self._waiting = self._our_sdp, self._waiting, None
        self._invite(at, "")

    def _invite(self, at: float, lines: str) -> None:
        core = self._core
        request = self._dialog.request(core, "INVITE")
        lines += core.contact(request.flow, sips=self._dialog.sips) + ALLOW + self._refresher.lines()
        self._ours = core.send(request, self, at, lines, str(self._our_sdp))

    def _postpone(self, at: float) -> None:
        """Glare: our offer comes again after its time."""
        if self._waiting is None:
            self._waiting = self._our_sdp
        self._glare = True
        self._core.start("glare", self._number, at + glare_wait(self._core, self._dialog))

    def _answered(self, answer: Sdp | None, at: float) -> None:
        self._core.out.append(OfferAnswered(leg=self.leg, answer=answer))
        self._pump(at)

    def _acknowledge(self, transaction: ClientTransaction, response: Response) -> None:
        core = self._core
        if self._ack is None or self._ack_cseq != response.cseq:
            request = self._dialog.request(core, "ACK", response.cseq)
            self._ack = SendPacket(flow=request.flow, data=core.print(request))
            self._ack_cseq = response.cseq
        core.out.append(self._ack)

    def _retry(self, transaction: ClientTransaction, response: Response, at: float) -> bool:
        """Answer a trunk's challenge within the dialog; False when there is nothing to answer with."""
        if self._tried:
            return False
        lines = authorisation(self._core, self._trunk, transaction.request, response)
        if lines is None:
            return False
        self._tried = True
        if transaction.request.method == "INVITE":
            self._invite(at, lines)
        else:
            self._core.send(self._dialog.request(self._core, "BYE"), self, at, lines)
        return True

    def _leave(self, at: float) -> None:
        """Send BYE, or first wait for the ACK of our 2xx."""
        if self._over or self._ending:
            return
        if self._theirs is not None:
            self._core.respond(self._theirs, 487, at)
            self._theirs = None
        if self._ok:
            self._ending = True
        else:
            self._bye(at)

    def _bye(self, at: float) -> None:
        self._over = True
        self._tried = False
        self._core.stop("glare", self._number)
        self._refresher.stop(at)
        self._core.send(self._dialog.request(self._core, "BYE"), self, at)

    def _close(self, at: float) -> None:
        """Leave the tables."""
        self._over = True
        if self._theirs is not None:
            self._core.respond(self._theirs, 487, at)
            self._theirs = None
        self._stop_waiting()
        if self._glare:
            self._core.stop("glare", self._number)
        self._refresher.stop(at)
        self._core.dialogs.pop(self._dialog.key, None)
        self._core.leave(self._number)
        transfers = self._core.transfers.get(self.leg)
        if transfers is not None:
            transfers.leave_call(at)
