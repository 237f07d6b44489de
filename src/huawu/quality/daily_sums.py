"""Verdicts summed by day, so that a year of them is some thousand lines: what figures of all rules read.

A day is one of UTC: its bounds are the same for every process, whatever the centre's time zone becomes. What
a question has beyond whole days of these is counted verdict by verdict, so it may begin and end anywhere.

Whoever changes verdicts marks their days in the same transaction; a marked day is summed anew before it is
read. The mark's row is held until the transaction ends, by those who change and by those who sum: so a sum
leaves out nothing that is kept under an unmarked day (docs/decisions/0058).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, Insert, delete, func, insert, literal, null, select, update

from huawu.platform.database import Database
from huawu.quality.listing import same_assessment
from huawu.quality.tables import assessments, rule_verdicts, verdict_days, verdict_sums
from huawu.quality.tallies import DAY_MS, SUMS, ended_between, tallied

_OF: Final = ("book", "counts", "rule")


class DailySums:
    """The tables of days and sums."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._mark = db.plain(self.marking(0))

    def mark(self, connection: Connection, ended_ms: Iterable[int]) -> None:
        """Verdicts of calls that ended then are changed in this transaction."""
        days = sorted({at_ms // DAY_MS for at_ms in ended_ms})  # in order, or two may wait for each other
        self._mark.run(connection, [{"day": day} for day in days])

    def marking(self, ended_ms: int) -> Insert:
        """The same as a statement, to be carried out in the transaction that changes them."""
        put = self._db.insert(verdict_days).values(day=ended_ms // DAY_MS, changed=1)
        return put.on_conflict_do_update(index_elements=["day"], set_={"changed": 1})

    async def bring_up(self, days: range) -> None:
        """Sum those of these days anew that are marked, each in a transaction of its own."""
        if not days:
            return
        marked = select(verdict_days.c.day).where(
            verdict_days.c.day >= days.start, verdict_days.c.day < days.stop, verdict_days.c.changed == 1
        )
        async with self._db.read() as connection:
            changed = (await connection.execute(marked.order_by(verdict_days.c.day))).scalars().all()
        for day in changed:
            await self._db.bulk(lambda connection, day=day: _sum(connection, day))  # type: ignore[misc]


def _sum(connection: Connection, day: int) -> None:
    its = verdict_days.c.day == day
    taken = update(verdict_days).where(its, verdict_days.c.changed == 1).values(changed=0)
    if not connection.execute(taken).rowcount:
        return  # somebody else just did it
    connection.execute(delete(verdict_sums).where(verdict_sums.c.day == day))
    table = rule_verdicts.c
    of = (table.queue, assessments.c.book, table.counts, table.rule)
    by_queue = (
        select(literal(day), *of, *tallied())
        .join(assessments, same_assessment(rule_verdicts))
        .where(ended_between(day * DAY_MS, (day + 1) * DAY_MS))
        .group_by(*of)
    )
    sums = verdict_sums.c
    together = (
        select(literal(day), null(), *(sums[name] for name in _OF), *(func.sum(sums[name]) for name in SUMS))
        .where(sums.day == day)
        .group_by(*(sums[name] for name in _OF))
    )
    for statement in (by_queue, together):
        connection.execute(insert(verdict_sums).from_select(["day", "queue", *_OF, *SUMS], statement))
