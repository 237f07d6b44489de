"""What a run can wait for, and the one event that each wait takes."""

from __future__ import annotations

from typing import Literal

from huawu.ivr.events import (
    Collected,
    FlowEvent,
    LookedUp,
    Overflowed,
    PromptEnded,
    Recorded,
    Started,
    TransferFailed,
)

Waiting = Literal["start", "say", "ask", "queue", "transfer", "look", "record", "end"]
EXPECTED: dict[Waiting, type[FlowEvent] | None] = {
    "start": Started,
    "say": PromptEnded,
    "ask": Collected,
    "queue": Overflowed,
    "transfer": TransferFailed,
    "look": LookedUp,
    "record": Recorded,
    "end": None,
}


class UnexpectedEvent(Exception):
    """The run does not wait for this."""

    def __init__(self, waiting: Waiting, event: FlowEvent) -> None:
        super().__init__(f"a run that waits for {waiting} was given {type(event).__name__}")
        self.waiting = waiting
        self.event = event
