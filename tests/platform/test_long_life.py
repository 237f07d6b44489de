"""What is asked for all day costs no more after years of calls: counted in steps of SQLite's machine, and in
the pages that PostgreSQL reads."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, Select, event, insert, text
from sqlalchemy.dialects import sqlite

from huawu.accounts.audit import Audit
from huawu.accounts.tables import audit
from huawu.calls.finding import CallFilter, page_of
from huawu.calls.found import LostAndFound
from huawu.calls.reading import CallReader
from huawu.calls.store import CallStore
from huawu.calls.tables import call_agents, calls, recordings
from huawu.calls.to_be_heard import newly_recorded
from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database, _analyse
from huawu.quality.daily_sums import DailySums
from huawu.quality.inspection_record import InspectionRecord
from huawu.quality.listing import CallsWanted
from huawu.quality.plans import forms_of as forms_of_plans
from huawu.quality.records import Assessments
from huawu.quality.rounds import forms_of as forms_of_rounds
from huawu.quality.tables import assessments, inspections, rule_verdicts, verdict_days, verdict_sums
from huawu.quality.tallies import FiguresWanted, Span, of_rules, of_verdicts
from huawu.speech.backlog import Backlog
from huawu.speech.tables import hearings

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
NOW_MS = 1_000 * DAY_MS
A_DAY = 40
"""Calls of a day."""
LITTLE, MUCH = 20, 160
"""Days that two centres have been at work."""
RULES = tuple(f"r{nth}" for nth in range(12))
FILLED = (
    *(calls, recordings, hearings, assessments, rule_verdicts, verdict_days, verdict_sums, call_agents),
    *(inspections, audit),
)
Asked = Callable[[Database, Path], Awaitable[object]]


def _fill(connection: Connection, days: int) -> None:
    """One call in 100 breaks `r0`, each `r1`; the agent `rare` has a call a week, and was sent one on."""
    tables: dict[Any, list[dict[str, Any]]] = {table: [] for table in FILLED}
    for nth in range(days * A_DAY):
        call, began_ms = f"c{nth:06}", NOW_MS - (days * A_DAY - nth) * DAY_MS // A_DAY
        agent = "rare" if nth % (7 * A_DAY) == 3 else f"a{nth % 8}"
        shown = {"agent": agent, "queue": "q", "caller": "138"}
        record = f'{{"id": "{call}", "began_ms": {began_ms}, "caller": "138", "number": "4001", "flow": ""}}'
        tables[calls].append(
            {**shown, "id": call, "began_ms": began_ms, "number": "4001", "state": "ended"}
            | {"outcome": "answered", "record": record}
        )
        if nth % 50 == 7:
            tables[call_agents].append({"call": call, "agent": "rare"})
        sound = {"call": call, "path": f"recordings/2026/11/26/{call}.wav"}
        tables[recordings].append(
            {**sound, "id": f"{call}.r", "began_ms": began_ms, "length_ms": 60_000, "size": 1}
            | {"state": "complete"}
        )
        tables[hearings].append(
            {**sound, "recording": f"{call}.r", "zero_ms": began_ms, "language": "zh", "state": "done"}
            | {"claimed_by": "", "claim_until_ms": 0, "attempts": 1, "progress": 1.0, "created_ms": began_ms}
            | {"done_ms": began_ms + 1, "audio_ms": 60_000, "took_ms": 1, "by": "x", "notes": "", "error": ""}
        )
        judged = {"call": call, "version": "1", "ended_ms": began_ms}
        tables[assessments].append(
            {**shown, **judged, "book": 0, "latest": 1, "judged_ms": began_ms, "began_ms": began_ms}
            | {"talk_ms": 1, "total": 90.0, "lost": 0.0, "fatal": 0, "words": 1, "breaches": 1, "unsure": 0}
            | {"complaint": 0, "dropped": 0, "record": "{}"}
        )
        for rule in RULES:
            broken = rule == "r1" or (rule == "r0" and nth % 100 == 0)
            tables[rule_verdicts].append(
                {**judged, "rule": rule, "agent": agent, "queue": "q", "counts": 1, "scored": 1}
                | {"verdict": "breach" if broken else "pass"}
            )
        if nth % 10 == 0:  # four forms a day: of a plan, and of a round; one in 40 is not done
            tables[inspections].append(
                {"id": f"i{nth:06}", "call": call, "plan": f"p{nth // 400}", "round": f"r{nth // 400}"}
                | {"inspector": "w", "agent": agent, "state": "draft" if nth % 400 == 0 else "closed"}
                | {"version": 1, "created_ms": began_ms, "decided_by": "", "record": "{}"}
            )
        tables[audit].append(
            {"at_ms": began_ms, "by": agent, "role": "agent", "address": "", "what": "sign_in"}
            | {"subject": agent, "detail": "{}"}
        )
    for table, rows in tables.items():
        if rows:
            connection.execute(insert(table), rows)


async def _after(folder: Path, days: int) -> Database:
    db = Database(f"sqlite:///{folder / f'{days}.db'}")
    await db.migrate()
    await db.bulk(lambda connection: _fill(connection, days))
    await db.bulk(_analyse)
    return db


async def _steps(db: Database, folder: Path, asked: Asked) -> int:
    """Steps of SQLite's machine that the statements take which `asked` gives to it."""
    said: list[tuple[str, Any]] = []
    before = sqlite3.connect(":memory:")  # as it was: what was written cannot be written again
    with contextlib.closing(sqlite3.connect(db.where)) as now:
        now.backup(before)

    def note(_1: object, _2: object, statement: str, values: Any, _3: object, many: bool) -> None:
        said.extend((statement, each) for each in (values if many else [values]))

    assert db._bulk is not None
    engines = (db._reader.sync_engine, db._writer.sync_engine, db._bulk)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    await asked(db, folder)
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)
    assert said
    count = 0

    def step() -> None:
        nonlocal count
        count += 1

    before.set_progress_handler(step, 1)
    for statement, values in said:
        if not statement.startswith("BEGIN"):
            before.execute(statement, values).fetchall()
    before.close()
    return count


