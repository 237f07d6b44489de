"""Where a prompt is said: by which flow, queue, or the machine itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from huawu.config.schema import Configuration

OF_THE_MACHINE: Final = frozenset(
    {
        "agent-break", "agent-ready", "agent-signed-out", "callback-agreed", "callback-not-allowed",
        "callback-number", "callback-offer", "echo", "goodbye", "no-agent", "not-allowed", "overflow",
        "position-after", "position-before", "position-next", "queue-full", "survey-thanks", "transfer",
        "transfer-failed", "try-later", "unavailable", "voicemail-saved", "wait-after", "wait-before",
        "wait-long", "wait-under-minute",
    }
)  # fmt: skip
"""Said without a flow's asking, and every `number.…` with them."""
_SAY: Final = ("say", "wrong", "nothing", "saved", "too_short")


class PromptUse(msgspec.Struct, frozen=True, kw_only=True):
    """One place. `name` is the flow's or queue's id; `step` a flow's step."""

    part: Literal["flow", "queue", "machine"]
    name: str = ""
    step: str = ""


def prompt_uses(configuration: Configuration) -> dict[str, list[PromptUse]]:
    """Every place, by prompt; without those of the machine."""
    found: dict[str, list[PromptUse]] = {}
    for prompt, use in _uses(configuration):
        places = found.setdefault(prompt, [])
        if use not in places:
            places.append(use)
    return found


def of_the_machine(prompt: str) -> list[PromptUse]:
    """Whether the machine says it itself."""
    said = prompt in OF_THE_MACHINE or prompt.startswith("number.")
    return [PromptUse(part="machine")] if said else []


def _uses(configuration: Configuration) -> Iterator[tuple[str, PromptUse]]:
    for name, flow in configuration.flows.items():
        for step, what in flow.steps.items():
            for field in _SAY:
                for prompt in getattr(what, field, ()):
                    yield prompt, PromptUse(part="flow", name=name, step=step)
    for name, queue in configuration.queues.items():
        for prompt in (*queue.announce, *(prompt for step in queue.steps for prompt in step.say)):
            yield prompt, PromptUse(part="queue", name=name)
