"""The early dialogs of an INVITE of ours: each phone that rings behind a proxy has one of its own."""

from __future__ import annotations

from typing import Final, Protocol

from huawu.link.messages import LegId, Trunk
from huawu.switch.sip.bodies import lenient_description
from huawu.switch.sip.core import Core
from huawu.switch.sip.credentials import authorisation
from huawu.switch.sip.dialog import Dialog
from huawu.switch.sip.events import Flow, OfferReceived
from huawu.switch.sip.info import take_digit
from huawu.switch.sip.message import Request, Response
from huawu.switch.sip.offers import BadOffer, offer_in, refuse_untimely
from huawu.switch.sip.printing import ALLOW, CAPABILITIES
from huawu.switch.sip.reliable import rseq_of
from huawu.switch.sip.sdp import Sdp
from huawu.switch.sip.transaction import ClientTransaction, Failure, Outgoing, ServerTransaction

MAX_FORKS: Final = 20
"""How many phones one INVITE may reach by forking on the way; what further ones say is dropped."""


class Forked(Protocol):
    """The call whose INVITE was forked."""

    leg: LegId
    over: bool

    def may_offer(self, fork: Fork) -> bool:
        """Whether this early dialog is the only one, so that an offer in it means the whole call."""


class Fork:
    """Acknowledges reliable provisional answers in their order (RFC 3262 §4), and takes UPDATEs."""

    def __init__(
        self, core: Core, call: Forked, dialog: Dialog, invite_cseq: int, trunk: Trunk | None, ours: Sdp
    ) -> None:
        self.dialog = dialog
        self.ours = ours
        """Our latest description toward this phone."""
        self.theirs: Sdp | None = None
        """The phone's latest, once it was told reliably: the INVITE's offer is answered then."""
        self._core = core
        self._call = call
        self._invite_cseq = invite_cseq
        self._trunk = trunk
        self._heard = 0  # RSeq of the last one acknowledged
        self._rack = ""
        self._tried = False
        self._pending: tuple[ServerTransaction, Sdp] | None = None

    def acknowledge(self, response: Response, rseq: int, at: float) -> bool:
        """Send the PRACK; False for a repetition, or one that came too early and will come again."""
        if self._heard and rseq != self._heard + 1:
            return False
        self._heard = rseq
        self.dialog.refresh(response)
        if self.theirs is None:
            self.theirs = lenient_description(response)
        self._rack = f"RAck: {rseq} {self._invite_cseq} INVITE\r\n"
        self._tried = False
        self._prack(at)
        return True

    def on_request(self, transaction: ServerTransaction, request: Request, at: float) -> None:
        """A request of a phone that has not answered yet."""
        core = self._core
        if not self.dialog.in_order(request):
            core.respond(transaction, 500, at, phrase="CSeq out of order")
        elif request.method == "UPDATE":
            self._on_update(transaction, request, at)
        elif request.method == "INFO":
            take_digit(core, self._call.leg, transaction, request, at)
        elif request.method == "INVITE":
            core.respond(transaction, 491, at)
        elif request.method == "OPTIONS":
            core.respond(transaction, 200, at, lines=CAPABILITIES)
        else:  # who is called may not say BYE yet (RFC 3261 §15), and has nothing to acknowledge
            core.respond(transaction, 481, at)

    def answer_offer(self, sdp: Sdp | None, at: float) -> None:
        """Accept the phone's UPDATE, or with None refuse it."""
        if self._pending is None:
            return
        (transaction, offer), self._pending = self._pending, None
        if sdp is None:
            self._core.respond(transaction, 488, at)
            return
        self.ours, self.theirs = sdp, offer
        lines = self._core.contact(transaction.request.flow, sips=self.dialog.sips) + ALLOW
        self._core.respond(transaction, 200, at, lines=lines, body=str(sdp))

    def close(self, at: float) -> None:
        """The early dialog is over: a request that waits is told so."""
        if self._pending is not None:
            self._core.respond(self._pending[0], 487, at)
            self._pending = None

    def on_response(self, transaction: ClientTransaction, response: Response, at: float) -> None:
        """Of the answers to a PRACK only a challenge matters: the INVITE's own fate tells the rest."""
        if response.code in (401, 407) and not self._tried:
            line = authorisation(self._core, self._trunk, transaction.request, response)
            if line is not None:
                self._tried = True
                self._prack(at, line)

    def on_failure(self, transaction: ClientTransaction, failure: Failure, at: float) -> None:
        """The phone will give up its INVITE."""

    # ── inside ──

    def _prack(self, at: float, lines: str = "") -> None:
        request = self.dialog.request(self._core, "PRACK")
        self._core.send(request, self, at, self._rack + lines)

    def _on_update(self, transaction: ServerTransaction, request: Request, at: float) -> None:
        core = self._core
        try:
            offer = offer_in(request)
        except BadOffer as error:
            core.respond(transaction, error.code, at, phrase=error.phrase, lines=error.lines)
            return
        if offer is not None and (self.theirs is None or self._pending is not None):
            refuse_untimely(core, transaction, at, ours=self.theirs is None)
        elif offer is not None and not self._call.may_offer(self):
            core.respond(transaction, 488, at)
        elif offer is not None:
            self.dialog.refresh(request)
            self._pending = transaction, offer
            core.out.append(OfferReceived(leg=self._call.leg, offer=offer))
        else:
            self.dialog.refresh(request)
            core.respond(
                transaction, 200, at, lines=core.contact(request.flow, sips=self.dialog.sips) + ALLOW
            )


