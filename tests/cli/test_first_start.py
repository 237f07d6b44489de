"""What a new data folder begins with, and what becomes of one that begins again."""

from __future__ import annotations

import pytest

from huawu.cli.demo import begun, demo_text, first_text
from huawu.config.load import load, parse
from huawu.config.store import DatabaseConfigurations
from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database


@pytest.fixture
def store(db: Database, clock: VirtualClock) -> DatabaseConfigurations:
    return DatabaseConfigurations(db, clock.now_ms)


async def test_without_the_demo_a_centre_begins_with_an_administrator_alone(
    store: DatabaseConfigurations,
) -> None:
    begin = await begun(store, demo=False)
    assert [(one.user, one.role) for one in load(begin.text).people] == [("admin", "administrator")]
    assert not parse(begin.text, source="first").problems
    assert await begun(store, demo=False) == begin


async def test_who_asks_for_the_demo_a_start_later_has_it(store: DatabaseConfigurations) -> None:
    await begun(store, demo=False)
    assert (await begun(store, demo=True)).text == demo_text()


async def test_the_demo_takes_nothing_away_that_somebody_described(store: DatabaseConfigurations) -> None:
    await begun(store, demo=False)
    mine = first_text().replace("我的呼叫中心", "安心保险")
    await store.save(mine, by="admin", comment="", expected_version=1)
    assert (await begun(store, demo=True)).text == mine
