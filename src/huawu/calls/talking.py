"""Two parties or more in conversation: talk times, holds, quality, and the end.

What a party's answer and end mean depends on what it was rung for: `purposes` is that table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from huawu.calls.conversation import Conversation, PartyLeg, Phase, Purpose, Role
from huawu.calls.effects import PARK_TIMER, CancelTimer
from huawu.calls.facts import Kind, Party
from huawu.calls.floor import Floor
from huawu.calls.queueing import Queueing
from huawu.calls.reaching import Reaching
from huawu.calls.seating import Seating
from huawu.calls.sound import At
from huawu.link.messages import (
    HangUp,
    LegAnswered,
    LegEnded,
    LegId,
    Quality,
    Reason,
    RecordingFailed,
    RecordingId,
    RecordingStopped,
    TalkLevel,
    TalkStarted,
    TalkStopped,
)


class Coming(Protocol):
    """What becomes of parties that come to a call for one purpose."""

    def answered(self, call: Conversation, party: PartyLeg) -> None:
        """The party's line stands."""

    def failed(self, call: Conversation, party: PartyLeg, reason: Reason) -> None:
        """The party's line ended before it stood; the party is still among the call's."""


class Leaving(Protocol):
    """What becomes of a call when somebody leaves it who was in the middle of something."""

    def consulting_agent_left(self, call: Conversation) -> None: ...
    def consulted_left(self, call: Conversation) -> None: ...


class Transfers(Protocol):
    """What is to be known when a caller who was sent on arrives; satisfied by `Moving`."""

    def arrived(self, call: Conversation) -> None: ...
    def tell(self, call: Conversation, party: PartyLeg) -> None: ...


class Diallers(Protocol):
    """What becomes of a call that who dialled it leaves; satisfied by `PassingOn`."""

    def leaves(self, call: Conversation) -> bool: ...


class Surveys(Protocol):
    """Where callers go when the agent hangs up; satisfied by `Surveying`."""

    def agent_left(self, call: Conversation, party: PartyLeg, event: LegEnded) -> bool: ...


