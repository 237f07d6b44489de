"""Calls on record: facts are written in batches; how they are read back is in `reading.py`.

A call must never wait for a disk: `append` only queues. A writer task puts all that is queued into one
transaction at most every 250 ms. While the database is away, facts wait in memory, in order, and are written
when it is back. Why it is stored as it is, and what it costs: docs/decisions/0004-how-facts-are-stored.md.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import structlog
from sqlalchemy import Connection, bindparam, func, select

from huawu.calls.callback_rows import callback_row
from huawu.calls.callbacks import Callback
from huawu.calls.facts import Fact
from huawu.calls.kept import Position, position_row
from huawu.calls.reading import CallReader
from huawu.calls.record import CallRecord, apply
from huawu.calls.rows import (
    Row,
    Statements,
    call_row,
    decode_record,
    earlier_agents_rows,
    fact_row,
    new_call_row,
    recording_row,
    same_head,
    sound_changed,
)
from huawu.calls.survey_rows import survey_row
from huawu.calls.tables import calls, facts
from huawu.calls.voicemail_rows import voicemail_row
from huawu.calls.voicemails import Voicemail
from huawu.platform.database import Database, DatabaseError

log = structlog.get_logger(__name__)

BATCH_S = 0.25
BATCH_FACTS = 5_000
KEPT_FACTS = 200_000
KEPT_ENDED_RECORDS = 1_000
RETRY_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class StoreState(msgspec.Struct, frozen=True, kw_only=True):
    """How writing goes: `retrying` while the database is away (`detail` says why)."""

    state: Literal["writing", "retrying", "stopped"]
    waiting: int
    lost: int = 0
    detail: str = ""


class _Portion(NamedTuple):
    """What one event brought; written whole or not at all."""

    facts: Sequence[Fact]
    position: Position | None
    callbacks: Sequence[Callback] = ()
    voicemails: Sequence[Voicemail] = ()

    @property
    def size(self) -> int:
        return len(self.facts) + len(self.callbacks) + len(self.voicemails)


class _Owed(NamedTuple):
    """What people of the centre are to do yet, as it is now."""

    callbacks: Sequence[Callback]
    voicemails: Sequence[Voicemail]


class _Progress(NamedTuple):
    """How far a call is on record. `record` is None of a call not seen before.

    `told_seq` is the last number that came with its fact: numbers beyond it may be taken by what other
    processes wrote of a call that is over (its words, say).
    """

    record: CallRecord | None = None
    last_seq: int = 0
    told_seq: int = 0


class _Rescued(msgspec.Struct, frozen=True, kw_only=True):
    """What the database would not take until the end."""

    facts: list[Fact]
    position: Position | None = None  # as it was written when there was one switch only
    callbacks: list[Callback] = []
    positions: list[Position] = []
    voicemails: list[Voicemail] = []


class CallStore(CallReader):
    """Call `start` in the event loop first and `close` at the end; in between `append` never blocks or fails.

    `rescue` names a file for the facts which the database would not take until the end; they are written
    at the next start, with their place in the link.
    """

    def __init__(self, db: Database, *, rescue: Path | None = None, kept_facts: int = KEPT_FACTS) -> None:
        super().__init__(db)
        self._rescue = rescue
        self._kept_facts = kept_facts
        self._queue: deque[_Portion] = deque()
        self._waiting = 0
        self._appended = 0
        self._done = 0  # written, or given up
        self._lost = 0
        self._detail = ""
        self._written: dict[str, Position] = {}  # by link
        self._open: dict[str, _Progress] = {}
        self._ended: OrderedDict[str, _Progress] = OrderedDict()
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()
        self._flushes: list[tuple[int, asyncio.Future[None]]] = []
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._statements = Statements(is_sqlite=db.is_sqlite)
        self.told: Callable[[CallRecord], None] = _unheard
        """Hears each call's record once it is written, as often as it is."""

    # ── Writing ───────────────────────────────────────────────────────────────────────────────────

    async def start(self) -> None:
        """Begin to write; takes back what an earlier stop had to rescue."""
        if self._rescue:
            await self._take_back(self._rescue)
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
        portion = _Portion(tuple(facts), position, tuple(callbacks), tuple(voicemails))
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
        """Write what is queued, or rescue it to the file when the database will not take it."""
        self._stopping = True
        self._wake.set()
        self._hurry.set()
        if self._task:
            await self._task
            self._task = None
        if self._waiting and self._rescue:
            rescued = _Rescued(
                facts=_facts_of(self._queue),
                positions=_positions_of(self._queue),
                callbacks=_callbacks_of(self._queue),
                voicemails=_voicemails_of(self._queue),
            )
            await asyncio.to_thread(self._rescue.write_bytes, msgspec.msgpack.encode(rescued))
            log.warning("facts rescued to a file", facts=self._waiting, path=str(self._rescue))
        elif self._waiting:
            log.error("facts lost at the end", facts=self._waiting, why=self._detail)

    @property
    def state(self) -> StoreState:
        if self._task is None or self._task.done():
            return StoreState(state="stopped", waiting=self._waiting, lost=self._lost, detail=self._detail)
        state: Literal["writing", "retrying"] = "retrying" if self._detail else "writing"
        return StoreState(state=state, waiting=self._waiting, lost=self._lost, detail=self._detail)

    async def _take_back(self, rescue: Path) -> None:
        try:
            kept = await asyncio.to_thread(rescue.read_bytes)
        except FileNotFoundError:
            return
        try:
            rescued = msgspec.msgpack.decode(kept, type=_Rescued)
        except msgspec.DecodeError as error:
            aside = rescue.with_suffix(".unreadable")
            await asyncio.to_thread(rescue.replace, aside)
            log.error("rescued facts cannot be read; put aside", path=str(aside), why=str(error))
            return
        places = [_Portion((), position) for position in rescued.positions]
        portion = _Portion(rescued.facts, rescued.position, rescued.callbacks, rescued.voicemails)
        await self._write_surely([portion, *places])
        await asyncio.to_thread(rescue.unlink)
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
                await self._write_surely(batch)
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
            if not self._waiting and not self._stopping:
                self._wake.clear()
            self._settle(None)

    def _next_batch(self) -> list[_Portion]:
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

    def _take_off(self, batch: Sequence[_Portion]) -> None:
        for _ in batch:
            self._queue.popleft()
        count = sum(portion.size for portion in batch)
        self._waiting -= count
        self._done += count
        self._written.update((position.link, position) for position in _positions_of(batch))

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

    async def _write_surely(self, batch: Sequence[_Portion]) -> None:
        """Write in one transaction; when the batch itself is at fault, give up only the facts that are."""
        told, places = _facts_of(batch), _positions_of(batch)
        owed = _Owed(_callbacks_of(batch), _voicemails_of(batch))
        lost: list[tuple[Fact, str]] = []
        try:
            after = await self._db.bulk(lambda connection: self._write(connection, told, places, owed))
        except DatabaseError:
            raise
        except Exception:
            after = await self._db.bulk(lambda connection: self._write(connection, told, places, owed, lost))
        for progress in after.values():
            self._keep(progress)
            if progress.record is not None:
                self.told(progress.record)
        self._lost += len(lost)
        for fact, why in lost:
            log.error("a fact cannot be written", call=fact.call, seq=fact.seq, kind=fact.kind, why=why)

    # Down to `_keep` this runs beside the event loop, which meanwhile changes none of the records.

    def _write(
        self,
        connection: Connection,
        told: Sequence[Fact],
        places: Sequence[Position],
        owed: _Owed,
        lost: list[tuple[Fact, str]] | None = None,
    ) -> dict[str, _Progress]:
        """All facts and places; with `lost`, all that the database can hold, and there the others."""
        before = self._progress(connection, told)
        if lost is None:
            after = self._put(connection, told, before)
        else:
            lost.clear()
            after = dict(before)
            self._salvage(connection, told, after, lost)
        if owed.callbacks:
            connection.exec_driver_sql(self._statements.callbacks, list(map(callback_row, owed.callbacks)))
        if owed.voicemails:
            rows = list(map(voicemail_row, owed.voicemails))
            connection.exec_driver_sql(self._statements.voicemails, rows)
        if places:
            connection.exec_driver_sql(self._statements.kept, list(map(position_row, places)))
        return after

    def _salvage(
        self,
        connection: Connection,
        told: Sequence[Fact],
        known: dict[str, _Progress],
        lost: list[tuple[Fact, str]],
    ) -> None:
        """Put what can be put, halving until the facts at fault are alone."""
        try:
            with self._db.told_plainly(), connection.begin_nested():
                after = self._put(connection, told, known)
            known.update(after)
        except DatabaseError:
            raise
        except Exception as error:
            if len(told) == 1:
                lost.append((told[0], f"{type(error).__name__}: {error}"))
                return
            half = len(told) // 2
            self._salvage(connection, told[:half], known, lost)
            self._salvage(connection, told[half:], known, lost)

    def _put(
        self, connection: Connection, told: Sequence[Fact], before: Mapping[str, _Progress]
    ) -> dict[str, _Progress]:
        """Write the facts and what follows from them; how far each of their calls is then."""
        after: dict[str, _Progress] = {}
        rows: list[Row] = []
        for fact in told:
            call = fact.call
            known = after.get(call) or before.get(call) or _NOTHING
            if not fact.seq:
                if known.record is None:
                    continue  # the call is no longer on record
                fact = msgspec.structs.replace(fact, seq=known.last_seq + 1)
                told_seq = known.told_seq
            elif fact.seq <= known.told_seq:
                continue  # told twice
            else:
                told_seq = fact.seq
                if fact.seq <= known.last_seq:  # another process took the number
                    fact = msgspec.structs.replace(fact, seq=known.last_seq + 1)
            fact, row = fact_row(fact)
            rows.append(row)
            after[call] = _Progress(apply(known.record, fact), fact.seq, told_seq)
        if rows:
            connection.exec_driver_sql(self._statements.facts, rows)
            self._put_records(connection, before, after)
        return after

    def _put_records(
        self, connection: Connection, before: Mapping[str, _Progress], after: Mapping[str, _Progress]
    ) -> None:
        """Write the calls' rows that show something new."""
        new: list[Row] = []
        changed: list[Row] = []
        sounds: list[Row] = []
        scores: list[Row] = []
        earlier_agents: list[Row] = []
        for call, (record, *_) in after.items():
            earlier = before.get(call, _NOTHING).record
            assert record is not None
            if record is earlier:
                continue
            if earlier is not None and same_head(earlier, record):
                changed.append(call_row(record))
            else:
                new.append(new_call_row(record))
            if sound_changed(earlier, record):
                sounds.append(recording_row(record))
            earlier_agents += earlier_agents_rows(earlier, record)
            if record.survey is not None and (earlier is None or record.survey != earlier.survey):
                scores.append(survey_row(record))
        for statement, rows in (
            (self._statements.new_calls, new),
            (self._statements.calls, changed),
            (self._statements.recordings, sounds),
            (self._statements.surveys, scores),
            (self._statements.earlier_agents, earlier_agents),
        ):
            if rows:
                connection.exec_driver_sql(statement, rows)

    def _progress(self, connection: Connection, told: Sequence[Fact]) -> dict[str, _Progress]:
        """How far each call is, from memory where possible; a call's first fact needs no look.

        Of calls that are over, others may have written since, or be about to: their turn comes after ours.
        """
        found: dict[str, _Progress] = {}
        unknown: set[str] = set()
        over: dict[str, _Progress] = {}
        for fact in told:
            call = fact.call
            if call in found or call in unknown:
                continue
            known = self._open.get(call) or self._ended.get(call)
            if known is not None or fact.seq == 1:
                found[call] = known or _NOTHING
                if call in self._ended:
                    over[call] = found[call]
            else:
                unknown.add(call)
        if (unknown or over) and not self._db.is_sqlite:
            connection.execute(_HOLD_CALLS, {"ids": sorted({*unknown, *over})})
        if unknown:
            for row in connection.execute(_PROGRESS_OF, {"ids": list(unknown)}):
                found[row.id] = _Progress(decode_record(row.record), row.last_seq, row.last_seq)
        if over:
            for call, last_seq in connection.execute(_LAST_SEQ_OF, {"ids": list(over)}):
                found[call] = over[call]._replace(last_seq=last_seq)
        return found

    def _keep(self, progress: _Progress) -> None:
        record = progress.record
        if record is None:
            return
        if record.state != "ended":
            self._open[record.id] = progress
            return
        self._open.pop(record.id, None)
        self._ended[record.id] = progress  # wrap-up and the recording's end come after
        self._ended.move_to_end(record.id)
        if len(self._ended) > KEPT_ENDED_RECORDS:
            self._ended.popitem(last=False)


