"""From the end of a recorded call to its words on the timeline; and the words of calls that go on."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from huawu.calls.facts import Fact
from huawu.calls.hearing_watch import HearingWatch
from huawu.calls.live_words import LiveWords
from huawu.calls.store import CallStore
from huawu.calls.to_be_heard import newly_recorded
from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database
from huawu.speech.backlog import Backlog
from huawu.speech.hearing import Hearing, Turn
from huawu.speech.live import JustSaid, LiveBoard
from huawu.speech.recogniser import Word
from tests.support.schema import put_schema
from tests.support.tools import PATIENCE_S

ZERO = 1_750_000_000_000
TURN = Turn(
    party="agent",
    from_ms=500,
    to_ms=900,
    text="您好。",
    words=(Word(text="您好。", from_ms=500, to_ms=900, confidence=0.9),),
    confidence=0.9,
)
HEARD = Hearing(duration_ms=5_000, turns=(TURN,), by="tone reader", language="zh", took_ms=900)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    await put_schema(database)
    yield database
    await database.close()


@pytest.fixture
async def store(db: Database) -> AsyncIterator[CallStore]:
    store = CallStore(db)
    await store.start()
    yield store
    await store.close()


def recorded(call: str, began_ms: int = ZERO, *, over: bool = True) -> list[Fact]:
    """A call with a recording of five seconds."""
    lines = [
        (0, "offered", {"number": "4001", "caller": "01303000", "language": "en"}),
        (10, "bridged", {"agent": "1001", "leg": "a"}),
        (10, "recording_started", {"recording": call, "path": f"recordings/{call}.wav"}),
        (5_010, "recording_stopped", {"recording": call, "length_ms": 5_000}),
        (5_010, "ended", {"by": "caller", "reason": "normal"}),
    ]
    return [
        Fact(call=call, seq=nth, at_ms=began_ms + at_ms, kind=kind, fields=fields)  # type: ignore[arg-type]
        for nth, (at_ms, kind, fields) in enumerate(lines if over else lines[:3], 1)
    ]


async def written(store: CallStore, *calls: list[Fact]) -> None:
    for facts in calls:
        store.append(facts)
    await store.flush()


async def test_a_recorded_call_that_has_ended_is_put_to_be_heard_once(store: CallStore, db: Database) -> None:
    await written(store, recorded("a"), recorded("b", ZERO + 100), recorded("c", ZERO + 200, over=False))
    backlog = Backlog(db)
    now_ms = ZERO + 60_000
    found = await newly_recorded(db, now_ms)
    assert [(one.call, one.language, one.audio_ms, one.zero_ms) for one in found] == [
        ("a", "en", 5_000, ZERO + 10),
        ("b", "en", 5_000, ZERO + 110),
    ]
    await backlog.put(found, now_ms)
    assert await newly_recorded(db, now_ms) == []
    await written(store, recorded("c", ZERO + 200)[3:])
    assert [one.call for one in await newly_recorded(db, now_ms)] == ["c"]


async def test_of_two_recordings_of_a_call_the_one_that_it_shows_is_heard(
    store: CallStore, db: Database
) -> None:
    facts = recorded("a")
    later = {"recording": "a.r2", "path": "recordings/a.r2.wav"}
    stopped = {"recording": "a.r2", "length_ms": 2_000}
    more = [
        Fact(call="a", seq=6, at_ms=ZERO + 5_010, kind="recording_started", fields=later),
        Fact(call="a", seq=7, at_ms=ZERO + 7_010, kind="recording_stopped", fields=stopped),
    ]
    await written(store, [*facts, *more])
    found = await newly_recorded(db, ZERO + 60_000)
    assert [(one.recording, one.audio_ms) for one in found] == [("a.r2", 2_000)]


async def test_a_recording_that_broke_off_is_heard_as_far_as_it_goes(store: CallStore, db: Database) -> None:
    facts = recorded("a")
    broke_off = {"recording": "a", "detail": "No space left on device"}
    failed = Fact(call="a", seq=4, at_ms=ZERO + 3_000, kind="recording_failed", fields=broke_off)
    after = [msgspec.structs.replace(fact, seq=fact.seq + 1) for fact in facts[3:]]
    await written(store, [*facts[:3], failed, *after])
    assert [(one.call, one.audio_ms) for one in await newly_recorded(db, ZERO + 60_000)] == [("a", 5_000)]


async def test_the_words_follow_the_timeline_and_the_facts_stay_as_they_are(
    store: CallStore, db: Database
) -> None:
    facts = recorded("a")
    await written(store, facts)
    assert await store.timeline("a") == facts
    backlog = Backlog(db)
    await backlog.put(await newly_recorded(db, ZERO), ZERO)
    await backlog.claim("w", ZERO)
    await backlog.finish("w", "a", HEARD, ZERO)
    assert await store.facts("a") == facts
    added = (await store.timeline("a"))[len(facts) :]
    assert [(fact.seq, fact.kind, fact.party) for fact in added] == [
        (6, "said", "agent"),
        (7, "heard", "caller"),
        (8, "heard", "agent"),
    ]
    zero_ms = ZERO + 10
    assert (added[0].at_ms, added[0].fields["text"]) == (zero_ms + 900, "您好。")
    until = {"from_ms": zero_ms, "until_ms": zero_ms + 5_000}
    assert added[1].fields == {**until, "by": "tone reader", "final": True}


async def test_facts_that_come_after_the_words_lose_nothing(store: CallStore, db: Database) -> None:
    facts = recorded("a")
    await written(store, facts)
    backlog = Backlog(db)
    await backlog.put(await newly_recorded(db, ZERO), ZERO)
    await backlog.claim("w", ZERO)
    await backlog.finish("w", "a", HEARD, ZERO)
    await written(store, [Fact(call="a", seq=0, at_ms=ZERO + 9_000, kind="wrap_up_ended")])
    timeline = await store.timeline("a")
    assert [fact.seq for fact in timeline] == list(range(1, 10))
    assert [fact.kind for fact in timeline[5:]] == ["wrap_up_ended", "said", "heard", "heard"]


async def test_the_centre_learns_once_of_each_call_that_was_heard(store: CallStore, db: Database) -> None:
    await written(store, recorded("a"), recorded("b", ZERO + 100))
    backlog, clock = Backlog(db), VirtualClock(ZERO)
    await backlog.put(await newly_recorded(db, ZERO), ZERO)
    watch = HearingWatch(db, clock)
    told: list[str] = []

    async def heard(call: str) -> None:
        told.append(call)

    watch.heard = heard
    for call in ("a", "b"):
        await backlog.claim("w", ZERO)
        await backlog.finish("w", call, HEARD, clock.now_ms())
        clock.advance(1_000)
        await watch.look()
        await watch.look()
    assert told == ["a", "b"]
    assert watch.summary is not None
    assert (watch.summary.waiting, watch.summary.claimed) == (0, 0)


# ── Calls that go on ──────────────────────────────────────────────────────────────────────────────


def talk(party: str, began_ms: int, ended_ms: int, call: str = "a") -> Fact:
    fields = {"began_ms": ZERO + began_ms, "ended_ms": ZERO + ended_ms, "level_db": -20.0}
    return Fact(call=call, seq=9, at_ms=ZERO + ended_ms, kind="talk", party=party, fields=fields)  # type: ignore[arg-type]


async def until(condition: object, within_s: float = PATIENCE_S) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.02)


@pytest.fixture
async def words(db: Database) -> AsyncIterator[tuple[LiveWords, list[Fact]]]:
    words = LiveWords(db, VirtualClock(ZERO))
    told: list[Fact] = []
    words.told = told.append
    await Backlog(db).seen("w", "tone reader", live=True, now_ms=ZERO)
    task = asyncio.create_task(words.run())
    await until(lambda: words.listening)
    yield words, told
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def next_said(board: LiveBoard) -> JustSaid:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if (said := await board.claim("w", ZERO)) is not None:
                return said
            await asyncio.sleep(0.02)


async def test_what_was_just_said_is_heard_and_told(
    db: Database, words: tuple[LiveWords, list[Fact]]
) -> None:
    live, told = words
    board = LiveBoard(db)
    live.tell(recorded("a", over=False))
    live.tell([talk("agent", 500, 900)])
    said = await next_said(board)
    assert (said.path, said.zero_ms, said.language) == ("recordings/a.wav", ZERO + 10, "en")
    assert (said.party, said.from_ms, said.to_ms) == ("agent", ZERO + 500, ZERO + 900)
    await board.heard("w", said, TURN, "tone reader")
    await until(lambda: len(told) == 2)
    assert [(fact.kind, fact.party, fact.seq) for fact in told] == [
        ("said", "agent", 0),
        ("heard", "agent", 0),
    ]
    assert told[0].fields["text"] == "您好。"
    assert told[1].fields["until_ms"] == ZERO + 900
    assert told[1].fields["final"] is False


async def test_what_held_no_words_is_told_as_heard_all_the_same(
    db: Database, words: tuple[LiveWords, list[Fact]]
) -> None:
    live, told = words
    board = LiveBoard(db)
    live.tell([*recorded("a", over=False), talk("caller", 1_000, 2_000)])
    await board.heard("w", await next_said(board), None, "tone reader")
    await until(lambda: told)
    assert [fact.kind for fact in told] == ["heard"]


async def test_clicks_pauses_and_calls_without_a_recording_are_left(
    db: Database, words: tuple[LiveWords, list[Fact]]
) -> None:
    live, _ = words
    board = LiveBoard(db)
    live.tell([talk("agent", 0, 900, "unrecorded")])
    live.tell([*recorded("a", over=False), talk("agent", 500, 600)])
    live.tell([Fact(call="a", seq=5, at_ms=ZERO, kind="recording_paused"), talk("agent", 700, 1_500)])
    live.tell([Fact(call="a", seq=6, at_ms=ZERO, kind="recording_resumed"), talk("agent", 2_000, 3_000)])
    live.tell([Fact(call="a", seq=7, at_ms=ZERO, kind="ended"), talk("agent", 4_000, 5_000)])
    assert (await next_said(board)).from_ms == ZERO + 2_000
    await asyncio.sleep(0)
    assert await board.claim("w", ZERO) is None


async def test_nothing_is_written_while_nobody_listens(db: Database) -> None:
    live = LiveWords(db, VirtualClock(ZERO))
    live.tell([*recorded("a", over=False), talk("agent", 500, 900)])
    assert await LiveBoard(db).claim("w", ZERO) is None
    assert not live.listening


def test_any_fact_is_borne(tmp_path: Path) -> None:
    async def tell() -> None:
        live = LiveWords(Database(f"sqlite:///{tmp_path}/x.db"), VirtualClock(ZERO))
        live.listening = True
        for kind in ("language", "offered", "recording_started", "talk", "recording_stopped", "ended"):
            live.tell([Fact(call="z", seq=1, at_ms=ZERO, kind=kind)])

    asyncio.run(tell())
