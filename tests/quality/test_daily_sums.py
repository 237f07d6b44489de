"""Sums of days are what counting verdicts one by one gives, whatever became of the calls."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from huawu.calls.record import derive
from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database
from huawu.quality.assessment import Assessment, assess
from huawu.quality.book import Books
from huawu.quality.daily_sums import DailySums
from huawu.quality.decided import settled
from huawu.quality.figures import FigureDesk
from huawu.quality.records import Assessments
from huawu.quality.tables import verdict_days, verdict_sums
from huawu.quality.tallies import DAY_MS, FiguresWanted, Span, of_book
from tests.quality.conftest import call_facts
from tests.quality.small_book import listens, load_small_book

RULES = ("ban.hangup", "open.greeting", "open.third-ring")
FIRST_MS = 20_000 * DAY_MS
DAYS = 5
Counts = dict[str, tuple[int, int, int]]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/huawu.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def figures(db: Database, clock: VirtualClock, books: Books) -> FigureDesk:
    zone = ZoneInfo("Asia/Shanghai")
    return FigureDesk(db, clock, books, zone=lambda: zone, team_of=lambda _: "", name_of=lambda _by, key: key)


def judged(dice: random.Random, call: str) -> Assessment:
    """A call as it may be judged: each agent's part of it kept, broke, or left open some of the rules."""
    record = derive(facts := call_facts(call, at_ms=FIRST_MS))
    assert record is not None
    book = load_small_book()
    one = assess(record, facts, book, book=0, marks=listens(book), now_ms=FIRST_MS + DAY_MS)
    findings = tuple(
        msgspec.structs.replace(
            one.findings[0], id=f"{rule}.{agent}", rule=rule, agent=agent, verdict=dice.choice(VERDICTS)
        )
        for rule in RULES
        for agent in ("li", "wang")
        if dice.random() < 0.6
    )
    return msgspec.structs.replace(
        one,
        version=f"v{dice.randrange(3)}",
        book=dice.randrange(2),
        queue=dice.choice(("help", "sales", "")),
        ended_ms=FIRST_MS + dice.randrange(DAYS * DAY_MS),
        findings=findings,
    )


VERDICTS = ("pass", "breach", "unsure")


class Kept:
    """What was put, as Python counts it."""

    def __init__(self) -> None:
        self.of_version: dict[tuple[str, str], Assessment] = {}
        self.latest: dict[str, Assessment] = {}

    def put(self, one: Assessment) -> None:
        self.of_version[one.call, one.version] = self.latest[one.call] = one

    def by_rule(self, wanted: FiguresWanted) -> Counts:
        return self._count(
            [
                (finding.rule, finding.verdict)
                for one in self.latest.values()
                for finding in one.findings
                if wanted.from_ms <= one.ended_ms < wanted.to_ms
                and wanted.queue in ("", one.queue)
                and wanted.agent in ("", finding.agent)
                and wanted.rule in ("", finding.rule)
            ]
        )

    def of_book(self, number: int, span: tuple[int, int]) -> Counts:
        return self._count(
            [
                (finding.rule, finding.verdict)
                for one in self.of_version.values()
                for finding in one.findings
                if one.book == number and span[0] <= one.ended_ms < span[1]
            ]
        )

    @staticmethod
    def _count(verdicts: list[tuple[str, str]]) -> Counts:
        each = Counter(verdicts)
        return {
            rule: (each[rule, "pass"] + each[rule, "breach"], each[rule, "breach"], each[rule, "unsure"])
            for rule in {rule for rule, _ in verdicts}
        }


def some_time(dice: random.Random) -> tuple[int, int]:
    """From days that begin with UTC's or with the centre's, or anywhere."""
    ends = [FIRST_MS + day * DAY_MS + dice.choice((0, 16 * 3_600_000)) for day in range(-1, DAYS + 1)]
    start, end = sorted(dice.sample([*ends, FIRST_MS + dice.randrange(DAYS * DAY_MS)], 2))
    return start, end


