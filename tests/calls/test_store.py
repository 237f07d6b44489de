import asyncio
import errno
import itertools
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import IO, Any, TypeVar

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from huawu.calls.facts import Fact
from huawu.calls.finding import BadCursor, CallFilter
from huawu.calls.record import CallRecord, derive
from huawu.calls.rescue import RESERVE, FactsLost, Rescue
from huawu.calls.store import CallStore
from huawu.calls.tables import recordings
from huawu.platform.database import Database, DiskFull
from tests.calls.test_record import OFFERED, QUEUED, TALKING, Line, timeline, timelines
from tests.support.schema import put_schema

T = TypeVar("T")
numbers = itertools.count()
ENDED: Line = (69_000, "ended", {"by": "caller", "reason": "normal"})


class Flaky(Database):
    """A database that is out of room while `full`."""

    full = False

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.committed = asyncio.Event()

    async def bulk(self, work: Callable[[Connection], T]) -> T:
        if self.full:
            raise DiskFull(self.where)
        done = await super().bulk(work)
        self.committed.set()
        return done


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Flaky]:
    database = Flaky(database_url)
    await put_schema(database)
    yield database
    await database.close()


@pytest.fixture
async def store(db: Flaky) -> AsyncIterator[CallStore]:
    store = CallStore(db)
    await store.start()
    yield store
    await store.close()


async def test_facts_come_back_as_they_were_and_give_the_record(store: CallStore) -> None:
    facts = timeline(*TALKING, ENDED)
    store.append(facts[:3])
    await store.flush()
    store.append(facts[3:])
    await store.flush()
    assert await store.facts("c1") == facts
    assert await store.get("c1") == derive(facts)


async def test_a_call_that_an_agent_sent_on_is_found_among_the_agents_own(store: CallStore) -> None:
    facts = timeline(*TALKING)
    first = next(fact.fields["agent"] for fact in facts if fact.kind == "bridged")
    again = Fact(call="c1", seq=len(facts) + 1, at_ms=60_000, kind="bridged", fields={"agent": "other"})
    store.append([*facts, again])
    store.append([msgspec.structs.replace(fact, call="c2") for fact in facts])
    await store.flush()

    async def own(agent: str, query: str = "") -> list[str]:
        return [record.id for record in (await store.find(CallFilter(agent=agent, query=query))).calls]

    assert sorted(await own(first)) == ["c1", "c2"]
    assert await own("other") == ["c1"]
    assert await own("nobody") == []
    assert await own("other", query="c2") == []


async def test_an_unknown_call_has_no_record_and_no_facts(store: CallStore) -> None:
    assert await store.get("nobody") is None
    assert await store.facts("nobody") == []


async def test_appending_costs_no_wait_and_is_written_without_a_flush(db: Flaky, store: CallStore) -> None:
    store.append(timeline(OFFERED))
    assert store.state.waiting == 1
    await db.committed.wait()
    assert await store.get("c1") is not None


async def test_what_was_appended_before_the_end_is_written(db: Flaky) -> None:
    store = CallStore(db)
    await store.start()
    store.append(timeline(*TALKING))
    await store.close()
    assert store.state.state == "stopped"
    assert await store.facts("c1") == timeline(*TALKING)


async def test_facts_wait_in_order_while_the_disk_is_full(db: Flaky, store: CallStore) -> None:
    facts = timeline(*TALKING, ENDED)
    db.full = True
    store.append(facts[:2])
    with pytest.raises(DiskFull):
        await store.flush()
    store.append(facts[2:])
    during = store.state
    assert (during.state, during.waiting) == ("retrying", len(facts))
    assert "Make room" in during.detail
    db.full = False
    await store.flush()
    assert store.state.state == "writing"
    assert await store.facts("c1") == facts


async def test_too_many_waiting_facts_are_dropped_and_counted(db: Flaky) -> None:
    store = CallStore(db, kept_facts=2)
    facts = timeline(*TALKING)
    store.append(facts)
    assert (store.state.waiting, store.state.lost) == (2, 3)
    await store.start()
    await store.close()
    assert await store.facts("c1") == facts[:2]


async def test_facts_that_cannot_be_written_at_the_end_are_rescued(db: Flaky, tmp_path: Path) -> None:
    facts = timeline(*TALKING)
    store = CallStore(db, rescue=tmp_path / "unwritten-facts")
    await store.start()
    db.full = True
    store.append(facts)
    await store.close()
    db.full = False
    later = CallStore(db, rescue=tmp_path / "unwritten-facts")
    await later.start()
    assert await later.facts("c1") == facts
    assert not (tmp_path / "unwritten-facts").exists()
    await later.close()


