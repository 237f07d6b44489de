"""Calls with somebody outside, as the service book sees them: pure.

On the timeline the caller is who calls: of a call that an agent dials, the agent. The book knows an agent and
somebody else, whoever of the two called. So the two change places before such a call is judged, live or
afterwards: the agent's voice is the agent's, and the agent leads the conversation from the moment the other
answers. How long the other's phone rang is no merit or fault of anybody.

A caller who was handed on to a number outside talks with somebody who is no agent: the book hears nothing of
that, and nobody here hung up when it ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeVar, cast

import msgspec

from huawu.standard import FactLike

F = TypeVar("F", bound=FactLike)
"""A msgspec struct: `calls.facts.Fact` is one."""
_OTHER: Final = {"caller": "agent", "agent": "caller"}
_OF_A_VOICE: Final = frozenset(
    {"talk", "talk_began", "level", "said", "heard", "held", "resumed", "line_away", "line_back"}
)
_OF_THE_ANSWER: Final = frozenset({"agent_answered", "bridged"})


class Facing:
    """One call's facts as the book sees them, one by one in their order. Other calls stay as they are."""

    def __init__(self) -> None:
        self._by_endpoint = False
        self.dialler = ""
        """The agent who dialled somebody outside; "" = nobody did (so far)."""
        self._away: list[tuple[int, int]] = []  # from when to when the caller was with somebody outside
        self._away_ms: int | None = None  # since when the caller is; None = is not

    def turn(self, fact: F) -> F | None:
        """The fact, or what it is to the book; None: nothing."""
        if fact.kind == "offered":
            self._by_endpoint = fact.fields.get("direction") == "out" and bool(fact.fields.get("endpoint"))
        elif self._by_endpoint and fact.kind == "outside" and fact.fields.get("rule") != "emergency":
            self.dialler = self.dialler or str(fact.fields.get("person", ""))
        return self._turned(fact) if self.dialler else self._handed_on(fact)

    def _handed_on(self, fact: F) -> F | None:
        """What is left of a call whose caller may be with somebody outside."""
        fields, away_ms = fact.fields, self._away_ms
        if fact.kind in _OF_THE_ANSWER and "number" in fields and "agent" not in fields:
            if fact.kind != "bridged":
                return None
            self._away_ms = fact.at_ms if away_ms is None else away_ms
            return _with(fact, kind="parted", fields={"reason": "outside"})
        if away_ms is not None and fact.kind == "bridged":
            self._away.append((away_ms, fact.at_ms))
            self._away_ms = None
        elif away_ms is not None and fact.kind == "ended" and fields.get("by") == "agent":
            return _with(fact, party="centre", fields={**fields, "by": "outside"})
        elif fact.kind == "said" and self._was_away(int(fields["from_ms"])):
            return None
        return fact

    def _was_away(self, at_ms: int) -> bool:
        if self._away_ms is not None and at_ms >= self._away_ms:
            return True
        return any(from_ms <= at_ms < to_ms for from_ms, to_ms in self._away)

    def _turned(self, fact: F) -> F | None:
        fields = fact.fields
        if fact.kind in _OF_A_VOICE:
            return _with(fact, party=_OTHER.get(fact.party, fact.party))
        if fact.kind == "agent_ringing" and "agent" not in fields:
            return None
        if fact.kind in _OF_THE_ANSWER and "agent" not in fields:
            return _with(fact, fields={**fields, "agent": self.dialler})
        if fact.kind == "ended":
            by = _OTHER.get(str(fields.get("by", "")), fields.get("by", ""))
            party = _OTHER.get(fact.party, fact.party)
            return _with(fact, party=party, fields={**fields, "by": by})
        return fact


def _with(fact: F, **changed: object) -> F:
    return cast("F", msgspec.structs.replace(cast("Any", fact), **changed))


def as_the_book_sees(facts: Iterable[F]) -> tuple[F, ...]:
    """A whole timeline so."""
    facing = Facing()
    return tuple(turned for fact in facts if (turned := facing.turn(fact)) is not None)


def dialler_of(facts: Iterable[FactLike]) -> str:
    """The agent who dialled the call; "" = it is no such call."""
    facing = Facing()
    for fact in facts:
        facing.turn(fact)
    return facing.dialler
