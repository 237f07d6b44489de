"""Recordings that wait: no one is heard twice at once, none is lost when a worker dies."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from huawu.platform.cause import Cause
from huawu.platform.database import Database
from huawu.speech.backlog import BROKE_OFF, CLAIM_MS, MOST_ATTEMPTS, Backlog, ClaimLost, Wanted
from huawu.speech.hearing import Hearing, Turn
from huawu.speech.recogniser import Word
from tests.support.schema import put_schema

ZERO, NOW = 1_000_000, 2_000_000
HEARD = Hearing(
    duration_ms=8_000,
    by="tone reader",
    language="zh",
    took_ms=2_000,
    notes=("cut_off",),
    turns=(
        Turn(
            party="agent",
            from_ms=500,
            to_ms=900,
            text="您好。",
            words=(Word(text="您好。", from_ms=500, to_ms=900, confidence=0.9),),
            confidence=0.9,
        ),
        Turn(party="caller", from_ms=1_000, to_ms=1_400, text="喂。", words=(), confidence=0.5),
    ),
)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    await put_schema(database)
    yield database
    await database.close()


@pytest.fixture
async def backlog(db: Database) -> Backlog:
    return Backlog(db)


def wanted(call: str) -> Wanted:
    return Wanted(
        call=call, recording=call, path=f"recordings/{call}.wav", zero_ms=ZERO, language="zh", audio_ms=8_000
    )


async def put(backlog: Backlog, *calls: str) -> None:
    for nth, call in enumerate(calls):
        await backlog.put([wanted(call)], NOW + nth)


async def test_the_oldest_is_claimed_first_and_each_but_once(backlog: Backlog) -> None:
    await put(backlog, "a", "b")
    await put(backlog, "a")  # told again
    assert await backlog.claim("w1", NOW) == wanted("a")
    assert await backlog.claim("w2", NOW) == wanted("b")
    assert await backlog.claim("w3", NOW) is None


async def test_many_workers_share_the_work_without_doing_any_twice(backlog: Backlog, db: Database) -> None:
    calls = [f"c{nth:02}" for nth in range(30)]
    await put(backlog, *calls)
    done: list[str] = []

    async def work(name: str) -> None:
        mine = Backlog(db)
        while True:
            claimed = await mine.claim(name, NOW + 100)
            if claimed is None:
                return
            await mine.finish(name, claimed.call, HEARD, NOW + 200)
            done.append(claimed.call)

    await asyncio.gather(*(work(f"w{nth}") for nth in range(4)))
    assert sorted(done) == calls
    now = await backlog.summary(NOW)
    assert (now.waiting, now.claimed, now.failed) == (0, 0, 0)


async def test_what_was_heard_is_kept_with_the_claims_end(backlog: Backlog) -> None:
    await put(backlog, "a")
    await backlog.claim("w1", NOW)
    assert (await backlog.of_call("a")).state == "claimed"
    assert await backlog.words("a") == []
    await backlog.finish("w1", "a", HEARD, NOW + 500)
    heard = await backlog.of_call("a")
    assert (heard.state, heard.by, heard.notes, heard.progress) == ("done", "tone reader", ("cut_off",), 1.0)
    first, second = await backlog.words("a")
    assert (first.party, first.at_ms, first.fields["text"]) == ("agent", ZERO + 900, "您好。")
    assert first.fields["words"] == [["您好。", ZERO + 500, ZERO + 900, 0.9]]
    assert (second.party, second.fields["from_ms"]) == ("caller", ZERO + 1_000)


async def test_a_claim_runs_out_and_who_was_away_writes_nothing(backlog: Backlog) -> None:
    await put(backlog, "a")
    await backlog.claim("w1", NOW)
    assert await backlog.claim("w2", NOW + CLAIM_MS - 1) is None
    assert await backlog.claim("w2", NOW + CLAIM_MS + 1) == wanted("a")
    with pytest.raises(ClaimLost):
        await backlog.renew("w1", "a", 0.5, NOW + CLAIM_MS + 2)
    with pytest.raises(ClaimLost):
        await backlog.finish("w1", "a", HEARD, NOW + CLAIM_MS + 2)
    with pytest.raises(ClaimLost):
        await backlog.fail("w1", "a", Cause(detail="no"), NOW + CLAIM_MS + 2)
    assert await backlog.words("a") == []
    await backlog.finish("w2", "a", HEARD, NOW + CLAIM_MS + 3)
    assert len(await backlog.words("a")) == 2


async def test_who_goes_on_keeps_the_claim_and_tells_how_far_it_is(backlog: Backlog) -> None:
    await put(backlog, "a")
    await backlog.claim("w1", NOW)
    await backlog.renew("w1", "a", 0.4, NOW + CLAIM_MS - 1)
    assert await backlog.claim("w2", NOW + CLAIM_MS + 1) is None
    assert (await backlog.of_call("a")).progress == 0.4


async def test_what_kills_worker_after_worker_fails_and_can_be_tried_again(backlog: Backlog) -> None:
    await put(backlog, "a")
    now = NOW
    for nth in range(MOST_ATTEMPTS):
        assert await backlog.claim(f"w{nth}", now) is not None
        now += CLAIM_MS + 1
    assert await backlog.claim("w9", now) is None
    failed = await backlog.of_call("a")
    assert failed.state == "failed"
    assert failed.error == BROKE_OFF
    assert failed.error.why == {"code": "hearing_broke_off", "n": MOST_ATTEMPTS}
    assert await backlog.retry("a")
    assert not await backlog.retry("a")
    assert await backlog.claim("w9", now) is not None


async def test_a_worker_that_stops_gives_back_what_it_has(backlog: Backlog) -> None:
    await put(backlog, "a")
    for _ in range(MOST_ATTEMPTS + 2):
        assert await backlog.claim("w1", NOW) is not None
        await backlog.give_back("w1", "a")
    assert (await backlog.of_call("a")).state == "waiting"


async def test_what_cannot_be_heard_is_told_and_holds_up_nothing(backlog: Backlog) -> None:
    await put(backlog, "a", "b")
    await backlog.claim("w1", NOW)
    why = Cause(code="sound_no_wav", values={"n": 1}, detail="it is no WAV file")
    await backlog.fail("w1", "a", why, NOW + 1)
    assert (await backlog.of_call("a")).error == why
    assert await backlog.claim("w1", NOW) == wanted("b")


async def test_those_that_are_over_are_told_since_an_instant(backlog: Backlog) -> None:
    await put(backlog, "a", "b", "c")
    for nth, call in enumerate(("a", "b", "c")):
        await backlog.claim("w1", NOW)
        if call == "b":
            await backlog.fail("w1", call, Cause(detail="no"), NOW + 10 * nth)
        else:
            await backlog.finish("w1", call, HEARD, NOW + 10 * nth)
    assert [heard.call for heard in await backlog.over_since(0)] == ["a", "b", "c"]
    assert [heard.call for heard in await backlog.over_since(NOW + 10)] == ["b", "c"]
    assert [heard.call for heard in await backlog.over_since(NOW + 10, most=1)] == ["b"]


async def test_the_summary_tells_backlog_speed_and_who_hears(backlog: Backlog) -> None:
    nothing = await backlog.summary(NOW)
    assert (nothing.waiting, nothing.oldest_ms, nothing.factor, nothing.workers) == (0, None, None, 0)
    await put(backlog, "a", "b", "c")
    await backlog.claim("w1", NOW)
    await backlog.finish("w1", "a", HEARD, NOW)
    await backlog.claim("w1", NOW)
    await backlog.seen("w1", "tone reader", live=False, now_ms=NOW)
    await backlog.seen("w2", "tone reader", live=True, now_ms=NOW)
    now = await backlog.summary(NOW + 1_000)
    assert (now.waiting, now.claimed, now.failed) == (1, 1, 0)
    assert (now.waiting_ms, now.oldest_ms, now.factor) == (16_000, NOW + 1, 0.25)
    assert (now.workers, now.live) == (2, True)
    await backlog.gone("w2", NOW)
    later = await backlog.summary(NOW + 60_000)
    assert (later.workers, later.live) == (0, False)
