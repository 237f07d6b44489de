"""The shift leader's desks of a centre, put together: screen, lost callers, warnings, what leaders set."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from huawu.calls.agent_days import AgentDays
from huawu.calls.assist.trouble import Troubles
from huawu.calls.callbacks import Callback
from huawu.calls.desk_views import Place
from huawu.calls.effects import Effects
from huawu.calls.engine import Engine
from huawu.calls.monitor.lost import LostCallers
from huawu.calls.monitor.lost_desk import LostDesk
from huawu.calls.monitor.rows import LostRecord, SteeringRecord
from huawu.calls.monitor.screen import MonitorDesk
from huawu.calls.monitor.seen_rows import SeenRecord
from huawu.calls.monitor.steering_desk import SteeringDesk
from huawu.calls.monitor.trends import TrendReader
from huawu.calls.monitor.warner import Warner
from huawu.calls.monitor.warning_desk import WarningDesk, goals_of
from huawu.calls.places import find_place
from huawu.calls.promising import Wish
from huawu.calls.steering import Steering
from huawu.calls.store import StoreState
from huawu.config.compile import Centre
from huawu.platform.clock import Clock
from huawu.platform.database import Database
from huawu.platform.disks import places_of


class Hands(Protocol):
    """Who carries out what the engine says; satisfied by `CallService`."""

    @property
    def switch_up(self) -> bool: ...

    def steer(self, steering: Steering) -> None: ...

    def move_waiting(self, queue: str, to: str, calls: Collection[str] | None, by: str) -> int: ...

    def call_back(self, wish: Wish, person: str, mine: bool) -> Callback: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """The desks that need a database."""

    lost: LostDesk
    steering: SteeringDesk
    warnings: WarningDesk
    trends: TrendReader


class Watch:
    """All of it. Without `keep_in`, a screen of what is in memory."""

    def __init__(
        self,
        hands: Hands,
        engine: Engine,
        clock: Clock,
        days: AgentDays,
        troubles: Troubles | None = None,
    ) -> None:
        self._hands = hands
        self._engine = engine
        self._clock = clock
        self._days = days
        self._lost = LostCallers()
        centre = engine.floor.centre
        self._warner = Warner(centre.configuration.warnings, goals_of(centre))
        self.desk = MonitorDesk(engine, clock, days, self._lost, self._warner, troubles=troubles)
        self.kept: Kept | None = None

    def keep_in(self, db: Database, folder: Path, writing: Callable[[], StoreState]) -> Kept:
        """Work with this database, look at its disk and those of this folder, and at how it takes facts;
        before `begin`."""
        engine, hands, clock = self._engine, self._hands, self._clock

        async def place(number: str) -> Place:
            return await find_place(number, engine.floor.centre.configuration.company.country)

        self.kept = Kept(
            lost=LostDesk(
                self._lost,
                LostRecord(db),
                clock,
                call_back=hands.call_back,
                number_of=engine.promising.number_of,
                place=place,
            ),
            steering=SteeringDesk(
                engine, SteeringRecord(db), clock, steer=hands.steer, move=hands.move_waiting
            ),
            warnings=WarningDesk(
                engine,
                clock,
                self._days,
                self._warner,
                SeenRecord(db),
                switch_up=lambda: hands.switch_up,
                writing=writing,
                places=lambda: places_of(folder, Path(db.where) if db.is_sqlite else None),
            ),
            trends=TrendReader(db, clock),
        )
        self.kept.lost.told = self.kept.warnings.told = self.desk.touch
        self.kept.warnings.tick = self._tick
        self.desk.watched = self.kept.lost.look
        return self.kept

    async def begin(self, centre: Centre) -> None:
        """After the engine was configured, and before it takes up what an earlier life left."""
        if self.kept is not None:
            self.kept.warnings.configure(centre)
            await self.kept.warnings.start()
            await self.kept.steering.start()

    async def start(self, day_began_ms: int) -> None:
        """Find today's lost callers."""
        if self.kept is not None:
            await self.kept.lost.start(day_began_ms)

    async def run(self) -> None:
        """Look and warn, as long as the centre lives."""
        if self.kept is not None:
            await self.kept.warnings.run()

    def tell(self, effects: Effects) -> None:
        """Take note of what an event caused."""
        if self.kept is not None:
            if effects.callbacks:
                self.kept.lost.callbacks(effects.callbacks)
            if effects.steered:
                self.kept.steering.ended()
        self.desk.tell(effects)

    def configure(self, centre: Centre) -> None:
        """A new configuration holds."""
        if self.kept is not None:
            self.kept.warnings.configure(centre)
            self.kept.lost.configured()
        self.desk.reset()

    def begin_day(self) -> None:
        """The centre's calendar day begins."""
        if self.kept is not None:
            self.kept.lost.begin_day()
        self.desk.reset()

    def _tick(self) -> None:
        if self.kept is not None:
            self.kept.lost.watched = self.desk.is_watched
            self.kept.lost.tidy()
        self.desk.touch_queues()

    async def stop(self) -> None:
        self.desk.stop()
        if self.kept is not None:
            await self.kept.lost.stop()
            await self.kept.steering.stop()
