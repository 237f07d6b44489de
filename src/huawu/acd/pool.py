"""The ready agents who can serve one line, best first by the queue's strategy.

An agent stands in the pools of all lines that fit; being taken from one makes the entries in the others
dead: their ready number is no longer the agent's. The dead are dropped when they come first, or all at once
when they are the larger part.
"""

from __future__ import annotations

from collections import deque
from heapq import heapify, heappop, heappush
from typing import assert_never

from huawu.acd.events import AgentId, SkillId, Strategy
from huawu.acd.parties import Agent

Turn = tuple[int, int, Agent]  # idle since, ready number: one each time an agent becomes ready


def is_alive(turn: Turn) -> bool:
    return turn[2].ready_number == turn[1]


class IdlePool:
    """For `longest_idle`: agents become ready in the order of being idle, so they simply queue."""

    __slots__ = ("room", "turns")

    def __init__(self) -> None:
        self.turns: deque[Turn] = deque()
        self.room = 32  # entries beyond this make the pool look for dead ones

    def add(self, turn: Turn, late: bool) -> None:
        """Late: others have become idle since then, and may be here already."""
        turns = self.turns
        turns.append(turn)
        if late or len(turns) > self.room:
            alive = [turn for turn in turns if turn[2].ready_number == turn[1]]
            self.turns = deque(sorted(alive) if late else alive)
            self.room = 3 * len(alive) + 32

    def best(self) -> Agent | None:
        turns = self.turns
        while turns:
            _, number, agent = turns[0]
            if agent.ready_number == number:
                return agent
            turns.popleft()
        return None

    def rank_anew(self) -> None:
        """Nothing that changes plays a part here."""


class RankedPool:
    """For the other strategies: a heap by rank, lower first; between equals, who has been idle longer."""

    __slots__ = ("entries", "last_turns", "room", "skills", "strategy")

    def __init__(
        self, strategy: Strategy, skills: tuple[tuple[SkillId, int], ...], last_turns: dict[AgentId, int]
    ) -> None:
        self.strategy = strategy
        self.skills = skills
        self.last_turns = last_turns  # the queue's: number of each agent's last turn
        self.entries: list[tuple[int, Turn]] = []
        self.room = 32

    def add(self, turn: Turn, late: bool) -> None:
        entries = self.entries
        heappush(entries, (self.rank(turn[2]), turn))
        if len(entries) > self.room:
            self.entries = [entry for entry in entries if is_alive(entry[1])]
            heapify(self.entries)
            self.room = 2 * len(self.entries) + 32

    def best(self) -> Agent | None:
        entries = self.entries
        while entries:
            turn = entries[0][1]
            if is_alive(turn):
                return turn[2]
            heappop(entries)
        return None

    def rank_anew(self) -> None:
        """After what the strategies look at has changed."""
        self.entries = [(self.rank(turn[2]), turn) for _, turn in self.entries if is_alive(turn)]
        heapify(self.entries)

    def rank(self, agent: Agent) -> int:
        match self.strategy:
            case "longest_idle":
                return 0
            case "fewest_calls":
                return agent.calls_today
            case "round_robin":
                return self.last_turns.get(agent.agent, 0)
            case "best_skill":
                levels = agent.profile.skills
                return -sum(levels.get(skill, 0) for skill, _ in self.skills)
            case _:
                assert_never(self.strategy)
