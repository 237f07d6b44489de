"""A call that is offered to us: from the INVITE to its answer, refusal or cancelling."""

from __future__ import annotations

from typing import Final

from huawu.link.messages import LegId, Reason
from huawu.switch.sip.core import Core, Stage
from huawu.switch.sip.dialog import Dialog
from huawu.switch.sip.events import Flow
from huawu.switch.sip.headers import quote
from huawu.switch.sip.message import Request
from huawu.switch.sip.printing import ALLOW
from huawu.switch.sip.reasons import code_of
from huawu.switch.sip.sdp import Sdp
from huawu.switch.sip.session import Session, record_routes, take_digit
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
        self._number = core.enter(self)
        transaction.owner = self
        core.dialogs[dialog.key] = self
        core.calls[leg] = self

    @property
    def stage(self) -> Stage:
        return "early"

    # ── commands ──

    def ring(self, at: float) -> None:
        """180, repeated every minute."""
        lines = self._core.contact(self._dialog.flow) + record_routes(self._transaction.request)
        self._core.respond(self._transaction, 180, at, lines=lines)
        self._core.start("ring", self._number, at + RING_AGAIN)

    def answer(self, sdp: Sdp, at: float) -> None:
        """200; the call is a Session from here."""
        self._close()
        Session(self._core, self.leg, self._dialog).answer_first(self._transaction, sdp, at, asked=self._late)

    def hang_up(self, reason: Reason, at: float, words: str = "") -> None:
        """Refuse with the status that tells why, and with words for a person."""
        code = code_of(reason)
        lines = RETRY_AFTER if code == 503 else ""
        if words:
            lines += f"Warning: 399 huawu {quote(words)}\r\n"
        self._refuse(code, at, lines)
        self._core.end(self.leg, "centre", reason)

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
            core.respond(transaction, 500, at, lines="Retry-After: 1\r\n")
        elif request.method == "INFO":
            take_digit(core, self.leg, transaction, request, at)
        elif request.method in METHODS:
            fault = refuse_outside(request)
            core.respond(transaction, fault.code, at, phrase=fault.phrase, lines=fault.lines)
        else:
            core.respond(transaction, 200, at, lines=ALLOW)

    def on_ack(self, request: Request, at: float) -> None:
        """Nothing of ours waits for one yet."""

    def on_flow_lost(self, flow: Flow, at: float) -> None:
        """The connection the answer must go by is gone, and the caller with it."""
        if self._transaction.flow == flow:
            self._refuse(487, at)
            self._core.end(self.leg, "switch", "failed", "the caller's connection broke")

    def fire(self, name: str, at: float) -> None:
        if name == "ring":
            self.ring(at)

    # ── inside ──

    def _refuse(self, code: int, at: float, lines: str = "") -> None:
        self._close()
        self._core.respond(self._transaction, code, at, lines=lines)

    def _close(self) -> None:
        self._transaction.owner = None
        self._core.stop("ring", self._number)
        self._core.dialogs.pop(self._dialog.key, None)
        self._core.leave(self._number)
