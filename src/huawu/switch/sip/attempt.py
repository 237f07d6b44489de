"""One INVITE to one phone of a call we make: its challenges, redirects and forks, its CANCEL, its ACKs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from huawu.link.messages import Originate, Reason, Trunk
from huawu.switch.sip.bindings import Target
from huawu.switch.sip.bodies import lenient_description
from huawu.switch.sip.core import Core, DialogKey
from huawu.switch.sip.credentials import authorisation
from huawu.switch.sip.dialog import Dialog
from huawu.switch.sip.events import SendPacket
from huawu.switch.sip.fork import MAX_FORKS, Forks
from huawu.switch.sip.headers import clean
from huawu.switch.sip.identity import from_value, identity_lines
from huawu.switch.sip.lines import IN_TROUBLE, retry_after
from huawu.switch.sip.message import Response
from huawu.switch.sip.printing import ALLOW
from huawu.switch.sip.reasons import reason_of
from huawu.switch.sip.redirect import MAX_REDIRECTS, foreign, redirected
from huawu.switch.sip.refresh import SESSION_S, WISH, least_interval
from huawu.switch.sip.sdp import Sdp
from huawu.switch.sip.secure import is_secure, is_sips, is_wanted, upgraded
from huawu.switch.sip.transaction import ClientTransaction, Failure

if TYPE_CHECKING:
    from huawu.switch.sip.outbound import Outbound


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

LABEL: Final = "X-Huawu-Call"
"""Names to a page's phone what it is rung for, as its page knows it."""


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
        self._from = from_value(originate, host, trunk, self._tag, sips=is_sips(target.uri))
        self._identity = identity_lines(originate, host, trunk, target.uri)
        if originate.label and target.is_browser:
            self._identity += f"{LABEL}: {clean(originate.label)}\r\n"
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
        lines = (
            core.contact(target.flow, sips=is_sips(target.uri))
            + ALLOW
            + self._timer
            + self._identity
            + self._credentials
        )
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
                if failure == "unreachable":  # of a trunk the line is broken, a phone is not there
                    broken = self._trunk is not None
                    reason: Reason = "failed" if broken else "unavailable"
                    what = "trunk" if broken else "phone"
                    refusal = Refusal("switch", reason, f"no way to the {what}", in_trouble=True)
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
        """Ask again with a longer session (422), by SIPS (480) or at another address (3xx), within bounds."""
        least = least_interval(response, SESSION_S) if response.code == 422 else None
        if least is not None and self._timer is WISH:
            self._timer = f"Session-Expires: {least};refresher=uac\r\nMin-SE: {least}\r\n"
            self.invite(at)
            return True
        if response.code == 480 and is_secure(self.target.flow) and is_wanted(response):
            uri = upgraded(self.target.uri)
            if uri not in self._tried:
                self._redirects.insert(0, replace(self.target, uri=uri))
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
