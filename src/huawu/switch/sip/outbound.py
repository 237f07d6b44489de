"""A call we make: one INVITE for each phone of the callee, until one answers or all refuse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from huawu.link.messages import LegId, Originate, Reason, Trunk
from huawu.switch.sip.bodies import lenient_description
from huawu.switch.sip.core import Core, DialogKey
from huawu.switch.sip.credentials import authorisation
from huawu.switch.sip.dialog import Dialog
from huawu.switch.sip.events import CallAnswered, CallRinging, SendPacket
from huawu.switch.sip.fork import MAX_FORKS, Fork, Forks
from huawu.switch.sip.headers import clean
from huawu.switch.sip.identity import from_value, identity_lines
from huawu.switch.sip.lines import IN_TROUBLE, Lines, retry_after
from huawu.switch.sip.message import Response
from huawu.switch.sip.printing import ALLOW
from huawu.switch.sip.reasons import reason_of, weightiest
from huawu.switch.sip.redirect import MAX_REDIRECTS, foreign, redirected
from huawu.switch.sip.refresh import SESSION_S, WISH, least_interval
from huawu.switch.sip.registrar import Target
from huawu.switch.sip.sdp import Sdp
from huawu.switch.sip.session import Session
from huawu.switch.sip.transaction import ClientTransaction, Failure

ELSEWHERE: Final = 'Reason: SIP;cause=200;text="Call completed elsewhere"\r\n'
FIRST_WORD_S: Final = 4.0
"""A trunk's target that says nothing at all to an INVITE for so long is given up."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one phone did not answer; `final` = it speaks for all of them (6xx)."""

    by: Literal["peer", "switch"]
    reason: Reason
    detail: str
    final: bool = False
    in_trouble: bool = False  # it is the target that failed: another may do
    rest_s: float | None = None  # as it told (Retry-After)


class Nobody:
    """The owner of requests whose fate changes nothing (CANCEL, BYE of a call nobody waits for)."""

    def on_response(self, transaction: ClientTransaction, response: Response, at: float) -> None:
        """Not of interest."""

    def on_failure(self, transaction: ClientTransaction, failure: Failure, at: float) -> None:
        """Not of interest."""


NOBODY: Final = Nobody()


