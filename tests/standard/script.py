"""Calls written down briefly for tests: facts with seconds from the call's beginning."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from huawu.standard import FactLike, Happened, Mark, Standard, Verdict

BEGAN_MS = 1_700_000_000_000


def at(seconds: float) -> int:
    """An instant of the call in the facts' clock."""
    return BEGAN_MS + round(seconds * 1000)


def fact(seconds: float, kind: str, party: str = "centre", **fields: Any) -> Happened:
    return Happened(at_ms=at(seconds), kind=kind, party=party, fields=fields)


def talk(party: str, begins: float, ends: float, levels_db: Iterable[float] = ()) -> Happened:
    """Speech of a party from–to."""
    return fact(
        ends,
        "talk",
        party,
        began_ms=at(begins),
        ended_ms=at(ends),
        level_db=-22.0,
        peak_db=-12.0,
        levels_db=tuple(levels_db),
    )


def said(
    party: str, begins: float, ends: float, text: str, *phrases: str, confidence: float = 0.9
) -> Happened:
    """Words of a party, with the phrases (`name` or `name=value`) that a spotter would find in them."""
    return fact(
        ends,
        "said",
        party,
        from_ms=at(begins),
        to_ms=at(ends),
        text=text,
        confidence=confidence,
        phrases=phrases,
    )


def heard(party: str) -> Happened:
    """All words of a party are known."""
    return fact(0, "heard", party, until_ms=0, final=True)


def marks_of(spoken: FactLike) -> tuple[Mark, ...]:
    """The phrases written beside the words."""
    found = []
    for phrase in spoken.fields.get("phrases", ()):
        name, _, value = phrase.partition("=")
        found.append(
            Mark(
                phrase=name,
                from_ms=spoken.fields["from_ms"],
                to_ms=spoken.fields["to_ms"],
                value=value,
            )
        )
    return tuple(found)


def opened(answered: float = 4.0, agent: str = "1001") -> list[Happened]:
    """A call comes in, rings at 1 s and is answered."""
    return [
        fact(0, "offered", "caller", number="4000"),
        fact(1, "agent_ringing", "agent", agent=agent),
        fact(answered, "agent_answered", "agent", agent=agent),
        fact(answered, "bridged", "agent", agent=agent),
    ]


def ended(seconds: float, by: str = "caller") -> Happened:
    return fact(seconds, "ended", by, by=by, reason="normal")


def verdicts(
    standard: Standard, facts: Iterable[FactLike], rule: str, check: str | None = None
) -> list[Verdict]:
    """What one rule (one of its checks) says of a call that is over."""
    judged = standard.judge(facts, marks_of)
    return [v for v in judged if v.rule == rule and (check is None or v.check == check)]


def outcomes(standard: Standard, facts: Iterable[FactLike], rule: str, check: str | None = None) -> list[str]:
    return [verdict.verdict for verdict in verdicts(standard, facts, rule, check)]
