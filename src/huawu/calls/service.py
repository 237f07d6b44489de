"""The engine at work: fed by the link and by timers, its effects carried out, its screens kept true."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Container, Coroutine, Iterable, Mapping, Sequence, Sized
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog

from huawu.acd.events import AgentId, AgentState, CallId, QueueId
from huawu.calls import days_kept
from huawu.calls.acting import AnyAction
from huawu.calls.assist.assist import Assist
from huawu.calls.callbacks import Callback
from huawu.calls.conversation import Phase
from huawu.calls.desk_calls import has_part
from huawu.calls.desks import Desks
from huawu.calls.effects import Effects, Heard, LookUpWanted, SetTimer
from huawu.calls.engine import Engine
from huawu.calls.errors import MoveError
from huawu.calls.facts import Fact, Kind
from huawu.calls.found import LostAndFound
from huawu.calls.homes import SwitchId
from huawu.calls.kept import Kept, Position, keep, told_if_not_kept
from huawu.calls.last_agents import MOST
from huawu.calls.looking_up import LookupAnswer
from huawu.calls.lookup_client import LookupClient
from huawu.calls.monitor.watch import Watch
from huawu.calls.promising import Wish
from huawu.calls.renewal import Renewal
from huawu.calls.screens import Screens, parties_view
from huawu.calls.steering import Steering
from huawu.calls.store import CallStore
from huawu.calls.switch_links import SwitchLinks
from huawu.calls.switches import Switch
from huawu.calls.timers import Timers
from huawu.calls.toll_desk import TollDesk
from huawu.calls.views import PartiesView
from huawu.calls.voicemail_desk import VoicemailDesk
from huawu.calls.voicemails import Voicemail
from huawu.calls.work import Entry
from huawu.config.compile import Centre
from huawu.config.plan import NumberPlan
from huawu.link.client import LinkClient
from huawu.link.messages import Configure, NumberedEvent, Welcome
from huawu.platform.clock import Clock

log = structlog.get_logger(__name__)

TELL_EVERY_S: Final = 0.25
"""How often the switch hears how far the work is: it refuses new calls when that is too far behind."""


async def _unheard(_heard: Heard) -> None:
    """Nobody keeps an audit."""


class CallService:
    """Ties engine, link, store, timers and screens together in one event loop."""

    def __init__(
        self,
        engine: Engine,
        store: CallStore,
        kept: Kept,
        links: Mapping[SwitchId, LinkClient],
        clock: Clock,
        *,
        switch_settings: Configure,
        tolls: TollDesk | None = None,
        found: LostAndFound | None = None,
        voicemails: VoicemailDesk | None = None,
        lookups: LookupClient | None = None,
    ) -> None:
        self._engine = engine
        self._store = store
        self._kept = kept
        self._clock = clock
        self._tolls = tolls
        self._found = found
        self._looked = False  # for recordings that nobody knows
        self._recording: dict[str, set[str]] = {}  # by switch: calls whose recordings ran when it was met
        self._voicemails = voicemails
        self._lookups = lookups
        self._questions: set[asyncio.Task[None]] = set()
        self.heard: Callable[[Heard], Coroutine[None, None, None]] = _unheard
        self.words: Callable[[Sequence[Fact]], None] = lambda facts: None
        """Hears every fact, for the words of calls that go on."""
        self.screens = Screens(engine, clock)
        self._timers = Timers(clock, self._timer_due)
        self.switches = SwitchLinks(links, clock, self._timers, switch_settings, self)
        self.desks = Desks(engine, clock, self._timers.due_ms)
        self._renewal = Renewal(self.screens, self.desks)
        self.assist = Assist(
            clock,
            Timers(clock, self._timer_due),
            self.desks,
            lambda agent: engine.floor.centre.hints_for(agent),
        )
        self.desks.hints_of = self.assist.hints_of
        self.monitor = Watch(self, engine, clock, self.desks.days, self.assist.troubles)
        if voicemails is not None:
            self.screens.voicemails = voicemails.waiting
            voicemails.renew = self._renew_queue
            voicemails.told, voicemails.not_given = self._voicemail_told, self._voicemail_not_given
            voicemails.all_written = store.flush
        self.welcomed = asyncio.Event()
        """Set once every switch was there."""
        self._tasks: list[asyncio.Task[None]] = []

    # ── Life ──────────────────────────────────────────────────────────────────────────────────────

    async def start(self, centre: Centre) -> None:
        """Take up what an earlier life left, then keep the link to the switch."""
        now_ms = self._clock.now_ms()
        open_calls = [facts for _, facts in await self._store.open_calls() if facts]
        for facts in open_calls:
            self.words(facts)
        self._carry_out(self._engine.configure(centre, now_ms))
        await self.monitor.begin(centre)
        if self._tolls is not None:
            self._carry_out(self._engine.take_up_tolls(await self._tolls.start()))
            self._start_task(self._tolls.run(), "tolls")
        zone = ZoneInfo(centre.configuration.company.time_zone)
        marks = await self._kept.marks(self._engine.floor.homes.switches)
        seen_ms = max(marks.values(), default=now_ms)
        await days_kept.take_up(self.desks.days, self._kept, seen_ms, now_ms, zone)
        await self.monitor.start(days_kept.midnight_ms(now_ms, zone))
        effects = self._engine.recover(
            open_calls,
            await self._kept.agents(),
            now_ms,
            owed=await self._store.callbacks.owed(),
            last_agents=await self._last_agents(centre, now_ms),
            voicemails=await self._voicemails.start() if self._voicemails is not None else (),
            marks=marks,
            lengths=await self._found.lengths(open_calls) if self._found is not None else {},
        )
        self._carry_out(effects)
        self.assist.take_up(open_calls)
        if open_calls:
            log.info("calls found without an end", calls=len(open_calls))
        self.screens.reset()
        for switch in self.switches:
            self._start_task(self.switches.run(switch), f"link {switch.name}")
        self._start_task(keep(self._kept, self._engine.acd.snapshot, self._marks), "kept")
        self._start_task(days_kept.keep(self.desks.days, self._kept), "agents' days")
        self._start_task(self._tell_how_far(), "how far")
        self._start_task(days_kept.each_midnight(self._clock, zone, self._begin_day), "days")
        self._start_task(self.monitor.run(), "warnings")

    async def _last_agents(self, centre: Centre, now_ms: int) -> list[tuple[str, str, int]]:
        """What the records say, as far back as any queue looks."""
        terms = [queue.last_agent for queue in centre.configuration.queues.values()]
        within_ms = max((each.within_ms for each in terms if each is not None), default=0)
        return await self._store.last_agents(now_ms - within_ms, most=MOST) if within_ms else []

    async def stop(self) -> None:
        """Leave the desk; calls go on in the switch, for the next life to take up."""
        log.info("centre stops", holds=self._holds())
        with told_if_not_kept("agents' states"):
            await self._kept.put(self._engine.acd.snapshot(), self._marks())
            await self._kept.put_agent_days(self.desks.days.kept())
        await self.desks.close()
        if self._tolls is not None:
            with told_if_not_kept("tolls"):
                await self._tolls.stop()
        for task in (*self._tasks, *self._questions):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._questions, return_exceptions=True)
        if self._voicemails is not None:
            await self._voicemails.stop()
        if self._lookups is not None:
            await self._lookups.close()
        self._timers.stop()
        self.assist.stop()
        self._renewal.stop()
        await self.monitor.stop()

    def _holds(self) -> str:
        """What is in memory just now: without calls, nothing but zeros."""
        floor = self._engine.floor
        counts: dict[str, Sized] = {"calls": floor.calls, "callers": floor.callers, "parties": floor.parties}
        counts |= {"services": floor.services, "wrapping": floor.wrapping, "timers": self._timers}
        return " ".join(f"{name}={len(held)}" for name, held in counts.items())

    def _start_task(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.append(task)

    # ── What people do ────────────────────────────────────────────────────────────────────────────

    @property
    def switch_up(self) -> bool:
        """Whether a switch can be commanded now."""
        return self.switches.up

    def set_agent_state(self, agent: AgentId, state: AgentState, reason: str = "", *, by: str = "") -> None:
        """Ready, break or signed out. Raises what `Engine.set_agent_state` raises."""
        self._carry_out(self._engine.set_agent_state(agent, state, reason, self._clock.now_ms()))
        self.desks.state_set(agent, state, by, reason)

    @property
    def numbers(self) -> NumberPlan:
        """Where numbers lead."""
        return self._engine.floor.centre.numbers

    def now_ms(self) -> int:
        """The centre's time."""
        return self._clock.now_ms()

    def has_part(self, call: CallId, agent: AgentId) -> bool:
        """Whether the agent is in the call, is rung for it, or wraps it up."""
        found = self._engine.floor.calls.get(call)
        wraps = self._engine.floor.wrapping.get(agent) == call
        return wraps or (found is not None and has_part(found, agent))

    def form_filed(self, agent: AgentId, call: CallId, *, done: bool) -> None:
        """An agent filed what a call was about; `done`: wrap-up for it ends."""
        self._carry_out(self._engine.form_filed(agent, call, done=done, at_ms=self._clock.now_ms()))

    def note_work(self, call: CallId, entries: Iterable[Entry]) -> None:
        """Put an agent's work on a call's timeline, be it long over or not yet."""
        self._carry_out(self._engine.note_work(call, entries, self._clock.now_ms()))

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

    def steer(self, steering: Steering) -> None:
        """All this that leaders set holds from now on."""
        self._carry_out(self._engine.steer(steering, self._clock.now_ms()))

    def move_waiting(self, queue: str, to: str, calls: Collection[str] | None, by: str) -> int:
        """Put callers of one line into another; how many. Raises `MoveError`."""
        moved, effects = self._engine.move_waiting(queue, to, calls, by, self._clock.now_ms())
        self._carry_out(effects)
        return moved

    def call_back(self, wish: Wish, person: str, mine: bool) -> Callback:
        """Call back who gave up. Raises `NotPossible`."""
        callback, effects = self._engine.call_back(wish, person, mine=mine, at_ms=self._clock.now_ms())
        self._carry_out(effects)
        return callback

    def take_callback(self, callback: str, agent: AgentId) -> None:
        """Raises `UnknownCallback` and `NotPossible`."""
        self._carry_out(self._engine.take_callback(callback, agent, self._clock.now_ms()))

    def cancel_callback(self, callback: str) -> None:
        """Raises `UnknownCallback`."""
        self._carry_out(self._engine.cancel_callback(callback, self._clock.now_ms()))

    def configure(self, centre: Centre, switch_settings: Configure) -> None:
        """Work by a new configuration from now on."""
        if self._lookups is not None:
            self._lookups.configure(centre.configuration.lookup)
        self._carry_out(self._engine.configure(centre, self._clock.now_ms()))
        self.switches.configure(switch_settings)
        self.screens.reset()
        self.desks.reset()
        self.monitor.configure(centre)
        self.assist.renew()

    def callers_talking(self) -> list[str]:
        """The numbers of callers in conversation now."""
        calls = self._engine.floor.calls.values()
        return [call.caller for call in calls if call.phase is Phase.TALKING]

    # ── What switches tell ────────────────────────────────────────────────────────────────────────

    def switch_told(self, switch: Switch, event: NumberedEvent) -> None:
        """Something happened in a switch."""
        position = Position(switch=switch.life, event=event.number, link=switch.name)
        self._carry_out(self._engine.switch(event, switch.name), position)

    def switch_met(self, switch: Switch) -> None:
        """A switch can be commanded."""
        self.screens.switch_is("up")
        if self.switches.all_were_there:
            self.welcomed.set()

    def switch_lost(self, switch: Switch) -> None:
        """A switch cannot be commanded, and may return."""
        self._engine.switch_away(switch.name, self._clock.now_ms())
        if not self.switches.up:
            self.screens.switch_is("down")

    def switch_gone(self, switch: Switch) -> None:
        """One of several switches is given up, and its calls with it."""
        self._carry_out(self._engine.switch_gone(switch.name, self._clock.now_ms()))

    def switch_settled(self, switch: Switch, welcome: Welcome) -> None:
        """Memory, timeline and switch agree; after a death, recordings that nobody knows are looked for."""
        self._carry_out(self._engine.settle(welcome, self._clock.now_ms(), switch.name))
        if self._engine.floor.homes.complete:
            self.desks.days.talked_on(self._clock.now_ms())
        recordings = (str(view.recording) for view in welcome.legs if view.recording)
        self._recording[switch.name] = {recording.rpartition(".")[0] for recording in recordings}
        found, again = self._found, self._looked and welcome.replays
        if found is not None and self._engine.floor.homes.complete and not again:
            self._looked = True
            running, calls = set[str]().union(*self._recording.values()), self._engine.floor.calls
            self._start_task(self._look_for_lost(found, lambda call: CallId(call) in calls, running), "found")

    @staticmethod
    async def _look_for_lost(
        found: LostAndFound, is_live: Callable[[str], bool], running: Container[str]
    ) -> None:
        await found.put_on_record(is_live, running)

    # ── Effects ───────────────────────────────────────────────────────────────────────────────────

    def _carry_out(self, effects: Effects, position: Position | None = None) -> None:
        if effects.commands:
            self.switches.command(effects)
        if effects.facts:
            self.words(effects.facts)
        if effects.facts or effects.callbacks or effects.voicemails or position is not None:
            self._store.append(effects.facts, position, effects.callbacks, effects.voicemails)
        for wanted in effects.lookups:
            self._ask(self._look_up(wanted), "look-up")
        if self._voicemails is not None and (effects.voicemails or effects.discarded or effects.work):
            self._voicemails.tell(effects)
        if effects.tolls and self._tolls is not None:
            self._tolls.tell(effects.tolls)
        for timer in effects.timers:
            if isinstance(timer, SetTimer):
                self._timers.start(timer)
            else:
                self._timers.cancel(timer.name)
        for heard in effects.heard:
            self._ask(self.heard(heard), "audit")
        self.assist.tell(effects)
        self.monitor.tell(effects)
        at_desks = self.desks.tell(effects)
        if at_desks or effects.changed_queues or effects.changed_agents or effects.ended_calls:
            self._renewal.gather(effects.changed_queues, effects.changed_agents)

    def _voicemail_told(self, voicemail: Voicemail, kind: Kind | None, **fields: Any) -> None:
        self._carry_out(self._engine.voicemail_is(voicemail, kind, self._clock.now_ms(), **fields))
        self.desks.tasks_changed({voicemail.queue})

    def _voicemail_not_given(self, voicemail: str) -> None:
        self._carry_out(self._engine.voicemail_not_given(voicemail, self._clock.now_ms()))

    def _ask(self, work: Coroutine[None, None, None], name: str) -> None:
        """Have something done beside, whenever it comes to its end."""
        question = asyncio.create_task(work, name=name)
        self._questions.add(question)
        question.add_done_callback(self._questions.discard)

    async def _look_up(self, wanted: LookUpWanted) -> None:
        if self._lookups is None:
            answer = LookupAnswer(how="failed", fields={}, why="no_such_service")
        else:
            answer = await self._lookups.ask(wanted)
        self._carry_out(self._engine.looked_up(wanted.id, answer, self._clock.now_ms()))

    def _timer_due(self, timer: SetTimer) -> None:
        self._carry_out(self._engine.timer(timer.name, max(timer.due_ms, self._clock.now_ms())))

    def _renew_queue(self, queue: QueueId) -> None:
        self._renewal.gather({queue}, ())

    # ── Alongside ─────────────────────────────────────────────────────────────────────────────────

    async def _tell_how_far(self) -> None:
        """Tell each switch what is stored, and how far the work is; no database is waited for."""
        while True:
            await asyncio.sleep(TELL_EVERY_S)
            self.switches.seen(self._store.written_event)

    def _marks(self) -> dict[SwitchId, int]:
        return self._engine.marks(self._clock.now_ms())

    def _begin_day(self) -> None:
        self._carry_out(self._engine.day_began(self._clock.now_ms()))
        self.desks.days.begin(self._clock.now_ms())
        self.screens.reset()
        self.desks.reset()
        self.monitor.begin_day()
