"""Which recordings are to be heard: of every call that has ended, once."""

from __future__ import annotations

from typing import Any, Final, Literal

from sqlalchemy import func, select

from huawu.calls.record import CallRecord
from huawu.calls.rows import decode_record
from huawu.calls.tables import calls, recordings
from huawu.platform.database import Database
from huawu.speech.backlog import Backlog, Wanted
from huawu.speech.tables import hearings

BACK_MS: Final = 7 * 86_400_000
"""How far back a first worker goes."""
LONGEST_MS: Final = 6 * 3_600_000
"""A recording that began longer ago than this before the newest known one is over, or will be found later."""
AT_ONCE: Final = 200
SHORTEST_MS: Final = 500
_HEARABLE: Final = ("complete", "partial")


Unheard = Literal[
    "under_way", "not_recorded", "recording_failed", "recording_short", "no_recogniser", "before_recogniser"
]
"""Why nobody is to hear a call; `before_recogniser`: it is older than what a first worker takes up."""


async def why_unheard(db: Database, record: CallRecord, now_ms: int) -> Unheard | None:
    """Of a call that is not in line to be heard: why not; None = it will be in a moment."""
    sound = record.recording
    if record.ended_ms is None:
        return "under_way"
    if sound is None:
        return "not_recorded"
    if sound.state == "failed":
        return "recording_failed"
    if sound.state in _HEARABLE and sound.length_ms < SHORTEST_MS:
        return "recording_short"
    if not (await Backlog(db).summary(now_ms)).workers:
        return "no_recogniser"
    async with db.read() as connection:
        since_ms = (await connection.execute(select(_since(now_ms)))).scalar_one()
    return "before_recogniser" if record.recording_began_ms < since_ms else None


def _since(now_ms: int) -> Any:
    newest = select(func.max(hearings.c.zero_ms)).scalar_subquery()
    return func.coalesce(newest - LONGEST_MS, now_ms - BACK_MS)


async def newly_recorded(db: Database, now_ms: int) -> list[Wanted]:
    """Recordings that are over and not put down yet, oldest first; of a call the one that it shows."""
    since = _since(now_ms)
    there = select(hearings.c.call).where(hearings.c.call == recordings.c.call).exists()
    statement = (
        select(recordings, calls.c.record)
        .join(calls, calls.c.id == recordings.c.call)
        .where(
            recordings.c.began_ms >= since,
            recordings.c.state.in_(_HEARABLE),
            recordings.c.length_ms >= SHORTEST_MS,
            calls.c.outcome != "",
            ~there,
        )
        .order_by(recordings.c.began_ms)
        .limit(AT_ONCE)
    )
    async with db.read() as connection:
        rows = (await connection.execute(statement)).all()
    found: list[Wanted] = []
    for row in rows:
        record = decode_record(row.record)
        if row.id != record.recording_id[:64]:
            continue
        wanted = Wanted(
            call=row.call,
            recording=row.id,
            path=row.path,
            zero_ms=row.began_ms,
            language=record.language[:16],
            audio_ms=row.length_ms,
        )
        found.append(wanted)
    return found
