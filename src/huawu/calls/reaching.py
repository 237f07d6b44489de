"""Ringing one party directly: an agent by extension, or a number outside."""

from __future__ import annotations

from collections.abc import Container
from typing import Protocol

from huawu.acd.events import AgentId, AgentState, ContactBegan
from huawu.calls.conversation import Conversation, PartyLeg, Phase, Purpose, Role
from huawu.calls.floor import Floor
from huawu.calls.outside import Outside, Refusal
from huawu.calls.queueing import Queueing
from huawu.config.plan import Destination, ToAgent, ToFlow, ToOutside, ToQueue
from huawu.config.trunks import Asker
from huawu.link.messages import File, LegId, Music, Originate, Play, PlayId, Reason

RING_MS = 30_000
ASKABLE = (AgentState.READY, AgentState.WRAP_UP, AgentState.BREAK)


class OnFailure(Protocol):
    """What happens to a caller whose party was not reached."""

    def __call__(self, call: Conversation, reason: str) -> None: ...


class Reaching:
    """Rings parties that no queue chose."""

    def __init__(self, floor: Floor, queueing: Queueing, way_out: Outside) -> None:
        self._floor = floor
        self._queueing = queueing
        self._way_out = way_out
        self.on_failure: OnFailure = lambda call, reason: None

    def free(self, agent: AgentId) -> Reason | None:
        """Why an agent cannot be rung: busy, or unavailable, signed out or without a phone. None: can."""
        return self._why_not(agent, (AgentState.READY,))

    def askable(self, agent: AgentId) -> Reason | None:
        """Why a colleague cannot be rung to be asked; break and wrap-up are no reason between people."""
        return self._why_not(agent, ASKABLE)

    def _why_not(self, agent: AgentId, states: Container[AgentState]) -> Reason | None:
        """What somebody who asks for an agent in none of these states is told."""
        centre = self._floor.centre
        if agent not in centre.endpoint_of or centre.agent(agent) is None:
            return "unavailable"
        state = self._floor.acd.agent_view(agent).state
        if state in states:
            return None
        return "unavailable" if state is AgentState.SIGNED_OUT else "busy"

    def agent(self, call: Conversation, agent: AgentId, ring_ms: int = RING_MS, **how: str) -> None:
        """Ring an agent who is ready, for the caller; `how` goes with the fact."""
        floor = self._floor
        floor.fact(call, "transfer", "centre", agent=agent, **how)
        if (reason := self.free(agent)) is not None:
            self._fail(call, reason, agent=agent)
            return
        self.ring(call, agent, ring_ms)

    def ring(self, call: Conversation, agent: AgentId, ring_ms: int = RING_MS) -> None:
        """Ring an agent for the caller, whatever the agent's state."""
        floor = self._floor
        endpoint = floor.centre.endpoint_of[agent]
        leg = self._ring(call, LegId(floor.name(call, "a")), agent=agent)
        floor.do(
            Originate(
                leg=leg,
                endpoint=endpoint,
                caller_number=call.caller,
                caller_name=call.caller_name,
                ring_ms=ring_ms,
            )
        )
        self._queueing.step(ContactBegan(at_ms=floor.now_ms, call=call.call, agent=agent))

    def outside(self, call: Conversation, number: str, asker: Asker, person: str = "", **how: str) -> None:
        """Ring a number outside, on the wish of `asker`, if that is allowed; `how` goes with the fact."""
        floor = self._floor
        floor.fact(call, "transfer", "centre", number=number, **how)
        leg = LegId(floor.name(call, "a"))
        refusal = self._way_out.place(call, leg, number, asker, person, ring_ms=2 * RING_MS)
        if refusal is None:
            self._ring(call, leg, number=number)
        else:
            self._fail(call, refusal.reason, number=number)

    def asker(self, agent: str) -> tuple[Asker, str]:
        """On whose wish a call leaves for an agent who consults or adds a party: by role and name."""
        role = self._floor.centre.role_of.get(AgentId(agent))
        return ("phone", "") if role is None else (role, agent)

    def may_leave(self, call: Conversation, number: str, asker: Asker, person: str) -> Refusal | None:
        """Why a call to this number outside would not be let out."""
        return self._way_out.may(call, number, asker, person)

    def also(
        self,
        call: Conversation,
        place: ToAgent | ToOutside,
        role: Role,
        purpose: Purpose,
        *,
        asks: str,
        by: str,
    ) -> PartyLeg | None:
        """Ring one more party for the agent who `asks`; the caller's line is not touched.

        None: nobody rings, because no call may leave for that number (any more).
        """
        floor = self._floor
        leg = LegId(floor.name(call, "a"))
        if isinstance(place, ToAgent):
            party = PartyLeg(leg=leg, call=call.call, role=role, agent=place.agent, purpose=purpose)
            endpoint = floor.centre.endpoint_of[place.agent]
            caller = floor.centre.extension(asks) or asks
            floor.do(Originate(leg=leg, endpoint=endpoint, caller_number=caller, ring_ms=RING_MS))
        else:
            party = PartyLeg(leg=leg, call=call.call, role=Role.OUTSIDE, number=place.number, purpose=purpose)
            asker, person = self.asker(asks)
            if self._way_out.place(call, leg, place.number, asker, person, ring_ms=2 * RING_MS) is not None:
                return None
        floor.join(call, party)
        floor.fact(call, "party_rung", "centre", **party.whom, purpose=purpose.value, by=by)
        if party.agent is not None:
            self._queueing.step(ContactBegan(at_ms=floor.now_ms, call=call.call, agent=party.agent))
        return party

    def failed(self, call: Conversation, party: PartyLeg, reason: str) -> None:
        """The party that rang did not answer."""
        self._floor.part(call, party)
        if party.agent is not None:
            self._queueing.contact_ended(call, party.agent)
        self._fail(call, reason, agent=party.agent, number=party.number)

    def _ring(
        self, call: Conversation, leg: LegId, *, agent: AgentId | None = None, number: str = ""
    ) -> LegId:
        floor = self._floor
        call.phase = Phase.TRANSFERRING
        role = Role.OUTSIDE if agent is None else Role.AGENT
        floor.join(call, PartyLeg(leg=leg, call=call.call, role=role, agent=agent, number=number))
        if call.unanswered:
            return leg  # hears the far network, or that it rings, and nothing before
        call.play = PlayId(floor.name(call, "p"))
        prompt = [clip for clip in floor.clips(("transfer",), call.language) if isinstance(clip, File)]
        floor.do(Play(leg=call.leg, play=call.play, clips=(*prompt, Music(path=floor.hold_music))))
        return leg

    def _fail(self, call: Conversation, reason: str, **whom: str | None) -> None:
        self._floor.fact(
            call, "transfer_failed", "centre", reason=reason, **{k: v for k, v in whom.items() if v}
        )
        self.on_failure(call, reason)


def place_told(place: Destination) -> dict[str, str]:
    """Where somebody is sent, or sought, as a fact's fields."""
    match place:
        case ToAgent():
            return {"agent": place.agent}
        case ToQueue():
            return {"queue": place.queue}
        case ToFlow():
            return {"flow": place.flow}
        case ToOutside():
            return {"number": place.number}
        case _:
            return {}
