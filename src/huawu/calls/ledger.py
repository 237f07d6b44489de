"""Facts as rows: which are new, which numbers they get, and what follows for the record of a call."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, func, select

from huawu.calls.callback_rows import callback_row
from huawu.calls.callbacks import Callback
from huawu.calls.facts import Fact
from huawu.calls.kept import Position, position_row
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

KEPT_ENDED_RECORDS = 1_000


class Outstanding(NamedTuple):
    """What people of the centre are to do yet, as it is now."""

    callbacks: Sequence[Callback]
    voicemails: Sequence[Voicemail]


class Progress(NamedTuple):
    """How far a call is on record. `record` is None of a call not seen before.

    `told_seq` is the last number that came with its fact: numbers beyond it may be taken by what other
    processes wrote of a call that is over (its words, say).
    """

    record: CallRecord | None = None
    last_seq: int = 0
    told_seq: int = 0


class Ledger:
    """Writes what it is given in the transaction of its caller, and knows how far each call is on record.

    `write` runs beside the event loop, which meanwhile must not call `keep`; what it returns is kept once the
    transaction is through.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._statements = Statements(is_sqlite=db.is_sqlite)
        self._open: dict[str, Progress] = {}
        self._ended: OrderedDict[str, Progress] = OrderedDict()

    def write(
        self,
        connection: Connection,
        told: Sequence[Fact],
        places: Sequence[Position],
        owed: Outstanding,
        lost: list[tuple[Fact, str]] | None = None,
    ) -> dict[str, Progress]:
        """All facts and places; with `lost`, all that the database can hold, and there the others."""
        before = self._known(connection, told)
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
        known: dict[str, Progress],
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
        self, connection: Connection, told: Sequence[Fact], before: Mapping[str, Progress]
    ) -> dict[str, Progress]:
        """Write the facts and what follows from them; how far each of their calls is then."""
        after: dict[str, Progress] = {}
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
            after[call] = Progress(apply(known.record, fact), fact.seq, told_seq)
        if rows:
            connection.exec_driver_sql(self._statements.facts, rows)
            self._put_records(connection, before, after)
        return after

    def _put_records(
        self, connection: Connection, before: Mapping[str, Progress], after: Mapping[str, Progress]
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

    def _known(self, connection: Connection, told: Sequence[Fact]) -> dict[str, Progress]:
        """How far each call is, from memory where possible; a call's first fact needs no look.

        Of calls that are over, others may have written since, or be about to: their turn comes after ours.
        """
        found: dict[str, Progress] = {}
        unknown: set[str] = set()
        over: dict[str, Progress] = {}
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
                found[row.id] = Progress(decode_record(row.record), row.last_seq, row.last_seq)
        if over:
            for call, last_seq in connection.execute(_LAST_SEQ_OF, {"ids": list(over)}):
                found[call] = over[call]._replace(last_seq=last_seq)
        return found

    def keep(self, progress: Progress) -> None:
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


_NOTHING = Progress()
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
