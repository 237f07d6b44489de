"""What waits to be written: all that one event brought stays together, whatever of it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from huawu.calls.callbacks import Callback
from huawu.calls.facts import Fact
from huawu.calls.kept import Position
from huawu.calls.voicemails import Voicemail


class Portion(NamedTuple):
    """What one event brought; written whole or not at all."""

    facts: Sequence[Fact]
    position: Position | None
    callbacks: Sequence[Callback] = ()
    voicemails: Sequence[Voicemail] = ()

    @property
    def size(self) -> int:
        return len(self.facts) + len(self.callbacks) + len(self.voicemails)


class Rescued(msgspec.Struct, frozen=True, kw_only=True):
    """What the database would not take until the end."""

    facts: list[Fact]
    position: Position | None = None  # as it was written when there was one switch only
    callbacks: list[Callback] = []
    positions: list[Position] = []
    voicemails: list[Voicemail] = []


def facts_of(portions: Iterable[Portion]) -> list[Fact]:
    return [fact for portion in portions for fact in portion.facts]


def callbacks_of(portions: Iterable[Portion]) -> list[Callback]:
    """Each as it was last."""
    newest = {callback.id: callback for portion in portions for callback in portion.callbacks}
    return list(newest.values())


def positions_of(portions: Iterable[Portion]) -> list[Position]:
    """The newest of their places in each link."""
    newest = {each.position.link: each.position for each in portions if each.position is not None}
    return list(newest.values())


def voicemails_of(portions: Iterable[Portion]) -> list[Voicemail]:
    """Each as it was last."""
    newest = {each.id: each for portion in portions for each in portion.voicemails}
    return list(newest.values())
