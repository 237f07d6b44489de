"""What the standard found in a scripted call, held against the labels that were written by hand.

A breach is found when the standard speaks of it near the line that the label names. Every breach of a call
has a label, so whatever else the standard holds for a breach is a false alarm.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from tools.proof.layout import answered_ms, laid_out, over_ms
from tools.proof.script import Call, Label
from tools.proof.timeline import BEGAN_MS

from huawu.standard import Verdict

NEAR_MS: Final = 3_000
"""A verdict may lie so far from its line: what is missing has no place of its own."""


@dataclass(slots=True)
class Tally:
    """How one rule did over many calls."""

    found: int = 0
    missed: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    true: int = 0
    """Verdicts of a breach that are right; several may be of one label."""
    kept: int = 0
    kept_missed: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float | None:
        said = self.true + len(self.false)
        return self.true / said if said else None

    @property
    def recall(self) -> float | None:
        labelled = self.found + len(self.missed)
        return self.found / labelled if labelled else None

    def add(self, other: Tally) -> None:
        self.found += other.found
        self.true += other.true
        self.kept += other.kept
        self.missed += other.missed
        self.false += other.false
        self.kept_missed += other.kept_missed


def compared(
    call: Call, verdicts: Iterable[Verdict], heard: Iterable[tuple[str, dict[str, Any]]] = ()
) -> dict[str, Tally]:
    """Each rule's tally for one call; only of rules that have a label or a breach in it.

    `heard`: the utterances made out of the sound, from the recording's 0 on, to tell what led astray.
    """
    places = _places(call)
    words = tuple(heard)
    said = list(verdicts)
    tallies: dict[str, Tally] = {}
    for rule, labels in call.labels.items():
        tally = tallies.setdefault(rule, Tally())
        for label in labels:
            near = [each for each in said if each.rule == rule and _is_near(each, label, places)]
            match label.verdict:
                case "breach" if any(each.verdict == "breach" for each in near):
                    tally.found += 1
                case "breach":
                    tally.missed.append(f"{call.id}{_told(call, label, words)}")
                case wanted if any(each.verdict == wanted for each in near):
                    tally.kept += 1
                case wanted:
                    tally.kept_missed.append(f"{call.id}{_told(call, label, words)}")
    for verdict in said:
        if verdict.verdict != "breach":
            continue
        tally = tallies.setdefault(verdict.rule, Tally())
        labels = call.labels.get(verdict.rule, ())
        if any(label.verdict == "breach" and _is_near(verdict, label, places) for label in labels):
            tally.true += 1
        else:
            at = (verdict.from_ms - BEGAN_MS) / 1000
            tally.false.append(f"{call.id} at {at:.1f} s {verdict.check}: {verdict.found.en}".strip())
    return tallies


def _places(call: Call) -> dict[str, tuple[int, int]]:
    placed = laid_out(call)
    found = {one.what.named: (BEGAN_MS + one.from_ms, BEGAN_MS + one.to_ms) for one in placed}
    found[""] = (BEGAN_MS, BEGAN_MS + max(placed[-1].to_ms, over_ms(placed), answered_ms(placed)))
    return found


def _is_near(verdict: Verdict, label: Label, places: dict[str, tuple[int, int]]) -> bool:
    from_ms, to_ms = places[label.near]
    if not label.near:
        return True
    return verdict.from_ms <= to_ms + NEAR_MS and verdict.to_ms >= from_ms - NEAR_MS


def _told(call: Call, label: Label, heard: tuple[tuple[str, dict[str, Any]], ...]) -> str:
    """Where it is, what is said there, and what was heard instead."""
    if not label.near:
        return ""
    one = next(each for each in laid_out(call) if each.what.named == label.near)
    told = f" at {label.near!r}"
    if one.by is None:
        return told
    told += f", said “{one.what.text}”"
    if not heard:
        return told
    zero = answered_ms(laid_out(call))
    there = [
        fields["text"]
        for party, fields in heard
        if party == one.by and fields["to_ms"] + zero > one.from_ms and fields["from_ms"] + zero < one.to_ms
    ]
    return f"{told}, heard “{' '.join(there)}”"
