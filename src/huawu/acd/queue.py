"""One queue: its policy, its lines, its agents and its figures."""

from __future__ import annotations

from heapq import heappop, heappush

from huawu.acd.estimate import Pace
from huawu.acd.events import AgentId, AgentState, QueuePolicy
from huawu.acd.figures import Figures
from huawu.acd.line import Line
from huawu.acd.order import Order
from huawu.acd.parties import Agent, Call, Need, when

ANYBODY: Need = ()


class Queue:
    __slots__ = (
        "agents",
        "arrivals",
        "callbacks",
        "figures",
        "lines",
        "order",
        "pace",
        "policy",
        "room",
        "states",
        "turn",
        "turns",
        "waiting",
        "working",
    )

    def __init__(self, policy: QueuePolicy) -> None:
        self.policy = policy
        self.lines: dict[Need, Line] = {}
        self.room = 32  # lines beyond this make the queue look for idle ones
        self.order = Order()  # the places of those standing in its lines
        self.agents: list[Agent] = []  # who serve it, in or out of shift
        self.states = dict.fromkeys(AgentState, 0)  # how many of those in each; `Floor.count_states` keeps it
        self.working = 0  # of those, at work
        self.waiting: set[int] = set()  # arrivals of the callers not answered yet, offered ones included
        self.callbacks: set[int] = set()  # arrivals of those who are to be called back
        self.arrivals: list[int] = []  # a heap of the same; may hold some of callers who left
        self.figures = Figures()
        self.pace = Pace()
        self.turns: dict[AgentId, int] = {}  # round robin: the number of each agent's last turn
        self.turn = 0

    def admit(self, call: Call) -> None:
        if call.kind != "caller":
            if call.kind == "callback":
                self.callbacks.add(call.arrival)
            return
        self.figures.offered += 1
        waiting, arrivals = self.waiting, self.arrivals
        waiting.add(call.arrival)
        heappush(arrivals, call.arrival)
        if len(arrivals) > 2 * len(waiting) + 32:
            self.arrivals = sorted(waiting)

    def discharge(self, call: Call) -> None:
        """The caller is answered, gone or led elsewhere."""
        if call.kind == "caller":
            self.waiting.remove(call.arrival)
        else:
            self.callbacks.discard(call.arrival)
        if not self.waiting and not self.callbacks:
            self.pace.line_empty()

    def longest_since_ms(self) -> int | None:
        """When the caller who has waited longest was queued."""
        arrivals = self.arrivals
        while arrivals and arrivals[0] not in self.waiting:
            heappop(arrivals)
        return when(arrivals[0]) if arrivals else None

    def standing(self) -> int:
        """Callers and callbacks in line, without those being offered to an agent."""
        return sum(map(len, self.lines.values()))

    def place_of(self, call: Call) -> int:
        """1 = next, callbacks counted. Callers for one agent by name stand in nobody else's way."""
        if call.is_direct:
            return 1 + self.lines[call.need].callers().index(call.call)
        return 1 + self.order.before(call.place)

    def take_turn(self, agent: Agent) -> None:
        """For round robin."""
        self.turn += 1
        self.turns[agent.agent] = self.turn