class Forks:
    """All early dialogs of one INVITE, by the To tags of their phones; in `core.asking` until closed.

    A dialog is made only for a phone that answers reliably or sends a request: ordinary ringing needs none.
    """

    def __init__(
        self,
        core: Core,
        call: Forked,
        invite: Outgoing,
        tag: str,
        trunk: Trunk | None,
        sdp: Sdp,
        *,
        pinned: bool,
    ) -> None:
        self.uri = invite.uri
        self._core = core
        self._call = call
        self._invite = invite
        self._tag = tag
        self._trunk = trunk
        self._sdp = sdp
        self._pinned = pinned
        self._rung: dict[str, Response] = {}  # the latest provisional answer of each phone
        self._early: dict[str, Sdp] = {}  # … and its early description
        self._forks: dict[str, Fork] = {}
        core.asking[invite.call_id, tag] = self

    @property
    def count(self) -> int:
        """How many phones rang."""
        return len(self._rung)

    def get(self, tag: str) -> Fork | None:
        """The early dialog of a phone, if one was made."""
        return self._forks.get(tag)

    def early(self, tag: str) -> Sdp | None:
        """The description a phone told while it rang."""
        return self._early.get(tag)

    def heard(self, response: Response, at: float) -> bool:
        """Take a provisional answer; False when it is nothing new: a repetition, or out of order."""
        tag = response.to_tag
        if tag not in self._rung and len(self._rung) >= MAX_FORKS:
            return False
        self._rung[tag] = response
        rseq = rseq_of(response) if "rseq" in response.headers else None
        if rseq is not None:
            fork = self._fork(tag)
            if fork is None or not fork.acknowledge(response, rseq, at):
                return False
        if response.body and tag not in self._early:
            early = lenient_description(response)
            if early is not None:
                self._early[tag] = early
        return True

    def close(self, at: float) -> None:
        """The INVITE has its final answer; what was rung by it is forgotten."""
        self._rung = {}
        self._core.asking.pop((self._invite.call_id, self._tag), None)
        for fork in self._forks.values():
            fork.close(at)

    def on_request(self, transaction: ServerTransaction, request: Request, at: float) -> None:
        """A request of a phone that rings; one that never did, or needs not any more, has no call here."""
        fork = None if self._call.over else self._fork(request.from_tag)
        if fork is None:
            self._core.respond(transaction, 481, at)
        else:
            fork.on_request(transaction, request, at)

    def on_flow_lost(self, flow: Flow, at: float) -> None:
        for fork in self._forks.values():
            fork.dialog.lost(flow)

    def _fork(self, tag: str) -> Fork | None:
        """The early dialog of a phone that was heard; None when it told no way to reach it."""
        fork, response = self._forks.get(tag), self._rung.get(tag)
        if fork is not None or not tag or response is None:
            return fork
        try:
            dialog = Dialog.of_response(self._invite, self._tag, response, pinned=self._pinned)
        except ValueError:
            return None
        fork = self._forks[tag] = Fork(
            self._core, self._call, dialog, self._invite.cseq, self._trunk, self._sdp
        )
        return fork
