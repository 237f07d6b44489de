"""A script laid out in time: when lines begin and end, when acts happen. Milliseconds of the call."""

from __future__ import annotations

from dataclasses import dataclass

from tools.proof.script import Call, Happening, Speaker, Spoken, spoken
from tools.proof.shelf import Measure, measure_of


@dataclass(frozen=True, slots=True)
class Placed:
    """A happening in its place; an act has both instants the same."""

    what: Happening
    from_ms: int
    to_ms: int

    @property
    def by(self) -> Speaker | None:
        return self.what.by


@dataclass(frozen=True, slots=True)
class PlacedLine(Placed):
    """A line in its place, with its sound's measures."""

    line: Spoken
    measure: Measure


def laid_out(call: Call) -> tuple[Placed, ...]:
    """Everything in the order of the script. Raises `NoSound` for a line that nobody has spoken.

    What follows a line follows its end; a line that is spoken over the one before begins before that.
    """
    placed: list[Placed] = []
    end_ms = 0
    for happening in call.happens:
        begins = end_ms + round((happening.after if not happening.over else -happening.over) * 1000)
        # Sound is laid in whole packets of 20 ms.
        begins = -(-begins // 20) * 20
        if happening.by is None:
            placed.append(Placed(happening, begins, begins))
            end_ms = begins
            continue
        line = spoken(call, happening)
        measure = measure_of(line)
        placed.append(PlacedLine(happening, begins, begins + measure.length_ms, line, measure))
        end_ms = max(end_ms, begins + measure.length_ms)
    return tuple(placed)


def answered_ms(placed: tuple[Placed, ...]) -> int:
    """When caller and agent first hear each other: the recording begins there."""
    return next((one.from_ms for one in placed if one.what.act == "answered"), 0)


def over_ms(placed: tuple[Placed, ...]) -> int:
    """When the conversation is over."""
    ends = ("agent_hangs_up", "caller_hangs_up", "line_drops")
    return next((one.from_ms for one in placed if one.what.act in ends), placed[-1].to_ms)
