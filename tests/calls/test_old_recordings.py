"""Recordings are deleted when the centre's days are over, and not a day or a need earlier."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from huawu.calls.old_recordings import Deleted, Keeping, OldRecordings, as_kept
from huawu.calls.record import CallRecord
from huawu.calls.recorded import RecordingView
from huawu.calls.tables import recordings
from huawu.calls.voicemail_rows import voicemail_row, voicemails
from huawu.calls.voicemails import State, Voicemail
from huawu.config.schema import Company, Configuration, Recordings
from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database

NOW = datetime(2026, 7, 1, 0, 30, tzinfo=UTC)  # half past eight in Shanghai
TODAY = date(2026, 7, 1)


class House:
    """A data folder with recordings of some days."""

    def __init__(self, db: Database, data: Path, keep_days: int) -> None:
        self.db = db
        self.data = data
        self.needed: frozenset[str] = frozenset()
        self.told: list[Deleted] = []
        self.clock = VirtualClock(int(NOW.timestamp() * 1000))
        self.configuration = Configuration(
            company=Company(name="示例"), recordings=Recordings(keep_days=keep_days)
        )
        self.old = OldRecordings(
            db,
            data,
            self.clock,
            configuration=lambda: self.configuration,
            needed=self._needed,
            told=self._tell,
        )

    async def _needed(self) -> frozenset[str]:
        return self.needed

    async def _tell(self, deleted: Deleted) -> None:
        self.told.append(deleted)

    async def record(self, days_ago: int, call: str, folder: str = "recordings") -> Path:
        """A recording of a call, on disk and on record."""
        path = f"{folder}/{TODAY - timedelta(days=days_ago):%Y/%m/%d}/{call}.wav"
        file = self.data / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"sound")
        row = {"id": f"{call}.r1", "call": call, "path": path, "began_ms": 0, "length_ms": 1, "size": 5}
        async with self.db.begin() as connection:
            await connection.execute(insert(recordings).values(**row, state="complete"))
        return file


async def test_what_is_older_than_the_centre_keeps_it_goes_with_its_folders(
    db: Database, tmp_path: Path
) -> None:
    house = House(db, tmp_path, keep_days=30)
    kept = [await house.record(days, f"c{days}") for days in (0, 1, 30)]
    gone = [await house.record(days, f"c{days}") for days in (31, 400)]
    deleted = await house.old.look()
    assert deleted == Deleted(before=date(2026, 6, 1), files=2, size=10)
    assert house.told == [deleted]
    assert all(file.exists() for file in kept)
    assert not any(file.exists() for file in gone)
    assert not (tmp_path / "recordings/2025").exists()
    assert await house.old.look() is None


async def test_for_ever_is_the_default(db: Database, tmp_path: Path) -> None:
    house = House(db, tmp_path, keep_days=0)
    await house.record(1, "new")
    file = await house.record(5_000, "c1")
    assert await house.old.look() is None
    assert file.exists()


async def test_what_somebody_still_works_with_stays_until_they_are_done(db: Database, tmp_path: Path) -> None:
    house = House(db, tmp_path, keep_days=7)
    await house.record(1, "new")
    inspected = await house.record(9, "inspected")
    house.needed = frozenset({"inspected"})
    assert await house.old.look() == Deleted(before=date(2026, 6, 24), needed=1)
    assert inspected.exists()
    assert house.told == []
    house.needed = frozenset()
    await house.old.look()
    assert not inspected.exists()


@pytest.mark.parametrize(
    ("state", "stays"),
    [(State.NEW, True), (State.TAKEN, True), (State.RECORDING, True), (State.DONE, False)],
)
async def test_a_message_stays_until_somebody_has_dealt_with_it(
    db: Database, tmp_path: Path, state: State, stays: bool
) -> None:
    house = House(db, tmp_path, keep_days=7)
    await house.record(1, "new")
    file = await house.record(20, "m", folder="messages")
    path = file.relative_to(tmp_path).as_posix()
    message = Voicemail(id="m", call="m", queue="help", state=state, created_ms=1, recording="r", path=path)
    names = [column.name for column in voicemails.columns]
    async with db.begin() as connection:
        row = dict(zip(names, voicemail_row(message), strict=True))
        await connection.execute(insert(voicemails).values(**row))
    await house.old.look()
    assert file.exists() is stays


async def test_a_clock_set_years_ahead_deletes_nothing(db: Database, tmp_path: Path) -> None:
    house = House(db, tmp_path, keep_days=30)
    files = [await house.record(days, f"c{days}") for days in (0, 1, 31)]
    house.clock.advance(3 * 365 * 86_400_000)
    assert await house.old.look() is None
    assert all(file.exists() for file in files)


async def test_days_are_those_of_the_company(db: Database, tmp_path: Path) -> None:
    """In New York it is still the 30th of June."""
    house = House(db, tmp_path, keep_days=30)
    await house.record(1, "new")
    file = await house.record(31, "c1")
    company = msgspec.structs.replace(house.configuration.company, time_zone="America/New_York")
    house.configuration = msgspec.structs.replace(house.configuration, company=company)
    assert await house.old.look() is None
    house.clock.advance(5 * 3_600_000)
    await house.old.look()
    assert not file.exists()


async def test_other_files_are_left_alone(db: Database, tmp_path: Path) -> None:
    house = House(db, tmp_path, keep_days=7)
    await house.record(1, "new")
    await house.record(20, "c1")
    others = [
        tmp_path / "recordings" / name for name in ("2026/06/11/notes.txt", "2020/13/45/c1.wav", "c1.wav")
    ]
    for each in others:
        each.parent.mkdir(parents=True, exist_ok=True)
        each.write_bytes(b"mine")
    await house.old.look()
    assert all(each.exists() for each in others)


async def test_a_call_tells_that_its_recording_was_deleted(db: Database, tmp_path: Path) -> None:
    house = House(db, tmp_path, keep_days=30)

    async def call(days_ago: int, name: str) -> CallRecord:
        file = await house.record(days_ago, name)
        return CallRecord(
            id=name,
            began_ms=1,
            recording=RecordingView(length_ms=1, size=5, state="complete"),
            recording_path=file.relative_to(tmp_path).as_posix(),
            recording_began_ms=house.clock.now_ms() - days_ago * 86_400_000,
        )

    found = [await call(1, "new"), await call(31, "old"), CallRecord(id="silent", began_ms=1)]
    await house.old.look()
    keeping = Keeping.of(house.configuration)
    shown = await as_kept(found, keeping, house.clock.now_ms(), tmp_path)
    assert [each.recording and each.recording.state for each in shown] == ["complete", "deleted", None]


@settings(max_examples=200)
@given(days=st.integers(1, 4_000), ago_ms=st.integers(0, 5_000 * 86_400_000))
def test_no_recording_goes_before_its_days_are_over(days: int, ago_ms: int) -> None:
    keeping = Keeping.of(Configuration(company=Company(name="示例"), recordings=Recordings(keep_days=days)))
    now_ms = int(NOW.timestamp() * 1000)
    too_old = keeping.day(now_ms - ago_ms) < keeping.first_day(now_ms)
    if ago_ms <= days * 86_400_000:
        assert not too_old
    if ago_ms >= (days + 1) * 86_400_000:
        assert too_old
