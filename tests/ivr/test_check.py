"""What the check says of flows, and to which place."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import pytest

from huawu.ivr.check import Known, check_flows
from huawu.ivr.schema import (
    AnyStep,
    Case,
    CollectStep,
    ConditionStep,
    EchoStep,
    Flow,
    HangUpStep,
    HoursStep,
    LanguageStep,
    MenuStep,
    PlayStep,
    QueueStep,
    ReturnStep,
    SetStep,
    SubFlowStep,
    TransferStep,
)

KNOWN = Known(
    calendars=("office",),
    queues=("general",),
    skills=("zh",),
    agents=("1001",),
    languages=("zh", "en"),
    prompts=("menu", "welcome"),
    entries=("main",),
    leads_somewhere=lambda number: number == "4001",
)
END: dict[str, AnyStep] = {"end": HangUpStep()}
PERSON: dict[str, AnyStep] = {"person": QueueStep(queue="general")}


def said(
    steps: Mapping[str, AnyStep], *, person: str = "", known: Known = KNOWN, **others: Flow
) -> list[str]:
    main = Flow(start=next(iter(steps)), person=person, steps=dict(steps))
    return [
        f"{'.'.join(map(str, problem.path[2:]))}: {problem.message}"
        + (" (warning)" if problem.severity == "warning" else "")
        for problem in check_flows({"main": main, **others}, known)
    ]


def test_a_good_flow_has_nothing_said_of_it() -> None:
    steps: dict[str, AnyStep] = {
        "hello": PlayStep(say=("welcome",), next="menu"),
        "menu": MenuStep(say=("menu",), keys={"1": "menu", "0": "person"}),
    }
    assert said(steps | PERSON, person="person") == []


ONE_STEP: list[tuple[AnyStep, str]] = [
    (PlayStep(say=("menu",), next="ende"), 'steps.a.next: there is no step "ende" (did you mean "end"?)'),
    (
        PlayStep(say=("menue",), next="end"),
        'steps.a.say.0: there is no prompt "menue" (did you mean "menu"?)',
    ),
    (MenuStep(say=("menu",), keys={}, otherwise="end"), "steps.a.keys: a menu needs at least one key"),
    (
        MenuStep(say=("menu",), keys={"A": "end"}, otherwise="end"),
        'steps.a.keys.A: "A" is no key; keys are 0–9, * and #',
    ),
    (
        MenuStep(say=("menu",), keys={"1": "enquiry"}, otherwise="end"),
        'steps.a.keys.1: there is no step "enquiry"',
    ),
    (
        CollectStep(say=("menu",), into="x", next="end", otherwise="end", least=5, most=4),
        "steps.a.least: at least 5 and at most 4 cannot be",
    ),
    (
        CollectStep(say=("menu",), into="x", next="end", otherwise="end", least=0, end_key=""),
        "steps.a.least: 0 digits need an end_key, or they are taken for silence",
    ),
    (
        CollectStep(say=("menu",), into="a b", next="end", otherwise="end"),
        'steps.a.into: "a b" is no name for a variable; use letters, digits and _',
    ),
    (
        HoursStep(calendar="offices", open="end", closed="end"),
        'steps.a.calendar: there is no calendar "offices" (did you mean "office"?)',
    ),
    (LanguageStep(language="fr", next="end"), 'steps.a.language: there is no language "fr"'),
    (
        SetStep(variables={"x": "{y}"}, next="end"),
        'steps.a.variables.x: nothing sets the variable "y" (warning)',
    ),
    (
        ConditionStep(cases=(Case(next="end"),), otherwise="end"),
        'steps.a.cases.0: this case always holds; use "otherwise" for that',
    ),
    (
        ConditionStep(cases=(Case(next="end", equals=("1",)),), otherwise="end"),
        'steps.a.cases.0: say which "variable" to look at',
    ),
    (
        ConditionStep(cases=(Case(next="end", time=("nine",)),), otherwise="end"),
        'steps.a.cases.0.time.0: "nine" is no span of time; write it like 09:00-18:00',
    ),
    (
        ConditionStep(cases=(Case(next="gone", caller=("1",)),), otherwise="end"),
        'steps.a.cases.0.next: there is no step "gone"',
    ),
    (QueueStep(queue="generel", overflow="end"), 'there is no queue "generel" (did you mean "general"?)'),
    (QueueStep(queue="general", skills={"fr": 1}, overflow="end"), 'there is no skill "fr"'),
    (TransferStep(failed="end"), 'steps.a: name one of "number" and "agent"'),
    (TransferStep(number="4999", failed="end"), "steps.a.number: the number 4999 leads nowhere"),
    (TransferStep(agent="1002", failed="end"), 'there is no agent "1002" (did you mean "1001"?)'),
    (SubFlowStep(flow="other", next="end"), 'steps.a.flow: there is no flow "other"'),
]


@pytest.mark.parametrize(("step", "message"), ONE_STEP)
def test_what_is_wrong_in_one_step(step: AnyStep, message: str) -> None:
    found = [line for line in said({"a": step} | END) if "nothing leads to this step" not in line]
    assert len(found) == 1
    assert found[0].endswith(message)


def test_a_pattern_must_be_readable() -> None:
    step = CollectStep(say=("menu",), into="x", next="end", otherwise="end", pattern="[")
    assert "is no regular expression" in said({"a": step} | END)[0]


def test_a_question_without_a_way_out_is_refused() -> None:
    assert "nowhere to go" in said({"menu": MenuStep(say=("menu",), keys={"1": "end"})} | END)[0]


def test_a_sub_flow_may_lean_on_the_person_outside() -> None:
    sub = Flow(start="m", steps={"m": MenuStep(say=("menu",), keys={"1": "back"}), "back": ReturnStep()})
    steps: dict[str, AnyStep] = {"sub": SubFlowStep(flow="sub", next="person")}
    assert said(steps | PERSON, person="person", sub=sub) == []
    assert any("nowhere to go" in line for line in said(steps | PERSON, sub=sub))


def test_the_person_must_be_there() -> None:
    menu = MenuStep(say=("menu",), keys={"1": "end"})
    assert said({"menu": menu} | END, person="end") == [
        'person: "end" leads to nobody; it must come to a queue or transfer step'
    ]


def test_a_circle_that_the_caller_does_nothing_in_is_refused() -> None:
    steps: dict[str, AnyStep] = {
        "a": PlayStep(say=("menu",), next="b"),
        "b": QueueStep(queue="general", overflow="a"),
    }
    assert said(steps) == [
        "steps.a: a → b → a goes round without the caller doing anything; let one of them end"
    ]


def test_a_person_who_leads_back_to_the_question_is_a_circle() -> None:
    steps: dict[str, AnyStep] = {
        "menu": MenuStep(say=("menu",), keys={"1": "person"}),
        "person": QueueStep(queue="general", overflow="menu"),
    }
    assert "menu → person → menu goes round" in said(steps, person="person")[0]


def test_a_circle_through_a_key_is_allowed() -> None:
    steps: dict[str, AnyStep] = {"menu": MenuStep(say=("menu",), keys={"1": "menu"}, otherwise="end")}
    assert said(steps | END) == []


def test_a_circle_through_a_sub_flow_that_asks_is_allowed_and_one_that_does_not_is_refused() -> None:
    questions: dict[str, AnyStep] = {
        "m": MenuStep(say=("menu",), keys={"1": "r"}, otherwise="e"),
        "r": ReturnStep(),
        "e": EchoStep(),
    }
    asks = Flow(start="m", steps=questions)
    tells = Flow(start="p", steps={"p": PlayStep(say=("menu",), next="r"), "r": ReturnStep()})
    steps: dict[str, AnyStep] = {"sub": SubFlowStep(flow="sub", next="sub")}
    assert not any("goes round" in line for line in said(steps, sub=asks))
    assert any("sub → sub goes round" in line for line in said(steps, sub=tells))


def test_flows_that_run_each_other_are_refused() -> None:
    sub = Flow(start="s", steps={"s": SubFlowStep(flow="main", next="s")})
    lines = said({"a": SubFlowStep(flow="sub", next="end")} | END, sub=sub)
    assert sum("comes back to itself through its sub-flows" in line for line in lines) == 2


def test_a_step_nothing_leads_to_is_worth_a_warning() -> None:
    assert said(END | PERSON) == ["steps.person: nothing leads to this step (warning)"]


def test_a_transfer_without_a_way_on_is_worth_a_warning() -> None:
    assert 'with "failed" (warning)' in said({"a": TransferStep(number="4001")})[0]


def test_a_return_in_a_flow_that_is_dialled_is_worth_a_warning() -> None:
    assert "returning means hanging up (warning)" in said({"a": ReturnStep()})[0]
    assert said({"a": ReturnStep()}, known=dataclasses.replace(KNOWN, entries=())) == []
