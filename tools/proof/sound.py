"""A scripted call's timeline from its sound alone: the switch's talk detection, and a recogniser's words.

What happened on the line and the work around the call are the script's, as they are in a real centre.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tools.proof.mixing import mixed
from tools.proof.script import Call
from tools.proof.timeline import Fact, began_ms, happened

from huawu.switch.media.talk import TalkEar
from huawu.switch.media.talk_facts import Began, Ended

FRAME: Final = 160
FRAME_MS: Final = 20


def heard_talk(call: Call) -> tuple[Fact, ...]:
    """The timeline with talk as the switch tells it. No words. Raises `NoSound`."""
    began = began_ms(call)
    facts = list(happened(call))
    for side, channel in zip(("caller", "agent"), mixed(call), strict=True):
        facts += (
            Fact(call=call.id, seq=0, at_ms=at_ms, kind="talk", party=side, fields=fields)
            for at_ms, fields in talks(channel, began)
        )
    return numbered(facts)


def talks(channel: bytes, began: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """The `talk` facts of one channel that begins at an instant: when each is told, and its fields."""
    ear = TalkEar()
    since = 0
    for at in range(0, len(channel) - FRAME + 1, FRAME):
        at_ms = began + at // 8
        match ear.hear(channel[at : at + FRAME], False, at_ms):
            case Began(at_ms=since):
                pass
            case Ended() as ended:
                yield at_ms + FRAME_MS, _fields(since, ended)
    if (last := ear.end()) is not None:
        yield began + len(channel) // 8, _fields(since, last)


def _fields(since: int, ended: Ended) -> dict[str, Any]:
    return {
        "began_ms": since,
        "ended_ms": ended.at_ms,
        "level_db": ended.level_db,
        "peak_db": ended.peak_db,
        "levels_db": list(getattr(ended, "levels_db", ())),
    }


def numbered(facts: list[Fact]) -> tuple[Fact, ...]:
    """In the order of time, and numbered so; what is told at the same instant keeps its order."""
    ordered = sorted(facts, key=lambda fact: (fact.at_ms, fact.seq or len(facts)))
    return tuple(
        Fact(call=fact.call, seq=seq, at_ms=fact.at_ms, kind=fact.kind, party=fact.party, fields=fact.fields)
        for seq, fact in enumerate(ordered, 1)
    )
