"""What the web asks of the centre: the one door between pages and calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from huawu.acd.events import AgentId, CallId
from huawu.calls.acting import AnyAction
from huawu.calls.callbacks import Callback
from huawu.calls.facts import Fact
from huawu.calls.finding import CallFilter, CallPage
from huawu.calls.record import CallRecord
from huawu.calls.store import StoreState
from huawu.calls.toll_desk import TollsView
from huawu.calls.views import AgentView, Change, PartiesView, QueueView, Wallboard
from huawu.calls.work import Entry
from huawu.config.plan import NumberPlan
from huawu.config.schema import Configuration
from huawu.platform.live import Screen
from huawu.web.views import CentreView, SimulationView

SettableState = Literal["ready", "break", "signed_out"]


class CentrePort(Protocol):
    """A running centre. Raises the rooms' own errors; `web/errors.py` gives them a status."""

    @property
    def live(self) -> Screen[Wallboard, Change]: ...

    @property
    def switch_up(self) -> bool: ...

    @property
    def writing(self) -> StoreState:
        """How facts are written."""

    @property
    def configuration(self) -> Configuration: ...

    @property
    def numbers(self) -> NumberPlan: ...

    def about(self) -> CentreView: ...

    def now_ms(self) -> int: ...

    def has_part(self, call: str, user: str) -> bool:
        """Whether this person is in the call now, is rung for it, or wraps it up."""

    def form_filed(self, agent: AgentId, call: CallId, *, done: bool) -> None: ...

    async def note_work(self, call: str, decide: Callable[[list[Fact]], list[Entry]]) -> list[Entry]:
        """Put on the call's timeline what `decide` makes of it as it is; written when this returns."""

    def queues(self) -> Sequence[QueueView]: ...

    def agents(self) -> Sequence[AgentView]: ...

    async def set_agent_state(self, agent: str, state: SettableState, reason: str, by: str) -> AgentView: ...

    async def find_calls(self, wanted: CallFilter, *, limit: int, cursor: str | None) -> CallPage: ...

    async def call(self, call: str) -> tuple[CallRecord, list[Fact]] | None: ...

    async def act(self, action: AnyAction) -> PartiesView: ...

    async def parties(self, call: str) -> PartiesView: ...

    async def callbacks(self, *, queue: str, state: str, limit: int) -> Sequence[Callback]: ...

    async def take_callback(self, callback: str, agent: str) -> None: ...

    async def cancel_callback(self, callback: str) -> None: ...

    def simulation(self) -> SimulationView: ...

    async def set_simulation(self, on: bool) -> SimulationView: ...

    async def tolls(self) -> TollsView: ...

    async def reset_tolls(self, by: str, why: str) -> TollsView: ...

    async def check(self) -> None:
        """Raise a `DatabaseError` unless the database answers."""
