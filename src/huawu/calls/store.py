"""Calls on record: facts are written in batches, and read back for lists, replay and recovery.

A call must never wait for a disk: `append` only queues. A writer task puts all that is queued into one
transaction at most every 100 ms. While the database is away, facts wait in memory, in order, and are written
when it is back.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict, deque
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import structlog
from sqlalchemy import Connection, bindparam, func, select

from huawu.calls.facts import Fact
from huawu.calls.finding import CallFilter, CallPage, conditions_of
from huawu.calls.kept import Position, position_row
from huawu.calls.record import CallRecord, apply
from huawu.calls.rows import (
    Statements,
    call_row,
    decode_record,
    fact_of,
    fact_row,
    recording_row,
    sound_changed,
)
from huawu.calls.tables import calls, facts
from huawu.platform.database import Database, DatabaseError

log = structlog.get_logger(__name__)

BATCH_S = 0.1
BATCH_FACTS = 5_000
KEPT_FACTS = 200_000
KEPT_ENDED_RECORDS = 1_000
RETRY_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

_decode_facts = msgspec.msgpack.Decoder(list[Fact]).decode


class StoreState(msgspec.Struct, frozen=True, kw_only=True):
    """How writing goes: `retrying` while the database is away (`detail` says why)."""

    state: Literal["writing", "retrying", "stopped"]
    waiting: int
    lost: int = 0
    detail: str = ""


class _Progress(NamedTuple):
    record: CallRecord
    last_seq: int


class CallStore:
    """Call `start` in the event loop first and `close` at the end; in between `append` never blocks or fails.

    `rescue` names a file for the facts which the database would not take until the end; they are written
    at the next start.
    """

    def __init__(self, db: Database, *, rescue: Path | None = None, kept_facts: int = KEPT_FACTS) -> None:
        self._db = db
        self._rescue = rescue
        self._kept_facts = kept_facts
        self._queue: list[Fact] = []
        self._appended = 0
        self._done = 0  # written, or given up
        self._lost = 0
        self._detail = ""
        self._positions: deque[tuple[int, Position]] = deque()
        self._written = Position()
        self._open: dict[str, _Progress] = {}
        self._ended: OrderedDict[str, _Progress] = OrderedDict()
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()
        self._flushes: list[tuple[int, asyncio.Future[None]]] = []
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._statements = Statements(db)

    # ── Writing ───────────────────────────────────────────────────────────────────────────────────

    async def start(self) -> None:
        """Begin to write; takes back what an earlier stop had to rescue."""
        if self._rescue:
            await self._take_back(self._rescue)
        self._task = asyncio.create_task(self._run(), name="call store")

    def append(self, facts: Sequence[Fact], position: Position | None = None) -> None:
        """Queue facts for writing. Beyond `kept_facts` waiting, new ones are dropped, counted and told.

        `position` is that of the event they came from; it is written in the same transaction as the last
        of them, so that a restarted centre is fed each event either before or after, never twice.
        """
        room = self._kept_facts - len(self._queue)
        if room < len(facts):
            if not self._lost:
                log.error("facts dropped: too many wait for the database", waiting=len(self._queue))
            self._lost += len(facts) - max(0, room)
            facts = facts[: max(0, room)]
        self._queue.extend(facts)
        self._appended += len(facts)
        if position is not None:
            if self._positions and self._positions[-1][0] == self._appended:
                self._positions.pop()
            self._positions.append((self._appended, position))
        if facts:
            self._wake.set()

    def written_event(self, switch: str) -> int:
        """The last event of this switch's life whose facts are written; 0 = none yet."""
        return self._written.event if self._written.switch == switch else 0

    async def flush(self) -> None:
        """Return when all facts so far are written; raise the `DatabaseError` of a failed attempt."""
        if self._done >= self._appended:
            return
        future = asyncio.get_running_loop().create_future()
        self._flushes.append((self._appended, future))
        self._hurry.set()
        await future

    async def close(self) -> None:
        """Write what is queued, or rescue it to the file when the database will not take it."""
        self._stopping = True
        self._wake.set()
        self._hurry.set()
        if self._task:
            await self._task
            self._task = None
        if self._queue and self._rescue:
            await asyncio.to_thread(self._rescue.write_bytes, msgspec.msgpack.encode(self._queue))
            log.warning("facts rescued to a file", facts=len(self._queue), path=str(self._rescue))
        elif self._queue:
            log.error("facts lost at the end", facts=len(self._queue), why=self._detail)

    @property
    def state(self) -> StoreState:
        if self._task is None or self._task.done():
            return StoreState(state="stopped", waiting=len(self._queue), lost=self._lost, detail=self._detail)
        state: Literal["writing", "retrying"] = "retrying" if self._detail else "writing"
        return StoreState(state=state, waiting=len(self._queue), lost=self._lost, detail=self._detail)

    async def _take_back(self, rescue: Path) -> None:
        try:
            kept = await asyncio.to_thread(rescue.read_bytes)
        except FileNotFoundError:
            return
        rescued = _decode_facts(kept)
        await self._write_surely(rescued)
        await asyncio.to_thread(rescue.unlink)
        log.info("rescued facts written", facts=len(rescued))

    async def _run(self) -> None:
        failures = 0
        while not (self._stopping and not self._queue):
            await self._wake.wait()
            await self._pause(RETRY_S[min(failures, len(RETRY_S)) - 1] if failures else BATCH_S)
            batch = self._queue[:BATCH_FACTS]
            if not batch:
                continue
            try:
                await self._write_surely(batch, self._position_after(len(batch)))
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
                log.info("facts are written again", waited=len(self._queue), attempts=failures)
            failures, self._detail = 0, ""
            del self._queue[: len(batch)]
            self._done += len(batch)
            while self._positions and self._positions[0][0] <= self._done:
                self._written = self._positions.popleft()[1]
            if not self._queue and not self._stopping:
                self._wake.clear()
            self._settle(None)

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

    def _position_after(self, length: int) -> Position | None:
        """The newest position whose facts are all written once this many more are."""
        reached = None
        for count, position in self._positions:
            if count > self._done + length:
                break
            reached = position
        return reached

    async def _write_surely(self, batch: Sequence[Fact], position: Position | None = None) -> None:
        """Write in one transaction; when the batch itself is at fault, give up only the facts that are."""
        try:
            changed = await self._db.bulk(lambda connection: self._write(connection, batch, position))
        except DatabaseError:
            raise
        except Exception as error:
            if len(batch) == 1:
                self._lost += 1
                fact = batch[0]
                why = f"{type(error).__name__}: {error}"
                log.error("a fact cannot be written", call=fact.call, seq=fact.seq, kind=fact.kind, why=why)
                return
            half = len(batch) // 2
            await self._write_surely(batch[:half])
            await self._write_surely(batch[half:], position)
            return
        for progress in changed.values():
            self._keep(progress)

    def _write(
        self, connection: Connection, batch: Sequence[Fact], position: Position | None
    ) -> dict[str, _Progress]:
        """Runs beside the event loop, which meanwhile changes none of the records."""
        before = self._progress(connection, batch)
        after = dict(before)
        rows = []
        for fact in batch:
            known = after.get(fact.call)
            if known is not None and fact.seq <= known.last_seq:
                continue  # told twice
            fact, row = fact_row(fact)
            rows.append(row)
            after[fact.call] = _Progress(apply(known.record if known else None, fact), fact.seq)
        if rows:
            connection.execute(self._statements.facts, rows)
        changed = [
            progress.record
            for call, progress in after.items()
            if call not in before or before[call].record is not progress.record
        ]
        if changed:
            connection.execute(self._statements.calls, [call_row(record) for record in changed])
        sounds = [
            recording_row(record)
            for record in changed
            if sound_changed(before[record.id].record if record.id in before else None, record)
        ]
        if sounds:
            connection.execute(self._statements.recordings, sounds)
        if position is not None:
            connection.execute(self._statements.kept, [position_row(position)])
        return after

    def _progress(self, connection: Connection, batch: Sequence[Fact]) -> dict[str, _Progress]:
        """How far each call is, from memory where possible; a call's first fact needs no look."""
        found: dict[str, _Progress] = {}
        unknown: set[str] = set()
        new: set[str] = set()
        for fact in batch:
            known = self._open.get(fact.call) or self._ended.get(fact.call)
            if known is not None:
                found[fact.call] = known
            elif fact.seq == 1:
                new.add(fact.call)
            elif fact.call not in new:
                unknown.add(fact.call)
        if unknown:
            for row in connection.execute(_PROGRESS_OF, {"ids": list(unknown)}):
                found[row.id] = _Progress(decode_record(row.record), row.last_seq)
        return found

    def _keep(self, progress: _Progress) -> None:
        record = progress.record
        if record.state != "ended":
            self._open[record.id] = progress
            return
        self._open.pop(record.id, None)
        self._ended[record.id] = progress  # wrap-up and the recording's end come after
        self._ended.move_to_end(record.id)
        if len(self._ended) > KEPT_ENDED_RECORDS:
            self._ended.popitem(last=False)

    # ── Reading ───────────────────────────────────────────────────────────────────────────────────

    async def get(self, call: str) -> CallRecord | None:
        """A call's record as written (up to 100 ms old)."""
        async with self._db.read() as connection:
            text = (await connection.execute(select(calls.c.record).where(calls.c.id == call))).scalar()
        return None if text is None else decode_record(text)

    async def facts(self, call: str) -> list[Fact]:
        """A call's timeline in order; empty for an unknown call."""
        statement = select(facts).where(facts.c.call == call).order_by(facts.c.seq)
        async with self._db.read() as connection:
            return [fact_of(row) for row in await connection.execute(statement)]

    async def open_calls(self) -> list[tuple[CallRecord, list[Fact]]]:
        """Calls without an end and their facts, oldest first: what a restarted centre takes up or closes."""
        unfinished = select(calls.c.id).where(calls.c.outcome == "")
        async with self._db.read() as connection:
            records = await connection.execute(
                select(calls.c.record).where(calls.c.outcome == "").order_by(calls.c.began_ms, calls.c.id)
            )
            timeline: dict[str, tuple[CallRecord, list[Fact]]] = {
                record.id: (record, []) for record in map(decode_record, records.scalars())
            }
            rows = select(facts).where(facts.c.call.in_(unfinished)).order_by(facts.c.call, facts.c.seq)
            for row in await connection.execute(rows):
                timeline[row.call][1].append(fact_of(row))
        return list(timeline.values())

    async def find(self, wanted: CallFilter, *, limit: int = 50, cursor: str | None = None) -> CallPage:
        """A page of calls, newest first. Raises `BadCursor`."""
        statement = (
            select(calls.c.record)
            .where(*conditions_of(wanted, cursor))
            .order_by(calls.c.began_ms.desc(), calls.c.id.desc())
            .limit(limit + 1)
        )
        async with self._db.read() as connection:
            found = [decode_record(text) for text in (await connection.execute(statement)).scalars()]
        more = len(found) > limit
        page = found[:limit]
        return CallPage(calls=page, next=f"{page[-1].began_ms}.{page[-1].id}" if more else None)


_PROGRESS_OF = select(
    calls.c.id,
    calls.c.record,
    select(func.max(facts.c.seq)).where(facts.c.call == calls.c.id).scalar_subquery().label("last_seq"),
).where(calls.c.id.in_(bindparam("ids", expanding=True)))
