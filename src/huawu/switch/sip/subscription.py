"""A transfer that our peer asked for: its REFER, answered once, and the NOTIFYs that tell how it goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from huawu.link.messages import LegId, Reason
from huawu.switch.sip import printing
from huawu.switch.sip.core import Core
from huawu.switch.sip.dialog import Dialog
from huawu.switch.sip.message import Response
from huawu.switch.sip.reasons import code_of
from huawu.switch.sip.refer import FRAGMENT, Fragment
from huawu.switch.sip.transaction import ClientTransaction, Failure, Outgoing, ServerTransaction

WORD_WITHIN: Final = 4.0
"""So long the REFER waits for the centre; then it is accepted, for its sender waits no more than 32 s."""
LASTS: Final = 180.0
"""So long a subscription stands after the last word of the centre or renewal of the peer."""

TransferState = Literal["trying", "ringing", "done", "failed"]
State = Literal["asked", "going", "over"]
Happening = Literal["progress", "done", "failed", "silence", "left", "expired", "unsubscribed", "gone"]
TRANSITIONS: Final[dict[tuple[State, Happening], tuple[State, tuple[str, ...]]]] = {
    ("asked", "progress"): ("going", ("accept", "notify")),
    ("asked", "done"): ("over", ("accept", "notify last")),
    ("asked", "failed"): ("over", ("refuse",)),
    ("asked", "silence"): ("going", ("accept", "notify")),
    ("asked", "left"): ("going", ("accept", "notify")),
    ("going", "progress"): ("going", ("notify",)),
    ("going", "done"): ("over", ("notify last",)),
    ("going", "failed"): ("over", ("notify last",)),
    ("going", "expired"): ("over", ("notify last",)),
    ("going", "unsubscribed"): ("over", ("notify last",)),
    ("going", "gone"): ("over", ()),
}
"""What is not listed is absorbed: a late word, a silence long broken."""

TRYING: Final = Fragment(100, "Trying")
WORDS: Final = {"trying": TRYING, "ringing": Fragment(180, "Ringing"), "done": Fragment(200, "OK")}


class Subscription:
    """The implicit subscription of one REFER (RFC 3515 §2.4.4); its timers are fired as `word` and `lasts`.

    It sends one NOTIFY at a time, so that none overtakes another, and outlives the call it was asked in.
    """

    def __init__(
        self,
        core: Core,
        leg: LegId,
        dialog: Dialog,
        number: int,
        transaction: ServerTransaction,
        event: str,
        *,
        silent: bool,
        authorise: Callable[[Outgoing, Response], str | None],
        on_answered: Callable[[], None],
    ) -> None:
        self.leg = leg
        self.event = event  # the `id` that tells it apart, "" for the dialog's first
        self._core = core
        self._dialog = dialog
        self._number = number
        self._refer = transaction
        self._silent = silent
        self._authorise = authorise
        self._on_answered = on_answered
        self._state: State = "asked"
        self._words = TRYING
        self._told: tuple[Fragment, str] | None = None
        self._next: tuple[Fragment, str] | None = None  # what waits for the NOTIFY before it
        self._sent: ClientTransaction | None = None
        self._tried = False  # credentials were sent with the NOTIFY that is under way
        self._lasts = LASTS
        self._due = 0.0

    @property
    def going(self) -> bool:
        return self._state == "going"

    @property
    def drained(self) -> bool:
        """Whether all is said and answered."""
        return self._state == "over" and self._sent is None

    def begin(self, at: float) -> None:
        self._core.start("word", self._number, at + WORD_WITHIN)

    # ── what happens ──

    def tell(self, state: TransferState, reason: Reason, at: float) -> None:
        """The centre's word."""
        if self._state == "over":
            return
        if state == "failed":
            code = code_of(reason)
            self._words = Fragment(code, printing.PHRASES[code])
            self._step("failed", at)
            return
        self._words = WORDS[state]
        self._step("done" if state == "done" else "progress", at)

    def leave(self, at: float) -> None:
        """The call it was asked in is over; an unanswered REFER is accepted, for its sender need not wait."""
        self._step("left", at)

    def renew(self, lasts: float, at: float) -> None:
        """The peer asked for the state anew and wants to hear of it for so long (SUBSCRIBE)."""
        self._lasts = lasts
        self._told = None
        self._step("progress", at)

    def unsubscribe(self, at: float) -> None:
        self._step("unsubscribed", at)

    def fire(self, name: str, at: float) -> None:
        self._step("silence" if name == "word" else "expired", at)

    def on_response(self, transaction: ClientTransaction, response: Response, at: float) -> None:
        if response.code < 200:
            return
        credentials = None if self._tried else self._authorise(transaction.request, response)
        if credentials is not None and self._told is not None:
            self._tried = True
            self._send(*self._told, at, credentials)
            return
        self._answered(at, well=response.code < 300)

    def on_failure(self, transaction: ClientTransaction, failure: Failure, at: float) -> None:
        self._answered(at, well=False)

    # ── inside ──

    def _step(self, happening: Happening, at: float) -> None:
        found = TRANSITIONS.get((self._state, happening))
        if found is None:
            return
        if self._state == "asked":
            self._core.stop("word", self._number)
        self._state, deeds = found
        for deed in deeds:
            if deed == "accept":
                self._accept(at)
            elif deed == "refuse":
                self._refuse(at)
            elif deed == "notify":
                self._due = at + self._lasts
                self._core.start("lasts", self._number, self._due)
                self._notify(self._words, "active", at)
            else:
                why = "timeout" if happening in ("expired", "unsubscribed") else "noresource"
                self._notify(self._words, f"terminated;reason={why}", at)
        if self._state == "over":
            self._core.stop("lasts", self._number)

    def _accept(self, at: float) -> None:
        lines = self._core.contact(self._refer.flow, sips=self._dialog.sips)
        if self._silent:
            self._core.respond(self._refer, 200, at, lines=lines + "Refer-Sub: false\r\n")
        else:
            self._core.respond(self._refer, 202, at, lines=lines)

    def _refuse(self, at: float) -> None:
        """Only with codes that leave the call alone (RFC 5057 §5.1): a 404 or 481 would end it for some."""
        code = self._words.code if self._words.code in (403, 503) else 603
        self._core.respond(self._refer, code, at)

    def _notify(self, words: Fragment, state: str, at: float) -> None:
        if self._silent or (words, state) == self._told:
            return
        if self._sent is not None:
            self._next = words, state
            return
        self._told = words, state
        self._send(words, state, at)

    def _send(self, words: Fragment, state: str, at: float, credentials: str = "") -> None:
        core = self._core
        request = self._dialog.request(core, "NOTIFY")
        event = f"refer;id={self.event}" if self.event else "refer"
        if state == "active":
            state = f"active;expires={max(1, int(self._due - at))}"
        contact = core.contact(request.flow, sips=self._dialog.sips)
        lines = f"{contact}Event: {event}\r\nSubscription-State: {state}\r\n"
        packet = printing.request(
            request.method,
            request.uri,
            via=request.via,
            from_value=request.from_value,
            to_value=request.to_value,
            call_id=request.call_id,
            cseq=request.cseq,
            lines=request.routes + lines + credentials + core.agent_line,
            body=str(words),
            body_type=FRAGMENT,
        )
        self._sent = core.send_packet(request, packet, self, at)

    def _answered(self, at: float, *, well: bool) -> None:
        """One NOTIFY is through; whoever does not take it wants no more (RFC 6665 §4.2.2)."""
        self._sent, self._tried = None, False
        following, self._next = self._next, None
        if not well:
            self._step("gone", at)
        elif following is not None:
            self._notify(*following, at)
        self._on_answered()
