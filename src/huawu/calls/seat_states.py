"""Tells who calls from who talks: to the ACD both are busy in a call, to who looks they are not the same.

The ACD does not know whether the other side has answered (docs/decisions/0050). So its table of states has no
such state, and whatever is shown or counted for people asks here.
"""

from __future__ import annotations

from typing import Final

from huawu.acd.events import AgentId, AgentState, CallId
from huawu.acd.figures import AgentView
from huawu.calls.conversation import Phase
from huawu.calls.effects import Effects
from huawu.calls.facts import Kind
from huawu.calls.floor import Floor
from huawu.calls.views import SeatState

ANSWERS: Final[frozenset[Kind]] = frozenset({"answered", "agent_answered", "bridged"})
"""The facts after which `answered` may have something to tell."""


def seat_state(floor: Floor, view: AgentView) -> SeatState:
    """The state of this agent as screens say it."""
    if view.state is AgentState.TALKING and rings_out(floor, view.agent):
        return SeatState.CALLING
    return SeatState(view.state.value)


def rings_out(floor: Floor, agent: AgentId) -> bool:
    """Whether an agent who is in calls makes all of these, and nobody has answered yet."""
    calls = [floor.calls.get(CallId(name)) for name in floor.acd.contacts_of(agent)]
    return bool(calls) and all(call is not None and call.rings_out(agent) for call in calls)


def callers_out(floor: Floor) -> frozenset[AgentId]:
    """All agents whose state is `calling`; looks at every call in the house."""
    found: set[AgentId] = set()
    for call in floor.calls.values():
        if call.dialled_by is not None:
            found.add(call.dialled_by)
        elif call.phase is Phase.PLACING:
            found.update(party.agent for party in call.parties if party.agent is not None)
    known = (agent for agent in found if floor.centre.agent(agent) is not None)
    views = map(floor.acd.agent_view, known)
    return frozenset(view.agent for view in views if seat_state(floor, view) is SeatState.CALLING)


def answered(floor: Floor, name: CallId, effects: Effects) -> None:
    """Who called talks now: the agent's state reads otherwise, to the ACD it is the same."""
    call = floor.calls.get(name)
    for agent in (call.dialled_by, call.agent) if call is not None else ():
        profile = floor.centre.agent(agent) if agent is not None else None
        if profile is not None:
            effects.changed_agents.add(profile.agent)
            effects.changed_queues.update(profile.queues)
