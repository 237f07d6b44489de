"""The running centre as the web sees it: call service, store and configuration behind one door."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from huawu import __version__
from huawu.acd.events import AgentId, AgentState, CallId
from huawu.calls.acting import AnyAction
from huawu.calls.callbacks import Callback
from huawu.calls.facts import Fact
from huawu.calls.finding import CallFilter, CallPage
from huawu.calls.record import CallRecord
from huawu.calls.service import CallService
from huawu.calls.store import CallStore, StoreState
from huawu.calls.toll_desk import TollDesk, TollsView
from huawu.calls.views import AgentView, Change, PartiesView, QueueView, Wallboard
from huawu.calls.work import Entry
from huawu.config.plan import NumberPlan
from huawu.config.schema import Configuration
from huawu.platform.database import Database
from huawu.platform.live import Screen
from huawu.web.ports import SettableState
from huawu.web.views import BreakView, CentreView, NumberView, PersonBrief, SimulationBrief, SimulationView


class LiveCentre:
    """Satisfies `CentrePort`. `switch_simulation` turns the traffic maker; None = there is none."""

    def __init__(
        self,
        service: CallService,
        store: CallStore,
        db: Database,
        configuration: Configuration,
        tolls: TollDesk,
        *,
        demo: bool = False,
        simulation: Callable[[], SimulationView] | None = None,
        switch_simulation: Callable[[bool], Awaitable[SimulationView]] | None = None,
    ) -> None:
        self._service = service
        self._store = store
        self._db = db
        self.configuration = configuration
        self._tolls = tolls
        self._demo = demo
        self._simulation = simulation
        self._switch_simulation = switch_simulation
        self._noting = asyncio.Lock()

    @property
    def live(self) -> Screen[Wallboard, Change]:
        return self._service.screens.wallboard

    @property
    def switch_up(self) -> bool:
        return self._service.switch_up

    @property
    def writing(self) -> StoreState:
        return self._store.state

    def about(self) -> CentreView:
        company = self.configuration.company
        traffic = self.simulation()
        return CentreView(
            company=company.name,
            company_en=getattr(company, "name_en", "") or company.name,
            version=__version__,
            time_zone=company.time_zone,
            demo=self._demo,
            switch="up" if self.switch_up else "down",
            numbers=[
                NumberView(number=number.number, name=number.name) for number in self.configuration.numbers
            ],
            breaks=[
                BreakView(id=each.id, name=each.name, name_en=each.name_en or each.name)
                for each in self.configuration.breaks
            ],
            people=[
                PersonBrief(user=each.user, name=each.name or each.user) for each in self.configuration.people
            ],
            simulation=SimulationBrief(on=traffic.on, callers=traffic.callers) if traffic.available else None,
        )

    @property
    def numbers(self) -> NumberPlan:
        return self._service.numbers

    def now_ms(self) -> int:
        return self._service.now_ms()

    def has_part(self, call: str, user: str) -> bool:
        return self._service.has_part(CallId(call), AgentId(user))

    def form_filed(self, agent: AgentId, call: CallId, *, done: bool) -> None:
        self._service.form_filed(agent, call, done=done)

    async def note_work(self, call: str, decide: Callable[[list[Fact]], list[Entry]]) -> list[Entry]:
        async with self._noting:
            await self._store.flush()
            entries = decide(await self._store.facts(call))
            if entries:
                self._service.note_work(CallId(call), entries)
                await self._store.flush()
        return entries

    def queues(self) -> Sequence[QueueView]:
        return self._service.screens.queues()

    def agents(self) -> Sequence[AgentView]:
        return self._service.screens.agents()

    async def set_agent_state(self, agent: str, state: SettableState, reason: str, by: str) -> AgentView:
        self._service.set_agent_state(AgentId(agent), AgentState(state), reason, by=by)
        return self._service.screens.agent(AgentId(agent))

    async def find_calls(self, wanted: CallFilter, *, limit: int, cursor: str | None) -> CallPage:
        return await self._store.find(wanted, limit=limit, cursor=cursor)

    async def call(self, call: str) -> tuple[CallRecord, list[Fact]] | None:
        record = await self._store.get(call)
        return None if record is None else (record, await self._store.facts(call))

    async def act(self, action: AnyAction) -> PartiesView:
        return self._service.act(action)

    async def parties(self, call: str) -> PartiesView:
        return self._service.parties(call)

    async def callbacks(self, *, queue: str, state: str, limit: int) -> Sequence[Callback]:
        return await self._store.callbacks.newest(queue=queue, state=state, limit=limit)

    async def take_callback(self, callback: str, agent: str) -> None:
        self._service.take_callback(callback, AgentId(agent))
        await self._store.flush()

    async def cancel_callback(self, callback: str) -> None:
        self._service.cancel_callback(callback)
        await self._store.flush()

    def simulation(self) -> SimulationView:
        return self._simulation() if self._simulation is not None else SimulationView()

    async def set_simulation(self, on: bool) -> SimulationView:
        if self._switch_simulation is None:
            return self.simulation()
        return await self._switch_simulation(on)

    async def tolls(self) -> TollsView:
        return await self._tolls.view()

    async def reset_tolls(self, by: str, why: str) -> TollsView:
        return await self._tolls.reset(by, why)

    async def check(self) -> None:
        await self._db.check()
