"""Several processes write to one call's timeline: nothing is lost, nothing stands twice, order is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from huawu.calls.facts import Fact, Kind
from huawu.calls.ledger import Ledger, NumberTaken, Outstanding
from huawu.calls.record import derive
from huawu.calls.store import CallStore
from huawu.platform.database import Database, DatabaseUnavailable
from tests.calls.test_record import OFFERED, TALKING, Line, timeline
from tests.support.schema import put_schema

T = TypeVar("T")
ENDED: Line = (69_000, "ended", {"by": "caller", "reason": "normal"})


class Answerless(Database):
    """Keeps a transaction and then says that it is away, as often as told."""

    loses = 0

    async def bulk(self, work: Callable[[Connection], T]) -> T:
        done = await super().bulk(work)
        if self.loses:
            self.loses -= 1
            raise DatabaseUnavailable(self.where, "the connection broke before the answer came")
        return done


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Answerless]:
    database = Answerless(database_url)
    await put_schema(database)
    yield database
    await database.close()


@pytest.fixture
async def store(db: Answerless) -> AsyncIterator[CallStore]:
    store = CallStore(db)
    await store.start()
    yield store
    await store.close()


@pytest.fixture
async def beside(db: Answerless, database_url: str) -> AsyncIterator[CallStore]:
    """Another centre on the same database, with connections of its own."""
    other = Database(database_url)
    store = CallStore(other)
    await store.start()
    yield store
    await store.close()
    await other.close()


def noted(text: str, kind: Kind = "followed_up") -> Fact:
    """What somebody elsewhere adds to the call: its place is the store's to give."""
    return Fact(call="c1", seq=0, at_ms=10_000, kind=kind, party="agent", fields={"how": text})


def said(facts: list[Fact], who: str) -> list[str]:
    """What one of them wrote, in the order in which it stands."""
    told = [str(fact.fields.get("how", "")) for fact in facts]
    return [one for one in told if one.startswith(who)]


async def write(store: CallStore, *facts: Fact) -> None:
    store.append(facts)
    await store.flush()


async def in_order(store: CallStore, **count: int) -> list[Fact]:
    """The call's facts: without a hole, of each who wrote all in order, and the record is what they tell."""
    written = await store.facts("c1")
    assert [fact.seq for fact in written] == list(range(1, len(written) + 1))
    for who, number in count.items():
        assert said(written, who) == [f"{who} {each}" for each in range(number)]
    assert await store.get("c1") == derive(written)
    return written


@pytest.mark.parametrize("whose", ["own", "of a third"])
async def test_two_centres_that_write_to_one_call_at_once_lose_nothing_and_keep_their_order(
    db: Answerless, store: CallStore, beside: CallStore, whose: str
) -> None:
    """The centre whose call it is numbers what happens; who adds to another's leaves that to the store."""
    began, rounds = timeline(*TALKING), 40
    owner = store if whose == "own" else CallStore(db)
    if owner is not store:
        await owner.start()
    await write(owner, *began)
    if owner is not store:
        await owner.close()

    async def writes(at: CallStore, who: str, first: int) -> None:
        for number in range(rounds):
            seq = first + number if first else 0
            await write(at, msgspec.structs.replace(noted(f"{who} {number}"), seq=seq))

    first = len(began) + 1 if owner is store else 0
    await asyncio.gather(writes(store, "own", first), writes(beside, "other", 0))
    assert len(await in_order(store, own=rounds, other=rounds)) == len(began) + 2 * rounds
    assert (store.state.lost, beside.state.lost) == (0, 0)


@pytest.mark.parametrize("returns", [False, True])
async def test_what_another_centre_says_of_a_call_stays_in_its_record(
    db: Answerless, store: CallStore, beside: CallStore, returns: bool
) -> None:
    """Also if the call's own centre, before it goes on, `returns` from the dead: having read the timeline
    before, it does not take the other's fact for its own."""
    *began, ended = timeline(*TALKING, ENDED)
    await write(store, *began)
    await write(beside, Fact(call="c1", seq=0, at_ms=10_000, kind="urgent", fields={"urgency": "fire"}))
    own = CallStore(db) if returns else store
    if returns:
        await own.start()
    await write(own, ended)
    if returns:
        await own.close()
    written = await in_order(store)
    record = await store.get("c1")
    assert record is not None
    assert (record.urgent, record.outcome) == ("fire", "answered")
    assert [fact.kind for fact in written[-2:]] == ["urgent", "ended"]


async def test_a_centre_is_told_the_numbers_its_facts_got_and_goes_on_from_there(
    store: CallStore, beside: CallStore
) -> None:
    told: list[tuple[str, int]] = []
    store.renumbered = lambda call, last_seq: told.append((call, last_seq))
    began = timeline(*TALKING)
    await write(store, *began)
    await write(beside, noted("other 0"), noted("other 1"))
    assert told == []
    seq = len(began)
    await write(store, msgspec.structs.replace(noted("own 0"), seq=seq + 1))
    assert told == [("c1", seq + 3)]
    await write(store, msgspec.structs.replace(noted("own 1"), seq=seq + 4))
    assert len(told) == 1, "its numbers are those on record again"
    await in_order(store, own=2, other=2)


