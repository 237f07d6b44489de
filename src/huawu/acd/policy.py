"""A new policy in the middle of a day: who waits keeps waiting, who works keeps working."""

from __future__ import annotations

from huawu.acd.events import AgentId, AgentProfile, Overflow, PolicyChanged
from huawu.acd.hall import Hall
from huawu.acd.parties import Agent
from huawu.acd.queue import Queue
from huawu.acd.states import READY, SIGNED_OUT, TALKING, Trigger


def change_policy(hall: Hall, event: PolicyChanged) -> None:
    """Everything is connected anew, then every caller in line is placed, best place first.

    Offers under way go on, even to agents who no longer fit. Callers of a removed queue overflow with
    nothing to follow; a removed agent signs out, after the calls if in any.
    """
    at = event.at_ms
    kept_queues = {policy.queue for policy in event.queues}
    kept_agents = {profile.agent for profile in event.agents}
    freed: list[Agent] = []
    for name in [name for name in hall.floor.queues if name not in kept_queues]:
        freed += _remove_queue(hall, hall.floor.queues.pop(name), at)
    for agent in list(hall.floor.agents.values()):
        if agent.agent not in kept_agents:
            _remove_agent(hall, agent, at)
        elif agent.removed:  # and now back
            agent.wish = None
    hall.floor.arrange(event.queues, event.agents)
    for call in hall.calls.values():
        call.step = min(call.step, len(call.queue.policy.steps))
        if call.prefers is not None and not _serves(hall, call.prefers, call.queue):
            hall.stop_preferring(call)
        call.find_need()
        call.find_place()
        call.line = None
    standing = [call for call in hall.calls.values() if call.offered_to is None]
    for call in sorted(standing, key=lambda call: call.place):
        if call.is_direct and call.need not in kept_agents:
            hall.overflow(call, "no_agent", call.queue.policy.no_agent)
        else:
            hall.place(call, at)
    for agent in freed:
        if agent.state is READY:
            hall.free(agent, at)


def _serves(hall: Hall, name: AgentId, queue: Queue) -> bool:
    """Whether this agent is one of the queue's."""
    agent = hall.floor.agents.get(name)
    return agent is not None and not agent.removed and queue in agent.queues


def _remove_queue(hall: Hall, queue: Queue, at: int) -> list[Agent]:
    """Its callers are led elsewhere; returns the agents whose phones had rung for them."""
    freed = []
    for call in [call for call in hall.calls.values() if call.queue is queue]:
        agent = call.offered_to
        if agent is not None:
            hall.withdraw_offer(call, agent, "caller_left")
            hall.turn(agent, Trigger.LOSE_CALLER, at)
            freed.append(agent)
        hall.overflow(call, "no_agent", Overflow())
    return freed


def _remove_agent(hall: Hall, agent: Agent, at: int) -> None:
    agent.profile = AgentProfile(agent=agent.agent, name=agent.profile.name)
    if agent.state is TALKING:
        agent.removed, agent.wish = True, Trigger.SIGN_OUT
        return
    del hall.floor.agents[agent.agent]
    if agent.state is not SIGNED_OUT:
        hall.interrupt(agent)
        hall.turn(agent, Trigger.SIGN_OUT, at)
        hall.announce(agent)
