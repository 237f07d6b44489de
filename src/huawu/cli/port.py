"""The running centre as the web sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from huawu import __version__
from huawu.acd.events import AgentId, AgentState
from huawu.calls.facts import Fact
from huawu.calls.record import CallRecord
from huawu.calls.service import CallService
from huawu.calls.store import CallFilter, CallPage, CallStore
from huawu.calls.views import AgentView, Change, QueueView, Wallboard
from huawu.config.schema import Configuration
from huawu.platform.clock import Clock
from huawu.platform.database import Database
from huawu.platform.live import Screen
from huawu.web.ports import SettableState
from huawu.web.views import CentreView, NumberView, SimulationBrief, SimulationReport, SimulationView

SILENT_AFTER_MS: Final = 10_000
"""A traffic maker that has not reported for this long is gone."""


class SimulationDesk:
    """What the centre and the traffic maker tell each other."""

    def __init__(self, clock: Clock, *, on: bool) -> None:
        self._clock = clock
        self.on = on
        self._reported_ms = 0
        self._callers = 0
        self._calls_per_minute = 0.0

    def report(self, callers: int, calls_per_minute: float) -> None:
        """The traffic maker says how it goes."""
        self._reported_ms = self._clock.now_ms()
        self._callers = callers
        self._calls_per_minute = calls_per_minute

    def view(self) -> SimulationView:
        """What pages show of it."""
        available = self._clock.now_ms() - self._reported_ms < SILENT_AFTER_MS
        return SimulationView(
            available=available,
            on=self.on,
            callers=self._callers if available else 0,
            calls_per_minute=self._calls_per_minute,
        )


class RunningCentre:
    """Satisfies `web.ports.CentrePort`."""

    def __init__(
        self,
        service: CallService,
        store: CallStore,
        db: Database,
        simulation: SimulationDesk,
        configuration: Callable[[], Configuration],
        *,
        demo: bool,
    ) -> None:
        self._service = service
        self._store = store
        self._db = db
        self._simulation = simulation
        self._configuration = configuration
        self._demo = demo

    @property
    def live(self) -> Screen[Wallboard, Change]:
        """The wallboard."""
        return self._service.screens.wallboard

    @property
    def switch_up(self) -> bool:
        """Whether the switch is connected."""
        return self._service.switch_up

    def about(self) -> CentreView:
        """What this centre is."""
        configuration = self._configuration()
        company = configuration.company
        simulation = self._simulation.view()
        return CentreView(
            company=company.name,
            company_en=company.name_en,
            version=__version__,
            time_zone=company.time_zone,
            demo=self._demo,
            switch="up" if self.switch_up else "down",
            numbers=[NumberView(number=each.number, name=each.name) for each in configuration.numbers],
            simulation=SimulationBrief(on=simulation.on, callers=simulation.callers)
            if simulation.available
            else None,
        )

    def queues(self) -> Sequence[QueueView]:
        """All queues now."""
        return self._service.screens.queues()

    def agents(self) -> Sequence[AgentView]:
        """All agents now."""
        return self._service.screens.agents()

    async def set_agent_state(self, agent: str, state: SettableState, reason: str, by: str) -> AgentView:
        """Have an agent be ready, on break or signed out."""
        self._service.set_agent_state(AgentId(agent), AgentState(state), reason)
        return self._service.screens.agent(AgentId(agent))

    async def find_calls(self, wanted: CallFilter, *, limit: int, cursor: str | None) -> CallPage:
        """A page of calls."""
        return await self._store.find(wanted, limit=limit, cursor=cursor)

    async def call(self, call: str) -> tuple[CallRecord, list[Fact]] | None:
        """A call with its timeline."""
        record = await self._store.get(call)
        return None if record is None else (record, await self._store.facts(call))

    def simulation(self) -> SimulationView:
        """The traffic maker."""
        return self._simulation.view()

    async def set_simulation(self, on: bool) -> SimulationView:
        """Let new simulated callers come, or not."""
        self._simulation.on = on
        return self._simulation.view()

    def report_simulation(self, callers: int, calls_per_minute: float) -> SimulationReport:
        """The traffic maker reports; it hears whether to go on, who talks, and how its agents stand."""
        self._simulation.report(callers, calls_per_minute)
        return SimulationReport(
            on=self._simulation.on,
            talking=self._service.callers_talking(),
            agents={view.id: view.state for view in self._service.screens.agents()},
        )

    async def check(self) -> None:
        """Raises a `DatabaseError` unless the database answers."""
        await self._db.check()
