"""All of inspection behind one door, for the web and the centre's process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import func, select

from huawu.calls.reading import CallReader
from huawu.ivr.hours import OpeningHours, compile_hours
from huawu.ivr.schema import Calendar
from huawu.platform.clock import Clock
from huawu.platform.database import Database
from huawu.quality.book import Books
from huawu.quality.errors import may_not_inspect
from huawu.quality.figures import FigureDesk
from huawu.quality.inspection_record import Inspection
from huawu.quality.inspections import Inspections
from huawu.quality.judging import Judging
from huawu.quality.plans import Plans
from huawu.quality.ports import Listens, Loads, Marks, deaf
from huawu.quality.proposals import Proposals
from huawu.quality.records import Assessments
from huawu.quality.rounds import Rounds
from huawu.quality.staff import Staff
from huawu.quality.tables import assessments
from huawu.quality.tallies import By
from huawu.quality.trying import Trying
from huawu.quality.views import BacklogView
from huawu.speech.spotting import Spotter
from huawu.standard import Standard, load_standard

log = structlog.get_logger(__name__)

DAY_MS: Final = 86_400_000
CLOSE_EVERY_S: Final = 30.0


def listens(standard: Standard) -> Marks:
    """An ear for the book's phrases."""
    return Spotter(standard.phrases).spot


def working_calendar(country: str, zone: ZoneInfo, years: Iterable[int]) -> OpeningHours:
    """Monday to Friday without public holidays, and the weekend days that are worked instead."""
    week = Calendar(hours={"mon-fri": ("09:00-18:00",)}, holidays=country)
    return compile_hours(week, zone, years)


def _nobody() -> Mapping[str, str]:
    return {}


@dataclass(slots=True)
class Place:
    """Where the centre is, as far as inspection asks: its days, and what its queues and agents are called.

    `teams`: agent → the first of the agent's queues, which is the team until a centre has teams of its own.
    """

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    country: str = "CN"
    teams: Callable[[], Mapping[str, str]] = _nobody
    queues: Callable[[], Mapping[str, str]] = _nobody
    agents: Callable[[], Mapping[str, str]] = _nobody
    _calendar: tuple[tuple[object, ...], OpeningHours] | None = None

    def calendar(self, now_ms: int) -> OpeningHours:
        """The working days around now."""
        year = datetime.fromtimestamp(now_ms / 1000, self.zone).year
        asked = (self.zone, self.country, year)
        if self._calendar is None or self._calendar[0] != asked:
            years = range(year - 1, year + 3)
            self._calendar = asked, working_calendar(self.country, self.zone, years)
        return self._calendar[1]


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
        place: Place | None = None,
        judges: bool = True,
    ) -> None:
        """`judges`: calls are judged here; else another process does (`huawu judge`)."""
        self._db = db
        self._clock = clock
        self.place = place or Place()
        self.books = Books(db, clock, loads, listens)
        self.proposals = Proposals(db, clock, self.books)
        self.judging = Judging(db, clock, self.books, name=name, here=judges)
        self.assessments = Assessments(db)
        self.staff = Staff(db)
        self.calls = CallReader(db)
        self.inspections = Inspections(
            db, clock, self.books, self.assessments, lambda: self.place.calendar(clock.now_ms())
        )
        self.plans = Plans(db, clock, self.assessments, self.inspections, self.staff)
        self.rounds = Rounds(db, clock, self.inspections, self.staff)
        self.figures = FigureDesk(
            db, clock, self.books, zone=lambda: self.place.zone, team_of=self._team_of, name_of=self._name_of
        )
        self.trying = Trying(self.books, self.assessments, self.calls)

    def now_ms(self) -> int:
        """The centre's time."""
        return self._clock.now_ms()

    async def run(self) -> None:
        """Judge what is due, and close what nobody can appeal against any more, for ever."""
        judging = asyncio.create_task(self.judging.run(), name="judging")
        try:
            while True:
                try:
                    await self.inspections.close_due()
                except Exception as error:  # told, and tried again
                    log.error("inspections cannot be closed", why=f"{type(error).__name__}: {error}")
                await asyncio.sleep(CLOSE_EVERY_S)
        finally:
            judging.cancel()
            await asyncio.gather(judging, return_exceptions=True)

    async def check_inspector(self, user: str) -> None:
        """Raises `PlanRefused` for somebody who may not inspect."""
        if user not in await self.staff.inspectors():
            raise may_not_inspect([user])

    async def submit(self, inspection: str, version: int, *, by: str) -> Inspection:
        """A form is done; with the last of a calibration round that is complete too."""
        done = await self.inspections.submit(inspection, version, by=by)
        if done.round:
            await self.rounds.submitted(done)
            return await self.inspections.get(inspection)
        return done

    def _team_of(self, agent: str) -> str:
        return self.place.teams().get(agent, "")

    def _name_of(self, by: By, key: str) -> str:
        known = self.place.queues() if by in ("queue", "team") else self.place.agents()
        return known.get(key, key)

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
