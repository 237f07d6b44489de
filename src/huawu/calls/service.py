"""The engine at work: fed by the link and by timers, its effects carried out, its screens kept true."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Coroutine
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from huawu.acd.events import AgentId, AgentState, CallId, QueueId
from huawu.calls.acting import AnyAction
from huawu.calls.conversation import Phase
from huawu.calls.effects import Effects, SetTimer
from huawu.calls.engine import Engine
from huawu.calls.errors import MoveError
from huawu.calls.found import LostAndFound
from huawu.calls.kept import Kept, Position
from huawu.calls.last_agents import MOST
from huawu.calls.screens import Screens, parties_view
from huawu.calls.store import CallStore
from huawu.calls.toll_desk import TollDesk
from huawu.calls.views import PartiesView
from huawu.config.compile import Centre
from huawu.link.client import LinkClient, LinkDown
from huawu.link.messages import Command, CommandFailed, Configure, NumberedEvent, Welcome
from huawu.platform.clock import Clock

log = structlog.get_logger(__name__)

KEEP_EVERY_S: Final = 1.0
"""How often the agents' states and the day's figures are put aside for a restart."""
RENEW_SCREENS_S: Final = 0.05
"""Changes are gathered this long before they go to the screens."""


class CallService:
    """Ties engine, link, store, timers and screens together in one event loop."""

    def __init__(
        self,
        engine: Engine,
        store: CallStore,
        kept: Kept,
        link: LinkClient,
        clock: Clock,
        *,
        switch_settings: Configure,
        tolls: TollDesk | None = None,
        found: LostAndFound | None = None,
    ) -> None:
        self._engine = engine
        self._store = store
        self._kept = kept
        self._link = link
        self._clock = clock
        self._switch_settings = switch_settings
        self._tolls = tolls
        self._found = found
        self.screens = Screens(engine, clock)
        self.sip_addresses: tuple[str, ...] = ()
        self.welcomed = asyncio.Event()
        self._switch = ""
        self._settle: Welcome | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._renewal: asyncio.TimerHandle | None = None
        self._changed_queues: set[QueueId] = set()
        self._changed_agents: set[AgentId] = set()

    # ── Life ──────────────────────────────────────────────────────────────────────────────────────

    async def start(self, centre: Centre) -> None:
        """Take up what an earlier life left, then keep the link to the switch."""
        now_ms = self._clock.now_ms()
        open_calls = [facts for _, facts in await self._store.open_calls() if facts]
        self._carry_out(self._engine.configure(centre, now_ms))
        if self._tolls is not None:
            self._carry_out(self._engine.take_up_tolls(await self._tolls.start()))
            self._start_task(self._tolls.run(), "tolls")
        effects = self._engine.recover(
            open_calls,
            await self._kept.agents(),
            now_ms,
            owed=await self._store.callbacks.owed(),
            last_agents=await self._last_agents(centre, now_ms),
        )
        self._carry_out(effects)
        if open_calls:
            log.info("calls found without an end", calls=len(open_calls))
        self.screens.reset()
        self._start_task(self._run_link(), "link")
        self._start_task(self._keep(), "kept")
        self._start_task(self._begin_days(ZoneInfo(centre.configuration.company.time_zone)), "days")

    async def _last_agents(self, centre: Centre, now_ms: int) -> list[tuple[str, str, int]]:
        """What the records say, as far back as any queue looks."""
        terms = [queue.last_agent for queue in centre.configuration.queues.values()]
        within_ms = max((each.within_ms for each in terms if each is not None), default=0)
        return await self._store.last_agents(now_ms - within_ms, most=MOST) if within_ms else []

    async def stop(self) -> None:
        """Leave the desk; calls go on in the switch, for the next life to take up."""
        await self._kept.put(self._engine.acd.snapshot())
        if self._tolls is not None:
            await self._tolls.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for handle in self._timers.values():
            handle.cancel()
        if self._renewal is not None:
            self._renewal.cancel()

    def _start_task(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.append(task)

    # ── What people do ────────────────────────────────────────────────────────────────────────────

    @property
    def switch_up(self) -> bool:
        """Whether the switch can be commanded now."""
        return self._link.connected

    def set_agent_state(self, agent: AgentId, state: AgentState, reason: str = "") -> None:
        """Ready, break or signed out. Raises what `Engine.set_agent_state` raises."""
        self._carry_out(self._engine.set_agent_state(agent, state, reason, self._clock.now_ms()))

    def act(self, action: AnyAction) -> PartiesView:
        """Move a call under way; who is in it then. Raises `calls.errors.MoveError`."""
        try:
            effects = self._engine.act(action, self._clock.now_ms())
        except MoveError:
            self._carry_out(self._engine.floor.take_effects())  # a refusal may be on the timeline
            raise
        self._carry_out(effects)
        return self.parties(action.call)

    def parties(self, call: str) -> PartiesView:
        """Who is in a call now. Raises `NoSuchCall`."""
        return parties_view(self._engine, call)

    def cancel_callback(self, callback: str) -> None:
        """Raises `UnknownCallback`."""
        self._carry_out(self._engine.cancel_callback(callback, self._clock.now_ms()))

    def configure(self, centre: Centre, switch_settings: Configure) -> None:
        """Work by a new configuration from now on."""
        self._switch_settings = switch_settings
        self._carry_out(self._engine.configure(centre, self._clock.now_ms()))
        if self._link.connected:
            self._send(switch_settings)
        self.screens.reset()

    def callers_talking(self) -> list[str]:
        """The numbers of callers in conversation now."""
        calls = self._engine.floor.calls.values()
        return [call.caller for call in calls if call.phase is Phase.TALKING]

    # ── The link ──────────────────────────────────────────────────────────────────────────────────

    async def _run_link(self) -> None:
        await self._link.run(self._welcome, self._event, self._lost)

    def _welcome(self, welcome: Welcome) -> None:
        log.info("switch connected", switch=welcome.switch, replays=welcome.replays, legs=len(welcome.legs))
        self._switch = welcome.switch
        self.sip_addresses = welcome.sip_addresses
        self._send(self._switch_settings)
        if welcome.replays and self._link.last_event < welcome.last_event:
            self._settle = welcome  # the missed events first
        else:
            self._settled(welcome)
        self.screens.switch_is("up")
        self.welcomed.set()

    def _event(self, event: NumberedEvent) -> None:
        if isinstance(event.event, CommandFailed):
            failed = event.event
            log.warning("command failed", number=failed.number, command=failed.command, why=failed.detail)
        self._carry_out(self._engine.switch(event), Position(switch=self._switch, event=event.number))
        if self._settle is not None and event.number >= self._settle.last_event:
            welcome, self._settle = self._settle, None
            self._settled(welcome)

    def _settled(self, welcome: Welcome) -> None:
        """Memory, timeline and switch agree; recordings that are none of theirs are looked for, once."""
        self._carry_out(self._engine.settle(welcome, self._clock.now_ms()))
        found, self._found = self._found, None
        if found is not None:
            running = {str(view.recording).rpartition(".")[0] for view in welcome.legs if view.recording}
            calls = self._engine.floor.calls
            self._start_task(self._look_for_lost(found, lambda call: CallId(call) in calls, running), "found")

    @staticmethod
    async def _look_for_lost(
        found: LostAndFound, is_live: Callable[[str], bool], running: Container[str]
    ) -> None:
        await found.put_on_record(is_live, running)

    def _lost(self) -> None:
        log.warning("switch lost; waiting for it to return")
        self._settle = None
        self.screens.switch_is("down")

    def _send(self, command: Command) -> None:
        try:
            self._link.send(command)
        except LinkDown:
            log.debug("not sent, the switch is away", command=type(command).__name__)

    # ── Effects ───────────────────────────────────────────────────────────────────────────────────

    def _carry_out(self, effects: Effects, position: Position | None = None) -> None:
        for command in effects.commands:
            self._send(command)
        if effects.facts or effects.callbacks or position is not None:
            self._store.append(effects.facts, position, effects.callbacks)
        if effects.tolls and self._tolls is not None:
            self._tolls.tell(effects.tolls)
        for timer in effects.timers:
            if (handle := self._timers.pop(timer.name, None)) is not None:
                handle.cancel()
            if isinstance(timer, SetTimer):
                self._start_timer(timer)
        if effects.changed_queues or effects.changed_agents or effects.ended_calls:
            self._renew(effects)

    def _start_timer(self, timer: SetTimer) -> None:
        wait_s = max(0, timer.due_ms - self._clock.now_ms()) / 1000
        loop = asyncio.get_running_loop()
        self._timers[timer.name] = loop.call_later(wait_s, self._timer_due, timer)

    def _timer_due(self, timer: SetTimer) -> None:
        self._timers.pop(timer.name, None)
        self._carry_out(self._engine.timer(timer.name, max(timer.due_ms, self._clock.now_ms())))

    def _renew(self, effects: Effects) -> None:
        """Gather changes for a moment, so that a burst of calls renews a screen once."""
        self._changed_queues |= effects.changed_queues
        self._changed_agents |= effects.changed_agents
        if self._renewal is None:
            loop = asyncio.get_running_loop()
            self._renewal = loop.call_later(RENEW_SCREENS_S, self._renew_now)

    def _renew_now(self) -> None:
        self._renewal = None
        queues, self._changed_queues = self._changed_queues, set()
        agents, self._changed_agents = self._changed_agents, set()
        self.screens.renew(queues, agents)

    # ── Alongside ─────────────────────────────────────────────────────────────────────────────────

    async def _keep(self) -> None:
        """Put aside what the switch could not tell a restarted centre, and tell it what is stored."""
        before = None
        while True:
            await asyncio.sleep(KEEP_EVERY_S)
            self._link.seen(self._store.written_event(self._switch))
            snapshot = self._engine.acd.snapshot()
            if snapshot != before:
                try:
                    await self._kept.put(snapshot)
                    before = snapshot
                except Exception as error:  # the store says so already; the next second tries again
                    log.warning("agents' states not put aside", why=str(error))

    async def _begin_days(self, zone: ZoneInfo) -> None:
        while True:
            now = datetime.fromtimestamp(self._clock.now_ms() / 1000, zone)
            midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), zone)
            await asyncio.sleep((midnight - now).total_seconds() + 0.001)
            self._carry_out(self._engine.day_began(self._clock.now_ms()))
            self.screens.reset()
