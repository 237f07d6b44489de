"""Calls told as short plays: who says what, what happens, how long it takes; instants come of themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from huawu.calls.dialled import as_the_book_sees
from huawu.standard import Happened
from tests.standard.script import at, fact, heard, opened, talk

ANSWERED = 4.0
PAUSE = 0.5
"""Seconds between two turns."""
_SIDES = {"a": "agent", "c": "caller", "o": "outsider"}
_OTHER = {"agent": "caller", "caller": "agent"}


class Do(NamedTuple):
    """Something that happens between two turns."""

    kind: str
    party: str = "agent"
    fields: Mapping[str, Any] = MappingProxyType({})


class Over(NamedTuple):
    """The caller talks, and before that is over the agent says this."""

    said: str
    cut_in: str
    after: float


class Said(NamedTuple):
    """A turn that takes so long, so loud."""

    turn: str
    seconds: float
    level_db: float = -25.0


Turn = str | float | Do | Over | Said
Call = tuple[Happened, ...]


def do(kind: str, party: str = "agent", **fields: Any) -> Do:
    return Do(kind, party, fields)


def incoming() -> list[Happened]:
    """A caller comes in, and 1001 answers."""
    return opened(ANSWERED)


def called_back(purpose: str) -> list[Happened]:
    """An agent calls back whoever asked for it (`callback`) or was cut off (`redial`)."""
    placed = "redialled" if purpose == "redial" else "callback_placed"
    return [
        fact(0, "offered", direction="out", purpose=purpose),
        fact(0.2, "agent_ringing", "agent", agent="1001"),
        fact(1, placed, "agent", agent="1001"),
        fact(ANSWERED, "answered", "caller"),
        fact(ANSWERED, "agent_answered", "agent", agent="1001"),
        fact(ANSWERED, "bridged", agent="1001"),
    ]


def dialled() -> list[Happened]:
    """An agent dials somebody outside: on the timeline the agent is who calls."""
    return [
        fact(0, "offered", "caller", direction="out", endpoint="1001"),
        fact(0.1, "outside", number="139", person="1001"),
        fact(1, "agent_ringing", "agent", number="139"),
        fact(ANSWERED, "agent_answered", "agent", number="139"),
        fact(ANSWERED, "bridged", number="139", leg="leg"),
    ]


def lasts(text: str) -> float:
    """Seconds in which a sentence is said, slowly enough for the book."""
    if text.isascii():
        return max(0.8, 0.07 * len(text))
    return max(0.8, 0.25 * sum(sign.isalnum() for sign in text))


def call(
    *turns: Turn,
    opening: Callable[[], list[Happened]] = incoming,
    by: str = "caller",
    after: float = 1.0,
    end: bool = True,
) -> Call:
    """The facts as the book sees them. `by` hangs up so long `after` the last turn.

    A turn is `a text`, `b text`, `c text` or `o text` (the agent, a second agent, the caller, a third party),
    seconds of silence, or what happens.
    """
    facts, now = opening(), ANSWERED
    turned = opening is dialled

    def says(side: str, text: str, begins: float, seconds: float = 0, level_db: float = -25.0) -> float:
        party = _SIDES.get(side, "agent")
        party = _OTHER.get(party, party) if turned else party
        whose = {"agent": "1002"} if side == "b" else {}
        ends = begins + (seconds or lasts(text))
        spoken = talk(party, begins, ends, [level_db] * int(ends - begins))
        facts.append(fact(ends, "talk", party, **{**spoken.fields, **whose}))
        words = {"from_ms": at(begins), "to_ms": at(ends), "text": text, "confidence": 0.9}
        facts.append(fact(ends, "said", party, **words, **whose))
        return ends

    for turn in turns:
        match turn:
            case str():
                now = says(turn[0], turn[2:], now + PAUSE)
            case Said():
                now = says(turn.turn[0], turn.turn[2:], now + PAUSE, turn.seconds, turn.level_db)
            case Over():
                begins = now + PAUSE
                now = max(says("c", turn.said, begins), says("a", turn.cut_in, begins + turn.after))
            case Do():
                facts.append(fact(now + 0.1, turn.kind, turn.party, **turn.fields))
            case _:
                now += turn
    if end:
        whose = _OTHER[by] if turned else by
        facts.append(fact(now + after, "ended", whose, by=whose, reason="normal"))
    facts += [heard("agent"), heard("caller")]
    facts.sort(key=lambda each: each.at_ms)
    return as_the_book_sees(facts)


HELLO = "a 您好，这里是云程出行，工号8016，请问有什么可以帮您？"
BYE = ("a 请问还有什么可以帮您？", "c 没有了，谢谢。", "a 不客气，感谢您的来电，祝您生活愉快，再见。")
"""How a call ends by the book."""


class Pair(NamedTuple):
    """`unfair` breaks the rule's check; in `fair` nothing at all is broken."""

    about: str
    where: str
    fair: Call
    unfair: Call
    until: float = 0
    """Work goes on so many seconds after the call began."""
    whose: str = "1001"
    """Who is to be blamed in the twin."""