@pytest.mark.parametrize("seed", range(4))
async def test_sums_never_drift_from_what_is_counted_one_by_one(
    db: Database, figures: FigureDesk, kept: Assessments, seed: int
) -> None:
    dice, plain, sums = random.Random(seed), Kept(), DailySums(db)
    for _ in range(30):
        calls = dice.sample([f"c{number}" for number in range(15)], dice.randrange(1, 4))
        put = [judged(dice, call) for call in calls]
        await db.bulk(lambda connection, put=put: kept.put(connection, put))  # type: ignore[misc]
        for one in put:
            plain.put(one)
        if dice.random() < 0.3 and put[0].findings:  # an appeal makes something else of a finding
            decided = {put[0].findings[0].id: dice.choice(VERDICTS)}
            async with db.begin() as connection:
                for statement in await kept.settling(put[0].call, decided):
                    await connection.execute(statement)
            plain.put(msgspec.structs.replace(put[0], findings=tuple(settled(put[0].findings, decided))))
        from_ms, to_ms = some_time(dice)
        wanted = FiguresWanted(
            by="rule",
            from_ms=from_ms,
            to_ms=to_ms,
            queue=dice.choice(("", "", "help", "sales")),
            agent=dice.choice(("", "", "li")),
            rule=dice.choice(("", "", RULES[0])),
        )
        told = (await figures.ask(wanted)).rows
        assert {row.key: (row.calls, row.breaches, row.unsure) for row in told} == plain.by_rule(wanted)
        span, number = Span.of(*(time := some_time(dice))), dice.randrange(2)
        await sums.bring_up(span.days)
        async with db.read() as connection:
            rows = (await connection.execute(of_book(number, "", span))).all()
        assert {row.key: tuple(row)[1:] for row in rows} == plain.of_book(number, time)
    async with db.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(verdict_sums))).scalar_one()


async def test_a_day_is_summed_once_and_again_when_it_changed(
    db: Database, figures: FigureDesk, kept: Assessments
) -> None:
    changed = select(verdict_days.c.day).where(verdict_days.c.changed == 1)
    week = FiguresWanted(by="rule", from_ms=FIRST_MS, to_ms=FIRST_MS + 7 * DAY_MS)

    async def days() -> list[int]:
        async with db.read() as connection:
            return [*(await connection.execute(changed)).scalars()]

    one = msgspec.structs.replace(judged(random.Random(1), "c1"), ended_ms=FIRST_MS + 5)
    await db.bulk(lambda connection: kept.put(connection, [one]))
    assert await days() == [20_000]
    await figures.ask(week)
    assert await days() == []
    moved = msgspec.structs.replace(one, ended_ms=FIRST_MS + DAY_MS)
    await db.bulk(lambda connection: kept.put(connection, [moved]))
    assert await days() == [20_000, 20_001]


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_day_is_not_summed_while_somebody_changes_it(db: Database, kept: Assessments) -> None:
    plain, sums, dice = Kept(), DailySums(db), random.Random(2)
    first, second = (
        msgspec.structs.replace(judged(dice, call), ended_ms=FIRST_MS + 5, book=0) for call in ("c1", "c2")
    )
    await db.bulk(lambda connection: kept.put(connection, [first]))
    waiting = select(func.count()).select_from(text("pg_locks")).where(text("NOT granted"))
    async with asyncio.timeout(30), db.begin() as connection:
        await connection.run_sync(kept.put, [second])
        summing = asyncio.create_task(sums.bring_up(range(20_000, 20_001)))
        while not (await connection.execute(waiting)).scalar_one():
            assert not summing.done(), "it was summed without what is about to be kept"
    await summing
    for one in (first, second):
        plain.put(one)
    span = Span.of(FIRST_MS, FIRST_MS + DAY_MS)
    async with db.read() as reading:
        rows = (await reading.execute(of_book(0, "", span))).all()
    assert {row.key: tuple(row)[1:] for row in rows} == plain.of_book(0, (FIRST_MS, FIRST_MS + DAY_MS))


times = st.integers(min_value=0, max_value=40 * DAY_MS)


@given(times, times)
def test_a_time_is_its_whole_days_and_what_is_left_of_it(one: int, other: int) -> None:
    from_ms, to_ms = sorted((one, other))
    span = Span.of(from_ms, to_ms)
    whole = [(span.days.start * DAY_MS, span.days.stop * DAY_MS)] if span.days else []
    pieces = sorted([*whole, *span.edges])
    assert sum(end - start for start, end in pieces) == to_ms - from_ms
    assert all(before[1] == after[0] for before, after in pairwise(pieces))
    assert all(end - start < 2 * DAY_MS for start, end in span.edges)
