"""A caller in line: what the ACD is told of calls, and how its commands become legs and announcements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Protocol, assert_never

from huawu.acd import events as acd
from huawu.acd.events import AgentId, AgentState, CallId, QueueId, SkillId
from huawu.calls.announce import place_and_wait
from huawu.calls.conversation import Conversation, PartyLeg, Phase, Purpose, Role
from huawu.calls.effects import CancelTimer, SetTimer
from huawu.calls.facts import Kind
from huawu.calls.floor import Floor
from huawu.calls.last_agents import LastAgents
from huawu.link.messages import HangUp, LegId, Music, Originate, Play, PlayId, Reason

ACD_TIMER = "acd:"
RING_GUARD_MS = 10_000
"""The switch gives up on an agent's phone this much after the ACD should have."""

REDIALS_AGENT_MS = 30_000
"""A caller whose call was dropped and who calls first waits so long for the same agent."""

FailedOffer = Literal["declined", "busy", "unreachable", "no_answer"]
OverflowCause = acd.OverflowCause
LedOn = OverflowCause | Literal["moved", "diverted"]
"""Why a caller is led elsewhere: a queue could not keep them, or a leader wants it so."""

SentOnBy = Literal["caller", "flow", "overflow"]
"""Who wants a caller at a number: the caller who dialled it, a flow, or a queue that cannot keep them."""

_OFFER_FAILURES: Mapping[Reason, FailedOffer] = {
    "busy": "busy",
    "declined": "declined",
    "no_answer": "no_answer",
}
"""Why a phone did not take an offer; every other reason means it could not be reached."""


class Leader(Protocol):
    """Where callers go when a queue does not keep them; satisfied by `Flowing`."""

    def start(self, call: Conversation, flow_id: str) -> None: ...
    def announce(self, call: Conversation, queue: str, then: Callable[[], None]) -> bool: ...
    def lead_to(self, call: Conversation, number: str, by: SentOnBy = "caller") -> None: ...
    def given_back(self, call: Conversation, why: OverflowCause) -> None: ...
    def say_and_end(self, call: Conversation, prompts: Sequence[str], reason: Reason) -> None: ...


@dataclass(frozen=True, slots=True)
class TakenOver:
    """What a caller who calls again has kept: the place in line, or the agent who was to call back."""

    queued_ms: int | None = None
    priority: int = 0
    agent: AgentId | None = None


class Asker(Protocol):
    """Who asked a queue for a colleague; satisfied by `Consulting`."""

    def nobody_found(self, call: Conversation, why: OverflowCause) -> None: ...


class Promises(Protocol):
    """Who calls back those who do not wait on the line; satisfied by `CallingBack`."""

    def wait_for_key(self, call: Conversation, prompts: Sequence[str]) -> bool: ...
    def is_asking(self, call: Conversation) -> bool: ...
    def take_over(self, call: Conversation, queue: str) -> TakenOver | None: ...
    def begin(self, offer: acd.MakeOffer) -> Conversation: ...
    def overflowed(self, overflow: acd.CallOverflowed) -> bool: ...


class Tasks(Protocol):
    """Who gives out what is no call; satisfied by `VoicemailWork`."""

    def dropped(self, drop: acd.TaskDropped) -> None: ...


class TurnsAway(Protocol):
    """Who knows what leaders set of queues; satisfied by `Doors`."""

    def turned(
        self, call: Conversation, queue: str, priority: int, skills: dict[str, int], queued_ms: int
    ) -> bool: ...


