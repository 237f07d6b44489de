"""What appeals made of findings: the last word is a person's, and lists and figures go by it.

A decision is of one finding, by its name; judged again, a call keeps it. Of a form about a missed ring it
changes nothing of what others had in that call, for the form holds nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, Select, select

from huawu.quality.assessment import Finding
from huawu.quality.forms import Form, says
from huawu.quality.tables import inspections

Decided = Mapping[str, str]
"""By a finding's name the verdict that an appeal made of it."""
UNCHANGED: Decided = {}

_form = msgspec.json.Decoder(Form).decode


def decided_forms(calls: Sequence[str]) -> Select[Any]:
    """The forms of these calls of which an appeal was decided: `call` and `record`."""
    table = inspections.c
    return select(table.call, table.record).where(
        table.call.in_(calls), table.round == "", table.decided_by != ""
    )


def by_call(rows: Iterable[Row[Any]]) -> dict[str, Decided]:
    """What was decided, of the rows of `decided_forms`."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row.call, {}).update(decided_in(_form(row.record)))
    return {**found}


def decided_in(form: Form) -> Decided:
    """What the appeal against one form changed."""
    return {each.id: each.decided for each in form.items if each.decided is not None}


def settled(found: Iterable[Finding], decided: Decided) -> list[Finding]:
    """The findings as they hold now."""
    return [
        msgspec.structs.replace(each, verdict=decided[each.id]) if each.id in decided else each
        for each in found
    ]


def still_broken(rules: Iterable[str], form: Form | None) -> list[str]:
    """Of rules that were broken those that still are, after what became of the form about them."""
    holds = {each.rule for each in form.items if says(each) == "breach"} if form else set()
    told = {each.rule for each in form.items} if form else set()
    return [rule for rule in rules if rule not in told or rule in holds]
