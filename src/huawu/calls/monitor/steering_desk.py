"""What leaders set of queues and agents, in a running centre: kept first, then done, then told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final

import structlog

from huawu.acd.errors import UnknownAgent, UnknownQueue
from huawu.acd.events import AgentId, Overflow, QueueId
from huawu.calls.engine import Engine
from huawu.calls.errors import NoSuchPlace
from huawu.calls.monitor.rows import SteeringRecord
from huawu.calls.steering import (
    AnyRuling,
    Divert,
    Door,
    DoorState,
    Kind,
    Move,
    Steering,
    goes_round,
    place_exists,
)
from huawu.platform.clock import Clock
from huawu.platform.database import DatabaseError

log = structlog.get_logger(__name__)
ENDED: Final = {"door": "door_ended", "divert": "divert_ended", "move": "move_ended"}
"""What stands in the audit when one of these ends by itself."""


class GoesRound(Exception):
    """Callers would come back to where they are led away from."""

    def __init__(self, queue: str) -> None:
        self.why = {"code": "goes_round", "queue": queue}
        super().__init__(f"Callers led there come to queue {queue} again. Choose another place for them.")


class SteeringRefused(Exception):
    """It would end before it began."""

    def __init__(self) -> None:
        self.why = {"code": "ends_before"}
        super().__init__("It would end before it began. Choose a later end, or none.")


class SteeringDesk:
    """Keeps record and engine together. `steer` has the engine told and its effects carried out."""

    def __init__(
        self,
        engine: Engine,
        record: SteeringRecord,
        clock: Clock,
        *,
        steer: Callable[[Steering], None],
        move: Callable[[str, str, Collection[str] | None, str], int],
    ) -> None:
        self._engine = engine
        self._record = record
        self._clock = clock
        self._steer = steer
        self._move = move
        self.told: Callable[[AgentId, str, str, str, tuple[str, ...]], None] = lambda *_: None
        """Tells an agent: agent, kind of news, by, reason, queues."""
        self.audit: Callable[..., Awaitable[None]] | None = None
        self._kept = Steering()  # as the database has it
        self._lock = asyncio.Lock()
        self._tidying: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Set again what the last life left, less what has ended meanwhile."""
        self._kept = await self._record.all()
        self._steer(self._kept)

    # ── Queues ────────────────────────────────────────────────────────────────────────────────────

    async def turn_door(self, queue: str, state: DoorState, by: str, note: str, until_ms: int) -> None:
        """Raises `UnknownQueue`, `SteeringRefused`."""
        self._check_queue(queue)
        door = Door(
            queue=queue,
            state=state,
            by=by,
            at_ms=self._clock.now_ms(),
            until_ms=self._until(until_ms),
            note=note,
        )
        if state == "hours":
            await self._take_back("door", queue)
        else:
            await self._keep(door)

    async def divert(self, queue: str, to: Overflow, by: str, note: str, until_ms: int) -> None:
        """Raises `UnknownQueue`, `NoSuchPlace`, `GoesRound`, `SteeringRefused`."""
        self._check_queue(queue)
        centre = self._engine.floor.centre
        if not place_exists(to, centre):
            raise NoSuchPlace(f"{to.action} {to.target}")
        divert = Divert(
            queue=queue,
            to=to,
            by=by,
            at_ms=self._clock.now_ms(),
            until_ms=self._until(until_ms),
            note=note,
        )
        if goes_round(divert, self._engine.floor.steering, centre):
            raise GoesRound(queue)
        await self._keep(divert)

    async def end_divert(self, queue: str) -> None:
        """Raises `UnknownQueue`."""
        self._check_queue(queue)
        await self._take_back("divert", queue)

    def move_waiting(self, queue: str, to: str, calls: Collection[str] | None, by: str) -> int:
        """How many were moved. Raises `MoveError`."""
        return self._move(queue, to, calls, by)

    # ── Agents ────────────────────────────────────────────────────────────────────────────────────

    async def move_agent(
        self, agent: str, queues: tuple[str, ...], by: str, reason: str, until_ms: int
    ) -> None:
        """Raises `UnknownAgent`, `UnknownQueue`, `SteeringRefused`."""
        self._check_agent(agent)
        for queue in queues:
            self._check_queue(queue)
        move = Move(
            agent=agent,
            queues=tuple(dict.fromkeys(queues)),
            by=by,
            at_ms=self._clock.now_ms(),
            until_ms=self._until(until_ms),
            note=reason,
        )
        await self._keep(move)
        self.told(AgentId(agent), "queues_set", by, reason, move.queues)

    async def move_back(self, agent: str, by: str) -> None:
        """Back to the queues of the configuration. Raises `UnknownAgent`."""
        self._check_agent(agent)
        if await self._take_back("move", agent):
            self._tell_back(agent, by)

    def _tell_back(self, agent: str, by: str) -> None:
        given = self._engine.doors.given.agent(agent)
        if given is not None:
            self.told(AgentId(agent), "queues_back", by, "", given.queues)

    # ── Keeping ───────────────────────────────────────────────────────────────────────────────────

    def ended(self) -> None:
        """The engine may have let go of what is over; the record follows."""
        if self._over():
            task = asyncio.create_task(self._tidy(), name="steering ended")
            self._tidying.add(task)
            task.add_done_callback(self._tidying.discard)

    def _over(self) -> list[AnyRuling]:
        now = self._engine.floor.steering.rulings
        return [ruling for key, ruling in self._kept.rulings.items() if key not in now]

    async def _tidy(self) -> None:
        async with self._lock:
            over = self._over()
            keys = [ruling.key for ruling in over]
            try:
                if keys:
                    await self._record.remove(keys)
            except DatabaseError as error:
                log.warning("what ended by itself is still on record", why=str(error))
                return  # it ends again at the next start
            self._kept = self._kept.without(*keys)
        for ruling in over:
            kind, subject = ruling.key
            if kind == "move":
                self._tell_back(subject, "")
            await self._write_down(ENDED[kind], subject, {"by": ruling.by, "until_ms": ruling.until_ms})

    async def _write_down(self, what: str, subject: str, detail: dict[str, Any]) -> None:
        if self.audit is not None:
            try:
                await self.audit(what, by="huawu", subject=subject, detail=detail)
            except DatabaseError as error:
                log.error("not in the audit", what=what, why=str(error))

    async def _keep(self, ruling: AnyRuling) -> None:
        async with self._lock:
            await self._record.put(ruling)
            self._kept = self._kept.having(ruling)
            self._steer(self._engine.floor.steering.having(ruling))

    async def _take_back(self, kind: Kind, subject: str) -> bool:
        async with self._lock:
            held = (kind, subject) in self._engine.floor.steering.rulings
            await self._record.remove([(kind, subject)])
            self._kept = self._kept.without((kind, subject))
            self._steer(self._engine.floor.steering.without((kind, subject)))
            return held

    def _until(self, until_ms: int) -> int:
        if until_ms and until_ms <= self._clock.now_ms():
            raise SteeringRefused
        return until_ms

    def _check_queue(self, queue: str) -> None:
        if self._engine.doors.given.queue(queue) is None:
            raise UnknownQueue(QueueId(queue))

    def _check_agent(self, agent: str) -> None:
        if self._engine.doors.given.agent(agent) is None:
            raise UnknownAgent(AgentId(agent))

    async def stop(self) -> None:
        await asyncio.gather(*self._tidying, return_exceptions=True)
