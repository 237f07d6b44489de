"""The interpreter of call flows: events in, commands out; no clock, no I/O.

A run waits for one thing at a time (`EXPECTED`); an event that does not fit raises `UnexpectedEvent`.
Every run ends: a bound on steps without waiting and a bound on waiting stand behind the static check.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, assert_never

from huawu.ivr import events as out
from huawu.ivr.asking import Question, ask, is_answer, record, score_of
from huawu.ivr.cases import fill, holds
from huawu.ivr.events import (
    Collected,
    FlowCommand,
    FlowEvent,
    LookedUp,
    Overflowed,
    PromptEnded,
    Recorded,
    Started,
    TransferFailed,
)
from huawu.ivr.flows import Flows as Flows
from huawu.ivr.schema import (
    AnyStep,
    CollectStep,
    CommentStep,
    ConditionStep,
    EchoStep,
    HangUpStep,
    HoursStep,
    LanguageStep,
    LookupStep,
    MenuStep,
    PlayStep,
    QueueStep,
    RateStep,
    ReturnStep,
    SetStep,
    SubFlowStep,
    TransferStep,
    VoicemailStep,
)
from huawu.ivr.waiting import EXPECTED, UnexpectedEvent, Waiting

STEPS_WITHOUT_WAITING = 100
"""More than these in a row and the call ends: a flow that passed the check never gets here."""
LONGEST_RUN = 100
"""After this many waits the caller is led to a person (a key is stuck); after twice as many: the end."""
TOO_LONG = "the flow goes on too long"
SPOKEN_TRIES = 2
"""A caller who speaks and presses nothing is asked this often, then led to a person."""
AGAIN_TRIES = 5
"""A message may be begun anew this often."""


class _Place(NamedTuple):
    """Where a run can be taken back to."""

    flow: str
    step: str
    returns: tuple[tuple[str, str], ...]


class FlowRun:
    """One caller's way through a flow.

    `variables` should hold `caller` (the caller's number) and may hold `number` (the one dialled) and
    `language`. Feed `Started` first; each `step` returns notes and then one command that waits or ends.
    """

    def __init__(
        self, flows: Flows, flow_id: str, variables: Mapping[str, str] | None = None, *, at: str = ""
    ) -> None:
        """`at`: begin at this step instead of the flow's first."""
        if flow_id not in flows.flows:
            raise KeyError(f"there is no flow {flow_id}")
        self.variables: dict[str, str] = dict(variables or {})
        self.waiting: Waiting = "start"
        self._flows = flows
        self._flow_id = flow_id
        self._step = at or flows.flows[flow_id].start
        self._returns: list[tuple[str, str]] = []
        self._closed: _Place | None = None  # the way of the closed hours, once hours were looked at
        self._overruled = False  # it was closed, and went on for a queue that a leader opened
        self._next = ""  # after a Say: the step to go on at; "" = do the current step's deed
        self._tries = 0
        self._spoken = 0
        self._waits = 0
        self._steps = 0
        self._at_ms = 0
        self._out: list[FlowCommand] = []

    @property
    def place(self) -> tuple[str, str]:
        """The flow and the step the caller is at."""
        return self._flow_id, self._step

    @property
    def ended(self) -> bool:
        """Nothing more can be fed."""
        return self.waiting == "end"

    @property
    def has_closed_way(self) -> bool:
        """Whether a caller whom a queue turns away as closed is led on."""
        return self._closed is not None

    def step(self, event: FlowEvent) -> list[FlowCommand]:
        """Take what happened, say what to do. Raises `UnexpectedEvent` for what it does not wait for."""
        expected = EXPECTED[self.waiting]
        if expected is None or not isinstance(event, expected):
            raise UnexpectedEvent(self.waiting, event)
        self._at_ms = event.at_ms
        self._out = []
        self._steps = 0
        self._waits += 1
        if self._waits == LONGEST_RUN:
            self._lead_to_person(TOO_LONG, "")
        elif self._waits > 2 * LONGEST_RUN:
            self._end(TOO_LONG, "failed")
        else:
            self._resume(event)
        return self._out

    # ── Going on after a wait ─────────────────────────────────────────────────────────────────────

    def _resume(self, event: FlowEvent) -> None:
        match event:
            case Started():
                self._go(self._step)
            case PromptEnded():
                if self._next:
                    self._go(self._next)
                else:
                    self._deed()
            case Collected():
                self._answer(event)
            case TransferFailed():
                step = self._current()
                way = step.failed if isinstance(step, TransferStep) else ""
                self._go_or_end(way, event.reason, "unavailable")
            case Overflowed() if event.why == "closed" and self._closed is not None:
                self._note("closed by hand")
                self._go(self._to_closed_way(self._closed))
            case Overflowed():
                step = self._current()
                why = "no_agent" if event.why == "closed" else event.why
                way = (getattr(step, why) or step.overflow) if isinstance(step, QueueStep) else ""
                self._go_or_end(way, event.why, "congestion" if event.why == "line_full" else "unavailable")
            case LookedUp():
                self._looked_up(event)
            case Recorded():
                self._recorded(event)
            case _:
                assert_never(event)

    def _looked_up(self, event: LookedUp) -> None:
        step = self._current()
        if not isinstance(step, LookupStep):
            return self._end("the flow lost its place", "failed")
        if event.how == "found":
            self.variables |= {name: event.fields.get(name, "") for name in step.take}
        way = {"found": step.found, "not_found": step.not_found or step.failed, "failed": step.failed}
        why = event.how.replace("_", " ") + (f": {event.why}" if event.why else "")
        return self._go_or_end(way[event.how], why, "normal")

    def _recorded(self, event: Recorded) -> None:
        """Thrown away or to be begun again: once more, while it may be tried; else on."""
        step = self._current()
        if not isinstance(step, VoicemailStep | CommentStep):
            return self._end("the flow lost its place", "failed")
        self._tries += 1
        self._note(event.how)
        tries = step.tries if isinstance(step, VoicemailStep) else 1
        if event.how == "again" and self._tries < AGAIN_TRIES:
            return self._record(step, ())
        if event.how == "short" and self._tries < tries and isinstance(step, VoicemailStep):
            return self._record(step, step.too_short + step.say)
        if event.how == "kept" and isinstance(step, VoicemailStep) and step.saved:
            return self._say(step.saved, step.next)
        return self._on(step.next)

    def _on(self, following: str) -> None:
        """To the next step, or to an ordinary end where there is none."""
        if following:
            return self._go(following)
        self.waiting = "end"
        self._out.append(out.HangUp())
        return None

    def _answer(self, event: Collected) -> None:
        step = self._current()
        if isinstance(step, MenuStep):
            way = step.keys.get(event.digits, "") if event.digits else ""
            if way:
                self._note(f"key {event.digits} → {way}")
                return self._go(way)
        elif isinstance(step, CollectStep):
            if is_answer(step, event):
                self.variables[step.into] = event.digits
                self._note(f"{len(event.digits)} digits → {step.next}")  # not the digits: they may be private
                return self._go(step.next)
        elif isinstance(step, RateStep):
            if (score := score_of(step, event)) is not None:
                self._out.append(out.Rated(score=score))
                return self._go(step.next)
        else:
            return self._end("the flow lost its place", "failed")
        nothing = not event.digits and event.how != "end_key"
        spoke = nothing and event.spoke
        self._tries += 1
        self._spoken += spoke
        if isinstance(step, RateStep):
            if self._tries < step.tries:
                return self._ask(step, step.nothing if nothing else step.wrong)
            self._note("gave no score")
            return self._go(step.otherwise or step.next)
        if spoke and self._spoken >= SPOKEN_TRIES:
            return self._lead_to_person("spoke and pressed nothing", step.otherwise)
        if self._tries >= step.tries:
            why = "pressed nothing" if nothing else "pressed wrong keys"
            if step.otherwise:
                self._note(f"{why} → {step.otherwise}")
                return self._go(step.otherwise)
            return self._lead_to_person(why, "")
        self._note("spoke" if spoke else "nothing" if nothing else "wrong key")
        return self._ask(step, step.nothing if nothing else step.wrong)

    def _lead_to_person(self, why: str, otherwise: str) -> None:
        """To the person of this flow, else the menu's own way out, else the person of a flow further out."""
        person = self._flows.flows[self._flow_id].person or otherwise
        while not person and self._returns:
            self._flow_id, _ = self._returns.pop()
            person = self._flows.flows[self._flow_id].person
        self._go_or_end(person, why, "normal")

    # ── Going through steps ───────────────────────────────────────────────────────────────────────

    def _go(self, name: str) -> None:
        """Enter a step, and those after it, until one waits or ends."""
        while self._steps < STEPS_WITHOUT_WAITING:
            self._steps += 1
            flow = self._flows.flows[self._flow_id]
            self._step = name
            self._tries = self._spoken = 0
            step = flow.steps.get(name)
            if step is None:
                return self._end("there is no such step", "failed")
            self._note()
            following = self._enter(step)
            if following is None:
                return None
            name = following
        return self._end(f"more than {STEPS_WITHOUT_WAITING} steps without waiting", "failed")

    def _enter(self, step: AnyStep) -> str | None:
        """Do what needs no waiting; the next step's name, or None when the run now waits or has ended."""
        match step:
            case PlayStep():
                if not step.say:
                    return step.next
                self._say(step.say, step.next)
            case MenuStep() | CollectStep() | RateStep():
                self._ask(step, ())
            case VoicemailStep() | CommentStep():
                self._record(step, step.say)
            case HoursStep():
                return self._look_at_hours(step)
            case LanguageStep():
                self.variables["language"] = step.language
                self._out.append(out.Language(language=step.language))
                return step.next
            case SetStep():
                self.variables |= {name: self._fill(value) for name, value in step.variables.items()}
                return step.next
            case ConditionStep():
                way = next(
                    (
                        case.next
                        for case in step.cases
                        if holds(case, self.variables, self._at_ms, self._flows.zone)
                    ),
                    step.otherwise,
                )
                self._note(f"→ {way}")
                return way
            case SubFlowStep():
                sub = self._flows.flows.get(step.flow)
                if sub is None:
                    self._end(f"there is no flow {step.flow}", "failed")
                    return None
                self._returns.append((self._flow_id, step.next))
                self._flow_id = step.flow
                return sub.start
            case ReturnStep():
                if not self._returns:
                    self._end("returned from the outermost flow", "normal")
                    return None
                self._flow_id, following = self._returns.pop()
                return following
            case TransferStep() | EchoStep() | HangUpStep():
                if step.say:
                    self._say(step.say, "")
                else:
                    self._deed()
            case QueueStep() if self._overruled and self._closed is not None:
                if not self._flows.opened(step.queue):
                    self._note("closed, and not opened by hand")
                    return self._to_closed_way(self._closed)
                self._deed()
            case QueueStep() | LookupStep():
                self._deed()
            case _:
                assert_never(step)
        return None

    def _look_at_hours(self, step: HoursStep) -> str:
        found = self._flows.at_hours(self._flow_id, step, self._at_ms)
        self._closed = _Place(self._flow_id, found.closed, tuple(self._returns))
        self._overruled = found.overruled
        self._note(found.words)
        return found.way

    def _to_closed_way(self, place: _Place) -> str:
        self._flow_id, self._returns, self._overruled = place.flow, list(place.returns), False
        return place.step

    def _deed(self) -> None:
        """What a step is there for, once its prompts were said."""
        step = self._current()
        match step:
            case QueueStep():
                self.waiting = "queue"
                self._out.append(
                    out.Queue(queue=step.queue, priority=step.priority, skills=step.skills, prompts=step.say)
                )
            case TransferStep():
                number = self._fill(step.number)
                if not number and not step.agent:
                    return self._go_or_end(step.failed, "no number to transfer to", "unavailable")
                self.waiting = "transfer"
                self._out.append(out.Transfer(number=number, agent=step.agent, ring_ms=step.ring_ms))
            case LookupStep():
                self.waiting = "look"
                send = {name: self.variables.get(name, "") for name in ("caller", "number")}
                send |= {name: self._fill(value) for name, value in step.send.items()}
                self._out.append(
                    out.LookUp(service=step.service, send=send, take=step.take, prompts=step.say)
                )
            case VoicemailStep():
                self._on(step.next)  # after its last words
            case EchoStep():
                self.waiting = "end"
                self._out.append(out.Echo())
            case HangUpStep():
                self.waiting = "end"
                self._out.append(out.HangUp(reason=step.reason))
            case _:
                self._end("the flow lost its place", "failed")
        return None

    def _say(self, prompts: tuple[str, ...], following: str) -> None:
        self.waiting = "say"
        self._next = following
        self._out.append(out.Say(prompts=prompts))

    def _record(self, step: VoicemailStep | CommentStep, prompts: tuple[str, ...]) -> None:
        self.waiting = "record"
        self._out.append(record(step, prompts))

    def _ask(self, step: Question, first: tuple[str, ...]) -> None:
        self.waiting = "ask"
        self._out.append(ask(step, first))

    def _go_or_end(self, way: str, why: str, reason: str) -> None:
        if way:
            self._note(f"{why} → {way}")
            self._go(way)
        else:
            self._end(why, reason)

    def _end(self, why: str, reason: str) -> None:
        self._note(why)
        self.waiting = "end"
        self._out.append(out.HangUp(reason=reason))

    # ── Looking at things ─────────────────────────────────────────────────────────────────────────

    def _current(self) -> AnyStep | None:
        return self._flows.flows[self._flow_id].steps.get(self._step)

    def _note(self, text: str = "") -> None:
        self._out.append(out.Note(flow=self._flow_id, step=self._step, text=text))

    def _fill(self, text: str) -> str:
        return fill(text, self.variables)
