"""Points: each rule that was judged keeps its points or loses them, once a call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from huawu.standard.model import PartScore, Score, Verdict
from huawu.standard.schema import Rule

FATAL_CAP = 59.0
"""A call in which a fatal rule was broken has failed, however good the rest was."""


def score_of(rules: Mapping[str, Rule], verdicts: Iterable[Verdict]) -> Score:
    """100 × points kept ÷ points that could be kept, over the rules with a pass or a breach."""
    broken: dict[str, bool] = {}
    for verdict in verdicts:
        if verdict.verdict in ("pass", "breach") and verdict.rule in rules:
            broken[verdict.rule] = broken.get(verdict.rule, False) or verdict.verdict == "breach"
    parts: dict[str, tuple[float, float]] = {}
    fatal = False
    for name, failed in broken.items():
        rule = rules[name]
        kept, possible = parts.get(rule.part, (0.0, 0.0))
        parts[rule.part] = (kept + (0.0 if failed else rule.points), possible + rule.points)
        fatal = fatal or (failed and rule.severity == "fatal")
    possible = sum(each[1] for each in parts.values())
    total = 100 * sum(each[0] for each in parts.values()) / possible if possible else None
    if total is not None and fatal:
        total = min(total, FATAL_CAP)
    return Score(
        total=None if total is None else round(total, 1),
        parts={name: PartScore(kept=kept, possible=most) for name, (kept, most) in parts.items()},
        fatal=fatal,
    )
