"""A story at a small centre with desks that somebody looks at, in virtual time."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from huawu.acd.events import AgentId
from huawu.calls.desk_changes import apply
from huawu.calls.desk_reading import Sources
from huawu.calls.desk_views import Desk, DeskCall, DeskChange, DeskFigures, Place, Tasks
from huawu.calls.desks import Desks
from huawu.calls.effects import Effects
from huawu.calls.facts import Fact
from huawu.platform.live import Viewer
from tests.calls.desks import Story, offices
from tests.calls.worlds import Desk as Offices


class Watched:
    """The offices, with what each event causes told to the desks as the centre does."""

    def __init__(self, floor: Offices | None = None) -> None:
        self.floor = floor or offices()
        self.world = self.floor.world
        self.desks = Desks(self.world.engine, self, self.world.timers.get)
        self.desks.sources = Sources(facts=self._facts, place=self._place)
        self.viewers: dict[str, Viewer] = {}
        self.pages: dict[str, Desk] = {}
        carry_out = self.world.carry_out

        def carried(effects: Effects) -> None:
            carry_out(effects)
            if self.desks.tell(effects):
                self.desks.renew()

        self.world.carry_out = carried  # type: ignore[method-assign]

    def now_ms(self) -> int:
        return self.world.now_ms

    async def _facts(self, call: str) -> list[Fact]:
        return [fact for fact in self.world.facts if fact.call == call]

    async def _place(self, number: str, country: str) -> Place:
        return Place(zh="北京市", en="Beijing")

    def open(self, agent: str) -> None:
        """A page of this agent's is opened."""
        self.viewers[agent] = self.desks.watch(AgentId(agent)).subscribe()

    def close(self, agent: str) -> None:
        self.viewers.pop(agent).close()
        self.desks.left(AgentId(agent))

    async def page(self, agent: str) -> Desk:
        """What the page shows, by the frames it was sent."""
        for _ in range(5):
            await asyncio.sleep(0)  # what is read beside
        viewer = self.viewers[agent]
        while viewer.behind:
            frame: dict[str, Any] = msgspec.json.decode(await viewer.frame())
            if frame["type"] == "snapshot":
                self.pages[agent] = msgspec.convert(frame["state"], Desk)
            for event in frame.get("events", ()):
                change = msgspec.convert({name: event[name] for name in event if name != "seq"}, DeskChange)
                self.pages[agent] = apply(self.pages[agent], change)
        shown = self.desks.watch(AgentId(agent)).snapshot()
        assert _comparable(self.pages[agent]) == _comparable(shown), "the page is not what the centre holds"
        return self.pages[agent]

    async def call_at(self, agent: str) -> DeskCall:
        page = await self.page(agent)
        assert len(page.calls) == 1, page.calls
        return page.calls[0]


def _comparable(desk: Desk) -> bytes:
    """All of it but the instant, which moves on by itself."""
    return msgspec.json.encode(msgspec.structs.replace(desk, at_ms=0, figures=DeskFigures()))


__all__ = ["Story", "Tasks", "Watched"]
