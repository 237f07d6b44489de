"""The callers of one queue who need the same, in order, face to face with the ready agents who have it."""

from __future__ import annotations

from bisect import bisect
from typing import TYPE_CHECKING, Final

from huawu.acd.events import AgentProfile, CallId, QueuePolicy, SkillId
from huawu.acd.parties import Call, Need, Widened
from huawu.acd.pool import IdlePool, RankedPool

if TYPE_CHECKING:
    from huawu.acd.queue import Queue

NOBODY: Final = 1 << 200
"""The place at the head of an empty line: any caller's is better."""


class Line:
    """At any moment either the callers or the ready agents are none: who could meet has met."""

    __slots__ = (
        "first",
        "gone",
        "head",
        "is_direct",
        "names",
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
        self.skills = needed_skills(policy, need)
        self.places: list[int] = []  # sorted
        self.names: list[CallId] = []  # of the callers in these places
        self.first = 0  # where in both the head is; those before have left
        self.gone: set[int] = set()  # places behind the head whose callers have left
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
        levels = agent.skills
        return all(levels.get(skill, 0) >= level for skill, level in self.skills)

    def join(self, call: Call) -> None:
        call.line = self
        place, places = call.place, self.places
        if not places or places[-1] < place:
            places.append(place)
            self.names.append(call.call)
        else:
            at = bisect(places, place, self.first)
            places.insert(at, place)
            self.names.insert(at, call.call)
        if place < self.head:
            self.head = place
        if not call.is_direct:  # who only prefers an agent has a place among all
            self.queue.order.add(place)

    def leave(self, call: Call) -> None:
        """The first may come back to the old place; others leave for good."""
        call.line = None
        place = call.place
        if not call.is_direct:
            self.queue.order.remove(place)
        gone = self.gone
        if place != self.head:
            gone.add(place)
            if len(gone) > 32 and 2 * len(gone) > len(self.places) - self.first:
                self._close_up()
            return
        places, first = self.places, self.first + 1
        while gone and places[first] in gone:
            gone.remove(places[first])
            first += 1
        if first == len(places):
            self.places, self.names, self.first, self.head = [], [], 0, NOBODY
            return
        self.first, self.head = first, places[first]
        if first > 32 and 2 * first > len(places):
            self._close_up()

    def __len__(self) -> int:
        return len(self.places) - self.first - len(self.gone)

    def callers(self) -> list[CallId]:
        """All in order."""
        first, gone = self.first, self.gone
        standing = zip(self.places[first:], self.names[first:], strict=True)
        return [name for place, name in standing if place not in gone]

    def _close_up(self) -> None:
        """Forgets those who have left."""
        names = self.callers()
        self.places = [place for place in self.places[self.first :] if place not in self.gone]
        self.names, self.first, self.gone = names, 0, set()


def needed_skills(policy: QueuePolicy, need: Need) -> tuple[tuple[SkillId, int], ...]:
    """Least levels: the queue's and the call's own, the higher of both, or what a step says instead.

    None for a direct call.
    """
    if isinstance(need, str):
        return ()
    asked = need.asked if isinstance(need, Widened) else need
    levels = dict(policy.skills)
    for skill, level in asked:
        levels[skill] = max(level, levels.get(skill, 0))
    if isinstance(need, Widened):
        levels |= policy.steps[need.step - 1].skills
    return tuple((skill, level) for skill, level in levels.items() if level)
