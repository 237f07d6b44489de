"""Reads the ACD's memory for screens."""

from __future__ import annotations

from huawu.acd.figures import AgentView, QueueView
from huawu.acd.parties import Agent
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
