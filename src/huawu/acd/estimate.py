"""How long a caller will have to wait, judged by how fast the queue has been emptied lately."""

from __future__ import annotations

MEMORY = 0.2  # the share of the newest answer in the pace


class Pace:
    """The work of one queue, as agent-milliseconds spent for each answered caller.

    While callers wait, the time between two answers times the agents at work is what one answer costs; the
    pace is the exponentially weighted mean of that. The n-th in line then waits about n × pace ÷ agents.
    Times in which nobody waited say how often callers call, not how fast agents work, and are left out.
    """

    __slots__ = ("answered_ms", "per_answer_ms")

    def __init__(self, per_answer_ms: float | None = None) -> None:
        self.per_answer_ms = per_answer_ms
        self.answered_ms: int | None = None  # the last answer, if somebody has waited ever since

    def answered(self, at_ms: int, agents: int, still_waiting: int) -> None:
        """A caller of the queue was answered, with so many agents at work and callers left."""
        if self.answered_ms is not None and agents:
            cost = (at_ms - self.answered_ms) * agents
            known = self.per_answer_ms
            self.per_answer_ms = cost if known is None else known + MEMORY * (cost - known)
        self.answered_ms = at_ms if still_waiting else None

    def line_empty(self) -> None:
        """The last waiting caller left unanswered."""
        self.answered_ms = None

    def estimate_ms(self, place: int, agents: int) -> int | None:
        """The wait ahead of the caller at this place (1 = next); None while nothing is known."""
        if self.per_answer_ms is None or not agents:
            return None
        return round(place * self.per_answer_ms / agents)
