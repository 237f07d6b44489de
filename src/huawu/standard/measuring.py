"""Numbers taken over a whole conversation: pace, shares of talk, silence and overlap, evenness of voice."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt
from typing import Final

from huawu.standard.checks import Gauge
from huawu.standard.course import Course
from huawu.standard.happening import spoken_length
from huawu.standard.model import Text
from huawu.standard.signals import Span

PAUSE_MS: Final = 1_000
"""A pause between one's own utterances that is shorter belongs to one's pace: hearing may cut speech at each
breath or not at all."""


def _total(spans: list[Span]) -> int:
    return sum(span.to_ms - span.from_ms for span in spans)


def _pause(before: Span, after: Span) -> int:
    between = after.from_ms - before.to_ms
    return between if 0 < between < PAUSE_MS else 0


def measured(gauge: Gauge, course: Course, agent: str = "") -> float | None:
    """The number, of a pace that of this agent's words alone; None when there was too little to measure."""
    signals = course.signals
    other = "caller" if gauge.party == "agent" else "agent"
    own_ms = _total(signals.get(f"talk:{gauge.party}", []))
    other_ms = _total(signals.get(f"talk:{other}", []))
    match gauge.of:
        case "pace":
            words = signals.get(f"words:{gauge.party}", [])
            if agent:
                words = [span for span in words if course.leading.who(span.fields, span.from_ms) == agent]
            lasted = _total(words) + sum(_pause(*two) for two in pairwise(words))
            if lasted < gauge.of_at_least_ms:
                return None
            return spoken_length("\n".join([span.value for span in words])) * 60_000 / lasted
        case "talk_share":
            both = own_ms + other_ms
            return None if both < gauge.of_at_least_ms else own_ms / both
        case "silence_share":
            conversation = _total(signals.get("conversation", []))
            if conversation < gauge.of_at_least_ms:
                return None
            return _total(signals.get("silence", [])) / conversation
        case "overlap_share":
            if own_ms < gauge.of_at_least_ms:
                return None
            return _total(signals.get(f"overlap:{gauge.party}", [])) / own_ms
        case _:
            levels: list[float] = [
                level
                for span in signals.get(f"talk:{gauge.party}", [])
                for level in span.fields.get("levels_db") or ()
            ]
            if not levels or len(levels) * 1000 < gauge.of_at_least_ms:
                return None
            mean = sum(levels) / len(levels)
            return sqrt(sum((level - mean) ** 2 for level in levels) / len(levels))


def lately(gauge: Gauge, length_ms: int, course: Course) -> Span | None:
    """The party's newest utterances, so long together, if they were spoken too fast; None = not that.

    Of a pace alone: what else is measured tells nothing before the end.
    """
    newest = course.signals.get(f"words:{gauge.party}", [])
    lasted_ms, said = 0, 0.0
    later: Span | None = None
    for span in reversed(newest):
        lasted_ms += span.to_ms - span.from_ms + (_pause(span, later) if later is not None else 0)
        said += spoken_length(span.value)
        later = span
        if lasted_ms >= length_ms:
            fast = gauge.at_most is not None and said * 60_000 / lasted_ms > gauge.at_most
            return Span(span.from_ms, newest[-1].to_ms) if fast else None
    return None


def told(gauge: Gauge, value: float) -> Text:
    """The number with its unit."""
    match gauge.of:
        case "pace":
            return Text(f"每分钟 {value:.0f} 字", f"{value:.0f} syllables a minute")
        case "level_spread_db":
            return Text(f"{value:.1f} 分贝", f"{value:.1f} dB")
        case _:
            return Text(f"{value:.0%}", f"{value:.0%}")
