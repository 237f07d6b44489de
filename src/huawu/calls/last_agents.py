"""Who talked with whom last: so that a caller who calls again may be led to the same agent."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from huawu.acd.events import AgentId

MOST: Final = 200_000
"""Callers remembered; the longest silent are forgotten first."""


class LastAgents:
    """Read from the calls on record at a start, kept up to date from then on: no look-up delays a caller."""

    def __init__(self) -> None:
        self._of: OrderedDict[str, tuple[AgentId, int]] = OrderedDict()

    def take_up(self, known: Iterable[tuple[str, str, int]]) -> None:
        """Caller, agent and instant of earlier calls, oldest first."""
        for caller, agent, at_ms in known:
            self.talked(caller, AgentId(agent), at_ms)

    def talked(self, caller: str, agent: AgentId, at_ms: int) -> None:
        """The two talked with each other at this instant."""
        if not any(map(str.isdigit, caller)):
            return  # the number is withheld
        self._of[caller] = (agent, at_ms)
        self._of.move_to_end(caller)
        if len(self._of) > MOST:
            self._of.popitem(last=False)

    def of(self, caller: str, since_ms: int) -> AgentId | None:
        """The agent who talked with this caller last, if not before `since_ms`."""
        agent, at_ms = self._of.get(caller, (None, 0))
        return agent if at_ms >= since_ms else None
