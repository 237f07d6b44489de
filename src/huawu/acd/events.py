"""What the ACD takes in and gives out: frozen values. Time arrives in events, timers leave as commands."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, NewType

import msgspec

AgentId = NewType("AgentId", str)
QueueId = NewType("QueueId", str)
SkillId = NewType("SkillId", str)
CallId = NewType("CallId", str)


class AgentState(StrEnum):
    """What an agent is doing, as a wallboard shows it."""

    SIGNED_OUT = "signed_out"
    READY = "ready"
    RINGING = "ringing"  # an offer is with the agent
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    BREAK = "break"
    UNAVAILABLE = "unavailable"  # did not answer an offer, or the phone cannot be reached


Strategy = Literal["longest_idle", "fewest_calls", "round_robin", "best_skill"]
OverflowAction = Literal["queue", "number", "flow", "hang_up", "none"]


class Value(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The base of all values here. They hold nothing that could refer back to them: no cycles to look for."""


class Overflow(Value, frozen=True, kw_only=True):
    """What happens to a caller who cannot wait (longer): to another queue, number or flow, or the end."""

    action: OverflowAction = "none"
    target: str = ""


class OverflowStep(Value, frozen=True, kw_only=True):
    """How a caller is served who has waited long: the whole of it, earlier steps included.

    `skills` stand instead of the least levels of the queue and the call for the skills they name (0 = not
    asked). A step with `then` leads the caller elsewhere and is the last; callbacks take no notice of it.
    """

    after_ms: int  # from joining the queue
    skills: dict[SkillId, int] = {}
    queues: tuple[QueueId, ...] = ()  # whose agents serve the caller as well
    priority: int = 0  # added to the call's
    then: Overflow = Overflow()


class QueuePolicy(Value, frozen=True, kw_only=True):
    """How one queue serves. Lengths in ms."""

    queue: QueueId
    name: str
    skills: dict[SkillId, int] = {}  # least level asked of an agent, 1–10
    strategy: Strategy = "longest_idle"
    weight: int = 0  # added to a call's priority, when an agent serves several queues
    ring_ms: int = 15_000
    wrap_up_ms: int = 20_000  # 0 = none
    form_required: bool = False  # wrap-up lasts until its form is filed, and nobody is ready before
    ageing_ms: int = 60_000  # waiting this long is worth one priority level
    longest_line: int = 0  # 0 = no bound
    line_full: Overflow = Overflow()
    longest_wait_ms: int = 0  # 0 = no bound
    wait_over: Overflow = Overflow()
    no_agent: Overflow = Overflow()  # nobody is signed in for this queue; "none" = wait all the same
    steps: tuple[OverflowStep, ...] = ()  # by time
    announce_every_ms: int = 30_000  # position and estimated wait; 0 = never
    goal_share: float = 0.8  # of calls answered …
    goal_ms: int = 20_000  # … within


class AgentProfile(Value, frozen=True, kw_only=True):
    """Who an agent is to the ACD."""

    agent: AgentId
    name: str
    queues: tuple[QueueId, ...] = ()
    skills: dict[SkillId, int] = {}


class Input(Value, frozen=True, kw_only=True, tag=True):
    at_ms: int


# ── Events ────────────────────────────────────────────────────────────────────────────────────────


class PolicyChanged(Input, frozen=True, kw_only=True):
    """The whole configuration; waiting calls and signed-in agents stay as they are where they can."""

    queues: tuple[QueuePolicy, ...]
    agents: tuple[AgentProfile, ...]


class SignedIn(Input, frozen=True, kw_only=True):
    """The agent begins a shift; starts in BREAK ("signed in") until ready."""

    agent: AgentId


class SignedOut(Input, frozen=True, kw_only=True):
    agent: AgentId


class MadeReady(Input, frozen=True, kw_only=True):
    """The agent takes calls; signs in when signed out; ends break, wrap-up and unavailability.

    While talking or ringing: noted, so that the agent is ready afterwards.
    """

    agent: AgentId


class BreakTaken(Input, frozen=True, kw_only=True):
    """While talking: the break begins after call and wrap-up. While ringing: the offer is withdrawn."""

    agent: AgentId
    reason: str


class PhoneLost(Input, frozen=True, kw_only=True):
    """The agent's phone cannot be reached; no more offers until it is found, or the agent is ready again."""

    agent: AgentId


class PhoneFound(Input, frozen=True, kw_only=True):
    """The agent's phone can be reached (again); takes back what its loss did or was to do."""

    agent: AgentId


class TaskBegan(Input, frozen=True, kw_only=True):
    """The agent, who was ready, works on something that is no call: no offers until then, as in wrap-up.

    A call in between (the caller called back) does not end it; `reason` is what screens show. To an agent
    who can't take it, it is dropped at once.
    """

    agent: AgentId
    task: str
    queue: QueueId
    until_ms: int
    reason: str


class TaskEnded(Input, frozen=True, kw_only=True):
    """The task is done, or somebody else's; the agent takes calls again."""

    agent: AgentId
    task: str


CallKind = Literal["caller", "callback", "redial"]
"""Who waits: a caller on the line; one who hung up and keeps the place; a dropped call to be taken up."""


class CallQueued(Input, frozen=True, kw_only=True):
    """A caller joins the line. `queued_ms` earlier than `at_ms` keeps a place (after a restart, overflow).

    A callback is not led elsewhere, however long it takes; a redial goes to its `agent` before any other
    call, ahead of wrap-up, or is missed at `until_ms`.
    """

    call: CallId
    queue: QueueId
    queued_ms: int
    priority: int = 0  # 0–100, higher first
    skills: dict[SkillId, int] = {}  # asked beyond the queue's own
    agent: AgentId | None = None  # only this agent (a direct call), as soon as free
    kind: CallKind = "caller"
    joined_ms: int | None = None  # when it joined this queue, if before `at_ms`: the longest wait, the steps
    prefer: AgentId | None = None  # until `until_ms` only this agent, if at work: who talked with them last
    until_ms: int = 0


