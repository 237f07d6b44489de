"""Where each prompt is said, so that none is taken away from under a caller."""

from __future__ import annotations

import ast
from pathlib import Path

from huawu.assets.catalogue import PromptCatalogue
from huawu.cli.demo import demo_text
from huawu.config.load import load
from huawu.config.prompt_use import OF_THE_MACHINE, PromptUse, of_the_machine, prompt_uses

CALLS = Path(__file__).parents[2] / "src" / "huawu" / "calls"


def test_every_prompt_that_the_engine_names_is_known_as_the_machines() -> None:
    shipped = {prompt for prompt in PromptCatalogue.load().ids() if "-" in prompt}
    named = {
        node.value
        for path in CALLS.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert named & shipped == {prompt for prompt in OF_THE_MACHINE if "-" in prompt}
    assert set(PromptCatalogue.load().ids()) >= OF_THE_MACHINE
    assert of_the_machine("number.3")
    assert not of_the_machine("menu")


def test_flows_and_queues_tell_where_they_say_it() -> None:
    text = demo_text().replace("    survey: survey\n", "    survey: survey\n    announce: notice-busy\n")
    uses = prompt_uses(load(text))
    assert uses["menu"] == [PromptUse(part="flow", name="main", step="menu")]
    assert uses["notice-busy"] == [PromptUse(part="queue", name="general")]
    assert {use.step for use in uses["voicemail-greeting"]} == {"message"}
    assert "enquiry" in uses
