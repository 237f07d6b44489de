"""Points: each rule that was judged keeps its points or loses them, once a call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from huawu.standard.model import FactLike, PartScore, Score, Severity, Verdict
from huawu.standard.schema import Rule

FATAL_CAP = 59.0
"""A call in which a fatal rule was broken has failed, however good the rest was."""


def severity_of(rule: Rule, check: str) -> Severity:
    """How much a breach of one of a rule's checks weighs."""
    own = next((each.severity for each in rule.checks if each.name == check), None)
    return own or rule.severity


def counts_in_score(verdict: Verdict, came: Set[str]) -> bool:
    """Whether it is of somebody who came to the call, and not of one whose phone only rang."""
    return not verdict.agent or verdict.agent in came


def who_came(facts: Iterable[FactLike]) -> Set[str]:
    """The agents who came to a call, as its facts tell."""
    return {
        str(fact.fields["agent"])
        for fact in facts
        if fact.kind in ("agent_answered", "bridged") and fact.fields.get("agent")
    }


def score_of(rules: Mapping[str, Rule], verdicts: Iterable[Verdict]) -> Score:
    """100 × points kept ÷ points that could be kept, over the rules with a pass or a breach."""
    broken: dict[str, bool] = {}
    fatal = False
    for verdict in verdicts:
        if verdict.verdict in ("pass", "breach") and verdict.rule in rules:
            breach = verdict.verdict == "breach"
            broken[verdict.rule] = broken.get(verdict.rule, False) or breach
            fatal = fatal or (breach and severity_of(rules[verdict.rule], verdict.check) == "fatal")
    parts: dict[str, tuple[float, float]] = {}
    for name, failed in broken.items():
        rule = rules[name]
        kept, possible = parts.get(rule.part, (0.0, 0.0))
        parts[rule.part] = (kept + (0.0 if failed else rule.points), possible + rule.points)
    possible = sum(each[1] for each in parts.values())
    total = 100 * sum(each[0] for each in parts.values()) / possible if possible else None
    if total is not None and fatal:
        total = min(total, FATAL_CAP)
    return Score(
        total=None if total is None else round(total, 1),
        parts={name: PartScore(kept=kept, possible=most) for name, (kept, most) in parts.items()},
        fatal=fatal,
    )