class Talking:
    """Keeps what happens between those who talk."""

    purposes: Mapping[Purpose, Coming]
    leaving: Leaving
    transfers: Transfers
    diallers: Diallers
    surveys: Surveys

    def __init__(self, floor: Floor, queueing: Queueing, reaching: Reaching, seating: Seating) -> None:
        self._floor = floor
        self._queueing = queueing
        self._reaching = reaching
        self._seating = seating

    # ── Coming together ───────────────────────────────────────────────────────────────────────────

    def party_ringing(self, party: PartyLeg) -> None:
        """The party's phone rings."""
        call = self._floor.calls.get(party.call)
        if call is None or party not in call.parties or party.answered:
            return
        kind: Kind = "agent_ringing" if party.purpose is Purpose.TALK else "party_ringing"
        self._floor.fact(call, kind, "agent", **party.whom)
        self._queueing.ringing(party)

    def party_answered(self, party: PartyLeg, event: LegAnswered) -> None:
        """The party's line stands: what it was rung for comes true."""
        floor = self._floor
        call = floor.calls.get(party.call)
        if call is None or party not in call.parties or call.phase is Phase.ENDED:
            floor.do(HangUp(leg=party.leg))
            return
        if party.answered:
            return
        party.answered, party.answered_ms = True, floor.now_ms
        if party.leg in call.talk_began:  # what its network said before is no part of the conversation
            call.talk_began[party.leg] = floor.now_ms
        floor.fact(call, "agent_answered", "agent", leg=party.leg, codec=event.codec, **party.whom)
        self.purposes[party.purpose].answered(call, party)

    def answered(self, call: Conversation, party: PartyLeg) -> None:
        """Who was rung for the caller picked up: they talk."""
        returning = call.transfer is not None and call.transfer.returning
        self.transfers.arrived(call)
        self._seating.to_room(call, party)
        self._seating.note_leading(call, party)
        self._seating.arrange(call)
        if party.offered_by_queue is not None:
            self._queueing.accepted(party)
        if returning:
            self.transfers.tell(call, party)

    def failed(self, call: Conversation, party: PartyLeg, reason: Reason) -> None:
        """Who was rung for the caller did not take the call: on to the next."""
        if party.offered_by_queue is not None:
            self._queueing.offer_failed(call, party, reason)
        else:
            self._reaching.failed(call, party, reason)

    # ── Meanwhile ─────────────────────────────────────────────────────────────────────────────────

    def talk_started(self, call: Conversation, event: TalkStarted) -> None:
        """A party begins to speak; the fact is written when it is known how long."""
        call.talk_began[event.leg] = event.began_ms
        party = party_of(call, event.leg)
        self._floor.live_fact(call, "talk_began", party, began_ms=event.began_ms, **_which(call, event.leg))

    def talk_level(self, call: Conversation, event: TalkLevel) -> None:
        """A party has spoken for another second."""
        self._floor.live_fact(
            call,
            "level",
            party_of(call, event.leg),
            from_ms=event.from_ms,
            to_ms=event.from_ms + 1_000,
            level_db=event.level_db,
            **_which(call, event.leg),
        )

    def talk_stopped(self, call: Conversation, event: TalkStopped) -> None:
        """A party spoke from … to …"""
        began_ms = call.talk_began.pop(event.leg, None)
        if began_ms is not None and _stands(call, event.leg):
            self._floor.fact(
                call,
                "talk",
                party_of(call, event.leg),
                began_ms=began_ms,
                ended_ms=event.ended_ms,
                level_db=round(event.level_db, 1),
                peak_db=round(event.peak_db, 1),
                levels_db=list(event.levels_db),
                **_which(call, event.leg),
            )

    def quality(self, call: Conversation, leg: LegId, quality: Quality) -> None:
        """How well a party could be heard."""
        if quality.packets == 0:
            return
        self._floor.fact(
            call,
            "quality",
            party_of(call, leg),
            packets=quality.packets,
            lost=quality.lost,
            jitter_ms=round(quality.jitter_ms, 1),
            mos=round(quality.mos, 2),
            **_which(call, leg),
        )

    def recording_stopped(self, call: Conversation, event: RecordingStopped) -> None:
        """The file is complete."""
        self._recording_over(call, event.recording)
        self._floor.fact(call, "recording_stopped", recording=event.recording, length_ms=event.length_ms)
        self._floor.forget_when_over(call)

    def recording_failed(self, call: Conversation, event: RecordingFailed) -> None:
        """The call goes on without, for now or for good; what was written stays."""
        if not event.goes_on:
            self._recording_over(call, event.recording)
        elif event.recording == call.recording:
            call.recording_broke_ms = self._floor.now_ms
        self._floor.recording_failed(call, event)
        self._floor.forget_when_over(call)

    def _recording_over(self, call: Conversation, recording: RecordingId) -> None:
        call.old_recordings.pop(recording, None)
        if recording == call.recording:
            call.recording = call.recorded = call.recording_broke_ms = None
            call.recording_paused = call.recording_silent = False

    # ── Parting ───────────────────────────────────────────────────────────────────────────────────

    def caller_ended(self, call: Conversation, event: LegEnded) -> None:
        """The caller's line is over: so is the call, save for the agent's leg, the recording and wrap-up."""
        floor = self._floor
        floor.callers.pop(call.leg, None)
        close_talk(floor, call, call.leg, floor.now_ms)
        if event.quality is not None:
            self.quality(call, call.leg, event.quality)
        if call.closing is None and self.diallers.leaves(call):
            return
        by: Party = "caller" if event.by == "peer" else "agent" if call.party_left else "centre"
        floor.fact(call, "ended", by, by=by, reason=call.closing or event.reason, detail=event.detail)
        phase, call.phase = call.phase, Phase.ENDED
        call.run = None
        if phase is Phase.WAITING or call.consult is not None:
            self._queueing.leave(call)
        call.consult = call.transfer = None
        if call.slot:
            floor.effects.timers.append(CancelTimer(PARK_TIMER + call.call))
        for party in call.parties:
            floor.do(HangUp(leg=party.leg, reason="normal" if party.answered else "cancelled"))
        if call.dialled_by is not None:
            self._queueing.contact_ended(call, call.dialled_by)
        floor.forget_when_over(call)

    def party_ended(self, party: PartyLeg, event: LegEnded) -> None:
        """A party's line is over: it never came, or it leaves."""
        floor = self._floor
        call = floor.calls.get(party.call)
        if call is None or party not in call.parties:
            floor.parties.pop(party.leg, None)
            return
        self._seating.gone(call, party.leg)
        if party.answered:
            self._left(call, party, event)
        elif call.phase is Phase.ENDED:
            floor.part(call, party)
            if party.agent is not None:
                self._queueing.contact_ended(call, party.agent)
        else:
            self.purposes[party.purpose].failed(call, party, event.reason)
            floor.part(call, party)
        floor.forget_when_over(call)

    def _left(self, call: Conversation, party: PartyLeg, event: LegEnded) -> None:
        """An answered party is gone: the call goes on without it, unless nobody is left for the caller."""
        floor = self._floor
        close_talk(self._floor, call, party.leg, self._floor.now_ms)
        if event.quality is not None:
            self.quality(call, party.leg, event.quality)
        led, customer = party is call.lead, party is call.customer
        self._seating.note_leaving(call, party, event.reason, by=event.by)
        floor.part(call, party)
        if call.phase is not Phase.ENDED:
            if customer:
                self._conversation_over(call, party, event)  # nobody is left to serve
            else:
                self._go_on_without(call, party, event, led=led)
        if party.agent is not None:
            self._queueing.contact_ended(call, party.agent)

    def _go_on_without(self, call: Conversation, party: PartyLeg, event: LegEnded, *, led: bool) -> None:
        consult = call.consult
        if call.transfer is not None and call.transfer.leg == party.leg:
            call.transfer.leg = None  # asked for the transfer and does not wait for its outcome
            return
        if consult is not None and consult.by is party:
            self.leaving.consulting_agent_left(call)
        elif consult is not None and consult.party is party:
            self.leaving.consulted_left(call)
        elif call.phase is not Phase.TALKING:
            self._seating.arrange(call)
        elif call.talkers or (consult is not None and not call.dialler_asks):
            if led and call.talkers:
                self._seating.note_leading(call, call.talkers[0])
            if consult is not None:
                self._seating.wait(call)
            self._seating.arrange(call)
        elif (successor := barging(call)) is not None:
            take_the_place(successor)
            self._seating.note_leading(call, successor)
            self._seating.arrange(call)
        else:
            self._conversation_over(call, party, event)

    def _conversation_over(self, call: Conversation, party: PartyLeg, event: LegEnded) -> None:
        if self.surveys.agent_left(call, party, event):
            return
        call.party_left = event.by == "peer" or party.leaves
        call.closing = event.reason
        self._floor.do(HangUp(leg=call.leg))


