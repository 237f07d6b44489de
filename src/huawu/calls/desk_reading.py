"""What a desk shows that is not in the engine's memory: read meanwhile, and shown when it is there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from huawu.acd.events import AgentId, CallId
from huawu.calls.desk_calls import shown
from huawu.calls.desk_changes import NEWEST_FACTS
from huawu.calls.desk_views import (
    Desk,
    DeskChange,
    DeskPhone,
    Earlier,
    EarlierOf,
    FactOf,
    FactsOf,
    HelpRequest,
    Place,
    PlaceOf,
    Tasks,
)
from huawu.calls.engine import Engine
from huawu.calls.facts import Fact
from huawu.platform.live import Screen

log = structlog.get_logger(__name__)

DeskScreen = Screen[Desk, DeskChange]
READ_AFTER_S: Final = 0.6
"""Facts are written in batches: a call's first ones are read back this much after it came to a desk."""


async def _nothing(*_: object) -> Any:
    return ()


@dataclass(slots=True)
class Sources:
    """Whatever a desk shows that is not in the engine's memory; each may be late, none is waited for."""

    facts: Callable[[str], Awaitable[Iterable[Fact]]] = _nothing
    earlier: Callable[[str, str], Awaitable[tuple[Earlier, ...]]] = _nothing
    place: Callable[[str, str], Awaitable[Place]] = _nothing
    tasks: Callable[[tuple[str, ...], str], Awaitable[Tasks]] = _nothing
    phone: Callable[[str], DeskPhone] = lambda agent: DeskPhone()
    help: Callable[[str], tuple[HelpRequest, ...]] = lambda agent: ()


@dataclass(slots=True)
class OpenDesk:
    """A desk that somebody looks at."""

    screen: DeskScreen
    facts: dict[CallId, list[dict[str, Any]]] = field(default_factory=dict)  # of the calls on it
    tasks_looked: int = 0  # how often they were read; of two reads at once the later one counts


class DeskReading:
    """Reads for the desks in `opened`; what comes when the desk or the call is gone is nobody's.

    `renew` shows a call anew once its earlier facts are there.
    """

    def __init__(
        self,
        engine: Engine,
        opened: Mapping[AgentId, OpenDesk],
        sources: Sources,
        renew: Callable[[AgentId, OpenDesk, CallId], None],
    ) -> None:
        self._engine = engine
        self._open = opened
        self.sources = sources
        self._renew = renew
        self._tasks: set[asyncio.Task[None]] = set()

    def of_call(self, agent: AgentId, call_id: CallId, customer: str) -> None:
        """All there is to read of a call that has come to a desk."""
        self._read(self._read_facts(agent, call_id))
        self._read(self._read_place(agent, call_id, customer))
        self._read(self._read_earlier(agent, call_id, customer))

    def facts_anew(self, agent: AgentId, call_id: CallId) -> None:
        """Facts of a call on the desk have other numbers on record than they were told with."""
        self._read(self._read_facts_anew(agent, call_id))

    def tasks(self, agent: AgentId) -> None:
        """What waits for the agent may be different."""
        self._read(self._read_tasks(agent))

    def meet_places(self) -> None:
        """Have the tables of places read now: it stops all else for a third of a second, a first call too."""
        self._read(self._meet_places())

    async def close(self) -> None:
        """Break off what is being read."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # ── inside ──

    def _read(self, work: Any) -> None:
        task = asyncio.create_task(self._read_safely(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @staticmethod
    async def _read_safely(work: Awaitable[None]) -> None:
        try:
            await work
        except Exception as error:  # a desk goes on without what could not be read
            log.warning("not shown at a desk", why=f"{type(error).__name__}: {error}")

    async def _read_facts(self, agent: AgentId, call_id: CallId) -> None:
        await asyncio.sleep(READ_AFTER_S)
        for fact in await self.sources.facts(call_id):
            opened = self._open.get(agent)
            if opened is None or call_id not in opened.facts:
                return
            told = shown(fact)
            if all(known["seq"] != told["seq"] for known in opened.facts[call_id]):
                opened.facts[call_id].append(told)
                opened.screen.publish(DeskChange(fact=FactOf(call=call_id, fact=told)))
        if (opened := self._open.get(agent)) is not None and call_id in opened.facts:
            opened.facts[call_id].sort(key=lambda fact: int(fact["seq"]))
            self._renew(agent, opened, call_id)

    async def _read_facts_anew(self, agent: AgentId, call_id: CallId) -> None:
        """What is on record, and what has come since: with numbers behind it."""
        facts = [shown(fact) for fact in await self.sources.facts(call_id)]
        opened = self._open.get(agent)
        if not facts or opened is None or call_id not in opened.facts:
            return
        last = facts[-1]["seq"]
        facts += [fact for fact in opened.facts[call_id] if fact["seq"] > last]
        opened.facts[call_id] = facts
        opened.screen.publish(DeskChange(facts=FactsOf(call=call_id, facts=tuple(facts[-NEWEST_FACTS:]))))
        self._renew(agent, opened, call_id)

    async def _read_place(self, agent: AgentId, call_id: CallId, number: str) -> None:
        country = self._engine.floor.centre.configuration.company.country
        place = await self.sources.place(number, country)
        opened = self._open.get(agent)
        if place and opened is not None and call_id in opened.facts:
            opened.screen.publish(DeskChange(place=PlaceOf(call=call_id, zh=place.zh, en=place.en)))

    async def _meet_places(self) -> None:
        await self.sources.place("", "")

    async def _read_earlier(self, agent: AgentId, call_id: CallId, number: str) -> None:
        earlier = await self.sources.earlier(number, call_id) if number else ()
        opened = self._open.get(agent)
        if earlier and opened is not None and call_id in opened.facts:
            opened.screen.publish(DeskChange(earlier=EarlierOf(call=call_id, earlier=tuple(earlier))))

    async def _read_tasks(self, agent: AgentId) -> None:
        opened = self._open.get(agent)
        if opened is None:
            return
        opened.tasks_looked += 1
        looked = opened.tasks_looked
        profile = self._engine.floor.centre.agent(agent)
        queues = profile.queues if profile is not None else ()
        tasks = await self.sources.tasks(queues, agent)
        if isinstance(tasks, Tasks) and opened.tasks_looked == looked:
            opened.screen.publish(DeskChange(tasks=tasks))
