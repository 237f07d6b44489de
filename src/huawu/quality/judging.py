"""Every call judged within seconds of its end, again with its words, again when a deadline passes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec
import structlog
from sqlalchemy import Connection

from huawu.calls.facts import Fact
from huawu.calls.reading import CallReader
from huawu.calls.record import CallRecord, derive
from huawu.platform.cause import Cause, unexpected
from huawu.platform.clock import Clock
from huawu.platform.database import Database, DatabaseError
from huawu.quality.assessment import Assessment, assess
from huawu.quality.book import SHIPPED, Book, Books
from huawu.quality.errors import BookInvalid
from huawu.quality.queue import Broken, Claimed, JudgingQueue
from huawu.quality.records import Assessments
from huawu.standard import BrokenTimeline

log = structlog.get_logger(__name__)

SETTLE_MS: Final = 2_000
"""After a call's end its last facts (the last words' loudness, the recording's length) come in this time."""
LOOK_EVERY_S: Final = 0.5
AT_ONCE: Final = 20
MOST_TOLD: Final = 20_000
SWEEP_EVERY_MS: Final = 60_000
SWEEP_BACK_MS: Final = 3_600_000
FIRST_SWEEP_BACK_MS: Final = 14 * 86_400_000
SWEPT_AT_ONCE: Final = 1_000
AFTER_DEADLINE_MS: Final = 1_000


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """How far judging is behind. `oldest_ms`: since when the oldest is due."""

    waiting: int
    oldest_ms: int | None
    broken: list[Broken]


class Judging:
    """The use case, and the task that does it. Several processes may run it on one database."""

    def __init__(
        self, db: Database, clock: Clock, books: Books, *, name: str = "centre", here: bool = True
    ) -> None:
        """With `here` false others judge, and this one passes on what it is told of."""
        self._db = db
        self._clock = clock
        self._books = books
        self._here = here
        self.queue = JudgingQueue(db, name)
        self._calls = CallReader(db)
        self._kept = Assessments(db)
        self._told: set[str] = set()
        self._swept_ms: int | None = None
        self._sweeps_from_ms: int | None = None
        self._complained = False
        self.judged: Callable[[Assessment], None] = lambda assessment: None
        """Hears each assessment once it is kept."""

    def told(self, record: CallRecord) -> None:
        """Something of a call was written; if it is over, it is judged soon. Never waits, never fails.

        Beyond `MOST_TOLD` (the database is away, say) the sweep finds the others.
        """
        if record.state == "ended" and len(self._told) < MOST_TOLD:
            self._told.add(record.id)

    async def wanted(self, call: str, why: str = "words") -> None:
        """A call's words are there, or somebody asks for it: it is judged at once."""
        now_ms = self._clock.now_ms()
        asked: Final = "words" if why == "words" else "asked"
        await self.queue.ask((call,), asked, due_ms=now_ms, now_ms=now_ms)

    async def run(self) -> None:
        """Judge whatever is due, for ever. The database may go away meanwhile.

        However many wait, it rests as long as it worked: calls under way go first.
        """
        loop = asyncio.get_running_loop()
        while True:
            busy, began = False, loop.time()
            try:
                busy = await self.turn()
            except DatabaseError:
                pass  # the store tells of it
            except Exception as error:  # one bad turn must not end all judging
                log.error("judging failed; tried again", why=f"{type(error).__name__}: {error}")
            await asyncio.sleep(loop.time() - began if busy else LOOK_EVERY_S)

    async def turn(self) -> bool:
        """One look: what is due is judged; whether there may be more."""
        await self._take_down()
        if not self._here:
            return False
        await self._sweep()
        claimed = await self.queue.claim(now_ms=self._clock.now_ms(), most=AT_ONCE)
        if not claimed:
            return False
        await self._judge_all(claimed, await self._in_force())
        return len(claimed) == AT_ONCE

    async def _in_force(self) -> Book:
        """The book to judge by: as shipped, where a centre's own no longer fits a newer programme."""
        try:
            return await self._books.current()
        except BookInvalid as error:
            if not self._complained:
                log.error(
                    "the centre's own book cannot be read; calls are judged by the shipped one",
                    why=str(error),
                )
            self._complained = True
            return await self._books.get(SHIPPED)

    async def backlog(self) -> Backlog:
        """What is still to be judged, and what could not be."""
        waiting, oldest_ms = await self.queue.backlog(self._clock.now_ms())
        return Backlog(waiting=waiting, oldest_ms=oldest_ms, broken=await self.queue.broken_ones())

    async def _take_down(self) -> None:
        told, self._told = self._told, set()
        if not told:
            return
        now_ms = self._clock.now_ms()
        try:
            await self.queue.ask(told, "ended", due_ms=now_ms + SETTLE_MS, now_ms=now_ms)
        except BaseException:
            self._told |= told
            raise

    async def _sweep(self) -> None:
        """What nobody here was told of: another centre's calls, or those of a life that ended too soon."""
        now_ms = self._clock.now_ms()
        if self._swept_ms is not None and now_ms - self._swept_ms < SWEEP_EVERY_MS:
            return
        if self._sweeps_from_ms is None:
            back_ms = FIRST_SWEEP_BACK_MS if self._swept_ms is None else SWEEP_BACK_MS
            self._sweeps_from_ms = now_ms - back_ms
        left = await self.queue.never_judged(since_ms=self._sweeps_from_ms, most=SWEPT_AT_ONCE)
        names = [call for call, _ in left]
        await self.queue.ask(names, "ended", due_ms=now_ms + SETTLE_MS, now_ms=now_ms)
        if len(left) < SWEPT_AT_ONCE:
            self._swept_ms, self._sweeps_from_ms = now_ms, None
        else:
            self._sweeps_from_ms = left[-1][1]

    async def _judge_all(self, claimed: Sequence[Claimed], book: Book) -> None:
        """Read, judge and write them together; one by one where one of them spoils that."""
        try:
            timelines = await self._calls.timelines([each.call for each in claimed])
        except DatabaseError:
            raise  # the claim runs out by itself
        except Exception as error:
            await self._apart(claimed, book, error, self._skip)
            return
        now_ms = self._clock.now_ms()
        judged = await asyncio.to_thread(_judge, claimed, timelines, book, now_ms)
        sound = []
        for each in judged:
            if each.error is None:
                sound.append(each)
            else:
                await self._skip(each.claimed, each.error)
        try:
            await self._db.bulk(lambda connection: self._put(connection, sound, now_ms))
        except DatabaseError:
            raise
        except Exception as error:
            await self._apart([each.claimed for each in sound], book, error, self._later)
            return
        for each in sound:
            if each.assessment is not None:
                self.judged(each.assessment)

    async def _apart(
        self,
        claimed: Sequence[Claimed],
        book: Book,
        error: Exception,
        give_up: Callable[[Claimed, Exception], Awaitable[None]],
    ) -> None:
        if len(claimed) == 1:
            await give_up(claimed[0], error)
            return
        for each in claimed:
            await self._judge_all([each], book)

    def _put(self, connection: Connection, judged: Sequence[_Judged], now_ms: int) -> None:
        self._kept.put(connection, [each.assessment for each in judged if each.assessment is not None])
        self.queue.done(connection, [(each.claimed, each.again_ms) for each in judged], now_ms=now_ms)

    async def _skip(self, claimed: Claimed, error: Exception) -> None:
        """One call's broken timeline holds up no other."""
        why = why_broken(error)
        log.error("a call cannot be judged", call=claimed.call, why=why.detail)
        await self.queue.broken(claimed, why, now_ms=self._clock.now_ms())

    async def _later(self, claimed: Claimed, error: Exception) -> None:
        log.error("an assessment cannot be kept", call=claimed.call, why=str(error))
        await self.queue.later(claimed, unexpected(error), now_ms=self._clock.now_ms())


