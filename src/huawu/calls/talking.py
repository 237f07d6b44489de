"""Two parties in conversation: bridge, recording, holds, talk times, and the end."""

from __future__ import annotations

from huawu.calls.conversation import Conversation, PartyLeg, Phase
from huawu.calls.facts import Party
from huawu.calls.floor import Floor
from huawu.calls.queueing import Queueing
from huawu.calls.reaching import Reaching
from huawu.link.messages import (
    Bridge,
    HangUp,
    LegAnswered,
    LegEnded,
    LegId,
    Quality,
    RecordingFailed,
    RecordingId,
    RecordingStopped,
    StartRecording,
    TalkStarted,
    TalkStopped,
)


class Talking:
    """Brings caller and agent together and keeps what happens between them."""

    def __init__(self, floor: Floor, queueing: Queueing, reaching: Reaching) -> None:
        self._floor = floor
        self._queueing = queueing
        self._reaching = reaching

    # ── Coming together ───────────────────────────────────────────────────────────────────────────

    def party_ringing(self, party: PartyLeg) -> None:
        """The agent's phone rings."""
        call = self._floor.calls.get(party.call)
        if call is None or party not in call.parties:
            return
        self._floor.fact(call, "agent_ringing", "agent", **whom(party))
        self._queueing.ringing(party)

    def party_answered(self, party: PartyLeg, event: LegAnswered) -> None:
        """The agent picked up: bridge and record."""
        floor = self._floor
        call = floor.calls.get(party.call)
        if call is None or party not in call.parties:
            floor.do(HangUp(leg=party.leg))
            return
        party.answered = True
        call.phase = Phase.TALKING
        call.agent = party.agent
        call.play = None
        floor.do(Bridge(a=call.leg, b=party.leg))
        floor.fact(call, "agent_answered", "agent", leg=party.leg, codec=event.codec, **whom(party))
        floor.fact(call, "bridged", "centre", leg=party.leg, **whom(party))
        self._record(call, party.leg)
        if party.offered_by_queue is not None:
            self._queueing.accepted(party)

    def _record(self, call: Conversation, right: LegId) -> None:
        floor = self._floor
        call.recording = RecordingId(floor.name(call, "r"))
        call.recording_path = floor.recording_path(call.call, floor.now_ms)
        floor.fact(call, "recording_started", recording=call.recording, path=call.recording_path)
        path = f"{floor.data}/{call.recording_path}"
        floor.do(StartRecording(recording=call.recording, path=path, left=call.leg, right=right))

    # ── Meanwhile ─────────────────────────────────────────────────────────────────────────────────

    def talk_started(self, call: Conversation, event: TalkStarted) -> None:
        """A party begins to speak; the fact is written when it is known how long."""
        call.talk_began[event.leg] = event.began_ms

    def talk_stopped(self, call: Conversation, event: TalkStopped) -> None:
        """A party spoke from … to …"""
        began_ms = call.talk_began.pop(event.leg, None)
        if began_ms is not None:
            self._floor.fact(
                call,
                "talk",
                party_of(call, event.leg),
                began_ms=began_ms,
                ended_ms=event.ended_ms,
                level_db=round(event.level_db, 1),
                peak_db=round(event.peak_db, 1),
            )

    def held(self, call: Conversation, leg: LegId, held: bool) -> None:
        """A party put the other on hold by its phone, or took it back."""
        party = party_of(call, leg)
        if held and party not in call.held_by:
            call.held_by.add(party)
            self._floor.fact(call, "held", party)
        elif not held and party in call.held_by:
            call.held_by.discard(party)
            self._floor.fact(call, "resumed", party)

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
        )

    def recording_stopped(self, call: Conversation, event: RecordingStopped) -> None:
        """The file is complete."""
        call.recording = None
        self._floor.fact(call, "recording_stopped", recording=event.recording, length_ms=event.length_ms)
        self._floor.forget_when_over(call)

    def recording_failed(self, call: Conversation, event: RecordingFailed) -> None:
        """The call goes on without; what was written stays."""
        call.recording = None
        self._floor.fact(call, "recording_failed", recording=event.recording, detail=event.detail)
        self._floor.forget_when_over(call)

    # ── Parting ───────────────────────────────────────────────────────────────────────────────────

    def caller_ended(self, call: Conversation, event: LegEnded) -> None:
        """The caller's line is over: so is the call, save for the agent's leg, the recording and wrap-up."""
        floor = self._floor
        floor.callers.pop(call.leg, None)
        self._close_talk(call, call.leg)
        if event.quality is not None:
            self.quality(call, call.leg, event.quality)
        by: Party = "caller" if event.by == "peer" else "agent" if call.party_left else "centre"
        floor.fact(call, "ended", by, by=by, reason=call.closing or event.reason, detail=event.detail)
        phase, call.phase = call.phase, Phase.ENDED
        call.run = None
        match phase:
            case Phase.WAITING:
                self._queueing.leave(call)
            case Phase.TRANSFERRING:
                self._reaching.withdraw(call)
            case Phase.TALKING:
                for party in call.parties:
                    floor.do(HangUp(leg=party.leg))
            case _:
                pass
        floor.forget_when_over(call)

    def party_ended(self, party: PartyLeg, event: LegEnded) -> None:
        """The agent's line is over: an offer failed, or the conversation ends."""
        floor = self._floor
        floor.parties.pop(party.leg, None)
        call = floor.calls.get(party.call)
        if call is None or party not in call.parties:
            return
        if party.answered:
            self._conversation_over(call, party, event)
        elif call.phase is Phase.ENDED:
            floor.part(call, party)
            if party.agent is not None:
                self._queueing.contact_ended(call, party.agent)
        elif party.offered_by_queue is not None:
            self._queueing.offer_failed(call, party, event.reason)
        else:
            self._reaching.failed(call, party, event.reason)
        floor.forget_when_over(call)

    def _conversation_over(self, call: Conversation, party: PartyLeg, event: LegEnded) -> None:
        floor = self._floor
        self._close_talk(call, party.leg)
        if event.quality is not None:
            self.quality(call, party.leg, event.quality)
        floor.fact(call, "parted", "agent", reason=event.reason, by=event.by, **whom(party))
        floor.part(call, party)
        if call.phase is not Phase.ENDED:
            call.party_left = event.by == "peer"
            call.closing = event.reason
            floor.do(HangUp(leg=call.leg))
        if party.agent is not None:
            self._queueing.contact_ended(call, party.agent)

    def _close_talk(self, call: Conversation, leg: LegId) -> None:
        """Whoever was speaking when the line ended spoke until then."""
        began_ms = call.talk_began.pop(leg, None)
        if began_ms is not None:
            ended_ms = max(began_ms, self._floor.now_ms)
            self._floor.fact(call, "talk", party_of(call, leg), began_ms=began_ms, ended_ms=ended_ms)


def party_of(call: Conversation, leg: LegId) -> Party:
    """Whose leg it is."""
    return "caller" if leg == call.leg else "agent"


def whom(party: PartyLeg) -> dict[str, str]:
    """The party as a fact's fields: the agent, or the outside number."""
    return {"agent": party.agent} if party.agent is not None else {"number": party.number}
