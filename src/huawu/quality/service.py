"""All of inspection behind one door, for the web and the centre's process."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from huawu.calls.reading import CallReader
from huawu.ivr.hours import OpeningHours, compile_hours
from huawu.ivr.schema import Calendar
from huawu.platform.clock import Clock
from huawu.platform.database import Database
from huawu.quality.book import Books
from huawu.quality.judging import Judging
from huawu.quality.ports import Listens, Loads, Marks, deaf
from huawu.quality.records import Assessments
from huawu.quality.staff import Staff
from huawu.quality.tables import assessments
from huawu.quality.views import BacklogView
from huawu.speech.spotting import Spotter
from huawu.standard import Standard, load_standard

DAY_MS = 86_400_000


def listens(standard: Standard) -> Marks:
    """An ear for the book's phrases."""
    return Spotter(standard.phrases).spot


def working_calendar(country: str, zone: ZoneInfo, years: Iterable[int]) -> OpeningHours:
    """Monday to Friday without public holidays, and the weekend days that are worked instead."""
    week = Calendar(hours={"mon-fri": ("09:00-18:00",)}, holidays=country)
    return compile_hours(week, zone, years)


class Quality:
    """The use cases, each with the tables that it needs."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        *,
        loads: Loads = load_standard,
        listens: Listens = deaf,
        name: str = "centre",
    ) -> None:
        self._db = db
        self._clock = clock
        self.books = Books(db, clock, loads, listens)
        self.judging = Judging(db, clock, self.books, name=name)
        self.assessments = Assessments(db)
        self.staff = Staff(db)
        self.calls = CallReader(db)

    def now_ms(self) -> int:
        """The centre's time."""
        return self._clock.now_ms()

    async def backlog(self) -> BacklogView:
        """How far judging is behind."""
        backlog = await self.judging.backlog()
        since_ms = self._clock.now_ms() - DAY_MS
        judged = select(func.count()).where(assessments.c.latest == 1, assessments.c.ended_ms >= since_ms)
        async with self._db.read() as connection:
            today = (await connection.execute(judged)).scalar_one()
            deaf_ones = (await connection.execute(judged.where(assessments.c.words == 0))).scalar_one()
        return BacklogView(
            waiting=backlog.waiting,
            oldest_ms=backlog.oldest_ms,
            without_words=deaf_ones,
            judged_today=today,
            broken=backlog.broken,
        )
