"""Assessments on record: written whole with their findings, read back for pages, plans and figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)

from huawu.calls.finding import BadCursor
from huawu.calls.tables import call_agents
from huawu.platform.database import Database
from huawu.quality.assessment import Assessment, Finding, Rest
from huawu.quality.tables import assessments, findings

_encode = msgspec.json.Encoder().encode
_rest = msgspec.json.Decoder(Rest).decode
_finding = msgspec.json.Decoder(Finding).decode
_WORST: Final = ("breach", "pass", "unsure")
_FLAGS: Final = ("fatal", "words", "complaint", "dropped")

Order = Literal["newest", "worst"]


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


class AssessmentPage(msgspec.Struct, frozen=True, kw_only=True):
    """Assessments without findings; `next` is the cursor of the following page."""

    calls: list[Assessment]
    next: str | None


class Assessments:
    """The tables of both."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._same = [
            db.plain(delete(table).where(table.c.call == bindparam("of"), table.c.version == bindparam("by")))
            for table in (assessments, findings)
        ]
        self._no_longer = [
            db.plain(update(table).where(table.c.call == bindparam("of"), stands).values(**nothing))
            for table, stands, nothing in (
                (assessments, assessments.c.latest == 1, {"latest": 0}),
                (findings, or_(findings.c.latest == 1, findings.c.counts == 1), {"latest": 0, "counts": 0}),
            )
        ]
        self._new = db.plain(insert(assessments))
        self._found = db.plain(insert(findings))

    def put(self, connection: Connection, judged: Sequence[Assessment]) -> None:
        """Keep them, of different calls, each in place of what the same version said of its call before;
        each is its call's latest now.
        """
        known = select(assessments.c.call).where(assessments.c.call.in_([each.call for each in judged]))
        before = set(connection.execute(known).scalars())
        again = [{"of": each.call, "by": each.version} for each in judged if each.call in before]
        for statement in (*self._same, *self._no_longer):
            statement.run(connection, again)
        self._new.run(connection, list(map(_row, judged)))
        self._found.run(connection, [row for each in judged for row in _finding_rows(each)])

    async def latest(self, call: str) -> Assessment | None:
        """What was said of a call last, with its findings."""
        return await self._one(call, assessments.c.latest == 1)

    async def of_version(self, call: str, version: str) -> Assessment | None:
        """What that version of the book says of a call."""
        return await self._one(call, assessments.c.version == version)

    async def _one(self, call: str, which: ColumnElement[bool]) -> Assessment | None:
        async with self._db.read() as connection:
            row = (
                (await connection.execute(select(assessments).where(assessments.c.call == call, which)))
                .mappings()
                .first()
            )
            if row is None:
                return None
            statement = select(findings.c.record).where(
                findings.c.call == call, findings.c.version == row["version"]
            )
            found = [_finding(text) for text in (await connection.execute(statement)).scalars()]
        found.sort(key=lambda each: (each.from_ms, each.id))
        return msgspec.structs.replace(assessment_of(row), findings=tuple(found))

    async def page(
        self, wanted: CallsWanted, *, order: Order = "newest", limit: int = 50, cursor: str = ""
    ) -> AssessmentPage:
        """A page of them. Raises `BadCursor`."""
        table = assessments.c
        statement: Select[Any] = select(assessments).where(*conditions(wanted))
        if order == "worst":
            skip = _place(cursor)
            statement = statement.where(table.total.is_not(None))
            statement = statement.order_by(table.fatal.desc(), table.total, table.ended_ms.desc(), table.call)
            statement = statement.offset(skip).limit(limit + 1)
        else:
            if cursor:
                at_ms, call = _after(cursor)
                statement = statement.where(
                    or_(table.ended_ms < at_ms, and_(table.ended_ms == at_ms, table.call < call))
                )
            statement = statement.order_by(table.ended_ms.desc(), table.call.desc()).limit(limit + 1)
        async with self._db.read() as connection:
            rows = (await connection.execute(statement)).mappings().all()
        page = [assessment_of(row) for row in rows[:limit]]
        if len(rows) <= limit:
            return AssessmentPage(calls=page, next=None)
        last = page[-1]
        following = f"{_place(cursor) + limit}" if order == "worst" else f"{last.ended_ms}.{last.call}"
        return AssessmentPage(calls=page, next=following)

    async def all(self, wanted: CallsWanted, *, most: int) -> list[Assessment]:
        """The newest of them, without findings."""
        statement = (
            select(assessments)
            .where(*conditions(wanted))
            .order_by(assessments.c.ended_ms.desc(), assessments.c.call.desc())
            .limit(most)
        )
        async with self._db.read() as connection:
            return [assessment_of(row) for row in (await connection.execute(statement)).mappings()]

    async def findings_of(self, calls: Sequence[str]) -> dict[str, list[Finding]]:
        """The latest findings of each of these calls."""
        found: dict[str, list[Finding]] = {call: [] for call in calls}
        async with self._db.read() as connection:
            for start in range(0, len(calls), 500):
                statement = select(findings.c.call, findings.c.record).where(
                    findings.c.call.in_(list(calls[start : start + 500])), findings.c.latest == 1
                )
                for row in await connection.execute(statement):
                    found[row.call].append(_finding(row.record))
        return found