class CallWithdrawn(Input, frozen=True, kw_only=True):
    """The caller left the line (hung up, or was led elsewhere); an offer under way is withdrawn.

    `agreed`: the caller is to be called back, and has not given up.
    """

    call: CallId
    agreed: bool = False


class CallLedOn(Input, frozen=True, kw_only=True):
    """Somebody leads a caller in line elsewhere: no longer in this queue, and not abandoned.

    One whose offer is under way stays: it may be answered this moment.
    """

    call: CallId


class OfferRinging(Input, frozen=True, kw_only=True):
    """The agent's phone rings: the ring time runs from here (before, from the offer plus 5 s)."""

    call: CallId
    agent: AgentId


class OfferAccepted(Input, frozen=True, kw_only=True):
    call: CallId
    agent: AgentId


class OfferPickedUp(Input, frozen=True, kw_only=True):
    """`agent` takes a call that is with another agent, or in line; the phone that rang is told to stop."""

    call: CallId
    agent: AgentId


class OfferFailed(Input, frozen=True, kw_only=True):
    """The agent declined, or the phone was busy or unreachable. The caller keeps place."""

    call: CallId
    agent: AgentId
    reason: Literal["declined", "busy", "unreachable", "no_answer"]


class ContactBegan(Input, frozen=True, kw_only=True):
    """The agent talks in a call the ACD did not offer (direct, outgoing), or offered in a former life.

    Said again with a `queue`, the agent leads the conversation with its caller now, and wraps it up.
    `answers`: the agent leads a call that came in, which counts among those answered today.
    """

    call: CallId
    agent: AgentId
    queue: QueueId | None = None  # whose caller it is
    answers: bool = False


class ContactEnded(Input, frozen=True, kw_only=True):
    """The agent's part in a call is over; wrap-up follows when the queue asks for it and there was a talk."""

    call: CallId
    agent: AgentId
    talked: bool = True


class FormFiled(Input, frozen=True, kw_only=True):
    """The agent filed what the call was about; with `done` wrap-up for it ends now."""

    agent: AgentId
    call: CallId
    done: bool = False


class DayBegan(Input, frozen=True, kw_only=True):
    """The centre's calendar day begins: its figures start anew; who still waits belongs to the new day."""


class TimerDue(Input, frozen=True, kw_only=True):
    name: str


Event = (
    PolicyChanged
    | SignedIn
    | SignedOut
    | MadeReady
    | BreakTaken
    | PhoneLost
    | PhoneFound
    | TaskBegan
    | TaskEnded
    | CallQueued
    | CallWithdrawn
    | CallLedOn
    | OfferRinging
    | OfferAccepted
    | OfferPickedUp
    | OfferFailed
    | ContactBegan
    | ContactEnded
    | FormFiled
    | DayBegan
    | TimerDue
)

# ── Commands ──────────────────────────────────────────────────────────────────────────────────────


class Output(Value, frozen=True, kw_only=True, tag=True):
    """The base of all commands."""


class MakeOffer(Output, frozen=True, kw_only=True):
    call: CallId
    agent: AgentId
    queue: QueueId
    ring_ms: int
    waited_ms: int


WithdrawReason = Literal["caller_left", "no_answer", "agent_left", "picked_up", "reservation_over"]
OverflowCause = Literal["line_full", "wait_over", "no_agent", "redial_missed", "declined"]


class WithdrawOffer(Output, frozen=True, kw_only=True):
    """Stop ringing the agent: the caller left, the ring time is over, the agent went away, a colleague took
    the call, or the reservation for a redial has ended."""

    call: CallId
    agent: AgentId
    reason: WithdrawReason


class CallOverflowed(Output, frozen=True, kw_only=True):
    """The call is no longer in this queue; the centre does what `then` says."""

    call: CallId
    queue: QueueId
    why: OverflowCause
    then: Overflow


class StepTaken(Output, frozen=True, kw_only=True):
    """The caller, still in line, may be served by more agents now; `step` counts from 1."""

    call: CallId
    queue: QueueId
    step: int


class AnnouncePlace(Output, frozen=True, kw_only=True):
    """Tell the caller the place in line (1 = next) and the estimated wait (None = unknown)."""

    call: CallId
    queue: QueueId
    place: int
    estimate_ms: int | None


class AgentChanged(Output, frozen=True, kw_only=True):
    """An agent is in a new state since now. `reason` is the break's, or why unavailable."""

    agent: AgentId
    state: AgentState
    since_ms: int
    reason: str = ""
    call: CallId | None = None
    queue: QueueId | None = None


DropCause = Literal["time_over", "left", "not_ready"]


class TaskDropped(Output, frozen=True, kw_only=True):
    """The agent no longer works on the task: its time is over, or the agent chose ready, break or the end."""

    agent: AgentId
    task: str
    why: DropCause


class StartTimer(Output, frozen=True, kw_only=True):
    """Feed `TimerDue(name)` at `due_ms`; one of the same name is replaced."""

    name: str
    due_ms: int


class StopTimer(Output, frozen=True, kw_only=True):
    name: str


Command = (
    MakeOffer
    | WithdrawOffer
    | CallOverflowed
    | StepTaken
    | AnnouncePlace
    | AgentChanged
    | TaskDropped
    | StartTimer
    | StopTimer
)
