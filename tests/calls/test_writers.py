"""Several processes write to one call's timeline: nothing is lost, nothing stands twice, order is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

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


async def test_two_centres_that_write_to_one_call_at_once_lose_nothing_and_keep_their_order(
    store: CallStore, beside: CallStore
) -> None:
    began = timeline(*TALKING)
    store.append(began)
    await store.flush()
    rounds = 40

    async def goes_on() -> None:
        """The centre whose call it is, which numbers what happens."""
        for number in range(rounds):
            seq = len(began) + 1 + number
            store.append([msgspec.structs.replace(noted(f"own {number}"), seq=seq)])
            await store.flush()

    async def adds() -> None:
        for number in range(rounds):
            beside.append([noted(f"other {number}")])
            await beside.flush()

    await asyncio.gather(goes_on(), adds())
    written = await store.facts("c1")
    assert [fact.seq for fact in written] == list(range(1, len(began) + 2 * rounds + 1))
    for who in ("own", "other"):
        assert said(written, who) == [f"{who} {number}" for number in range(rounds)]
    assert (store.state.lost, beside.state.lost) == (0, 0)
    assert await store.get("c1") == derive(written)


async def test_two_centres_that_add_to_a_call_of_a_third_lose_nothing(
    db: Answerless, store: CallStore, beside: CallStore
) -> None:
    owner = CallStore(db)
    await owner.start()
    owner.append(timeline(*TALKING))
    await owner.close()
    for number in range(40):
        store.append([noted(f"own {number}")])
        beside.append([noted(f"other {number}")])
        await asyncio.gather(store.flush(), beside.flush())
    written = await store.facts("c1")
    assert [fact.seq for fact in written] == list(range(1, len(TALKING) + 81))
    for who in ("own", "other"):
        assert said(written, who) == [f"{who} {number}" for number in range(40)]


async def test_what_another_centre_says_of_a_call_stays_in_its_record(
    store: CallStore, beside: CallStore
) -> None:
    began = timeline(*TALKING, ENDED)
    store.append(began[:-1])
    await store.flush()
    beside.append([Fact(call="c1", seq=0, at_ms=10_000, kind="urgent", fields={"urgency": "fire"})])
    await beside.flush()
    store.append(began[-1:])
    await store.flush()
    written = await store.facts("c1")
    record = await store.get("c1")
    assert record is not None
    assert (record.urgent, record.outcome) == ("fire", "answered")
    assert record == derive(written)
    assert [fact.kind for fact in written[-2:]] == ["urgent", "ended"]


async def test_a_centre_that_returns_does_not_take_anothers_fact_for_its_own(
    db: Answerless, store: CallStore, beside: CallStore
) -> None:
    """It has read the timeline, and another centre writes before it does."""
    began = timeline(*TALKING, ENDED)
    store.append(began[:-1])
    await store.flush()
    beside.append([noted("other 0")])
    await beside.flush()
    returned = CallStore(db)
    await returned.start()
    returned.append(began[-1:])
    await returned.close()
    written = await store.facts("c1")
    assert [fact.kind for fact in written[-2:]] == ["followed_up", "ended"]
    assert await store.get("c1") == derive(written)


@pytest.mark.parametrize("loses", [1, 2])
async def test_a_batch_whose_answer_was_lost_stands_once(
    db: Answerless, store: CallStore, loses: int
) -> None:
    began = timeline(*TALKING, ENDED)
    store.append(began[:-1])
    await store.flush()
    db.loses = loses
    told = [began[-1], noted("own 0"), noted("own 1")]
    store.append(told)
    for _ in range(loses):
        with pytest.raises(DatabaseUnavailable):
            await store.flush()
    await store.flush()
    written = await store.facts("c1")
    assert [(fact.kind, fact.fields) for fact in written] == [
        *((fact.kind, fact.fields) for fact in began),
        *((fact.kind, fact.fields) for fact in told[1:]),
    ]
    store.append([msgspec.structs.replace(noted("own 2"), seq=len(began) + 1)])
    await store.flush()
    assert said(await store.facts("c1"), "own") == ["own 0", "own 1", "own 2"]


async def test_a_lost_answer_and_another_centre_together_lose_and_double_nothing(
    db: Answerless, store: CallStore, beside: CallStore
) -> None:
    began = timeline(*TALKING, ENDED)
    store.append(began[:-2])
    await store.flush()
    db.loses = 1
    store.append(began[-2:-1])
    with pytest.raises(DatabaseUnavailable):
        await store.flush()
    beside.append([noted("other 0")])
    await beside.flush()
    store.append(began[-1:])
    await store.flush()
    written = await store.facts("c1")
    kinds = [fact.kind for fact in written]
    assert kinds == [*(fact.kind for fact in began[:-1]), "followed_up", "ended"]
    assert await store.get("c1") == derive(written)


async def test_a_bad_fact_among_those_of_two_centres_is_the_only_one_lost(
    store: CallStore, beside: CallStore
) -> None:
    began = timeline(*TALKING, ENDED)
    store.append(began[:-1])
    await store.flush()
    beside.append([noted("other 0")])
    await beside.flush()
    store.append([began[-1], Fact(call="bad", seq=1, at_ms=2**70, kind="offered"), noted("own 0")])
    await store.flush()
    assert store.state.lost == 1
    assert [fact.kind for fact in await store.facts("c1")][-3:] == ["followed_up", "ended", "followed_up"]


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
@given(turns=WHO)
async def test_whoever_writes_in_whatever_order_everything_stands_once_and_in_its_order(
    db: Answerless, turns: list[str]
) -> None:
    async with db.begin() as connection:
        for table in ("facts", "calls"):
            await connection.execute(text(f"DELETE FROM {table}"))
    own, other = CallStore(db), CallStore(db)
    await own.start()
    await other.start()
    own.append(timeline(*TALKING))
    await own.flush()
    seq, told = len(TALKING), dict.fromkeys(("own", "other"), 0)
    for turn in turns:
        if turn == "returns":
            await own.close()
            own = CallStore(db)
            await own.start()
            seq = len(await own.facts("c1"))
        elif turn == "other":
            other.append([noted(f"other {told['other']}")])
            told["other"] += 1
            await other.flush()
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
    written = await own.facts("c1")
    assert [fact.seq for fact in written] == list(range(1, len(written) + 1))
    for who, count in told.items():
        assert said(written, who) == [f"{who} {number}" for number in range(count)]
