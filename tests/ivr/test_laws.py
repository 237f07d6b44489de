"""Laws of flows: whatever the flow and whoever calls, the call ends; what is checked never breaks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from huawu.ivr import events as e
from huawu.ivr.check import Known, check_flows
from huawu.ivr.model import LONGEST_RUN, FlowRun, Flows
from huawu.ivr.schema import (
    AnyStep,
    Case,
    CollectStep,
    CommentStep,
    ConditionStep,
    EchoStep,
    Flow,
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
from tests.ivr.flows import MONDAY_10, SHANGHAI

PROMPTS = ("welcome", "menu")
KNOWN = Known(queues=("general",), agents=("1001",), prompts=PROMPTS, entries=("main",), services=("crm",))

Draw = st.DrawFn


@st.composite
def some_step(
    draw: Draw, forward: Callable[[], str], anywhere: Callable[[], str], flows: list[str]
) -> AnyStep:
    """A step whose unaided ways go `forward` and whose callers' ways go `anywhere`."""
    say = draw(st.lists(st.sampled_from(PROMPTS), max_size=2).map(tuple))
    tries = draw(st.integers(1, 3))
    maybe = draw(st.booleans())
    kinds: list[Callable[[], AnyStep]] = [
        lambda: PlayStep(say=say, next=forward()),
        lambda: MenuStep(
            say=say,
            keys={key: anywhere() for key in draw(st.sets(st.sampled_from("0129*#"), min_size=1))},
            tries=tries,
            otherwise=forward() if maybe else "",
        ),
        lambda: CollectStep(say=say, into="x", next=anywhere(), least=maybe, most=3, tries=tries),
        lambda: HoursStep(calendar="none", open=forward(), closed=forward()),
        lambda: LanguageStep(language="en", next=forward()),
        lambda: SetStep(variables={"x": "{caller}{x}"}, next=forward()),
        lambda: ConditionStep(cases=(Case(next=forward(), caller=("1",)),), otherwise=forward()),
        lambda: QueueStep(queue="general", say=say, overflow=forward() if maybe else ""),
        lambda: TransferStep(number="{x}", say=say, failed=forward() if maybe else ""),
        lambda: TransferStep(agent="1001", failed=forward() if maybe else ""),
        lambda: LookupStep(
            service="crm",
            send={"x": "{x}"},
            take={"x": "name"},
            found=forward(),
            failed=forward(),
            not_found=forward() if maybe else "",
        ),
        lambda: VoicemailStep(
            queue="general",
            say=say,
            saved=("welcome",),
            too_short=(),
            tries=tries,
            next=forward() if maybe else "",
        ),
        lambda: RateStep(
            say=say, wrong=(), tries=tries, next=forward(), otherwise=forward() if maybe else ""
        ),
        lambda: CommentStep(say=say, next=forward()),
        lambda: EchoStep(say=say),
        lambda: HangUpStep(say=say),
        lambda: ReturnStep(),
    ]
    if flows:
        kinds.append(lambda: SubFlowStep(flow=draw(st.sampled_from(flows)), next=forward()))
    return draw(st.sampled_from(kinds))()


@st.composite
def some_flow(draw: Draw, flows: list[str], *, wild: bool) -> Flow:
    """Steps s0…; `wild` ones lead anywhere, even to what is not there; the last is the person."""
    size = draw(st.integers(1, 6))
    steps: dict[str, AnyStep] = {}
    for index in range(size):

        def forward(index: int = index) -> str:
            return f"s{draw(st.integers(-1, size + 1) if wild else st.integers(index + 1, size))}"

        def anywhere() -> str:
            return f"s{draw(st.integers(0, size))}"

        steps[f"s{index}"] = draw(some_step(forward, anywhere, flows))
    steps[f"s{size}"] = QueueStep(queue="general")
    return Flow(start="s0", steps=steps, person=draw(st.sampled_from(["", "s0"])) if wild else f"s{size}")


@st.composite
def some_flows(draw: Draw, *, wild: bool) -> Flows:
    other = ["main", "sub"] if wild else []
    sub = draw(some_flow(other, wild=wild))
    main = draw(some_flow(other or ["sub"], wild=wild))
    return Flows(flows={"main": main, "sub": sub}, zone=SHANGHAI)


