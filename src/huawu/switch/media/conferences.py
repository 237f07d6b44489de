"""Who is in which conference, and the step that lets all of them hear each other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

import numpy as np

from huawu.link.messages import ConferenceId
from huawu.switch.media import announce
from huawu.switch.media.hearing import Hearing
from huawu.switch.media.leg import Leg
from huawu.switch.media.mixer import Mixer
from huawu.switch.media.player import FRAME
from huawu.switch.media.playout import Playout
from huawu.switch.media.shared import Shared

log = logging.getLogger(__name__)

Cell = tuple[Leg, Leg]
"""Listener and speaker."""


class Conference:
    """The gain matrix of legs that hear each other; what is not in it is not heard."""

    def __init__(self, name: ConferenceId) -> None:
        self.name = name
        self.gains: dict[Cell, float] = {}
        self.legs: tuple[Leg, ...] = ()

    def set(self, gains: dict[Cell, float]) -> None:
        self.gains = gains
        self.legs = tuple(dict.fromkeys(leg for cell in gains for leg in cell))

    def heard_by(self, leg: Leg) -> list[Leg]:
        return [speaker for (listener, speaker), gain in self.gains.items() if listener is leg and gain > 0]

    def speaks(self, leg: Leg) -> bool:
        """Whether anybody hears it."""
        return any(speaker is leg and gain > 0 for (_, speaker), gain in self.gains.items())

    @property
    def talks(self) -> bool:
        """Whether any two hear each other: else nobody is left to talk with."""
        return any(
            gain > 0 and self.gains.get((speaker, listener), 0) > 0
            for (listener, speaker), gain in self.gains.items()
        )

    @property
    def pair(self) -> tuple[Leg, Leg] | None:
        """The two legs of a conference that is no more than a bridge: relayed, not mixed."""
        if len(self.legs) != 2 or len(self.gains) != 2 or set(self.gains.values()) != {1.0}:
            return None
        return self.legs[0], self.legs[1]

    def wants(self, leg: Leg) -> Hearing:
        """What one of its legs is to hear. Whoever hears only those whose phones hold us, hears music."""
        heard = self.heard_by(leg)
        if not heard:
            return Hearing.SILENCE
        return Hearing.MUSIC if all(speaker.peer_held for speaker in heard) else Hearing.MIXED


class _Plan:
    """The conferences to be mixed, as they stand until the next change."""

    def __init__(self, conferences: list[Conference]) -> None:
        matrices = []
        for conference in conferences:
            place = {leg: index for index, leg in enumerate(conference.legs)}
            matrix = np.zeros((len(place), len(place)), np.float32)
            for (listener, speaker), gain in conference.gains.items():
                matrix[place[listener], place[speaker]] = gain
            matrices.append(matrix)
        self.mixer = Mixer(matrices)
        self.conferences: list[list[tuple[Leg, int]]] = []
        """Each leg with the bits of those it hears."""
        for index in self.mixer.order:
            rows = [sum(1 << column for column in np.flatnonzero(row).tolist()) for row in matrices[index]]
            self.conferences.append(list(zip(conferences[index].legs, rows, strict=True)))


class Conferences:
    """Keeps the matrices; `step` mixes. `part` undoes a leg's bridge.

    `changed` is told the legs that came, went, or are now mixed where they were relayed, or the other way.
    """

    def __init__(
        self, shared: Shared, part: Callable[[Leg], None], changed: Callable[[Iterable[Leg]], None]
    ) -> None:
        self._shared = shared
        self._part = part
        self._changed = changed
        self._running: dict[ConferenceId, Conference] = {}
        self._plan: _Plan | None = None

    def mix(self, name: ConferenceId, gains: dict[Cell, float]) -> None:
        """The matrix replaces the one before. An empty one ends the conference."""
        conference = self._running.get(name)
        if conference is None:
            conference = self._running[name] = Conference(name)
        joining = [
            leg for leg in dict.fromkeys(leg for cell in gains for leg in cell) if leg not in conference.legs
        ]
        for leg in joining:
            self.leave(leg)
            self._part(leg)
            leg.echo = False
        self._set(conference, gains)
        for leg in joining:
            announce.end_all(leg)

    def leave(self, leg: Leg) -> None:
        """Take a leg out of its conference, if it is in one; the others go on."""
        if (conference := leg.conference) is not None:
            self._set(conference, {cell: gain for cell, gain in conference.gains.items() if leg not in cell})

    def _set(self, conference: Conference, gains: dict[Cell, float]) -> None:
        before = conference.legs
        conference.set(gains)
        pair = conference.pair
        for leg in before:
            leg.bridged = None
            if leg not in conference.legs:
                leg.conference = None
        for leg in conference.legs:
            leg.conference = conference
        if pair is not None:
            pair[0].bridged, pair[1].bridged = pair[1], pair[0]
        every = dict.fromkeys((*before, *conference.legs))
        for leg in every:
            _buffer(leg, wanted=leg.conference is conference and pair is None and conference.speaks(leg))
        for leg in every:
            leg.reroute()
        if not conference.legs:
            self._running.pop(conference.name, None)
        self._plan = None
        self._changed(every)

    def step(self, at_ms: int) -> None:
        """20 ms of all conferences: what each of their legs hears is sent and, where wanted, recorded."""
        if not self._running:
            return
        if self._plan is None:
            self._plan = _Plan([one for one in self._running.values() if one.pair is None])
        frames: list[bytes | None] = []
        for conference in self._plan.conferences:
            for leg, _ in conference:
                frame = leg.playout.take() if leg.playout is not None else None
                frames.append(None if leg.held or leg.peer_held else frame)
        heard = self._plan.mixer.mix(frames) if any(frames) else b""
        at = 0
        for conference in self._plan.conferences:
            sounding = sum(1 << bit for bit in range(len(conference)) if frames[at + bit] is not None)
            for leg, hears in conference:
                if leg.hearing is Hearing.MIXED:
                    try:
                        frame = heard[at * FRAME : (at + 1) * FRAME] if hears & sounding else b""
                        _tell(leg, frame, at_ms)
                    except Exception:  # trouble with one leg does not touch the others
                        self._shared.troubles += 1
                        if self._shared.troubles <= 100:
                            log.exception("mixed voice could not be sent", extra={"leg": leg.name})
                at += 1


def _tell(leg: Leg, frame: bytes, at_ms: int) -> None:
    """Let a leg hear a frame; "" = of all that it hears, nothing sounds."""
    if not frame:
        leg.send_silence(at_ms)
        return
    leg.send_frame(Hearing.MIXED, frame, at_ms)
    for voice in leg.mixed:
        voice.hear(at_ms * 8 & 0xFFFFFFFF, frame, at_ms)


def _buffer(leg: Leg, *, wanted: bool) -> None:
    """Give a leg that is to be mixed a place to wait in, take it from one that no longer is."""
    if wanted and leg.playout is None:
        leg.playout = Playout()
        leg.voices = (*leg.voices, leg.playout)
    elif not wanted and leg.playout is not None:
        leg.voices = tuple(voice for voice in leg.voices if voice is not leg.playout)
        leg.playout = None
