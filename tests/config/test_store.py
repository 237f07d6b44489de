"""Versions only grow, and of two who save at once one is told so."""

from __future__ import annotations

import asyncio

import pytest

from huawu.config.compile import ha1
from huawu.config.store import ConfigurationConflict, ConfigurationStore, DatabaseConfigurations
from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database


@pytest.fixture
def store(db: Database, clock: VirtualClock) -> DatabaseConfigurations:
    return DatabaseConfigurations(db, clock.now_ms)


async def test_the_newest_version_is_in_force(store: DatabaseConfigurations, clock: VirtualClock) -> None:
    kept: ConfigurationStore = store
    assert await kept.current() is None
    assert await kept.save("a: 话", by="admin", comment="first", expected_version=0) == 1
    clock.advance(1_000)
    assert await kept.save("b", by="boss", comment="", expected_version=1) == 2
    current = await kept.current()
    assert current is not None
    assert (current.version, current.text, current.by, current.at_ms) == (2, "b", "boss", clock.now_ms())
    assert [(each.version, each.comment) for each in await kept.versions()] == [(2, ""), (1, "first")]
    first = await kept.version(1)
    assert first is not None
    assert first.text == "a: 话"
    assert await kept.version(3) is None


async def test_phones_keep_the_hashes_of_their_newest_password(store: DatabaseConfigurations) -> None:
    old, new = ha1("1001", "old"), ha1("1001", "new")
    await store.save("a", by="x", comment="", expected_version=0, phones={"1001": old, "1002": ha1("b", "p")})
    await store.save("b", by="x", comment="", expected_version=1, phones={"1001": new})
    assert await store.phones() == {"1001": new, "1002": ha1("b", "p")}
    with pytest.raises(ConfigurationConflict):
        await store.save("c", by="x", comment="", expected_version=1, phones={"1001": old})
    assert (await store.phones())["1001"] == new


async def test_saving_over_somebody_elses_version_is_refused(store: DatabaseConfigurations) -> None:
    await store.save("a", by="x", comment="", expected_version=0)
    with pytest.raises(ConfigurationConflict, match="at version 1, not 0: somebody changed it"):
        await store.save("b", by="y", comment="", expected_version=0)
    assert [each.version for each in await store.versions()] == [1]


async def test_of_two_at_once_one_wins(store: DatabaseConfigurations) -> None:
    saves = (store.save(str(n), by="x", comment="", expected_version=0) for n in range(5))
    results = await asyncio.gather(*saves, return_exceptions=True)
    assert results.count(1) == 1
    assert sum(isinstance(result, ConfigurationConflict) for result in results) == 4
