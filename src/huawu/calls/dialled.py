"""Calls with somebody outside, as the service book sees them: pure.

On the timeline the caller is who calls: of a call that an agent dials, the agent. The book knows an agent and
somebody else, whoever of the two called. So the two change places before such a call is judged, live or
afterwards: the agent's voice is the agent's, and the agent leads the conversation from the moment the other
answers. How long the other's phone rang is no merit or fault of anybody.

A third party outside the centre (in a conference, or to whom a caller was handed on) is neither agent nor
caller: an outsider, whose words and whose hold are of neither of the two, and whose hanging up is no agent's.
Who leads the conversation after being in it already (a colleague who joined) has answered nobody: `there`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeVar, cast

import msgspec

from huawu.calls.voices import Voices
from huawu.standard import FactLike

F = TypeVar("F", bound=FactLike)
"""A msgspec struct: `calls.facts.Fact` is one."""
_OTHER: Final = {"caller": "agent", "agent": "caller"}
_OF_A_VOICE: Final = frozenset(
    {"talk", "talk_began", "level", "said", "held", "resumed", "line_away", "line_back"}
)
_OF_A_SIDE: Final = _OF_A_VOICE | {"heard"}
_OF_THE_ANSWER: Final = frozenset({"agent_answered", "bridged"})
_COME: Final = frozenset({"joined", "conference", "supervised", "taken_over"})
_GONE: Final = frozenset({"left", "parted", "supervision_ended"})


class Facing:
    """One call's facts as the book sees them, one by one in their order. Other calls stay as they are."""

    def __init__(self) -> None:
        self._by_endpoint = False
        self.dialler = ""
        """The agent who dialled somebody outside; "" = nobody did (so far)."""
        self._customer = ""  # the number that answered first
        self._calls = ""  # the agent whose line it is now: who dialled, or a leader who took over
        self.voices = Voices()
        self._away = False  # the caller is with somebody outside, or the customer who was dialled is gone
        self._there: set[str] = set()  # agents in the conversation who do not lead it

    def turn(self, fact: F) -> F | None:
        """The fact, or what it is to the book; None: nothing."""
        if fact.kind == "offered":
            self._by_endpoint = fact.fields.get("direction") == "out" and bool(fact.fields.get("endpoint"))
        elif self._by_endpoint and fact.kind == "outside" and fact.fields.get("rule") != "emergency":
            self.dialler = self._calls = self.dialler or str(fact.fields.get("person", ""))
        self.voices.note(fact, dialled=bool(self.dialler))
        if fact.kind in _OF_A_VOICE and fact.party == "agent":
            return self._spoken(fact)
        seen = self._turned(fact) if self.dialler else self._handed_on(fact)
        return self._led(seen) if seen is not None and fact.kind == "bridged" else self._noted(seen)

    def _spoken(self, fact: F) -> F | None:
        """What a voice on the agent's side does is of whose it is."""
        if fact.kind != "said":
            voice = self.voices.of(fact)
            if voice is None or voice.party == "agent":
                return None if voice is None else fact
            return _with(fact, party=voice.party)
        from_ms = int(fact.fields["from_ms"])
        voice = self.voices.spoke(from_ms, int(fact.fields["to_ms"]))
        if voice.agent and voice != self.voices.led_at(from_ms):
            return _with(fact, fields={**fact.fields, "agent": voice.agent})
        return fact if voice.party == fact.party else _with(fact, party=voice.party)

    def _noted(self, fact: F | None) -> F | None:
        """Who comes to the conversation and who leaves it."""
        if fact is not None and (agent := str(fact.fields.get("agent", ""))):
            if fact.kind in _COME:
                self._there.add(agent)
            elif fact.kind in _GONE:
                self._there.discard(agent)
        return fact

    def _led(self, bridged: F) -> F:
        agent = bridged.fields.get("agent", "")
        if agent not in self._there:
            return bridged
        self._there.discard(agent)
        return _with(bridged, fields={**bridged.fields, "there": True})

    def _handed_on(self, fact: F) -> F | None:
        """What is left of a call whose caller may be with somebody outside."""
        fields = fact.fields
        if fact.kind in _OF_THE_ANSWER and "number" in fields and "agent" not in fields:
            if fact.kind != "bridged":
                return None
            self._away = True
            return _with(fact, kind="parted", fields={"reason": "outside"})
        if fact.kind == "bridged":
            self._away = False
        elif self._away and fact.kind == "ended" and fields.get("by") == "agent":
            return _with(fact, party="centre", fields={**fields, "by": "outside"})
        return fact

    def _turned(self, fact: F) -> F | None:
        fields = fact.fields
        if fact.kind in _OF_A_SIDE:
            return _with(fact, party=_OTHER.get(fact.party, fact.party))
        if fact.kind == "agent_ringing" and "agent" not in fields:
            return None
        if fact.kind == "taken_over" and fields.get("of") == self._calls:
            # and leads from now on, without having answered anybody
            self._calls = str(fields.get("agent", ""))
            return _with(fact, kind="bridged", fields={"agent": self._calls, "there": True})
        if fact.kind == "parted":
            self._away = True  # whoever talks on, the customer does not hear it
        elif fact.kind in _OF_THE_ANSWER and self._away:
            return None
        elif fact.kind in _OF_THE_ANSWER and "agent" not in fields:
            number = str(fields.get("number", ""))
            self._customer = self._customer or number
            if number != self._customer:
                return None  # a third party
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
