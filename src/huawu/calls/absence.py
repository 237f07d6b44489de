"""Parties whose browser went away in the middle of a call: noted on the timeline, until they are back."""

from __future__ import annotations

from collections.abc import Mapping

from huawu.calls.conversation import Conversation
from huawu.calls.facts import Kind
from huawu.calls.floor import Floor
from huawu.link.messages import LegId, LegView


class Absence:
    """The switch waits for them, lets the others hear music, and ends the leg that stays away."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def went(self, call: Conversation, leg: LegId, why: str) -> None:
        """A party's page was left (`left`), or nothing comes from it (`silent`)."""
        if leg not in call.away:
            call.away.add(leg)
            self._tell(call, "line_away", leg, why=why)

    def came_back(self, call: Conversation, leg: LegId) -> None:
        """It is there again, by the same line."""
        if leg in call.away:
            call.away.discard(leg)
            self._tell(call, "line_back", leg)

    def settle(self, call: Conversation, legs: Mapping[LegId, LegView]) -> None:
        """Make it agree with the switch: whoever went or returned unnoticed."""
        for leg in (call.leg, *(party.leg for party in call.parties)):
            if leg in legs and legs[leg].away:
                self.went(call, leg, "silent")
            else:
                self.came_back(call, leg)

    def _tell(self, call: Conversation, kind: Kind, leg: LegId, **fields: str) -> None:
        party = call.party_at(leg)
        who = party.whom if party is not None else {}
        self._floor.fact(call, kind, "caller" if leg == call.leg else "agent", leg=leg, **fields, **who)
