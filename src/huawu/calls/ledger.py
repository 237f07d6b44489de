"""Facts as rows: which are new, which numbers they get, and what follows for the record of a call."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.exc import IntegrityError

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
    recording_rows,
    same_head,
)
from huawu.calls.survey_rows import survey_row
from huawu.calls.tables import calls, facts
from huawu.calls.voicemail_rows import voicemail_row
from huawu.calls.voicemails import Voicemail
from huawu.platform.database import Database, DatabaseError, already_there

KEPT_ENDED_RECORDS = 1_000


class Outstanding(NamedTuple):
    """What people of the centre are to do yet, as it is now."""

    callbacks: Sequence[Callback]
    voicemails: Sequence[Voicemail]


class NumberTaken(Exception):
    """Another process has written to one of these calls since this one looked: nothing may be kept of the
    transaction, and the next one has to look."""


class Progress(NamedTuple):
    """How far a call is on record. `record` is None of a call not seen before.

    `told_seq` is the last number that came with its fact (0 = none did, to this process): numbers beyond it
    may be taken by what other processes wrote. `beside` are facts on record of which it is not known whose
    they are: what is told may be among them.
    """

    record: CallRecord | None = None
    last_seq: int = 0
    told_seq: int = 0
    beside: tuple[Row, ...] = ()


class Ledger:
    """Writes what it is given in the transaction of its caller, and knows how far each call is on record.

    A fact takes its place by being there first: numbers are given from memory, and the database refuses one
    that is taken. Then, and after a transaction of which it is not known whether it was kept, `write` is to
    be called anew and `look`: it holds the calls, reads how far they are, puts what is new behind what others
    wrote, and leaves out what is there already.

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
        *,
        look: bool = False,
    ) -> dict[str, Progress]:
        """All facts and places; with `lost` all that the database can hold, and there the others: that looks.

        Raises `NumberTaken`.
        """
        look = look or lost is not None
        before = self._looked_up(connection, told) if look else self._known(connection, told)
        if lost is None:
            after = self._put(connection, told, before, look=look)
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
                after = self._put(connection, told, known, look=True)
            known.update(after)
        except (DatabaseError, NumberTaken):
            raise
        except Exception as error:
            if len(told) == 1:
                lost.append((told[0], f"{type(error).__name__}: {error}"))
                return
            half = len(told) // 2
            self._salvage(connection, told[:half], known, lost)
            self._salvage(connection, told[half:], known, lost)

    def _put(
        self, connection: Connection, told: Sequence[Fact], before: Mapping[str, Progress], *, look: bool
    ) -> dict[str, Progress]:
        """Write the facts and what follows from them; how far each of their calls is then.

        Records come first, and both in the order of their calls: so whoever has to wait for another process
        holds nothing that the other waits for.
        """
        after: dict[str, Progress] = {}
        rows: list[Row] = []
        for fact in told:
            call = fact.call
            known = after.get(call) or before.get(call) or _NOTHING
            told_seq = fact.seq or known.told_seq
            if fact.seq <= known.last_seq:  # it has no number, or it was told before, or another took it
                if fact.seq and fact.seq <= known.told_seq:
                    continue  # told twice
                if not fact.seq and known.record is None:
                    continue  # the call is no longer on record
                if fact.seq and not known.told_seq and not look:
                    raise NumberTaken
                fact = msgspec.structs.replace(fact, seq=known.last_seq + 1)
            fact, row = fact_row(fact)
            if known.beside and (rest := _without(known.beside, row)) is not None:
                after[call] = known._replace(told_seq=told_seq, beside=rest)
                continue  # on record already
            rows.append(row)
            after[call] = Progress(apply(known.record, fact), fact.seq, told_seq, known.beside)
        if rows:
            self._put_records(connection, before, after)
            if not self._db.is_sqlite:  # there writers take turns as it is
                rows.sort(key=_call_of_a_fact)
            self._put_facts(connection, rows)
        return after

    def _put_facts(self, connection: Connection, rows: list[Row]) -> None:
        try:
            connection.exec_driver_sql(self._statements.facts, rows)
        except IntegrityError as error:
            if already_there(error):
                raise NumberTaken from error
            raise

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
            sounds += recording_rows(earlier, record)
            earlier_agents += earlier_agents_rows(earlier, record)
            if record.survey is not None and (earlier is None or record.survey != earlier.survey):
                scores.append(survey_row(record))
        if not self._db.is_sqlite:
            changed.sort(key=_call_of_a_record)
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
                found[row.id] = Progress(decode_record(row.record), row.last_seq or 0)
        if over:
            for call, last_seq in connection.execute(_LAST_SEQ_OF, {"ids": list(over)}):
                found[call] = over[call]._replace(last_seq=last_seq)
        return found

    def _looked_up(self, connection: Connection, told: Sequence[Fact]) -> dict[str, Progress]:
        """How far each call is, from the database alone; others wait until it is told."""
        ids = sorted({fact.call for fact in told})
        if not self._db.is_sqlite:
            connection.execute(_HOLD_CALLS, {"ids": ids})
        found: dict[str, Progress] = {}
        settled: dict[str, int] = {}
        for row in connection.execute(_PROGRESS_OF, {"ids": ids}):
            known = self._open.get(row.id) or self._ended.get(row.id) or _NOTHING
            settled[row.id] = known.last_seq
            found[row.id] = Progress(decode_record(row.record), row.last_seq or 0, known.told_seq)
        beside: dict[str, list[Row]] = {}
        for fact in connection.execute(_FACTS_OF, {"ids": ids}):
            if fact.seq > settled.get(fact.call, 0):
                beside.setdefault(fact.call, []).append(tuple(fact))
        return {call: known._replace(beside=tuple(beside.get(call, ()))) for call, known in found.items()}

    def keep(self, progress: Progress) -> None:
        record = progress.record
        if record is None or not progress.told_seq:
            return  # told of by another process, which may write to it at any time
        if progress.beside:
            progress = progress._replace(beside=())
        if record.state != "ended":
            self._open[record.id] = progress
            return
        self._open.pop(record.id, None)
        self._ended[record.id] = progress  # wrap-up and the recording's end come after
        self._ended.move_to_end(record.id)
        if len(self._ended) > KEPT_ENDED_RECORDS:
            self._ended.popitem(last=False)


def _without(beside: tuple[Row, ...], row: Row) -> tuple[Row, ...] | None:
    """What is beside but this fact, whatever its number; None: it is not there."""
    for index, (call, _seq, *said) in enumerate(beside):
        if call == row[0] and said == list(row[2:]):
            return beside[:index] + beside[index + 1 :]
    return None


_NOTHING = Progress()
_call_of_a_fact, _call_of_a_record = itemgetter(0), itemgetter(-1)
_HOLD_CALLS = (
    select(calls.c.id)
    .where(calls.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(calls.c.id.collate("C"))
    .with_for_update()
)
"""Lets one centre at a time number what it adds to these calls. On SQLite writers take turns as it is."""
_FACTS_OF = (
    select(facts.c.call, facts.c.seq, facts.c.at_ms, facts.c.kind, facts.c.party, facts.c.fields)
    .where(facts.c.call.in_(bindparam("ids", expanding=True)))
    .order_by(facts.c.call, facts.c.seq)
)
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