def close_talk(floor: Floor, call: Conversation, leg: LegId, until_ms: int) -> None:
    """Whoever was speaking when the line ended spoke until then."""
    began_ms = call.talk_began.pop(leg, None)
    if began_ms is not None and _stands(call, leg):
        spoken = {"began_ms": began_ms, "ended_ms": max(began_ms, until_ms)}
        floor.fact(call, "talk", party_of(call, leg), **spoken, **_which(call, leg))


def party_of(call: Conversation, leg: LegId) -> Party:
    """Whose leg it is."""
    return "caller" if leg == call.leg else "agent"


def _stands(call: Conversation, leg: LegId) -> bool:
    """Whether what is said by this leg is said in the call: it is answered."""
    if leg == call.leg:
        return call.answered
    party = call.party_at(leg)
    return party is None or party.answered


def _which(call: Conversation, leg: LegId) -> dict[str, str]:
    """Which of several parties besides the caller; of one it need not be said."""
    if len(call.parties) < 2 or leg == call.leg:
        return {}
    party = call.party_at(leg)
    return party.whom if party is not None else {}


def barging(call: Conversation) -> PartyLeg | None:
    """A leader who is heard by all, and so can stay in the agent's place."""
    return next((party for party in call.parties if party.answered and party.mode == "barge"), None)


def take_the_place(leader: PartyLeg) -> None:
    """A leader becomes the agent of the call."""
    leader.role, leader.mode, leader.beside, leader.at = Role.AGENT, None, None, At.ROOM
