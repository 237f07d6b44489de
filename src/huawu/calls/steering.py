"""What leaders set over the configuration for a while: doors of queues, diversions, agents moved.

Plain values and the one place that says what a centre is like under them. They end by themselves at
`until_ms` (0 = when somebody takes them back).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec

from huawu.acd.events import Overflow, QueueId
from huawu.config.compile import Centre
from huawu.config.outbound import Passage
from huawu.config.plan import ToFeature, ToFlow, ToOutside, ToQueue, ToSlot
from huawu.ivr.reach import queues_behind

DoorState = Literal["hours", "open", "closed"]
"""As the flow and its calendar say; as if it were open; new callers are turned away."""
Kind = Literal["door", "divert", "move"]
STEERING_TIMER: Final = "steering"


class Ruling(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The base: who set it, when, until when, and why (`note`)."""

    by: str
    at_ms: int
    until_ms: int = 0
    note: str = ""


class Door(Ruling, frozen=True, kw_only=True, tag="door"):
    """A queue is open or closed, whatever the calendar says."""

    queue: str
    state: DoorState

    @property
    def key(self) -> tuple[Kind, str]:
        return "door", self.queue


class Divert(Ruling, frozen=True, kw_only=True, tag="divert"):
    """New callers of a queue are led elsewhere at once."""

    queue: str
    to: Overflow

    @property
    def key(self) -> tuple[Kind, str]:
        return "divert", self.queue


class Move(Ruling, frozen=True, kw_only=True, tag="move"):
    """An agent serves these queues instead of those of the configuration."""

    agent: str
    queues: tuple[str, ...]

    @property
    def key(self) -> tuple[Kind, str]:
        return "move", self.agent


AnyRuling = Door | Divert | Move


@dataclass(frozen=True)
class Steering:
    """All that holds now, by kind and by what it is about."""

    rulings: Mapping[tuple[Kind, str], AnyRuling] = field(default_factory=dict)

    @classmethod
    def of(cls, rulings: Iterable[AnyRuling]) -> Steering:
        return cls({ruling.key: ruling for ruling in rulings})

    def having(self, ruling: AnyRuling) -> Steering:
        """With this in place of what was said of the same before."""
        return Steering({**self.rulings, ruling.key: ruling})

    def without(self, *keys: tuple[Kind, str]) -> Steering:
        return Steering({key: ruling for key, ruling in self.rulings.items() if key not in keys})

    def door(self, queue: str) -> Door | None:
        found = self.rulings.get(("door", queue))
        return found if isinstance(found, Door) else None

    def divert(self, queue: str) -> Divert | None:
        found = self.rulings.get(("divert", queue))
        return found if isinstance(found, Divert) else None

    def move(self, agent: str) -> Move | None:
        found = self.rulings.get(("move", agent))
        return found if isinstance(found, Move) else None

    def over(self, at_ms: int) -> tuple[AnyRuling, ...]:
        """Those whose time is over."""
        return tuple(ruling for ruling in self.rulings.values() if 0 < ruling.until_ms <= at_ms)

    def next_end_ms(self) -> int | None:
        """When the next of them ends by itself; None: none does."""
        return min((ruling.until_ms for ruling in self.rulings.values() if ruling.until_ms), default=None)

    def strange_to(self, centre: Centre) -> tuple[AnyRuling, ...]:
        """Those about queues and agents that this centre does not have (any more), or that lead there."""
        return tuple(ruling for ruling in self.rulings.values() if not _fits(ruling, centre))


def _fits(ruling: AnyRuling, centre: Centre) -> bool:
    match ruling:
        case Door():
            return centre.queue(ruling.queue) is not None
        case Divert():
            return centre.queue(ruling.queue) is not None and place_exists(ruling.to, centre)
        case Move():
            return centre.agent(ruling.agent) is not None


def place_exists(to: Overflow, centre: Centre) -> bool:
    """Whether callers can be led there."""
    match to.action:
        case "queue":
            return centre.queue(to.target) is not None
        case "flow":
            return to.target in centre.configuration.flows
        case "number":
            place = centre.numbers.find(to.target)
            if isinstance(place, ToOutside):
                return isinstance(centre.numbers.outbound.passage(place.number, "overflow"), Passage)
            return place is not None and not isinstance(place, ToFeature | ToSlot)
        case "hang_up":
            return True
        case "none":
            return False


def steered(centre: Centre, steering: Steering) -> Centre:
    """The centre as leaders want it now: agents with the queues they serve, flows that know of the doors."""
    if not steering.rulings:
        return centre
    agents = tuple(
        profile
        if (move := steering.move(profile.agent)) is None
        else msgspec.structs.replace(
            profile, queues=tuple(QueueId(queue) for queue in move.queues if centre.queue(queue) is not None)
        )
        for profile in centre.agents
    )
    doors = {ruling.queue: ruling.state for ruling in steering.rulings.values() if isinstance(ruling, Door)}
    flows = dataclasses.replace(centre.flows, doors=doors)
    return dataclasses.replace(centre, agents=agents, flows=flows)


def goes_round(divert: Divert, steering: Steering, centre: Centre) -> bool:
    """Whether callers led away would come to the queue again that they are led away from."""
    seen: set[str] = set()
    todo = [divert.to]
    while todo:
        for queue in _queues_at(todo.pop(), centre):
            if queue == divert.queue:
                return True
            further = steering.divert(queue)
            if queue not in seen and further is not None:
                seen.add(queue)
                todo.append(further.to)
    return False


def _queues_at(to: Overflow, centre: Centre) -> set[str]:
    """The queues in which a caller led there can come to stand."""
    flow = to.target if to.action == "flow" else ""
    if to.action == "queue":
        return {to.target}
    if to.action == "number":
        place = centre.numbers.find(to.target)
        if isinstance(place, ToQueue):
            return {place.queue}
        flow = place.flow if isinstance(place, ToFlow) else ""
    flows = centre.configuration.flows
    return queues_behind(flows, flow, flows[flow].start) if flow in flows else set()
