"""The ready agents who can serve one line, best first by the queue's strategy."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import assert_never

from huawu.acd.events import AgentId, SkillId, Strategy
from huawu.acd.parties import Agent

Entry = tuple[int, int, int, int, Agent]  # rank by strategy, idle since, number in the policy, ready number


class Pool:
    """A heap whose entries die when their agent is no longer ready in the way that made the entry.

    An agent stands in the pools of all lines that fit; being taken from one makes the others' entries dead.
    The dead are dropped when they come to the top, or all at once when they are the larger part.
    """

    __slots__ = ("entries", "room", "skills", "strategy", "turns")

    def __init__(
        self, strategy: Strategy, skills: tuple[tuple[SkillId, int], ...], turns: dict[AgentId, int]
    ) -> None:
        self.strategy = strategy
        self.skills = skills
        self.turns = turns  # the queue's: when each agent last had a turn
        self.entries: list[Entry] = []
        self.room = 32  # entries beyond this make the pool look for dead ones

    def add(self, agent: Agent) -> None:
        """The agent has just become ready and has a new `ready_number`."""
        entries = self.entries
        heappush(entries, (self.rank(agent), agent.idle_ms, agent.number, agent.ready_number, agent))
        if len(entries) > self.room:
            self.drop_dead()

    def best(self) -> Agent | None:
        entries = self.entries
        while entries:
            entry = entries[0]
            agent = entry[4]
            if agent.ready_number == entry[3]:
                return agent
            heappop(entries)
        return None

    def drop_dead(self) -> None:
        self.entries = [entry for entry in self.entries if entry[4].ready_number == entry[3]]
        heapify(self.entries)
        self.room = 2 * len(self.entries) + 32

    def rank(self, agent: Agent) -> int:
        """Lower is chosen first; between equals, who has been idle longer."""
        match self.strategy:
            case "longest_idle":
                return 0
            case "fewest_calls":
                return agent.calls_today
            case "round_robin":
                return self.turns.get(agent.agent, 0)
            case "best_skill":
                levels = agent.profile.skills
                return -sum(levels.get(skill, 0) for skill, _ in self.skills)
            case _:
                assert_never(self.strategy)
