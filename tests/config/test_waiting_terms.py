"""How a queue says that it calls back, widens by time and leads callers to their last agent."""

from __future__ import annotations

import pytest

from huawu.acd.events import OverflowStep, QueueId, SkillId
from huawu.config.compile import compile_centre
from huawu.config.load import parse
from huawu.config.print import print_configuration
from huawu.config.schema import CallbackTerms, LastAgentTerms, Queue
from tests.calls.worlds import CENTRE

SKILLS = "skills: {zh: 1}, ring: 15s, wrap_up: 20s, longest_line: 3"


def text(queue: str) -> str:
    assert SKILLS in CENTRE
    return CENTRE.replace(SKILLS, f"skills: {{zh: 5}}, {queue}")


def read(queue: str) -> Queue:
    parsed = parse(text(queue))
    assert parsed.configuration is not None, parsed.problems
    return parsed.configuration.queues["general"]


def test_true_takes_everything_as_it_stands_and_false_nothing() -> None:
    queue = read("callback: true, last_agent: yes")
    assert (queue.callback, queue.last_agent) == (CallbackTerms(), LastAgentTerms())
    assert read("callback: false").callback is None


def test_what_is_printed_reads_back() -> None:
    steps = "steps: [{after: 30s, skills: {zh: 0}, say: overflow}, {after: 1m, then: {hang_up: true}}]"
    parsed = parse(text(f"callback: true, redial: 0, {steps}"))
    assert parsed.configuration is not None
    assert parse(print_configuration(parsed.configuration)).configuration == parsed.configuration


def test_steps_add_up() -> None:
    parsed = parse(
        text("steps: [{after: 30s, skills: {zh: 2}, priority: 1}, {after: 1m, queues: general, priority: 4}]")
    )
    assert parsed.configuration is not None
    first, second = compile_centre(parsed.configuration, years=(2026,)).queues[0].steps
    assert first == OverflowStep(after_ms=30_000, skills={SkillId("zh"): 2}, priority=1)
    assert second == OverflowStep(
        after_ms=60_000, skills={SkillId("zh"): 2}, queues=(QueueId("general"),), priority=5
    )


@pytest.mark.parametrize(
    ("queue", "complaint"),
    [
        ("callback: maybe", "names with values are needed"),
        ("callback: {calendar: office}", 'no calendar "office"'),
        ("callback: {other_number: true}", "allowed"),
        ("steps: [{after: 1m}, {after: 30s}]", "longer time"),
        ("steps: [{after: 1m, then: {hang_up: true}}, {after: 2m}]", "no step can follow"),
        ("steps: [{after: 1m, queues: nowhere}]", "nowhere"),
        ("steps: [{after: 1m, then: {queue: general}}]", "callers go round"),
    ],
)
def test_what_cannot_be_meant_is_told(queue: str, complaint: str) -> None:
    told = "\n".join(str(problem) for problem in parse(text(queue)).problems)
    assert complaint in told, told
