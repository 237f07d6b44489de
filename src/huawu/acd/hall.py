"""Callers and agents in one hall, and the verbs by which every rule brings them together or parts them."""

from __future__ import annotations

from typing import Literal

from huawu.acd.errors import NotAllowed
from huawu.acd.events import (
    AgentChanged,
    AnnouncePlace,
    CallId,
    CallOverflowed,
    Command,
    MakeOffer,
    Overflow,
    StartTimer,
    StopTimer,
    WithdrawOffer,
)
from huawu.acd.floor import Floor
from huawu.acd.parties import Agent, Call
from huawu.acd.states import READY, RINGING, SIGNED_OUT, TALKING, TRANSITIONS, WORKING, WRAP_UP, Trigger

RING_GUARD_MS = 5_000  # a phone that has not begun to ring by then counts as ringing


class Hall:
    """Keeps one promise between events: no caller stands in a line that a ready agent fits."""

    def __init__(self) -> None:
        self.floor = Floor()
        self.calls: dict[CallId, Call] = {}  # callers not answered yet
        self.out: list[Command] = []  # what the event under way has led to

    # ── Callers ───────────────────────────────────────────────────────────────────────────────────

    def place(self, call: Call, at: int) -> None:
        """Offers the call to the best ready agent, or lets the caller stand in line, or leads it on."""
        line = self.floor.line_for(call)
        agent = line.pool.best()
        if agent is not None:
            self.offer(call, agent, at)
            return
        queue, policy = call.queue, call.queue.policy
        if not line.staff and policy.no_agent.action != "none":
            self.overflow(call, "no_agent", policy.no_agent)
            return
        if policy.longest_line and not call.admitted and queue.standing() >= policy.longest_line:
            self.overflow(call, "line_full", policy.line_full)
            return
        call.admitted = True
        if policy.longest_wait_ms and not self.may_wait(call, at):
            return
        line.join(call)
        if policy.announce_every_ms and not call.announcing:
            call.announcing = True
            self.announce_place(call, at)

    def may_wait(self, call: Call, at: int) -> bool:
        """Whether the longest wait is not over yet; sets the timer for it, or leads the caller on."""
        policy = call.queue.policy
        due = call.joined_ms + policy.longest_wait_ms
        if due <= at:
            self.overflow(call, "wait_over", policy.wait_over)
            return False
        if due != call.bound_ms:
            call.bound_ms = due
            self.out.append(StartTimer(name=f"wait:{call.call}", due_ms=due))
        return True

    def announce_place(self, call: Call, at: int) -> None:
        queue = call.queue
        place = queue.place_of(call)
        self.out.append(
            AnnouncePlace(
                call=call.call,
                queue=queue.policy.queue,
                place=place,
                estimate_ms=None if call.is_direct else queue.pace.estimate_ms(place, queue.working),
            )
        )
        self.start_place_timer(call, at)

    def start_place_timer(self, call: Call, at: int) -> None:
        due = at + call.queue.policy.announce_every_ms
        self.out.append(StartTimer(name=f"place:{call.call}", due_ms=due))

    def overflow(
        self, call: Call, why: Literal["line_full", "wait_over", "no_agent"], then: Overflow
    ) -> None:
        self.discharge(call)
        queue = call.queue
        queue.figures.overflowed += 1
        self.out.append(CallOverflowed(call=call.call, queue=queue.policy.queue, why=why, then=then))

    def discharge(self, call: Call) -> None:
        """The caller leaves the queue for good."""
        if call.line is not None:
            call.line.leave(call)
        del self.calls[call.call]
        call.queue.discharge(call)
        if call.bound_ms is not None:
            self.out.append(StopTimer(name=f"wait:{call.call}"))
        if call.announcing:
            self.out.append(StopTimer(name=f"place:{call.call}"))

    # ── Offers ────────────────────────────────────────────────────────────────────────────────────

    def offer(self, call: Call, agent: Agent, at: int) -> None:
        """Puts a call to a ready agent."""
        if call.line is not None:
            call.line.leave(call)
        queue, policy = call.queue, call.queue.policy
        agent.ready_number = 0
        agent.offer, call.offered_to, call.admitted = call.call, agent, True
        if policy.strategy == "round_robin":
            queue.take_turn(agent)
        self.turn(agent, Trigger.OFFER, at)
        agent.call, agent.queue = call.call, policy.queue
        self.announce(agent)
        self.out.append(
            MakeOffer(
                call=call.call,
                agent=agent.agent,
                queue=policy.queue,
                ring_ms=policy.ring_ms,
                waited_ms=at - call.queued_ms,
            )
        )
        self.start_ring_timer(call, agent, at + RING_GUARD_MS)

    def start_ring_timer(self, call: Call, agent: Agent, from_ms: int) -> None:
        self.out.append(StartTimer(name=f"ring:{agent.agent}", due_ms=from_ms + call.queue.policy.ring_ms))

    def withdraw_offer(self, call: Call, agent: Agent, reason: Literal["caller_left", "agent_left"]) -> None:
        self.out.append(WithdrawOffer(call=call.call, agent=agent.agent, reason=reason))
        self.end_offer(call, agent)

    def end_offer(self, call: Call, agent: Agent) -> None:
        """The call is no longer with the agent, who has still to change state."""
        call.offered_to, agent.offer, call.ringing = None, None, False
        self.out.append(StopTimer(name=f"ring:{agent.agent}"))

    # ── Agents ────────────────────────────────────────────────────────────────────────────────────

    def turn(self, agent: Agent, trigger: Trigger, at: int, reason: str = "") -> None:
        """One step in the table of states, and the counts that follow from it."""
        before = agent.state
        after = TRANSITIONS.get((before, trigger))
        if after is None:
            raise NotAllowed(agent.agent, before, trigger)
        if before is TALKING and after is TALKING:
            return
        agent.state, agent.since_ms, agent.reason = after, at, reason
        agent.call = agent.queue = None
        if after is READY and before is not RINGING:
            agent.idle_ms = at
        if before not in WORKING or after not in WORKING:
            self.floor.count_at_work(agent, (after in WORKING) - (before in WORKING))
            self.floor.count_signed_in(agent, (before is SIGNED_OUT) - (after is SIGNED_OUT))

    def interrupt(self, agent: Agent) -> Call | None:
        """Ends what the agent's present state has under way; returns the caller of a withdrawn offer."""
        agent.ready_number = 0
        if agent.state is WRAP_UP:
            self.out.append(StopTimer(name=f"wrap:{agent.agent}"))
        if agent.offer is None:
            return None
        call = self.calls[agent.offer]
        self.withdraw_offer(call, agent, "agent_left")
        return call

    def settle(self, agent: Agent, at: int) -> None:
        """Announces where an agent's change of state has ended, and draws what follows for callers."""
        if agent.state is not TALKING and agent.state is not WRAP_UP:
            agent.wish, agent.wish_reason, agent.served = None, "", None
        if agent.state is READY:
            self.free(agent, at)
            return
        self.announce(agent)
        if agent.state is SIGNED_OUT:
            self.leave_shift(agent)

    def free(self, agent: Agent, at: int) -> None:
        """The agent, ready, takes the caller with the best place, or joins the pools of all fitting lines."""
        name = self.floor.next_caller(agent)
        if name is not None:
            self.offer(self.calls[name], agent, at)
        else:
            self.floor.stand_ready(agent)
            self.announce(agent)

    def leave_shift(self, agent: Agent) -> None:
        """Callers for whom nobody is left go where the policy says."""
        if agent.removed:
            del self.floor.agents[agent.agent]
        for line in list(agent.lines):
            no_agent = line.queue.policy.no_agent
            if not line.staff and no_agent.action != "none":
                for name in line.callers():
                    self.overflow(self.calls[name], "no_agent", no_agent)

    def announce(self, agent: Agent) -> None:
        """Tells the state the agent has come to."""
        self.floor.changed.add(agent)
        self.out.append(
            AgentChanged(
                agent=agent.agent,
                state=agent.state,
                since_ms=agent.since_ms,
                reason=agent.reason,
                call=agent.call,
                queue=agent.queue,
            )
        )
