"""Whose voice it is on the agent's side of a call: an agent's, a third party's from outside the centre, or
that of the customer whom an agent dialled.

The recording has two sides, that of who called and everybody else's: a colleague or a third party in a
conference, or to whom a caller was handed on, speaks where agents do. The switch tells of each line who spoke
when (`talk`). A leader who listens in or whispers is heard by no customer, and no voice of the call. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

from huawu.standard import FactLike

OUTSIDER: Final = "outsider"
_UNHEARD: Final = frozenset({"listen", "whisper"})


class Voice(NamedTuple):
    """Whose: `party` as the book has it, and which agent where that is known."""

    party: str
    agent: str = ""


class Voices:
    """One call's, fed with its facts in order. Whom an agent dialled is the customer, whoever else joins."""

    def __init__(self) -> None:
        self._dialled = ""
        self._led: list[tuple[int, Voice]] = []  # since when who leads the conversation on the agent's side
        self._aside: dict[str, list[tuple[int, bool]]] = {}  # leaders: since when unheard, or not
        self._spoke: dict[Voice, list[tuple[int, int]]] = {}

    def note(self, fact: FactLike, *, dialled: bool) -> None:
        """Something happened. `dialled`: the caller is an agent who dialled somebody outside."""
        fields = fact.fields
        match fact.kind:
            case "bridged":
                if dialled and not self._dialled and "agent" not in fields:
                    self._dialled = str(fields.get("number", ""))
                self._led.append((fact.at_ms, self._named(fields) or Voice("agent")))
            case "supervised":
                self._note_leader(fact, unheard=fields.get("mode") in _UNHEARD)
            case "supervision_ended" | "taken_over":
                self._note_leader(fact, unheard=False)
            case "talk" if fact.party == "agent" and (voice := self.of(fact)) is not None:
                span = (int(fields["began_ms"]), int(fields["ended_ms"]))
                self._spoke.setdefault(voice, []).append(span)

    def _note_leader(self, fact: FactLike, *, unheard: bool) -> None:
        self._aside.setdefault(str(fact.fields.get("agent", "")), []).append((fact.at_ms, unheard))

    def of(self, fact: FactLike) -> Voice | None:
        """Whose a fact of a voice or a line on the agent's side is; None: no customer hears it."""
        fields = fact.fields
        at_ms = int(fields.get("began_ms", fields.get("from_ms", fact.at_ms)))
        voice = self._named(fields) or self.led_at(at_ms)  # who it is is said where there are several
        return None if self._is_unheard(voice.agent, at_ms) else voice

    def spoke(self, from_ms: int, to_ms: int) -> Voice:
        """Who spoke most of this time on the agent's side."""
        led = self.led_at(from_ms)
        if self._spoke.keys() <= {led}:
            return led
        spoken = {voice: _within(spans, from_ms, to_ms) for voice, spans in self._spoke.items()}
        most = max(spoken, key=lambda voice: (spoken[voice], voice == led))
        return most if spoken[most] else led

    def led_at(self, at_ms: int) -> Voice:
        """Who led the conversation on the agent's side."""
        led = self._led[0][1] if self._led else Voice("agent")
        for since_ms, voice in self._led:
            if since_ms > at_ms:
                break
            led = voice
        return led

    def parted(self, fields: Mapping[str, Any]) -> Iterator[tuple[Voice, dict[str, Any]]]:
        """What was heard on the agent's side in one breath, by who spoke."""
        words: Sequence[Sequence[Any]] = fields.get("words") or ()
        if len(self._spoke) < 2 or not words:
            yield self.spoke(int(fields["from_ms"]), int(fields["to_ms"])), dict(fields)
            return
        spoken = groupby(words, lambda word: self.spoke(word[1], word[2]))
        parts = [(voice, list(said)) for voice, said in spoken]
        if len(parts) == 1:
            yield parts[0][0], dict(fields)
            return
        for voice, said in parts:
            yield (
                voice,
                {
                    **fields,
                    "from_ms": said[0][1],
                    "to_ms": said[-1][2],
                    "text": "".join(word[0] for word in said).strip(),
                    "words": said,
                },
            )

    def _named(self, fields: Mapping[str, Any]) -> Voice | None:
        if agent := fields.get("agent"):
            return Voice("agent", str(agent))
        if number := fields.get("number"):
            return Voice("caller" if number == self._dialled else OUTSIDER)
        return None

    def _is_unheard(self, leader: str, at_ms: int) -> bool:
        unheard = False
        for since_ms, aside in self._aside.get(leader, ()):
            if since_ms > at_ms:
                break
            unheard = aside
        return unheard


def _within(spans: Sequence[tuple[int, int]], from_ms: int, to_ms: int) -> int:
    """How much of a time they cover."""
    return sum(max(0, min(to_ms, ended) - max(from_ms, began)) for began, ended in spans)