class RandomCaller:
    """Does what a list of numbers says, over and over."""

    def __init__(self, choices: list[int]) -> None:
        self.choices = choices
        self.turn = 0

    def choose(self, count: int) -> int:
        self.turn += 1
        return self.choices[self.turn % len(self.choices)] % count

    def answer(self, command: e.FlowCommand) -> e.FlowEvent | None:
        """None: the caller is served, or hangs up."""
        match command:
            case e.Say():
                return e.PromptEnded(at_ms=MONDAY_10)
            case e.Ask():
                digits = ["", "1", "0", "9", "7", "12", "*", "#", "1234"][self.choose(9)]
                how = "complete" if digits else (["nothing", "end_key", "stopped"][self.choose(3)])
                return e.Collected(at_ms=MONDAY_10, digits=digits, how=how, spoke=self.choose(2) == 1)  # type: ignore[arg-type]
            case e.Queue():
                why = (None, "line_full", "wait_over", "no_agent")[self.choose(4)]
                return e.Overflowed(at_ms=MONDAY_10, why=why) if why else None  # type: ignore[arg-type]
            case e.Transfer():
                return e.TransferFailed(at_ms=MONDAY_10, reason="busy") if self.choose(2) else None
            case e.LookUp():
                how = ("found", "not_found", "failed")[self.choose(3)]
                return e.LookedUp(at_ms=MONDAY_10, how=how, fields={"x": "9"})  # type: ignore[arg-type]
            case e.Record():
                end = ("kept", "short", "again", "failed")[self.choose(4)]
                return e.Recorded(at_ms=MONDAY_10, how=end)  # type: ignore[arg-type]
            case _:
                return None


def go_through(flows: Flows, caller: RandomCaller) -> tuple[list[e.FlowCommand], int]:
    """All commands until the end, and how many events it took."""
    run = FlowRun(flows, "main", {"caller": "13800000000"})
    event: e.FlowEvent | None = e.Started(at_ms=MONDAY_10)
    said: list[e.FlowCommand] = []
    count = 0
    while event is not None:
        *before, last = run.step(event)
        assert all(isinstance(command, e.Note | e.Language | e.Rated) for command in before)
        assert not isinstance(last, e.Note | e.Language | e.Rated)
        said += [*before, last]
        count += 1
        assert count <= 2 * LONGEST_RUN + 1, "goes on for ever"
        event = caller.answer(last)
        assert run.ended == isinstance(last, e.Echo | e.HangUp)
    assert isinstance(last, e.Queue | e.Transfer | e.Echo | e.HangUp)
    return said, count


CALLERS = st.lists(st.integers(0, 100), min_size=1, max_size=20).map(RandomCaller)


@settings(max_examples=150, deadline=None)
@given(some_flows(wild=True), CALLERS)
def test_every_call_ends_whatever_the_flow(flows: Flows, caller: RandomCaller) -> None:
    go_through(flows, caller)


@settings(max_examples=150, deadline=None)
@given(some_flows(wild=True) | some_flows(wild=False), CALLERS)
def test_what_passes_the_check_never_needs_the_bounds(flows: Flows, caller: RandomCaller) -> None:
    if any(problem.severity == "error" for problem in check_flows(flows.flows, KNOWN)):
        return
    said, count = go_through(flows, caller)
    if count < LONGEST_RUN:
        assert not any(isinstance(command, e.HangUp) and command.reason == "failed" for command in said)


@settings(max_examples=80, deadline=None)
@given(some_flows(wild=False))
def test_flows_that_go_forward_pass_the_check(flows: Flows) -> None:
    errors = [
        problem
        for problem in check_flows(flows.flows, dataclasses.replace(KNOWN, calendars=("none",)))
        if problem.severity == "error"
    ]
    assert not errors


@settings(max_examples=80, deadline=None)
@given(some_flows(wild=False), st.booleans())
def test_a_caller_who_does_nothing_is_not_kept(flows: Flows, speaks: bool) -> None:
    """Unaided ways have no circle: each step is met once, and asks no more often than it may."""
    run = FlowRun(flows, "main", {"caller": "1"})
    event: e.FlowEvent = e.Started(at_ms=MONDAY_10)
    asked = 0
    entered: list[tuple[str, str]] = []
    while True:
        commands = run.step(event)
        entered += [(each.flow, each.step) for each in commands if isinstance(each, e.Note) and not each.text]
        match commands[-1]:
            case e.Say():
                event = e.PromptEnded(at_ms=MONDAY_10)
            case e.Ask():
                asked += 1
                event = e.Collected(at_ms=MONDAY_10, digits="", how="nothing", spoke=speaks)
            case e.LookUp():
                event = e.LookedUp(at_ms=MONDAY_10, how="failed", why="timeout")
            case e.Record():
                event = e.Recorded(at_ms=MONDAY_10, how="short")
            case _:
                break
    met = [flows.flows[flow].steps[step] for flow, step in entered]
    questions = sum(isinstance(step, MenuStep | CollectStep) for step in met)
    ratings = sum(isinstance(step, RateStep) for step in met)  # a voice there leads to nobody
    assert asked <= questions * (2 if speaks else 3) + ratings * 3
    assert len({place for place in entered if place[0] == "main"}) == sum(
        flow == "main" for flow, _ in entered
    )
