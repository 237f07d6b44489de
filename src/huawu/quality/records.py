"""Assessments on record: written whole with their findings, read back for pages, plans and figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    UpdateBase,
    and_,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from huawu.calls.finding import BadCursor
from huawu.platform.database import Database
from huawu.quality.assessment import Assessment, Finding, Rest
from huawu.quality.daily_sums import DailySums
from huawu.quality.decided import UNCHANGED, Decided, by_call, decided_forms, settled
from huawu.quality.listing import CallsWanted, newest, same_assessment, worst
from huawu.quality.packing import Wording, opened, pack, whole, wording_of_json
from huawu.quality.tables import assessments, findings, rule_verdicts, wordings

_encode = msgspec.json.Encoder().encode
_rest = msgspec.json.Decoder(Rest).decode
_WORST: Final = ("breach", "pass", "unsure", "not_applicable")
_FLAGS: Final = ("fatal", "words", "complaint", "dropped")

Order = Literal["newest", "worst"]


class AssessmentPage(msgspec.Struct, frozen=True, kw_only=True):
    """Assessments without findings; `next` is the cursor of the following page."""

    calls: list[Assessment]
    next: str | None


class Assessments:
    """The tables of both."""

    def __init__(self, db: Database) -> None:
        self._db = db
        tables = (assessments, findings, rule_verdicts)
        self._same = [
            db.plain(delete(table).where(table.c.call == bindparam("of"), table.c.version == bindparam("by")))
            for table in tables
        ]
        # Asked for by call alone: for what counts, too, SQLite would go through all that ever counted.
        of = {table: table.c.call == bindparam("of") for table in tables}
        self._no_longer = [
            db.plain(update(assessments).where(of[assessments]).values(latest=0)),
            db.plain(update(rule_verdicts).where(of[rule_verdicts]).values(counts=0)),
        ]
        self._new = [db.plain(insert(table)) for table in tables]
        self._new_wordings = db.plain(db.insert(wordings).on_conflict_do_nothing())
        self._sums = DailySums(db)
        self._wordings: dict[str, Wording] = {}

    def put(self, connection: Connection, judged: Sequence[Assessment]) -> None:
        """Keep them, of different calls, each in place of what the same version said of its call before;
        each is its call's latest now.
        """
        table = assessments.c
        known = select(table.call, table.ended_ms).where(table.call.in_([each.call for each in judged]))
        before = connection.execute(known).all()
        known_ones = {row.call for row in before}
        again = [{"of": each.call, "by": each.version} for each in judged if each.call in known_ones]
        for statement in (*self._same, *self._no_longer):
            statement.run(connection, again)
        said: dict[str, str] = {}
        packed = [
            {"call": each.call, "version": each.version, "packed": pack(each.findings, said)}
            for each in judged
        ]
        names = select(wordings.c.name).where(wordings.c.name.in_(said))
        kept = set(connection.execute(names).scalars())
        new = [{"name": name, "record": text} for name, text in said.items() if name not in kept]
        decided = by_call(connection.execute(decided_forms([*known_ones])))
        counted = [row for each in judged for row in _counted_rows(each, decided.get(each.call, UNCHANGED))]
        for statement, rows in zip(self._new, (list(map(_row, judged)), packed, counted), strict=True):
            statement.run(connection, rows)
        self._new_wordings.run(connection, new)
        self._sums.mark(connection, [*(row.ended_ms for row in before), *(each.ended_ms for each in judged)])

    async def settling(self, call: str, decided: Decided) -> list[UpdateBase]:
        """What is to be changed of what figures count once this is decided of the call, too."""
        latest = await self.latest(call)
        if latest is None:
            return []
        async with self._db.read() as connection:
            before = by_call(await connection.execute(decided_forms([call])))
        rows = _counted_rows(latest, {**before.get(call, UNCHANGED), **decided})
        table = rule_verdicts.c
        changes = [
            update(rule_verdicts)
            .where(*(table[name] == row[name] for name in ("call", "version", "rule", "agent")))
            .values(verdict=row["verdict"])
            for row in rows
        ]
        return [*changes, self._sums.marking(latest.ended_ms)]

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
            its = and_(findings.c.call == call, findings.c.version == row["version"])
            piece = (await connection.execute(select(findings.c.packed).where(its))).scalar()
            found = await self._unpacked(connection, {call: piece} if piece else {})
        return msgspec.structs.replace(assessment_of(row), findings=tuple(found.get(call, ())))

    async def page(
        self, wanted: CallsWanted, *, order: Order = "newest", limit: int = 50, cursor: str = ""
    ) -> AssessmentPage:
        """A page of them. Raises `BadCursor`."""
        if order == "worst":
            statement = worst(wanted, limit + 1, skip=_place(cursor))
        else:
            statement = newest(wanted, limit + 1, after=_after(cursor) if cursor else None)
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
        async with self._db.read() as connection:
            rows = (await connection.execute(newest(wanted, most))).mappings()
            return [assessment_of(row) for row in rows]

    async def findings_of(self, calls: Sequence[str]) -> dict[str, list[Finding]]:
        """The latest findings of each of these calls."""
        found: dict[str, list[Finding]] = {call: [] for call in calls}
        async with self._db.read() as connection:
            for start in range(0, len(calls), 500):
                statement = (
                    select(findings.c.call, findings.c.packed)
                    .join(assessments, same_assessment(findings))
                    .where(
                        assessments.c.call.in_(list(calls[start : start + 500])), assessments.c.latest == 1
                    )
                )
                pieces = {row.call: row.packed for row in await connection.execute(statement)}
                found |= await self._unpacked(connection, pieces)
        return found

    async def _unpacked(
        self, connection: AsyncConnection, pieces: Mapping[str, bytes]
    ) -> dict[str, list[Finding]]:
        """Whole findings, by what their pieces are named by here."""
        packed = {key: opened(piece) for key, piece in pieces.items()}
        unknown = {each.wording for those in packed.values() for each in those} - self._wordings.keys()
        if unknown:
            rows = await connection.execute(select(wordings).where(wordings.c.name.in_(unknown)))
            self._wordings |= {row.name: wording_of_json(row.record) for row in rows}
        return {
            key: [whole(each, self._wordings[each.wording]) for each in those]
            for key, those in packed.items()
        }


def _row(assessment: Assessment) -> dict[str, Any]:
    row = msgspec.structs.asdict(assessment)
    del row["findings"]
    row["record"] = _encode(row.pop("rest")).decode()
    row["latest"] = 1
    for name in ("caller", "agent", "queue"):
        row[name] = row[name][:64]
    return row | {name: int(row[name]) for name in _FLAGS}


def counting(found: Iterable[Finding]) -> Iterable[Finding]:
    """The findings that figures count: one of a rule for each agent's part of a call, the worst of them.

    What is not sure counts only where nothing surer was found.
    """
    worst: dict[tuple[str, str], Finding] = {}
    for each in found:
        part = (each.rule, each.agent[:64])
        if part not in worst or _WORST.index(each.verdict) < _WORST.index(worst[part].verdict):
            worst[part] = each
    return worst.values()


def _counted_rows(assessment: Assessment, decided: Decided) -> Iterator[dict[str, Any]]:
    """Rows of `rule_verdicts`, by what appeals made of the findings."""
    same = {
        "call": assessment.call,
        "version": assessment.version,
        "counts": 1,
        "queue": assessment.queue[:64],
        "ended_ms": assessment.ended_ms,
    }
    for each in counting(settled(assessment.findings, decided)):
        said = {"rule": each.rule, "agent": each.agent[:64], "verdict": each.verdict}
        yield {**same, **said, "scored": int(each.scored)}


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
