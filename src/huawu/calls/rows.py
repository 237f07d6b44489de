"""How facts and records become rows and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Table, TextClause, bindparam, text

from huawu.calls.facts import Fact
from huawu.calls.kept import put_statement
from huawu.calls.record import CallRecord
from huawu.calls.tables import calls, facts, recordings
from huawu.platform.database import Database

decode_record = msgspec.json.Decoder(CallRecord).decode
_decode_fields = msgspec.json.Decoder(dict[str, Any]).decode


class Statements:
    """The writes, as text that is compiled once: SQLAlchemy builds an INSERT … ON CONFLICT anew each time."""

    def __init__(self, db: Database) -> None:
        self.facts = _put(facts, "NOTHING")
        self.calls = _put(calls, _update(column.name for column in calls.c if column.name != "id"))
        self.recordings = _put(recordings, _update(("length_ms", "size", "state")))
        self.kept = put_statement(db)


def _put(table: Table, on_conflict: str) -> TextClause:
    names = [column.name for column in table.c]
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(f":{name}" for name in names)
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
    words = f"INSERT INTO {table.name} ({columns}) VALUES ({values}) ON CONFLICT ({keys}) DO {on_conflict}"
    return text(words).bindparams(*(bindparam(column.name, type_=column.type) for column in table.c))


def _update(names: Iterable[str]) -> str:
    return "UPDATE SET " + ", ".join(f'"{name}" = excluded."{name}"' for name in names)


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


def fact_row(fact: Fact) -> tuple[Fact, dict[str, object]]:
    """The fact as it is stored, and its row."""
    fact, encoded = _storable(fact)
    row: dict[str, object] = {
        "call": fact.call,
        "seq": fact.seq,
        "at_ms": fact.at_ms,
        "kind": fact.kind,
        "party": fact.party,
        "fields": encoded,
    }
    return fact, row


def _storable(fact: Fact) -> tuple[Fact, str]:
    """The fact, and its fields as JSON; what a database cannot hold (NUL, broken Unicode) is replaced."""
    try:
        encoded = msgspec.json.encode(fact.fields).decode()
        if "\\u0000" not in encoded:
            return fact, encoded
    except (UnicodeEncodeError, TypeError):
        pass
    fact = msgspec.structs.replace(fact, fields=_clean(fact.fields))
    return fact, msgspec.json.encode(fact.fields).decode()


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


def call_row(record: CallRecord) -> dict[str, object]:
    return {
        "id": record.id,
        "began_ms": record.began_ms,
        "caller": record.caller[:64],
        "number": record.number[:64],
        "agent": record.agent[:64],
        "queue": record.queue[:64],
        "state": record.state,
        "outcome": record.outcome or "",
        "record": msgspec.json.encode(record).decode(),
    }


def recording_row(record: CallRecord) -> dict[str, object]:
    assert record.recording is not None
    return {
        "id": record.recording_id[:64],
        "call": record.id,
        "path": record.recording_path,
        "began_ms": record.recording_began_ms,
        "length_ms": record.recording.length_ms,
        "size": record.recording.size,
        "state": record.recording.state,
    }


def sound_changed(before: CallRecord | None, after: CallRecord) -> bool:
    if after.recording is None:
        return False
    return before is None or (before.recording, before.recording_id) != (after.recording, after.recording_id)
