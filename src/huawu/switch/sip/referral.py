"""A transfer that we asked our peer for: our REFER, and what its NOTIFYs tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from huawu.link.messages import LegId, TransferProgressed
from huawu.switch.sip.core import Core
from huawu.switch.sip.dialog import Dialog
from huawu.switch.sip.headers import clean
from huawu.switch.sip.message import Request, Response
from huawu.switch.sip.refer import Fragment, event_of, fragment_of
from huawu.switch.sip.transaction import PATIENCE, ClientTransaction, Failure, Outgoing, ServerTransaction

SILENT_FOR: Final = 180.0
"""A peer that tells nothing for so long has given the transfer up, or forgot to tell."""

State = Literal["sent", "accepted", "ringing", "over"]
Happening = Literal["accepted", "ringing", "done", "failed"]
TRANSITIONS: Final[dict[tuple[State, Happening], State]] = {
    ("sent", "accepted"): "accepted",
    ("sent", "ringing"): "ringing",
    ("sent", "done"): "over",
    ("sent", "failed"): "over",
    ("accepted", "ringing"): "ringing",
    ("accepted", "done"): "over",
    ("accepted", "failed"): "over",
    ("ringing", "done"): "over",
    ("ringing", "failed"): "over",
}
"""Each step is told once; what is not listed is no news (a NOTIFY may come before the 202)."""


class Referral:
    """One REFER of ours (RFC 3515 §2.4); its timer is fired as `silence`.

    `TransferProgressed` is told at each step; `done` or `failed` exactly once, as the last.
    """

    def __init__(
        self,
        core: Core,
        leg: LegId,
        dialog: Dialog,
        number: int,
        authorise: Callable[[Outgoing, Response], str | None],
        refer_to: str,
        replaces: LegId | None,
    ) -> None:
        self.leg = leg
        self.replaces = replaces
        self._core = core
        self._dialog = dialog
        self._number = number
        self._authorise = authorise
        self._refer_to = refer_to
        self._state: State = "sent"
        self._sent: ClientTransaction | None = None
        self._tried = False  # credentials were sent
        self._notified = False  # the subscription still stands on the peer's side
        self._closed = False

    @property
    def over(self) -> bool:
        """Whether the last word was told."""
        return self._state == "over"

    def send(self, at: float, credentials: str = "") -> None:
        core = self._core
        request = self._dialog.request(core, "REFER")
        scheme = "sips" if self._dialog.sips else "sip"
        lines = (
            f"{core.contact(request.flow, sips=self._dialog.sips)}Refer-To: {self._refer_to}\r\n"
            f"Referred-By: <{scheme}:huawu@{core.address(request.flow)}>\r\n{credentials}"
        )
        self._sent = core.send(request, self, at, lines)

    def on_response(self, transaction: ClientTransaction, response: Response, at: float) -> None:
        code = response.code
        if code < 200 or transaction is not self._sent or self.over:
            return
        if code < 300:
            if response.first("refer-sub").strip().lower().startswith("false"):
                self._step("done", "accepted; the peer tells no more")
                return
            self._step("accepted")
            if not self._notified:
                self._core.start("silence", self._number, at + PATIENCE)
            return
        credentials = None if self._tried else self._authorise(transaction.request, response)
        if credentials is not None:
            self._tried = True
            self.send(at, credentials)
        else:
            self._step("failed", f"{code} {clean(response.phrase)}")

    def on_failure(self, transaction: ClientTransaction, failure: Failure, at: float) -> None:
        if transaction is self._sent:
            self._step("failed", f"no answer to REFER ({failure})")

    def on_notify(self, transaction: ServerTransaction, request: Request, at: float) -> None:
        """A NOTIFY of the event `refer`: answered, then told if it is news."""
        core = self._core
        _, event = event_of(request)
        if self._closed or self._sent is None or event not in ("", str(self._sent.request.cseq)):
            core.respond(transaction, 481, at)
            return
        state = request.first("subscription-state").partition(";")[0].strip().lower()
        if not state:
            core.respond(transaction, 400, at, phrase="Missing Subscription-State")
            return
        try:
            words = fragment_of(request)
        except ValueError as error:
            if request.body and "Not" in str(error):
                core.respond(transaction, 415, at, lines="Accept: message/sipfrag\r\n")
            else:
                core.respond(transaction, 400, at, phrase=str(error))
            return
        core.respond(transaction, 200, at)
        self._closed = state == "terminated"
        self._notified = True
        if not self.over:
            core.start("silence", self._number, at + SILENT_FOR)
        self._hear(words)

    def give_up(self, detail: str) -> None:
        """Nothing more will be heard."""
        self._step("failed", detail)

    # ── inside ──

    def _hear(self, words: Fragment | None) -> None:
        if words is not None and words.code >= 300:
            self._step("failed", f"{words.code} {words.phrase}".rstrip())
        elif words is not None and words.code >= 200:
            self._step("done")
        elif self._closed:
            self._step("failed", "the peer ended its reports without an outcome")
        elif words is not None and words.code > 100:
            self._step("ringing")
        else:
            self._step("accepted")

    def _step(self, happening: Happening, detail: str = "") -> None:
        state = TRANSITIONS.get((self._state, happening))
        if state is None:
            return
        self._state = state
        if self.over:
            self._core.stop("silence", self._number)
        self._core.out.append(TransferProgressed(leg=self.leg, state=happening, detail=detail))
