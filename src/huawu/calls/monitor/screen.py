"""The shift leader's live screen: made when somebody looks, kept true while they do, gone with the last.

While nobody looks an event costs one look at a flag. Changes are gathered for `RENEW_S`, queues for
`QUEUES_S`, so that a busy house renews each of them a few times a second at most. What was told last is kept
by its id, and put together only for who comes to look.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec

from huawu.acd.errors import UnknownAgent, UnknownQueue
from huawu.acd.events import AgentId, CallId, QueueId
from huawu.calls.agent_days import AgentDays
from huawu.calls.assist.trouble import Troubles
from huawu.calls.assist.views import TroubledCall
from huawu.calls.effects import Effects
from huawu.calls.engine import Engine
from huawu.calls.monitor.lost import LostCallers
from huawu.calls.monitor.reading import live_call, queue_controls, seat
from huawu.calls.monitor.views import (
    LiveCall,
    LostCall,
    Monitor,
    MonitorChange,
    QueueControl,
    Seat,
    Warned,
    apply,
    key,
)
from huawu.calls.monitor.warner import Warner
from huawu.calls.notices import Notice
from huawu.platform.clock import Clock
from huawu.platform.live import Screen

RENEW_S: Final = 0.25
QUEUES_S: Final = 1.0
MOST_CALLS: Final = 500

MonitorScreen = Screen[Monitor, MonitorChange]
Many = Literal["queues", "seats", "lost", "warnings", "calls", "troubles"]
CHANGES: Final[dict[Many, str]] = {
    "queues": "queue",
    "seats": "seat",
    "lost": "lost",
    "warnings": "warning",
    "calls": "call",
    "troubles": "trouble",
}
"""What a change of each list is called."""


@dataclass(slots=True)
class Told:
    """What the screen says, by id, in the order of its lists."""

    queues: dict[str, QueueControl] = field(default_factory=dict)
    seats: dict[str, Seat] = field(default_factory=dict)
    lost: dict[str, LostCall] = field(default_factory=dict)
    warnings: dict[str, Warned] = field(default_factory=dict)
    calls: dict[str, LiveCall] = field(default_factory=dict)
    troubles: dict[str, TroubledCall] = field(default_factory=dict)

    @classmethod
    def of(cls, board: Monitor) -> Told:
        return cls(
            {one.id: one for one in board.queues},
            {one.id: one for one in board.seats},
            {one.call: one for one in board.lost},
            {one.id: one for one in board.warnings},
            {one.id: one for one in board.calls},
            {one.call: one for one in board.troubles},
        )

    def whole(self, at_ms: int) -> Monitor:
        return Monitor(at_ms=at_ms, **{many: tuple(getattr(self, many).values()) for many in CHANGES})


class MonitorDesk:
    """Makes the screen and keeps it. `notices`: those that stand in front of queues."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        days: AgentDays,
        lost: LostCallers,
        warner: Warner,
        notices: Callable[[], Iterable[Notice]] = tuple,
        troubles: Troubles | None = None,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._days = days
        self._lost = lost
        self._warner = warner
        self._troubles = troubles if troubles is not None else Troubles()
        self._troubles.told = self.touch
        self.notices = notices
        self.watched: Callable[[], None] = lambda: None
        """Told when somebody begins to look."""
        self._screen: MonitorScreen | None = None
        self._queues: set[QueueId] = set()
        self._agents: set[AgentId] = set()
        self._calls: set[CallId] = set()
        self._told = Told()
        self._queues_ms = 0
        self._in_force: set[str] = set()
        self._handle: asyncio.TimerHandle | None = None

    # ── Who looks ─────────────────────────────────────────────────────────────────────────────────

    def watch(self) -> MonitorScreen:
        """The screen, to be subscribed to; `left` afterwards."""
        if self._screen is None:
            self._forget_changes()
            whole = self.whole()
            self._told = Told.of(whole)
            self._screen = Screen("monitor", whole, apply=apply, key=key, stamp=self._stamp)
            self.watched()
        return self._screen

    def left(self) -> None:
        """A viewer is gone."""
        if self._screen is not None and not self._screen.viewers:
            self._screen = None
            self._told = Told()
            self._forget_changes()

    @property
    def is_watched(self) -> bool:
        """Whether somebody looks."""
        return self._screen is not None

    def whole(self) -> Monitor:
        """All of it, as it is now."""
        acd, now_ms = self._engine.acd, self._clock.now_ms()
        calls = (live_call(self._engine, call) for call in self._engine.floor.calls.values())
        shown = [call for call in calls if call is not None][:MOST_CALLS]
        return Monitor(
            at_ms=now_ms,
            queues=tuple(self.controls(acd.queues)),
            seats=tuple(map(self.seat, acd.agents)),
            lost=tuple(self._lost),
            warnings=tuple(self._warner),
            calls=tuple(shown),
            troubles=tuple(self._troubles),
        )

    def controls(self, queues: Iterable[QueueId]) -> Iterator[QueueControl]:
        """These queues, those there are."""
        return queue_controls(self._engine, queues, self.notices(), self._clock.now_ms())

    def control(self, queue: str) -> QueueControl:
        """One queue. Raises `UnknownQueue`."""
        for found in self.controls([QueueId(queue)]):
            return found
        raise UnknownQueue(QueueId(queue))

    def seat(self, agent: AgentId) -> Seat:
        """One agent. Raises `UnknownAgent`."""
        day, departs = self._days.of(agent), self._warner.departs(agent)
        return seat(self._engine, agent, day, departs, self._clock.now_ms())

    def _stamp(self, board: Monitor) -> Monitor:
        return msgspec.structs.replace(board, at_ms=self._clock.now_ms())

    # ── What happens ──────────────────────────────────────────────────────────────────────────────

    def tell(self, effects: Effects) -> None:
        """Take note of what an event caused."""
        if self._screen is None:
            return
        self._queues |= effects.changed_queues
        self._agents |= effects.changed_agents
        self._calls.update(CallId(fact.call) for fact in effects.facts)
        self._calls.update(effects.ended_calls)
        if effects.steered:
            self._queues_ms = 0  # who set it looks for it
        self.touch()

    def touch(self) -> None:
        """Something is different: also lost calls and warnings, which gather their own changes."""
        if self._screen is None:
            self._lost.changed.clear()
            self._warner.changed.clear()
            self._troubles.changed.clear()
        else:
            self._later(RENEW_S)

    def touch_queues(self) -> None:
        """Notices may stand otherwise."""
        if self._screen is not None:
            in_force = {one.id for one in self.notices() if one.in_force(self._clock.now_ms())}
            if in_force != self._in_force:
                self._in_force = in_force
                self._queues.update(self._engine.acd.queues)
                self.touch()

    def reset(self) -> None:
        """Everything may be different: a new configuration, a new day."""
        if self._screen is not None:
            self._forget_changes()
            whole = self.whole()
            self._told = Told.of(whole)
            self._screen.reset(whole)

    def renew(self) -> None:
        """Tell what changed since the last time."""
        self._handle = None
        if self._screen is None:
            return
        agents, self._agents = self._agents, set()
        calls, self._calls = self._calls, set()
        for call in calls:
            agents |= self._renew_call(call)
        agents |= self._renew_warnings()
        for agent in agents:
            try:
                self._tell("seats", agent, self.seat(agent))
            except UnknownAgent:
                continue
        for call_id, lost in self._lost.changed.items():
            self._tell("lost", call_id, lost)
        self._lost.changed.clear()
        for call_id, trouble in self._troubles.changed.items():
            self._tell("troubles", call_id, trouble)
        self._troubles.changed.clear()
        self._renew_queues()

    def _renew_queues(self) -> None:
        """Looking through all who wait is the dearest of it: once a second."""
        if not self._queues:
            return
        wait_ms = self._queues_ms + round(QUEUES_S * 1000) - self._clock.now_ms()
        if wait_ms > 0:
            self._later(wait_ms / 1000)
            return
        self._queues_ms = self._clock.now_ms()
        queues, self._queues = self._queues, set()
        for view in self.controls(queues):
            self._tell("queues", view.id, view)

    def _renew_warnings(self) -> set[AgentId]:
        """The agents they are about: a departure is shown at the seat, too."""
        about = set()
        for warning_id, warned in self._warner.changed.items():
            self._tell("warnings", warning_id, warned)
            about.add(AgentId(warned.agent if warned is not None else warning_id.split(":")[1]))
        self._warner.changed.clear()
        return about

    def _renew_call(self, call_id: CallId) -> set[AgentId]:
        """Tell one call; the agents who are or were in it."""
        before = self._told.calls.get(call_id)
        call = self._engine.floor.calls.get(call_id)
        view = live_call(self._engine, call) if call is not None else None
        found = {AgentId(one.agent) for one in (before, view) if one is not None and one.agent}
        if call is not None:
            found |= {party.agent for party in call.parties if party.agent is not None}
            if call.dialled_by is not None:
                found.add(call.dialled_by)
        if view is not None and before is not None and before.state == view.state:
            view = msgspec.structs.replace(view, since_ms=before.since_ms)
        if before is not None or len(self._told.calls) < MOST_CALLS:
            self._tell("calls", call_id, view)
        return found

    def _tell(self, many: Many, name: str, view: Any) -> None:
        """This is so now; None: it is gone. What was told already is not told again."""
        assert self._screen is not None
        told: dict[str, Any] = getattr(self._told, many)
        if told.get(name) == view:
            return
        if view is None:
            del told[name]
        else:
            told[name] = view
        field = CHANGES[many]
        change: dict[str, Any] = {f"{field}_removed": name} if view is None else {field: view}
        self._screen.tell(MonitorChange(**change), self._put_together)

    def _put_together(self) -> Monitor:
        return self._told.whole(self._clock.now_ms())

    def _later(self, seconds: float) -> None:
        if self._handle is None:
            self._handle = asyncio.get_running_loop().call_later(seconds, self.renew)

    def _forget_changes(self) -> None:
        self._queues.clear()
        self._agents.clear()
        self._calls.clear()
        self._lost.changed.clear()
        self._warner.changed.clear()
        self._troubles.changed.clear()

    def stop(self) -> None:
        """No more of it."""
        if self._handle is not None:
            self._handle.cancel()
