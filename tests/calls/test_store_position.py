"""A restarted centre is fed each event of the switch either before its crash or after, never twice.

That holds when every transaction leaves exactly the facts of the events up to the stored position.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import pytest
from sqlalchemy import Connection, select

from huawu.calls import store as store_module
from huawu.calls.facts import Fact
from huawu.calls.kept import Kept, Position
from huawu.calls.store import CallStore
from huawu.calls.tables import facts
from huawu.platform.database import Database, DatabaseUnavailable
from tests.support.schema import put_schema

T = TypeVar("T")
SWITCH = "s1"
EVENTS = 60

FactKey = tuple[str, int]


class Left(NamedTuple):
    """What a crash would leave at some instant."""

    event: int
    facts: set[FactKey]


class Brittle(Database):
    """Notes what each transaction leaves; some fail, some commit and seem to fail, and in the end all do."""

    def __init__(self, url: str, dice: random.Random) -> None:
        super().__init__(url)
        self.left: list[Left] = []
        self.brittle = False
        self.dead = False
        self._dice = dice

    async def bulk(self, work: Callable[[Connection], T]) -> T:
        if self.dead or (self.brittle and self._dice.random() < 0.2):
            raise DatabaseUnavailable(self.where, "it broke before")
        done = await super().bulk(work)
        self.left.append(await self.leaves())
        if self.brittle and self._dice.random() < 0.2:
            raise DatabaseUnavailable(self.where, "it broke after")
        return done

    async def leaves(self) -> Left:
        async with self.read() as connection:
            rows = await connection.execute(select(facts.c.call, facts.c.seq))
            stored = {(row.call, row.seq) for row in rows}
        return Left((await Kept(self).position()).event, stored)


@pytest.fixture(params=range(4))
def dice(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.param)


@pytest.fixture
async def db(database_url: str, dice: random.Random) -> AsyncIterator[Brittle]:
    database = Brittle(database_url, dice)
    await put_schema(database)
    yield database
    await database.close()


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "BATCH_FACTS", 5)
    monkeypatch.setattr(store_module, "BATCH_S", 0.0)
    monkeypatch.setattr(store_module, "RETRY_S", (0.0,))


def events_of(dice: random.Random) -> list[list[Fact]]:
    """What each event brings: some nothing, some several facts of several calls."""
    seqs = dict.fromkeys("abcde", 0)
    events = []
    for number in range(1, EVENTS + 1):
        brought = []
        for call in dice.choices("abcde", k=dice.choice((0, 1, 1, 2, 4))):
            seqs[call] += 1
            brought.append(Fact(call=call, seq=seqs[call], at_ms=number, kind="talk", party="caller"))
        events.append(brought)
    return events


def keys(told: list[list[Fact]]) -> set[FactKey]:
    return {(fact.call, fact.seq) for event in told for fact in event}


async def feed(store: CallStore, db: Brittle, events: list[list[Fact]], after: int, until: int) -> None:
    """The events behind `after` up to `until`, in portions of any size."""
    for number in range(after + 1, until + 1):
        store.append(events[number - 1], Position(switch=SWITCH, event=number))
        if db.brittle and number % 3 == 0:
            try:
                await store.flush()
            except DatabaseUnavailable:
                continue


async def test_a_crash_at_any_instant_leaves_position_and_facts_together(
    db: Brittle, dice: random.Random
) -> None:
    events = events_of(dice)
    db.brittle = True
    first = CallStore(db)
    await first.start()
    await feed(first, db, events, 0, dice.randrange(EVENTS // 2, EVENTS))
    db.dead = True  # the crash: what still waits is never written
    await first.close()
    for left in db.left:
        assert left.facts == keys(events[: left.event])
    assert len(db.left) > 5

    db.brittle = db.dead = False
    before = await db.leaves()
    assert before.facts == keys(events[: before.event])
    second = CallStore(db)
    await second.start()
    await feed(second, db, events, before.event, EVENTS)
    await second.close()
    assert (await db.leaves()).facts == keys(events)
    assert await second.facts("a") == [fact for event in events for fact in event if fact.call == "a"]


async def test_a_fact_given_up_takes_neither_its_event_nor_the_position_along(
    db: Brittle, dice: random.Random
) -> None:
    events = events_of(dice)
    impossible = Fact(call="bad", seq=1, at_ms=2**70, kind="talk")
    spoilt = [
        [impossible, *brought] if brought and dice.random() < 0.3 else list(brought) for brought in events
    ]
    store = CallStore(db)
    await store.start()
    await feed(store, db, spoilt, 0, EVENTS)
    await store.close()
    assert store.state.lost == sum(impossible in brought for brought in spoilt)
    for left in db.left:
        assert left.facts == keys(events[: left.event])


async def test_facts_of_timers_have_no_position_of_their_own(db: Brittle) -> None:
    store = CallStore(db)
    await store.start()
    store.append([Fact(call="a", seq=1, at_ms=1, kind="offered")], Position(switch=SWITCH, event=7))
    store.append([Fact(call="a", seq=2, at_ms=2, kind="step")])
    await store.flush()
    assert (store.written_event(SWITCH), store.written_event("another life")) == (7, 0)
    assert await Kept(db).position() == Position(switch=SWITCH, event=7)
    await store.close()


async def test_each_of_several_switches_has_a_place_of_its_own(db: Brittle, tmp_path: Path) -> None:
    rescue = tmp_path / "facts.rescue"
    store = CallStore(db, rescue=rescue)
    await store.start()
    one, two = Position(switch="x", event=7, link="1"), Position(switch="y", event=3, link="2")
    store.append([Fact(call="a", seq=1, at_ms=1, kind="offered")], one)
    store.append([Fact(call="b", seq=1, at_ms=1, kind="offered")], two)
    await store.flush()
    assert (store.written_event("x"), store.written_event("y")) == (7, 3)
    db.dead = True
    later = Position(switch="x", event=9, link="1")
    store.append([Fact(call="a", seq=2, at_ms=2, kind="step")], later)
    await store.close()
    db.dead = False
    again = CallStore(db, rescue=rescue)
    await again.start()
    await again.close()
    kept = Kept(db)
    assert (await kept.position("1"), await kept.position("2")) == (later, two)
    assert await kept.position() == Position()


async def test_rescued_facts_keep_their_position(db: Brittle, tmp_path: Path) -> None:
    rescue = tmp_path / "facts.rescue"
    store = CallStore(db, rescue=rescue)
    await store.start()
    db.dead = True
    store.append([Fact(call="a", seq=1, at_ms=1, kind="offered")], Position(switch=SWITCH, event=3))
    await store.close()
    db.dead = False
    assert await db.leaves() == Left(0, set())
    later = CallStore(db, rescue=rescue)
    await later.start()
    await later.close()
    assert await db.leaves() == Left(3, {("a", 1)})


async def test_a_rescue_file_that_cannot_be_read_is_put_aside(db: Brittle, tmp_path: Path) -> None:
    rescue = tmp_path / "facts.rescue"
    rescue.write_bytes(b"\xc1 not ours")
    store = CallStore(db, rescue=rescue)
    await store.start()
    await store.close()
    assert (tmp_path / "facts.unreadable").exists()
    assert not rescue.exists()
