"""What calls outside may cost: caps, the longest call, and the alarm that stops costly ones. Pure.

Events with their instants go in, verdicts come out. Three laws: caps are never exceeded; an emergency call
always passes; after the alarm no costly call leaves until somebody resets it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, NewType

import msgspec

from huawu.config.outbound import OutboundPlan, Passage
from huawu.config.trunks import Asker, Caps

LineId = NewType("LineId", str)
"""One call outside; its leg's name."""
Scope = NewType("Scope", str)
"""Whose calls are counted together: `role:agent`, `each:agent/li` or `person:li`."""

Held = Literal["at_once", "hour", "day", "minutes", "stopped"]
"""Why a call that a rule allows may not leave now."""
Limit = Literal["longest_call", "minutes"]
"""Why a call outside was ended."""

HOUR_MS: Final = 3_600_000
WARN_MS: Final = 60_000
"""So long before a call outside is ended both hear a tone."""
LEAST_WARNED_MS: Final = 120_000
"""Calls that may last no longer than this are not warned."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody wants to call outside. `person` is "" when it is nobody's wish."""

    line: LineId
    asker: Asker
    person: str = ""
    passage: Passage


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """The alarm went off: no costly call leaves. `outside_hours`: because it was at an odd time."""

    at_ms: int
    calls: int
    window_ms: int
    asker: str
    person: str = ""
    outside_hours: bool = False


class Line(msgspec.Struct, kw_only=True):
    """A call outside that was let go. `answered_ms` None: it still rings."""

    scopes: tuple[Scope, ...]
    costly: bool
    emergency: bool
    answered_ms: int | None = None
    warned: bool = False


class Count(msgspec.Struct, kw_only=True):
    """What a scope has called. `starts_ms` are of the last hour, the rest of the day."""

    starts_ms: list[int] = []
    day_calls: int = 0
    spent_ms: int = 0


class TollState(msgspec.Struct, kw_only=True):
    """All that must outlast a restart."""

    day_ms: int = 0  # when the day began that is counted
    counts: dict[Scope, Count] = {}
    lines: dict[LineId, Line] = {}
    costly_ms: list[int] = []
    stop: Stop | None = None


class ScopeView(msgspec.Struct, frozen=True, kw_only=True):
    """What a scope has called so far."""

    scope: str
    at_once: int
    hour: int
    day: int
    minutes: float
    caps: Caps


@dataclass(frozen=True, slots=True)
class Warn:
    """The line ends in a minute: let both hear a tone."""

    line: LineId


@dataclass(frozen=True, slots=True)
class End:
    """The line must end now."""

    line: LineId
    why: Limit


