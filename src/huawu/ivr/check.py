"""What can be said of flows before any call: every way leads somewhere, every caller's way ends.

Steps may go round only through the caller's doing; unaided ways have no circle, so every run comes to an end
or a question.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from huawu.ivr.hours import HoursUnclear, parse_days, parse_span
from huawu.ivr.schema import (
    AnyStep,
    Case,
    CollectStep,
    CommentStep,
    ConditionStep,
    Flow,
    HoursStep,
    LanguageStep,
    LookupStep,
    MenuStep,
    Problem,
    QueueStep,
    RateStep,
    ReturnStep,
    SetStep,
    SubFlowStep,
    TransferStep,
    VoicemailStep,
)
from huawu.ivr.ways import Path, reachable, recursions, sub_flows, ways

GIVEN_VARIABLES = frozenset({"caller", "number", "language"})
"""What every run starts with."""

LONGEST_MESSAGE_MS = 600_000
LEADS_TO_PEOPLE = (QueueStep, TransferStep, SubFlowStep, VoicemailStep)

_KEY = re.compile(r"[0-9*#]{1,8}")
_VARIABLE = re.compile(r"\w{1,32}")
_TEMPLATE = re.compile(r"\{(\w*)\}")


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a flow may name. None: not checked."""

    calendars: Collection[str] = ()
    queues: Collection[str] = ()
    skills: Collection[str] = ()
    agents: Collection[str] = ()
    services: Collection[str] = ()  # that lookups may ask
    languages: Collection[str] | None = None
    prompts: Collection[str] | None = None
    entries: Collection[str] = ()  # flows that numbers and queues lead to
    leads_somewhere: Callable[[str], bool] = lambda number: True


def check_flows(flows: Mapping[str, Flow], known: Known) -> Iterator[Problem]:
    """Everything wrong with flows; paths begin with `flows`."""
    looping = list(recursions(flows))
    for flow_id in looping:
        message = "this flow comes back to itself through its sub-flows; lead on with next instead"
        yield Problem(path=("flows", flow_id), message=message)
    for flow_id, flow in flows.items():
        checker = _FlowCheck(flows, flow_id, flow, known, deep=not looping)
        for path, message, severity in checker.run():
            yield Problem(path=path, message=message, severity=severity)  # type: ignore[arg-type]


_Wrong = tuple[Path, str, str]


