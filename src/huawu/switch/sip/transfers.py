"""Transfers in one dialog, both ways: requests are handed to the REFER they belong to.

A dialog has at most one transfer of each way at a time, for the link names a transfer by its leg. The
peer's subscription may outlive the call; then this keeps the dialog until its last NOTIFY is answered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from huawu.link.messages import LegId, Reason, TransferAsked
from huawu.switch.sip.checks import Fault
from huawu.switch.sip.core import STRANGER, Core, Stage
from huawu.switch.sip.dialog import Dialog
from huawu.switch.sip.events import Flow, Suspicion
from huawu.switch.sip.headers import clean
from huawu.switch.sip.message import Request, Response
from huawu.switch.sip.refer import OTHER_EVENT, event_of, read_refer
from huawu.switch.sip.referral import Referral
from huawu.switch.sip.replaces import Replaces
from huawu.switch.sip.subscription import LASTS, Subscription, TransferState
from huawu.switch.sip.transaction import Outgoing, ServerTransaction

METHODS: Final = frozenset({"REFER", "NOTIFY", "SUBSCRIBE"})
NO_SUBSCRIPTION: Final = Fault(403, "Subscriptions to transfers begin with REFER")
Authorise = Callable[[Outgoing, Response], str | None]


def refuse_outside(request: Request) -> Fault:
    """The answer to a REFER, NOTIFY or SUBSCRIBE in no answered call."""
    if request.method == "REFER":
        return Fault(403, "Transfers belong to an answered call")
    if request.method == "NOTIFY":
        return Fault(481)
    return NO_SUBSCRIPTION if event_of(request)[0] == "refer" else OTHER_EVENT


class Transfers:
    """Made with a call's first transfer; stays until the call and the peer's subscription are over."""

    def __init__(self, core: Core, leg: LegId, dialog: Dialog, authorise: Authorise) -> None:
        self.leg = leg
        self._core = core
        self._dialog = dialog
        self._authorise = authorise
        self._number = core.enter(self)
        self._asked: Subscription | None = None
        self._ours: Referral | None = None
        core.transfers[leg] = self

    @property
    def stage(self) -> Stage:
        """What is left when this owns a dialog: the call in it is over."""
        return "over"

    @property
    def sending_to(self) -> LegId | None:
        """The leg of ours whose place our REFER gives to the peer."""
        return self._ours.replaces if self._ours is not None and not self._ours.over else None

    # ── commands ──

    def refer(self, refer_to: str, replaces: LegId | None, at: float) -> None:
        """Ask the peer to call elsewhere."""
        if self._ours is not None and not self._ours.over:
            return
        self._ours = Referral(
            self._core, self.leg, self._dialog, self._number, self._authorise, refer_to, replaces
        )
        self._ours.send(at)

    def tell(self, state: TransferState, reason: Reason, at: float) -> None:
        """Tell the peer how the transfer goes that it asked for."""
        if self._asked is not None:
            self._asked.tell(state, reason, at)
            self._tidy()

    # ── the call's end ──

    def leg_ends(self) -> None:
        """Told before the leg's end is: nothing about it follows."""
        if self._ours is not None:
            self._ours.give_up("the call ended before the peer told how the transfer went")

    def leave_call(self, at: float) -> None:
        """The call has left the dialog; the peer's subscription may stand on. May be told twice."""
        if self._asked is not None:
            self._asked.leave(at)
        self._core.dialogs[self._dialog.key] = self
        self._tidy()

    # ── what the peer does ──

    def take(self, transaction: ServerTransaction, request: Request, at: float) -> None:
        """A REFER, NOTIFY or SUBSCRIBE in the running call."""
        if request.method == "REFER":
            self._take_refer(transaction, request, at)
            return
        package, event = event_of(request)
        if package != "refer":
            self._answer(transaction, OTHER_EVENT, at)
        elif request.method == "SUBSCRIBE":
            self._take_subscribe(transaction, request, event, at)
        elif self._ours is not None:
            self._ours.on_notify(transaction, request, at)
        else:
            self._answer(transaction, Fault(481), at)

    def on_request(self, transaction: ServerTransaction, request: Request, at: float) -> None:
        """A request when the call is over and the subscription stands alone."""
        if not self._dialog.in_order(request):
            self._answer(transaction, Fault(500, "CSeq out of order"), at)
            return
        self._dialog.heard(request.flow)
        package, event = event_of(request)
        if request.method == "SUBSCRIBE" and package == "refer":
            self._take_subscribe(transaction, request, event, at)
        else:
            self._answer(transaction, Fault(481), at)

    def on_ack(self, request: Request, at: float) -> None:
        """Nothing here waits for one."""

    def on_flow_lost(self, flow: Flow, at: float) -> None:
        self._dialog.lost(flow)

    def fire(self, name: str, at: float) -> None:
        if name == "silence":
            if self._ours is not None:
                self._ours.give_up("the peer does not tell how the transfer goes")
        elif self._asked is not None:
            self._asked.fire(name, at)
            self._tidy()

    # ── inside ──

    def _take_refer(self, transaction: ServerTransaction, request: Request, at: float) -> None:
        core = self._core
        if core.parties.get(self.leg, STRANGER) == STRANGER:
            detail = f"transfer to {clean(request.first('refer-to'))}"
            core.out.append(Suspicion(kind="forbidden_number", flow=request.origin, detail=detail))
            self._answer(transaction, Fault(403, "Strangers cannot transfer"), at)
            return
        before = self._asked
        if before is not None and not before.drained:
            self._answer(transaction, Fault(491, "One transfer at a time"), at)
            return
        wish = read_refer(request)
        if isinstance(wish, Fault):
            self._answer(transaction, wish, at)
            return
        replaces = self._leg_of(wish.replaces) if wish.replaces is not None else None
        if wish.replaces is not None and replaces is None:
            self._answer(transaction, Fault(603, "No such call to take over"), at)
            return
        event = str(request.cseq) if before is not None else ""
        self._asked = Subscription(
            core, self.leg, self._dialog, self._number, transaction, event,
            silent=wish.silent, authorise=self._authorise, on_answered=self._tidy,
        )  # fmt: skip
        self._asked.begin(at)
        core.out.append(TransferAsked(leg=self.leg, number=wish.number, replaces=replaces))

    def _leg_of(self, replaces: Replaces) -> LegId | None:
        """The leg of another answered call of the same party."""
        core = self._core
        owner = core.dialogs.get(replaces.key)
        if owner is None or owner.stage != "confirmed" or owner.leg == self.leg or replaces.early_only:
            return None
        return owner.leg if core.parties.get(owner.leg) == core.parties.get(self.leg) else None

    def _take_subscribe(
        self, transaction: ServerTransaction, request: Request, event: str, at: float
    ) -> None:
        """Renewal or end of the subscription that a REFER began; none begins otherwise (RFC 3515 §2.4.4)."""
        asked = self._asked
        if asked is None or not asked.going or event not in (asked.event, ""):
            self._answer(transaction, NO_SUBSCRIPTION, at)
            return
        try:
            wanted = request.number("expires")
        except ValueError:
            self._answer(transaction, Fault(400, "Malformed Expires"), at)
            return
        lasts = int(LASTS) if wanted is None else min(wanted, int(LASTS))
        lines = f"{self._core.contact(request.flow, sips=self._dialog.sips)}Expires: {lasts}\r\n"
        self._core.respond(transaction, 200, at, lines=lines)
        if lasts:
            asked.renew(lasts, at)
        else:
            asked.unsubscribe(at)
            self._tidy()

    def _answer(self, transaction: ServerTransaction, fault: Fault, at: float) -> None:
        self._core.respond(transaction, fault.code, at, phrase=fault.phrase, lines=fault.lines)

    def _tidy(self) -> None:
        """Leave the tables once the call is over and nothing is left to tell."""
        core = self._core
        if core.dialogs.get(self._dialog.key) is self and (self._asked is None or self._asked.drained):
            del core.dialogs[self._dialog.key]
            core.transfers.pop(self.leg, None)
            core.leave(self._number)
