"""A configuration changed while calls run: what docs/configuration.md promises about each of them."""

from __future__ import annotations

import pytest

from huawu.calls.facts import Fact
from huawu.link import messages as link
from huawu.sim.virtual import Caller, Phone
from tests.calls.worlds import CENTRE, Desk, centre_of, desk


def change(stage: Desk, *changes: tuple[str, str]) -> None:
    """The configuration is another from now on."""
    text = CENTRE
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    stage.centre = centre_of(text)
    world = stage.world
    world.carry_out(world.engine.configure(stage.centre, world.now_ms))


def talking(stage: Desk) -> str:
    """A caller talks with 1001; the call."""
    stage.ready("1001", Phone(answers_after_ms=500))
    stage.world.call(Caller(number="4001", talk_ms=600_000))
    stage.world.run_for(2_000)
    return stage.fact("bridged").call


def after(stage: Desk, call: str, kind: str) -> Fact:
    return next(fact for fact in stage.world.facts if fact.call == call and fact.kind == kind)


def said(stage: Desk) -> list[str]:
    return [prompt for fact in stage.facts() if fact.kind == "prompt" for prompt in fact.fields["prompts"]]


NO_QUEUE = (
    ("  general: {name: 综合, skills: {zh: 1}, ring: 15s, wrap_up: 20s, longest_line: 3}\n", ""),
    ("queues:\n", "queues:\n  other: {name: 其他}\n"),
    ("queue: general", "queue: other"),
    ("queues: [general]", "queues: [other]"),
)


def test_who_waits_in_a_queue_that_is_taken_out_goes_on_in_the_flow_as_it_was() -> None:
    stage = desk()
    stage.world.call(Caller(number="4000", keys=["1"]))
    stage.world.run_for(10_000)
    assert "queued" in stage.kinds()
    change(stage, *NO_QUEUE)
    stage.world.run_for(10_000)
    assert said(stage)[-1] == "queue-full", "the flow's own way for those whom the queue gives back"
    assert stage.kinds()[-1] == "ended"
    assert not stage.world.wrong


def test_who_came_to_that_queue_without_a_flow_is_told_and_let_go() -> None:
    stage = desk()
    stage.world.call(Caller(number="4001"))
    stage.world.run_for(5_000)
    change(stage, *NO_QUEUE)
    stage.world.run_for(20_000)
    assert said(stage)[-3:] == ["no-agent", "try-later", "goodbye"]
    assert stage.kinds()[-1] == "ended"


def test_a_phone_that_rings_for_a_queue_that_is_taken_out_stops_and_its_agent_is_free() -> None:
    stage = desk()
    stage.ready("1001", Phone(answers_after_ms=None))
    stage.world.call(Caller(number="4001"))
    stage.world.run_for(2_000)
    assert stage.state("1001") == "ringing"
    change(stage, *NO_QUEUE)
    stage.world.run_for(1_000)
    assert stage.state("1001") == "ready"
    assert any(isinstance(command, link.HangUp) for command in stage.world.commands)


def test_a_conversation_outlives_its_queue_its_number_and_its_flows() -> None:
    stage = desk()
    call = talking(stage)
    change(stage, *NO_QUEUE, ("number: 4001", "number: 4999"), ("flow: main, public", "queue: other, public"))
    stage.world.run_for(60_000)
    assert stage.state("1001") == "talking"
    assert "ended" not in stage.kinds(call)
    stage.world.run_for(600_000)
    assert after(stage, call, "ended").party == "caller", "who hung up when they had said all"


@pytest.mark.parametrize(
    "gone",
    [
        ('  - {endpoint: "1001", person: "1001"}\n', ""),
        ('{endpoint: "1001", person: "1001"}', '{endpoint: "1001", person: "1001", enabled: false}'),
    ],
    ids=["taken out", "disabled"],
)
def test_a_conversation_outlives_its_endpoint(gone: tuple[str, str]) -> None:
    stage = desk()
    call = talking(stage)
    change(stage, gone)
    stage.world.report(link.EndpointUnreachable(endpoint=link.EndpointId("1001")))
    stage.world.run_for(60_000)
    assert "ended" not in stage.kinds(call)
    stage.world.call(Caller(number="4001", patience_ms=30_000))
    stage.world.run_for(20_000)
    assert [fact.fields["agent"] for fact in stage.world.facts if fact.kind == "offer_made"] == ["1001"]


def test_who_is_taken_out_while_talking_talks_to_the_end_and_is_gone_then() -> None:
    stage = desk()
    call = talking(stage)
    person = '  - {user: "1001", name: 甲, extension: "1001", queues: [general], skills: {zh: 5}}\n'
    change(stage, (person, ""), ('  - {endpoint: "1001", person: "1001"}\n', ""))
    stage.world.run_for(60_000)
    assert "ended" not in stage.kinds(call)
    stage.world.run_for(600_000)
    assert after(stage, call, "ended").party == "caller"
    assert "1001" not in set(stage.world.engine.acd.agents)


def test_who_is_in_a_flow_hears_it_as_it_was_and_the_next_caller_the_new_one() -> None:
    stage = desk()
    stage.world.call(Caller(number="4000", keys=["", "1"]))
    stage.world.run_for(1_000)
    change(
        stage,
        ("keys: {1: person, 2: colleague, 3: nowhere, 4: secret}", "keys: {1: busy}"),
        ("tries: 2", "tries: 1\n        otherwise: busy"),
    )
    stage.world.run_for(20_000)
    assert "queued" in stage.kinds(), "key 1 leads where it led when the flow began"
    stage.world.call(Caller(number="4000", keys=["1"]))
    stage.world.run_for(20_000)
    second = [fact.call for fact in stage.world.facts if fact.kind == "offered"][1]
    assert after(stage, second, "step").fields["step"] == "menu"
    assert [fact.fields["step"] for fact in stage.facts(second) if fact.kind == "step"][-1] == "busy"


def test_who_waits_keeps_place_and_time_when_the_queues_rules_change() -> None:
    stage = desk()
    for caller in ("13800000001", "13800000002"):
        stage.world.call(Caller(number="4001", caller=caller, talk_ms=5_000))
        stage.world.run_for(1_000)
    change(stage, ("ring: 15s", "ring: 5s, strategy: best_skill, longest_wait: 10m, weight: 5"))
    stage.world.run_for(5_000)
    stage.ready("1001", Phone(answers_after_ms=500))
    stage.world.run_for(60_000)
    offers = [fact for fact in stage.world.facts if fact.kind == "offer_made"]
    callers = {fact.call: fact.fields["caller"] for fact in stage.world.facts if fact.kind == "offered"}
    assert [callers[fact.call] for fact in offers] == ["13800000001", "13800000002"]
    assert offers[0].fields["waited_ms"] >= 7_000


def test_a_break_that_is_taken_out_ends_for_nobody() -> None:
    stage = desk()
    stage.ready("1001")
    stage.world.call(Caller(number="*12", endpoint="1001", caller="1001"))
    stage.world.run_for(100)
    assert stage.state("1001") == "break"
    change(stage, ("breaks: [{id: rest, name: 小休}]", "breaks: [{id: tea, name: 茶歇}]"))
    stage.world.run_for(1_000)
    assert stage.state("1001") == "break"