class _FlowCheck:
    def __init__(
        self, flows: Mapping[str, Flow], flow_id: str, flow: Flow, known: Known, *, deep: bool
    ) -> None:
        self.flows = flows
        self.flow_id = flow_id
        self.flow = flow
        self.known = known
        self.deep = flows if deep else None
        self.path: Path = ("flows", flow_id)
        self.set = GIVEN_VARIABLES | {
            name for each in flows.values() for step in each.steps.values() for name in _sets(step)
        }

    def run(self) -> Iterator[_Wrong]:
        flow = self.flow
        yield from self._names(flow.start, (*self.path, "start"), flow.steps, "step")
        if flow.person:
            yield from self._names(flow.person, (*self.path, "person"), flow.steps, "step")
            yield from self._person_is_there()
        for name, step in flow.steps.items():
            path = (*self.path, "steps", name)
            for edge in ways(flow, step):
                if edge.at:
                    yield from self._names(edge.to, path + edge.at, flow.steps, "step")
            yield from self._step(step, path)
        seen = reachable(flow, [flow.start, flow.person])
        for name in flow.steps:
            if name not in seen:
                yield (*self.path, "steps", name), "nothing leads to this step", "warning"
        yield from self._circles(seen)

    def _step(self, step: AnyStep, path: Path) -> Iterator[_Wrong]:
        for field in ("say", "wrong", "nothing", "saved", "too_short"):
            for index, prompt in enumerate(getattr(step, field, ())):
                if self.known.prompts is not None:
                    yield from self._names(prompt, (*path, field, index), self.known.prompts, "prompt")
        match step:
            case MenuStep():
                if not step.keys:
                    yield (*path, "keys"), "a menu needs at least one key", "error"
                for key in step.keys:
                    if not _KEY.fullmatch(key):
                        yield (*path, "keys", key), f'"{key}" is no key; keys are 0–9, * and #', "error"
                yield from self._way_out(step.otherwise, path)
            case CollectStep():
                if step.least > step.most:
                    yield (
                        (*path, "least"),
                        f"at least {step.least} and at most {step.most} cannot be",
                        "error",
                    )
                if step.least == 0 and not step.end_key:
                    yield (*path, "least"), "0 digits need an end_key, or they are taken for silence", "error"
                yield from _pattern(step.pattern, (*path, "pattern"))
                yield from _variable(step.into, (*path, "into"))
                yield from self._way_out(step.otherwise, path)
            case HoursStep():
                yield from self._names(step.calendar, (*path, "calendar"), self.known.calendars, "calendar")
            case LanguageStep():
                if self.known.languages is not None:
                    yield from self._names(
                        step.language, (*path, "language"), self.known.languages, "language"
                    )
            case SetStep():
                for name, value in step.variables.items():
                    yield from _variable(name, (*path, "variables", name))
                    yield from self._template(value, (*path, "variables", name))
            case ConditionStep():
                for index, case in enumerate(step.cases):
                    yield from self._case(case, (*path, "cases", index))
            case QueueStep():
                yield from self._names(step.queue, (*path, "queue"), self.known.queues, "queue")
                for skill in step.skills:
                    yield from self._names(skill, (*path, "skills", skill), self.known.skills, "skill")
            case TransferStep():
                yield from self._transfer(step, path)
            case LookupStep():
                yield from self._names(step.service, (*path, "service"), self.known.services, "service")
                for name, value in step.send.items():
                    yield from self._template(value, (*path, "send", name))
                for name in step.take:
                    yield from _variable(name, (*path, "take", name))
            case VoicemailStep():
                yield from self._names(step.queue, (*path, "queue"), self.known.queues, "queue")
                yield from _lengths(step, path)
            case CommentStep():
                yield from _lengths(step, path)
            case RateStep():
                if step.lowest >= step.highest:
                    message = f"a score from {step.lowest} to {step.highest} is no choice"
                    yield (*path, "highest"), message, "error"
            case SubFlowStep():
                yield from self._names(step.flow, (*path, "flow"), self.flows, "flow")
            case ReturnStep():
                if self.flow_id in self.known.entries:
                    yield path, "a number leads to this flow, so returning means hanging up", "warning"
            case _:
                pass

    def _transfer(self, step: TransferStep, path: Path) -> Iterator[_Wrong]:
        if bool(step.number) == bool(step.agent):
            yield path, 'name one of "number" and "agent"', "error"
        elif step.agent:
            yield from self._names(step.agent, (*path, "agent"), self.known.agents, "agent")
        elif "{" in step.number:
            yield from self._template(step.number, (*path, "number"))
        elif not self.known.leads_somewhere(step.number):
            yield (*path, "number"), f"the number {step.number} leads nowhere", "error"
        if not step.failed:
            message = 'nobody answers and the caller is hung up on; say where to go with "failed"'
            yield path, message, "warning"

    def _case(self, case: Case, path: Path) -> Iterator[_Wrong]:
        looks = case.equals or case.starts or case.matches
        if looks and not case.variable:
            yield path, 'say which "variable" to look at', "error"
        if case.variable and not looks:
            yield path, f'say what {case.variable} must be: "equals", "starts" or "matches"', "error"
        if case.variable and case.variable not in self.set:
            yield (*path, "variable"), f'nothing sets the variable "{case.variable}"', "warning"
        if not (looks or case.variable or case.caller or case.language or case.days or case.time):
            yield path, 'this case always holds; use "otherwise" for that', "error"
        yield from _pattern(case.matches, (*path, "matches"))
        for index, days in enumerate(case.days):
            yield from _reads(parse_days, days, (*path, "days", index))
        for index, span in enumerate(case.time):
            yield from _reads(parse_span, span, (*path, "time", index))

    def _way_out(self, otherwise: str, path: Path) -> Iterator[_Wrong]:
        """A question needs a place for callers who do not answer."""
        if otherwise or self.flow.person:
            return
        callers = [flow for flow in self.flows.values() if self.flow_id in sub_flows(flow)]
        if callers and self.flow_id not in self.known.entries and all(flow.person for flow in callers):
            return
        message = (
            'a caller who does not answer has nowhere to go; give the flow a "person" (a step that leads to '
            'one) or this step an "otherwise"'
        )
        yield path, message, "error"

    def _person_is_there(self) -> Iterator[_Wrong]:
        steps = (self.flow.steps[name] for name in reachable(self.flow, [self.flow.person]))
        if not any(
            isinstance(step, QueueStep | TransferStep | SubFlowStep | VoicemailStep) for step in steps
        ):
            message = f'"{self.flow.person}" leads to nobody; it must come to a queue or transfer step'
            yield (*self.path, "person"), message, "error"

    def _circles(self, seen: set[str]) -> Iterator[_Wrong]:
        """Circles of unaided ways, each told once, at its first step in the file."""
        told: set[str] = set()
        for name in self.flow.steps:
            if name not in seen or name in told:
                continue
            circle = self._circle(name)
            if circle:
                told.update(circle)
                shown = " → ".join([*circle, name])
                message = f"{shown} goes round without the caller doing anything; let one of them end"
                yield (*self.path, "steps", name), message, "error"

    def _circle(self, start: str) -> list[str]:
        """The steps of a circle through `start` along unaided ways; empty when there is none."""
        before: dict[str, str] = {}
        todo = [start]
        while todo:
            name = todo.pop()
            for edge in ways(self.flow, self.flow.steps[name], self.deep):
                if edge.by_caller or edge.to not in self.flow.steps:
                    continue
                if edge.to == start:
                    circle = [name]
                    while circle[-1] != start:
                        circle.append(before[circle[-1]])
                    return circle[::-1]
                if edge.to not in before:
                    before[edge.to] = name
                    todo.append(edge.to)
        return []

    def _names(self, name: str, path: Path, known: Collection[str], what: str) -> Iterator[_Wrong]:
        if name not in known:
            yield path, no_such(what, name, known), "error"

    def _template(self, text: str, path: Path) -> Iterator[_Wrong]:
        for name in _TEMPLATE.findall(text):
            if name not in self.set:
                yield path, f'nothing sets the variable "{name}"', "warning"


