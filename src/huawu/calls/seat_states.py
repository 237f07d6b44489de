"""Tells who talks from who calls and whose phone rings: to the ACD all are busy in a call, to who looks they
are not the same.

The ACD does not know whether a line has answered (docs/decisions/0050). So its table of states has no such
state, and whatever is shown or counted for people asks here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from huawu.acd.events import AgentId, AgentState, CallId
from huawu.acd.figures import AgentView
from huawu.calls.conversation import Conversation, Phase
from huawu.calls.effects import Effects
from huawu.calls.facts import Kind
from huawu.calls.floor import Floor
from huawu.calls.views import SeatState

ANSWERS: Final[frozenset[Kind]] = frozenset({"answered", "agent_answered", "bridged"})
"""The facts after which `answered` may have something to tell."""


def seat_state(floor: Floor, view: AgentView) -> SeatState:
    """The state of this agent as screens say it."""
    if view.state is not AgentState.TALKING:
        return SeatState(view.state.value)
    states = {_state_in(call, view.agent) for call in _calls_of(floor, view.agent)}
    shown = (SeatState.TALKING, SeatState.CALLING, SeatState.RINGING)  # of several calls, what counts most
    return next((state for state in shown if state in states), SeatState.TALKING)


def seat_since_ms(floor: Floor, view: AgentView) -> int:
    """Since when the agent is in that state: a conversation is one from its answer on."""
    if seat_state(floor, view) is not SeatState.TALKING:
        return view.since_ms
    calls = _calls_of(floor, view.agent)
    begun = (call.talks_since_ms(view.agent) for call in calls if call is not None)
    return max(view.since_ms, min(begun, default=0))


def before_talk(floor: Floor) -> Mapping[AgentId, SeatState]:
    """All agents who only to the ACD talk, and what they do; looks at every call in the house."""
    found: set[AgentId] = set()
    for call in floor.calls.values():
        if call.dialled_by is not None:
            found.add(call.dialled_by)
        placing = call.phase is Phase.PLACING
        rung = (party.agent for party in call.parties if placing or not party.answered)
        found.update(agent for agent in rung if agent is not None)
    known = (agent for agent in found if floor.centre.agent(agent) is not None)
    views = [view for view in map(floor.acd.agent_view, known) if view.state is AgentState.TALKING]
    states = {view.agent: seat_state(floor, view) for view in views}
    return {agent: state for agent, state in states.items() if state is not SeatState.TALKING}


def answered(floor: Floor, name: CallId, effects: Effects) -> None:
    """Who called, or was called, talks now: their state reads otherwise, to the ACD it is the same."""
    call = floor.calls.get(name)
    if call is None:
        return
    for agent in {call.dialled_by, *(party.agent for party in call.parties)}:
        profile = floor.centre.agent(agent) if agent is not None else None
        if profile is not None:
            effects.changed_agents.add(profile.agent)
            effects.changed_queues.update(profile.queues)


def _calls_of(floor: Floor, agent: AgentId) -> list[Conversation | None]:
    return [floor.calls.get(CallId(name)) for name in floor.acd.contacts_of(agent)]


def _state_in(call: Conversation | None, agent: AgentId) -> SeatState:
    if call is None:
        return SeatState.TALKING
    if call.rings_out(agent):
        return SeatState.CALLING
    return SeatState.RINGING if call.rings_at(agent) else SeatState.TALKING