def _calls_of(**wanted: Any) -> Asked:
    return lambda db, _: CallReader(db).find(CallFilter(**wanted))


def _judged(**wanted: Any) -> Asked:
    return lambda db, _: Assessments(db).page(CallsWanted(**wanted))


def _rates(days: int, **more: Any) -> Asked:
    """Rates of all rules, counted verdict by verdict."""
    wanted = FiguresWanted(by="rule", from_ms=NOW_MS - days * DAY_MS, to_ms=NOW_MS, **more)
    return _statement(of_verdicts(wanted, None, 0))


def _rates_by_sums(days: int, **more: Any) -> Asked:
    """The same from sums, but for the hours at either end."""
    wanted = FiguresWanted(
        by="rule", from_ms=NOW_MS - days * DAY_MS - 8 * HOUR_MS, to_ms=NOW_MS - 16 * HOUR_MS, **more
    )
    return _statement(of_rules(wanted, None, Span.of(wanted.from_ms, wanted.to_ms)))


async def _sum_up(db: Database) -> None:
    days = range((NOW_MS - MUCH * DAY_MS) // DAY_MS, NOW_MS // DAY_MS)
    sums = DailySums(db)
    await db.bulk(lambda connection: sums.mark(connection, [day * DAY_MS for day in days]))
    await sums.bring_up(days)


async def _judged_worst(db: Database, _: Path) -> None:
    wanted = CallsWanted(from_ms=NOW_MS - 15 * DAY_MS)
    assert len((await Assessments(db).page(wanted, order="worst")).calls) == 50


async def _judge_again(db: Database, _: Path) -> None:
    kept = Assessments(db)
    before = await kept.latest("c000123")
    assert before is not None
    await db.bulk(lambda connection: kept.put(connection, [msgspec.structs.replace(before, version="2")]))
    after = await kept.latest("c000123")
    assert after is not None
    assert after.version == "2"


async def _look_for_files(db: Database, folder: Path) -> None:
    path = folder / "recordings/2026/11/26/c000001.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"RIFF")
    store = CallStore(db)
    await store.start()
    assert await LostAndFound(db, store, folder).put_on_record(lambda call: False) == 0
    await store.close()


def _statement(statement: Select[Any]) -> Asked:
    async def asked(db: Database, _: Path) -> None:
        async with db.read() as connection:
            await connection.execute(statement)

    return asked


READ: dict[str, Asked] = {
    "calls": _calls_of(),
    "calls that last": _calls_of(state="waiting"),
    "calls of a queue": _calls_of(queue="q"),
    "judged calls": _judged(),
    "a call's assessment": lambda db, _: Assessments(db).latest("c000123"),
    "forms of a plan": _statement(forms_of_plans(["p1"])),
    "forms of a round": _statement(forms_of_rounds(["r1"])),
    "what an inspector has to do": lambda db, _: InspectionRecord(db).drafts_of(["nobody"]),
    "who did some one thing": lambda db, _: Audit(db, VirtualClock(NOW_MS)).find(what="publish"),
}
"""What both databases answer along an index."""


LONG: dict[str, Asked] = {
    "rates": _rates_by_sums(MUCH - 1),
    "rates in a queue": _rates_by_sums(MUCH - 1, queue="q"),
    "rates of an agent": _rates(MUCH, agent="rare"),
}
"""What is told of a long time without going through all its verdicts."""


async def _pages(db: Database, folder: Path, asked: Asked) -> int:
    """Pages of tables and indexes that PostgreSQL reads for what `asked` asks, from memory or from disk."""
    said: list[tuple[str, Any]] = []

    def note(_1: object, _2: object, statement: str, values: Any, *_3: object) -> None:
        said.append((statement, values))

    event.listen(db._reader.sync_engine, "before_cursor_execute", note)
    await asked(db, folder)
    event.remove(db._reader.sync_engine, "before_cursor_execute", note)
    assert said
    pages = 0
    async with db.read() as connection:
        for statement, values in said:
            told = await connection.exec_driver_sql(
                f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", values
            )
            plan = told.scalar_one()
            root = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
            pages += root["Shared Hit Blocks"] + root["Shared Read Blocks"]
    return pages


@pytest.mark.postgres
async def test_postgresql_reads_no_more_pages_after_many_days(postgres_url: str, tmp_path: Path) -> None:
    db = Database(postgres_url, answer_s=0)
    await db.migrate()
    read: dict[int, dict[str, int]] = {}
    for days in (LITTLE, MUCH):
        names = ", ".join(table.name for table in FILLED)
        async with db.begin() as connection:
            await connection.execute(text(f"TRUNCATE {names}"))
        await db.bulk(lambda connection, days=days: _fill(connection, days))  # type: ignore[misc]
        async with db._writer.connect() as connection:
            alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await alone.execute(text(f"VACUUM ANALYZE {names}"))
        read[days] = {name: await _pages(db, tmp_path, asked) for name, asked in READ.items()}
    await _sum_up(db)
    async with db._writer.connect() as connection:
        alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await alone.execute(text(f"VACUUM ANALYZE {verdict_sums.name}"))
    long = {name: await _pages(db, tmp_path, asked) for name, asked in LONG.items()}
    one_by_one = await _pages(db, tmp_path, _rates(MUCH))
    await db.close()
    assert max(long.values()) < one_by_one / 3, f"pages: {long}, verdict by verdict {one_by_one}"
    more = {name: (few, read[MUCH][name]) for name, few in read[LITTLE].items()}
    grown = {name: pages for name, pages in more.items() if pages[1] > 2 * pages[0] + 20}
    assert not grown, f"pages after {LITTLE} and {MUCH} days: {grown}"


@pytest.mark.parametrize(
    "asked",
    [
        *(pytest.param(asked, id=name) for name, asked in READ.items()),
        pytest.param(_calls_of(agent="a1"), id="calls of an agent"),
        pytest.param(_calls_of(agent="a1", outcome="answered"), id="answered calls of an agent"),
        pytest.param(_judged(agent="a1"), id="judged calls of an agent"),
        pytest.param(_judged(rule="r1"), id="breaches that are frequent"),
        pytest.param(_judged(rule="r0", from_ms=NOW_MS - 15 * DAY_MS), id="breaches that are rare"),
        pytest.param(_rates(15), id="figures of rules"),
        pytest.param(_rates(15, agent="a1"), id="figures of an agent"),
        pytest.param(_judged_worst, id="the worst calls of some days"),
        pytest.param(_judge_again, id="a call judged again"),
        pytest.param(lambda db, _: Backlog(db).summary(NOW_MS), id="the backlog of hearings"),
        pytest.param(lambda db, _: newly_recorded(db, NOW_MS), id="recordings to be heard"),
        pytest.param(lambda db, _: CallReader(db).timelines(["c000123"]), id="words of a call"),
        pytest.param(_look_for_files, id="files without a call"),
    ],
)
async def test_it_costs_no_more_after_many_days(asked: Asked, tmp_path: Path) -> None:
    young, old = await _after(tmp_path, LITTLE), await _after(tmp_path, MUCH)
    few, many = await _steps(young, tmp_path, asked), await _steps(old, tmp_path, asked)
    await young.close()
    await old.close()
    assert many < 2 * few, f"{few} steps after {LITTLE} days, {many} after {MUCH}"


async def test_text_is_looked_for_without_reading_records(tmp_path: Path) -> None:
    old = await _after(tmp_path, MUCH)
    statement = page_of(CallFilter(query="4711"), None, 51)
    said = str(statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
    with contextlib.closing(sqlite3.connect(old.where)) as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {said}")]
    await old.close()
    assert "SCAN calls USING COVERING INDEX ix_calls_newest" in plan
    assert any(line.startswith("SEARCH calls USING INDEX sqlite_autoindex") for line in plan), plan


async def test_a_long_time_is_told_without_going_through_its_verdicts(tmp_path: Path) -> None:
    old = await _after(tmp_path, MUCH)
    await _sum_up(old)
    long = {name: await _steps(old, tmp_path, asked) for name, asked in LONG.items()}
    one_by_one = await _steps(old, tmp_path, _rates(MUCH))
    await old.close()
    assert max(long.values()) < one_by_one / 5, f"steps: {long}, verdict by verdict {one_by_one}"
