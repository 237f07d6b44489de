"""What is owed is on record with the facts it came from, in both databases, and its states obey one table."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from huawu.calls.callbacks import OPEN, TRANSITIONS, Callback, CallbackId, NotAllowed, State, Trigger, step
from huawu.calls.facts import Fact, Kind
from huawu.calls.finding import CallFilter
from huawu.calls.reading import CallReader
from huawu.calls.record import derive
from huawu.calls.store import CallStore
from huawu.platform.database import Database, _upgrade
from tests.support.schema import put_schema


def a_callback(name: str = "b1", **changes: object) -> Callback:
    callback = Callback(
        id=CallbackId(name),
        kind="callback",
        state=State.WAITING,
        queue="general",
        number="13800005678",
        created_ms=5,
        queued_ms=1,
        expires_ms=100,
        origin="c1",
        skills={"zh": 3},
    )
    return msgspec.structs.replace(callback, **changes)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[CallStore]:
    database = Database(database_url)
    await put_schema(database)
    store = CallStore(database)
    await store.start()
    yield store
    await store.close()
    await database.close()


async def test_what_is_owed_comes_back_as_it_was_until_it_is_over(store: CallStore) -> None:
    fact = Fact(call="c1", seq=1, at_ms=5, kind="callback_agreed", fields={"callback": "b1"})
    store.append([fact], None, [a_callback(), a_callback("b2")])
    await store.flush()
    assert await store.callbacks.owed() == [a_callback(), a_callback("b2")]
    done = a_callback(state=State.DONE, ended_ms=9, agent="1001", reason="bad \x00 text")
    store.append([], None, [a_callback(state=State.PLACING, attempts=1), done])
    await store.flush()
    assert await store.callbacks.owed() == [a_callback("b2")]
    (found,) = await store.callbacks.newest(state="done")
    assert (found.agent, found.ended_ms) == ("1001", 9)
    assert [one.id for one in await store.callbacks.newest(queue="general")] == ["b2", "b1"]
    assert await store.callbacks.newest(queue="other") == []


async def test_the_last_agents_are_read_from_the_records(store: CallStore) -> None:
    for number, (agent, at_ms) in enumerate([("1001", 10), ("1002", 20), ("1003", 5)]):
        call = f"c{number}"
        lines = [
            ("offered", {"caller": "138", "number": "4001"}),
            ("bridged", {"agent": agent}),
            ("ended", {"by": "caller", "reason": "normal"}),
        ]
        store.append(
            [
                Fact(call=call, seq=seq, at_ms=at_ms, kind=kind, fields=fields)  # type: ignore[arg-type]
                for seq, (kind, fields) in enumerate(lines, 1)
            ]
        )
    await store.flush()
    assert await store.last_agents(6, most=10) == [("138", "1001", 10), ("138", "1002", 20)]
    assert await store.last_agents(0, most=1) == [("138", "1002", 20)]


async def test_calls_of_old_whose_callers_left_to_be_called_back_get_their_outcome(database_url: str) -> None:
    """Neither refused nor given up, for lists and for the figures of callers who gave up."""
    db = Database(database_url)
    async with db.begin() as connection:
        await connection.run_sync(_upgrade, "here", "0015_seen_warnings")
    store = CallStore(db)
    await store.start()
    queued: list[tuple[Kind, dict[str, str]]] = [
        ("offered", {"caller": "138"}),
        ("queued", {"queue": "general"}),
    ]
    agreed: list[tuple[Kind, dict[str, str]]] = [*queued, ("callback_agreed", {"callback": "b1"})]
    for call, lines in {"left": agreed, "turned away": queued, "gave up": queued}.items():
        by = "caller" if call == "gave up" else "centre"
        ended: tuple[Kind, dict[str, str]] = ("ended", {"by": by, "reason": "normal"})
        facts = [
            Fact(call=call, seq=seq, at_ms=seq, kind=kind, fields=fields)
            for seq, (kind, fields) in enumerate([*lines, ended], 1)
        ]
        store.append(facts)
    await store.flush()
    await store.close()
    async with db.begin() as connection:
        await connection.execute(text("UPDATE calls SET outcome = 'refused' WHERE id = 'left'"))
        for now, before in (('"outcome":"callback"', '"outcome":"refused"'), (',"callback_agreed":true', "")):
            older = text("UPDATE calls SET record = REPLACE(record, :now, :before) WHERE id = 'left'")
            await connection.execute(older, {"now": now, "before": before})
    was = await CallReader(db).get("left")
    assert was is not None
    assert (was.outcome, was.callback_agreed) == ("refused", False)
    assert await db.migrate()
    reader = CallReader(db)
    records = {call: await reader.get(call) for call in ("left", "turned away", "gave up")}
    assert {call: record and record.outcome for call, record in records.items()} == {
        "left": "callback",
        "turned away": "refused",
        "gave up": "abandoned",
    }
    assert records["left"] == derive(await reader.facts("left")), "as if it ended today"
    found = await reader.find(CallFilter(outcome="callback"), limit=10)
    assert [each.id for each in found.calls] == ["left"]
    await db.close()


@given(triggers=st.lists(st.sampled_from(Trigger), max_size=30))
def test_a_callback_ends_once_and_nothing_happens_to_it_afterwards(triggers: list[Trigger]) -> None:
    callback = a_callback(state=State.AGREED)
    for at_ms, trigger in enumerate(triggers):
        before = callback
        try:
            callback = step(callback, trigger, at_ms)
        except NotAllowed:
            assert (before.state, trigger) not in TRANSITIONS
            continue
        assert before.state in OPEN
        assert (callback.ended_ms is None) == callback.open


def test_every_state_can_be_left_or_is_an_end() -> None:
    left = {state for state, _ in TRANSITIONS}
    assert left == OPEN
    assert set(TRANSITIONS.values()) | {State.AGREED} == set(State)
