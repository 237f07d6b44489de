"""What was heard of a call as facts that follow its timeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from huawu.calls.dialled import Facing
from huawu.calls.facts import Fact, Party
from huawu.calls.voices import OUTSIDER
from huawu.speech.backlog import Heard, Words

PARTIES: Final[tuple[Party, ...]] = ("caller", "agent")


def speakers(timeline: Iterable[Fact], words: Iterable[Words]) -> Iterator[tuple[Party, Words]]:
    """Who said what was heard: the agent's side of the recording holds outsiders, too."""
    facing = Facing()
    for fact in timeline:
        facing.turn(fact)
    for one in words:
        if one.party != "agent":
            yield "caller", one
            continue
        for voice, fields in facing.voices.parted(one.fields):
            party: Party = "outsider" if voice.party == OUTSIDER else "agent"
            yield party, msgspec.structs.replace(one, fields=fields)


def spoken(timeline: Sequence[Fact], heard: Heard, words: Sequence[Words]) -> list[Fact]:
    """`said` facts, then for each party `heard` with `final`, numbered on from the timeline's last.

    Of several recordings of a call one is heard: from `from_ms` until `until_ms`.
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
    final = {"from_ms": heard.zero_ms, "until_ms": until_ms, "by": heard.by, "final": True}
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
