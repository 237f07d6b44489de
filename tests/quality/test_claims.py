"""Several who judge share the work, on either kind of database."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from huawu.calls.store import CallStore
from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database
from huawu.quality.assessment import Assessment
from huawu.quality.book import Books
from huawu.quality.judging import Judging
from huawu.quality.listing import CallsWanted
from huawu.quality.records import Assessments
from tests.quality.conftest import call_facts
from tests.support.tools import PATIENCE_S


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/huawu.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


async def test_several_judges_on_one_database_judge_each_call_once(
    store: CallStore, db: Database, books: Books, clock: VirtualClock
) -> None:
    names = [f"c{number}" for number in range(60)]
    for name in names:
        store.append(call_facts(name, at_ms=clock.now_ms() - 100_000))
    await store.flush()
    judges = [Judging(db, clock, books, name=f"judge{number}") for number in range(3)]
    done: Counter[str] = Counter()

    def count(assessment: Assessment) -> None:
        done[assessment.call] += 1

    for judge in judges:
        judge.judged = count
    await judges[0].turn()
    clock.advance(2_000)

    async def work(judge: Judging) -> None:
        while await judge.queue.backlog(clock.now_ms()) != (0, None):
            await judge.turn()
            if sum(done.values()) >= len(names):
                return

    await asyncio.wait_for(asyncio.gather(*map(work, judges)), PATIENCE_S)
    assert done == Counter(names)
    page = await Assessments(db).page(CallsWanted(agent="wang", rule="ban.hangup", verdict="pass"), limit=100)
    assert len(page.calls) == len(names)
    assert (await judges[0].backlog()).broken == []