class Outbound:
    """One leg being called; its attempts live on after it until their transactions are through."""

    def __init__(
        self,
        core: Core,
        originate: Originate,
        targets: list[Target],
        trunk: Trunk | None,
        sdp: Sdp,
        lines: Lines | None = None,
    ) -> None:
        """A trunk's targets are tried one after the other, as `lines` has them; phones all at once."""
        self.leg: LegId = originate.leg
        self._core = core
        self._originate = originate
        self.priority = "Priority: emergency\r\n" if originate.emergency else ""
        """A header line (RFC 3261 §20.26), or none."""
        self._number = core.enter(self)
        self._refusals: list[Refusal] = []
        self._ringing = False
        self._early: Sdp | None = None
        self._asking: Fork | None = None  # whose offer waits for our answer
        self.over = False
        core.calls[self.leg] = self
        self._lines = lines
        first = targets if lines is None else targets[:1]
        self._later = [] if lines is None else targets[1:]
        self._trunk = trunk
        self._sdp = sdp
        self._attempts = [self._attempt(one) for one in first]

    def begin(self, at: float) -> None:
        self._core.start("ring", self._number, at + self._originate.ring_ms / 1000)
        for attempt in self._attempts:
            attempt.invite(at)
        if self._lines is not None:
            self._core.start("word", self._number, at + FIRST_WORD_S)

    def hang_up(self, reason: Reason, at: float) -> None:
        """Stop calling."""
        self._core.end(self.leg, "centre", reason)
        self._close(at)

    def answer_offer(self, sdp: Sdp, at: float) -> None:
        """Accept the UPDATE of the one phone that rings."""
        if self._asking is not None:
            self._asking.answer_offer(sdp, at)

    def refuse_offer(self, at: float) -> None:
        """Keep the old agreement: 488."""
        if self._asking is not None:
            self._asking.answer_offer(None, at)

    def fire(self, name: str, at: float) -> None:
        if name == "ring":
            self._core.end(self.leg, "switch", "no_answer")
            self._close(at)
        elif name == "word":
            for attempt in [one for one in self._attempts if not one.heard]:
                attempt.abandon(at)
                told = f"no answer to INVITE within {FIRST_WORD_S:.0f} s"
                self.on_refused(attempt, Refusal("switch", "unavailable", told, in_trouble=True), at)

    @property
    def ringing(self) -> bool:
        """Whether some phone rings, or has."""
        return self._ringing

    def rings_in(self, key: DialogKey) -> bool:
        """Whether a phone rings in this early dialog."""
        return not self.over and any(one.early_key == key for one in self._attempts)

    # ── what attempts tell ──

    def on_ringing(self, early: Sdp | None) -> None:
        fresh = early is not None and early != self._early
        if not self._ringing or fresh:
            self._ringing = True
            self._early = early or self._early
            self._core.out.append(CallRinging(leg=self.leg, early=early))

    def may_offer(self, fork: Fork) -> bool:
        """Whether this phone is the only one that rings, so that its offer means the whole call."""
        if len(self._attempts) != 1 or self._attempts[0].rung != 1:
            return False
        self._asking = fork
        return True

    def on_answered(
        self,
        attempt: Attempt,
        dialog: Dialog,
        answer: Sdp,
        trunk: Trunk | None,
        at: float,
        *,
        ours: Sdp,
        response: Response,
    ) -> None:
        """The first 2xx wins; the other phones stop ringing. `ours` is what `answer` answers."""
        if self._lines is not None and trunk is not None:
            self._lines.worked(trunk.trunk, attempt.target.flow)
        Session(self._core, self.leg, dialog, trunk).begin(ours, response, at)
        self._core.out.append(CallAnswered(leg=self.leg, answer=answer))
        self._close(at, ELSEWHERE, keep=attempt)

    def on_unusable(self, attempt: Attempt, at: float) -> None:
        """A phone answered with what cannot be understood."""
        self._core.end(self.leg, "peer", "incompatible", "the answer carried no usable SDP")
        self._close(at, keep=attempt)

    def on_refused(self, attempt: Attempt, refusal: Refusal, at: float) -> None:
        """One phone refused; the call ends with the last of them, or with a 6xx."""
        self._refusals.append(refusal)
        self._attempts.remove(attempt)
        if self._lines is not None and refusal.in_trouble and self._hunted_on(attempt, refusal, at):
            return
        if refusal.final or not self._attempts:
            told = refusal
            if not refusal.final:
                reason = weightiest([one.reason for one in self._refusals])
                told = next(one for one in self._refusals if one.reason == reason)
            self._core.end(self.leg, told.by, told.reason, told.detail)
            self._close(at)

    # ── inside ──

    def _attempt(self, target: Target) -> Attempt:
        return Attempt(self._core, self, self._originate, target, self._trunk, self._sdp)

    def _hunted_on(self, attempt: Attempt, refusal: Refusal, at: float) -> bool:
        """A trunk's target failed: it rests, and the next one is tried, if there is one."""
        assert self._lines is not None
        trunk = self._originate.trunk
        if trunk is not None:
            self._lines.failed(trunk, attempt.target.flow, refusal.detail, at, refusal.rest_s)
        if not self._later:
            return False
        self._attempts.append(self._attempt(self._later.pop(0)))
        self._attempts[-1].invite(at)
        self._core.start("word", self._number, at + FIRST_WORD_S)
        return True

    def _close(self, at: float, lines: str = "", keep: Attempt | None = None) -> None:
        self.over = True
        self._core.stop("ring", self._number)
        if self._lines is not None:
            self._core.stop("word", self._number)
        self._core.leave(self._number)
        for attempt in self._attempts:
            if attempt is not keep:
                attempt.cancel(at, lines)
        self._attempts = []  # each knows us: together they would have to wait for the garbage collector


