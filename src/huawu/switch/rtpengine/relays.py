"""The rtpengines that are set: which of them are alive, and the bridges each of them carries."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from huawu.switch.rtpengine.client import NgClient
from huawu.switch.rtpengine.ng import NgError, NoAnswer, Route, Side, UnknownCall

log = logging.getLogger(__name__)

WATCH_S: Final = 1.0
"""How often each is asked whether it is still there and still knows its calls."""

Joined = Callable[[tuple[Route, Route] | None], None]


class Relays(Protocol):
    """What carries bridges, as `anchoring` sees it; `RtpEngines` is the real one."""

    def host_of(self, call: str) -> str | None:
        """Choose who is to carry this call, tell its control address; None = nobody is there to."""
        ...

    def join(self, call: str, a: Side, b: Side, joined: Joined) -> None:
        """Call `joined` later: with both routes, or None when it cannot be."""
        ...

    def end(self, call: str) -> None:
        """The call is over; one that is not known is none."""
        ...


@dataclass(slots=True)
class _Engine:
    client: NgClient
    alive: bool = False
    asked: bool = False  # whether it ever was, so that the first finding is told too
    calls: dict[str, None] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.client.host}:{self.client.port}"


class RtpEngines:
    """Chooses by turns among those alive.

    `on_lost(calls)`: their daemon died, or began anew and no longer knows them. `on_alive()`: there is one
    again.
    """

    def __init__(
        self,
        addresses: Sequence[tuple[str, int]],
        on_lost: Callable[[tuple[str, ...]], None],
        on_alive: Callable[[], None],
    ) -> None:
        self._engines = [_Engine(NgClient(host, port)) for host, port in addresses]
        self._on_lost = on_lost
        self._on_alive = on_alive
        self._carriers: dict[str, _Engine] = {}
        self._turn = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._watchers: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Raises OSError when an address cannot be reached by any way."""
        for engine in self._engines:
            await engine.client.open()
            self._watchers.append(asyncio.create_task(self._watch(engine), name=f"rtpengine {engine.name}"))

    async def stop(self) -> None:
        """End what is left; not for longer than a request takes."""
        for watcher in self._watchers:
            watcher.cancel()
        for call in list(self._carriers):
            self.end(call)
        await asyncio.gather(*self._watchers, *self._tasks, return_exceptions=True)
        for engine in self._engines:
            engine.client.close()

    def host_of(self, call: str) -> str | None:
        for step in range(len(self._engines)):
            engine = self._engines[(self._turn + step) % len(self._engines)]
            if engine.alive:
                self._turn += step + 1
                self._carriers[call] = engine
                return engine.client.host
        return None

    def join(self, call: str, a: Side, b: Side, joined: Joined) -> None:
        self._do(self._join(self._carriers[call], call, a, b, joined))

    def end(self, call: str) -> None:
        engine = self._carriers.pop(call, None)
        if engine is not None:
            engine.calls.pop(call, None)
            self._do(self._end(engine, call))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _join(self, engine: _Engine, call: str, a: Side, b: Side, joined: Joined) -> None:
        try:
            routes = await engine.client.join(call, a, b)
        except NgError as error:
            if not isinstance(error, NoAnswer):  # a dead one is told by its watch
                log.warning(
                    "rtpengine does not take a bridge", extra={"engine": engine.name, "why": str(error)}
                )
            joined(None)
            return
        if self._carriers.get(call) is engine:
            engine.calls[call] = None
        else:  # ended meanwhile; its end may have come before its beginning
            await self._end(engine, call)
        joined(routes)

    async def _end(self, engine: _Engine, call: str) -> None:
        try:
            await engine.client.end(call)
        except NgError as error:  # it forgets by itself, once no packet comes
            log.debug("bridge not ended at rtpengine", extra={"engine": engine.name, "why": str(error)})

    async def _watch(self, engine: _Engine) -> None:
        while True:
            try:
                await self._look(engine)
            except Exception:  # one bad look must not be the last
                log.exception("watch over rtpengine broke")
            await asyncio.sleep(WATCH_S)

    async def _look(self, engine: _Engine) -> None:
        call = next(iter(engine.calls), None)
        try:
            if call is None:
                await engine.client.ping()
            else:
                engine.calls[call] = engine.calls.pop(call)  # the next look asks for another
                await engine.client.know(call)
        except UnknownCall:
            await self._check_all(engine)
        except NoAnswer as error:
            self._told_dead(engine, str(error))
            return
        except NgError as error:  # an answer, if no good one
            log.warning("rtpengine is in trouble", extra={"engine": engine.name, "why": str(error)})
        if not engine.alive:
            engine.alive = engine.asked = True
            log.info("rtpengine is there", extra={"engine": engine.name})
            self._on_alive()

    async def _check_all(self, engine: _Engine) -> None:
        """It does not know one of its calls: it timed out, or the daemon began anew and knows none."""
        lost = []
        for call in list(engine.calls):
            try:
                await engine.client.know(call)
            except UnknownCall:
                if call in engine.calls:
                    lost.append(call)
        if lost:
            log.warning(
                "rtpengine forgot bridges, their media comes back",
                extra={"engine": engine.name, "bridges": len(lost)},
            )
            self._on_lost(tuple(lost))

    def _told_dead(self, engine: _Engine, why: str) -> None:
        calls = tuple(engine.calls)
        if engine.alive or not engine.asked:
            log.warning(
                "rtpengine is gone, the switch relays media itself",
                extra={"engine": engine.name, "why": why, "bridges": len(calls)},
            )
        engine.alive, engine.asked = False, True
        if calls:
            self._on_lost(calls)
