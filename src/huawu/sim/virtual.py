"""A switch and its people in virtual time: the engine's day runs in seconds, with the law of the link kept.

Nothing here sleeps or opens a socket. `World` owns one clock, feeds the engine what the pretended switch
(`virtual_switch.py`) reports, carries out its effects, and keeps every fact.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from functools import partial

from huawu.calls.callbacks import Callback
from huawu.calls.effects import CancelTimer, Effects, LookUpWanted, SetTimer
from huawu.calls.engine import Engine
from huawu.calls.facts import Fact
from huawu.calls.looking_up import LookupAnswer
from huawu.link import messages as link
from huawu.link.messages import Event, LegId, NumberedEvent
from huawu.sim.virtual_people import Caller as Caller
from huawu.sim.virtual_people import Phone as Phone
from huawu.sim.virtual_switch import VirtualSwitch


class World:
    """The pretended switch, its callers and phones, and one clock for all."""

    def __init__(self, engine: Engine, *, begin_ms: int = 1_767_225_600_000) -> None:
        self.engine = engine
        self.now_ms = begin_ms
        self.facts: list[Fact] = []
        self.commands: list[link.Command] = []
        switch = self.pretended = VirtualSwitch(self.report, self.at, lambda: self.now_ms)
        self.trunks, self.phones, self.outside = switch.trunks, switch.phones, switch.outside
        self.legs, self.recordings, self.mixes = switch.legs, switch.recordings, switch.mixes
        self.told, self.dropped, self.wrong = switch.told, switch.dropped, switch.wrong
        self.services: dict[str, tuple[int, LookupAnswer]] = {}  # what each service answers, and when
        self.lookups: list[LookUpWanted] = []
        self.keep = True  # all facts and commands, for tests; a whole day is watched instead
        self.watch: Callable[[Fact], object] = lambda fact: None
        self.watch_owed: Callable[[Callback], object] = lambda callback: None
        self.timers: dict[str, int] = {}
        self._agenda: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._number = 0

    # ── What a test or a day does ─────────────────────────────────────────────────────────────────

    def at(self, due_ms: int, act: Callable[[], None]) -> None:
        """Do something at an instant."""
        heapq.heappush(self._agenda, (due_ms, next(self._order), act))

    def call(self, caller: Caller) -> LegId:
        """A caller dials, now."""
        return self.pretended.call(caller)

    def plug_in(self, endpoint: str, phone: Phone | None = None) -> None:
        """A phone registers."""
        self.pretended.plug_in(endpoint, phone)

    def hang_up(self, leg: LegId) -> None:
        """The person at this leg hangs up."""
        self.pretended.hang_up(leg)

    def drop(self, leg: LegId, reason: link.Reason = "media_timeout") -> None:
        """The line breaks."""
        self.pretended.drop(leg, reason)

    def hold(self, leg: LegId, held: bool = True) -> None:
        """The person at this leg presses hold, or takes the other back."""
        self.pretended.hold(leg, held)

    def refer(self, leg: LegId, number: str, replaces: LegId | None = None) -> None:
        """The person at this leg presses transfer."""
        self.pretended.refer(leg, number, replaces)

    def replace(self, old: LegId, endpoint: str, caller: str = "") -> LegId:
        """A phone calls to take the place of an old leg."""
        return self.pretended.replace(old, endpoint, caller)

    def hears(self, leg: LegId) -> set[LegId]:
        """Whose voices reach this leg."""
        return self.pretended.hears(leg)

    def report(self, event: Event) -> None:
        """The switch says something to the centre."""
        self._number += 1
        self.carry_out(self.engine.switch(NumberedEvent(number=self._number, at_ms=self.now_ms, event=event)))

    def carry_out(self, effects: Effects) -> None:
        """What the edge would do with the engine's effects."""
        for fact in effects.facts:
            self.watch(fact)
        for callback in effects.callbacks:
            self.watch_owed(callback)
        if self.keep:
            self.facts += effects.facts
        for timer in effects.timers:
            match timer:
                case SetTimer():
                    self.timers[timer.name] = timer.due_ms
                    self.at(timer.due_ms, partial(self._timer, timer.name, timer.due_ms))
                case CancelTimer():
                    self.timers.pop(timer.name, None)
        for wanted in effects.lookups:
            self._look_up(wanted)
        for command in effects.commands:
            if self.keep:
                self.commands.append(command)
            self.pretended.obey(command)

    def run(self, until_ms: int | None = None) -> None:
        """Let time pass until nothing is left to happen, or until an instant."""
        while self._agenda and (until_ms is None or self._agenda[0][0] <= until_ms):
            due_ms, _, act = heapq.heappop(self._agenda)
            self.now_ms = max(self.now_ms, due_ms)
            act()
        if until_ms is not None:
            self.now_ms = until_ms

    def run_for(self, length_ms: int) -> None:
        """Let this much time pass."""
        self.run(self.now_ms + length_ms)

    # ── Time ──────────────────────────────────────────────────────────────────────────────────────

    def _timer(self, name: str, due_ms: int) -> None:
        if self.timers.get(name) == due_ms:
            del self.timers[name]
            self.carry_out(self.engine.timer(name, self.now_ms))

    def _look_up(self, wanted: LookUpWanted) -> None:
        self.lookups.append(wanted)
        if wanted.service not in self.services:
            return  # never answers
        after_ms, answer = self.services[wanted.service]
        self.at(
            self.now_ms + after_ms,
            lambda: self.carry_out(self.engine.looked_up(wanted.id, answer, self.now_ms)),
        )