class Attempt:
    """One INVITE to one phone, and the ACKs of everything it was answered with."""

    def __init__(
        self,
        core: Core,
        call: Outbound,
        originate: Originate,
        target: Target,
        trunk: Trunk | None,
        sdp: Sdp,
    ) -> None:
        self._core = core
        self._call = call
        self.target = target
        self._trunk = trunk
        self._sdp = sdp
        self._number = originate.number
        self._tag = core.token()
        self._call_id = core.token()
        host = core.address(target.flow)
        self._from = from_value(originate, host, trunk, self._tag)
        self._identity = identity_lines(originate, host, trunk, target.uri)
        self._transaction: ClientTransaction | None = None
        self._cseq = 0
        self._credentials = ""
        self._early_tag = ""  # the peer's in its last provisional answer
        self._timer = WISH
        self._forks: Forks | None = None  # of the latest INVITE
        self._redirects: list[Target] = []
        self._tried: list[str] = [target.uri]
        self._acks: dict[str, SendPacket] = {}
        self._cancelled: str | None = None  # lines for the CANCEL that waits for a provisional
        self._done = False
        self._abandoned = False
        self.heard = False  # it said something, be it 100

    @property
    def early_key(self) -> DialogKey:
        return self._call_id, self._tag, self._early_tag

    def invite(self, at: float) -> None:
        core, target = self._core, self.target
        self._cseq += 1
        request = core.prepare(
            "INVITE",
            target.uri,
            target.flow,
            from_value=self._from,
            to_value=f"<{target.uri.partition(';')[0]}>",
            call_id=self._call_id,
            cseq=self._cseq,
            routes=target.routes,
        )
        self._forks = Forks(
            core, self._call, request, self._tag, self._trunk, self._sdp, pinned=target.pinned
        )  # fmt: skip
        lines = core.contact(target.flow) + ALLOW + self._timer + self._identity + self._credentials
        lines += self._call.priority
        self._transaction = core.send(request, self, at, lines, str(self._sdp))

    def cancel(self, at: float, lines: str = "") -> None:
        """Stop ringing; before any provisional answer the CANCEL has to wait for one (§9.1)."""
        transaction = self._transaction
        if self._done or transaction is None or self._cancelled is not None:
            return
        self._cancelled = lines
        if transaction.state == "proceeding":
            self._send_cancel(transaction, at)

    def abandon(self, at: float) -> None:
        """The call goes on elsewhere: whatever still comes of this is cancelled or hung up."""
        self.cancel(at)
        self._abandoned = True

    def on_response(self, transaction: ClientTransaction, response: Response, at: float) -> None:
        self.heard = True
        if response.code < 200:
            self._early_tag = response.to_tag or self._early_tag
            told = response.code > 100 and self._forks is not None and self._forks.heard(response, at)
            if told and self._cancelled is None and not self._call.over:
                self._call.on_ringing(lenient_description(response))
            if self._cancelled is not None and transaction.state == "proceeding" and not self._done:
                self._send_cancel(transaction, at)
            return
        if transaction is self._transaction and self._forks is not None:
            self._forks.close(at)
        if response.code < 300:
            self._on_ok(transaction, response, at)
        elif transaction is self._transaction and not self._done:
            self._on_refusal(transaction, response, at)

    def on_failure(self, transaction: ClientTransaction, failure: Failure, at: float) -> None:
        if transaction is self._transaction and self._forks is not None:
            self._forks.close(at)
        if transaction is self._transaction and not self._done:
            self._done = True
            if not self._call.over and not self._abandoned:
                refusal = Refusal("switch", "failed", "no answer to INVITE", in_trouble=True)
                if failure == "unreachable":
                    refusal = Refusal("switch", "unavailable", "no way to the phone", in_trouble=True)
                self._call.on_refused(self, refusal, at)

    @property
    def rung(self) -> int:
        """How many phones this one INVITE made ring."""
        return self._forks.count if self._forks is not None else 0

    # ── inside ──

    def _send_cancel(self, transaction: ClientTransaction, at: float) -> None:
        core = self._core
        self._done = True
        sent = transaction.request
        packet = sent.derived("CANCEL", lines=(self._cancelled or "") + core.agent_line)
        cancel = core.prepare(
            "CANCEL", sent.uri, transaction.flow,
            from_value=sent.from_value, to_value=sent.to_value, call_id=sent.call_id, cseq=sent.cseq,
            branch=sent.branch,
        )  # fmt: skip
        core.send_packet(cancel, packet, NOBODY, at)
        transaction.arm("B", at, core.out)

    def _on_ok(self, transaction: ClientTransaction, response: Response, at: float) -> None:
        """Acknowledge every 2xx; keep the first for the call, hang up on all others (§13.2.2.4)."""
        core = self._core
        known = self._acks.get(response.to_tag)
        if known is not None:
            core.out.append(known)
            return
        try:
            pinned = self.target.pinned
            dialog = Dialog.of_response(transaction.request, self._tag, response, pinned=pinned)
        except ValueError:
            dialog = self._bare_dialog(transaction, response)
        if len(self._acks) >= MAX_FORKS:
            return
        fork = self._forks.get(response.to_tag) if self._forks is not None else None
        if fork is not None:  # the sequence numbers go on
            dialog.local_cseq, dialog.remote_cseq = fork.dialog.local_cseq, fork.dialog.remote_cseq
        request = dialog.request(core, "ACK", response.cseq)
        ack = SendPacket(flow=request.flow, data=core.print(request, self._credentials))
        self._acks[response.to_tag] = ack
        core.out.append(ack)
        wanted = not self._call.over and not self._done and self._cancelled is None
        self._done = True
        answer = fork.theirs if fork is not None else None
        answer = answer or lenient_description(response)
        if answer is None and self._forks is not None:
            answer = self._forks.early(response.to_tag)
        if wanted and answer is not None:
            ours = fork.ours if fork is not None else self._sdp
            self._call.on_answered(
                self, dialog, answer, self._trunk, at, ours=ours, response=response
            )  # fmt: skip
            return
        core.send(dialog.request(core, "BYE"), NOBODY, at)
        if wanted:
            self._call.on_unusable(self, at)

    def _bare_dialog(self, transaction: ClientTransaction, response: Response) -> Dialog:
        """For a 2xx without a usable Contact: speak to where the INVITE went."""
        return Dialog(
            call_id=response.call_id,
            local_tag=self._tag,
            remote_tag=response.to_tag,
            local=transaction.request.from_value,
            remote=response.first("to"),
            local_cseq=transaction.request.cseq,
            remote_cseq=None,
            target=self.target.uri,
            routes=list(self.target.path),
            flow=transaction.flow,
            pinned=True,
            initiator=True,
        )

    def _on_refusal(self, transaction: ClientTransaction, response: Response, at: float) -> None:
        if not self._credentials and self._cancelled is None:
            line = authorisation(self._core, self._trunk, transaction.request, response)
            if line is not None:
                self._credentials = line
                self.invite(at)
                return
        code = response.code
        if code == 430:
            self._core.flow_failed(self.target)
        if self._cancelled is None and not self._call.over and self._try_otherwise(response, at):
            return
        self._done = True
        if not self._call.over and not self._abandoned:
            detail = foreign(response) if code < 400 else f"{code} {clean(response.phrase)}"
            refusal = Refusal(
                "peer",
                reason_of(code),
                detail,
                final=code >= 600,
                in_trouble=code in IN_TROUBLE and not self._call.ringing,
                rest_s=retry_after(response),
            )
            self._call.on_refused(self, refusal, at)

    def _try_otherwise(self, response: Response, at: float) -> bool:
        """Ask again with a longer session (422), or at another address (3xx), within bounds."""
        least = least_interval(response, SESSION_S) if response.code == 422 else None
        if least is not None and self._timer is WISH:
            self._timer = f"Session-Expires: {least};refresher=uac\r\nMin-SE: {least}\r\n"
            self.invite(at)
            return True
        if response.code < 400:
            more = redirected(response, self._trunk, self._number, self._tried, self.target)
            self._redirects = more + self._redirects
        if not self._redirects or len(self._tried) > MAX_REDIRECTS:
            return False
        self.target = self._redirects.pop(0)
        self._tried.append(self.target.uri)
        self._credentials = ""
        self.invite(at)
        return True
