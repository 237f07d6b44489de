"""A flow goes on as in closed hours when a leader closed its queue, and past them when one opened it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from huawu.ivr import events as flow
from huawu.ivr.flows import Flows
from huawu.ivr.hours import compile_hours
from huawu.ivr.model import FlowRun
from huawu.ivr.reach import message_places, queues_behind
from huawu.ivr.schema import (
    Calendar,
    Flow,
    HangUpStep,
    HoursStep,
    MenuStep,
    PlayStep,
    QueueStep,
    ReturnStep,
    SubFlowStep,
    VoicemailStep,
)

ZONE = ZoneInfo("UTC")
FLOWS = {
    "main": Flow(
        start="hours",
        person="help",
        steps={
            "hours": HoursStep(calendar="office", open="menu", closed="closed", holiday="holiday"),
            "menu": MenuStep(say=("menu",), keys={"1": "help", "2": "desk"}),
            "help": QueueStep(queue="help", overflow="busy"),
            "desk": SubFlowStep(flow="desk", next="busy"),
            "busy": HangUpStep(say=("busy",)),
            "closed": PlayStep(say=("closed",), next="message"),
            "holiday": HangUpStep(say=("holiday",)),
            "message": VoicemailStep(queue="help"),
        },
    ),
    "desk": Flow(
        start="line", steps={"line": QueueStep(queue="desk", overflow="back"), "back": ReturnStep()}
    ),
}


def run(doors: dict[str, str], *, is_open: bool) -> FlowRun:
    hours: dict[str, tuple[str, ...]] = {"every": ("00:00-24:00",) if is_open else ("00:00-00:01",)}
    calendar = compile_hours(Calendar(hours=hours), ZONE, (1970,))
    flows = Flows(flows=FLOWS, zone=ZONE, calendars={"office": calendar}, doors=doors)  # type: ignore[arg-type]
    return FlowRun(flows, "main", {"caller": "138"})


AT = 3_600_000  # one o'clock


def key(digits: str) -> flow.Collected:
    return flow.Collected(at_ms=AT, digits=digits, how="complete", spoke=False)


def said(commands: list[flow.FlowCommand]) -> list[str]:
    return [prompt for one in commands if isinstance(one, flow.Say | flow.Ask) for prompt in one.prompts]


def queued(commands: list[flow.FlowCommand]) -> list[str]:
    return [one.queue for one in commands if isinstance(one, flow.Queue)]


def test_a_queue_that_was_closed_leads_to_the_closed_way_also_from_a_sub_flow() -> None:
    for digit, queue in (("1", "help"), ("2", "desk")):
        one = run({}, is_open=True)
        one.step(flow.Started(at_ms=AT))
        assert queued(one.step(key(digit))) == [queue]
        assert one.has_closed_way
        assert said(one.step(flow.Overflowed(at_ms=AT, why="closed"))) == ["closed"]
        assert one.place == ("main", "closed")


def test_without_hours_before_it_the_way_for_nobody_there_is_taken() -> None:
    flows = Flows(
        flows={"f": Flow(start="q", steps={"q": FLOWS["main"].steps["help"], "busy": HangUpStep()})},
        zone=ZONE,
    )
    one = FlowRun(flows, "f", {})
    one.step(flow.Started(at_ms=AT))
    assert not one.has_closed_way
    one.step(flow.Overflowed(at_ms=AT, why="closed"))
    assert one.place == ("f", "busy")


def test_an_opened_queue_is_come_to_out_of_hours_and_the_others_are_closed() -> None:
    one = run({"help": "open"}, is_open=False)
    assert said(one.step(flow.Started(at_ms=AT))) == ["menu"]
    assert queued(one.step(key("1"))) == ["help"]
    two = run({"help": "open"}, is_open=False)
    two.step(flow.Started(at_ms=AT))
    assert said(two.step(key("2"))) == ["closed"]
    assert two.place == ("main", "closed")


def test_closed_hours_stay_closed_for_doors_that_are_not_behind_them() -> None:
    for doors in ({}, {"help": "hours"}, {"help": "closed"}, {"elsewhere": "open"}):
        assert said(run(doors, is_open=False).step(flow.Started(at_ms=AT))) == ["closed"]


def test_a_run_can_begin_at_a_step() -> None:
    flows = Flows(flows=FLOWS, zone=ZONE)
    one = FlowRun(flows, "main", {}, at="message")
    assert [type(each) for each in one.step(flow.Started(at_ms=AT))] == [flow.Note, flow.Record]


def test_the_queues_behind_a_step_are_found_through_sub_flows() -> None:
    assert queues_behind(FLOWS, "main", "hours") == {"help", "desk"}
    assert queues_behind(FLOWS, "main", "closed") == set()
    assert message_places(FLOWS) == {"help": ("main", "message")}


@given(
    doors=st.dictionaries(st.sampled_from(["help", "desk"]), st.sampled_from(["open", "closed", "hours"])),
    is_open=st.booleans(),
    keys=st.lists(st.sampled_from(["1", "2", ""]), max_size=4),
)
def test_nobody_comes_out_of_hours_to_a_queue_that_is_not_open(
    doors: dict[str, str], is_open: bool, keys: list[str]
) -> None:
    one = run(doors, is_open=is_open)
    commands = one.step(flow.Started(at_ms=AT))
    for digits in keys:
        if one.waiting == "ask":
            commands = one.step(key(digits))
        for queue in queued(commands):
            assert is_open or doors.get(queue) == "open"
