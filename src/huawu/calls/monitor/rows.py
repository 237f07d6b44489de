"""Lost callers and what leaders set, in the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from sqlalchemy import delete, select, tuple_

from huawu.calls.callback_rows import callbacks
from huawu.calls.callbacks import Callback
from huawu.calls.monitor.lost import NEVER_REACHED, digits_of
from huawu.calls.monitor.tables import lost_calls, steering
from huawu.calls.monitor.views import LostCall
from huawu.calls.record import CallRecord
from huawu.calls.rows import decode_record
from huawu.calls.steering import AnyRuling, Kind, Steering
from huawu.calls.tables import calls
from huawu.platform.database import Database

MOST_LOST: Final = 1_000
"""So many of the day's newest are looked at after a restart."""
_encode = msgspec.json.Encoder().encode
_ruling = msgspec.json.Decoder(AnyRuling).decode
_lost = msgspec.json.Decoder(LostCall).decode
_callback = msgspec.json.Decoder(Callback).decode


class LostRecord:
    """The day's lost calls as the records tell of them, and what people did about them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        put = db.insert(lost_calls)
        self._put = put.on_conflict_do_update(
            index_elements=["call"], set_={name: put.excluded[name] for name in ("at_ms", "record")}
        )

    async def of_day(self, since_ms: int, given_up: Sequence[Callback] = ()) -> list[CallRecord | Callback]:
        """Calls that were abandoned, and later ones in which these numbers talked, in order of time.

        Among them, at their end, stand the callbacks that were `given_up`.
        """
        gave_up = (
            select(calls.c.record)
            .where(calls.c.outcome == "abandoned", calls.c.began_ms >= since_ms)
            .order_by(calls.c.began_ms.desc())
            .limit(MOST_LOST)
        )
        async with self._db.read() as connection:
            found = [decode_record(text) for text in (await connection.execute(gave_up)).scalars()]
            tried = {digits_of(callback.number)[-7:] for callback in given_up}
            numbers = {digits_of(record.caller)[-7:] for record in found} | tried
            numbers -= {""}
            if not numbers:
                return list(found[::-1])
            first_ms = min([*(record.began_ms for record in found), *map(_when, given_up)])
            talked = select(calls.c.id, calls.c.caller, calls.c.number).where(
                calls.c.outcome.in_(("answered", "")), calls.c.began_ms >= first_ms
            )
            wanted = [
                row.id
                for row in await connection.execute(talked)
                if digits_of(row.caller)[-7:] in numbers or digits_of(row.number)[-7:] in numbers
            ]
            for first in range(0, len(wanted), 500):
                some = select(calls.c.record).where(calls.c.id.in_(wanted[first : first + 500]))
                found += [decode_record(text) for text in (await connection.execute(some)).scalars()]
        return sorted([*found, *given_up], key=_when)

    async def given_up(self, since_ms: int) -> list[Callback]:
        """Callbacks that came to nothing since then, in order."""
        statement = (
            select(callbacks.c.record)
            .where(callbacks.c.ended_ms >= since_ms, callbacks.c.state.in_(sorted(NEVER_REACHED)))
            .order_by(callbacks.c.ended_ms.desc())
            .limit(MOST_LOST)
        )
        async with self._db.read() as connection:
            return [_callback(text) for text in (await connection.execute(statement)).scalars()][::-1]

    async def acts(self, since_ms: int) -> list[LostCall]:
        """What people did since then, in order."""
        statement = (
            select(lost_calls.c.record).where(lost_calls.c.at_ms >= since_ms).order_by(lost_calls.c.at_ms)
        )
        async with self._db.read() as connection:
            return [_lost(text) for text in (await connection.execute(statement)).scalars()]

    async def callbacks(self, wanted: Iterable[str]) -> list[Callback]:
        """These callbacks as they stand."""
        statement = select(callbacks.c.record).where(callbacks.c.id.in_(list(wanted)))
        async with self._db.read() as connection:
            return [_callback(text) for text in (await connection.execute(statement)).scalars()]

    async def put(self, lost: LostCall, at_ms: int) -> None:
        """Somebody did something about it."""
        row = {"call": lost.call, "at_ms": at_ms, "record": _encode(lost).decode()}
        async with self._db.begin() as connection:
            await connection.execute(self._put, [row])
            await connection.execute(delete(lost_calls).where(lost_calls.c.at_ms < at_ms - 7 * 86_400_000))


def _when(record: CallRecord | Callback) -> int:
    """When it was lost, or the two began to talk."""
    if isinstance(record, Callback):
        return record.ended_ms or 0
    return record.bridged_ms or record.ended_ms or record.began_ms


class SteeringRecord:
    """What leaders set, kept for the next life."""

    def __init__(self, db: Database) -> None:
        self._db = db
        put = db.insert(steering)
        self._put = put.on_conflict_do_update(
            index_elements=["kind", "subject"],
            set_={name: put.excluded[name] for name in ("at_ms", "record")},
        )

    async def all(self) -> Steering:
        """What held when the last life ended."""
        async with self._db.read() as connection:
            rows = await connection.execute(select(steering.c.record))
            return Steering.of(_ruling(text) for text in rows.scalars())

    async def put(self, ruling: AnyRuling) -> None:
        kind, subject = ruling.key
        row = {"kind": kind, "subject": subject, "at_ms": ruling.at_ms, "record": _encode(ruling).decode()}
        async with self._db.begin() as connection:
            await connection.execute(self._put, [row])

    async def remove(self, keys: Iterable[tuple[Kind, str]]) -> None:
        wanted = tuple_(steering.c.kind, steering.c.subject).in_(list(keys))
        async with self._db.begin() as connection:
            await connection.execute(delete(steering).where(wanted))