def conditions(wanted: CallsWanted) -> list[ColumnElement[bool]]:
    """The WHERE of a list of assessments."""
    table = assessments.c
    found: list[ColumnElement[bool]] = [table.latest == 1]
    if wanted.agent:
        had = select(call_agents.c.call).where(call_agents.c.agent == wanted.agent)
        found.append(or_(table.agent == wanted.agent, table.call.in_(had)))
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
    if wanted.rule:
        same = and_(findings.c.call == table.call, findings.c.version == table.version)
        of_it = and_(same, findings.c.rule == wanted.rule, findings.c.verdict == wanted.verdict)
        found.append(exists().where(of_it))
    return found


def _row(assessment: Assessment) -> dict[str, Any]:
    row = msgspec.structs.asdict(assessment)
    del row["findings"]
    row["record"] = _encode(row.pop("rest")).decode()
    row["latest"] = 1
    for name in ("caller", "agent", "queue"):
        row[name] = row[name][:64]
    return row | {name: int(row[name]) for name in _FLAGS}


def counting(found: Iterable[Finding]) -> set[str]:
    """The findings that figures count: one of a rule for each agent's part of a call, the worst of them.

    What is not sure counts only where nothing surer was found.
    """
    worst: dict[tuple[str, str], Finding] = {}
    for each in found:
        part = (each.rule, each.agent)
        if part not in worst or _WORST.index(each.verdict) < _WORST.index(worst[part].verdict):
            worst[part] = each
    return {each.id for each in worst.values()}


def _finding_rows(assessment: Assessment) -> Iterator[dict[str, Any]]:
    counted = counting(assessment.findings)
    for each in assessment.findings:
        yield _finding_row(assessment, each, each.id in counted)


def _finding_row(assessment: Assessment, finding: Finding, counts: bool) -> dict[str, Any]:
    return {
        "call": assessment.call,
        "version": assessment.version,
        "id": finding.id,
        "rule": finding.rule,
        "rule_version": finding.version,
        "verdict": finding.verdict,
        "points": finding.points,
        "severity": finding.severity,
        "latest": 1,
        "counts": int(counts),
        "agent": finding.agent[:64],
        "queue": assessment.queue[:64],
        "ended_ms": assessment.ended_ms,
        "record": _encode(finding).decode(),
    }


def assessment_of(row: RowMapping) -> Assessment:
    """A row without its findings."""
    fields = {name: value for name, value in row.items() if name not in ("latest", "record")}
    flags = {name: bool(row[name]) for name in _FLAGS}
    return Assessment(**{**fields, **flags, "rest": _rest(row["record"])})


def _place(cursor: str) -> int:
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 8):
        raise BadCursor(cursor)
    return int(cursor)


def _after(cursor: str) -> tuple[int, str]:
    at_ms, _, call = cursor.partition(".")
    if not (at_ms.isascii() and at_ms.isdigit() and len(at_ms) < 19 and call):
        raise BadCursor(cursor)
    return int(at_ms), call
