"""The two sides the ACD brings together, as it remembers them: callers who wait and agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from huawu.acd.events import AgentId, AgentProfile, AgentState, CallId, CallQueued, QueueId, SkillId
from huawu.acd.states import Trigger

if TYPE_CHECKING:
    from huawu.acd.line import Line
    from huawu.acd.queue import Queue

Need = tuple[tuple[SkillId, int], ...] | AgentId
"""What a call asks beyond its queue: skills and levels, sorted, or one agent by name."""


ORDER_BITS = 40


def in_order(at_ms: int, number: int) -> int:
    """A time and, between equal times, an order, as one integer: quick to compare and light to keep."""
    return (at_ms << ORDER_BITS) + number


def when(in_order: int) -> int:
    """The time in such an integer."""
    return in_order >> ORDER_BITS


class Call:
    """A caller who is not answered yet: standing in a line, or offered to an agent."""

    __slots__ = (
        "admitted",
        "announcing",
        "arrival",
        "bound_ms",
        "call",
        "is_direct",
        "joined_ms",
        "line",
        "need",
        "number",
        "offered_to",
        "place",
        "priority",
        "queue",
        "queued_ms",
        "ringing",
    )

    def __init__(self, asked: CallQueued, queue: Queue, number: int) -> None:
        self.call: CallId = asked.call
        self.queue = queue
        self.need: Need = asked.agent or (tuple(sorted(asked.skills.items())) if asked.skills else ())
        self.is_direct = asked.agent is not None  # for one agent by name
        self.priority = asked.priority
        self.queued_ms = asked.queued_ms  # where the caller's wait began, in this queue or before
        self.joined_ms = asked.at_ms  # when the caller joined this queue
        self.number = number  # order of joining, between equal times
        self.arrival = in_order(asked.queued_ms, number)
        self.find_place()
        self.line: Line | None = None  # where the caller stands, if not offered
        self.offered_to: Agent | None = None
        self.ringing = False  # the agent's phone rings
        self.admitted = False  # has stood in line or been offered: no line is too long any more
        self.bound_ms: int | None = None  # when the timer of the longest wait runs out
        self.announcing = False  # the timer of the announcements runs

    def find_place(self) -> None:
        """Sorts callers over all queues: earlier first, each level of priority worth `ageing_ms` of waiting.

        Waiting raises all alike, so the order never changes while they wait.
        """
        policy = self.queue.policy
        key = self.queued_ms - (self.priority + policy.weight) * policy.ageing_ms
        self.place = in_order(key, self.number)


class Agent:
    """An agent in or out of shift."""

    __slots__ = (
        "agent",
        "call",
        "calls_today",
        "contacts",
        "idle_ms",
        "lines",
        "offer",
        "profile",
        "queue",
        "ready_number",
        "reason",
        "removed",
        "served",
        "since_ms",
        "state",
        "wish",
        "wish_reason",
    )

    def __init__(self, profile: AgentProfile) -> None:
        self.agent: AgentId = profile.agent
        self.profile = profile
        self.state = AgentState.SIGNED_OUT
        self.since_ms = 0
        self.reason = ""
        self.call: CallId | None = None  # the call that the state is about
        self.queue: QueueId | None = None
        self.idle_ms = 0  # without work since
        self.ready_number = 0  # of this time of being ready; 0 = is not
        self.lines: list[Line] = []  # those the agent can serve
        self.offer: Call | None = None
        self.contacts: dict[
            CallId, QueueId | None
        ] = {}  # calls the agent is in, with the queue they came from
        self.served: tuple[CallId, QueueId] | None = None  # the call that wrap-up will be for
        self.wish: Trigger | None = None  # happens after the calls and wrap-up
        self.wish_reason = ""
        self.calls_today = 0
        self.removed = False  # no longer in the policy; signed out when the calls are over
