"""A scripted call told as it goes on: talk as the switch tells it second by second, words once recognised."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from tools.proof.timeline import Fact

from huawu.calls.assist.assisted import VOICE_MS, AssistedCall
from huawu.calls.assist.views import Hint
from huawu.standard import Mark, Standard, Verdict
from huawu.switch.media.talk import HANGOVER_MS

LINK_MS: Final = 20
WORDS_MS: Final = 1_200
"""From the end of an utterance to its words."""
SECOND_MS: Final = 1_000


def told(facts: tuple[Fact, ...]) -> tuple[tuple[int, Fact], ...]:
    """All facts with the instants at which the centre learns of them, and those that are only told live."""
    return tuple(sorted(_told(facts), key=lambda each: (each[0], each[1].seq)))


def _told(facts: tuple[Fact, ...]) -> Iterator[tuple[int, Fact]]:
    ended = next(fact.at_ms for fact in facts if fact.kind == "ended")
    for fact in facts:
        match fact.kind:
            case "talk":
                yield from _talk(fact, ended)
            case "said":
                known = fact.at_ms + WORDS_MS
                yield known, fact
                yield known, _live(fact, "heard", until_ms=fact.fields["to_ms"], by="script")
            case "heard":
                yield fact.at_ms + WORDS_MS, fact
            case _:
                yield fact.at_ms, fact


def _talk(fact: Fact, ended: int) -> Iterator[tuple[int, Fact]]:
    fields = fact.fields
    began = fields["began_ms"]
    yield began + VOICE_MS + LINK_MS, _live(fact, "talk_began", began_ms=began)
    for second, level in enumerate(fields["levels_db"]):
        from_ms = began + SECOND_MS * second
        to_ms = from_ms + SECOND_MS
        yield to_ms + LINK_MS, _live(fact, "level", from_ms=from_ms, to_ms=to_ms, level_db=level)
    yield min(fields["ended_ms"] + HANGOVER_MS + LINK_MS, max(ended, fields["ended_ms"])), fact


def _live(fact: Fact, kind: str, **fields: Any) -> Fact:
    return Fact(call=fact.call, seq=fact.seq, at_ms=fact.at_ms, kind=kind, party=fact.party, fields=fields)


def as_it_goes(
    standard: Standard,
    facts: tuple[Fact, ...],
    marks: Callable[[Fact], tuple[Mark, ...]],
    until_ms: int,
) -> tuple[tuple[Verdict, ...], tuple[tuple[int, Hint], ...]]:
    """What live assist makes of a call: its verdicts, and which hints it showed when."""
    call = AssistedCall(facts[0].call, standard.call(), standard.rules.get)
    hints: list[tuple[int, Hint]] = []
    waiting = list(told(facts))
    next_ms: int | None = None
    while waiting:
        at_ms, fact = waiting[0]
        if next_ms is not None and next_ms < at_ms:
            at_ms = next_ms
        else:
            waiting.pop(0)
            call.tell(fact, marks(fact) if fact.kind == "said" else ())
        look = call.look(at_ms, "novice")
        if look.hint is not None and (not hints or hints[-1][1] != look.hint):
            hints.append((at_ms, look.hint))
        next_ms = look.next_ms if look.next_ms is None or look.next_ms > at_ms else None
    return call.finish(until_ms), tuple(hints)
