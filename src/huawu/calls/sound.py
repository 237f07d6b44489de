"""Who hears whom in a call: one pure function from seats to sound, and from sound to the switch's commands.

Nobody says "bridge these two" anywhere else. A move changes where parties sit; the sound follows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, Literal

from huawu.acd.events import CallId
from huawu.link.messages import Bridge, Command, ConferenceId, Hears, LegId, Mix, Unbridge

Mode = Literal["listen", "whisper", "barge"]
"""How a leader takes part: hears all; is heard by agents only; is heard by all."""


class At(StrEnum):
    """Where a party of a call is, seen from the conversation with the caller."""

    ROOM = "room"  # in the conversation with the caller
    ASIDE = "aside"  # in a private talk of an agent with somebody consulted
    HOLD = "hold"  # alone, hears music
    AWAY = "away"  # rings, is in a flow or a line, or about to leave: its sound is not decided here


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One answered leg and where it is. `staff` hears whispers; `mode` is set for a leader."""

    leg: LegId
    at: At
    staff: bool = False
    mode: Mode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """What the switch was told of a call's legs: pairs, conferences, and who is alone with what."""

    pairs: frozenset[frozenset[LegId]] = frozenset()
    mixes: Mapping[ConferenceId, tuple[Hears, ...]] = field(default_factory=dict)
    music: frozenset[LegId] = frozenset()
    ringback: frozenset[LegId] = frozenset()

    def partner(self, leg: LegId) -> LegId | None:
        """Whom a leg is bridged with."""
        for pair in self.pairs:
            if leg in pair:
                return next((other for other in pair if other != leg), None)
        return None

    def mixed(self, leg: LegId) -> bool:
        """Whether a leg is in a conference."""
        return any(leg in (cell.listener, cell.speaker) for cells in self.mixes.values() for cell in cells)

    def together(self) -> set[LegId]:
        """All legs that are bridged or in a conference."""
        legs = {leg for pair in self.pairs for leg in pair}
        legs.update(cell.listener for cells in self.mixes.values() for cell in cells)
        legs.update(cell.speaker for cells in self.mixes.values() for cell in cells)
        return legs

    def without(self, leg: LegId) -> Sound:
        """The sound once a leg has ended: the switch undid its bridge and took it out of conferences."""
        mixes = {
            conference: tuple(cell for cell in cells if leg not in (cell.listener, cell.speaker))
            for conference, cells in self.mixes.items()
        }
        return Sound(
            pairs=frozenset(pair for pair in self.pairs if leg not in pair),
            mixes=mixes,
            music=self.music - {leg},
            ringback=self.ringback - {leg},
        )

    def with_pair(self, a: LegId, b: LegId) -> Sound:
        """The sound once two legs were bridged by themselves, whatever they heard before."""
        rest = self.without(a).without(b)
        return replace(rest, pairs=rest.pairs | {frozenset({a, b})})


SILENCE: Final = Sound()


def matrix(seats: Sequence[Seat]) -> tuple[Hears, ...]:
    """Who hears whom among those in one place, in the order of the seats.

    All hear each other, except: a leader who listens is heard by nobody, one who whispers only by staff
    and other leaders. So no caller and nobody outside ever hears a whisper.
    """
    return tuple(
        Hears(listener=listener.leg, speaker=speaker.leg)
        for listener in seats
        for speaker in seats
        if listener.leg != speaker.leg and _is_heard(speaker, listener)
    )


def _is_heard(speaker: Seat, listener: Seat) -> bool:
    match speaker.mode:
        case "listen":
            return False
        case "whisper":
            return listener.staff or listener.mode is not None
        case _:
            return True


def sound_of(call: CallId, seats: Sequence[Seat]) -> Sound:
    """The sound that seats make: two who hear each other are bridged, more are mixed, one alone waits.

    Alone in the room one hears music, alone aside the tone of a phone that rings: somebody is being called.
    """
    pairs: set[frozenset[LegId]] = set()
    mixes: dict[ConferenceId, tuple[Hears, ...]] = {}
    music = {seat.leg for seat in seats if seat.at is At.HOLD}
    ringback: set[LegId] = set()
    for place, alone in ((At.ROOM, music), (At.ASIDE, ringback)):
        here = [seat for seat in seats if seat.at is place]
        if len(here) == 2 and not any(seat.mode in ("listen", "whisper") for seat in here):
            pairs.add(frozenset(seat.leg for seat in here))
        elif len(here) > 1:
            mixes[ConferenceId(f"{call}.{place}")] = matrix(here)
        else:
            alone.update(seat.leg for seat in here)
    return Sound(pairs=frozenset(pairs), mixes=mixes, music=frozenset(music), ringback=frozenset(ringback))


def change(before: Sound, after: Sound, alive: Collection[LegId]) -> Iterator[Command]:
    """The commands that part, mix and bridge; the plays for those alone follow them.

    Only legs that are `alive` are spoken of. What ends comes before what begins.
    """
    together = after.together()
    for conference, cells in before.mixes.items():
        legs = {cell.listener for cell in cells} | {cell.speaker for cell in cells}
        if conference not in after.mixes and legs & set(alive):
            yield Mix(conference=conference)
    for pair in _in_order(before.pairs - after.pairs):
        if not set(pair) & together and (left := [leg for leg in pair if leg in alive]):
            yield Unbridge(leg=left[0])
    for conference, cells in after.mixes.items():
        if before.mixes.get(conference) != cells:
            yield Mix(conference=conference, hears=cells)
    for a, b in _in_order(after.pairs - before.pairs):
        yield Bridge(a=a, b=b)


def _in_order(pairs: Iterable[frozenset[LegId]]) -> list[list[LegId]]:
    """Sets have no order of their own; commands are to be the same every time."""
    return sorted(sorted(pair) for pair in pairs)
