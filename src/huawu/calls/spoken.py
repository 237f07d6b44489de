"""What was heard of a call as facts that follow its timeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from huawu.calls.facts import Fact, Party
from huawu.speech.backlog import Heard, Words

PARTIES: Final[tuple[Party, ...]] = ("caller", "agent")


def spoken(timeline: Sequence[Fact], heard: Heard, words: Sequence[Words]) -> list[Fact]:
    """`said` facts, then for each party `heard` with `final`, numbered on from the timeline's last."""
    last = max((fact.seq for fact in timeline), default=0)
    said = [
        Fact(
            call=heard.call,
            seq=last + nth,
            at_ms=one.at_ms,
            kind="said",
            party=_party(one),
            fields=one.fields,
        )
        for nth, one in enumerate(words, 1)
    ]
    until_ms = heard.zero_ms + heard.audio_ms
    final = {"until_ms": until_ms, "by": heard.by, "final": True}
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


def _party(words: Words) -> Party:
    return "agent" if words.party == "agent" else "caller"