class Queueing:
    """The desk between calls and the ACD."""

    leader: Leader
    doors: TurnsAway
    promises: Promises
    asker: Asker
    tasks: Tasks

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self.last_agents = LastAgents()

    # ── A call's own doings ───────────────────────────────────────────────────────────────────────

    def join(
        self,
        call: Conversation,
        queue: str,
        *,
        priority: int = 0,
        skills: Mapping[str, int] | None = None,
        prompts: Sequence[str] = (),
        queued_ms: int | None = None,
        joined_ms: int | None = None,
    ) -> None:
        """Put the caller in line, to music; `queued_ms` keeps an earlier place.

        `joined_ms`: the caller has been in this queue since then.
        """
        floor = self._floor
        if floor.centre.queue(queue) is None:
            self.leader.given_back(call, "no_agent")
            return
        since_ms = floor.now_ms if queued_ms is None else queued_ms
        steers = floor.steering.rulings and joined_ms is None
        if steers and self.doors.turned(call, queue, priority, dict(skills or {}), since_ms):
            return
        again = partial(self.join, call, queue, priority=priority, skills=skills, prompts=prompts)
        if joined_ms is None and self.leader.announce(call, queue, partial(again, queued_ms=since_ms)):
            return
        call.phase = Phase.WAITING
        call.in_line = True
        call.queue = QueueId(queue)
        call.queued_ms = since_ms
        call.joined_ms = floor.now_ms if joined_ms is None else joined_ms
        call.priority = priority
        call.skills = dict(skills or {})
        kept = self.promises.take_over(call, queue)
        if kept is not None and kept.queued_ms is not None:
            call.queued_ms = min(call.queued_ms, kept.queued_ms)
            call.priority = max(call.priority, kept.priority)
        prefer, until_ms = self._preference(call, queue, kept)
        preferred: dict[str, Any] = {} if prefer is None else {"prefers": prefer}
        floor.fact(call, "queued", queue=queue, priority=call.priority, skills=call.skills, **preferred)
        commands = floor.acd.step(
            acd.CallQueued(
                at_ms=floor.now_ms,
                call=call.call,
                queue=call.queue,
                queued_ms=call.queued_ms,
                joined_ms=call.joined_ms,
                priority=call.priority,
                skills={SkillId(skill): level for skill, level in call.skills.items()},
                prefer=prefer,
                until_ms=until_ms,
            )
        )
        if not any(isinstance(command, acd.CallOverflowed | acd.AnnouncePlace) for command in commands):
            self._wait_to(call, prompts)
        self.perform(commands, first=prompts)

    def _preference(
        self, call: Conversation, queue: str, kept: TakenOver | None
    ) -> tuple[AgentId | None, int]:
        """Whom the caller is to wait for first, and until when."""
        terms = self._floor.centre.configuration.queues[queue].last_agent
        if kept is not None and kept.agent is not None:
            return kept.agent, self._floor.now_ms + REDIALS_AGENT_MS
        if terms is None:
            return None, 0
        agent = self.last_agents.of(call.caller, self._floor.now_ms - terms.within_ms)
        return agent, (call.joined_ms or self._floor.now_ms) + terms.wait_ms

    def leave(self, call: Conversation, *, agreed: bool = False) -> None:
        """The caller left the line, or `agreed` to be called back."""
        self.step(acd.CallWithdrawn(at_ms=self._floor.now_ms, call=call.call, agreed=agreed))
        if call.queue is not None:  # the call itself may be forgotten before screens are renewed
            self._floor.effects.changed_queues.add(call.queue)

    def wait_on(self, call: Conversation) -> None:
        """The caller, still in line, hears music again."""
        self._wait_to(call, ())

    # ── The agent's leg of an offer ───────────────────────────────────────────────────────────────

    def ringing(self, party: PartyLeg) -> None:
        """The agent's phone rings."""
        if party.agent is not None and party.offered_by_queue is not None:
            self.step(acd.OfferRinging(at_ms=self._floor.now_ms, call=party.call, agent=party.agent))

    def accepted(self, party: PartyLeg) -> None:
        """The agent took the offer."""
        if party.agent is not None:
            self.step(acd.OfferAccepted(at_ms=self._floor.now_ms, call=party.call, agent=party.agent))

    def offer_failed(self, call: Conversation, party: PartyLeg, reason: Reason) -> None:
        """The agent's leg ended before it was answered; the caller keeps place."""
        if party.agent is None:
            return
        why = _OFFER_FAILURES.get(reason, "unreachable")
        self._floor.part(call, party)
        self._note_failure(call, party, why)
        self.step(acd.OfferFailed(at_ms=self._floor.now_ms, call=call.call, agent=party.agent, reason=why))

    def contact_ended(self, call: Conversation, agent: AgentId) -> None:
        """The agent's part in the call is over."""
        self.step(acd.ContactEnded(at_ms=self._floor.now_ms, call=call.call, agent=agent))

    def ask(self, call: Conversation, queue: QueueId) -> None:
        """Have a queue find a colleague for an agent of this call; the caller stays where it is."""
        self.step(
            acd.CallQueued(
                at_ms=self._floor.now_ms, call=call.call, queue=queue, queued_ms=self._floor.now_ms
            )
        )

    def _note_failure(self, call: Conversation, party: PartyLeg, why: str) -> None:
        kind: Kind = "offer_failed" if party.purpose is Purpose.TALK else "party_failed"
        self._floor.fact(call, kind, "agent", agent=party.agent, reason=why)
        if call.consult is not None and call.consult.party is party:
            call.consult.party = None

    # ── What the ACD wants ────────────────────────────────────────────────────────────────────────

    def step(self, event: acd.Event) -> None:
        """Tell the ACD something and do what it says."""
        self.perform(self._floor.acd.step(event))

    def perform(self, commands: Sequence[acd.Command], *, first: Sequence[str] = ()) -> None:
        """Carry out the ACD's commands in order; who is told their place hears the prompts `first` before."""
        for command in commands:
            match command:
                case acd.MakeOffer():
                    self._offer(command)
                case acd.WithdrawOffer():
                    self._withdraw(command)
                case acd.CallOverflowed():
                    self._overflow(command)
                case acd.AnnouncePlace():
                    self._announce(command, first)
                case acd.StepTaken():
                    self._step_taken(command)
                case acd.AgentChanged():
                    self._agent_changed(command)
                case acd.TaskDropped():
                    self.tasks.dropped(command)
                case acd.StartTimer():
                    self._floor.effects.timers.append(SetTimer(ACD_TIMER + command.name, command.due_ms))
                case acd.StopTimer():
                    self._floor.effects.timers.append(CancelTimer(ACD_TIMER + command.name))
                case _:
                    assert_never(command)

    def _offer(self, offer: acd.MakeOffer) -> None:
        floor = self._floor
        call = floor.calls.get(offer.call) or self.promises.begin(offer)
        endpoint = floor.centre.endpoint_of.get(offer.agent)
        leg = LegId(floor.name(call, "a"))
        party = PartyLeg(
            leg=leg, call=call.call, role=Role.AGENT, agent=offer.agent, offered_by_queue=offer.queue
        )
        floor.join(call, party)
        if call.consult is None:
            floor.fact(call, "offer_made", agent=offer.agent, queue=offer.queue, waited_ms=offer.waited_ms)
        else:
            party.role, party.purpose, call.consult.party = Role.CONSULTED, Purpose.CONSULT, party
            floor.fact(call, "party_rung", agent=offer.agent, queue=offer.queue, purpose="consult")
        if endpoint is None:
            self.offer_failed(call, party, "unavailable")
            return
        floor.do(
            Originate(
                leg=leg,
                endpoint=endpoint,
                caller_number=call.caller,
                caller_name=call.caller_name,
                ring_ms=offer.ring_ms + RING_GUARD_MS,
            )
        )

    def _withdraw(self, withdrawal: acd.WithdrawOffer) -> None:
        floor = self._floor
        call = floor.calls.get(withdrawal.call)
        party = call.party_of(withdrawal.agent) if call is not None else None
        if call is None or party is None or party.answered:
            return
        floor.part(call, party)
        self._note_failure(call, party, withdrawal.reason)
        floor.do(HangUp(leg=party.leg, reason="cancelled"))

    def _overflow(self, overflow: acd.CallOverflowed) -> None:
        floor = self._floor
        if self.promises.overflowed(overflow):
            return
        call = floor.calls[overflow.call]
        then = overflow.then
        floor.fact(
            call,
            "overflowed",
            queue=overflow.queue,
            why=overflow.why,
            action=then.action,
            target=then.target,
        )
        if call.consult is not None:
            self.asker.nobody_found(call, overflow.why)
            return
        self.lead_on(call, then, overflow.why)

    def lead_on(self, call: Conversation, then: acd.Overflow, why: LedOn) -> None:
        """Bring a caller whom this queue does not keep where `then` says; the place in line goes along."""
        call.phase = Phase.FLOW
        match then.action:
            case "queue":
                self.join(
                    call,
                    then.target,
                    priority=call.priority,
                    skills=call.skills,
                    prompts=("overflow",),
                    queued_ms=call.queued_ms,
                )
            case "number":
                self.leader.lead_to(call, then.target, "overflow")
            case "flow":
                self.leader.start(call, then.target)
            case "hang_up":
                prompt = "queue-full" if why == "line_full" else "no-agent"
                self.leader.say_and_end(call, (prompt, "goodbye"), "congestion")
            case "none":
                self.leader.given_back(call, "no_agent" if why == "moved" or why == "diverted" else why)
            case _:
                assert_never(then.action)

    def _announce(self, announcement: acd.AnnouncePlace, first: Sequence[str]) -> None:
        call = self._floor.calls.get(announcement.call)
        if call is None or call.phase is not Phase.WAITING or self.promises.is_asking(call):
            return
        self._floor.fact(call, "announced", place=announcement.place, estimate_ms=announcement.estimate_ms)
        number = self._floor.voice.number
        told = place_and_wait(
            announcement.place, announcement.estimate_ms, lambda n: number(n, call.language)
        )
        self._wait_to(call, (*first, *told))

    def _wait_to(self, call: Conversation, prompts: Sequence[str]) -> None:
        floor = self._floor
        if self.promises.wait_for_key(call, prompts):
            return
        call.play = PlayId(floor.name(call, "p"))
        clips = floor.clips(prompts, call.language)
        floor.do(Play(leg=call.leg, play=call.play, clips=(*clips, Music(path=floor.hold_music))))

    def _step_taken(self, taken: acd.StepTaken) -> None:
        """More agents may serve the caller now; said if the step says so."""
        floor = self._floor
        call = floor.calls.get(taken.call)
        queue = floor.centre.configuration.queues.get(taken.queue)
        if call is None or queue is None or not taken.step <= len(queue.steps):
            return
        floor.fact(call, "overflow_step", queue=taken.queue, step=taken.step)
        say = queue.steps[taken.step - 1].say
        if say and call.phase is Phase.WAITING and not self.promises.is_asking(call):
            self._wait_to(call, say)

    def _agent_changed(self, change: acd.AgentChanged) -> None:
        floor = self._floor
        effects = floor.effects
        effects.agents.append(change)
        effects.changed_agents.add(change.agent)
        profile = floor.centre.agent(change.agent)
        if profile is not None:
            effects.changed_queues.update(profile.queues)
        wrapped = floor.wrapping.pop(change.agent, None)
        if wrapped is not None and (call := floor.calls.get(wrapped)) is not None:
            floor.fact(call, "wrap_up_ended", "agent", agent=change.agent)
            floor.forget_when_over(call)
        if change.state is AgentState.WRAP_UP and change.call is not None:
            self._wrap_up_began(change.agent, change.call)

    def _wrap_up_began(self, agent: AgentId, call_id: CallId) -> None:
        call = self._floor.calls.get(call_id)
        if call is not None:
            self._floor.wrapping[agent] = call_id
            self._floor.fact(call, "wrap_up_began", "agent", agent=agent)