@dataclass(slots=True)
class Tolls:
    """The counts of a centre. `day_of` gives the instant at which the centre's day of an instant began.

    `is_open` says whether an instant lies in the hours in which costly calls are usual.
    """

    plan: OutboundPlan
    day_of: Callable[[int], int]
    is_open: Callable[[int], bool] = lambda at_ms: True
    state: TollState = field(default_factory=TollState)
    _starts: dict[Scope, deque[int]] = field(default_factory=dict)
    _costly: deque[int] = field(default_factory=deque)
    _now_ms: int = 0

    def __post_init__(self) -> None:
        self._starts = {scope: deque(count.starts_ms) for scope, count in self.state.counts.items()}
        self._costly = deque(self.state.costly_ms)

    # ── Going out ─────────────────────────────────────────────────────────────────────────────────

    def look(self, asked: Asked, at_ms: int) -> Held | Stop | None:
        """May this call leave now? None: it may; nothing is counted. A `Stop`: its wish set the alarm off."""
        now_ms = self._at(at_ms)
        if asked.passage.emergency:
            return None
        held = self._held(asked, now_ms)
        if held is None and asked.passage.costly and (stop := self._alarm(asked, now_ms)) is not None:
            self.state.stop = stop
            return stop
        return held

    def ask(self, asked: Asked, at_ms: int) -> Held | Stop | None:
        """As `look`; but a call that may leave does, and is counted until `ended`."""
        verdict = self.look(asked, at_ms)
        if verdict is not None:
            return verdict
        passage, now_ms = asked.passage, self._now_ms
        scopes = () if passage.emergency else scopes_of(asked.asker, asked.person)
        for scope in scopes:
            count = self.state.counts.setdefault(scope, Count())
            count.day_calls += 1
            self._starts.setdefault(scope, deque()).append(now_ms)
        if passage.costly and not passage.emergency:
            self._costly.append(now_ms)
        self.state.lines[asked.line] = Line(scopes=scopes, costly=passage.costly, emergency=passage.emergency)
        return None

    def answered(self, line: LineId, at_ms: int) -> None:
        """The far side answered: minutes are counted from now on."""
        now_ms = self._at(at_ms)
        found = self.state.lines.get(line)
        if found is not None and found.answered_ms is None:
            found.answered_ms = now_ms

    def ended(self, line: LineId, at_ms: int) -> None:
        """The call is over; one that is not known is nothing."""
        now_ms = self._at(at_ms)
        found = self.state.lines.pop(line, None)
        if found is not None and found.answered_ms is not None:
            for scope in found.scopes:
                self.state.counts[scope].spent_ms += self._today(found, now_ms)

    def renamed(self, line: LineId, new: LineId) -> None:
        """The call goes on as another leg, through the next trunk."""
        if (found := self.state.lines.pop(line, None)) is not None:
            self.state.lines[new] = found

    def settle(self, lines: set[str], at_ms: int) -> None:
        """The switch has only these legs: every other line has ended without a word."""
        for line in [line for line in self.state.lines if line not in lines]:
            self.ended(line, at_ms)

    # ── The stop ──────────────────────────────────────────────────────────────────────────────────

    def reset(self) -> bool:
        """Let costly calls leave again, with an empty window; False: there was no stop."""
        stopped = self.state.stop is not None
        self.state.stop = None
        self._costly.clear()
        return stopped

    # ── Bounds of calls that run ──────────────────────────────────────────────────────────────────

    def due_ms(self) -> int | None:
        """When `due` must be called next; None: no call has an end to come."""
        found = [self._end_of(line) for line in self._talking()]
        ends = [end for end in found if end is not None]
        warnings = [
            end - WARN_MS
            for line, end in zip(self._talking(), found, strict=True)
            if end is not None and self._to_warn(line, end)
        ]
        return min((*ends, *warnings), default=None)

    def due(self, at_ms: int) -> list[Warn | End]:
        """The calls to warn or to end now. A line told to end once is told again until it has."""
        now_ms = self._at(at_ms)
        orders: list[Warn | End] = []
        for name, line in self.state.lines.items():
            end = self._end_of(line)
            if end is None:
                continue
            if end <= now_ms:
                orders.append(End(name, "longest_call" if self._longest(line) == end else "minutes"))
            elif end - WARN_MS <= now_ms and self._to_warn(line, end):
                line.warned = True
                orders.append(Warn(name))
        return orders

    # ── Views ─────────────────────────────────────────────────────────────────────────────────────

    def snapshot(self) -> TollState:
        """All that must outlast a restart, as a value of its own."""
        state = self.state
        return TollState(
            day_ms=state.day_ms,
            counts={
                scope: Count(
                    starts_ms=list(self._starts.get(scope, ())),
                    day_calls=count.day_calls,
                    spent_ms=count.spent_ms,
                )
                for scope, count in state.counts.items()
            },
            lines={name: msgspec.structs.replace(line) for name, line in state.lines.items()},
            costly_ms=list(self._costly),
            stop=state.stop,
        )

    def views(self, at_ms: int) -> list[ScopeView]:
        """What every scope has called today."""
        now_ms = self._at(at_ms)
        return [
            ScopeView(
                scope=scope,
                at_once=self._at_once(scope),
                hour=len(self._starts.get(scope, ())),
                day=count.day_calls,
                minutes=round(self._spent_ms(scope, now_ms) / 60_000, 1),
                caps=self._caps(scope),
            )
            for scope, count in self.state.counts.items()
        ]

    # ── Inside ────────────────────────────────────────────────────────────────────────────────────

    def _at(self, at_ms: int) -> int:
        """The instant, never before one seen already; forgets what is over by it."""
        now_ms = self._now_ms = max(self._now_ms, at_ms)
        day_ms = self.day_of(now_ms)
        if day_ms > self.state.day_ms:
            self.state.day_ms = day_ms
            for count in self.state.counts.values():
                count.day_calls = count.spent_ms = 0
        for starts in self._starts.values():
            while starts and starts[0] <= now_ms - HOUR_MS:
                starts.popleft()
        while self._costly and self._costly[0] <= now_ms - self.plan.alarm.window_ms:
            self._costly.popleft()
        return now_ms

    def _held(self, asked: Asked, now_ms: int) -> Held | None:
        if asked.passage.costly and self.state.stop is not None:
            return "stopped"
        for scope in scopes_of(asked.asker, asked.person):
            caps = self._caps(scope)
            count = self.state.counts.get(scope, Count())
            if caps.at_once and self._at_once(scope) >= caps.at_once:
                return "at_once"
            if caps.hour and len(self._starts.get(scope, ())) >= caps.hour:
                return "hour"
            if caps.day and count.day_calls >= caps.day:
                return "day"
            if caps.minutes and self._spent_ms(scope, now_ms) >= caps.minutes * 60_000:
                return "minutes"
        return None

    def _alarm(self, asked: Asked, now_ms: int) -> Stop | None:
        alarm = self.plan.alarm
        is_open = self.is_open(now_ms)
        most = alarm.calls if is_open else min(alarm.calls, alarm.calls_outside_hours)
        if len(self._costly) < most:
            return None
        return Stop(
            at_ms=now_ms,
            calls=len(self._costly) + 1,
            window_ms=alarm.window_ms,
            asker=asked.asker,
            person=asked.person,
            outside_hours=not is_open,
        )

    def _caps(self, scope: Scope) -> Caps:
        kind, _, name = scope.partition(":")
        if kind == "role":
            return self.plan.caps.get(name) or Caps()  # type: ignore[call-overload]
        if kind == "person":
            return self.plan.caps_of.get(name) or Caps()
        every = self.plan.caps.get(name.partition("/")[0])  # type: ignore[call-overload]
        return every.each if every is not None else Caps()

    def _at_once(self, scope: Scope) -> int:
        return sum(scope in line.scopes for line in self.state.lines.values())

    def _spent_ms(self, scope: Scope, now_ms: int) -> int:
        count = self.state.counts.get(scope)
        spent = count.spent_ms if count is not None else 0
        return spent + sum(self._today(line, now_ms) for line in self._talking() if scope in line.scopes)

    def _today(self, line: Line, now_ms: int) -> int:
        """How long of it lies in the day that is counted."""
        if line.answered_ms is None:
            return 0
        return max(0, now_ms - max(line.answered_ms, self.state.day_ms))

    def _talking(self) -> list[Line]:
        return [line for line in self.state.lines.values() if line.answered_ms is not None]

    def _end_of(self, line: Line) -> int | None:
        """When it must end if nothing changes: of a scope's minutes all its calls take at the same time."""
        if line.answered_ms is None or line.emergency:
            return None
        return min(
            (end for end in (self._longest(line), *self._exhausted(line)) if end is not None), default=None
        )

    def _longest(self, line: Line) -> int | None:
        longest_ms = self.plan.longest_call_ms
        if line.answered_ms is None or line.emergency or not longest_ms:
            return None
        return line.answered_ms + longest_ms

    def _exhausted(self, line: Line) -> Iterator[int]:
        for scope in line.scopes:
            caps = self._caps(scope)
            if not caps.minutes:
                continue
            talking = sum(scope in one.scopes for one in self._talking())
            left_ms = caps.minutes * 60_000 - self._spent_ms(scope, self._now_ms)
            yield self._now_ms + max(0, left_ms // talking)

    def _to_warn(self, line: Line, end: int) -> bool:
        return not line.warned and line.answered_ms is not None and end - line.answered_ms > LEAST_WARNED_MS


def scopes_of(asker: Asker, person: str) -> tuple[Scope, ...]:
    """Whose caps a call counts against: all of its kind, one person of them, and that person's own."""
    every = Scope(f"role:{asker}")
    return (every, Scope(f"each:{asker}/{person}"), Scope(f"person:{person}")) if person else (every,)
