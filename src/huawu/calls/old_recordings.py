"""Recordings are deleted once the centre has kept them as long as its configuration says.

Personal data is kept no longer than needed (PIPL art. 19, GDPR art. 5 (1) e), and disks fill. What is on
record of a call stays, its words too; only its sound goes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import structlog
from sqlalchemy import select

from huawu.calls.record import CallRecord
from huawu.calls.recordings import FOLDERS
from huawu.calls.tables import recordings
from huawu.calls.voicemail_rows import unfinished_paths
from huawu.config.schema import Configuration
from huawu.platform.clock import Clock
from huawu.platform.database import Database, DatabaseError

log = structlog.get_logger(__name__)

LOOK_S: Final = 3_600.0
AT_ONCE: Final = 500
LONGEST_SHUT: Final = timedelta(days=30)
"""Where a machine's clock is set years ahead, everything seems old: see `is_clock_likely`."""


class Keeping(msgspec.Struct, frozen=True, kw_only=True):
    """How long recordings are kept, in whole days of the centre's time; 0 = for ever."""

    days: int
    zone: ZoneInfo

    @classmethod
    def of(cls, configuration: Configuration) -> Keeping:
        zone = ZoneInfo(configuration.company.time_zone)
        return cls(days=configuration.recordings.keep_days, zone=zone)

    def first_day(self, now_ms: int) -> date:
        """The earliest day whose recordings are kept now."""
        return self.day(now_ms) - timedelta(days=self.days) if self.days else date.min

    def day(self, at_ms: int) -> date:
        return datetime.fromtimestamp(at_ms / 1000, self.zone).date()


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """What one look took away of the days earlier than `before`, in bytes; `needed`: left for a while."""

    before: date
    files: int = 0
    size: int = 0
    needed: int = 0


class OldRecordings:
    """Looks once an hour. A recording that is still worked with stays until that is done."""

    def __init__(
        self,
        db: Database,
        data: Path,
        clock: Clock,
        *,
        configuration: Callable[[], Configuration],
        needed: Callable[[], Awaitable[frozenset[str]]],
        told: Callable[[Deleted], Awaitable[None]],
    ) -> None:
        """`needed`: the calls whose sound somebody still works with; `told` of each look that took some."""
        self._db = db
        self._data = data
        self._clock = clock
        self._configuration = configuration
        self._needed = needed
        self._told = told

    async def run(self) -> None:
        """For good; the database may go away meanwhile."""
        while True:
            with contextlib.suppress(DatabaseError):
                await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> Deleted | None:
        """Delete what is too old now; None where nothing was to be done."""
        keeping, now_ms = Keeping.of(self._configuration()), self._clock.now_ms()
        before = keeping.first_day(now_ms)
        days = await asyncio.to_thread(self._days)
        old = [path for day, path in days if day < before]
        if not old:
            return None
        if not is_clock_likely([day for day, _ in days], keeping.day(now_ms)):
            log.warning("no recordings deleted: is the clock set ahead of them?", before=str(before))
            return None
        needed = await self._paths_of(await self._needed())
        deleted = await asyncio.to_thread(self._delete, before, old, needed)
        if deleted.files:
            log.info("recordings deleted", **msgspec.to_builtins(deleted))
            await self._told(deleted)
        return deleted

    def _days(self) -> list[tuple[date, Path]]:
        return [each for folder in FOLDERS for each in days_of(self._data / folder)]

    async def _paths_of(self, calls: frozenset[str]) -> set[Path]:
        """The files of these calls, and of messages that nobody has dealt with yet."""
        wanted = sorted(calls)
        async with self._db.read() as connection:
            paths = set((await connection.execute(unfinished_paths())).scalars())
            for start in range(0, len(wanted), AT_ONCE):
                of_these = recordings.c.call.in_(wanted[start : start + AT_ONCE])
                paths |= set((await connection.execute(select(recordings.c.path).where(of_these))).scalars())
        return {self._data / path for path in paths}

    def _delete(self, before: date, old: Sequence[Path], needed: set[Path]) -> Deleted:
        files = size = left = 0
        for day in old:
            for file in day.glob("*.wav"):
                if file in needed:
                    left += 1
                    continue
                try:
                    length = file.stat().st_size
                    file.unlink()
                except OSError as error:
                    log.warning("recording not deleted", path=str(file), why=str(error))
                else:
                    files, size = files + 1, size + length
            _remove_empty(day)
        return Deleted(before=before, files=files, size=size, needed=left)


def days_of(folder: Path) -> Iterator[tuple[date, Path]]:
    """The folders `YYYY/MM/DD` below, each with its day."""
    for path in sorted(folder.glob("[0-9]*/[0-9]*/[0-9]*")):
        with contextlib.suppress(ValueError):
            yield date(*(int(part) for part in path.parts[-3:])), path


def is_clock_likely(days: Sequence[date], today: date) -> bool:
    """Whether any recording is of late: a clock set years ahead would make all of them old."""
    return any(timedelta(0) < today - day <= LONGEST_SHUT for day in days)


async def as_kept(
    records: Sequence[CallRecord], keeping: Keeping, now_ms: int, data: Path
) -> list[CallRecord]:
    """The records, those whose sound was deleted with the state `deleted`."""
    before = keeping.first_day(now_ms)

    def look(record: CallRecord) -> CallRecord:
        sound = record.recording
        if sound is None or keeping.day(record.recording_began_ms) >= before:
            return record
        if (data / record.recording_path).is_file():
            return record
        return msgspec.structs.replace(record, recording=msgspec.structs.replace(sound, state="deleted"))

    if not keeping.days:
        return list(records)
    return await asyncio.to_thread(lambda: [look(record) for record in records])


def _remove_empty(day: Path) -> None:
    """A day without recordings, and what is empty above it."""
    for folder in (day, day.parent, day.parent.parent):
        try:
            folder.rmdir()
        except OSError:
            return
