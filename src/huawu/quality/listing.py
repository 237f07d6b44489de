"""How assessed calls are asked for: by whom, for what, in which order; for years of them as for a day's."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, Table, and_, exists, or_, select, union_all

from huawu.calls.tables import call_agents
from huawu.quality.tables import assessments, rule_verdicts


class CallsWanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which assessed calls; an empty field asks nothing. `rule` with a finding of that `verdict`."""

    agent: str = ""
    queue: str = ""
    queues: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    rule: str = ""
    verdict: str = "breach"
    fatal: bool | None = None
    words: bool | None = None
    below: float | None = None
    from_ms: int | None = None
    to_ms: int | None = None


def newest(wanted: CallsWanted, limit: int, *, after: tuple[int, str] | None = None) -> Select[Any]:
    """The newest of them, `after` an end and a call's name where a page follows another.

    What has no order of its own in the database (whose a call was in several ways, where a rule was broken)
    is read way by way, each no further than the page goes.
    """
    table = assessments.c
    where = _conditions(wanted)
    if after is not None:
        at_ms, call = after
        where.append(or_(table.ended_ms < at_ms, and_(table.ended_ms == at_ms, table.call < call)))
    if wanted.agent:
        if wanted.rule:
            where.append(exists().where(same_assessment(rule_verdicts), *_found(wanted)))
        parts = [
            _ordered(select(table.call).where(way, *where), limit) for way in _ways_to_have(wanted.agent)
        ]
    elif wanted.rule:
        parts = [_of_a_rule(wanted, where, limit, after)]
    else:
        return _ordered(select(assessments).where(*where), limit)
    calls = union_all(*(select(part.subquery().c.call) for part in parts))
    return _ordered(select(assessments).where(table.latest == 1, table.call.in_(calls)), limit)


def worst(wanted: CallsWanted, limit: int, *, skip: int) -> Select[Any]:
    """Those that lost most first, without those to which nothing applied.

    An index says which they are, whatever is asked of them; only those of the page are read whole.
    """
    table = assessments.c
    where = [table.total.is_not(None), *_conditions(wanted)]
    if wanted.agent:
        where.append(or_(*_ways_to_have(wanted.agent)))
    if wanted.rule:
        where.append(exists().where(same_assessment(rule_verdicts), *_found(wanted)))
    order = (table.fatal.desc(), table.total, table.ended_ms.desc(), table.call)
    page = select(table.call).where(*where).order_by(*order).offset(skip).limit(limit)
    return select(assessments).where(table.latest == 1, table.call.in_(page)).order_by(*order)


def same_assessment(table: Table) -> ColumnElement[bool]:
    """A line of that table beside the assessment it belongs to."""
    return and_(table.c.call == assessments.c.call, table.c.version == assessments.c.version)


def _conditions(wanted: CallsWanted) -> list[ColumnElement[bool]]:
    """All that is asked of an assessment itself, but whose it is."""
    table = assessments.c
    found: list[ColumnElement[bool]] = [table.latest == 1]
    if wanted.agents:
        found.append(table.agent.in_(wanted.agents))
    if wanted.queue:
        found.append(table.queue == wanted.queue)
    if wanted.queues:
        found.append(table.queue.in_(wanted.queues))
    if wanted.fatal is not None:
        found.append(table.fatal == int(wanted.fatal))
    if wanted.words is not None:
        found.append(table.words == int(wanted.words))
    if wanted.below is not None:
        found.append(table.total < wanted.below)
    if wanted.from_ms is not None:
        found.append(table.ended_ms >= wanted.from_ms)
    if wanted.to_ms is not None:
        found.append(table.ended_ms < wanted.to_ms)
    return found


def _ways_to_have(agent: str) -> list[ColumnElement[bool]]:
    """It is the agent's; they had it and sent the caller on; they let it ring."""
    had = select(call_agents.c.call).where(call_agents.c.agent == agent)
    missed = select(rule_verdicts.c.call).where(
        rule_verdicts.c.agent == agent, rule_verdicts.c.scored == 0, rule_verdicts.c.counts == 1
    )
    table = assessments.c
    return [table.agent == agent, table.call.in_(had), table.call.in_(missed)]


def _of_a_rule(
    wanted: CallsWanted, where: list[ColumnElement[bool]], limit: int, after: tuple[int, str] | None
) -> Select[Any]:
    """Calls in which something was found, along the index of findings: rare ones and frequent ones alike."""
    table = rule_verdicts.c
    bounds = [table.counts == 1, *_found(wanted)]
    if wanted.from_ms is not None:
        bounds.append(table.ended_ms >= wanted.from_ms)
    if wanted.to_ms is not None:
        bounds.append(table.ended_ms < wanted.to_ms)
    if after is not None:
        bounds.append(table.ended_ms <= after[0])
    statement = select(table.call, table.ended_ms).join(assessments, same_assessment(rule_verdicts))
    statement = statement.where(*bounds, *where).distinct()  # two agents may have broken it in one call
    return statement.order_by(table.ended_ms.desc(), table.call.desc()).limit(limit)


def _found(wanted: CallsWanted) -> list[ColumnElement[bool]]:
    return [rule_verdicts.c.rule == wanted.rule, rule_verdicts.c.verdict == wanted.verdict]


def _ordered(statement: Select[Any], limit: int) -> Select[Any]:
    return statement.order_by(assessments.c.ended_ms.desc(), assessments.c.call.desc()).limit(limit)
