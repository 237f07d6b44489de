"""A small centre around an `Acd`: plays clock and switch, believes only commands, checks the laws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal, TypeVar

import msgspec

from huawu.acd.events import (
    AgentChanged,
    AgentId,
    AgentProfile,
    AgentState,
    AnnouncePlace,
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
    MadeReady,
    MakeOffer,
    OfferAccepted,
    OfferFailed,
    OfferRinging,
    Output,
    Overflow,
    OverflowStep,
    PhoneFound,
    PhoneLost,
    PolicyChanged,
    QueueId,
    QueuePolicy,
    SignedIn,
    SignedOut,
    SkillId,
    StartTimer,
    StepTaken,
    StopTimer,
    TaskBegan,
    TaskDropped,
    TaskEnded,
    TimerDue,
    WithdrawOffer,
)
from huawu.acd.figures import AgentView, QueueView
from huawu.acd.model import Acd
from huawu.acd.snapshot import Snapshot

C = TypeVar("C", bound=Output)

READY, RINGING, TALKING = AgentState.READY, AgentState.RINGING, AgentState.TALKING
WRAP_UP, SIGNED_OUT = AgentState.WRAP_UP, AgentState.SIGNED_OUT


class World:
    def __init__(self, queues: Iterable[QueuePolicy], agents: Iterable[AgentProfile]) -> None:
        self.acd = Acd()
        self.now = 0
        self.queues: dict[QueueId, QueuePolicy] = {}
        self.agents: dict[AgentId, AgentProfile] = {}
        self.states: dict[AgentId, AgentState] = {}
        self.idle: dict[AgentId, int] = {}
        self.waiting: dict[CallId, CallQueued] = {}  # not answered yet, in order of joining
        self.offers: dict[CallId, AgentId] = {}
        self.contacts: dict[CallId, AgentId] = {}
        self.timers: dict[str, int] = {}
        self.counts: dict[QueueId, Counter[str]] = {}
        self.steps: dict[CallId, int] = {}  # taken, by who still waits
        self.prefers: dict[CallId, AgentId] = {}  # who waits for one agent first
        self.tasks: dict[AgentId, str] = {}  # what is no call, by who works on it
        self.commands: list[Command] = []  # of the last event
        self.change_policy(queues, agents)

    def change_policy(self, queues: Iterable[QueuePolicy], agents: Iterable[AgentProfile]) -> list[Command]:
        self.queues = {policy.queue: policy for policy in queues}
        self.agents = {profile.agent: profile for profile in agents}
        self.counts = {queue: self.counts.get(queue, Counter()) for queue in self.queues}
        for call, asked in self.waiting.items():
            if asked.queue in self.queues:
                self.steps[call] = min(self.steps.get(call, 0), len(self.queues[asked.queue].steps))
        return self.do(
            PolicyChanged(
                at_ms=self.now, queues=tuple(self.queues.values()), agents=tuple(self.agents.values())
            )
        )

    def do(self, event: Event) -> list[Command]:
        """Feeds the event, believes the commands one by one, then looks whether the laws hold."""
        match event:
            case CallQueued() if event.queue in self.queues:
                self.waiting[event.call] = event
                self.count(event, "offered")
            case CallWithdrawn() if event.call in self.waiting:
                self.count(self.waiting[event.call], "called_back" if event.agreed else "abandoned")
            case CallLedOn() if event.call in self.waiting and event.call not in self.offers:
                if self.waiting[event.call].kind == "caller":
                    self.count(self.waiting.pop(event.call), "overflowed")
            case OfferAccepted() if self.offers.get(event.call) == event.agent:
                self.count(self.waiting[event.call], "answered")
                del self.waiting[event.call], self.offers[event.call]
                self.contacts[event.call] = event.agent
            case ContactBegan() if self.states.get(event.agent, SIGNED_OUT) is not SIGNED_OUT:
                self.contacts[event.call] = event.agent
            case ContactEnded():
                self.contacts.pop(event.call, None)
            case TaskBegan():
                if event.agent in self.tasks:
                    assert self.tasks[event.agent] != event.task
                elif event.agent in self.agents and self.states.get(event.agent) in (READY, TALKING, WRAP_UP):
                    self.tasks[event.agent] = event.task
            case TaskEnded() if self.tasks.get(event.agent) == event.task:
                del self.tasks[event.agent]
            case DayBegan():
                for queue in self.queues:
                    waiting = sum(
                        call.queue == queue and call.kind == "caller" for call in self.waiting.values()
                    )
                    self.counts[queue] = Counter(offered=waiting)
            case TimerDue():
                self.timers.pop(event.name, None)
                if event.name.startswith("prefer:"):
                    del self.prefers[CallId(event.name.removeprefix("prefer:"))]
            case _:
                pass
        self.commands = self.acd.step(event)
        if isinstance(event, CallWithdrawn):
            self.waiting.pop(event.call, None)
        if isinstance(event, OfferFailed) and self.offers.get(event.call) == event.agent:
            del self.offers[event.call]
        for command in self.commands:
            self.believe(command)
        self.check()
        return self.commands

    def believe(self, command: Command) -> None:
        match command:
            case MakeOffer():
                call = self.waiting[command.call]
                assert command.call not in self.offers, "a call has two offers"
                assert command.agent not in self.offers.values(), "an agent has two offers"
                assert self.states[command.agent] is RINGING
                assert self.fits(command.agent, call)
                assert command.waited_ms == self.now - call.queued_ms
                assert command.queue == call.queue
                for other in self.standing():
                    if self.fits(command.agent, other):
                        assert self.place(call) <= self.place(other), "a better place was passed over"
                self.offers[command.call] = command.agent
            case WithdrawOffer():
                assert self.offers.pop(command.call) == command.agent
            case CallOverflowed():
                assert command.call not in self.offers
                left = self.waiting.pop(command.call, None)
                if left is not None and command.queue in self.counts:
                    self.count(left, "overflowed")
            case TaskDropped():
                if command.why == "not_ready":
                    assert self.tasks.get(command.agent) != command.task
                else:
                    assert self.tasks.pop(command.agent) == command.task
            case StepTaken():
                self.steps[command.call] = command.step
            case AnnouncePlace():
                assert command.call in self.waiting
                assert command.call not in self.offers
                assert 1 <= command.place <= len(self.waiting)
                assert command.estimate_ms is None or command.estimate_ms >= 0
            case AgentChanged():
                before = self.states.get(command.agent, SIGNED_OUT)
                self.states[command.agent] = command.state
                if command.state is READY and before is not RINGING:
                    self.idle[command.agent] = self.now
            case StartTimer():
                self.timers[command.name] = command.due_ms
                if command.name.startswith("prefer:"):
                    call_id = CallId(command.name.removeprefix("prefer:"))
                    preferred = self.waiting[call_id].prefer
                    assert preferred is not None
                    self.prefers[call_id] = preferred
            case StopTimer():
                assert self.timers.pop(command.name, None) is not None, f"{command.name} was not running"
                if command.name.startswith("prefer:"):
                    del self.prefers[CallId(command.name.removeprefix("prefer:"))]

    # ── The laws ──────────────────────────────────────────────────────────────────────────────────

    def check(self) -> None:
        for call in self.standing():
            for agent in self.agents:
                if self.states.get(agent) is READY:
                    assert not self.fits(agent, call), f"{call.call} waits although {agent} is ready"
        for agent in self.agents:
            view = self.acd.agent_view(agent)
            assert view.state is self.states.get(agent, SIGNED_OUT)
            assert (view.state is RINGING) == (agent in self.offers.values())
            assert (view.state is RINGING) == (f"ring:{agent}" in self.timers)
            if view.form is None:  # else wrap-up lasts until it is filed
                assert (view.state is WRAP_UP) == (f"wrap:{agent}" in self.timers)
            assert (view.state is TALKING) == (agent in self.contacts.values())
            assert view.task == self.tasks.get(agent, "")
            assert not view.task or view.state in (TALKING, WRAP_UP), "a task without anybody at it"
        for name in self.timers:
            kind, _, whose = name.partition(":")
            assert whose in (self.agents if kind in ("ring", "wrap") else self.waiting)
        self.check_terms()
        for queue, counts in self.counts.items():
            figures = self.acd.queue_view(queue)
            all_mine = [call for call in self.waiting.values() if call.queue == queue]
            mine = [call for call in all_mine if call.kind == "caller"]
            assert figures.callbacks == sum(call.kind == "callback" for call in all_mine)
            assert figures.waiting == len(mine)
            assert figures.longest_since_ms == min((call.queued_ms for call in mine), default=None)
            for kind in ("offered", "answered", "abandoned", "overflowed", "called_back"):
                assert getattr(figures, kind) == counts[kind], f"{kind} in {queue}"
            team = [name for name, agent in self.agents.items() if queue in agent.queues]
            states = Counter(self.states.get(name, SIGNED_OUT) for name in team)
            assert figures.signed_in == len(team) - states[SIGNED_OUT]
            assert (figures.ready, figures.ringing) == (states[READY], states[RINGING])
            assert (figures.talking, figures.wrap_up) == (states[TALKING], states[WRAP_UP])
            assert figures.on_break == states[AgentState.BREAK]
            assert figures.unavailable == states[AgentState.UNAVAILABLE]
            ended = figures.answered + figures.abandoned + figures.overflowed + figures.called_back
            assert figures.offered == ended + figures.waiting

    def check_terms(self) -> None:
        """Nobody prefers an agent who has gone, or for too long; steps and reservations keep their time."""
        for call_id, agent in self.prefers.items():
            assert self.now <= self.waiting[call_id].until_ms
            if call_id not in self.offers:
                assert self.states.get(agent, SIGNED_OUT) in (READY, RINGING, TALKING, WRAP_UP)
        for call in self.standing():
            if call.kind == "redial":
                assert self.now <= call.until_ms, "a reservation has no end"
            if call.agent is None and call.call not in self.prefers and call.queue in self.queues:
                joined = call.at_ms if call.joined_ms is None else call.joined_ms
                due = [
                    step
                    for step in self.queues[call.queue].steps
                    if step.then == Overflow() and joined + step.after_ms < self.now
                ]
                assert self.steps.get(call.call, 0) >= len(due), "a step was not taken"

    def count(self, call: CallQueued, kind: str) -> None:
        if call.kind == "caller":
            self.counts[call.queue][kind] += 1

    def standing(self) -> list[CallQueued]:
        return [call for call in self.waiting.values() if call.call not in self.offers]

    def fits(self, agent: AgentId, call: CallQueued) -> bool:
        profile = self.agents.get(agent)
        if profile is None:
            return False
        if call.agent is not None:
            return call.agent == agent
        if call.call in self.prefers:
            return agent == self.prefers[call.call] and call.queue in profile.queues
        step = self.step_of(call)
        instead = step.skills if step is not None else {}
        asked = [*self.queues[call.queue].skills.items(), *call.skills.items()]
        asked = [(skill, level) for skill, level in asked if skill not in instead] + [*instead.items()]
        serve = {call.queue, *(step.queues if step is not None else ())} & self.queues.keys()
        return not serve.isdisjoint(profile.queues) and all(profile.skills.get(s, 0) >= n for s, n in asked)

    def step_of(self, call: CallQueued) -> OverflowStep | None:
        taken = self.steps.get(call.call, 0)
        return self.queues[call.queue].steps[taken - 1] if taken else None

    def place(self, call: CallQueued) -> int:
        policy, step = self.queues[call.queue], self.step_of(call)
        if call.kind == "redial":
            return call.queued_ms - 10**13 - (call.priority + policy.weight) * policy.ageing_ms
        priority = call.priority + (step.priority if step is not None else 0)
        return call.queued_ms - (priority + policy.weight) * policy.ageing_ms

    # ── Time ──────────────────────────────────────────────────────────────────────────────────────

    def wait(self, ms: int) -> list[Command]:
        """Lets time pass, with the timers that fall due in it; returns what they led to."""
        end, commands = self.now + ms, []
        while self.timers:
            name = min(self.timers, key=lambda name: self.timers[name])
            if self.timers[name] > end:
                break
            self.now = max(self.now, self.timers[name])
            commands += self.do(TimerDue(at_ms=self.now, name=name))
        self.now = end
        return commands

    def restart(self) -> None:
        """The centre dies and comes back: a new `Acd` from policy, snapshot and the callers still in line."""
        kept = msgspec.msgpack.decode(msgspec.msgpack.encode(self.acd.snapshot()), type=Snapshot)
        waiting, self.waiting = self.waiting, {}
        self.offers, self.timers = {}, {}
        self.steps, self.prefers = {}, {}
        for call in waiting.values():
            if call.kind == "caller":
                self.counts[call.queue]["offered"] -= 1
        idle = dict(self.idle)
        self.acd = Acd()
        self.acd.step(
            PolicyChanged(
                at_ms=self.now, queues=tuple(self.queues.values()), agents=tuple(self.agents.values())
            )
        )
        self.contacts = {call: agent for call, agent in self.contacts.items() if agent in self.agents}
        self.tasks = {agent: task for agent, task in self.tasks.items() if agent in self.agents}
        self.states = dict.fromkeys(self.agents, SIGNED_OUT)
        for command in self.acd.restore(kept, self.now):
            self.believe(command)
        self.idle |= idle
        self.check()
        for call in waiting.values():
            if call.queue in self.queues:
                joined = call.at_ms if call.joined_ms is None else call.joined_ms
                self.do(msgspec.structs.replace(call, at_ms=self.now, joined_ms=joined))

    # ── Words for tests ───────────────────────────────────────────────────────────────────────────

    def join(
        self,
        call: str,
        queue: str = "sales",
        *,
        priority: int = 0,
        skills: dict[str, int] | None = None,
        agent: str | None = None,
        queued_ms: int | None = None,
        prefer: str | None = None,
        until_ms: int = 0,
        kind: Literal["caller", "callback", "redial"] = "caller",
    ) -> list[Command]:
        return self.do(
            CallQueued(
                at_ms=self.now,
                call=CallId(call),
                queue=QueueId(queue),
                queued_ms=self.now if queued_ms is None else queued_ms,
                priority=priority,
                skills={SkillId(skill): level for skill, level in (skills or {}).items()},
                agent=AgentId(agent) if agent else None,
                prefer=AgentId(prefer) if prefer else None,
                until_ms=until_ms,
                kind=kind,
            )
        )

    def leave(self, call: str, *, agreed: bool = False) -> list[Command]:
        return self.do(CallWithdrawn(at_ms=self.now, call=CallId(call), agreed=agreed))

    def ready(self, *agents: str) -> list[Command]:
        """One after the other, a millisecond apart."""
        commands: list[Command] = []
        for agent in agents:
            commands += self.do(MadeReady(at_ms=self.now, agent=AgentId(agent)))
            self.now += 1
        return commands

    def sign_in(self, agent: str) -> list[Command]:
        return self.do(SignedIn(at_ms=self.now, agent=AgentId(agent)))

    def sign_out(self, agent: str) -> list[Command]:
        return self.do(SignedOut(at_ms=self.now, agent=AgentId(agent)))

    def take_break(self, agent: str, reason: str = "lunch") -> list[Command]:
        return self.do(BreakTaken(at_ms=self.now, agent=AgentId(agent), reason=reason))

    def lose_phone(self, agent: str) -> list[Command]:
        return self.do(PhoneLost(at_ms=self.now, agent=AgentId(agent)))

    def find_phone(self, agent: str) -> list[Command]:
        return self.do(PhoneFound(at_ms=self.now, agent=AgentId(agent)))

    def begin_task(self, task: str, agent: str, for_ms: int = 600_000) -> list[Command]:
        return self.do(
            TaskBegan(
                at_ms=self.now,
                task=task,
                agent=AgentId(agent),
                queue=QueueId("sales"),
                until_ms=self.now + for_ms,
                reason="voicemail",
            )
        )

    def end_task(self, task: str, agent: str) -> list[Command]:
        return self.do(TaskEnded(at_ms=self.now, task=task, agent=AgentId(agent)))

    def ring(self, call: str, agent: str) -> list[Command]:
        return self.do(OfferRinging(at_ms=self.now, call=CallId(call), agent=AgentId(agent)))

    def accept(self, call: str, agent: str) -> list[Command]:
        return self.do(OfferAccepted(at_ms=self.now, call=CallId(call), agent=AgentId(agent)))

    def fail(
        self, call: str, agent: str, reason: Literal["declined", "busy", "unreachable", "no_answer"]
    ) -> list[Command]:
        return self.do(OfferFailed(at_ms=self.now, call=CallId(call), agent=AgentId(agent), reason=reason))

    def dial(self, call: str, agent: str) -> list[Command]:
        return self.do(ContactBegan(at_ms=self.now, call=CallId(call), agent=AgentId(agent)))

    def end(self, call: str, agent: str, *, talked: bool = True) -> list[Command]:
        return self.do(ContactEnded(at_ms=self.now, call=CallId(call), agent=AgentId(agent), talked=talked))

    def new_day(self) -> list[Command]:
        return self.do(DayBegan(at_ms=self.now))

    def serve(self, call: str, agent: str) -> None:
        """The agent answers the offer and ends the call at once."""
        self.accept(call, agent)
        self.end(call, agent)

    def view(self, agent: str) -> AgentView:
        return self.acd.agent_view(AgentId(agent))

    def state(self, agent: str) -> tuple[str, str]:
        view = self.view(agent)
        return view.state.value, view.reason

    def figures(self, queue: str = "sales") -> QueueView:
        return self.acd.queue_view(QueueId(queue))

    def said(self, kind: type[C]) -> list[C]:
        """The commands of one kind that the last event led to."""
        return [command for command in self.commands if isinstance(command, kind)]

    def told(self, kind: type[Output]) -> list[tuple[object, ...]]:
        """The same, as the values of their fields."""
        return [msgspec.structs.astuple(command) for command in self.commands if isinstance(command, kind)]


def a_queue(name: str = "sales", **fields: object) -> QueuePolicy:
    """Quiet unless told: no wrap-up, no announcements."""
    quiet: dict[str, object] = {"wrap_up_ms": 0, "announce_every_ms": 0}
    return msgspec.convert({"queue": name, "name": name} | quiet | fields, QueuePolicy)


def an_agent(name: str, *queues: str, **skills: int) -> AgentProfile:
    return msgspec.convert(
        {"agent": name, "name": name.title(), "queues": queues or ("sales",), "skills": skills}, AgentProfile
    )
