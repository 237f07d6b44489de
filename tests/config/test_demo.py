"""The demo centre, and the examples of the documentation: no error, no warning."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from huawu.assets.catalogue import PromptCatalogue
from huawu.config.compile import Centre, compile_centre
from huawu.config.load import load, parse
from huawu.config.plan import ToAgent, ToEcho, ToFlow, ToQueue
from huawu.ivr import events as e
from huawu.ivr.model import FlowRun
from tests.ivr.flows import MONDAY_10

ROOT = Path(__file__).parents[2]
DEMO = (ROOT / "src/huawu/assets/demo.yaml").read_text(encoding="utf-8")
PROMPTS = PromptCatalogue.load().ids()


@pytest.fixture(scope="module")
def centre() -> Centre:
    return compile_centre(load(DEMO), years=(2026,))


def test_nothing_is_said_of_the_demo() -> None:
    assert [str(problem) for problem in parse(DEMO, prompts=PROMPTS).problems] == []


def test_the_demo_has_its_numbers_and_phones(centre: Centre) -> None:
    find = centre.numbers.find
    assert isinstance(find("4000"), ToFlow)
    assert isinstance(find("4001"), ToQueue)
    assert isinstance(find("4100"), ToEcho)
    assert centre.numbers.public == {"4000", "4001", "4002", "4003", "4100"}
    for extension in range(1001, 1011):
        place = find(str(extension))
        assert isinstance(place, ToAgent)
        assert centre.endpoint_of[place.agent] == str(extension)
        profile = centre.agent(place.agent)
        assert profile is not None
        assert "general" in profile.queues


def hotline(centre: Centre) -> tuple[FlowRun, e.FlowCommand]:
    run = FlowRun(centre.flows, "main", {"caller": "13800000000"})
    assert run.step(e.Started(at_ms=MONDAY_10))[-1] == e.Say(prompts=("welcome",))
    return run, run.step(e.PromptEnded(at_ms=MONDAY_10))[-1]


@pytest.mark.parametrize(
    ("key", "queue"),
    [("1", "general"), ("2", "complaints"), ("3", "lost"), ("9", "english"), ("0", "general")],
)
def test_the_demo_menu_leads_to_its_queues(centre: Centre, key: str, queue: str) -> None:
    run, asked = hotline(centre)
    assert isinstance(asked, e.Ask)
    *before, last = run.step(e.Collected(at_ms=MONDAY_10, digits=key, how="complete"))
    assert isinstance(last, e.Queue)
    assert last.queue == queue
    assert (e.Language(language="en") in before) == (key == "9")


@pytest.mark.parametrize("spoke", [True, False])
def test_a_demo_caller_who_presses_nothing_is_asked_again_then_led_to_a_person(
    centre: Centre, spoke: bool
) -> None:
    run, _ = hotline(centre)
    nothing = e.Collected(at_ms=MONDAY_10, digits="", how="nothing", spoke=spoke)
    again = run.step(nothing)[-1]
    assert isinstance(again, e.Ask)
    assert again.prompts == ("no-key", "menu")
    person = run.step(nothing)[-1]
    assert isinstance(person, e.Queue)
    assert (person.queue, person.prompts) == ("general", ("to-person",))


def test_the_office_keeps_its_hours(centre: Centre) -> None:
    run = FlowRun(centre.flows, "office", {"caller": "1"})
    assert isinstance(run.step(e.Started(at_ms=MONDAY_10))[-1], e.Queue)
    national_day = MONDAY_10 + 108 * 86_400_000
    run = FlowRun(centre.flows, "office", {"caller": "1"})
    assert run.step(e.Started(at_ms=national_day))[-1] == e.Say(prompts=("holiday",))


@pytest.mark.parametrize("page", ["configuration.md", "flows.md"])
def test_the_documentations_examples_are_right(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    examples = [block for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "\ncompany:" in block]
    assert examples
    for example in examples:
        own = re.findall(r"# prompt: (\S+)", example)
        problems = parse(example, prompts=[*PROMPTS, *own]).problems
        assert [str(problem) for problem in problems] == []
