"""Looks at the running centre every other second, and warns by the bounds of its configuration."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import structlog

from huawu.acd.events import AgentId
from huawu.calls.agent_days import AgentDays
from huawu.calls.engine import Engine
from huawu.calls.monitor.seen_rows import SeenRecord
from huawu.calls.monitor.views import Warned
from huawu.calls.monitor.warner import LONG, AgentNow, CentreNow, Mark, Warner
from huawu.calls.store import StoreState
from huawu.config.compile import Centre
from huawu.config.warnings import QueueLimits, Warnings
from huawu.platform.clock import Clock
from huawu.platform.disks import Disk, disks_of

log = structlog.get_logger(__name__)

EVERY_S: Final = 2.0
DISKS_EVERY: Final = 15
"""The disks are looked at every so many looks."""


class UnknownWarning(Exception):
    def __init__(self, warning: str) -> None:
        self.why = {"code": "warning_over"}
        super().__init__(f"There is no warning {warning[:64]!r} any more: what it was about is over.")


class WarningDesk:
    """Feeds the warner. `told` hears when something is different; `tick` of each look."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        days: AgentDays,
        warner: Warner,
        record: SeenRecord,
        *,
        switch_up: Callable[[], bool],
        writing: Callable[[], StoreState],
        places: Callable[[], Iterable[Path]],
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._days = days
        self._warner = warner
        self._record = record
        self._kept: frozenset[Mark] = frozenset()  # as the database has it
        self._keeping = asyncio.Lock()
        self._switch_up = switch_up
        self._writing = writing
        self._places = places
        self.told: Callable[[], None] = lambda: None
        self.tick: Callable[[], None] = lambda: None
        self._down_since_ms: int | None = None
        self._unwritten_since_ms: int | None = None
        self._fullest: Disk | None = None

    async def start(self) -> None:
        """Know what leaders took note of in the last life."""
        self._warner.take_up(await self._record.all(), self._clock.now_ms())
        self._kept = self._warner.marks()

    async def run(self) -> None:
        """As long as the centre lives. Who looks does not wait for a database that takes nothing."""
        await asyncio.gather(self._look_on(), self._keep_on())

    async def _look_on(self) -> None:
        looks = 0
        while True:
            if looks % DISKS_EVERY == 0:
                await self._look_at_disks()
            looks += 1
            self.look()
            await asyncio.sleep(EVERY_S)

    async def _keep_on(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            await self.keep()

    def look(self) -> None:
        """Look at everything once."""
        now_ms, acd, writing = self._clock.now_ms(), self._engine.acd, self._writing()
        self._down_since_ms = None if self._switch_up() else self._down_since_ms or now_ms
        written = writing.state == "writing"
        self._unwritten_since_ms = None if written else self._unwritten_since_ms or now_ms
        fullest = self._fullest
        centre = CentreNow(
            down_since_ms=self._down_since_ms,
            unwritten_since_ms=self._unwritten_since_ms,
            waiting=writing.waiting,
            toll_stop=self._engine.tolls.state.stop is not None,
            disk_free=fullest.free if fullest else 0,
            disk_size=fullest.size if fullest else 0,
        )
        known = set(acd.agents)
        missed = (AgentId(agent) for agent in self._days.with_misses() if agent in known)
        agents = dict.fromkeys([*acd.agents_in(LONG), *missed])
        self._warner.look(
            now_ms,
            map(acd.queue_view, acd.queues),
            (AgentNow(acd.agent_view(agent), self._days.of(agent)) for agent in agents),
            centre,
        )
        for name, warned in self._warner.changed.items():
            if warned is None:
                log.info("warning over", warning=name)
            elif warned.since_ms == now_ms:
                where = {"queue": warned.queue, "agent": warned.agent}
                if warned.kind == "disk" and fullest:  # for whoever makes room
                    where = {"folder": str(fullest.places[0])}
                if warned.kind == "not_writing":
                    where = {"why": writing.detail}
                log.warning("leaders are warned", kind=warned.kind, value=warned.value, **where)
        if self._warner.changed:
            self.told()
        self.tick()

    async def keep(self) -> None:
        """Write down what is marked, if that is different; what fails is tried at the next look."""
        async with self._keeping:
            marks = self._warner.marks()
            if marks == self._kept:
                return
            try:
                await self._record.put(marks)
            except Exception as error:  # the warnings go on without it
                log.warning("what leaders took note of is not written down", why=str(error))
            else:
                self._kept = marks

    async def _look_at_disks(self) -> None:
        """Find the fullest of the disks that the centre writes to."""
        try:
            disks = await asyncio.to_thread(lambda: disks_of(self._places()))
        except OSError as error:
            log.warning("the disks cannot be looked at", why=str(error))
        else:
            self._fullest = min(disks, key=lambda disk: disk.share)

    def configure(self, centre: Centre) -> None:
        """Warn by this configuration's bounds from now on."""
        self._warner.configure(centre.configuration.warnings, goals_of(centre))

    async def seen(self, warning: str, by: str, by_name: str) -> Warned:
        """A leader takes note, also for the next life. Raises `UnknownWarning`."""
        warned = self._warner.seen(warning, by, by_name, self._clock.now_ms())
        if warned is None:
            raise UnknownWarning(warning)
        self.told()
        await self.keep()
        return warned

    def thresholds(self) -> tuple[Warnings, dict[str, QueueLimits]]:
        """What warns at what."""
        return self._warner.warnings, self._warner.limits

    def begun(self) -> dict[str, float]:
        """How many warnings there were of each kind, since this centre started."""
        return {kind: float(count) for kind, count in self._warner.begun.items()}

    def running(self) -> dict[str, float]:
        """How many there are of each kind now."""
        return {kind: float(count) for kind, count in self._warner.running().items()}


def goals_of(centre: Centre) -> dict[str, float]:
    """Each queue's own service level."""
    return {policy.queue: policy.goal_share for policy in centre.queues}
