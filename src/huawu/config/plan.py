"""The number plan: where a dialled number leads. Looking up is one dictionary access, whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec
from msgspec.structs import replace

from huawu.acd.events import AgentId, QueueId
from huawu.config.outbound import SPACING, OutboundPlan, outbound_plan
from huawu.config.schema import Configuration

StateFeature = Literal["ready", "break", "sign_out"]
Feature = Literal[StateFeature, "pick_up", "listen", "whisper", "barge"]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """The base of all places a number can lead to. `name` is the number's, for people."""

    name: str = ""


class ToFlow(Place, frozen=True, kw_only=True):
    flow: str


class ToQueue(Place, frozen=True, kw_only=True):
    queue: QueueId


class ToAgent(Place, frozen=True, kw_only=True):
    agent: AgentId


class ToEcho(Place, frozen=True, kw_only=True):
    """The caller hears itself."""


class ToFeature(Place, frozen=True, kw_only=True):
    """What somebody does by phone. `reason` is the id of the break for `break`; `agent` whom it is about."""

    feature: Feature
    reason: str = ""
    agent: AgentId | None = None


class ToSlot(Place, frozen=True, kw_only=True):
    """A parking slot: callers sent there are parked, phones of the house that dial it take the call."""

    slot: str = ""  # "" = the first free one; nobody can be fetched from there


class ToOutside(Place, frozen=True, kw_only=True):
    """Out of the centre, perhaps: whether and by which trunk say the rules (`Floor.outside`), nobody else."""

    number: str  # as dialled


Destination = ToFlow | ToQueue | ToAgent | ToEcho | ToFeature | ToSlot | ToOutside


@dataclass(frozen=True, kw_only=True)
class NumberPlan:
    """All numbers of a centre: its own, extensions, feature codes, and what rules may let out."""

    places: Mapping[str, Destination]
    outbound: OutboundPlan = field(default_factory=OutboundPlan)
    public: frozenset[str] = frozenset()

    def find(self, number: str) -> Destination | None:
        """Where this number leads; None: there is no such number. Spaces, dashes, brackets do not count."""
        number = number.translate(SPACING)
        place = self.places.get(number)
        if place is not None:
            return place
        return ToOutside(number=number) if self.outbound.leads_out(number) else None

    def number_of(self, place: Destination) -> str:
        """A number that leads there; "" = none does."""
        if isinstance(place, ToOutside):
            return place.number
        bare = replace(place, name="")
        return next((number for number, one in self.places.items() if replace(one, name="") == bare), "")


def number_plan(configuration: Configuration) -> NumberPlan:
    """The plan of a configuration that passed the check."""
    places: dict[str, Destination] = {}
    for person in configuration.people:
        if person.extension:
            places[person.extension] = ToAgent(agent=AgentId(person.user), name=person.name)
    codes = configuration.feature_codes
    first = configuration.breaks[0].id if configuration.breaks else "break"
    places[codes.ready] = ToFeature(feature="ready")
    places[codes.break_] = ToFeature(feature="break", reason=first)
    places[codes.sign_out] = ToFeature(feature="sign_out")
    for index, reason in enumerate(configuration.breaks, 1):
        places.setdefault(
            f"{codes.break_}{index}", ToFeature(feature="break", reason=reason.id, name=reason.name)
        )
    places[codes.pick_up] = ToFeature(feature="pick_up")
    about: tuple[tuple[Feature, str], ...] = (
        ("pick_up", codes.pick_up),
        ("listen", codes.listen),
        ("whisper", codes.whisper),
        ("barge", codes.barge),
    )
    for person in configuration.people:
        if person.extension:
            for feature, code in about:
                place = ToFeature(feature=feature, agent=AgentId(person.user), name=person.name)
                places.setdefault(code + person.extension, place)
    places[codes.park] = ToSlot()
    for slot in codes.park_slots:
        places[slot] = ToSlot(slot=slot)
    for number in configuration.numbers:
        if number.flow:
            places[number.number] = ToFlow(flow=number.flow, name=number.name)
        elif number.queue:
            places[number.number] = ToQueue(queue=QueueId(number.queue), name=number.name)
        elif number.agent:
            places[number.number] = ToAgent(agent=AgentId(number.agent), name=number.name)
        elif number.echo:
            places[number.number] = ToEcho(name=number.name)
    return NumberPlan(
        places=places,
        outbound=outbound_plan(configuration),
        public=frozenset(number.number for number in configuration.numbers if number.public),
    )
