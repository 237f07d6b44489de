"""A call that the line dropped is taken up by the same agent before any other call, and wrap-up waits for it.

The redial stands in the agent's own line, before everybody, until it is offered or its time is over. An
agent whose wrap-up waits `owes` it: it follows the redial, or comes when the redial is declined or gone.
"""

from __future__ import annotations

from huawu.acd.events import CallId, Overflow, QueueId, StartTimer
from huawu.acd.hall import Hall
from huawu.acd.parties import Agent, Call
from huawu.acd.states import READY, TRANSITIONS, Trigger


def reserve(hall: Hall, call: Call, agent: Agent, until_ms: int) -> None:
    """The agent is for this redial now, until its time is over."""
    agent.reserved += 1
    call.until_ms = until_ms
    hall.out.append(StartTimer(name=f"until:{call.call}", due_ms=call.until_ms))


def take_redial(hall: Hall, agent: Agent, at: int) -> bool:
    """The agent's last call is over: the redial first; False when the agent has asked to sign out."""
    if agent.wish is Trigger.SIGN_OUT:
        return False
    agent.owed = agent.served or agent.owed
    hall.turn(agent, Trigger.END_CONTACT, at)
    if agent.wish is Trigger.LOSE_PHONE:
        grant_wish(hall, agent, at)
        hall.settle(agent, at)
    else:
        hall.free(agent, at)
    return True


def miss_redial(hall: Hall, call: Call, agent: Agent, reason: str, at: int) -> None:
    """The agent did not take it. Declining is no break: it leads to wrap-up, if one waits."""
    declined = reason == "declined"
    hall.overflow(call, "declined" if declined else "redial_missed", Overflow())
    if declined and begin_wrap_up(hall, agent, agent.owed, at):
        return
    agent.owed = None
    hall.turn(agent, Trigger.DECLINE if declined else Trigger.MISS, at, reason)
    hall.announce(agent)
    hall.give_up_preferring(agent, at)


def end_reservation(hall: Hall, call: Call, at: int) -> None:
    """The time is over: whatever the agent does, the redial is missed."""
    agent = call.offered_to
    if agent is not None:
        hall.withdraw_offer(call, agent, "reservation_over")
    hall.expire(call)
    if agent is not None:
        let_go(hall, agent, at)


def let_go(hall: Hall, agent: Agent, at: int) -> None:
    """What the agent's phone rang for is gone: wrap-up, if it waited, else the next call."""
    if begin_wrap_up(hall, agent, agent.owed, at):
        return
    hall.turn(agent, Trigger.LOSE_CALLER, at)
    if agent.wish is not None:
        grant_wish(hall, agent, at)
        hall.settle(agent, at)
    else:
        hall.free(agent, at)


def begin_wrap_up(hall: Hall, agent: Agent, served: tuple[CallId, QueueId] | None, at: int) -> bool:
    """Wrap-up for this call, if its queue asks for one."""
    if served is None:
        return False
    call, name = served
    queue = hall.floor.queues.get(name)
    if queue is None or not queue.policy.wrap_up_ms:
        return False
    hall.turn(agent, Trigger.BEGIN_WRAP_UP, at)
    agent.call, agent.queue = call, name
    agent.owed = None
    agent.overdue = False
    agent.form = served if queue.policy.form_required else None
    start_wrap_up_timer(hall, agent)
    hall.announce(agent)
    return True


def start_wrap_up_timer(hall: Hall, agent: Agent) -> None:
    if agent.task is not None and agent.call is None:
        hall.out.append(StartTimer(name=f"wrap:{agent.agent}", due_ms=agent.task.until_ms))
        return
    queue = hall.floor.queues.get(agent.queue) if agent.queue is not None else None
    length = queue.policy.wrap_up_ms if queue is not None else 0
    hall.out.append(StartTimer(name=f"wrap:{agent.agent}", due_ms=agent.since_ms + length))


def grant_wish(hall: Hall, agent: Agent, at: int) -> None:
    """What was noted during the call happens now, to an agent who would be ready."""
    wish, reason = agent.wish, agent.wish_reason
    if wish is not None and agent.state is READY and (agent.state, wish) in TRANSITIONS:
        hall.turn(agent, wish, at, reason)
