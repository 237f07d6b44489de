"""A phone that called somebody sends them on (REFER by the caller's side): whom it called goes elsewhere.

Everything in a call turns round its caller. So whoever is sent on becomes the caller of a call of their own,
which begins where they are sent, and the call in which they were called is over.
"""

from __future__ import annotations

from typing import Protocol

from huawu.acd.events import AgentId, CallId, ContactBegan
from huawu.calls.conversation import Conversation, PartyLeg, Phase
from huawu.calls.errors import NoSuchPlace, NotPossible
from huawu.calls.floor import Floor
from huawu.calls.queueing import Queueing
from huawu.calls.reaching import Reaching
from huawu.calls.seating import Seating
from huawu.calls.sound import SILENCE, At
from huawu.config.plan import ToAgent, ToFeature, ToOutside, ToSlot
from huawu.link.messages import HangUp, TellTransfer


class Ways(Protocol):
    """Where callers can be led; satisfied by `Flowing`."""

    def lead_to(self, call: Conversation, number: str) -> None: ...


class PassingOn:
    """Blind transfers by who called."""

    def __init__(self, floor: Floor, queueing: Queueing, reaching: Reaching, seating: Seating) -> None:
        self._floor = floor
        self._queueing = queueing
        self._reaching = reaching
        self._seating = seating

    def send(self, call: Conversation, number: str, ways: Ways) -> None:
        """Whom the agent called is led to `number`, and the agent is done. Raises `MoveError`."""
        agent = call.dialled_by
        if agent is None:
            raise NotPossible("nobody_talks", "forbidden")
        party = call.talking
        if call.phase is not Phase.TALKING or party is None or call.parties != [party]:
            raise NotPossible("not_alone")
        place = self._floor.centre.numbers.find(number)
        if place is None or isinstance(place, ToFeature | ToSlot):
            raise NoSuchPlace(f"number {number}")
        if isinstance(place, ToAgent) and (reason := self._reaching.free(place.agent)) is not None:
            raise NotPossible("agent_not_free", reason, agent=place.agent)
        if isinstance(place, ToOutside):
            refusal = self._reaching.may_leave(call, place.number, "transfer", str(agent))
            if refusal is not None:
                raise NotPossible("may_not_leave", refusal.reason, detail=refusal.words)
        fields = {"number": number, "by": agent, "of": agent, "how": "blind"}
        self._floor.fact(call, "transfer", "agent", **fields)
        onward = self._call_of_its_own(call, party, number)
        self._floor.do(TellTransfer(leg=call.leg, state="done"))
        call.phase, call.sound, call.closing = Phase.FLOW, SILENCE, "normal"
        self._floor.do(HangUp(leg=call.leg))
        if isinstance(place, ToOutside):
            self._reaching.outside(onward, place.number, "transfer", str(agent))
        else:
            ways.lead_to(onward, number)

    def _call_of_its_own(self, call: Conversation, party: PartyLeg, number: str) -> Conversation:
        floor = self._floor
        party.at = call.caller_at = At.AWAY
        self._seating.arrange(call)
        self._seating.note_leaving(call, party, "normal", by=str(call.dialled_by))
        floor.part(call, party)
        phone = floor.centre.endpoint_of.get(party.agent) if party.agent is not None else None
        onward = Conversation(
            call=CallId(floor.token()),
            leg=party.leg,
            caller=party.number or floor.centre.extension(str(party.agent)) or str(party.agent),
            number=number,
            language=floor.centre.language,
            began_ms=floor.now_ms,
            endpoint=phone,
            switch=call.switch,
            answered=True,
        )
        floor.calls[onward.call] = onward
        floor.callers[party.leg] = onward.call
        source = {"endpoint": phone, "switch": call.switch or None}
        floor.fact(
            onward,
            "offered",
            "caller",
            leg=party.leg,
            caller=onward.caller,
            caller_name="",
            number=number,
            language=onward.language,
            origin=call.call,
            **{name: value for name, value in source.items() if value is not None},
        )
        floor.fact(onward, "answered", "caller")
        floor.fact(call, "moved", "centre", into=onward.call, **party.whom)
        if party.agent is not None:
            self._goes_with(call, onward, party.agent)
        return onward

    def _goes_with(self, call: Conversation, onward: Conversation, agent: AgentId) -> None:
        """The agent who was called is busy in the new call, as if in one dialled from their phone."""
        onward.dialled_by = agent
        self._queueing.step(ContactBegan(at_ms=self._floor.now_ms, call=onward.call, agent=agent))
        self._queueing.contact_ended(call, agent)
