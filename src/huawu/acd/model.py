"""The ACD: who waits, who is free, who gets whom. Time comes in with events, timers go out as commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from huawu.acd.errors import CallAlreadyQueued, NotAllowed, UnknownAgent, UnknownQueue
from huawu.acd.events import (
    AgentChanged,
    AgentId,
    AgentProfile,
    AnnouncePlace,
    BreakTaken,
    CallId,
    CallOverflowed,
    CallQueued,
    CallWithdrawn,
    Command,
    ContactBegan,
    ContactEnded,
    DayBegan,
    Event,
    MadeReady,
    MakeOffer,
    OfferAccepted,
    OfferFailed,
    OfferRinging,
    Overflow,
    PhoneLost,
    PolicyChanged,
    QueueId,
    SignedIn,
    SignedOut,
    StartTimer,
    StopTimer,
    TimerDue,
    WithdrawOffer,
)
from huawu.acd.figures import AgentView, Figures, QueueView
from huawu.acd.floor import Floor
from huawu.acd.parties import Agent, Call
from huawu.acd.queue import Queue
from huawu.acd.snapshot import Snapshot, restore_agent, restore_queue, take_snapshot
from huawu.acd.states import (
    BREAK,
    IGNORED,
    NOTED,
    READY,
    RINGING,
    SIGNED_OUT,
    TALKING,
    TRANSITIONS,
    UNAVAILABLE,
    WORKING,
    WRAP_UP,
    Trigger,
)
from huawu.acd.views import view_agent, view_queue

RING_GUARD_MS = 5_000  # a phone that has not begun to ring by then counts as ringing


class Acd:
    """Feed `step` every event in order of time; do what it returns, in order.

    Requests about people the policy does not know raise (`errors.py`); then nothing has changed. Reports
    that crossed a decision on their way (of an offer withdrawn, a call gone, a timer stopped) are ignored.
    """

    def __init__(self) -> None:
        self._floor = Floor()
        self._calls: dict[CallId, Call] = {}
        self._arrivals = 0
        self._out: list[Command] = []

    def step(self, event: Event) -> list[Command]:
        """Takes one event in and says what is to be done."""
        out: list[Command] = []
        self._out = out
        DOORS[type(event)](self, event)
        return out

    # ── Views ─────────────────────────────────────────────────────────────────────────────────────

    @property
    def queues(self) -> tuple[QueueId, ...]:
        return tuple(self._floor.queues)

    @property
    def agents(self) -> tuple[AgentId, ...]:
        return tuple(self._floor.agents)

    def queue_view(self, queue: QueueId) -> QueueView:
        """Raises `UnknownQueue`."""
        if queue not in self._floor.queues:
            raise UnknownQueue(queue)
        return view_queue(self._floor.queues[queue])

    def agent_view(self, agent: AgentId) -> AgentView:
        """Raises `UnknownAgent`."""
        if agent not in self._floor.agents:
            raise UnknownAgent(agent)
        return view_agent(self._floor.agents[agent])

    # ── Restart ───────────────────────────────────────────────────────────────────────────────────

    def snapshot(self) -> Snapshot:
        """What a restarted centre cannot learn from the switch."""
        return take_snapshot(self._floor)

    def restore(self, snapshot: Snapshot, at_ms: int) -> list[Command]:
        """Puts agents and figures back; call it after the first `PolicyChanged`, before anything else.

        Whoever was ringing is ready again. Callers who still wait come back through `CallQueued` with their
        old `queued_ms`; contacts that ended meanwhile through `ContactEnded`.
        """
        self._out = []
        for kept_queue in snapshot.queues:
            if kept_queue.queue in self._floor.queues:
                restore_queue(self._floor.queues[kept_queue.queue], kept_queue)
        for kept in snapshot.agents:
            agent = self._floor.agents.get(kept.agent)
            if agent is None or kept.state is SIGNED_OUT:
                continue
            restore_agent(agent, kept)
            self._floor.count_signed_in(agent, +1)
            self._floor.count_at_work(agent, +1 if agent.state in WORKING else 0)
            if agent.state is WRAP_UP:
                self._start_wrap_up_timer(agent, agent.since_ms)
            if agent.state is READY:
                self._free(agent, at_ms)
            else:
                self._announce(agent)
        return self._out

    # ── Policy ────────────────────────────────────────────────────────────────────────────────────

    def _policy_changed(self, event: PolicyChanged) -> None:
        at = event.at_ms
        kept_queues = {policy.queue for policy in event.queues}
        kept_agents = {profile.agent for profile in event.agents}
        freed = [
            agent
            for queue in [queue for name, queue in self._floor.queues.items() if name not in kept_queues]
            for agent in self._remove_queue(queue, at)
        ]
        for agent in list(self._floor.agents.values()):
            if agent.agent not in kept_agents:
                self._remove_agent(agent, at)
            elif agent.removed:
                agent.wish = None
        self._floor.arrange(event.queues, event.agents)
        standing = [call for call in self._calls.values() if call.offered_to is None]
        for call in self._calls.values():
            call.place = call.find_place()
            call.line = None
        for call in sorted(standing, key=lambda call: call.place):
            named = call.need if isinstance(call.need, str) else None
            if named is not None and named not in kept_agents:
                self._overflow(call, "no_agent", call.queue.policy.no_agent)
            else:
                self._place(call, at)
        for agent in freed:
            if agent.state is READY and not agent.removed:
                self._free(agent, at)

    def _remove_queue(self, queue: Queue, at: int) -> list[Agent]:
        """Its callers are led elsewhere; returns the agents whose phones had rung for them."""
        freed = []
        for call in [call for call in self._calls.values() if call.queue is queue]:
            agent = call.offered_to
            if agent is not None:
                self._withdraw_offer(call, agent, "caller_left")
                self._turn(agent, Trigger.LOSE_CALLER, at)
                freed.append(agent)
            self._overflow(call, "no_agent", Overflow())
        del self._floor.queues[queue.policy.queue]
        return freed

    def _remove_agent(self, agent: Agent, at: int) -> None:
        agent.profile = AgentProfile(agent=agent.agent, name=agent.profile.name)
        if agent.state is TALKING:
            agent.removed, agent.wish = True, Trigger.SIGN_OUT
            return
        del self._floor.agents[agent.agent]
        if agent.state is not SIGNED_OUT:
            self._interrupt(agent)
            self._turn(agent, Trigger.SIGN_OUT, at)
            self._announce(agent)

    def _day_began(self, event: DayBegan) -> None:
        for queue in self._floor.queues.values():
            queue.figures = Figures(offered=queue.waiting)
        for agent in self._floor.agents.values():
            agent.calls_today = 0
        self._floor.rank_anew()

    # ── What agents do ────────────────────────────────────────────────────────────────────────────

    def _signed_in(self, event: SignedIn) -> None:
        self._ask(event.agent, Trigger.SIGN_IN, event.at_ms, "signed in")

    def _signed_out(self, event: SignedOut) -> None:
        self._ask(event.agent, Trigger.SIGN_OUT, event.at_ms)

    def _made_ready(self, event: MadeReady) -> None:
        self._ask(event.agent, Trigger.MAKE_READY, event.at_ms)

    def _break_taken(self, event: BreakTaken) -> None:
        self._ask(event.agent, Trigger.TAKE_BREAK, event.at_ms, event.reason)

    def _phone_lost(self, event: PhoneLost) -> None:
        agent = self._floor.agents.get(event.agent)
        if agent is not None and agent.wish is not Trigger.SIGN_OUT:
            self._ask(event.agent, Trigger.LOSE_PHONE, event.at_ms, "phone_lost")

    def _ask(self, name: AgentId, trigger: Trigger, at: int, reason: str = "") -> None:
        """Something happens to an agent whom no decision of the ACD moves."""
        agent = self._floor.agents.get(name)
        if agent is None or agent.removed:
            raise UnknownAgent(name)
        if (agent.state, trigger) in IGNORED:
            return
        if (agent.state, trigger) in NOTED:
            agent.wish, agent.wish_reason = trigger, reason
            return
        if (agent.state, trigger) not in TRANSITIONS:
            raise NotAllowed(name, agent.state, trigger)
        call = self._interrupt(agent)
        self._turn(agent, trigger, at, reason)
        self._settle(agent, at)
        if call is not None:
            self._place(call, at)

    def _interrupt(self, agent: Agent) -> Call | None:
        """Ends what the agent's present state has under way; returns the caller of a withdrawn offer."""
        agent.ready_number = 0
        if agent.state is WRAP_UP:
            self._out.append(StopTimer(name=f"wrap:{agent.agent}"))
        call = agent.offer
        if call is not None:
            self._withdraw_offer(call, agent, "agent_left")
        return call

    # ── What callers do ───────────────────────────────────────────────────────────────────────────

    def _call_queued(self, event: CallQueued) -> None:
        waiting = self._calls.get(event.call)
        if waiting is not None:
            raise CallAlreadyQueued(event.call, waiting.queue.policy.queue)
        queue = self._floor.queues.get(event.queue)
        if queue is None:  # removed while the caller was on the way
            self._out.append(
                CallOverflowed(call=event.call, queue=event.queue, why="no_agent", then=Overflow())
            )
            return
        self._arrivals += 1
        call = self._calls[event.call] = Call(event, queue, self._arrivals)
        queue.admit(call)
        if event.agent is not None and event.agent not in self._floor.agents:
            self._overflow(call, "no_agent", queue.policy.no_agent)
        else:
            self._place(call, event.at_ms)

    def _call_withdrawn(self, event: CallWithdrawn) -> None:
        call = self._calls.get(event.call)
        if call is None:
            return
        queue, agent = call.queue, call.offered_to
        if agent is not None:
            self._withdraw_offer(call, agent, "caller_left")
        self._discharge(call)
        queue.figures.count_abandon(event.at_ms - call.queued_ms, queue.policy.goal_ms)
        if agent is not None:
            self._turn(agent, Trigger.LOSE_CALLER, event.at_ms)
            self._free(agent, event.at_ms)

    def _place(self, call: Call, at: int) -> None:
        """Offers the call to the best ready agent, or lets the caller stand in line."""
        line = self._floor.line_for(call)
        agent = line.pool.best()
        if agent is not None:
            self._offer(call, agent, at)
            return
        policy = call.queue.policy
        if not line.staff and policy.no_agent.action != "none":
            self._overflow(call, "no_agent", policy.no_agent)
            return
        if not call.stood:
            if policy.longest_line and call.queue.standing() >= policy.longest_line:
                self._overflow(call, "line_full", policy.line_full)
                return
            call.stood = True
            if policy.longest_wait_ms:
                call.bounded = True
                self._out.append(
                    StartTimer(name=f"wait:{call.call}", due_ms=call.joined_ms + policy.longest_wait_ms)
                )
        if policy.longest_wait_ms and call.joined_ms + policy.longest_wait_ms <= at:
            self._overflow(call, "wait_over", policy.wait_over)
            return
        line.join(call)
        if policy.announce_every_ms and not call.announcing:
            call.announcing = True
            self._announce_place(call, at)

    def _announce_place(self, call: Call, at: int) -> None:
        queue = call.queue
        place = queue.place_of(call)
        self._out.append(
            AnnouncePlace(
                call=call.call,
                queue=queue.policy.queue,
                place=place,
                estimate_ms=queue.pace.estimate_ms(place, queue.working),
            )
        )
        self._start_place_timer(call, at)

    def _start_place_timer(self, call: Call, at: int) -> None:
        self._out.append(
            StartTimer(name=f"place:{call.call}", due_ms=at + call.queue.policy.announce_every_ms)
        )

    def _overflow(
        self, call: Call, why: Literal["line_full", "wait_over", "no_agent"], then: Overflow
    ) -> None:
        self._discharge(call)
        call.queue.figures.overflowed += 1
        self._out.append(CallOverflowed(call=call.call, queue=call.queue.policy.queue, why=why, then=then))

    def _discharge(self, call: Call) -> None:
        """The caller leaves the queue for good."""
        if call.line is not None:
            call.line.leave(call)
        del self._calls[call.call]
        call.queue.discharge(call)
        if call.bounded:
            self._out.append(StopTimer(name=f"wait:{call.call}"))
        if call.announcing:
            self._out.append(StopTimer(name=f"place:{call.call}"))

    # ── Offers ────────────────────────────────────────────────────────────────────────────────────

    def _offer(self, call: Call, agent: Agent, at: int) -> None:
        """Puts a call to a ready agent."""
        if call.line is not None:
            call.line.leave(call)
        policy = call.queue.policy
        agent.ready_number = 0
        agent.offer, call.offered_to = call, agent
        call.queue.take_turn(agent)
        self._turn(agent, Trigger.OFFER, at)
        agent.call, agent.queue = call.call, policy.queue
        self._announce(agent)
        out = self._out
        out.append(
            MakeOffer(
                call=call.call,
                agent=agent.agent,
                queue=policy.queue,
                ring_ms=policy.ring_ms,
                waited_ms=at - call.queued_ms,
            )
        )
        out.append(StartTimer(name=f"ring:{agent.agent}", due_ms=at + RING_GUARD_MS + policy.ring_ms))

    def _offered(self, name: CallId, agent: AgentId) -> Call | None:
        """The call, if it is being offered to this agent now."""
        call = self._calls.get(name)
        if call is None or call.offered_to is None or call.offered_to.agent != agent:
            return None
        return call

    def _offer_ringing(self, event: OfferRinging) -> None:
        call = self._offered(event.call, event.agent)
        if call is not None and not call.ringing:
            call.ringing = True
            due = event.at_ms + call.queue.policy.ring_ms
            self._out.append(StartTimer(name=f"ring:{event.agent}", due_ms=due))

    def _offer_accepted(self, event: OfferAccepted) -> None:
        call = self._offered(event.call, event.agent)
        if call is None or call.offered_to is None:
            return
        at, agent, queue = event.at_ms, call.offered_to, call.queue
        self._end_offer(call, agent)
        self._discharge(call)
        queue.figures.count_answer(at - call.queued_ms, queue.policy.goal_ms)
        queue.pace.answered(at, queue.working, queue.waiting)
        self._turn(agent, Trigger.ACCEPT, at)
        agent.calls_today += 1
        agent.call, agent.queue = call.call, queue.policy.queue
        agent.contacts[call.call] = queue.policy.queue
        self._announce(agent)

    def _offer_failed(self, event: OfferFailed) -> None:
        call = self._offered(event.call, event.agent)
        if call is not None and call.offered_to is not None:
            self._end_offer(call, call.offered_to)
            self._miss(call, self._floor.agents[event.agent], event.reason, event.at_ms)

    def _ring_over(self, agent: Agent, at: int) -> None:
        call = agent.offer
        if call is not None:
            call.offered_to, agent.offer, call.ringing = None, None, False
            self._out.append(WithdrawOffer(call=call.call, agent=agent.agent, reason="no_answer"))
            self._miss(call, agent, "no_answer", at)

    def _miss(self, call: Call, agent: Agent, reason: str, at: int) -> None:
        """The agent did not take the call: no more offers until ready again, and the caller goes on."""
        self._turn(agent, Trigger.DECLINE if reason == "declined" else Trigger.MISS, at, reason)
        self._announce(agent)
        self._place(call, at)

    def _withdraw_offer(self, call: Call, agent: Agent, reason: Literal["caller_left", "agent_left"]) -> None:
        self._out.append(WithdrawOffer(call=call.call, agent=agent.agent, reason=reason))
        self._end_offer(call, agent)

    def _end_offer(self, call: Call, agent: Agent) -> None:
        call.offered_to, agent.offer, call.ringing = None, None, False
        self._out.append(StopTimer(name=f"ring:{agent.agent}"))

    # ── Contacts and wrap-up ──────────────────────────────────────────────────────────────────────

    def _contact_began(self, event: ContactBegan) -> None:
        agent = self._floor.agents.get(event.agent)
        if agent is None or agent.state is SIGNED_OUT or event.call in agent.contacts:
            return
        if agent.state is BREAK:
            agent.wish, agent.wish_reason = Trigger.TAKE_BREAK, agent.reason
        elif agent.state is UNAVAILABLE:
            agent.wish, agent.wish_reason = Trigger.LOSE_PHONE, agent.reason
        before = agent.state
        call = self._interrupt(agent)
        agent.contacts[event.call] = None
        self._turn(agent, Trigger.BEGIN_CONTACT, event.at_ms)
        if before is not TALKING:
            agent.call, agent.queue = event.call, None
            self._announce(agent)
        if call is not None:
            self._place(call, event.at_ms)

    def _contact_ended(self, event: ContactEnded) -> None:
        agent = self._floor.agents.get(event.agent)
        if agent is None or event.call not in agent.contacts:
            return
        at = event.at_ms
        queue = agent.contacts.pop(event.call)
        if queue is not None:
            agent.served = (event.call, queue)
        if agent.contacts:
            return
        if agent.served is not None and agent.wish is not Trigger.SIGN_OUT:
            call, name = agent.served
            served = self._floor.queues.get(name)
            if served is not None and served.policy.wrap_up_ms:
                self._turn(agent, Trigger.BEGIN_WRAP_UP, at)
                agent.call, agent.queue = call, name
                self._start_wrap_up_timer(agent, at)
                self._announce(agent)
                return
        self._turn(agent, Trigger.END_CONTACT, at)
        self._grant_wish(agent, at)
        self._settle(agent, at)

    def _start_wrap_up_timer(self, agent: Agent, since_ms: int) -> None:
        queue = self._floor.queues.get(agent.queue) if agent.queue is not None else None
        length = queue.policy.wrap_up_ms if queue is not None else 0
        self._out.append(StartTimer(name=f"wrap:{agent.agent}", due_ms=since_ms + length))

    def _wrap_up_over(self, agent: Agent, at: int) -> None:
        if agent.state is WRAP_UP:
            self._turn(agent, Trigger.END_WRAP_UP, at)
            self._grant_wish(agent, at)
            self._settle(agent, at)

    def _grant_wish(self, agent: Agent, at: int) -> None:
        """What was noted during the call happens now, to an agent who would be ready."""
        wish, reason = agent.wish, agent.wish_reason
        if wish is not None and (agent.state, wish) in TRANSITIONS:
            self._turn(agent, wish, at, reason)

    # ── Timers ────────────────────────────────────────────────────────────────────────────────────

    def _timer_due(self, event: TimerDue) -> None:
        kind, _, name = event.name.partition(":")
        agent = self._floor.agents.get(AgentId(name))
        call = self._calls.get(CallId(name))
        if kind == "ring" and agent is not None:
            self._ring_over(agent, event.at_ms)
        elif kind == "wrap" and agent is not None:
            self._wrap_up_over(agent, event.at_ms)
        elif kind == "wait" and call is not None:
            self._wait_over(call)
        elif kind == "place" and call is not None:
            self._place_due(call, event.at_ms)

    def _wait_over(self, call: Call) -> None:
        """While the call is being offered, the offer may still succeed; if not, `_place` ends the wait."""
        call.bounded = False
        if call.offered_to is None and call.queue.policy.longest_wait_ms:
            self._overflow(call, "wait_over", call.queue.policy.wait_over)

    def _place_due(self, call: Call, at: int) -> None:
        if not call.queue.policy.announce_every_ms:
            call.announcing = False
        elif call.offered_to is not None:
            self._start_place_timer(call, at)
        else:
            self._announce_place(call, at)

    # ── States ────────────────────────────────────────────────────────────────────────────────────

    def _turn(self, agent: Agent, trigger: Trigger, at: int, reason: str = "") -> None:
        """One step in the table of states, and the counts that follow from it."""
        before = agent.state
        after = TRANSITIONS.get((before, trigger))
        if after is None:
            raise NotAllowed(agent.agent, before, trigger)
        agent.state = after
        if before is TALKING and after is TALKING:
            return
        agent.since_ms, agent.reason = at, reason
        agent.call = agent.queue = None
        if after is READY and before is not RINGING:
            agent.idle_ms = at
        if (before in WORKING) is not (after in WORKING):
            self._floor.count_at_work(agent, +1 if after in WORKING else -1)
        if before is SIGNED_OUT:
            self._floor.count_signed_in(agent, +1)

    def _settle(self, agent: Agent, at: int) -> None:
        """Announces where an agent's change of state has ended, and draws what follows for callers."""
        if agent.state not in (TALKING, WRAP_UP):
            agent.wish, agent.wish_reason, agent.served = None, "", None
        if agent.state is READY:
            self._free(agent, at)
            return
        self._announce(agent)
        if agent.state is SIGNED_OUT:
            self._leave_shift(agent)

    def _free(self, agent: Agent, at: int) -> None:
        """The agent, ready, takes the caller with the best place, or joins the pools of all fitting lines."""
        call = self._floor.next_caller(agent)
        if call is not None:
            self._offer(call, agent, at)
        else:
            self._floor.stand_ready(agent)
            self._announce(agent)

    def _leave_shift(self, agent: Agent) -> None:
        """Callers for whom nobody is left go where the policy says."""
        self._floor.count_signed_in(agent, -1)
        if agent.removed:
            del self._floor.agents[agent.agent]
        for line in list(agent.lines):
            no_agent = line.queue.policy.no_agent
            if not line.staff and no_agent.action != "none":
                for _, _, call in list(line.callers):
                    self._overflow(call, "no_agent", no_agent)

    def _announce(self, agent: Agent) -> None:
        self._out.append(
            AgentChanged(
                agent=agent.agent,
                state=agent.state,
                since_ms=agent.since_ms,
                reason=agent.reason,
                call=agent.call,
                queue=agent.queue,
            )
        )


DOORS: dict[type[Event], Callable[[Acd, Any], None]] = {
    PolicyChanged: Acd._policy_changed,
    DayBegan: Acd._day_began,
    SignedIn: Acd._signed_in,
    SignedOut: Acd._signed_out,
    MadeReady: Acd._made_ready,
    BreakTaken: Acd._break_taken,
    PhoneLost: Acd._phone_lost,
    CallQueued: Acd._call_queued,
    CallWithdrawn: Acd._call_withdrawn,
    OfferRinging: Acd._offer_ringing,
    OfferAccepted: Acd._offer_accepted,
    OfferFailed: Acd._offer_failed,
    ContactBegan: Acd._contact_began,
    ContactEnded: Acd._contact_ended,
    TimerDue: Acd._timer_due,
}
"""Which event goes where."""
