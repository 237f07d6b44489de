"""How facts and records become rows and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from huawu.calls import survey_rows, voicemail_rows
from huawu.calls.callback_rows import CHANGING, COLUMNS
from huawu.calls.facts import Fact
from huawu.calls.record import CallRecord
from huawu.calls.recorded import Recorded, recordings_in

_encode = msgspec.json.Encoder().encode
decode_record = msgspec.json.Decoder(CallRecord).decode
_decode_fields = msgspec.json.Decoder(dict[str, Any]).decode


_COLUMNS_OF_A_FACT = ("call", "seq", "at_ms", "kind", "party", "fields")
_COLUMNS_OF_A_CALL = ("id", "began_ms", "caller", "number", "agent", "queue", "state", "outcome", "record")
_COLUMNS_OF_A_RECORDING = ("id", "call", "path", "began_ms", "length_ms", "size", "state")

Row = tuple[object, ...]


class Statements:
    """The writes as plain SQL for the driver's `executemany`, which costs a tenth of SQLAlchemy's way.

    Rows are tuples in the order of the columns above. SQLite marks a parameter with `?`, asyncpg with `$1`.
    """

    def __init__(self, *, is_sqlite: bool) -> None:
        self._is_sqlite = is_sqlite
        self.facts = self._insert("facts", _COLUMNS_OF_A_FACT)
        """Fails when a number is taken."""
        self.new_calls = self._insert("calls", _COLUMNS_OF_A_CALL, _replaced("id", _COLUMNS_OF_A_CALL))
        self.calls = self._known_calls()
        self.recordings = self._insert(
            "recordings", _COLUMNS_OF_A_RECORDING, _replaced("id", ("length_ms", "size", "state"))
        )
        self.earlier_agents = self._insert("call_agents", ("call", "agent"), "(call, agent) DO NOTHING")
        self.callbacks = self._insert("callbacks", COLUMNS, _replaced("id", CHANGING))
        self.voicemails = self._insert("voicemails", voicemail_rows.COLUMNS, voicemail_rows.ON_CONFLICT)
        self.surveys = self._insert("surveys", survey_rows.COLUMNS, _replaced("call", survey_rows.CHANGING))
        self.kept = self._insert("kept", ("name", "value"), _replaced("name", ("value",)))

    def _insert(self, table: str, columns: tuple[str, ...], on_conflict: str = "") -> str:
        names = ", ".join(f'"{name}"' for name in columns)
        values = ", ".join(map(self._mark, range(1, len(columns) + 1)))
        otherwise = f" ON CONFLICT {on_conflict}" if on_conflict else ""
        return f"INSERT INTO {table} ({names}) VALUES ({values}){otherwise}"

    def _known_calls(self) -> str:
        """SQLite writes every index anew whose columns are named here, changed or not."""
        mark = self._mark
        return (
            f"UPDATE calls SET agent = {mark(1)}, queue = {mark(2)}, state = {mark(3)}, "
            f"outcome = {mark(4)}, record = {mark(5)} WHERE id = {mark(6)}"
        )

    def _mark(self, number: int) -> str:
        return "?" if self._is_sqlite else f"${number}"


def _replaced(key: str, columns: Iterable[str]) -> str:
    changes = ", ".join(f'"{name}" = excluded."{name}"' for name in columns if name != key)
    return f"({key}) DO UPDATE SET {changes}"


def fact_of(row: Any) -> Fact:
    """A stored row as the fact it was."""
    return Fact(
        call=row.call,
        seq=row.seq,
        at_ms=row.at_ms,
        kind=row.kind,
        party=row.party,
        fields=_decode_fields(row.fields),
    )


def fact_row(fact: Fact) -> tuple[Fact, Row]:
    """The fact as it is stored, and its row."""
    fact, encoded = _storable(fact)
    return fact, (fact.call, fact.seq, fact.at_ms, fact.kind, fact.party, encoded)


def _storable(fact: Fact) -> tuple[Fact, str]:
    """The fact, and its fields as JSON; what a database cannot hold (NUL, broken Unicode) is replaced."""
    try:
        encoded = _encode(fact.fields).decode()
        if "\\u0000" not in encoded:
            return fact, encoded
    except (UnicodeEncodeError, TypeError):
        pass
    fact = msgspec.structs.replace(fact, fields=_clean(fact.fields))
    return fact, _encode(fact.fields).decode()


def _clean(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-8", "replace").decode().replace("\x00", "�")
        case dict():
            return {_clean(str(name)): _clean(one) for name, one in value.items()}
        case list() | tuple():
            return [_clean(one) for one in value]
        case bool() | int() | float() | None:
            return value
        case _:
            return _clean(str(value))


def new_call_row(record: CallRecord) -> Row:
    """For `Statements.new_calls`."""
    head = (record.id, record.began_ms, record.caller[:64], record.number[:64])
    return head + call_row(record)[:-1]


def call_row(record: CallRecord) -> Row:
    """For `Statements.calls`: what may change while a call goes on."""
    return (
        record.agent[:64],
        record.queue[:64],
        record.state,
        record.outcome or "",
        _encode(record).decode(),
        record.id,
    )


def same_head(before: CallRecord, after: CallRecord) -> bool:
    """Whether what `call_row` leaves out is as it was."""
    return (before.caller, before.number, before.began_ms) == (after.caller, after.number, after.began_ms)


def earlier_agents_rows(before: CallRecord | None, after: CallRecord) -> list[Row]:
    """For `Statements.earlier_agents`; none of an ordinary call."""
    known = _others(before) if before is not None else set()
    return [(after.id, agent[:64]) for agent in sorted(_others(after) - known)]


def _others(record: CallRecord) -> set[str]:
    """Whose call it was, or is, beside `agent`'s."""
    return {record.dialled_by, *record.earlier_agents} - {"", record.agent}


def recording_rows(before: CallRecord | None, after: CallRecord) -> list[Row]:
    """For `Statements.recordings`: of those of the call that are new or changed."""
    known = () if before is None else recordings_in(before)
    return [_recording_row(after.id, one) for one in recordings_in(after) if one not in known]


def _recording_row(call: str, one: Recorded) -> Row:
    sound = one.sound
    return (one.id[:64], call, one.path, one.began_ms, sound.length_ms, sound.size, sound.state)
