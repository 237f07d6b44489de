"""What was heard of a call as facts that follow its timeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from huawu.calls.dialled import Facing
from huawu.calls.facts import Fact, Party
from huawu.speech.backlog import Heard, Words

PARTIES: Final[tuple[Party, ...]] = ("caller", "agent")
UNWRITTEN_MS: Final = 1_000
"""So much of what was said before a recording broke off may be missing, too."""


def speakers(timeline: Iterable[Fact], words: Iterable[Words]) -> Iterator[tuple[Party, Words]]:
    """Who said what was heard: the agent's side of the recording holds outsiders, too."""
    facing = Facing()
    for fact in timeline:
        facing.turn(fact)
    for one in words:
        if one.party != "agent":
            yield "caller", one
            continue
        for outsiders, fields in facing.voices.parted(one.fields):
            yield ("outsider" if outsiders else "agent"), msgspec.structs.replace(one, fields=fields)


def spoken(timeline: Sequence[Fact], heard: Heard, words: Sequence[Words]) -> list[Fact]:
    """`said` facts, then for each party `heard` with `final`, numbered on from the timeline's last.

    Where the recording broke off, words are missing: they are complete only up to there (`gap`).
    """
    last = max((fact.seq for fact in timeline), default=0)
    said = [
        Fact(
            call=heard.call,
            seq=last + nth,
            at_ms=one.at_ms,
            kind="said",
            party=party,
            fields=one.fields,
        )
        for nth, (party, one) in enumerate(speakers(timeline, words), 1)
    ]
    until_ms = heard.zero_ms + heard.audio_ms
    final = {"until_ms": until_ms, "by": heard.by, "final": True}
    if (broke_ms := _broke_ms(timeline)) is not None:
        final |= {"until_ms": max(heard.zero_ms, broke_ms - UNWRITTEN_MS), "gap": True}
    over = [
        Fact(
            call=heard.call,
            seq=last + len(said) + nth,
            at_ms=until_ms,
            kind="heard",
            party=party,
            fields=final,
        )
        for nth, party in enumerate(PARTIES, 1)
    ]
    return [*said, *over]


def _broke_ms(timeline: Sequence[Fact]) -> int | None:
    """When the call's last recording broke off for the first time."""
    recording, broke_ms = "", None
    for fact in timeline:
        if fact.kind == "recording_started":
            recording, broke_ms = fact.fields.get("recording", ""), None
        elif broke_ms is None and fact.kind == "recording_failed" and fact.fields.get("goes_on"):
            broke_ms = fact.at_ms if fact.fields.get("recording") == recording else None
    return broke_ms
