"""What a restarted centre cannot learn from the switch: agents' states and the day's counts."""

from __future__ import annotations

import msgspec

from huawu.acd.events import AgentId, AgentState, CallId, QueueId, Value
from huawu.acd.figures import Figures
from huawu.acd.floor import Floor
from huawu.acd.parties import Agent, Task
from huawu.acd.queue import Queue
from huawu.acd.states import READY, RINGING, Trigger


class KeptAgent(Value, frozen=True, kw_only=True):
    """One agent in shift, or with calls today. An agent whose phone rang is kept as ready."""

    agent: AgentId
    state: AgentState
    since_ms: int
    reason: str = ""
    idle_ms: int = 0
    call: CallId | None = None
    queue: QueueId | None = None
    contacts: dict[CallId, QueueId | None] = msgspec.field(default_factory=dict)
    served: tuple[CallId, QueueId] | None = None
    wish: Trigger | None = None
    wish_reason: str = ""
    owed: tuple[CallId, QueueId] | None = None
    form: tuple[CallId, QueueId] | None = None
    calls_today: int = 0
    answered: tuple[CallId, ...] = ()
    """Of these the ones that the agent is still in."""
    task: Task | None = None


class KeptQueue(Value, frozen=True, kw_only=True):
    """One queue's counts, without the callers who wait: these are counted when they are queued again."""

    queue: QueueId
    offered: int
    answered: int
    answered_in_goal: int
    abandoned: int
    abandoned_in_goal: int
    overflowed: int
    called_back: int = 0
    waited_ms: int
    per_answer_ms: float | None
    turns: dict[AgentId, int]


class Snapshot(Value, frozen=True, kw_only=True):
    agents: tuple[KeptAgent, ...] = ()
    queues: tuple[KeptQueue, ...] = ()


def take_snapshot(floor: Floor) -> Snapshot:
    return Snapshot(
        agents=tuple(map(_keep_agent, floor.agents.values())),
        queues=tuple(map(_keep_queue, floor.queues.values())),
    )


def _keep_agent(agent: Agent) -> KeptAgent:
    ringing = agent.state is RINGING
    return KeptAgent(
        agent=agent.agent,
        state=READY if ringing else agent.state,
        since_ms=agent.since_ms,
        reason=agent.reason,
        idle_ms=agent.idle_ms,
        call=None if ringing else agent.call,
        queue=None if ringing else agent.queue,
        contacts=dict(agent.contacts),
        served=agent.served,
        wish=agent.wish,
        wish_reason=agent.wish_reason,
        owed=agent.owed,
        form=agent.form,
        calls_today=agent.calls_today,
        answered=tuple(sorted(agent.answered & agent.contacts.keys())),
        task=agent.task,
    )


def _keep_queue(queue: Queue) -> KeptQueue:
    figures = queue.figures
    return KeptQueue(
        queue=queue.policy.queue,
        offered=figures.offered - len(queue.waiting),
        answered=figures.answered,
        answered_in_goal=figures.answered_in_goal,
        abandoned=figures.abandoned,
        abandoned_in_goal=figures.abandoned_in_goal,
        overflowed=figures.overflowed,
        called_back=figures.called_back,
        waited_ms=figures.waited_ms,
        per_answer_ms=queue.pace.per_answer_ms,
        turns=dict(queue.turns),
    )


def restore_agent(agent: Agent, kept: KeptAgent) -> None:
    agent.state, agent.since_ms, agent.reason = kept.state, kept.since_ms, kept.reason
    agent.idle_ms = kept.idle_ms
    agent.call, agent.queue = kept.call, kept.queue
    agent.contacts = dict(kept.contacts)
    agent.served = kept.served
    agent.wish, agent.wish_reason = kept.wish, kept.wish_reason
    agent.owed = kept.owed
    agent.form = kept.form
    agent.calls_today, agent.answered = kept.calls_today, set(kept.answered)
    agent.task = kept.task


def restore_queue(queue: Queue, kept: KeptQueue) -> None:
    figures = Figures(kept.offered)
    figures.answered, figures.answered_in_goal = kept.answered, kept.answered_in_goal
    figures.abandoned, figures.abandoned_in_goal = kept.abandoned, kept.abandoned_in_goal
    figures.overflowed, figures.called_back = kept.overflowed, kept.called_back
    figures.waited_ms = kept.waited_ms
    queue.figures = figures
    queue.pace.per_answer_ms = kept.per_answer_ms
    queue.turns = dict(kept.turns)
    queue.turn = max(kept.turns.values(), default=0)
