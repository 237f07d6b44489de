"""Flows written short, and a caller who goes through them as a script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from zoneinfo import ZoneInfo

from huawu.ivr import events as e
from huawu.ivr.hours import OpeningHours
from huawu.ivr.model import FlowRun, Flows
from huawu.ivr.schema import AnyStep, Flow

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY_10 = 1_781_488_800_000
"""2026-06-15, a Monday, 10:00 in Shanghai."""


def flows(
    steps: Mapping[str, AnyStep],
    *,
    person: str = "",
    calendars: Mapping[str, OpeningHours] | None = None,
    **others: Flow,
) -> Flows:
    """A centre's flows with `main`, which starts at the first of its steps."""
    main = Flow(start=next(iter(steps)), person=person, steps=dict(steps))
    return Flows(flows={"main": main, **others}, zone=SHANGHAI, calendars=calendars or {})


class Caller:
    """Feeds a run and keeps the last command that waits or ends."""

    def __init__(self, flows: Flows, *, at_ms: int = MONDAY_10, **variables: str) -> None:
        self.run = FlowRun(flows, "main", {"caller": "13800000000", **variables})
        self.at_ms = at_ms
        self.notes: list[str] = []
        self.languages: list[str] = []
        self.heard: list[str] = []
        self.scores: list[int] = []

    def feed(self, event: e.FlowEvent) -> e.FlowCommand:
        commands = self.run.step(event)
        *before, last = commands
        for command in before:
            if isinstance(command, e.Note):
                self.notes.append(f"{command.step}: {command.text}" if command.text else command.step)
            elif isinstance(command, e.Rated):
                self.scores.append(command.score)
            else:
                assert isinstance(command, e.Language)
                self.languages.append(command.language)
        assert not isinstance(last, e.Note | e.Language | e.Rated)
        if isinstance(last, e.Say | e.Ask | e.Queue | e.LookUp | e.Record):
            self.heard += last.prompts
        return last

    def start(self) -> e.FlowCommand:
        return self.feed(e.Started(at_ms=self.at_ms))

    def listen(self) -> e.FlowCommand:
        return self.feed(e.PromptEnded(at_ms=self.at_ms))

    def press(self, digits: str) -> e.FlowCommand:
        return self.feed(e.Collected(at_ms=self.at_ms, digits=digits, how="complete"))

    def press_end_key(self) -> e.FlowCommand:
        return self.feed(e.Collected(at_ms=self.at_ms, digits="", how="end_key"))

    def wait(self) -> e.FlowCommand:
        return self.feed(e.Collected(at_ms=self.at_ms, digits="", how="nothing"))

    def speak(self) -> e.FlowCommand:
        return self.feed(e.Collected(at_ms=self.at_ms, digits="", how="nothing", spoke=True))

    def no_answer(self) -> e.FlowCommand:
        return self.feed(e.TransferFailed(at_ms=self.at_ms, reason="no_answer"))

    def line_full(self) -> e.FlowCommand:
        return self.feed(e.Overflowed(at_ms=self.at_ms, why="line_full"))

    def wait_over(self) -> e.FlowCommand:
        return self.feed(e.Overflowed(at_ms=self.at_ms, why="wait_over"))

    def answered(self, **fields: str) -> e.FlowCommand:
        return self.feed(e.LookedUp(at_ms=self.at_ms, how="found", fields=fields))

    def unanswered(self, why: str = "timeout") -> e.FlowCommand:
        return self.feed(e.LookedUp(at_ms=self.at_ms, how="failed", why=why))

    def recorded(self, how: Literal["kept", "short", "again", "failed"] = "kept") -> e.FlowCommand:
        return self.feed(e.Recorded(at_ms=self.at_ms, how=how))
