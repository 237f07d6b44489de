"""What people do to a call from their page beside moving it: pause its recording, end it, call it urgent."""

from __future__ import annotations

from typing import Final, Literal, get_args

from huawu.acd.events import AgentId
from huawu.calls.conversation import Conversation, PartyLeg, Phase
from huawu.calls.errors import NotPossible
from huawu.calls.floor import Floor
from huawu.calls.seating import Seating
from huawu.link.messages import HangUp

Urgency = Literal["medical", "fire", "crime", "threat", "other"]
"""Of what kind (service book, part 9)."""
URGENCIES: Final[tuple[Urgency, ...]] = get_args(Urgency)


class DeskActs:
    """The engine's part for it."""

    def __init__(self, floor: Floor, seating: Seating) -> None:
        self._floor = floor
        self._seating = seating

    def pause(self, call: Conversation, *, by: str) -> None:
        """Silence is recorded from now on, until `resume` or until somebody else leads the conversation."""
        if call.recording is None:
            raise NotPossible("not_recorded")
        self._seating.pause_recording(call, by=by)

    def resume(self, call: Conversation, *, by: str) -> None:
        """The voices are recorded again."""
        if call.recording is None:
            raise NotPossible("not_recorded")
        self._seating.resume_recording(call, by=by)

    def end(self, call: Conversation, party: PartyLeg | None, *, by: str) -> None:
        """The party leaves as if it hung up; None = the call itself ends, for all."""
        if party is not None:
            party.leaves = True
            self._floor.do(HangUp(leg=party.leg))
            return
        if call.phase is Phase.PLACING:
            raise NotPossible("being_called_back")
        call.party_left = call.party_of(AgentId(by)) is not None or call.dialled_by == by
        call.closing = "normal"
        self._floor.do(HangUp(leg=call.leg))

    def mute(self, call: Conversation, on: bool, *, by: str) -> None:
        """Note that the agent's page sends silence from now on, or the voice again: only it can know."""
        speaker = call.party_of(AgentId(by)) or call
        if speaker.muted is not on:
            speaker.muted = on
            self._floor.fact(call, "muted" if on else "unmuted", "agent", agent=by)

    def urgent(self, call: Conversation, urgency: Urgency, text: str, *, by: str) -> None:
        """Say on record that somebody is in danger, or that a major incident is told."""
        call.urgent = urgency
        self._floor.fact(call, "urgent", "agent", agent=by, urgency=urgency, text=text)

    def asked_for_help(self, call: Conversation, request: str, *, by: str) -> None:
        """Note that the agent called the shift leader."""
        self._floor.fact(call, "help_asked", "agent", agent=by, help=request)
