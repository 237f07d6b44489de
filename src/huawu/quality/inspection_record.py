"""Inspections as they are kept: rows, and how they are found again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, RowMapping, Select, and_, func, select

from huawu.platform.database import Database
from huawu.quality.errors import UnknownInspection
from huawu.quality.forms import Form, State
from huawu.quality.tables import inspections

_encode = msgspec.json.Encoder().encode
_form = msgspec.json.Decoder(Form).decode


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    """One form and where it stands. `inspector` "" = the machine alone judged the call.

    `missed`: it is about a ring that `agent` did not answer, and not about the call of whoever came.
    """

    id: str
    call: str
    plan: str
    round: str
    inspector: str
    agent: str
    state: State
    version: int
    created_ms: int
    due_ms: int | None
    wakes_ms: int | None
    decided_by: str
    missed: bool = False
    form: Form


class InspectionRecord:
    """The table of them, to look into."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(self, inspection: str) -> Inspection:
        """Raises `UnknownInspection`."""
        async with self._db.read() as connection:
            statement = select(inspections).where(inspections.c.id == inspection)
            row = (await connection.execute(statement)).mappings().first()
        if row is None:
            raise UnknownInspection(inspection)
        return inspection_of(row)

    async def find(self, *conditions: ColumnElement[bool], limit: int, cursor: str = "") -> list[Inspection]:
        """Newest first; `cursor` is the id of the last one seen."""
        statement = select(inspections).where(*conditions).order_by(inspections.c.id.desc()).limit(limit)
        if cursor:
            statement = statement.where(inspections.c.id < cursor)
        async with self._db.read() as connection:
            return [inspection_of(row) for row in (await connection.execute(statement)).mappings()]

    async def of_calls(self, calls: Sequence[str]) -> dict[str, list[Inspection]]:
        """The inspections of calls outside of rounds, newest first; none of rings that were missed."""
        found: dict[str, list[Inspection]] = {}
        which = and_(
            inspections.c.call.in_(list(calls)), inspections.c.round == "", inspections.c.missed == 0
        )
        for each in await self.find(which, limit=10 * max(1, len(calls))):
            found.setdefault(each.call, []).append(each)
        return found

    async def open_calls(self) -> frozenset[str]:
        """The calls that have a form on which something may still be done, or appealed against."""
        statement = select(inspections.c.call).where(inspections.c.state != "closed")
        async with self._db.read() as connection:
            return frozenset((await connection.execute(statement)).scalars())

    async def drafts_of(self, inspectors: Iterable[str]) -> dict[str, int]:
        """How many forms each of them has not submitted yet."""
        statement = open_forms(inspectors)
        async with self._db.read() as connection:
            return {row.inspector: row.forms for row in await connection.execute(statement)}

    async def of_missed(self, agent: str, calls: Sequence[str]) -> dict[str, Inspection]:
        """By call, the forms about this agent's phone that rang in vain."""
        which = and_(
            inspections.c.call.in_(list(calls)), inspections.c.agent == agent, inspections.c.missed == 1
        )
        return {each.call: each for each in await self.find(which, limit=max(1, len(calls)))}

    async def being_inspected(self, calls: Iterable[str]) -> set[str]:
        """Those of these calls that have a form outside of calibration rounds."""
        names, found = list(calls), set[str]()
        async with self._db.read() as connection:
            for start in range(0, len(names), 500):
                statement = select(inspections.c.call).where(
                    inspections.c.call.in_(names[start : start + 500]),
                    inspections.c.round == "",
                    inspections.c.missed == 0,
                )
                found |= set((await connection.execute(statement)).scalars())
        return found


def open_forms(inspectors: Iterable[str]) -> Select[Any]:
    table = inspections.c
    statement = select(table.inspector, func.count().label("forms")).group_by(table.inspector)
    return statement.where(table.inspector.in_(list(inspectors)), table.state == "draft")


def row_of(inspection: Inspection) -> dict[str, Any]:
    row = msgspec.structs.asdict(inspection)
    row["missed"] = int(inspection.missed)
    row["record"] = _encode(row.pop("form")).decode()
    return row


def inspection_of(row: RowMapping) -> Inspection:
    fields = {name: value for name, value in row.items() if name != "record"}
    fields["missed"] = bool(fields["missed"])
    return Inspection(**fields, form=_form(row["record"]))