_NOTHING = _Progress()


def _unheard(_record: CallRecord) -> None:
    """Nobody wants to know."""


def _facts_of(portions: Iterable[_Portion]) -> list[Fact]:
    return [fact for portion in portions for fact in portion.facts]


def _callbacks_of(portions: Iterable[_Portion]) -> list[Callback]:
    """Each as it was last."""
    newest = {callback.id: callback for portion in portions for callback in portion.callbacks}
    return list(newest.values())


def _positions_of(portions: Iterable[_Portion]) -> list[Position]:
    """The newest of their places in each link."""
    newest = {each.position.link: each.position for each in portions if each.position is not None}
    return list(newest.values())


def _voicemails_of(portions: Iterable[_Portion]) -> list[Voicemail]:
    """Each as it was last."""
    newest = {each.id: each for portion in portions for each in portion.voicemails}
    return list(newest.values())


_HOLD_CALLS = (
    select(calls.c.id)
    .where(calls.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(calls.c.id)
    .with_for_update()
)
"""Lets one centre at a time number what it adds to these calls. On SQLite writers take turns as it is."""
_PROGRESS_OF = select(
    calls.c.id,
    calls.c.record,
    select(func.max(facts.c.seq)).where(facts.c.call == calls.c.id).scalar_subquery().label("last_seq"),
).where(calls.c.id.in_(bindparam("ids", expanding=True)))
_LAST_SEQ_OF = (
    select(facts.c.call, func.max(facts.c.seq).label("last_seq"))
    .where(facts.c.call.in_(bindparam("ids", expanding=True)))
    .group_by(facts.c.call)
)
