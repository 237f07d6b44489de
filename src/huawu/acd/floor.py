"""Who can serve whom: keeps agents and lines connected, so that a decision only has to look at what fits."""

from __future__ import annotations

from collections.abc import Iterable

from huawu.acd.events import AgentId, AgentProfile, AgentState, CallId, QueueId, QueuePolicy
from huawu.acd.line import NOBODY, Line
from huawu.acd.parties import Agent, Call, Need, Widened
from huawu.acd.queue import ANYBODY, Queue
from huawu.acd.states import SIGNED_OUT, WORKING


class Floor:
    """The queues and agents of a centre."""

    def __init__(self) -> None:
        self.queues: dict[QueueId, Queue] = {}
        self.agents: dict[AgentId, Agent] = {}
        self.changed: set[Agent] = set()  # whose state may not be the one they are counted as
        self._ready_number = 0
        self._idle_ms = 0  # the latest of all who stood ready

    def arrange(self, policies: Iterable[QueuePolicy], profiles: Iterable[AgentProfile]) -> None:
        """Takes on a new policy. Callers leave their lines, to be placed anew; agents keep state and order.

        Queues and agents the policy does not name must have been removed before.
        """
        for policy in policies:
            queue = self.queues.get(policy.queue)
            if queue is None:
                queue = self.queues[policy.queue] = Queue(policy)
            queue.policy = policy
            queue.lines, queue.agents, queue.working = {}, [], 0
            queue.states = dict.fromkeys(AgentState, 0)
            queue.order.clear()
        for profile in profiles:
            agent = self.agents.get(profile.agent)
            if agent is None:
                agent = self.agents[profile.agent] = Agent(profile)
            agent.profile, agent.removed = profile, False
        for agent in self.agents.values():
            names = dict.fromkeys(agent.profile.queues)
            agent.queues = [queue for name in names if (queue := self.queues.get(name)) is not None]
            agent.lines = []
            agent.counted = agent.state
            for queue in agent.queues:
                queue.agents.append(agent)
                queue.states[agent.state] += 1
                queue.working += agent.state in WORKING
        self.changed.clear()
        for queue in self.queues.values():
            self._open_line(queue, ANYBODY)

    def line_for(self, call: Call) -> Line:
        """The line of the call's queue in which all need what this call needs."""
        line = call.queue.lines.get(call.need)
        return line if line is not None else self._open_line(call.queue, call.need)

    def next_caller(self, agent: Agent) -> CallId | None:
        """The caller with the best place over all queues whom the agent can serve."""
        best, best_line = NOBODY, None
        for line in agent.lines:
            if line.head < best:
                best, best_line = line.head, line
        return best_line.names[best_line.first] if best_line is not None else None

    def stand_ready(self, agent: Agent) -> None:
        """The agent can be taken by any line that fits."""
        self._ready_number += 1
        agent.ready_number = self._ready_number
        turn = (agent.idle_ms, agent.ready_number, agent)
        late = agent.idle_ms < self._idle_ms  # an agent whose caller left keeps the old turn
        if not late:
            self._idle_ms = agent.idle_ms
        for line in agent.lines:
            line.pool.add(turn, late)

    def count_states(self) -> None:
        """Brings each queue's `states` up to date, when somebody looks: agents change far more often."""
        for agent in self.changed:
            before, after = agent.counted, agent.state
            if before is not after:
                agent.counted = after
                for queue in agent.queues:
                    queue.states[before] -= 1
                    queue.states[after] += 1
        self.changed.clear()

    def count_at_work(self, agent: Agent, change: int) -> None:
        for queue in agent.queues:
            queue.working += change

    def count_signed_in(self, agent: Agent, change: int) -> None:
        for line in agent.lines:
            line.staff += change

    def rank_anew(self) -> None:
        """Sort the ready agents again, after what the strategies look at has changed."""
        for queue in self.queues.values():
            for line in queue.lines.values():
                line.pool.rank_anew()

    def _open_line(self, queue: Queue, need: Need) -> Line:
        if len(queue.lines) >= queue.room:
            self._close_idle_lines(queue)
        line = queue.lines[need] = Line(queue, need)
        if isinstance(need, str):
            named = self.agents.get(need)
            candidates = [] if named is None or named.removed else [named]
        elif isinstance(need, Widened):
            candidates = self._widened(queue, need)
        else:
            candidates = queue.agents
        ready = []
        for agent in candidates:
            if line.fits(agent.profile):
                agent.lines.append(line)
                line.staff += agent.state is not SIGNED_OUT
                if agent.ready_number:
                    ready.append((agent.idle_ms, agent.ready_number, agent))
        for turn in sorted(ready):
            line.pool.add(turn, False)
        return line

    def _widened(self, queue: Queue, need: Widened) -> list[Agent]:
        """Agents of the queue, and of those whose agents help."""
        agents = dict.fromkeys(queue.agents)
        for name in queue.policy.steps[need.step - 1].queues:
            if (helping := self.queues.get(name)) is not None:
                agents |= dict.fromkeys(helping.agents)
        return list(agents)

    def _close_idle_lines(self, queue: Queue) -> None:
        """Needs seldom asked, and direct calls, leave lines behind in which nobody stands."""
        idle = [line for need, line in queue.lines.items() if need != ANYBODY and not len(line)]
        agents = {agent.agent: agent for agent in queue.agents}
        for line in idle:
            del queue.lines[line.need]
            if isinstance(line.need, str) and line.need in self.agents:
                agents[line.need] = self.agents[line.need]
            elif isinstance(line.need, Widened):
                agents |= {agent.agent: agent for agent in self._widened(queue, line.need)}
        closed = set(map(id, idle))
        for agent in agents.values():
            agent.lines = [line for line in agent.lines if id(line) not in closed]
        queue.room = 2 * len(queue.lines) + 32
