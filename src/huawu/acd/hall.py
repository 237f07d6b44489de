"""Callers and agents in one hall, and the verbs by which every rule brings them together or parts them."""

from __future__ import annotations

from huawu.acd.errors import NotAllowed
from huawu.acd.events import (
    AgentChanged,
    AnnouncePlace,
    CallId,
    CallOverflowed,
    Command,
    DropCause,
    MakeOffer,
    Overflow,
    OverflowCause,
    StartTimer,
    StepTaken,
    StopTimer,
    TaskDropped,
    WithdrawOffer,
    WithdrawReason,
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
        queue, policy = call.queue, call.queue.policy
        if call.prefers is not None and not self.still_prefers(call, at):
            self.stop_preferring(call)
        if policy.steps and call.prefers is None and not self.take_steps(call, at):
            return
        line = self.floor.line_for(call)
        agent = line.pool.best()
        if agent is not None:
            self.offer(call, agent, at)
            return
        if call.kind != "caller":
            line.join(call)  # who does not hold the line can wait for any of what follows
            return
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

    def take_steps(self, call: Call, at: int) -> bool:
        """Takes the steps that are due and sets the timer of the next; False: one led the caller on."""
        policy, steps = call.queue.policy, call.queue.policy.steps
        while not call.is_direct and call.step < len(steps):
            step = steps[call.step]
            due = call.joined_ms + step.after_ms
            leads_on = step.then.action != "none"
            if leads_on and call.kind != "caller":
                return True
            if due > at:
                if due != call.step_ms:
                    call.step_ms = due
                    self.out.append(StartTimer(name=f"step:{call.call}", due_ms=due))
                return True
            if leads_on:
                self.overflow(call, "wait_over", step.then)
                return False
            call.step += 1
            call.find_need()
            call.find_place()
            self.out.append(StepTaken(call=call.call, queue=policy.queue, step=call.step))
        return True

    def place_anew(self, call: Call, at: int) -> None:
        """The caller stands in line and asks something else now."""
        if call.line is not None:
            call.line.leave(call)
            self.place(call, at)

    # ── Callers who prefer an agent ───────────────────────────────────────────────────────────────

    def prefer(self, call: Call, agent: Agent, until_ms: int, at: int) -> None:
        """Before it is placed: the call is for this agent first, if that may succeed."""
        serves = call.queue in agent.queues and self.floor.line_for(call).fits(agent.profile)
        if serves and self.may_soon_take(agent) and at < until_ms:
            call.prefers, call.until_ms = agent.agent, until_ms
            call.find_need()
            self.out.append(StartTimer(name=f"prefer:{call.call}", due_ms=until_ms))

    def still_prefers(self, call: Call, at: int) -> bool:
        agent = self.floor.agents.get(call.prefers) if call.prefers is not None else None
        return agent is not None and at < call.until_ms and self.may_soon_take(agent)

    @staticmethod
    def may_soon_take(agent: Agent) -> bool:
        """Ready, or likely to be when call and wrap-up are over."""
        return agent.state in WORKING and agent.wish is None and not agent.removed

    def stop_preferring(self, call: Call) -> None:
        """While it stands in no line."""
        call.prefers = None
        call.find_need()
        self.out.append(StopTimer(name=f"prefer:{call.call}"))

    def give_up_preferring(self, agent: Agent, at: int) -> None:
        """The agent has gone: who waited for nobody else waits for all now."""
        for line in [line for line in agent.lines if line.is_direct and len(line)]:
            for name in line.callers():
                call = self.calls.get(name)
                if call is not None and call.line is line and call.prefers is not None:
                    self.place_anew(call, at)

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

    def overflow(self, call: Call, why: OverflowCause, then: Overflow) -> None:
        self.discharge(call)
        queue = call.queue
        if call.kind == "caller":
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
        if call.step_ms is not None:
            self.out.append(StopTimer(name=f"step:{call.call}"))
        if call.until_ms:
            self.end_terms(call)

    def expire(self, call: Call) -> None:
        """The time of the redial is over; its timer has run out."""
        reserved = self.floor.agents.get(call.need) if isinstance(call.need, str) else None
        if reserved is not None:
            reserved.reserved -= 1
        call.until_ms = 0
        self.overflow(call, "redial_missed", Overflow())

    def end_terms(self, call: Call) -> None:
        """The caller leaves the queue: no agent is preferred or reserved any more."""
        if call.prefers is not None:
            self.out.append(StopTimer(name=f"prefer:{call.call}"))
        elif call.kind == "redial":
            self.out.append(StopTimer(name=f"until:{call.call}"))
            reserved = self.floor.agents.get(call.need) if isinstance(call.need, str) else None
            if reserved is not None:
                reserved.reserved -= 1

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

    def withdraw_offer(self, call: Call, agent: Agent, reason: WithdrawReason) -> None:
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
        if agent.task is not None and after is not WRAP_UP and after is not TALKING:
            self.drop_task(agent, "left")
        if after is READY and before is not RINGING:
            agent.idle_ms = at
        if before not in WORKING or after not in WORKING:
            self.floor.count_at_work(agent, (after in WORKING) - (before in WORKING))
            self.floor.count_signed_in(agent, (before is SIGNED_OUT) - (after is SIGNED_OUT))

    def drop_task(self, agent: Agent, why: DropCause) -> None:
        """The agent's task, if there is one, goes back to where it came from."""
        if agent.task is not None:
            self.out.append(TaskDropped(agent=agent.agent, task=agent.task.task, why=why))
            agent.task = None

    def interrupt(self, agent: Agent) -> Call | None:
        """Ends what the agent's present state has under way; returns the caller of a withdrawn offer."""
        agent.ready_number = 0
        if agent.state is WRAP_UP and not agent.overdue:
            self.out.append(StopTimer(name=f"wrap:{agent.agent}"))
        agent.overdue = False
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
        if agent.state not in WORKING:
            self.give_up_preferring(agent, at)
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
                    if self.calls[name].kind == "caller":
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
