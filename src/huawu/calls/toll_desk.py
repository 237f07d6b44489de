"""The tolls of a running centre: stops put on record at once, resets taken from page or command line."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec
import structlog

from huawu.calls.effects import TollNews
from huawu.calls.engine import Engine
from huawu.calls.kept import Kept
from huawu.calls.toll_record import TollEvent, TollRecord, stop_of
from huawu.calls.tolls import ScopeView, Stop, TollState
from huawu.platform.clock import Clock
from huawu.platform.database import DatabaseError

log = structlog.get_logger(__name__)

EVERY_S: Final = 1.0
"""How often counts are put aside, and a reset by another process is looked for."""


class NothingStopped(Exception):
    """There is no stop to lift."""

    def __init__(self) -> None:
        super().__init__("Costly calls are not stopped, so there is nothing to lift.")


class TollsView(msgspec.Struct, frozen=True, kw_only=True):
    """What was called outside today, and whether costly calls are stopped; the newest events first."""

    stop: Stop | None
    scopes: list[ScopeView]
    events: list[TollEvent]


class TollDesk:
    """Keeps record, counts and engine together."""

    def __init__(self, engine: Engine, record: TollRecord, kept: Kept, clock: Clock) -> None:
        self._engine = engine
        self._record = record
        self._kept = kept
        self._clock = clock
        self._unwritten: list[Stop] = []
        self._wake = asyncio.Event()

    async def start(self) -> TollState:
        """What the last life left: its counts, and the stop that holds by the record."""
        state = await self._kept.tolls() or TollState()
        newest = await self._record.newest(1)
        recorded = stop_of(newest)
        if recorded is not None:
            state.stop = recorded
        elif state.stop is not None and newest and newest[0].at_ms >= state.stop.at_ms:
            state.stop = None  # lifted while no centre ran
        elif state.stop is not None:
            self._unwritten.append(state.stop)
        if state.stop is not None:
            log.warning("costly calls are still stopped; lift it with: huawu tolls reset")
        return state

    def tell(self, news: list[TollNews]) -> None:
        """Log what the engine says; a stop goes on record."""
        for one in news:
            log.warning(one.what, **one.fields)
            if one.stop is not None:
                self._unwritten.append(one.stop)
                self._wake.set()

    async def view(self) -> TollsView:
        """All there is to show."""
        tolls = self._engine.tolls
        return TollsView(
            stop=tolls.state.stop,
            scopes=tolls.views(self._clock.now_ms()),
            events=await self._record.newest(),
        )

    async def reset(self, by: str, why: str = "") -> TollsView:
        """Let costly calls go again; on record before it is so. Raises `NothingStopped`."""
        if self._engine.tolls.state.stop is None:
            raise NothingStopped
        await self._write()
        await self._record.reset(self._clock.now_ms(), by, why)
        self._lift(by)
        return await self.view()

    async def run(self) -> None:
        """Put things aside for as long as the centre lives."""
        before: TollState | None = None
        while True:
            try:
                await self._write()
                await self._look_for_reset()
                state = self._engine.tolls.snapshot()
                if state != before:
                    await self._kept.put_tolls(state)
                    before = state
            except DatabaseError as error:
                log.warning("tolls not put aside; tried again", why=str(error))
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), EVERY_S)
            except TimeoutError:
                continue

    async def stop(self) -> None:
        """Put aside what there is."""
        await self._write()
        await self._kept.put_tolls(self._engine.tolls.snapshot())

    async def _write(self) -> None:
        while self._unwritten:
            await self._record.stopped(self._unwritten[0])
            del self._unwritten[0]

    async def _look_for_reset(self) -> None:
        stop = self._engine.tolls.state.stop
        if stop is None:
            return
        newest = await self._record.newest(1)
        if newest and newest[0].what == "reset" and newest[0].at_ms >= stop.at_ms:
            self._lift(newest[0].by)

    def _lift(self, by: str) -> None:
        if self._engine.reset_tolls():
            log.warning("costly calls may leave again", by=by)
            self._wake.set()
