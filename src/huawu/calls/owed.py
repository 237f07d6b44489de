"""The callbacks and redials that are owed now, and the ways in which they are found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from huawu.acd.events import AgentId, CallId, QueueId
from huawu.calls.callbacks import Callback, CallbackId, State, Trigger, step
from huawu.calls.effects import CancelTimer, SetTimer
from huawu.calls.floor import Floor
from huawu.config.outbound import Passage
from huawu.config.plan import ToAgent, ToOutside
from huawu.config.schema import CallbackTerms
from huawu.config.trunks import Asker
from huawu.ivr.hours import next_opening

CALLBACK_TIMER: Final = "callback:"
LOOK_AT_HOURS_MS: Final = 60_000
"""So often a callback that waits looks whether it is still open."""


class Owed:
    """Every change goes through `change`, which has it stored."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._open: dict[CallbackId, Callback] = {}
        self._of_call: dict[str, CallbackId] = {}  # by the call it came from, and that in which it is placed
        self._of_caller: dict[tuple[str, str], CallbackId] = {}  # and queue
        self.in_line: set[CallbackId] = set()  # this life's ACD knows of it

    def __iter__(self) -> Iterator[Callback]:
        return iter(list(self._open.values()))

    def find(self, callback: CallbackId) -> Callback | None:
        return self._open.get(callback)

    def of_call(self, call: CallId) -> Callback | None:
        """The callback which this call has led to, or which is placed in it."""
        callback = self._of_call.get(call)
        return self._open.get(callback) if callback is not None else None

    def of_caller(self, caller: str, queue: str) -> Callback | None:
        """What this caller is owed by this queue."""
        callback = self._of_caller.get((caller, queue))
        return self._open.get(callback) if callback is not None else None

    def add(self, callback: Callback) -> Callback:
        """A new one, or one from an earlier life."""
        self._open[callback.id] = callback
        self._of_call[callback.origin] = callback.id
        self._of_caller[callback.caller, callback.queue] = callback.id
        if callback.call:
            self._of_call[callback.call] = callback.id
        return callback

    def open(self, callback: Callback) -> Callback:
        """A new one, to be stored."""
        self._tell(callback)
        return self.add(callback)

    def change(self, callback: Callback, trigger: Trigger, **changes: object) -> Callback:
        """One step in the table of states, stored; its timer follows."""
        after = step(callback, trigger, self._floor.now_ms, **changes)
        self._tell(after)
        if after.state is not State.WAITING:
            self.in_line.discard(after.id)
        self._of_call.pop(callback.call, None)
        if after.open:
            self.add(after)
        else:
            self._open.pop(after.id, None)
            self._of_call.pop(after.origin, None)
            if self._of_caller.get((after.caller, after.queue)) == after.id:
                del self._of_caller[after.caller, after.queue]
        self.set_timer(after)
        return after

    def _tell(self, callback: Callback) -> None:
        effects = self._floor.effects
        effects.callbacks.append(callback)
        effects.changed_queues.add(QueueId(callback.queue))

    def set_timer(self, callback: Callback) -> None:
        """Of a redial the ACD keeps the time."""
        name, timers = CALLBACK_TIMER + callback.id, self._floor.effects.timers
        if callback.kind == "redial":
            return
        if not callback.open or callback.state is State.PLACING:
            timers.append(CancelTimer(name))
            return
        due = callback.expires_ms
        if callback.state is State.PAUSED:
            due = min(due, callback.due_ms)
        elif self.terms(callback.queue).calendar:
            due = min(due, self._floor.now_ms + LOOK_AT_HOURS_MS)
        timers.append(SetTimer(name, due))

    # ── What the configuration says ───────────────────────────────────────────────────────────────

    def terms(self, queue: str) -> CallbackTerms:
        """How this queue calls back (what was agreed before it stopped doing so is still kept)."""
        found = self._floor.centre.configuration.queues.get(queue)
        return found.callback if found is not None and found.callback is not None else CallbackTerms()

    def opens_ms(self, callback: Callback) -> int:
        """From when it may be placed: now, or later; never means not before it expires."""
        centre = self._floor.centre
        hours = centre.flows.calendars.get(self.terms(callback.queue).calendar)
        if hours is None:
            return self._floor.now_ms
        opens = next_opening(hours, self._floor.now_ms)
        return callback.expires_ms if opens is None else opens

    def way_to(self, number: str, asker: Asker = "agent") -> ToOutside | ToAgent | None:
        """Where the number plan leads an agent, or another, who calls this; None: it may not be called."""
        numbers = self._floor.centre.numbers
        place = numbers.find(number) if number else None
        if isinstance(place, ToOutside):
            passage = numbers.outbound.passage(place.number, asker)
            return place if isinstance(passage, Passage) and not passage.emergency else None
        return place if isinstance(place, ToAgent) else None

    def number_of(self, caller: str, queue: str, asker: Asker = "agent") -> str:
        """Under which number this caller can be called; "" = under none."""
        for number in (caller, self.terms(queue).prefix + caller):
            if any(map(str.isdigit, caller)) and self.way_to(number, asker) is not None:
                return number
        return ""

    def agent_of(self, callback: Callback) -> AgentId | None:
        return AgentId(callback.agent) if callback.agent else None
