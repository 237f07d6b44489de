"""The last hours of each queue, step by step, counted in the database from the calls on record."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import text

from huawu.calls.views import View
from huawu.platform.clock import Clock
from huawu.platform.database import Database

FRESH_MS: Final = 5_000
"""Who asks the same within this time gets the same answer: pages of several leaders draw one picture."""
EARLIER_MS: Final = 30 * 60_000
"""A caller who came so long before the first step may have been put in line within it."""
MOST_POINTS: Final = 300


class TrendPoint(View, frozen=True, kw_only=True):
    """One step of one queue: the callers who were put in line in it, and what became of them."""

    at_ms: int
    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    answered_in_goal: int = 0
    service_level: float | None = None
    average_wait_ms: int | None = None
    longest_wait_ms: int = 0
    agents: int = 0
    """Who took calls of the queue."""


class TrendOf(View, frozen=True, kw_only=True):
    id: str
    points: tuple[TrendPoint, ...]


class Trends(View, frozen=True, kw_only=True):
    """Every step is there, also those in which nothing happened."""

    step_ms: int
    from_ms: int
    to_ms: int
    queues: tuple[TrendOf, ...] = ()


class TooManyPoints(Exception):
    def __init__(self) -> None:
        super().__init__(f"That would be more than {MOST_POINTS} points. Choose longer steps or fewer hours.")


class TrendReader:
    """`goals`: by queue, within how many ms an answer is in goal."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._known: dict[tuple[int, int], tuple[int, Trends]] = {}
        self._lock = asyncio.Lock()

    async def read(self, hours: int, step_ms: int, goals: Mapping[str, int]) -> Trends:
        """Up to now, of these queues. Raises `TooManyPoints`."""
        if hours * 3_600_000 > MOST_POINTS * step_ms:
            raise TooManyPoints
        async with self._lock:  # who comes meanwhile finds the answer ready
            now_ms = self._clock.now_ms()
            known = self._known.get((hours, step_ms))
            if known is not None and now_ms - known[0] < FRESH_MS:
                return known[1]
            trends = await self._read(now_ms, hours, step_ms, goals)
            self._known = {
                asked: found for asked, found in self._known.items() if now_ms - found[0] < FRESH_MS
            }
            self._known[hours, step_ms] = now_ms, trends
            return trends

    async def _read(self, now_ms: int, hours: int, step_ms: int, goals: Mapping[str, int]) -> Trends:
        to_ms = now_ms - now_ms % step_ms + step_ms
        steps = -(-hours * 3_600_000 // step_ms)
        from_ms = to_ms - steps * step_ms
        values: dict[str, Any] = {"from_ms": from_ms, "to_ms": to_ms, "step_ms": step_ms}
        values["began_ms"] = from_ms - EARLIER_MS
        cases = []
        for number, (queue, goal_ms) in enumerate(goals.items()):
            values |= {f"q{number}": queue, f"g{number}": goal_ms}
            cases.append(f"WHEN :q{number} THEN :g{number}")
        found: dict[str, dict[int, TrendPoint]] = {queue: {} for queue in goals}
        if cases:
            statement = text(statement_of(cases, is_sqlite=self._db.is_sqlite))
            async with self._db.read() as connection:
                for row in await connection.execute(statement, values):
                    if row.queue in found:
                        found[row.queue][int(row.step)] = _point(row, from_ms, step_ms)
        return Trends(
            step_ms=step_ms,
            from_ms=from_ms,
            to_ms=to_ms,
            queues=tuple(
                TrendOf(
                    id=queue,
                    points=tuple(
                        points.get(step) or TrendPoint(at_ms=from_ms + step * step_ms)
                        for step in range(steps)
                    ),
                )
                for queue, points in found.items()
            ),
        )


def statement_of(goals: list[str], *, is_sqlite: bool) -> str:
    """One statement for all queues and steps; `goals`: a CASE of each queue's own bound.

    What is asked of a call stands in its record; only rows found by the index on `began_ms` are opened.
    """
    if is_sqlite:
        queued, waited, step = (
            "json_extract(record, '$.queued_ms')",
            "json_extract(record, '$.waited_ms')",
            "(queued_ms - :from_ms) / :step_ms",
        )
    else:
        queued, waited, step = (
            "CAST(CAST(record AS json) ->> 'queued_ms' AS bigint)",
            "CAST(CAST(record AS json) ->> 'waited_ms' AS bigint)",
            "(queued_ms - CAST(:from_ms AS bigint)) / CAST(:step_ms AS bigint)",
        )
    goal = f"CASE queue {' '.join(goals)} ELSE 0 END"
    return f"""
        SELECT queue, step, COUNT(*) AS offered,
            SUM(CASE WHEN outcome = 'answered' THEN 1 ELSE 0 END) AS answered,
            SUM(CASE WHEN outcome = 'abandoned' THEN 1 ELSE 0 END) AS abandoned,
            SUM(CASE WHEN outcome = 'answered' AND waited_ms <= goal_ms THEN 1 ELSE 0 END) AS in_goal,
            SUM(CASE WHEN outcome = 'abandoned' AND waited_ms <= goal_ms THEN 1 ELSE 0 END) AS early,
            SUM(CASE WHEN outcome = 'answered' THEN waited_ms ELSE 0 END) AS answered_waited_ms,
            MAX(waited_ms) AS longest_wait_ms,
            COUNT(DISTINCT CASE WHEN outcome = 'answered' AND agent <> '' THEN agent END) AS agents
        FROM (
            SELECT queue, outcome, agent, waited_ms, goal_ms, {step} AS step
            FROM (
                SELECT queue, agent,
                    CASE WHEN outcome = '' AND state = 'talking' THEN 'answered' ELSE outcome END AS outcome,
                    {queued} AS queued_ms, COALESCE({waited}, 0) AS waited_ms, {goal} AS goal_ms
                FROM calls
                WHERE began_ms >= :began_ms AND began_ms < :to_ms AND queue <> ''
            ) AS opened
            WHERE queued_ms >= :from_ms AND queued_ms < :to_ms
        ) AS stepped
        GROUP BY queue, step
    """


def _point(row: Any, from_ms: int, step_ms: int) -> TrendPoint:
    answered, abandoned = int(row.answered), int(row.abandoned)
    judged = answered + abandoned - int(row.early)
    return TrendPoint(
        at_ms=from_ms + int(row.step) * step_ms,
        offered=int(row.offered),
        answered=answered,
        abandoned=abandoned,
        answered_in_goal=int(row.in_goal),
        service_level=int(row.in_goal) / judged if judged else None,
        average_wait_ms=round(int(row.answered_waited_ms) / answered) if answered else None,
        longest_wait_ms=int(row.longest_wait_ms or 0),
        agents=int(row.agents),
    )
