"""How verdicts are counted in the database: the statements behind figures."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, Literal, NamedTuple

import msgspec
from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Label,
    Select,
    and_,
    case,
    cast,
    func,
    select,
    union_all,
)

from huawu.quality.listing import same_assessment
from huawu.quality.tables import assessments, rule_verdicts, verdict_sums

By = Literal["rule", "agent", "queue", "team", "day", "week"]
DAY_MS: Final = 86_400_000
WEEK_MS: Final = 7 * DAY_MS
FIRST_MONDAY_MS: Final = 4 * DAY_MS
"""1970-01-05."""
SUMS: Final = ("calls", "breaches", "unsure")


class FiguresWanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls; an empty field asks nothing."""

    by: By
    from_ms: int
    to_ms: int
    rule: str = ""
    agent: str = ""
    queue: str = ""
    part: str = ""
    confidence: float = 0.95


class Span(NamedTuple):
    """A time as whole days of UTC, and what is left of it before and after them."""

    days: range
    edges: list[tuple[int, int]]

    @classmethod
    def of(cls, from_ms: int, to_ms: int) -> Span:
        """From `from_ms` until before `to_ms`."""
        first, end = -(-from_ms // DAY_MS), to_ms // DAY_MS
        if first >= end:
            return cls(range(0), [(from_ms, to_ms)])
        edges = [(from_ms, first * DAY_MS), (end * DAY_MS, to_ms)]
        return cls(range(first, end), [edge for edge in edges if edge[0] < edge[1]])


def tallied() -> list[Label[Any]]:
    """What verdicts come to: `SUMS`."""
    wanted = {"calls": ("pass", "breach"), "breaches": ("breach",), "unsure": ("unsure",)}
    verdict = rule_verdicts.c.verdict
    return [func.sum(case((verdict.in_(wanted[name]), 1), else_=0)).label(name) for name in SUMS]


def of_rules(wanted: FiguresWanted, rules: Collection[str] | None, span: Span) -> Select[Any]:
    """By rule, whoever broke it: whole days from their sums, the rest from verdicts. `rules` None: all."""
    sums = verdict_sums.c
    whole = _of_days(span, wanted.queue).where(sums.counts == 1)
    if rules is not None:
        whole = whole.where(sums.rule.in_(rules))
    edges = [msgspec.structs.replace(wanted, from_ms=start, to_ms=end) for start, end in span.edges]
    return _together([whole, *(of_verdicts(edge, rules, 0) for edge in edges)])


def of_verdicts(wanted: FiguresWanted, rules: Collection[str] | None, offset_ms: int) -> Select[Any]:
    """Verdict by verdict. `rules` None: all."""
    table = rule_verdicts.c
    key = _key_of(wanted, table.ended_ms, table.agent, table.queue, offset_ms).label("key")
    statement = select(key, *tallied()).where(
        table.counts == 1, table.ended_ms >= wanted.from_ms, table.ended_ms < wanted.to_ms
    )
    if rules is not None:
        statement = statement.where(table.rule.in_(rules))
    elif not wanted.agent:  # an agent's are found by an index of their own
        statement = statement.where(table.rule.in_(select(_RULES_THAT_COUNT.c.rule)))
    return _narrowed(statement, wanted, table.agent, table.queue).group_by(key)


def of_assessments(wanted: FiguresWanted, offset_ms: int) -> Select[Any]:
    """Call by call, with its score."""
    table = assessments.c
    key = _key_of(wanted, table.ended_ms, table.agent, table.queue, offset_ms).label("key")
    scored = table.total.is_not(None)
    statement = select(
        key,
        func.sum(case((scored, 1), else_=0)).label("calls"),
        func.sum(case((and_(scored, table.breaches > 0), 1), else_=0)).label("breaches"),
        func.sum(case((table.unsure > 0, 1), else_=0)).label("unsure"),
        func.sum(case((scored, 1), else_=0)).label("scored"),
        func.sum(table.total).label("total"),
        func.sum(table.total * table.total).label("squares"),
    ).where(table.latest == 1, table.ended_ms >= wanted.from_ms, table.ended_ms < wanted.to_ms)
    return _narrowed(statement, wanted, table.agent, table.queue).group_by(key)


def of_book(number: int, rule: str, span: Span) -> Select[Any]:
    """By rule, what one version of the book says of calls, whether or not a later one judged them again."""
    whole = _of_days(span, "").where(verdict_sums.c.book == number)
    if rule:
        whole = whole.where(verdict_sums.c.rule == rule)
    parts = [whole]
    for start, end in span.edges:
        edge = select(rule_verdicts.c.rule.label("key"), *tallied()).join(
            assessments, same_assessment(rule_verdicts)
        )
        edge = edge.where(assessments.c.book == number, ended_between(start, end))
        if rule:
            edge = edge.where(rule_verdicts.c.rule == rule)
        parts.append(edge.group_by(rule_verdicts.c.rule))
    return _together(parts)


def ended_between(start_ms: int, end_ms: int) -> ColumnElement[bool]:
    """Assessments of calls that ended then, the latest or not, by their index."""
    table = assessments.c
    return and_(table.latest.in_((0, 1)), table.ended_ms >= start_ms, table.ended_ms < end_ms)


def _of_days(span: Span, queue: str) -> Select[Any]:
    sums = verdict_sums.c
    return select(sums.rule.label("key"), *(sums[name] for name in SUMS)).where(
        sums.queue == queue if queue else sums.queue.is_(None),
        sums.day >= span.days.start,
        sums.day < span.days.stop,
    )


def _together(parts: list[Select[Any]]) -> Select[Any]:
    every = union_all(*parts).subquery()
    sums = [cast(func.sum(every.c[name]), BigInteger).label(name) for name in SUMS]
    return select(every.c.key, *sums).group_by(every.c.key)


def _key_of(wanted: FiguresWanted, ended_ms: Any, agent: Any, queue: Any, offset_ms: int) -> Any:
    local_ms = ended_ms + offset_ms
    match wanted.by:
        case "agent" | "team":
            return agent
        case "queue":
            return queue
        case "day":
            return local_ms // DAY_MS
        case "week":
            return (local_ms - FIRST_MONDAY_MS) // WEEK_MS
        case _:
            return rule_verdicts.c.rule


def _rules_that_count() -> CTE:
    """Each rule that was ever judged, by going from name to name in the index: with all of them named, a
    month is counted without going through years.
    """
    table = rule_verdicts.c
    first = select(func.min(table.rule).label("rule")).where(table.counts == 1).cte("rules", recursive=True)
    other = rule_verdicts.alias("other").c
    following = select(func.min(other.rule)).where(other.counts == 1, other.rule > first.c.rule)
    return first.union_all(select(following.scalar_subquery()).where(first.c.rule.is_not(None)))


def _narrowed(statement: Select[Any], wanted: FiguresWanted, agent: Any, queue: Any) -> Select[Any]:
    if wanted.agent:
        statement = statement.where(agent == wanted.agent)
    if wanted.queue:
        statement = statement.where(queue == wanted.queue)
    return statement


_RULES_THAT_COUNT: Final = _rules_that_count()
