"""The callers of one queue who need the same, in order, face to face with the ready agents who have it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from sortedcontainers import SortedList

from huawu.acd.events import AgentProfile, SkillId
from huawu.acd.parties import Call, Need, Place
from huawu.acd.pool import Pool

if TYPE_CHECKING:
    from huawu.acd.queue import Queue

Head = tuple[float, int, Call | None]  # a place, or nobody's
NOBODY: Final[Head] = (math.inf, 0, None)
"""The head of an empty line: any caller's place is better."""


class Line:
    """At any moment either the callers or the ready agents are none: who could meet has met."""

    __slots__ = ("callers", "head", "need", "pool", "queue", "skills", "staff")

    def __init__(self, queue: Queue, need: Need) -> None:
        self.queue = queue
        self.need = need
        self.skills = needed_skills(queue.policy.skills, need)
        self.callers: SortedList[Place] = SortedList()
        self.head: Head = NOBODY  # the place of the next caller
        self.pool = Pool(queue.policy.strategy, self.skills, queue.turns)
        self.staff = 0  # agents who fit and are signed in

    @property
    def is_direct(self) -> bool:
        """For one agent by name."""
        return isinstance(self.need, str)

    def fits(self, agent: AgentProfile) -> bool:
        """Whether the agent, being one of the queue, has what the callers need."""
        if isinstance(self.need, str):
            return agent.agent == self.need
        return all(agent.skills.get(skill, 0) >= level for skill, level in self.skills)

    def join(self, call: Call) -> None:
        call.line = self
        self.callers.add(call.place)
        if call.place < self.head:
            self.head = call.place

    def leave(self, call: Call) -> None:
        call.line = None
        callers = self.callers
        if self.head[2] is call:
            del callers[0]
            self.head = callers[0] if callers else NOBODY
        else:
            callers.remove(call.place)

    def ahead_of(self, call: Call) -> int:
        """How many callers stand here with a better place than this one, who may stand elsewhere."""
        return self.callers.bisect_left(call.place)


def needed_skills(queue: dict[SkillId, int], need: Need) -> tuple[tuple[SkillId, int], ...]:
    """Least levels: the queue's and the call's own, the higher of both. None for a direct call."""
    if isinstance(need, str):
        return ()
    levels = dict(queue)
    for skill, level in need:
        levels[skill] = max(level, levels.get(skill, 0))
    return tuple(levels.items())
