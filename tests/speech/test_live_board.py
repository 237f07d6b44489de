"""What was just said: heard by one worker, in time or not at all."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from huawu.platform.database import Database
from huawu.speech.backlog import Backlog
from huawu.speech.hearing import Turn
from huawu.speech.live import KEPT_MS, STALE_MS, JustSaid, LiveBoard
from tests.support.schema import put_schema

NOW = 2_000_000
TURN = Turn(party="agent", from_ms=100, to_ms=900, text="您好。", words=(), confidence=0.9)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    await put_schema(database)
    yield database
    await database.close()


def said(name: str) -> JustSaid:
    return JustSaid(
        id=name,
        call="c1",
        path="recordings/c1.wav",
        zero_ms=1_000_000,
        party="agent",
        from_ms=1_000_100,
        to_ms=1_000_900,
        language="zh",
    )


async def test_what_is_put_is_claimed_heard_and_fetched(db: Database) -> None:
    board = LiveBoard(db)
    await board.put([said("a"), said("b")], NOW)
    assert await board.claim("w1", NOW) == said("a")
    assert await board.claim("w2", NOW) == said("b")
    assert await board.claim("w2", NOW) is None
    assert await board.done(["a", "b"]) == []
    await board.heard("w1", said("a"), TURN, "tone reader")
    await board.heard("w2", said("b"), None, "tone reader")
    first, second = await board.done(["a", "b"])
    assert first.fields is not None
    assert (first.fields["text"], first.fields["from_ms"]) == ("您好。", 1_000_100)
    assert second.fields is None


async def test_what_nobody_had_time_for_is_left(db: Database) -> None:
    board = LiveBoard(db)
    await board.put([said("a")], NOW)
    assert await board.claim("w1", NOW + STALE_MS + 1) is None
    await board.put([said("b")], NOW + KEPT_MS + 1)
    assert await board.claim("w1", NOW) == said("b")  # and "a" is forgotten by now


async def test_two_workers_never_have_the_same(db: Database) -> None:
    board = LiveBoard(db)
    await board.put([said(f"s{nth}") for nth in range(12)], NOW)

    async def work(name: str) -> list[str]:
        mine: list[str] = []
        while (claimed := await LiveBoard(db).claim(name, NOW)) is not None:
            mine.append(claimed.id)
        return mine

    shares = await asyncio.gather(*(work(f"w{nth}") for nth in range(3)))
    assert len({one for share in shares for one in share}) >= 11
    assert sum(map(len, shares)) == len({one for share in shares for one in share})


async def test_somebody_listens_while_a_worker_with_a_core_was_seen(db: Database) -> None:
    board, backlog = LiveBoard(db), Backlog(db)
    assert not await board.somebody_listens(NOW)
    await backlog.seen("w1", "r", live=False, now_ms=NOW)
    assert not await board.somebody_listens(NOW)
    await backlog.seen("w1", "r", live=True, now_ms=NOW)
    assert await board.somebody_listens(NOW)
    assert not await board.somebody_listens(NOW + 60_000)