async def test_what_waits_while_the_numbers_change_is_counted(store: CallStore, beside: CallStore) -> None:
    """A fact that comes while others are written was numbered before they got theirs."""
    began, last = timeline(*TALKING), 0
    await write(store, *began)
    await write(beside, noted("other 0"))
    seq = len(began)
    written, kept = store._write_surely, asyncio.Event()

    async def with_one_more(batch: Any) -> Any:
        after = await written(batch)
        if not kept.is_set():
            kept.set()
            store.append([msgspec.structs.replace(noted("own 1"), seq=seq + 2)])
        return after

    def renumbered(call: str, last_seq: int) -> None:
        nonlocal last
        last = last_seq

    store._write_surely, store.renumbered = with_one_more, renumbered  # type: ignore[method-assign]
    await write(store, msgspec.structs.replace(noted("own 0"), seq=seq + 1))
    assert last == seq + 3
    await write(store, msgspec.structs.replace(noted("own 2"), seq=last + 1))
    assert last == seq + 3
    await in_order(store, own=3, other=1)


@pytest.mark.parametrize("loses", [1, 2])
@pytest.mark.parametrize("others", [False, True])
async def test_a_batch_whose_answer_was_lost_stands_once_though_others_write_meanwhile(
    db: Answerless, store: CallStore, beside: CallStore, loses: int, others: bool
) -> None:
    *began, ended = timeline(*TALKING, ENDED)
    await write(store, *began)
    db.loses = loses
    store.append([ended, noted("own 0"), noted("own 1")])
    for _ in range(loses):
        with pytest.raises(DatabaseUnavailable):
            await store.flush()
    if others:
        await write(beside, noted("other 0"))
    await store.flush()
    await write(store, msgspec.structs.replace(noted("own 2"), seq=len(began) + 2))
    written = await in_order(store, own=3, other=int(others))
    assert [fact.kind for fact in written].count("ended") == 1
    assert len(written) == len(began) + 4 + others


async def test_a_bad_fact_among_those_of_two_centres_is_the_only_one_lost(
    store: CallStore, beside: CallStore
) -> None:
    *began, ended = timeline(*TALKING, ENDED)
    await write(store, *began)
    await write(beside, noted("other 0"))
    await write(store, ended, Fact(call="bad", seq=1, at_ms=2**70, kind="offered"), noted("own 0"))
    assert store.state.lost == 1
    written = await in_order(store, own=1, other=1)
    assert [fact.kind for fact in written[-3:]] == ["followed_up", "ended", "followed_up"]


async def test_a_number_that_is_taken_is_told_and_nothing_of_the_transaction_is_kept(db: Answerless) -> None:
    facts = timeline(*TALKING)
    ledger, owed = Ledger(db), Outstanding((), ())
    after = await db.bulk(lambda connection: ledger.write(connection, facts[:-1], (), owed))
    for progress in after.values():
        ledger.keep(progress)
    other = msgspec.structs.replace(facts[-1], kind="prompt", fields={})
    stranger = Ledger(db)
    await db.bulk(lambda connection: stranger.write(connection, [other], (), owed))
    new = timeline(OFFERED, call="c2")
    with pytest.raises(NumberTaken):
        await db.bulk(lambda connection: ledger.write(connection, [*new, facts[-1]], (), owed))
    async with db.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM facts WHERE call = 'c2'"))).scalar() == 0
        assert (await connection.execute(text("SELECT count(*) FROM calls"))).scalar() == 1


WHO = st.lists(st.sampled_from(("own", "other", "returns", "loses")), max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turns=WHO, follows=st.booleans())
async def test_whoever_writes_in_whatever_order_everything_stands_once_and_in_its_order(
    db: Answerless, turns: list[str], follows: bool
) -> None:
    """Whether the call's own centre `follows` the numbers that the store tells, or has not heard yet."""
    async with db.begin() as connection:
        for table in ("facts", "calls"):
            await connection.execute(text(f"DELETE FROM {table}"))
    own, other = CallStore(db), CallStore(db)
    await own.start()
    await other.start()
    await write(own, *timeline(*TALKING))
    seq, told = len(TALKING), dict.fromkeys(("own", "other"), 0)

    def goes_on_from(_call: str, last_seq: int) -> None:
        nonlocal seq
        seq = last_seq if follows else seq

    own.renumbered = goes_on_from
    for turn in turns:
        if turn == "returns":
            await own.close()
            own = CallStore(db)
            await own.start()
            own.renumbered = goes_on_from
            seq = len(await own.facts("c1"))
        elif turn == "other":
            await write(other, noted(f"other {told['other']}"))
            told["other"] += 1
        else:
            db.loses = int(turn == "loses")
            seq += 1
            own.append([msgspec.structs.replace(noted(f"own {told['own']}"), seq=seq)])
            told["own"] += 1
            if db.loses:
                with pytest.raises(DatabaseUnavailable):
                    await own.flush()
            await own.flush()
    await own.close()
    await other.close()
    await in_order(own, **told)
