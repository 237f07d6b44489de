"""One leg's states as a table, and what the switch remembers of each leg."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Literal, TypeVar

from huawu.link.messages import ConferenceId, EndpointId, LegId, LegView, Reason, RecordingId, TrunkId
from huawu.switch.sip.negotiation import AgreedMedia, LocalMedia
from huawu.switch.sip.sdp import Sdp

T = TypeVar("T", bound=Hashable)


class LegState(StrEnum):
    OFFERED = "offered"  # somebody calls; the centre has not answered
    HEARING = "offered, and hears us before the answer"
    CONFIRMING = "answered, but not acknowledged"  # the caller's ACK, or its media, is still to come
    ANSWERING = "answering"  # answered, but the caller's media comes with its ACK (late offer)
    ORIGINATING = "originating"  # we call; nothing heard yet
    RINGING = "ringing"  # the far phone rings
    EARLY = "ringing with early media"  # … and its network speaks already
    ANSWERED = "answered"
    ENDING = "ending"  # hung up by us; SIP has not yet confirmed
    ENDED = "ended"


class Step(StrEnum):
    """What can happen to a leg: the centre's commands, then the peer's doings."""

    RING = "ring"
    SPEAK = "speak before the answer to"
    ACCEPT = "answer"
    ACCEPT_LATE = "answer with our offer"
    REFUSE = "reject"
    HANG_UP = "hang up"
    USE = "use the media of"
    RINGS = "ringing of"
    SPEAKS = "early media of"
    ANSWERS = "answer of"
    AGREES = "media agreement of"
    CONFIRMS = "acknowledgement of"
    ENDS = "end of"


TRANSITIONS: dict[tuple[LegState, Step], LegState] = {
    (LegState.OFFERED, Step.RING): LegState.OFFERED,
    (LegState.OFFERED, Step.ACCEPT): LegState.CONFIRMING,
    (LegState.OFFERED, Step.ACCEPT_LATE): LegState.ANSWERING,
    (LegState.OFFERED, Step.REFUSE): LegState.ENDING,
    (LegState.OFFERED, Step.HANG_UP): LegState.ENDING,
    (LegState.OFFERED, Step.ENDS): LegState.ENDED,
    (LegState.OFFERED, Step.SPEAK): LegState.HEARING,
    (LegState.HEARING, Step.USE): LegState.HEARING,
    (LegState.HEARING, Step.RING): LegState.HEARING,
    (LegState.HEARING, Step.SPEAK): LegState.HEARING,
    (LegState.HEARING, Step.ACCEPT): LegState.CONFIRMING,
    (LegState.HEARING, Step.REFUSE): LegState.ENDING,
    (LegState.HEARING, Step.HANG_UP): LegState.ENDING,
    (LegState.HEARING, Step.ENDS): LegState.ENDED,
    (LegState.CONFIRMING, Step.USE): LegState.CONFIRMING,
    (LegState.CONFIRMING, Step.CONFIRMS): LegState.ANSWERED,
    (LegState.CONFIRMING, Step.HANG_UP): LegState.ENDING,
    (LegState.CONFIRMING, Step.ENDS): LegState.ENDED,
    (LegState.ANSWERING, Step.AGREES): LegState.ANSWERED,
    (LegState.ANSWERING, Step.HANG_UP): LegState.ENDING,
    (LegState.ANSWERING, Step.ENDS): LegState.ENDED,
    (LegState.ORIGINATING, Step.RINGS): LegState.RINGING,
    (LegState.ORIGINATING, Step.SPEAKS): LegState.EARLY,
    (LegState.ORIGINATING, Step.ANSWERS): LegState.ANSWERED,
    (LegState.ORIGINATING, Step.HANG_UP): LegState.ENDING,
    (LegState.ORIGINATING, Step.ENDS): LegState.ENDED,
    (LegState.RINGING, Step.RINGS): LegState.RINGING,
    (LegState.RINGING, Step.SPEAKS): LegState.EARLY,
    (LegState.RINGING, Step.ANSWERS): LegState.ANSWERED,
    (LegState.RINGING, Step.HANG_UP): LegState.ENDING,
    (LegState.RINGING, Step.ENDS): LegState.ENDED,
    (LegState.EARLY, Step.USE): LegState.EARLY,
    (LegState.EARLY, Step.RINGS): LegState.EARLY,
    (LegState.EARLY, Step.SPEAKS): LegState.EARLY,
    (LegState.EARLY, Step.ANSWERS): LegState.ANSWERED,
    (LegState.EARLY, Step.HANG_UP): LegState.ENDING,
    (LegState.EARLY, Step.ENDS): LegState.ENDED,
    (LegState.ANSWERED, Step.USE): LegState.ANSWERED,
    (LegState.ANSWERED, Step.AGREES): LegState.ANSWERED,
    (LegState.ANSWERED, Step.HANG_UP): LegState.ENDING,
    (LegState.ANSWERED, Step.ENDS): LegState.ENDED,
    (LegState.ENDING, Step.ENDS): LegState.ENDED,
}
"""What is not listed does not happen: a command gets CommandFailed, news of SIP are passed over."""

SHOWN: dict[LegState, Literal["offered", "ringing", "answered"]] = {
    LegState.OFFERED: "offered",
    LegState.HEARING: "offered",
    LegState.CONFIRMING: "offered",
    LegState.ANSWERING: "offered",
    LegState.ORIGINATING: "offered",
    LegState.RINGING: "ringing",
    LegState.EARLY: "ringing",
    LegState.ANSWERED: "answered",
}
"""How a snapshot names the states; legs that end are not shown."""


class CommandRefused(Exception):
    """A command that cannot be done; the text says why, for a person."""


class LegOver(Exception):
    """A command for a leg that has ended: it is passed over, for the centre is told or soon will be."""


@dataclass(slots=True, kw_only=True)
class Leg:
    """All that the core remembers of one leg."""

    leg: LegId
    incoming: bool
    state: LegState
    local: LocalMedia
    from_number: str
    to_number: str
    began_ms: int
    endpoint: EndpointId | None = None
    trunk: TrunkId | None = None
    ours: Sdp | None = None
    """Our last description: the answer kept for an offered leg, the offer of an originated one."""
    other_way: tuple[LocalMedia, Sdp] | None = None
    """Of a call that rings phones and browsers: the same for the browsers; whoever answers decides."""
    replaces: LegId | None = None
    """The leg whose place it takes."""
    agreed: AgreedMedia | None = None
    """What an offer will lead to, once answered; then what both sides use."""
    answered_ms: int | None = None
    expected_ms: int = 0
    """Since when its peer, answered and not holding us, is to send media."""
    held: bool = False  # by its peer
    away: bool = False  # its browser left, or lost its network, and is waited for
    guest: bool = False  # nobody's phone, let in for this call alone
    in_clear: bool = True  # others on the way can read its SIP
    recording: RecordingId | None = None
    ended_by_switch: tuple[Reason, str] | None = None
    """Set when the switch itself ends the leg: the reason and the detail to tell."""

    def step(self, step: Step) -> None:
        """Go on by the table. Raises CommandRefused when the step is not listed there."""
        target = TRANSITIONS.get((self.state, step))
        if target is None:
            raise CommandRefused(f"cannot {step} leg {self.leg}: it is {self.state}")
        self.state = target

    def allows(self, step: Step) -> bool:
        return (self.state, step) in TRANSITIONS

    def view(self, bridged_with: LegId | None, conference: ConferenceId | None = None) -> LegView:
        """The leg as a snapshot shows it."""
        return LegView(
            leg=self.leg,
            incoming=self.incoming,
            state=SHOWN[self.state],
            from_number=self.from_number,
            to_number=self.to_number,
            endpoint=self.endpoint,
            trunk=self.trunk,
            bridged_with=bridged_with,
            conference=conference,
            held=self.held,
            away=self.away,
            recording=self.recording,
            began_ms=self.began_ms,
            answered_ms=self.answered_ms,
        )


class Recent(Generic[T]):
    """The newest `keep` things that were added; tells late commands from wrong ones."""

    def __init__(self, keep: int = 10_000) -> None:
        self._keep = keep
        self._items: dict[T, None] = {}

    def add(self, item: T) -> None:
        self._items[item] = None
        if len(self._items) > self._keep:
            del self._items[next(iter(self._items))]

    def __contains__(self, item: T) -> bool:
        return item in self._items