def no_such(what: str, name: str, known: Iterable[str]) -> str:
    """`there is no step "enquirey" (did you mean "enquiry"?)`."""
    return f'there is no {what} "{name}"{did_you_mean(name, known)}'


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean "enquiry"?)` when a known word is close, else nothing."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f' (did you mean "{close[0]}"?)' if close else ""


def _sets(step: AnyStep) -> Iterable[str]:
    if isinstance(step, CollectStep):
        return (step.into,)
    if isinstance(step, LookupStep):
        return step.take
    return step.variables if isinstance(step, SetStep) else ()


def _lengths(step: VoicemailStep | CommentStep, path: Path) -> Iterator[_Wrong]:
    """A message must be able to come to an end, and to be kept."""
    if not 1_000 <= step.longest_ms <= LONGEST_MESSAGE_MS:
        yield (*path, "longest"), "a message may last from 1s to 10m", "error"
    if step.shortest_ms >= step.longest_ms:
        yield (*path, "shortest"), "no message could be kept: this must be less than longest", "error"
    if step.silence_ms < 1_000:
        yield (*path, "silence"), "callers pause to think; allow at least 1s of silence", "error"


def _variable(name: str, path: Path) -> Iterator[_Wrong]:
    if not _VARIABLE.fullmatch(name):
        yield path, f'"{name}" is no name for a variable; use letters, digits and _', "error"


def _pattern(pattern: str, path: Path) -> Iterator[_Wrong]:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        yield path, f'"{pattern}" is no regular expression: {error}', "error"


def _reads(parse: Callable[[str], object], text: str, path: Path) -> Iterator[_Wrong]:
    try:
        parse(text)
    except HoursUnclear as unclear:
        yield path, str(unclear), "error"
