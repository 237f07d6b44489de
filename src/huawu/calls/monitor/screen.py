"""The shift leader's live screen: made when somebody looks, kept true while they do, gone with the last.

While nobody looks an event costs one look at a flag. Changes are gathered for `RENEW_S`, so that a busy
house renews each queue, seat and call a few times a second at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from huawu.acd.errors import UnknownAgent, UnknownQueue
from huawu.acd.events import AgentId, CallId, QueueId
from huawu.calls.agent_days import AgentDays
from huawu.calls.effects import Effects
from huawu.calls.engine import Engine
from huawu.calls.monitor.lost import LostCallers
from huawu.calls.monitor.reading import live_call, queue_controls, seat
from huawu.calls.monitor.views import LiveCall, Monitor, MonitorChange, QueueControl, Seat, apply, key
from huawu.calls.monitor.warner import Warner
from huawu.calls.notices import Notice
from huawu.platform.clock import Clock
from huawu.platform.live import Screen

RENEW_S: Final = 0.25
MOST_CALLS: Final = 500

MonitorScreen = Screen[Monitor, MonitorChange]


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
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._days = days
        self._lost = lost
        self._warner = warner
        self.notices = notices
        self.watched: Callable[[], None] = lambda: None
        """Told when somebody begins to look."""
        self._screen: MonitorScreen | None = None
        self._queues: set[QueueId] = set()
        self._agents: set[AgentId] = set()
        self._calls: set[CallId] = set()
        self._shown: dict[CallId, LiveCall] = {}
        self._in_force: set[str] = set()
        self._handle: asyncio.TimerHandle | None = None

    # ── Who looks ─────────────────────────────────────────────────────────────────────────────────

    def watch(self) -> MonitorScreen:
        """The screen, to be subscribed to; `left` afterwards."""
        if self._screen is None:
            self._forget_changes()
            self._screen = Screen("monitor", self.whole(), apply=apply, key=key, stamp=self._stamp)
            self._shown = {CallId(call.id): call for call in self._screen.snapshot().calls}
            self.watched()
        return self._screen

    def left(self) -> None:
        """A viewer is gone."""
        if self._screen is not None and not self._screen.viewers:
            self._screen = None
            self._shown = {}
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
        self.touch()

    def touch(self) -> None:
        """Something is different: also lost calls and warnings, which gather their own changes."""
        if self._screen is None:
            self._lost.changed.clear()
            self._warner.changed.clear()
        elif self._handle is None:
            self._handle = asyncio.get_running_loop().call_later(RENEW_S, self.renew)

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
            self._shown = {CallId(call.id): call for call in whole.calls}
            self._screen.reset(whole)

    def renew(self) -> None:
        """Publish what changed since the last time."""
        self._handle = None
        if self._screen is None:
            return
        publish = self._screen.publish
        queues, self._queues = self._queues, set()
        agents, self._agents = self._agents, set()
        calls, self._calls = self._calls, set()
        for call in calls:
            agents |= self._renew_call(call)
        for view in self.controls(queues):
            publish(MonitorChange(queue=view))
        for warning_id, warned in self._warner.changed.items():
            gone = warned is None
            publish(MonitorChange(warning_removed=warning_id) if gone else MonitorChange(warning=warned))
            about = warned.agent if warned is not None else warning_id.split(":")[1]
            agents.add(AgentId(about))
        self._warner.changed.clear()
        for agent in agents:
            try:
                publish(MonitorChange(seat=self.seat(agent)))
            except UnknownAgent:
                continue
        for call_id, lost in self._lost.changed.items():
            publish(MonitorChange(lost_removed=call_id) if lost is None else MonitorChange(lost=lost))
        self._lost.changed.clear()

    def _renew_call(self, call_id: CallId) -> set[AgentId]:
        """Publish one call; the agents who are or were in it."""
        assert self._screen is not None
        before = self._shown.get(call_id)
        call = self._engine.floor.calls.get(call_id)
        view = live_call(self._engine, call) if call is not None else None
        found = {AgentId(one.agent) for one in (before, view) if one is not None and one.agent}
        if call is not None:
            found |= {party.agent for party in call.parties if party.agent is not None}
            if call.dialled_by is not None:
                found.add(call.dialled_by)
        if view is None:
            if before is not None:
                del self._shown[call_id]
                self._screen.publish(MonitorChange(call_removed=call_id))
            return found
        if before is not None and before.state == view.state:
            view = msgspec.structs.replace(view, since_ms=before.since_ms)
        if before is not None or len(self._shown) < MOST_CALLS:
            self._shown[call_id] = view
            self._screen.publish(MonitorChange(call=view))
        return found

    def _forget_changes(self) -> None:
        self._queues.clear()
        self._agents.clear()
        self._calls.clear()
        self._lost.changed.clear()
        self._warner.changed.clear()

    def stop(self) -> None:
        """No more of it."""
        if self._handle is not None:
            self._handle.cancel()
