"""Work that is no call (a voicemail), given to an agent for a time: the state of wrap-up, with its reason.

Calls made or taken meanwhile interrupt the task and do not end it. Choosing ready, break or the end of the
shift gives it back.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Final

import msgspec

from huawu.acd.events import AgentId, StartTimer, StopTimer, TaskDropped
from huawu.acd.hall import Hall
from huawu.acd.parties import Agent, Task
from huawu.acd.queue import ANYBODY, Queue
from huawu.acd.redial import grant_wish
from huawu.acd.states import READY, TALKING, WRAP_UP, Trigger

AFTER_CALL_MS: Final = 60_000
"""So much time at least is left to finish a task when a call in between is over."""


def begin_task(hall: Hall, name: AgentId, task: Task, at: int) -> None:
    """A ready agent begins; one in a call or its wrap-up goes on with it afterwards (after a restart)."""
    agent = hall.floor.agents.get(name)
    fits = agent is not None and not agent.removed and agent.state in (READY, TALKING, WRAP_UP)
    if agent is None or not fits or (agent.task is not None and agent.task.task != task.task):
        hall.out.append(TaskDropped(agent=name, task=task.task, why="not_ready"))
        return
    if agent.state is READY:
        hall.interrupt(agent)
        agent.task = task
        hall.turn(agent, Trigger.BEGIN_TASK, at, task.reason)
        _show(hall, agent, task)
        return
    begun = agent.task is not None
    agent.task = task
    if agent.state is WRAP_UP and agent.call is None and begun:
        _show(hall, agent, task)


def end_task(hall: Hall, agent: Agent, at: int) -> None:
    """It is done: the agent takes calls again, unless in one."""
    agent.task = None
    if agent.state is WRAP_UP and agent.call is None:
        hall.out.append(StopTimer(name=f"wrap:{agent.agent}"))
        hall.turn(agent, Trigger.END_WRAP_UP, at)
        grant_wish(hall, agent, at)
        hall.settle(agent, at)


def resume_task(hall: Hall, agent: Agent, at: int) -> bool:
    """The call in between, or its wrap-up, is over: back to the task; False: there is none, or no wish to."""
    task = agent.task
    if task is None or agent.wish in (Trigger.SIGN_OUT, Trigger.TAKE_BREAK):
        return False
    task = agent.task = msgspec.structs.replace(task, until_ms=max(task.until_ms, at + AFTER_CALL_MS))
    agent.served = None
    if agent.state is TALKING:
        hall.turn(agent, Trigger.BEGIN_WRAP_UP, at, task.reason)
    else:
        agent.since_ms, agent.reason, agent.call = at, task.reason, None
    _show(hall, agent, task)
    return True


def _show(hall: Hall, agent: Agent, task: Task) -> None:
    agent.queue = task.queue
    hall.out.append(StartTimer(name=f"wrap:{agent.agent}", due_ms=task.until_ms))
    hall.announce(agent)


def idle_agent(queue: Queue, besides: Container[AgentId]) -> AgentId | None:
    """The longest idle of the queue's ready agents who have its skills."""
    line = queue.lines[ANYBODY]
    ready = [
        agent
        for agent in queue.agents
        if agent.state is READY and agent.agent not in besides and line.fits(agent.profile)
    ]
    return min(ready, key=lambda agent: (agent.idle_ms, agent.ready_number)).agent if ready else None
