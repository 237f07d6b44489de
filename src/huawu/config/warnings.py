"""At what shift leaders are warned: the part `warnings` of the file.

The service book names what is behind some of these (`BOOK`); where it names no bound, the bound is a house
rule that a centre is to set for itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from huawu.config.terms import Count, Part, Share
from huawu.ivr.schema import LengthMs

BOOK: Final[Mapping[str, str]] = {
    "longest_wait": "complaint.busy-line",  # whoever is hard to reach complains of it
    "service_level": "complaint.busy-line",
    "abandoned_share": "ban.follow-up",  # a wish that nobody heard is a wish without follow-up
    "offers_missed": "open.third-ring",  # answered before the third ring
}
"""The rule of the service book behind a warning."""


class QueueWarnings(Part, frozen=True, kw_only=True):
    """What is otherwise for one queue; what is not given is as for all."""

    longest_wait_ms: LengthMs | None = msgspec.field(default=None, name="longest_wait")
    waiting: Count | None = None
    service_level: Share | None = None
    abandoned_share: Share | None = None
    no_agent: bool | None = None


class Warnings(Part, frozen=True, kw_only=True):
    """0 = never. Shares are of the last `window`, once `least_calls` were judged in it.

    Queues: `longest_wait` of a caller now, `waiting` callers, a `service_level` below this (not given: the
    queue's own goal), an `abandoned_share` above this, callers and `no_agent` at work. Agents: longer in
    wrap-up, in one `break`, in all `breaks` of the day, in one `talk`, `unavailable`; so many offers
    `missed` `missed_within`. The machine: less of the disk free than `disk_free`.
    """

    longest_wait_ms: LengthMs = msgspec.field(default=60_000, name="longest_wait")
    waiting: Count = 10
    service_level: Share | None = None
    abandoned_share: Share = 0.1
    no_agent: bool = True
    window_ms: LengthMs = msgspec.field(default=1_800_000, name="window")
    least_calls: Count = 10
    wrap_up_ms: LengthMs = msgspec.field(default=120_000, name="wrap_up")
    break_ms: LengthMs = msgspec.field(default=900_000, name="break")
    breaks_ms: LengthMs = msgspec.field(default=3_600_000, name="breaks")
    talk_ms: LengthMs = msgspec.field(default=900_000, name="talk")
    unavailable_ms: LengthMs = msgspec.field(default=120_000, name="unavailable")
    missed: Count = 3
    missed_within_ms: LengthMs = msgspec.field(default=3_600_000, name="missed_within")
    disk_free: Share = 0.05
    queues: dict[str, QueueWarnings] = {}


class QueueLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for one queue in the end; 0 = never."""

    longest_wait_ms: int
    waiting: int
    service_level: float
    abandoned_share: float
    no_agent: bool


def limits_of(warnings: Warnings, queue: str, goal_share: float) -> QueueLimits:
    """The bounds of one queue, whose own goal is `goal_share`."""
    own = warnings.queues.get(queue, QueueWarnings())
    level = own.service_level if own.service_level is not None else warnings.service_level
    return QueueLimits(
        longest_wait_ms=_first(own.longest_wait_ms, warnings.longest_wait_ms),
        waiting=_first(own.waiting, warnings.waiting),
        service_level=goal_share if level is None else level,
        abandoned_share=warnings.abandoned_share if own.abandoned_share is None else own.abandoned_share,
        no_agent=warnings.no_agent if own.no_agent is None else own.no_agent,
    )


def _first(own: int | None, general: int) -> int:
    return general if own is None else own
