"""The callers of one queue who need the same, in order, face to face with the ready agents who have it."""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, Final

from huawu.acd.events import AgentProfile, SkillId
from huawu.acd.parties import Call, Need
from huawu.acd.pool import IdlePool, RankedPool

if TYPE_CHECKING:
    from huawu.acd.queue import Queue

NOBODY: Final = 1 << 200
"""The place at the head of an empty line: any caller's is better."""


class Line:
    """At any moment either the callers or the ready agents are none: who could meet has met."""

    __slots__ = (
        "callers",
        "first",
        "head",
        "is_direct",
        "need",
        "places",
        "pool",
        "queue",
        "skills",
        "staff",
    )

    def __init__(self, queue: Queue, need: Need) -> None:
        policy = queue.policy
        self.queue = queue
        self.need = need
        self.is_direct = isinstance(need, str)  # for one agent by name
        self.skills = needed_skills(policy.skills, need)
        self.callers: dict[int, Call] = {}  # by place
        self.places: list[int] = []  # sorted; may hold places of callers who left
        self.first = 0  # where in `places` the head is
        self.head = NOBODY  # the place of the next caller
        self.pool: IdlePool | RankedPool
        if policy.strategy == "longest_idle":
            self.pool = IdlePool()
        else:
            self.pool = RankedPool(policy.strategy, self.skills, queue.turns)
        self.staff = 0  # agents who fit and are signed in

    def fits(self, agent: AgentProfile) -> bool:
        """Whether the agent, being one of the queue, has what the callers need."""
        if isinstance(self.need, str):
            return agent.agent == self.need
        return all(agent.skills.get(skill, 0) >= level for skill, level in self.skills)

    def join(self, call: Call) -> None:
        call.line = self
        place = call.place
        self.callers[place] = call
        places = self.places
        if not places or places[-1] < place:
            places.append(place)
        else:
            insort(places, place, self.first)
        if place < self.head:
            self.head = place
        if not self.is_direct:
            self.queue.order.add(place)

    def leave(self, call: Call) -> None:
        call.line = None
        place = call.place
        del self.callers[place]
        if not self.is_direct:
            self.queue.order.remove(place)
        if place == self.head:
            self._advance()
        if len(self.places) > 2 * len(self.callers) + 32:
            self.places, self.first = sorted(self.callers), 0

    def _advance(self) -> None:
        """The first caller has left; the next becomes the head."""
        places, callers = self.places, self.callers
        for first in range(self.first + 1, len(places)):
            if places[first] in callers:
                self.first, self.head = first, places[first]
                return
        self.places, self.first, self.head = [], 0, NOBODY


def needed_skills(queue: dict[SkillId, int], need: Need) -> tuple[tuple[SkillId, int], ...]:
    """Least levels: the queue's and the call's own, the higher of both. None for a direct call."""
    if isinstance(need, str):
        return ()
    levels = dict(queue)
    for skill, level in need:
        levels[skill] = max(level, levels.get(skill, 0))
    return tuple(levels.items())
