"""A centre that exists only for the web's tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from huawu.acd.errors import NotAllowed, UnknownAgent
from huawu.acd.events import AgentId, AgentState, CallId
from huawu.calls.acting import AnyAction
from huawu.calls.callbacks import Callback, UnknownCallback
from huawu.calls.errors import MoveError, NoSuchCall, NoSuchPlace, NotPossible
from huawu.calls.facts import Fact
from huawu.calls.finding import BadCursor, CallFilter, CallPage
from huawu.calls.record import CallRecord, derive
from huawu.calls.store import StoreState
from huawu.calls.toll_desk import NothingStopped, TollsView
from huawu.calls.tolls import Stop
from huawu.calls.views import AgentView, Change, PartiesView, QueueView, SeatState, Wallboard, apply, key
from huawu.calls.work import Entry
from huawu.config.plan import NumberPlan, number_plan
from huawu.config.schema import Company, Configuration
from huawu.platform.database import DatabaseUnavailable
from huawu.platform.live import Screen
from huawu.web.ports import SettableState
from huawu.web.views import BreakView, CentreView, NumberView, SimulationBrief, SimulationView

AGENT = AgentView(id="wang", name="王芳", extension="8001", state=SeatState.TALKING, caller="13800005678")
QUEUE = QueueView(id="help", name="求助", waiting=2)


class FakeCentre:
    """Satisfies `CentrePort`; its fields are set by the tests."""

    def __init__(self) -> None:
        self.screen: Screen[Wallboard, Change] = Screen(
            "wallboard",
            Wallboard(at_ms=1, queues=(QUEUE,), agents=(AGENT,), switch="up"),
            apply=apply,
            key=key,
        )
        self.timelines: dict[str, list[Fact]] = {}
        self.asked: list[CallFilter] = []
        self.set_by: list[tuple[str, str, str]] = []
        self.traffic = SimulationView(available=True, callers=5)
        self.database_gone = False
        self.writing = StoreState(state="writing", waiting=0)
        self.stop: Stop | None = Stop(at_ms=1, calls=11, window_ms=600_000, asker="agent", person="wang")
        self.owed: list[Callback] = []
        self.cancelled: list[str] = []
        self.taken: list[tuple[str, str]] = []
        self.acted: list[AnyAction] = []
        self.parts: set[tuple[str, str]] = set()
        self.filed: list[tuple[str, str, bool]] = []
        self.configuration = Configuration(company=Company(name="示例"))

    @property
    def live(self) -> Screen[Wallboard, Change]:
        return self.screen

    @property
    def switch_up(self) -> bool:
        return self.screen.snapshot().switch == "up"

    def about(self) -> CentreView:
        return CentreView(
            company="示例",
            company_en="Example",
            version="0",
            time_zone="Asia/Shanghai",
            demo=True,
            switch="up",
            numbers=[NumberView(number="12345", name="热线")],
            breaks=[BreakView(id="rest", name="小休", name_en="Short break")],
            people=[],
            simulation=SimulationBrief(on=self.traffic.on, callers=5),
        )

    @property
    def numbers(self) -> NumberPlan:
        return number_plan(self.configuration)

    def now_ms(self) -> int:
        return 1_000

    def has_part(self, call: str, user: str) -> bool:
        return (call, user) in self.parts

    def form_filed(self, agent: AgentId, call: CallId, *, done: bool) -> None:
        self.filed.append((agent, call, done))

    async def note_work(self, call: str, decide: Callable[[list[Fact]], list[Entry]]) -> list[Entry]:
        timeline = self.timelines.setdefault(call, [])
        entries = decide(list(timeline))
        for kind, fields in entries:
            at_ms, seq = self.now_ms(), len(timeline) + 1
            timeline.append(Fact(call=call, seq=seq, at_ms=at_ms, kind=kind, party="agent", fields=fields))
        return entries

    def queues(self) -> Sequence[QueueView]:
        return self.screen.snapshot().queues

    def agents(self) -> Sequence[AgentView]:
        return self.screen.snapshot().agents

    async def set_agent_state(self, agent: str, state: SettableState, reason: str, by: str) -> AgentView:
        if agent == "ghost":
            raise UnknownAgent(AgentId(agent))
        if state == "signed_out":
            raise NotAllowed(AgentId(agent), AgentState.TALKING, "sign_out")
        self.set_by.append((agent, state, by))
        return msgspec.structs.replace(AGENT, state=SeatState(state), reason=reason)

    async def find_calls(self, wanted: CallFilter, *, limit: int, cursor: str | None) -> CallPage:
        if cursor == "bad":
            raise BadCursor(cursor)
        self.asked.append(wanted)
        return CallPage(calls=[record for _, (record, _) in sorted(self._found().items())][:limit])

    async def call(self, call: str) -> tuple[CallRecord, list[Fact]] | None:
        return self._found().get(call)

    async def act(self, action: AnyAction) -> PartiesView:
        refusals: dict[str, MoveError] = {
            "gone": NoSuchCall("gone"),
            "nowhere": NoSuchPlace("number 5"),
            "busy": NotPossible("agent_not_free", "busy", agent="1002"),
        }
        if action.call in refusals:
            raise refusals[action.call]
        self.acted.append(action)
        return await self.parties(action.call)

    async def parties(self, call: str) -> PartiesView:
        return PartiesView(call=call, state="talking")

    async def callbacks(self, *, queue: str, state: str, limit: int) -> Sequence[Callback]:
        return [one for one in self.owed if queue in ("", one.queue) and state in ("", one.state)][:limit]

    async def take_callback(self, callback: str, agent: str) -> None:
        found = next((one for one in self.owed if one.id == callback), None)
        if found is None:
            raise UnknownCallback(callback)
        if found.agent:
            raise NotPossible("callback_taken", agent=found.agent)
        self.taken.append((callback, agent))

    async def cancel_callback(self, callback: str) -> None:
        if callback not in [one.id for one in self.owed]:
            raise UnknownCallback(callback)
        self.cancelled.append(callback)

    def simulation(self) -> SimulationView:
        return self.traffic

    async def set_simulation(self, on: bool) -> SimulationView:
        self.traffic = msgspec.structs.replace(self.traffic, on=on)
        return self.traffic

    async def tolls(self) -> TollsView:
        return TollsView(stop=self.stop, scopes=[], events=[])

    async def reset_tolls(self, by: str, why: str) -> TollsView:
        if self.stop is None:
            raise NothingStopped
        self.stop = None
        self.set_by.append(("tolls", why, by))
        return await self.tolls()

    async def check(self) -> None:
        if self.database_gone:
            raise DatabaseUnavailable("here", "it is gone")

    def _found(self) -> dict[str, tuple[CallRecord, list[Fact]]]:
        records = {call: derive(facts) for call, facts in self.timelines.items()}
        return {
            call: (record, self.timelines[call]) for call, record in records.items() if record is not None
        }
