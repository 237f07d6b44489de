"""All flows of a centre with what they look at: calendars, and the doors that leaders opened or closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from huawu.ivr.hours import OpeningHours, state
from huawu.ivr.reach import queues_behind
from huawu.ivr.schema import Flow, HoursStep


class HoursFound(NamedTuple):
    """What an hours step says now: the way on, the way of the closed hours, and words for the timeline."""

    way: str
    closed: str
    overruled: bool  # it is closed, and goes on for a queue that a leader opened
    words: str


@dataclass(frozen=True, kw_only=True)
class Flows:
    """Made once a configuration, and anew when a leader turns a door; shared by all runs."""

    flows: Mapping[str, Flow]
    zone: ZoneInfo
    calendars: Mapping[str, OpeningHours] = field(default_factory=dict)
    doors: Mapping[str, Literal["hours", "open", "closed"]] = field(default_factory=dict)
    """What leaders set of queues; one that is `open` is so out of hours too."""

    def at_hours(self, flow: str, step: HoursStep, at_ms: int) -> HoursFound:
        """Where an hours step leads at this instant."""
        hours = self.calendars.get(step.calendar)
        now = state(hours, at_ms) if hours else "closed"
        way = {"open": step.open, "closed": step.closed, "holiday": step.holiday or step.closed}[now]
        closed = step.closed if now == "open" else way
        if now == "open" or not self._opened_behind(flow, step.open):
            return HoursFound(way, closed, False, f"{now} → {way}")
        return HoursFound(step.open, closed, True, f"{now}, opened by hand → {step.open}")

    def opened(self, queue: str) -> bool:
        """Whether a leader holds this queue open."""
        return self.doors.get(queue) == "open"

    def _opened_behind(self, flow: str, step: str) -> bool:
        opened = {queue for queue in self.doors if self.opened(queue)}
        return bool(opened) and not opened.isdisjoint(queues_behind(self.flows, flow, step))