async def test_facts_are_rescued_into_the_room_put_aside_when_the_disk_is_full(
    db: Flaky, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts, path = timeline(*TALKING), tmp_path / "unwritten-facts"
    store = CallStore(db, rescue=path)
    await store.start()
    aside = tmp_path / "unwritten-facts.room"
    assert aside.stat().st_blocks * 512 >= RESERVE
    db.full = True
    store.append(facts)
    opened = Path.open

    def full(self: Path, mode: str = "r") -> IO[Any]:
        if self == path and "w" in mode:
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(self, mode)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", full)
        await store.close()
    assert not aside.exists()
    assert 0 < path.stat().st_size < 10_000
    db.full = False
    later = CallStore(db, rescue=path)
    await later.start()
    assert await later.facts("c1") == facts
    assert aside.exists(), "room for the next time"
    await later.close()


async def test_facts_that_nothing_would_take_are_told_with_their_number(db: Flaky, tmp_path: Path) -> None:
    facts = timeline(*TALKING)
    (tmp_path / "gone").mkdir()
    store = CallStore(db, rescue=tmp_path / "gone" / "unwritten-facts")
    await store.start()
    shutil.rmtree(tmp_path / "gone")
    db.full = True
    store.append(facts)
    with pytest.raises(FactsLost, match=rf"^{len(facts)} facts .*unwritten-facts: No such file"):
        await store.close()


def test_no_room_is_put_aside_where_there_is_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huawu.calls.rescue.SPARED", 10**12)
    Rescue(tmp_path / "facts.rescue").put_room_aside()
    assert list(tmp_path.iterdir()) == []


async def test_a_restarted_centre_finds_the_calls_that_have_no_end(db: Flaky, store: CallStore) -> None:
    over, open_ = timeline(*TALKING, ENDED, call="over"), timeline(*QUEUED, call="open")
    store.append(over + open_)
    await store.flush()
    assert await CallStore(db).open_calls() == [(derive(open_), open_)]


async def test_a_restarted_centre_finds_the_calls_whose_recording_has_no_end(
    db: Flaky, store: CallStore
) -> None:
    begun: Line = (9_000, "recording_started", {"recording": "half.r1", "path": "recordings/half.wav"})
    half = timeline(*TALKING, begun, ENDED, call="half")
    store.append(half + timeline(*TALKING, ENDED, call="over"))
    await store.flush()
    found = await CallStore(db).open_calls()
    assert [(record.id, facts) for record, facts in found] == [("half", half)]


async def test_a_restarted_store_goes_on_with_the_stored_record(db: Flaky, store: CallStore) -> None:
    facts = timeline(*TALKING, ENDED)
    store.append(facts[:-1])
    await store.flush()
    other = CallStore(db)
    await other.start()
    other.append(facts[-1:])
    await other.close()
    assert await other.get("c1") == derive(facts)


async def test_facts_written_twice_are_kept_once(db: Flaky, store: CallStore) -> None:
    facts = timeline(*TALKING, ENDED)
    store.append(facts)
    store.append(facts)
    await store.flush()
    other = CallStore(db)
    await other.start()
    other.append(facts)
    await other.close()
    assert await store.facts("c1") == facts
    assert await store.get("c1") == derive(facts)


async def test_a_fact_that_no_database_can_hold_does_not_stop_the_others(store: CallStore) -> None:
    good = timeline(*TALKING, call="good")
    store.append(good[:2])
    store.append([Fact(call="bad", seq=1, at_ms=2**70, kind="offered")])
    store.append(good[2:])
    await store.flush()
    assert store.state.lost == 1
    assert await store.facts("good") == good


async def test_broken_text_from_the_wire_is_stored_readable(store: CallStore) -> None:
    name = b"\xff\x00".decode("utf-8", "surrogateescape")
    store.append([Fact(call="c1", seq=1, at_ms=1, kind="offered", fields={"caller_name": name, "x": {1}})])
    await store.flush()
    record = await store.get("c1")
    assert record is not None
    assert record.caller_name == "?�"
    assert store.state.lost == 0


async def test_the_recording_is_on_record_too(db: Flaky, store: CallStore) -> None:
    started: Line = (9_000, "recording_started", {"recording": "r1", "path": "/d/recordings/2025/c1.wav"})
    stopped: Line = (69_000, "recording_stopped", {"recording": "r1", "length_ms": 60_000})
    facts = timeline(*TALKING, started, ENDED, stopped)
    for fact in facts:
        store.append([fact])
        await store.flush()
    async with db.read() as connection:
        row = (await connection.execute(select(recordings))).one()
    assert tuple(row) == ("r1", "c1", "recordings/2025/c1.wav", 9_000, 60_000, 960_000, "complete")


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "one by one"])
async def test_a_recording_is_over_on_record_though_another_has_begun(
    db: Flaky, store: CallStore, at_once: bool
) -> None:
    """The caller's line is replaced, or facts have waited long."""
    facts = timeline(
        *TALKING,
        (9_000, "recording_started", {"recording": "r1", "path": "recordings/c1.wav"}),
        (30_000, "replaced", {"leg": "b", "old": "a"}),
        (30_000, "recording_started", {"recording": "r2", "path": "recordings/r2.wav"}),
        (30_010, "recording_stopped", {"recording": "r1", "length_ms": 21_000}),
        ENDED,
        (69_000, "recording_stopped", {"recording": "r2", "length_ms": 39_000}),
    )
    for each in [facts] if at_once else [[fact] for fact in facts]:
        store.append(each)
        await store.flush()
    columns = (recordings.c.id, recordings.c.path, recordings.c.length_ms, recordings.c.state)
    async with db.read() as connection:
        rows = [tuple(row) for row in await connection.execute(select(*columns).order_by("id"))]
    assert rows == [
        ("r1", "recordings/c1.wav", 21_000, "complete"),
        ("r2", "recordings/r2.wav", 39_000, "complete"),
    ]
    record = await store.get("c1")
    assert record is not None
    assert record.recording is not None
    assert record.recording.length_ms == 39_000
    assert await store.open_calls() == []


