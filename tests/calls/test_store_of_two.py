"""Two centres on one database: what both put on the timeline of a call that is over is all there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from huawu.calls.facts import Fact
from huawu.calls.store import CallStore
from huawu.platform.database import Database
from tests.calls.test_record import TALKING, timeline
from tests.calls.test_store import ENDED

ROUNDS = 20


@pytest.fixture
async def both(db: Database, database_url: str) -> AsyncIterator[tuple[CallStore, CallStore]]:
    """Each with connections of its own, as in two processes."""
    other = Database(database_url)
    stores = CallStore(db), CallStore(other)
    for store in stores:
        await store.start()
    yield stores
    for store in stores:
        await store.close()
    await other.close()


async def test_what_two_centres_add_at_the_same_time_is_all_there(both: tuple[CallStore, CallStore]) -> None:
    facts = timeline(*TALKING, ENDED)
    both[0].append(facts)
    await both[0].flush()
    told: list[Fact] = []
    for nth in range(ROUNDS):
        for store in both:
            told.append(
                msgspec.structs.replace(
                    facts[-1], seq=0, kind="followed_up", fields={"agent": "wang", "ticket": f"T{len(told)}"}
                )
            )
            store.append(told[-1:])
        await asyncio.gather(*(store.flush() for store in both))
        assert len(await both[0].facts(facts[0].call)) == len(facts) + 2 * (nth + 1), "none was lost"
    written = await both[0].facts(facts[0].call)
    assert {fact.fields["ticket"] for fact in written[len(facts) :]} == {
        fact.fields["ticket"] for fact in told
    }
    assert [fact.seq for fact in written] == list(range(1, len(written) + 1))
