"""A caller's way through a flow, read like a script."""

from __future__ import annotations

import pytest

from huawu.ivr import events as e
from huawu.ivr.hours import compile_hours
from huawu.ivr.model import LONGEST_RUN, STEPS_WITHOUT_WAITING, FlowRun
from huawu.ivr.schema import (
    AnyStep,
    Calendar,
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
from huawu.ivr.waiting import UnexpectedEvent
from tests.ivr.flows import MONDAY_10, SHANGHAI, Caller, flows

MENU = MenuStep(
    say=("menu",), keys={"1": "enquiry", "0": "person"}, wrong=("wrong-key",), nothing=("no-key",), tries=3
)
PERSON = QueueStep(queue="general", say=("to-person",))
HOTLINE: dict[str, AnyStep] = {
    "welcome": PlayStep(say=("welcome",), next="menu"),
    "menu": MENU,
    "enquiry": QueueStep(queue="enquiries", priority=5, skills={"zh": 3}),
    "person": PERSON,
}


def hotline() -> Caller:
    caller = Caller(flows(HOTLINE, person="person"))
    assert caller.start() == e.Say(prompts=("welcome",))
    return caller


def test_a_key_leads_to_its_step() -> None:
    caller = hotline()
    assert caller.listen() == e.Ask(prompts=("menu",), end_key="", max_digits=1)
    assert caller.press("1") == e.Queue(queue="enquiries", priority=5, skills={"zh": 3})
    assert caller.notes == ["welcome", "menu", "menu: key 1 → enquiry", "enquiry"]


def test_wrong_keys_and_silence_are_told_apart_and_end_at_a_person() -> None:
    caller = hotline()
    caller.listen()
    assert caller.press("7") == e.Ask(prompts=("wrong-key", "menu"), end_key="")
    assert caller.wait() == e.Ask(prompts=("no-key", "menu"), end_key="")
    assert caller.wait() == e.Queue(queue="general", prompts=("to-person",))
    assert caller.notes[-2:] == ["menu: pressed nothing → person", "person"]


def test_a_caller_who_speaks_is_asked_once_more_then_led_to_a_person() -> None:
    caller = hotline()
    caller.listen()
    assert caller.speak() == e.Ask(prompts=("no-key", "menu"), end_key="")
    assert caller.speak() == e.Queue(queue="general", prompts=("to-person",))


def test_a_caller_who_speaks_goes_to_the_person_even_where_others_are_sent_away() -> None:
    steps = HOTLINE | {
        "menu": MenuStep(say=("menu",), keys={"1": "enquiry"}, otherwise="bye"),
        "bye": HangUpStep(),
    }
    caller = Caller(flows(steps, person="person"))
    caller.start()
    caller.listen()
    caller.speak()
    assert caller.speak() == e.Queue(queue="general", prompts=("to-person",))


def test_the_hash_key_alone_is_a_wrong_key() -> None:
    caller = hotline()
    caller.listen()
    assert caller.press_end_key() == e.Ask(prompts=("wrong-key", "menu"), end_key="")


def test_keys_of_two_digits_may_be_ended_with_hash() -> None:
    caller = Caller(
        flows({"menu": MenuStep(say=("m",), keys={"1": "e", "12": "e"}), "e": EchoStep()}, person="e")
    )
    assert caller.start() == e.Ask(prompts=("m",), max_digits=2, end_key="#")


def test_tries_begin_anew_when_the_menu_is_entered_again() -> None:
    steps: dict[str, AnyStep] = {
        "menu": MenuStep(say=("m",), keys={"1": "menu"}, tries=2, otherwise="bye"),
        "bye": HangUpStep(),
    }
    caller = Caller(flows(steps))
    caller.start()
    caller.wait()
    caller.press("1")
    assert isinstance(caller.wait(), e.Ask)
    assert caller.wait() == e.HangUp()


def collect(**fields: object) -> Caller:
    step = CollectStep(say=("card",), into="card", next="found", otherwise="bye", **fields)  # type: ignore[arg-type]
    steps: dict[str, AnyStep] = {
        "ask": step,
        "found": TransferStep(number="8{card}"),
        "bye": HangUpStep(say=("goodbye",)),
    }
    caller = Caller(flows(steps))
    caller.start()
    return caller


def test_digits_are_kept_and_fill_a_number() -> None:
    caller = collect(least=4, most=4)
    assert caller.press("1234") == e.Transfer(number="81234")
    assert caller.run.variables["card"] == "1234"


def test_digits_do_not_appear_in_notes() -> None:
    caller = collect(least=4, most=4)
    caller.press("1234")
    assert not any("1234" in note for note in caller.notes)


@pytest.mark.parametrize("digits", ["123", "12345", "9999"])
def test_digits_that_do_not_fit_are_asked_for_again(digits: str) -> None:
    caller = collect(least=4, most=4, pattern="1.*", wrong=("wrong-key",))
    assert caller.press(digits) == e.Ask(
        prompts=("wrong-key", "card"), max_digits=4, first_ms=8_000, between_ms=4_000, private=True
    )


def test_no_digits_are_an_answer_when_the_caller_ends_them() -> None:
    caller = collect(least=0, most=4)
    assert caller.press_end_key() == e.Transfer(number="8")


def test_a_caller_who_enters_nothing_hears_goodbye_before_the_end() -> None:
    caller = collect(tries=1)
    assert caller.wait() == e.Say(prompts=("goodbye",))
    assert caller.listen() == e.HangUp()
    assert caller.run.ended


@pytest.mark.parametrize(("hour", "way"), [(2, "open"), (20, "closed")])
def test_hours_lead_by_the_calendar(hour: int, way: str) -> None:
    hours = compile_hours(Calendar(hours={"every": ("09:00-18:00",)}), SHANGHAI, ())
    steps: dict[str, AnyStep] = {
        "hours": HoursStep(calendar="office", open="open", closed="closed"),
        "open": EchoStep(),
        "closed": HangUpStep(),
    }
    at_ms = MONDAY_10 - MONDAY_10 % 86_400_000 + hour * 3_600_000
    caller = Caller(flows(steps, calendars={"office": hours}), at_ms=at_ms)
    caller.start()
    assert caller.notes[-1] == way


def test_a_holiday_goes_its_own_way_or_the_closed_one() -> None:
    hours = compile_hours(Calendar(hours={}, special={"2026-06-15": ("holiday",)}), SHANGHAI, ())
    for holiday, expected in (("party", "party"), ("", "closed")):
        steps: dict[str, AnyStep] = {
            "hours": HoursStep(calendar="office", open="closed", closed="closed", holiday=holiday),
            "party": EchoStep(),
            "closed": HangUpStep(),
        }
        caller = Caller(flows(steps, calendars={"office": hours}))
        caller.start()
        assert caller.notes[-1] == expected


CASES: list[tuple[Case, bool]] = [
    (Case(next="yes", caller=("138", "139")), True),
    (Case(next="yes", caller=("+86",)), False),
    (Case(next="yes", language=("en",)), True),
    (Case(next="yes", language=("zh",)), False),
    (Case(next="yes", variable="kind", equals=("gold", "silver")), True),
    (Case(next="yes", variable="kind", equals=("{other}",)), True),
    (Case(next="yes", variable="kind", starts=("gol",)), True),
    (Case(next="yes", variable="kind", matches="g..d"), True),
    (Case(next="yes", variable="kind", matches="g"), False),
    (Case(next="yes", variable="nothing", equals=("",)), True),
    (Case(next="yes", days=("mon-fri",)), True),
    (Case(next="yes", days=("sat,sun",)), False),
    (Case(next="yes", time=("09:00-12:00",)), True),
    (Case(next="yes", time=("22:00-06:00",)), False),
    (Case(next="yes", time=("22:00-11:00",)), True),
    (Case(next="yes", days=("mon",), caller=("139",)), False),
]


@pytest.mark.parametrize(("case", "holds"), CASES)
def test_a_case_holds_when_all_it_names_holds(case: Case, holds: bool) -> None:
    steps: dict[str, AnyStep] = {
        "which": ConditionStep(cases=(case,), otherwise="no"),
        "yes": EchoStep(),
        "no": HangUpStep(),
    }
    caller = Caller(flows(steps), language="en", kind="gold", other="gold")
    caller.start()
    assert caller.notes[-1] == ("yes" if holds else "no")


def test_variables_are_set_from_others_and_languages_noted() -> None:
    steps: dict[str, AnyStep] = {
        "set": SetStep(variables={"tag": "vip-{caller}-{missing}"}, next="english"),
        "english": LanguageStep(language="en", next="echo"),
        "echo": EchoStep(say=("echo",)),
    }
    caller = Caller(flows(steps))
    assert caller.start() == e.Say(prompts=("echo",))
    assert caller.run.variables["tag"] == "vip-13800000000-"
    assert caller.languages == ["en"]
    assert caller.listen() == e.Echo()


def test_a_line_that_gives_the_caller_back_leads_on() -> None:
    steps: dict[str, AnyStep] = {
        "line": QueueStep(queue="a", line_full="full", overflow="second"),
        "full": HangUpStep(reason="congestion"),
        "second": QueueStep(queue="b"),
    }
    caller = Caller(flows(steps))
    caller.start()
    assert caller.wait_over() == e.Queue(queue="b")
    assert caller.line_full() == e.HangUp(reason="congestion")
    caller = Caller(flows(steps))
    caller.start()
    assert caller.line_full() == e.HangUp(reason="congestion")


def test_a_transfer_that_fails_leads_on_or_ends_with_a_reason() -> None:
    steps: dict[str, AnyStep] = {
        "first": TransferStep(agent="1001", say=("transfer",), ring_ms=10_000, failed="second"),
        "second": TransferStep(number="{nothing}", failed="third"),
        "third": TransferStep(number="4100"),
    }
    caller = Caller(flows(steps))
    assert caller.start() == e.Say(prompts=("transfer",))
    assert caller.listen() == e.Transfer(agent="1001", ring_ms=10_000)
    assert caller.no_answer() == e.Transfer(number="4100")
    assert caller.no_answer() == e.HangUp(reason="unavailable")


def test_a_sub_flow_returns_to_where_it_was_run() -> None:
    sub = Flow(start="menu", steps={"menu": MenuStep(say=("m",), keys={"1": "back"}), "back": ReturnStep()})
    steps: dict[str, AnyStep] = {
        "sub": SubFlowStep(flow="language", next="after"),
        "after": EchoStep(),
        "person": PERSON,
    }
    caller = Caller(flows(steps, person="person", language=sub))
    assert caller.start() == e.Ask(prompts=("m",), end_key="")
    assert caller.run.place == ("language", "menu")
    assert caller.press("1") == e.Echo()
    assert caller.run.place == ("main", "after")


def test_a_sub_flow_without_a_person_leads_to_the_one_of_the_flow_outside() -> None:
    sub = Flow(start="menu", steps={"menu": MenuStep(say=("m",), keys={"1": "menu"}, tries=1)})
    steps: dict[str, AnyStep] = {"sub": SubFlowStep(flow="language", next="person"), "person": PERSON}
    caller = Caller(flows(steps, person="person", language=sub))
    caller.start()
    assert caller.wait() == e.Queue(queue="general", prompts=("to-person",))
    assert caller.run.place == ("main", "person")


def test_returning_from_the_outermost_flow_ends_the_call() -> None:
    assert Caller(flows({"back": ReturnStep()})).start() == e.HangUp()


def test_a_caller_on_a_stuck_key_comes_to_a_person() -> None:
    steps: dict[str, AnyStep] = {"menu": MenuStep(say=("m",), keys={"1": "menu"}), "person": PERSON}
    caller = Caller(flows(steps, person="person"))
    command = caller.start()
    waits = 1
    while isinstance(command, e.Ask):
        command = caller.press("1")
        waits += 1
    assert command == e.Queue(queue="general", prompts=("to-person",))
    assert waits == LONGEST_RUN


def test_steps_without_waiting_are_bounded() -> None:
    caller = Caller(flows({"a": SetStep(variables={}, next="b"), "b": SetStep(variables={}, next="a")}))
    assert caller.start() == e.HangUp(reason="failed")
    assert caller.notes[-1].endswith(f"more than {STEPS_WITHOUT_WAITING} steps without waiting")


def test_a_transfer_to_no_number_that_leads_to_itself_is_bounded() -> None:
    caller = Caller(flows({"a": TransferStep(number="{none}", failed="a")}))
    assert caller.start() == e.HangUp(reason="failed")


def test_a_step_that_is_not_there_ends_the_call_with_a_reason() -> None:
    assert Caller(flows({"a": PlayStep(say=(), next="b")})).start() == e.HangUp(reason="failed")
    assert Caller(flows({"a": SubFlowStep(flow="gone", next="a")})).start() == e.HangUp(reason="failed")


def test_what_the_run_does_not_wait_for_raises() -> None:
    caller = hotline()
    with pytest.raises(UnexpectedEvent, match="waits for say was given Collected"):
        caller.press("1")
    ended = Caller(flows({"a": HangUpStep()}))
    ended.start()
    with pytest.raises(UnexpectedEvent):
        ended.listen()


def test_an_unknown_flow_is_no_run() -> None:
    with pytest.raises(KeyError):
        FlowRun(flows(HOTLINE), "nowhere")