async def _several(store: CallStore) -> None:
    for number in range(7):
        caller = f"1380000567{number}"
        lines: list[Line] = [(number // 2, "offered", {"caller": caller, "number": "12345"})]
        if number % 2:
            lines += TALKING[1:] + [ENDED]
        store.append(timeline(*lines, call=f"c{number}"))
    await store.flush()


def _ids(calls: list[CallRecord]) -> list[str]:
    return [call.id for call in calls]


async def test_pages_follow_one_another_newest_first(store: CallStore) -> None:
    await _several(store)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await store.find(CallFilter(), limit=3, cursor=cursor)
        seen += _ids(page.calls)
        cursor = page.next
        if cursor is None:
            break
    assert seen == ["c6", "c5", "c4", "c3", "c2", "c1", "c0"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (CallFilter(query="5673"), ["c3"]),
        (CallFilter(query="c4"), ["c4"]),
        (CallFilter(query="%"), []),
        (CallFilter(agent="8001"), ["c5", "c3", "c1"]),
        (CallFilter(queue="help", to_ms=2), ["c3", "c1"]),
        (CallFilter(outcome="answered", from_ms=2), ["c5"]),
        (CallFilter(state="flow", query="12345", from_ms=1, to_ms=3), ["c4", "c2"]),
    ],
)
async def test_calls_are_found_by(store: CallStore, wanted: CallFilter, found: list[str]) -> None:
    await _several(store)
    assert _ids((await store.find(wanted)).calls) == found


@pytest.mark.parametrize("cursor", ["x", "1", "-1.c", "².c", "99999999999999999999.c"])
async def test_a_made_up_cursor_is_refused(store: CallStore, cursor: str) -> None:
    with pytest.raises(BadCursor):
        await store.find(CallFilter(), cursor=cursor)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=timelines(), parts=st.lists(st.integers(1, 6), max_size=8))
async def test_stored_in_parts_or_derived_at_once_is_the_same(
    store: CallStore, facts: list[Fact], parts: list[int]
) -> None:
    call = f"c{next(numbers)}"
    facts = [msgspec.structs.replace(fact, call=call) for fact in facts]
    rest = list(facts)
    for part in [*parts, len(facts)]:
        store.append(rest[:part])
        store.append(facts[: len(facts) - len(rest)][-3:])  # some come again
        rest = rest[part:]
        await store.flush()
    assert await store.facts(call) == facts
    assert await store.get(call) == derive(facts)


async def test_what_another_process_wrote_of_a_call_that_is_over_takes_no_facts_place(
    db: Flaky, store: CallStore
) -> None:
    facts = timeline(*TALKING, ENDED)
    store.append(facts)
    await store.flush()
    words = msgspec.structs.replace(facts[-1], seq=len(facts) + 1, kind="prompt")
    beside = CallStore(db)
    await beside.start()
    beside.append([words])
    await beside.close()
    wrap_up = [
        msgspec.structs.replace(facts[-1], seq=len(facts) + more, kind=kind)
        for more, kind in ((1, "wrap_up_began"), (2, "wrap_up_ended"))
    ]
    store.append([wrap_up[0]])
    await store.flush()
    store.append([wrap_up[0], wrap_up[1], msgspec.structs.replace(words, seq=0, kind="filed")])
    await store.flush()
    written = await store.facts(facts[0].call)
    assert [fact.kind for fact in written[len(facts) :]] == [
        "prompt",
        "wrap_up_began",
        "wrap_up_ended",
        "filed",
    ]
    assert [fact.seq for fact in written] == list(range(1, len(written) + 1))
