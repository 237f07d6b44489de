"""A demo call as it is played: turn by turn, each after the one before has ended."""

from __future__ import annotations

from dataclasses import dataclass

from huawu.assets.catalogue import Dialogue, Turn
from huawu.link.messages import File, LegId, Play, PlayId

SOLO_PAUSE_MS = 5_000
"""When only one side is ours, the other gets this long for its words."""
AFTER_LAST_MS = 1_200


@dataclass(frozen=True, slots=True)
class Speak:
    """Play this now."""

    command: Play


@dataclass(frozen=True, slots=True)
class Pause:
    """Call `Performance.go_on` after this time."""

    length_ms: int


@dataclass(frozen=True, slots=True)
class Over:
    """The last words are said; the caller hangs up."""


Cue = Speak | Pause | Over


class Performance:
    """One dialogue between two legs of ours, or with a person on the other side (then a leg is None)."""

    def __init__(self, dialogue: Dialogue, *, caller: LegId | None, agent: LegId | None) -> None:
        self.dialogue = dialogue
        self.caller = caller
        self.agent = agent
        self._turns = [turn for turn in dialogue.turns if self._leg(turn) is not None]
        self._next = 0

    @property
    def legs(self) -> tuple[LegId, ...]:
        """Our legs in it."""
        return tuple(leg for leg in (self.caller, self.agent) if leg is not None)

    def begin(self) -> Cue:
        """The first cue; `go_on` and `spoken` give the following ones."""
        return self._pause()

    def go_on(self) -> Cue:
        """The pause is over: speak the next turn."""
        turn = self._turns[self._next]
        leg = self._leg(turn)
        assert leg is not None
        self._next += 1
        play = PlayId(f"{leg}.t{self._next}")
        return Speak(Play(leg=leg, play=play, clips=(File(path=str(turn.path)),)))

    def spoken(self, play: PlayId) -> Cue | None:
        """A turn was played to its end; None when it was not the last one given."""
        if not play.endswith(f".t{self._next}"):
            return None
        return self._pause()

    def _pause(self) -> Cue:
        if self._next == len(self._turns):
            return Over()
        turn = self._turns[self._next]
        solo = self.caller is None or self.agent is None
        return Pause(SOLO_PAUSE_MS if solo and self._next else turn.pause_ms_before)

    def _leg(self, turn: Turn) -> LegId | None:
        return self.caller if turn.by == "caller" else self.agent
