"""The ACD: who waits, who is free, who gets whom. Time comes in with events, timers go out as commands."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any

from huawu.acd.contacts import begin_contact, end_contact, file_form, serve, wrap_up_over
from huawu.acd.errors import CallAlreadyQueued, FormDue, NotAllowed, UnknownAgent, UnknownQueue
from huawu.acd.events import (
    AgentId,
    AgentState,
    BreakTaken,
    CallId,
    CallLedOn,
    CallOverflowed,
    CallQueued,
    CallWithdrawn,
    Command,
    ContactBegan,
    ContactEnded,
    DayBegan,
    Event,
    FormFiled,
    MadeReady,
    OfferAccepted,
    OfferFailed,
    OfferPickedUp,
    OfferRinging,
    Overflow,
    PhoneFound,
    PhoneLost,
    PolicyChanged,
    QueueId,
    SignedIn,
    SignedOut,
    TaskBegan,
    TaskEnded,
    TimerDue,
)
from huawu.acd.figures import AgentView, Figures, QueueView, WaitingView
from huawu.acd.hall import Hall
from huawu.acd.offers import accept, fail, pick_up, ring, ring_over
from huawu.acd.parties import Call, Task
from huawu.acd.policy import change_policy
from huawu.acd.redial import (
    let_go,
    reserve,
    start_wrap_up_timer,
)
from huawu.acd.snapshot import Snapshot, restore_agent, restore_queue, take_snapshot
from huawu.acd.states import (
    IGNORED,
    NOTED,
    PHONE_LOST,
    READY,
    SIGNED_OUT,
    TRANSITIONS,
    UNAVAILABLE,
    WORKING,
    WRAP_UP,
    Trigger,
)
from huawu.acd.tasks import begin_task, end_task, idle_agent
from huawu.acd.terms import TIMERS_OF_CALLS
from huawu.acd.views import view_agent, view_lines, view_outlook, view_queue


class Acd:
    """Feed `step` every event in order of time; do what it returns, in order.

    Requests about people the policy does not know raise (`errors.py`); then nothing has changed. Reports
    that crossed a decision on their way (of an offer withdrawn, a call gone, a timer stopped) are ignored.
    """

    def __init__(self) -> None:
        self._hall = Hall()
        self._floor = self._hall.floor
        self._arrivals = 0

    def step(self, event: Event) -> list[Command]:
        """Takes one event in and says what is to be done."""
        out: list[Command] = []
        self._hall.out = out
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
        self._floor.count_states()
        return view_queue(self._floor.queues[queue])

    def agent_view(self, agent: AgentId) -> AgentView:
        """Raises `UnknownAgent`."""
        if agent not in self._floor.agents:
            raise UnknownAgent(agent)
        return view_agent(self._floor.agents[agent])

    def agents_in(self, states: Container[AgentState]) -> list[AgentId]:
        """The agents in any of these states."""
        return [name for name, agent in self._floor.agents.items() if agent.state in states]

    def outlook_ms(self, queue: QueueId) -> int | None:
        """The wait that a caller who came now would have; None: nothing is known. Raises `UnknownQueue`."""
        if queue not in self._floor.queues:
            raise UnknownQueue(queue)
        return view_outlook(self._floor.queues[queue])

    def lines(self, queues: Container[QueueId], most: int) -> dict[QueueId, list[WaitingView]]:
        """Who waits in each of these queues, best place first, at most so many of each."""
        return view_lines(self._hall.calls.values(), queues, most)

    def contacts_of(self, agent: AgentId) -> tuple[CallId, ...]:
        """The calls the agent is in. Raises `UnknownAgent`."""
        if agent not in self._floor.agents:
            raise UnknownAgent(agent)
        return tuple(self._floor.agents[agent].contacts)

    # ── Restart ───────────────────────────────────────────────────────────────────────────────────

    def snapshot(self) -> Snapshot:
        """What a restarted centre cannot learn from the switch."""
        return take_snapshot(self._floor)

    def restore(self, snapshot: Snapshot, at_ms: int) -> list[Command]:
        """Puts agents and figures back; call it after the first `PolicyChanged`, before anything else.

        Whoever was ringing is ready again. Callers who still wait come back through `CallQueued` with their
        old `queued_ms`; contacts that ended meanwhile through `ContactEnded`.
        """
        self._hall.out = []
        for kept_queue in snapshot.queues:
            if kept_queue.queue in self._floor.queues:
                restore_queue(self._floor.queues[kept_queue.queue], kept_queue)
        for kept in snapshot.agents:
            agent = self._floor.agents.get(kept.agent)
            if agent is None:
                continue
            restore_agent(agent, kept)
            if agent.state is SIGNED_OUT:
                continue
            self._floor.count_signed_in(agent, +1)
            self._floor.count_at_work(agent, +1 if agent.state in WORKING else 0)
            if agent.state is WRAP_UP:
                start_wrap_up_timer(self._hall, agent)
            if agent.state is READY:
                self._hall.free(agent, at_ms)
            else:
                self._hall.announce(agent)
        return self._hall.out

    # ── The centre ────────────────────────────────────────────────────────────────────────────────

    def _policy_changed(self, event: PolicyChanged) -> None:
        change_policy(self._hall, event)

    def _day_began(self, event: DayBegan) -> None:
        for queue in self._floor.queues.values():
            queue.figures = Figures(offered=len(queue.waiting))
        for agent in self._floor.agents.values():
            agent.calls_today = 0
            agent.answered.clear()
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
        if agent is not None and agent.wish not in (Trigger.SIGN_OUT, Trigger.TAKE_BREAK):
            self._ask(event.agent, Trigger.LOSE_PHONE, event.at_ms, PHONE_LOST)

    def _phone_found(self, event: PhoneFound) -> None:
        agent = self._floor.agents.get(event.agent)
        if agent is None:
            return
        if agent.wish is Trigger.LOSE_PHONE and agent.wish_reason == PHONE_LOST:
            agent.wish, agent.wish_reason = None, ""
        elif agent.state is UNAVAILABLE and agent.reason == PHONE_LOST and agent.form is None:
            self._ask(event.agent, Trigger.MAKE_READY, event.at_ms)

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
        if trigger is Trigger.MAKE_READY and agent.form is not None:
            raise FormDue(name, agent.form[0])
        call = self._hall.interrupt(agent)
        self._hall.turn(agent, trigger, at, reason)
        self._hall.settle(agent, at)
        if call is not None:
            self._hall.place(call, at)

    # ── What callers do ───────────────────────────────────────────────────────────────────────────

    def _call_queued(self, event: CallQueued) -> None:
        hall = self._hall
        if event.call in hall.calls:
            raise CallAlreadyQueued(event.call, hall.calls[event.call].queue.policy.queue)
        queue = self._floor.queues.get(event.queue)
        if queue is None:  # removed while the caller was on the way
            hall.out.append(
                CallOverflowed(call=event.call, queue=event.queue, why="no_agent", then=Overflow())
            )
            return
        self._arrivals += 1
        call = hall.calls[event.call] = Call.of(event, queue, self._arrivals)
        queue.admit(call)
        if event.agent is not None:
            named = self._floor.agents.get(event.agent)
            if named is None or named.removed:
                hall.overflow(call, "no_agent", queue.policy.no_agent)
                return
            if event.kind == "redial":
                reserve(hall, call, named, event.until_ms)
        elif event.prefer is not None and (agent := self._floor.agents.get(event.prefer)) is not None:
            hall.prefer(call, agent, event.until_ms, event.at_ms)
        hall.place(call, event.at_ms)

    def _call_withdrawn(self, event: CallWithdrawn) -> None:
        call = self._hall.calls.get(event.call)
        if call is None:
            return
        queue, agent = call.queue, call.offered_to
        if agent is not None:
            self._hall.withdraw_offer(call, agent, "caller_left")
        self._hall.discharge(call)
        if event.agreed:
            queue.figures.called_back += 1
        elif call.kind == "caller":
            queue.figures.count_abandon(event.at_ms - call.queued_ms, queue.policy.goal_ms)
        if agent is not None:
            let_go(self._hall, agent, event.at_ms)

    def _call_led_on(self, event: CallLedOn) -> None:
        call = self._hall.calls.get(event.call)
        if call is not None and call.offered_to is None and call.kind == "caller":
            self._hall.discharge(call)
            call.queue.figures.overflowed += 1

    # ── Offers ────────────────────────────────────────────────────────────────────────────────────

    def _offer_ringing(self, event: OfferRinging) -> None:
        ring(self._hall, event)

    def _offer_accepted(self, event: OfferAccepted) -> None:
        accept(self._hall, event)

    def _offer_picked_up(self, event: OfferPickedUp) -> None:
        pick_up(self._hall, event)

    def _offer_failed(self, event: OfferFailed) -> None:
        fail(self._hall, event)

    # ── Contacts and wrap-up ──────────────────────────────────────────────────────────────────────

    def _contact_began(self, event: ContactBegan) -> None:
        agent = self._floor.agents.get(event.agent)
        if agent is None or agent.state is SIGNED_OUT:
            return
        if event.answers and agent.answer(event.call):
            self._hall.announce(agent)
        if event.call in agent.contacts:
            serve(self._hall, agent, event.call, event.queue)
            return
        begin_contact(self._hall, agent, event.call, event.queue, event.at_ms)

    def _contact_ended(self, event: ContactEnded) -> None:
        agent = self._floor.agents.get(event.agent)
        if agent is not None and event.call in agent.contacts:
            end_contact(self._hall, agent, event.call, talked=event.talked, at=event.at_ms)

    # ── Work that is no call ──────────────────────────────────────────────────────────────────────

    def _task_began(self, event: TaskBegan) -> None:
        task = Task(event.task, event.queue, event.until_ms, event.reason)
        begin_task(self._hall, event.agent, task, event.at_ms)

    def _task_ended(self, event: TaskEnded) -> None:
        agent = self._floor.agents.get(event.agent)
        if agent is not None and agent.task is not None and agent.task.task == event.task:
            end_task(self._hall, agent, event.at_ms)

    def idle_agent(self, queue: QueueId, besides: Container[AgentId] = ()) -> AgentId | None:
        """Whom a queue in which nobody waits could give something else to do: the longest idle."""
        found = self._floor.queues.get(queue)
        if found is None or found.waiting or found.callbacks:
            return None
        return idle_agent(found, besides)

    def _form_filed(self, event: FormFiled) -> None:
        agent = self._floor.agents.get(event.agent)
        if agent is not None:
            file_form(self._hall, agent, event.call, done=event.done, at=event.at_ms)

    # ── Timers ────────────────────────────────────────────────────────────────────────────────────

    def _timer_due(self, event: TimerDue) -> None:
        kind, _, name = event.name.partition(":")
        if kind in ("ring", "wrap"):
            agent = self._floor.agents.get(AgentId(name))
            if agent is not None:
                if kind == "ring":
                    ring_over(self._hall, agent, event.at_ms)
                else:
                    wrap_up_over(self._hall, agent, event.at_ms)
        else:
            call = self._hall.calls.get(CallId(name))
            if call is not None:
                TIMERS_OF_CALLS[kind](self._hall, call, event.at_ms)


DOORS: dict[type[Event], Callable[[Acd, Any], None]] = {
    PolicyChanged: Acd._policy_changed,
    DayBegan: Acd._day_began,
    FormFiled: Acd._form_filed,
    SignedIn: Acd._signed_in,
    SignedOut: Acd._signed_out,
    MadeReady: Acd._made_ready,
    BreakTaken: Acd._break_taken,
    PhoneLost: Acd._phone_lost,
    PhoneFound: Acd._phone_found,
    TaskBegan: Acd._task_began,
    TaskEnded: Acd._task_ended,
    CallQueued: Acd._call_queued,
    CallWithdrawn: Acd._call_withdrawn,
    CallLedOn: Acd._call_led_on,
    OfferRinging: Acd._offer_ringing,
    OfferAccepted: Acd._offer_accepted,
    OfferPickedUp: Acd._offer_picked_up,
    OfferFailed: Acd._offer_failed,
    ContactBegan: Acd._contact_began,
    ContactEnded: Acd._contact_ended,
    TimerDue: Acd._timer_due,
}
"""Which event goes where."""