def why_broken(error: Exception) -> Cause:
    """Why a call's timeline cannot be judged, as pages and whoever mends it are told."""
    if not isinstance(error, BrokenTimeline):
        return unexpected(error)
    problem, fact = error.__cause__, error.fact
    about = {"fact": fact.kind, "at_ms": fact.at_ms}
    if isinstance(problem, KeyError) and problem.args:
        return Cause(code="fact_lacks", values={**about, "field": str(problem.args[0])}, detail=str(error))
    return Cause(code="fact_unclear", values=about, detail=str(error))


class _Judged(NamedTuple):
    """What came of a call: an assessment, an error, or nothing: there is no such call that is over."""

    claimed: Claimed
    assessment: Assessment | None = None
    again_ms: int | None = None
    error: Exception | None = None


def _judge(
    claimed: Sequence[Claimed], timelines: Mapping[str, Sequence[Fact]], book: Book, now_ms: int
) -> list[_Judged]:
    """Runs beside the event loop. One call's broken timeline is its own matter."""
    judged = []
    for each in claimed:
        try:
            judged.append(_judge_one(each, timelines[each.call], book, now_ms))
        except Exception as error:
            judged.append(_Judged(each, error=error))
    return judged


def _judge_one(claimed: Claimed, facts: Sequence[Fact], book: Book, now_ms: int) -> _Judged:
    record = derive(facts)
    if record is None or record.state != "ended":
        return _Judged(claimed)
    assessment = assess(record, facts, book.standard, book=book.number, marks=book.marks, now_ms=now_ms)
    again_ms = assessment.again_ms
    return _Judged(claimed, assessment, None if again_ms is None else again_ms + AFTER_DEADLINE_MS)
