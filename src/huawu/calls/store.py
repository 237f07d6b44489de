"""Calls on record: facts are written in batches; how they are read back is in `reading.py`, what is
written of them in `ledger.py`.

A call must never wait for a disk: `append` only queues. A writer task puts all that is queued into one
transaction at most every 250 ms. While the database is away, facts wait in memory, in order, and are written
when it is back. Why it is stored as it is, and what it costs: docs/decisions/0004-how-facts-are-stored.md.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec
import structlog
from sqlalchemy import Connection

from huawu.calls.callbacks import Callback
from huawu.calls.facts import Fact
from huawu.calls.kept import Position
from huawu.calls.ledger import Ledger, NumberTaken, Outstanding, Progress
from huawu.calls.portions import (
    Portion,
    Rescued,
    callbacks_of,
    facts_of,
    positions_of,
    voicemails_of,
)
from huawu.calls.reading import CallReader
from huawu.calls.record import CallRecord
from huawu.calls.rescue import FactsLost, Rescue
from huawu.calls.voicemails import Voicemail
from huawu.platform.database import Database, DatabaseBusy, DatabaseError

log = structlog.get_logger(__name__)

BATCH_S = 0.25
BATCH_FACTS = 5_000
KEPT_FACTS = 200_000
LOOKS = 20
"""So often a batch is tried at once when other processes write to its calls at the same instants."""
RETRY_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class StoreState(msgspec.Struct, frozen=True, kw_only=True):
    """How writing goes: `retrying` while the database is away (`detail` says why)."""

    state: Literal["writing", "retrying", "stopped"]
    waiting: int
    lost: int = 0
    detail: str = ""


class CallStore(CallReader):
    """Call `start` in the event loop first and `close` at the end; in between `append` never blocks or fails.

    `rescue` names a file for the facts which the database would not take until the end; they are written
    at the next start, with their place in the link.
    """

    def __init__(self, db: Database, *, rescue: Path | None = None, kept_facts: int = KEPT_FACTS) -> None:
        super().__init__(db)
        self._rescue = Rescue(rescue) if rescue else None
        self._kept_facts = kept_facts
        self._queue: deque[Portion] = deque()
        self._waiting = 0
        self._appended = 0
        self._done = 0  # written, or given up
        self._lost = 0
        self._detail = ""
        self._written: dict[str, Position] = {}  # by link
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()
        self._flushes: list[tuple[int, asyncio.Future[None]]] = []
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._ledger = Ledger(db)
        self._unsure = False  # whether the last transaction was kept: its answer may have been lost
        self.told: Callable[[CallRecord], None] = _unheard
        """Hears each call's record once it is written, as often as it is."""
        self.renumbered: Callable[[str, int], None] = lambda call, last_seq: None
        """Hears of a call whose facts got other numbers than they came with, as others write to it, too: and
        which the last of them has, or will have."""

    # ── Writing ───────────────────────────────────────────────────────────────────────────────────

    async def start(self) -> None:
        """Begin to write; takes back what an earlier stop had to rescue."""
        if self._rescue:
            await self._take_back(self._rescue)
            await asyncio.to_thread(self._rescue.put_room_aside)
        self._task = asyncio.create_task(self._run(), name="call store")

    def append(
        self,
        facts: Sequence[Fact],
        position: Position | None = None,
        callbacks: Sequence[Callback] = (),
        voicemails: Sequence[Voicemail] = (),
    ) -> None:
        """Queue facts for writing. Beyond `kept_facts` waiting, new ones are dropped, counted and told.

        `position` is that of the event they came from; it is written in the same transaction as the last
        of them, so that a restarted centre is fed each event either before or after, never twice. So are
        `callbacks` and `voicemails`, as they are now.
        """
        room = max(0, self._kept_facts - self._waiting)
        if room < len(facts):
            if not self._lost:
                log.error("facts dropped: too many wait for the database", waiting=self._waiting)
            self._lost += len(facts) - room
            facts = facts[:room]
        portion = Portion(tuple(facts), position, tuple(callbacks), tuple(voicemails))
        size = portion.size
        if not size and position is None:
            return
        self._queue.append(portion)
        self._waiting += size
        self._appended += size
        if size:
            self._wake.set()

    def written_event(self, switch: str) -> int:
        """The last event of this switch's life whose facts are written; 0 = none yet."""
        return max((at.event for at in self._written.values() if at.switch == switch), default=0)

    async def flush(self) -> None:
        """Return when all facts so far are written; raise the `DatabaseError` of a failed attempt."""
        if self._done >= self._appended:
            return
        future = asyncio.get_running_loop().create_future()
        self._flushes.append((self._appended, future))
        self._hurry.set()
        await future

    async def close(self) -> None:
        """Write what is queued, or rescue it to the file when the database will not take it.

        Raises `FactsLost` when neither can be.
        """
        self._stopping = True
        self._wake.set()
        self._hurry.set()
        if self._task:
            await self._task
            self._task = None
        if self._waiting and self._rescue:
            rescued = Rescued(
                facts=facts_of(self._queue),
                positions=positions_of(self._queue),
                callbacks=callbacks_of(self._queue),
                voicemails=voicemails_of(self._queue),
            )
            try:
                await asyncio.to_thread(self._rescue.keep, msgspec.msgpack.encode(rescued))
            except OSError as error:
                raise FactsLost(self._waiting, self._rescue.path, error) from error
            log.warning("facts rescued to a file", facts=self._waiting, path=str(self._rescue.path))
        elif self._waiting:
            log.error("facts lost at the end", facts=self._waiting, why=self._detail)

    @property
    def state(self) -> StoreState:
        if self._task is None or self._task.done():
            return StoreState(state="stopped", waiting=self._waiting, lost=self._lost, detail=self._detail)
        state: Literal["writing", "retrying"] = "retrying" if self._detail else "writing"
        return StoreState(state=state, waiting=self._waiting, lost=self._lost, detail=self._detail)

    async def _take_back(self, rescue: Rescue) -> None:
        kept = await asyncio.to_thread(rescue.take)
        if kept is None:
            return
        try:
            rescued = msgspec.msgpack.decode(kept, type=Rescued)
        except msgspec.DecodeError as error:
            aside = await asyncio.to_thread(rescue.put_aside)
            log.error("rescued facts cannot be read; put aside", path=str(aside), why=str(error))
            return
        places = [Portion((), position) for position in rescued.positions]
        portion = Portion(rescued.facts, rescued.position, rescued.callbacks, rescued.voicemails)
        await self._write_surely([portion, *places])
        await asyncio.to_thread(rescue.done)
        log.info("rescued facts written", facts=len(rescued.facts))

    async def _run(self) -> None:
        failures = 0
        while not (self._stopping and not self._waiting):
            await self._wake.wait()
            await self._pause(RETRY_S[min(failures, len(RETRY_S)) - 1] if failures else BATCH_S)
            batch = self._next_batch()
            if not batch:
                continue
            try:
                after = await self._write_surely(batch)
            except DatabaseError as error:
                failures += 1
                if not self._detail:
                    log.error("facts cannot be written and wait in memory", why=str(error))
                self._detail = str(error)
                self._settle(error)
                if self._stopping:
                    return
                continue
            if self._detail:
                log.info("facts are written again", waited=self._waiting, attempts=failures)
            failures, self._detail = 0, ""
            self._take_off(batch)
            self._tell_renumbered(after)
            if not self._waiting and not self._stopping:
                self._wake.clear()
            self._settle(None)

    def _next_batch(self) -> list[Portion]:
        """Whole portions from the front, some `BATCH_FACTS` facts together; none when no fact waits."""
        if not self._waiting:
            return []
        if self._waiting <= BATCH_FACTS:
            return list(self._queue)
        batch, count = [], 0
        for portion in self._queue:
            batch.append(portion)
            count += portion.size
            if count >= BATCH_FACTS:
                break
        return batch

    def _take_off(self, batch: Sequence[Portion]) -> None:
        for _ in batch:
            self._queue.popleft()
        count = sum(portion.size for portion in batch)
        self._waiting -= count
        self._done += count
        self._written.update((position.link, position) for position in positions_of(batch))

    def _tell_renumbered(self, after: Mapping[str, Progress]) -> None:
        """What waits comes behind what is written, with numbers of before or of after."""
        for call, progress in after.items():
            if progress.told_seq and progress.last_seq != progress.told_seq:
                waiting = sum(fact.call == call for fact in facts_of(self._queue))
                self.renumbered(call, progress.last_seq + waiting)

    async def _pause(self, seconds: float) -> None:
        """Let more facts gather, unless somebody waits for them."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._hurry.wait(), seconds)
        self._hurry.clear()
        if self._stopping:
            self._hurry.set()

    def _settle(self, error: DatabaseError | None) -> None:
        waiting, self._flushes = self._flushes, []
        for target, future in waiting:
            if future.done():
                continue
            if error is not None:
                future.set_exception(error)
            elif target <= self._done:
                future.set_result(None)
            else:
                self._flushes.append((target, future))
                self._hurry.set()

    async def _write_surely(self, batch: Sequence[Portion]) -> Mapping[str, Progress]:
        """Write in one transaction; when the batch itself is at fault, give up only the facts that are.

        How far each of its calls is then.
        """
        lost: list[tuple[Fact, str]] = []
        try:
            after = await self._write(batch, None)
        except DatabaseError:
            raise
        except Exception:
            after = await self._write(batch, lost)
        for progress in after.values():
            self._ledger.keep(progress)
            if progress.record is not None:
                self.told(progress.record)
        self._lost += len(lost)
        for fact, why in lost:
            log.error("a fact cannot be written", call=fact.call, seq=fact.seq, kind=fact.kind, why=why)
        return after

    async def _write(
        self, batch: Sequence[Portion], lost: list[tuple[Fact, str]] | None
    ) -> dict[str, Progress]:
        """One transaction; again, as long as others come between with the same calls."""
        told, places = facts_of(batch), positions_of(batch)
        owed = Outstanding(callbacks_of(batch), voicemails_of(batch))
        look, self._unsure = self._unsure, True

        def write(connection: Connection) -> dict[str, Progress]:
            return self._ledger.write(connection, told, places, owed, lost, look=look)

        for _ in range(LOOKS):
            try:
                after = await self._db.bulk(write)
            except NumberTaken:
                look = True
                continue
            self._unsure = False
            return after
        raise DatabaseBusy(self._db.where, "others write to the same calls all the time")


def _unheard(_record: CallRecord) -> None:
    """Nobody wants to know."""
