"""What callers said of their calls: one row a call, derived from its facts as its record is."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text, func, select

from huawu.calls.record import CallRecord
from huawu.platform.database import Database, metadata

surveys = Table(
    "surveys",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("agent", String(64), nullable=False),
    Column("queue", String(64), nullable=False),
    Column("score", Integer, nullable=False),
    Column("comment_path", Text, nullable=False),  # below the data folder; "" = none
    Column("comment_ms", BigInteger, nullable=False),
    Index(None, "at_ms"),
)
COLUMNS = tuple(column.name for column in surveys.columns)
CHANGING = ("at_ms", "score", "comment_path", "comment_ms")


def survey_row(record: CallRecord) -> tuple[object, ...]:
    """In the order of `COLUMNS`."""
    survey = record.survey
    assert survey is not None
    head = (record.id, survey.at_ms, survey.agent[:64], survey.queue[:64], survey.score)
    return (*head, record.comment_path if survey.comment_ms else "", survey.comment_ms)


class ScoreView(msgspec.Struct, frozen=True, kw_only=True):
    """How a queue or an agent was rated: by how many, and on average."""

    id: str
    ratings: int
    average: float


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """The scores of a span of time."""

    queues: list[ScoreView]
    agents: list[ScoreView]


async def scores(db: Database, from_ms: int, to_ms: int) -> Scores:
    """Averages of the surveys from … until before …"""
    async with db.read() as connection:

        async def by(column: Any) -> list[ScoreView]:
            statement = (
                select(column, func.count(), func.avg(surveys.c.score))
                .where(surveys.c.at_ms >= from_ms, surveys.c.at_ms < to_ms, column != "")
                .group_by(column)
                .order_by(column)
            )
            rows = await connection.execute(statement)
            return [
                ScoreView(id=row[0], ratings=int(row[1]), average=round(float(row[2]), 2)) for row in rows
            ]

        return Scores(queues=await by(surveys.c.queue), agents=await by(surveys.c.agent))
