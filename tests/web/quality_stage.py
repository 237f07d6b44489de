"""Assessed calls behind the web: a real database, a small book, and a fake centre that knows the calls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from fastapi import FastAPI

from huawu.calls.store import CallStore
from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database
from huawu.quality.inspections import Told
from huawu.quality.service import Quality
from tests.quality.conftest import call_facts, judge_all
from tests.quality.small_book import listens, load_small_book
from tests.web.fake_centre import FakeCentre

TOLD: list[Told] = []
"""What agents were told in the test that runs."""

Talked = Callable[..., Awaitable[str]]


@pytest.fixture
async def store(db: Database) -> AsyncIterator[CallStore]:
    store = CallStore(db)
    await store.start()
    yield store
    await store.close()


@pytest.fixture
def quality(app: FastAPI, db: Database, clock: VirtualClock, store: CallStore) -> Quality:
    quality = Quality(db, clock, loads=load_small_book, listens=listens)
    store.told = quality.judging.told
    app.state.quality = quality
    quality.inspections.tell_agent = TOLD.append
    TOLD.clear()
    return quality


@pytest.fixture
def talked(store: CallStore, clock: VirtualClock, quality: Quality, centre: FakeCentre) -> Talked:
    """Have a call on record that ended now and is judged, unless told otherwise."""

    async def have(call: str, *, judged: bool = True, **more: Any) -> str:
        rings_ms, talk_ms = more.get("rings_ms", 4_000), more.get("talk_ms", 60_000)
        facts = call_facts(call, at_ms=clock.now_ms() - rings_ms - talk_ms, **more)
        centre.timelines[call] = facts
        store.append(facts)
        await store.flush()
        if judged:
            await judge_all(quality.judging, clock)
        return call

    return have
