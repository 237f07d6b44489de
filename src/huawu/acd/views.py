"""Reads the ACD's memory for screens."""

from __future__ import annotations

from collections.abc import Container, Iterable
from heapq import nsmallest

from huawu.acd.events import QueueId
from huawu.acd.figures import AgentView, QueueView, WaitingView
from huawu.acd.parties import Agent, Call
from huawu.acd.queue import Queue
from huawu.acd.states import BREAK, READY, RINGING, SIGNED_OUT, TALKING, UNAVAILABLE, WRAP_UP


def view_queue(queue: Queue) -> QueueView:
    """After `Floor.count_states`."""
    policy, figures = queue.policy, queue.figures
    agents = queue.states
    return QueueView(
        queue=policy.queue,
        name=policy.name,
        waiting=len(queue.waiting),
        callbacks=len(queue.callbacks),
        longest_since_ms=queue.longest_since_ms(),
        ready=agents[READY],
        ringing=agents[RINGING],
        talking=agents[TALKING],
        wrap_up=agents[WRAP_UP],
        on_break=agents[BREAK],
        unavailable=agents[UNAVAILABLE],
        signed_in=len(queue.agents) - agents[SIGNED_OUT],
        offered=figures.offered,
        answered=figures.answered,
        abandoned=figures.abandoned,
        overflowed=figures.overflowed,
        called_back=figures.called_back,
        answered_in_goal=figures.answered_in_goal,
        service_level=figures.service_level,
        goal_share=policy.goal_share,
        goal_ms=policy.goal_ms,
        average_wait_ms=figures.average_wait_ms,
        estimate_ms=_outlook(queue, free=agents[READY] > 0),
        judged=figures.judged,
    )


def view_agent(agent: Agent) -> AgentView:
    return AgentView(
        agent=agent.agent,
        name=agent.profile.name,
        state=agent.state,
        since_ms=agent.since_ms,
        reason=agent.reason,
        call=agent.call,
        queue=agent.queue,
        queues=agent.profile.queues,
        calls_today=agent.calls_today,
        task=agent.task.task if agent.task is not None else "",
        task_until_ms=agent.task.until_ms if agent.task is not None else 0,
        wish=agent.wish or "",
        form=agent.form[0] if agent.form is not None else None,
        wish_reason=agent.wish_reason,
    )


def view_outlook(queue: Queue) -> int | None:
    """The wait of a caller who came now: none when somebody is free, else by the place behind all others."""
    return _outlook(queue, free=any(agent.state is READY for agent in queue.agents))


def _outlook(queue: Queue, *, free: bool) -> int | None:
    waiting = len(queue.waiting) + len(queue.callbacks)
    if not waiting and free:
        return 0
    return queue.pace.estimate_ms(waiting + 1, queue.working)


def view_lines(
    calls: Iterable[Call], queues: Container[QueueId], most: int
) -> dict[QueueId, list[WaitingView]]:
    """Callers (no callbacks) by queue, in order of service."""
    found: dict[QueueId, list[Call]] = {}
    for call in calls:
        if call.kind == "caller" and call.queue.policy.queue in queues:
            found.setdefault(call.queue.policy.queue, []).append(call)
    return {
        queue: [
            WaitingView(
                call=call.call,
                place=place,
                queued_ms=call.queued_ms,
                priority=call.priority,
                offered=call.offered_to.agent if call.offered_to is not None else None,
            )
            for place, call in enumerate(nsmallest(most, waiting, key=lambda call: call.place), 1)
        ]
        for queue, waiting in found.items()
    }
