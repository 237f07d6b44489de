"""Ringing one party directly: an agent by extension, or a number outside."""

from __future__ import annotations

from typing import Protocol

from huawu.acd.events import AgentId, AgentState, ContactBegan
from huawu.calls.conversation import Conversation, PartyLeg, Phase, Role
from huawu.calls.floor import Floor
from huawu.calls.outside import Outside
from huawu.calls.queueing import Queueing
from huawu.config.schema import Asker
from huawu.link.messages import File, HangUp, LegId, Music, Originate, Play, PlayId

RING_MS = 30_000


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

    def agent(self, call: Conversation, agent: AgentId, ring_ms: int = RING_MS) -> None:
        """Ring an agent who is ready; one who is not counts as busy, one without a phone as unavailable."""
        floor = self._floor
        floor.fact(call, "transfer", agent=agent)
        endpoint = floor.centre.endpoint_of.get(agent)
        if endpoint is None or floor.acd.agent_view(agent).state is not AgentState.READY:
            self._fail(call, "unavailable" if endpoint is None else "busy", agent=agent)
            return
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

    def outside(self, call: Conversation, number: str, asker: Asker, person: str = "") -> None:
        """Ring a number outside, on the wish of `asker`, if that is allowed."""
        floor = self._floor
        floor.fact(call, "transfer", number=number)
        leg = LegId(floor.name(call, "a"))
        refusal = self._way_out.place(call, leg, number, asker, person, ring_ms=2 * RING_MS)
        if refusal is None:
            self._ring(call, leg, number=number)
        else:
            self._fail(call, refusal.reason, number=number)

    def failed(self, call: Conversation, party: PartyLeg, reason: str) -> None:
        """The party that rang did not answer."""
        self._floor.part(call, party)
        if party.agent is not None:
            self._queueing.contact_ended(call, party.agent)
        self._fail(call, reason, agent=party.agent, number=party.number)

    def withdraw(self, call: Conversation) -> None:
        """The caller left while the party rang."""
        if (party := call.ringing) is not None:
            self._floor.do(HangUp(leg=party.leg, reason="cancelled"))

    def _ring(
        self, call: Conversation, leg: LegId, *, agent: AgentId | None = None, number: str = ""
    ) -> LegId:
        floor = self._floor
        call.phase = Phase.TRANSFERRING
        role = Role.OUTSIDE if agent is None else Role.AGENT
        floor.join(call, PartyLeg(leg=leg, call=call.call, role=role, agent=agent, number=number))
        call.play = PlayId(floor.name(call, "p"))
        prompt = [clip for clip in floor.clips(("transfer",), call.language) if isinstance(clip, File)]
        floor.do(Play(leg=call.leg, play=call.play, clips=(*prompt, Music(path=floor.hold_music))))
        return leg

    def _fail(self, call: Conversation, reason: str, **whom: str | None) -> None:
        self._floor.fact(
            call, "transfer_failed", "centre", reason=reason, **{k: v for k, v in whom.items() if v}
        )
        self.on_failure(call, reason)
