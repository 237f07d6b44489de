"""Whose voice it is on the agent's side of a call: an agent's, or that of a third party outside the centre.

The recording has two sides, the caller's and everybody else's: a third party in a conference, or to whom a
caller was handed on, speaks where agents do. The switch tells of each line who spoke when (`talk`). Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from huawu.standard import FactLike

OUTSIDER: Final = "outsider"


class Voices:
    """One call's, fed with its facts in order. Whom an agent dialled is the customer, and no outsider."""

    def __init__(self) -> None:
        self._dialled = ""
        self._led: list[tuple[int, bool]] = []  # since when an outsider leads the conversation, or does not
        self._outside: list[tuple[int, int]] = []
        self._ours: list[tuple[int, int]] = []

    def note(self, fact: FactLike, *, dialled: bool) -> None:
        """Something happened. `dialled`: the caller is an agent who dialled somebody outside."""
        fields = fact.fields
        if fact.kind == "bridged":
            number = str(fields.get("number", "")) if "agent" not in fields else ""
            if dialled and number and not self._dialled:
                self._dialled = number
            self._led.append((fact.at_ms, bool(number) and number != self._dialled))
        elif fact.kind == "talk" and fact.party == "agent":
            spans = self._outside if self.is_outsiders(fact) else self._ours
            spans.append((int(fields["began_ms"]), int(fields["ended_ms"])))

    def is_outsiders(self, fact: FactLike) -> bool:
        """Whether a fact of a voice on the agent's side is of an outsider's."""
        fields = fact.fields
        if number := fields.get("number"):  # who it is is said where there are several
            return bool(number != self._dialled)
        return not fields.get("agent") and self._led_at(int(fields.get("began_ms", fact.at_ms)))

    def spoke(self, from_ms: int, to_ms: int) -> bool:
        """Whether it was rather an outsider than one of ours who spoke in this time on the agent's side."""
        if not self._outside:
            return self._led_at(from_ms)
        theirs, ours = _within(self._outside, from_ms, to_ms), _within(self._ours, from_ms, to_ms)
        return theirs > ours if theirs or ours else self._led_at(from_ms)

    def parted(self, fields: Mapping[str, Any]) -> Iterator[tuple[bool, dict[str, Any]]]:
        """What was heard on the agent's side in one breath, by who spoke: whether an outsider, and what."""
        words: Sequence[Sequence[Any]] = fields.get("words") or ()
        if not self._outside or not words:
            yield self.spoke(int(fields["from_ms"]), int(fields["to_ms"])), dict(fields)
            return
        spoken = groupby(words, lambda word: self.spoke(word[1], word[2]))
        parts = [(theirs, list(said)) for theirs, said in spoken]
        if len(parts) == 1:
            yield parts[0][0], dict(fields)
            return
        for theirs, said in parts:
            yield (
                theirs,
                {
                    **fields,
                    "from_ms": said[0][1],
                    "to_ms": said[-1][2],
                    "text": "".join(word[0] for word in said).strip(),
                    "words": said,
                },
            )

    def _led_at(self, at_ms: int) -> bool:
        led = False
        for since_ms, outside in self._led:
            if since_ms > at_ms:
                break
            led = outside
        return led


def _within(spans: Sequence[tuple[int, int]], from_ms: int, to_ms: int) -> int:
    """How much of a time they cover."""
    return sum(max(0, min(to_ms, ended) - max(from_ms, began)) for began, ended in spans)
