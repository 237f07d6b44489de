"""A pretended switch in virtual time for one caller: a flow is tried without a phone, by the very engine.

Prompts last as long as their recordings; whoever is rung does nothing by itself. What comes of itself (the
end of a prompt, of a call) comes; everything else waits for an act of `playing.py`.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from huawu.calls.effects import CancelTimer, Effects, LookUpWanted, SetTimer
from huawu.calls.engine import Engine
from huawu.link import messages as link
from huawu.link.messages import Clip, File, LegId, Music, NumberedEvent, RecordingId, Silence, Tone

CALLER: Final = LegId("play")
MOST_EVENTS: Final = 20_000
"""A play that needs more comes to its end."""


class PlayTooLong(Exception):
    """More happens than can be shown."""

    def __init__(self) -> None:
        super().__init__("More happens in this play than can be shown. Let less time pass in it.")


@dataclass(slots=True)
class Asked:
    """A collect under way. `due` is the order of the timeout that counts."""

    command: link.Collect
    digits: str = ""
    spoke: bool = False
    due: int = 0
    due_ms: int | None = None
    began_ms: int = 0
    said_ms: int = 0
    """When its prompt has been said."""
    saying: int = 0  # the order of that instant


@dataclass(slots=True)
class Rung:
    """A leg to somebody else."""

    leg: LegId
    whom: str  # endpoint, or the number outside
    answered: bool = False


@dataclass(slots=True)
class Stage:
    """The switch as the engine sees it; `heard` is told of what the caller hears, `news` of effects."""

    engine: Engine
    now_ms: int
    length_ms: Callable[[str], int]  # of a recording
    heard: Callable[[link.Play | link.Collect], None]
    news: Callable[[Effects], None]
    asked: Asked | None = None
    play: link.PlayId | None = None
    over: bool = False
    others: dict[LegId, Rung] = field(default_factory=dict)
    recordings: dict[RecordingId, tuple[link.StartRecording, int]] = field(default_factory=dict)
    lookups: list[LookUpWanted] = field(default_factory=list)
    _timers: dict[str, int] = field(default_factory=dict)
    _agenda: list[tuple[int, int, bool, Callable[[], None]]] = field(default_factory=list)
    _order: itertools.count[int] = field(default_factory=itertools.count)
    _coming: int = 0  # of the agenda: what comes of itself and is waited for
    _number: int = 0
    _events: int = 0

    # ── Time ──────────────────────────────────────────────────────────────────────────────────────

    def settle(self, *, to_prompt: bool = False) -> None:
        """Let come what comes of itself; with `to_prompt` only until a prompt plays that asks for keys."""
        while self._coming and not self.over and not (to_prompt and self.prompting):
            self._next()

    def pass_until(self, until_ms: int, done: Callable[[], bool]) -> None:
        """Let time pass until an instant, or until it is `done`."""
        while not self.over and not done() and self._agenda and self._agenda[0][0] <= until_ms:
            self._next()
        if not self.over and not done():
            self.now_ms = max(self.now_ms, until_ms)

    def _next(self) -> None:
        self._events += 1
        if self._events > MOST_EVENTS:
            raise PlayTooLong
        due_ms, _, coming, act = heapq.heappop(self._agenda)
        self._coming -= coming
        self.now_ms = max(self.now_ms, due_ms)
        act()

    def _at(self, due_ms: int, act: Callable[[], None], *, coming: bool = True) -> int:
        order = next(self._order)
        heapq.heappush(self._agenda, (due_ms, order, coming, act))
        self._coming += coming
        return order

    # ── To and from the engine ────────────────────────────────────────────────────────────────────

    def report(self, event: link.Event) -> None:
        """Something happened in the switch."""
        self._number += 1
        numbered = NumberedEvent(number=self._number, at_ms=self.now_ms, event=event)
        self.carry_out(self.engine.switch(numbered))

    def carry_out(self, effects: Effects) -> None:
        """What the edge would do with the engine's effects."""
        self.news(effects)
        for timer in effects.timers:
            match timer:
                case SetTimer():
                    self._timers[timer.name] = timer.due_ms
                    self._at(timer.due_ms, self._when_due(timer), coming=False)
                case CancelTimer():
                    self._timers.pop(timer.name, None)
        self.lookups += effects.lookups
        for command in effects.commands:
            self._obey(command)

    def _when_due(self, timer: SetTimer) -> Callable[[], None]:
        def due() -> None:
            if self._timers.get(timer.name) == timer.due_ms:
                del self._timers[timer.name]
                self.carry_out(self.engine.timer(timer.name, self.now_ms))

        return due

    def _obey(self, command: link.Command) -> None:
        match command:
            case link.Originate():
                self._ring(command)
            case link.StartRecording():
                self.recordings[command.recording] = (command, self.now_ms)
            case link.StopRecording():
                self._at(self.now_ms, lambda: self._recorded(command.recording))
            case link.Ring() if command.leg == CALLER and command.early_media:
                rings = link.LegRinging(leg=CALLER, early_media=True)
                self._at(self.now_ms, lambda: self.report(rings))
            case link.Answer() if command.leg == CALLER:
                answered = link.LegAnswered(leg=CALLER, codec="PCMA")
                self._at(self.now_ms, lambda: self.report(answered))
            case link.HangUp() | link.Reject():
                self._at(self.now_ms, lambda: self.end(command.leg, "centre", command.reason))
            case link.Play() if command.leg == CALLER:
                self._say(command)
            case link.Collect() if command.leg == CALLER:
                self._ask(command)
            case link.StopPlay() if command.leg == CALLER:
                self.play = None
            case link.StopCollect() if command.leg == CALLER:
                self.asked = None
            case link.Bridge() | link.Mix():
                self.play, self.asked = None, None
            case _:
                pass

    # ── The caller's ear and keys ─────────────────────────────────────────────────────────────────

    def _say(self, command: link.Play) -> None:
        self.play, self.asked = command.play, None
        self.heard(command)
        if not any(isinstance(clip, Music) for clip in command.clips):

            def ended() -> None:
                if self.play == command.play:
                    self.play = None
                    self.report(link.PlayFinished(leg=CALLER, play=command.play, how="completed"))

            self._at(self.now_ms + self._lasts(command.clips), ended)

    def _ask(self, command: link.Collect) -> None:
        self.play = None
        asked = self.asked = Asked(command, began_ms=self.now_ms)
        self.heard(command)
        if any(isinstance(clip, Music) for clip in command.prompt):
            return  # waits for a key as long as it takes
        length_ms = self._lasts(command.prompt)
        if any(isinstance(clip, File) for clip in command.prompt):
            asked.said_ms = self.now_ms + length_ms
            asked.saying = self._at(asked.said_ms, lambda: None)  # it is heard unless a key cuts it short
        self._wait_for_key(asked, length_ms + command.first_ms)

    def _wait_for_key(self, asked: Asked, length_ms: int) -> None:
        asked.due_ms = self.now_ms + length_ms

        def over() -> None:
            if self.asked is asked and asked.due == order:
                self._collected(asked, "timeout" if asked.digits else "nothing")

        order = asked.due = self._at(asked.due_ms, over, coming=False)

    @property
    def prompting(self) -> bool:
        """A prompt plays that asks for keys."""
        return self.asked is not None and self.now_ms < self.asked.said_ms

    def hear_prompt(self, into_ms: int) -> None:
        """Let the prompt that plays go on until so far into it, or to its end."""
        asked = self.asked
        if asked is not None and self.prompting:
            until_ms = min(asked.began_ms + into_ms, asked.said_ms)
            self.pass_until(until_ms, lambda: self.asked is not asked)

    def _cut_short(self, asked: Asked) -> None:
        """A key silences the prompt: its end is no longer waited for."""
        if self.now_ms < asked.said_ms:
            asked.said_ms = self.now_ms
            self._agenda = [entry for entry in self._agenda if entry[1] != asked.saying]
            heapq.heapify(self._agenda)
            self._coming -= 1

    def press(self, digits: str) -> str:
        """The caller presses keys; those that are taken. The others come when nobody listens."""
        taken = ""
        for digit in digits:
            asked = self.asked
            if asked is None or (taken and not asked.digits):
                break
            self._cut_short(asked)
            taken += digit
            if digit == asked.command.end_key:
                self._collected(asked, "end_key")
                break
            asked.digits += digit
            if len(asked.digits) >= asked.command.max_digits:
                self._collected(asked, "complete")
                break
            self._wait_for_key(asked, asked.command.between_ms)
        return taken

    def _collected(self, asked: Asked, how: str) -> None:
        self.asked = None
        self.report(
            link.DigitsCollected(
                leg=CALLER,
                collect=asked.command.collect,
                digits=asked.digits,
                how=how,  # type: ignore[arg-type]
                spoke=asked.spoke,
            )
        )

    def speak(self, length_ms: int) -> None:
        """The caller says something."""
        if self.asked is not None:
            self.asked.spoke = True
        self.report(link.TalkStarted(leg=CALLER, began_ms=self.now_ms))
        ended_ms = self.now_ms + length_ms
        before = self.asked.command.collect if self.asked is not None else None

        def cut_short() -> bool:
            return (self.asked.command.collect if self.asked is not None else None) != before

        self.pass_until(ended_ms, cut_short)
        if not self.over:
            stopped = link.TalkStopped(leg=CALLER, ended_ms=self.now_ms, level_db=-20.0, peak_db=-10.0)
            self.report(stopped)

    def _lasts(self, clips: Sequence[Clip]) -> int:
        total = 0
        for clip in clips:
            match clip:
                case File():
                    total += self.length_ms(clip.path)
                case Tone() | Silence():
                    total += clip.length_ms
                case Music():
                    pass
        return total

    # ── Others' phones ────────────────────────────────────────────────────────────────────────────

    def _ring(self, command: link.Originate) -> None:
        leg = command.leg
        self.others[leg] = Rung(leg, str(command.endpoint or command.number))
        self._at(self.now_ms, lambda: self._if_there(leg, link.LegRinging(leg=leg)))

        def no_answer() -> None:
            rung = self.others.get(leg)
            if rung is not None and not rung.answered:
                self.end(leg, "switch", "no_answer")

        self._at(self.now_ms + command.ring_ms, no_answer, coming=False)

    def _if_there(self, leg: LegId, event: link.Event) -> None:
        if leg in self.others:
            self.report(event)

    def ringing(self) -> Rung | None:
        """Whose phone rings."""
        return next((rung for rung in self.others.values() if not rung.answered), None)

    def answer(self, rung: Rung) -> None:
        """They take the call."""
        rung.answered = True
        self.report(link.LegAnswered(leg=rung.leg, codec="PCMA"))

    # ── Ends ──────────────────────────────────────────────────────────────────────────────────────

    def end(self, leg: LegId, by: str, reason: link.Reason) -> None:
        """A leg is over."""
        if leg == CALLER:
            if self.over:
                return
            self.over, self.play, self.asked = True, None, None
        elif self.others.pop(leg, None) is None:
            return
        self.report(link.LegEnded(leg=leg, by=by, reason=reason))  # type: ignore[arg-type]
        for recording in [name for name, (began, _) in self.recordings.items() if began.left == leg]:
            self._recorded(recording)

    def _recorded(self, recording: RecordingId) -> None:
        found = self.recordings.pop(recording, None)
        if found is not None:
            began, began_ms = found
            length_ms = self.now_ms - began_ms
            self.report(link.RecordingStopped(recording=recording, path=began.path, length_ms=length_ms))
