"""A new line takes the place of an old one (RFC 3891): the same person goes on at another phone."""

from __future__ import annotations

from huawu.calls.conversation import Conversation, PartyLeg, Phase, Purpose
from huawu.calls.floor import Floor
from huawu.calls.seating import Seating
from huawu.link.messages import Answer, HangUp, LegId, LegOffered, Reason, Reject


class Replacing:
    """Only the same agent, or a caller from the same phone or trunk, may take a place."""

    def __init__(self, floor: Floor, seating: Seating) -> None:
        self._floor = floor
        self._seating = seating
        self._callers: dict[LegId, LegId] = {}  # a caller's new leg → the old one

    def offered(self, event: LegOffered) -> None:
        """Somebody calls to take a place: answer, or say why not."""
        floor = self._floor
        assert event.replaces is not None
        party = floor.parties.get(event.replaces)
        call = floor.call_of(event.replaces)
        if call is None or call.phase is Phase.ENDED:
            floor.do(Reject(leg=event.leg, reason="not_found"))
        elif party is not None:
            agent = floor.centre.agent_of.get(event.endpoint) if event.endpoint is not None else None
            if agent is None or agent != party.agent or not party.answered:
                floor.do(Reject(leg=event.leg, reason="forbidden"))
                return
            new = PartyLeg(
                leg=event.leg,
                call=call.call,
                role=party.role,
                agent=agent,
                purpose=Purpose.REPLACE,
                beside=party.leg,
            )
            floor.join(call, new)
            floor.do(Answer(leg=event.leg))
        elif not _same_source(call, event) or call.phase not in (Phase.TALKING, Phase.PARKED):
            floor.do(Reject(leg=event.leg, reason="forbidden"))
        else:
            self._callers[event.leg] = event.replaces
            floor.do(Answer(leg=event.leg))

    def answered(self, call: Conversation, party: PartyLeg) -> None:
        """The new line stands: the old one ends, everything else stays."""
        floor = self._floor
        old = call.party_at(party.beside)
        floor.part(call, party)
        waits = call.transfer is not None and old is not None and call.transfer.leg == old.leg
        if old is None or not old.answered or waits:  # who waits for a transfer's outcome is told there
            floor.do(HangUp(leg=party.leg))
            return
        before = old.leg
        call.away.discard(before)
        floor.fact(call, "replaced", "agent", leg=party.leg, old=before, **party.whom)
        floor.parties.pop(before, None)
        floor.parties[party.leg] = old
        old.leg = party.leg
        for other in call.parties:
            if other.beside == before:
                other.beside = party.leg
        self._seating.gone(call, before)
        self._seating.arrange(call)
        floor.do(HangUp(leg=before))

    def failed(self, call: Conversation, party: PartyLeg, reason: Reason) -> None:
        """The new line never stood; the old one goes on."""

    def caller_answered(self, leg: LegId) -> bool:
        """A caller's new line stands; False = this leg is nobody's new line."""
        before = self._callers.pop(leg, None)
        if before is None:
            return False
        floor = self._floor
        call = floor.calls.get(floor.callers[before]) if before in floor.callers else None
        if call is None or call.phase not in (Phase.TALKING, Phase.PARKED):
            floor.do(HangUp(leg=leg))
            return True
        self._seating.replace_caller(call, leg)
        return True

    def ended(self, leg: LegId) -> None:
        """A caller's new line ended before it stood."""
        self._callers.pop(leg, None)


def _same_source(call: Conversation, event: LegOffered) -> bool:
    if event.endpoint is not None:
        return event.endpoint == call.endpoint
    return event.trunk is not None and event.trunk == call.trunk
