"""The two sides the ACD brings together, as it remembers them: callers who wait and agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from huawu.acd.events import (
    AgentId,
    AgentProfile,
    AgentState,
    CallId,
    CallKind,
    CallQueued,
    QueueId,
    QueuePolicy,
    SkillId,
)
from huawu.acd.states import Trigger

if TYPE_CHECKING:
    from huawu.acd.line import Line
    from huawu.acd.queue import Queue

Skills = tuple[tuple[SkillId, int], ...]
"""Skills and least levels, sorted."""


class Widened(msgspec.Struct, frozen=True, gc=False):
    """What a call asks that has taken so many of its queue's steps."""

    step: int
    asked: Skills


class Task(msgspec.Struct, frozen=True, gc=False):
    """What an agent works on that is no call, until an instant; `reason` is what screens show."""

    task: str
    queue: QueueId
    until_ms: int
    reason: str


Need = Skills | AgentId | Widened
"""What a call asks beyond its queue: skills, less of them after a step, or one agent by name."""

URGENT_MS = 10**13
"""A redial stands before everybody: as if it had waited three hundred years."""


ORDER_BITS = 40


def in_order(at_ms: int, number: int) -> int:
    """A time and, between equal times, an order, as one integer: quick to compare and light to keep."""
    return (at_ms << ORDER_BITS) + number


def when(in_order: int) -> int:
    """The time in such an integer."""
    return in_order >> ORDER_BITS


class Call(msgspec.Struct, gc=False, eq=False):
    """A caller who is not answered yet: standing in a line, or offered to an agent.

    Only `Hall.calls` holds callers, all others know them by name. So none is part of a cycle, and the
    garbage collector need not visit the many who wait.
    """

    call: CallId
    queue: Queue
    need: Need
    priority: int
    queued_ms: int  # where the caller's wait began, in this queue or before
    joined_ms: int  # when the caller joined this queue
    number: int  # order of joining, between equal times
    arrival: int  # the queueing in order of time
    place: int  # in the order of service, over all queues
    is_direct: bool  # for one agent by name
    line: Line | None = None  # where the caller stands, if not offered
    offered_to: Agent | None = None
    ringing: bool = False  # the agent's phone rings
    admitted: bool = False  # has stood in line or been offered: no line is too long any more
    bound_ms: int | None = None  # when the timer of the longest wait runs out
    announcing: bool = False  # the timer of the announcements runs
    kind: CallKind = "caller"
    asked: Skills = ()  # beyond the queue's
    step: int = 0  # so many steps of the queue are taken
    step_ms: int | None = None  # when the timer of the next one runs out
    prefers: AgentId | None = None  # waits for this agent, until `until_ms`
    until_ms: int = 0

    @classmethod
    def of(cls, asked: CallQueued, queue: Queue, number: int) -> Call:
        since, priority, agent = asked.queued_ms, asked.priority, asked.agent
        skills = tuple(sorted(asked.skills.items())) if asked.skills else ()
        call = cls(
            asked.call,
            queue,
            agent or skills,
            priority,
            since,
            asked.at_ms if asked.joined_ms is None else asked.joined_ms,
            number,
            in_order(since, number),
            find_place(queue.policy, priority, since, number),
            agent is not None,
        )
        if skills:
            call.asked = skills
        if asked.kind != "caller":
            call.kind = asked.kind
            call.find_place()
        return call

    def find_place(self) -> None:
        """Sort the call in by what it asks now, while it stands in no line."""
        policy, priority, since = self.queue.policy, self.priority, self.queued_ms
        if self.kind == "redial":
            since -= URGENT_MS
        elif self.step:
            priority += policy.steps[self.step - 1].priority
        self.place = find_place(policy, priority, since, self.number)

    def find_need(self) -> None:
        """Say anew what the call asks, while it stands in no line."""
        if self.is_direct:
            return
        self.need = self.prefers or (Widened(self.step, self.asked) if self.step else self.asked)


def find_place(policy: QueuePolicy, priority: int, queued_ms: int, number: int) -> int:
    """Sorts callers over all queues: earlier first, each level of priority worth `ageing_ms` of waiting.

    Waiting raises all alike, so the order never changes while they wait.
    """
    return in_order(queued_ms - (priority + policy.weight) * policy.ageing_ms, number)


class Agent:
    """An agent in or out of shift."""

    __slots__ = (
        "agent",
        "answered",
        "call",
        "calls_today",
        "contacts",
        "counted",
        "form",
        "idle_ms",
        "lines",
        "offer",
        "overdue",
        "owed",
        "profile",
        "queue",
        "queues",
        "ready_number",
        "reason",
        "removed",
        "reserved",
        "served",
        "since_ms",
        "state",
        "task",
        "wish",
        "wish_reason",
    )

    def __init__(self, profile: AgentProfile) -> None:
        self.agent: AgentId = profile.agent
        self.profile = profile
        self.state = AgentState.SIGNED_OUT
        self.counted = self.state  # the state as which the agent is in the counts of the queues
        self.since_ms = 0
        self.reason = ""
        self.call: CallId | None = None  # the call that the state is about
        self.queue: QueueId | None = None
        self.idle_ms = 0  # without work since
        self.ready_number = 0  # of this time of being ready; 0 = is not
        self.queues: list[Queue] = []  # those the agent serves
        self.lines: list[Line] = []  # in them, and for the agent by name: those the agent can serve
        self.offer: CallId | None = None
        self.contacts: dict[
            CallId, QueueId | None
        ] = {}  # calls the agent is in, with the queue they came from
        self.served: tuple[CallId, QueueId] | None = None  # the call that wrap-up will be for
        self.reserved = 0  # redials that wait for the agent or are being offered
        self.owed: tuple[CallId, QueueId] | None = None  # the call whose wrap-up waits for a redial
        self.task: Task | None = None  # between calls, in the state of wrap-up
        self.overdue = False  # wrap-up's time is over, and it lasts because of the form
        self.form: tuple[CallId, QueueId] | None = None  # the call whose form must be filed before the next
        self.wish: Trigger | None = None  # happens after the calls and wrap-up
        self.wish_reason = ""
        self.answered: set[CallId] = set()  # today: whoever called, by whatever way
        self.calls_today = 0  # how many these are
        self.removed = False  # no longer in the policy; signed out when the calls are over

    def answer(self, call: CallId) -> bool:
        """The agent answers a call that came in; False: it was counted today, and came back."""
        if call in self.answered:
            return False
        self.answered.add(call)
        self.calls_today += 1
        return True
