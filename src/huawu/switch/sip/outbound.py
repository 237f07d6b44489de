"""A call we make: one INVITE for each phone of the callee, until one answers or all refuse."""

from __future__ import annotations

from typing import Final

from huawu.link.messages import LegId, Originate, Reason, Trunk
from huawu.switch.sip.attempt import Attempt, Refusal
from huawu.switch.sip.bindings import Target
from huawu.switch.sip.core import Core, DialogKey
from huawu.switch.sip.dialog import Dialog
from huawu.switch.sip.events import CallAnswered, CallRinging
from huawu.switch.sip.fork import Fork
from huawu.switch.sip.lines import Lines
from huawu.switch.sip.message import Response
from huawu.switch.sip.reasons import weightiest
from huawu.switch.sip.sdp import Sdp
from huawu.switch.sip.session import Session

ELSEWHERE: Final = 'Reason: SIP;cause=200;text="Call completed elsewhere"\r\n'
FIRST_WORD_S: Final = 4.0
"""A trunk's target that says nothing at all to an INVITE for so long is given up."""


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
        web: Sdp | None = None,
    ) -> None:
        """A trunk's targets are tried one after the other, as `lines` has them; phones all at once.

        Browsers are offered `web`, if there is one.
        """
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
        self._web = web
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
                self.on_refused(attempt, Refusal("switch", "failed", told, in_trouble=True), at)

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
        offer = self._web if self._web is not None and target.is_browser else self._sdp
        return Attempt(self._core, self, self._originate, target, self._trunk, offer)

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
