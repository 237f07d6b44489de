"""When shift leaders are warned; pure: fed with what queues and agents are like now, and the instant.

A warning begins when its bound is passed and ends only when the value has been well back within it for
`CALM_MS`, so that it does not flap; what an agent does too long ends with the doing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from huawu.acd.events import AgentState
from huawu.acd.figures import AgentView, QueueView
from huawu.calls.agent_days import AgentDay
from huawu.calls.monitor.views import AgentRule, Depart, Unit, Warned, WarningKind
from huawu.config.warnings import BOOK, QueueLimits, Warnings, limits_of

CALM_MS: Final = 10_000
WELL: Final = 0.8
"""Back within a bound is less than this share of it."""
LEVEL_ROOM: Final = 0.02
"""A service level is well again this much above its bound."""
SAMPLE_MS: Final = 30_000
"""So often a queue's counts are noted, for the shares of the last while."""
AWAY_MS: Final = 3_000
"""A switch or a database that is away for a moment is no news: it comes back by itself."""

UNITS: Final[Mapping[WarningKind, Unit]] = {
    "longest_wait": "ms",
    "waiting": "count",
    "service_level": "share",
    "abandoned_share": "share",
    "no_agent": "count",
    "wrap_up_long": "ms",
    "break_long": "ms",
    "break_sum": "ms",
    "talk_long": "ms",
    "unavailable_long": "ms",
    "offers_missed": "count",
    "switch_down": "ms",
    "toll_stop": "",
    "disk": "bytes",
    "not_writing": "count",
}
LONG: Final[Mapping[AgentState, AgentRule]] = {
    AgentState.WRAP_UP: "wrap_up_long",
    AgentState.BREAK: "break_long",
    AgentState.TALKING: "talk_long",
    AgentState.UNAVAILABLE: "unavailable_long",
}
"""The states in which an agent may stay too long, and what that is."""


class CentreNow(msgspec.Struct, frozen=True, kw_only=True):
    """The machine and the lines. `down_since_ms`: since when no switch can be reached; `unwritten_since_ms`:
    since when the database does not take the facts of calls, of which so many are `waiting` in memory.
    """

    down_since_ms: int | None = None
    unwritten_since_ms: int | None = None
    waiting: int = 0
    toll_stop: bool = False
    disk_free: int = 0  # bytes
    disk_size: int = 0  # 0 = not known


class AgentNow(NamedTuple):
    """One agent now, with the day so far."""

    view: AgentView
    day: AgentDay


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A leader took note of a warning: of what it is about, as its name is new in each life of the centre."""

    kind: WarningKind
    about: str  # a queue or an agent; "" = the centre
    by: str
    by_name: str = ""
    at_ms: int


class _Seen(NamedTuple):
    """What was looked at: whether the bound is passed, and whether all is well again."""

    kind: WarningKind
    about: str  # a queue or an agent
    value: float
    limit: float
    passed: bool
    well: bool
    at_once: bool = False  # ends without waiting


@dataclass(slots=True)
class _Running:
    warned: Warned
    well_since_ms: int | None = None


@dataclass(slots=True)
class _Counts:
    """A queue's counts over the last while: (at, answered, judged, in goal, abandoned)."""

    samples: deque[tuple[int, int, int, int, int]] = field(default_factory=deque)


class Warner:
    """All warnings of a centre. `changed` gathers what is different: a view, or None where one is over."""

    def __init__(self, warnings: Warnings, goals: Mapping[str, float]) -> None:
        self.changed: dict[str, Warned | None] = {}
        self.begun: dict[WarningKind, int] = dict.fromkeys(UNITS, 0)
        self._running: dict[tuple[WarningKind, str], _Running] = {}
        self._counts: dict[str, _Counts] = {}
        self._misses: dict[str, deque[int]] = {}
        self._missed: dict[str, int] = {}
        self._looked = False
        self._former: dict[tuple[WarningKind, str], Mark] = {}
        self._former_until_ms = 0
        self.configure(warnings, goals)

    def configure(self, warnings: Warnings, goals: Mapping[str, float]) -> None:
        """Warn by these bounds from now on; `goals`: each queue's own service level."""
        self.warnings = warnings
        self.limits: dict[str, QueueLimits] = {
            queue: limits_of(warnings, queue, goal) for queue, goal in goals.items()
        }

    def __iter__(self) -> Iterator[Warned]:
        return iter([running.warned for running in self._running.values()])

    def running(self) -> dict[WarningKind, int]:
        """How many there are of each kind now."""
        counts = dict.fromkeys(UNITS, 0)
        for kind, _ in self._running:
            counts[kind] += 1
        return counts

    def departs(self, agent: str) -> tuple[Depart, ...]:
        """The state rules this agent departs from now."""
        found = []
        for rule in (*LONG.values(), "break_sum", "offers_missed"):
            running = self._running.get((rule, agent))
            if running is not None:
                warned = running.warned
                found.append(
                    Depart(
                        rule=rule,
                        book=warned.book,
                        since_ms=warned.since_ms,
                        value=warned.value,
                        limit=warned.limit,
                    )
                )
        return tuple(found)

    def take_up(self, marks: Iterable[Mark], at_ms: int) -> None:
        """Marks of the last life, for the warnings of this one that begin while its window fills."""
        self._former = {(mark.kind, mark.about): mark for mark in marks}
        self._former_until_ms = at_ms + self.warnings.window_ms

    def marks(self) -> frozenset[Mark]:
        """What is marked now, and what was in the last life and may come again yet."""
        mine = {
            key: Mark(
                kind=key[0],
                about=key[1],
                by=running.warned.seen_by,
                by_name=running.warned.seen_by_name,
                at_ms=running.warned.seen_ms or 0,
            )
            for key, running in self._running.items()
            if running.warned.seen_by
        }
        return frozenset((self._former | mine).values())

    def seen(self, warning: str, by: str, by_name: str, at_ms: int) -> Warned | None:
        """A leader takes note; None: it is over. Who was first stays."""
        for running in self._running.values():
            if running.warned.id == warning:
                if not running.warned.seen_by:
                    self._show(running, seen_by=by, seen_by_name=by_name, seen_ms=at_ms)
                return running.warned
        return None

    # ── Looking ───────────────────────────────────────────────────────────────────────────────────

    def look(
        self, at_ms: int, queues: Iterable[QueueView], agents: Iterable[AgentNow], centre: CentreNow
    ) -> None:
        """Look at everything; call it every few seconds, at instants that never go back.

        Of agents only those matter who are in a state of `LONG` or missed an offer today.
        """
        here = list(agents)
        found = [
            *(seen for view in queues for seen in self._queue(view, at_ms)),
            *(seen for agent in here for seen in self._agent(agent, at_ms)),
            *self._centre(centre, at_ms),
        ]
        for gone in self._missed.keys() - {agent.view.agent for agent in here}:
            del self._missed[gone]  # a new day began
            self._misses.pop(gone, None)
        self._looked = True
        if at_ms >= self._former_until_ms:
            self._former.clear()
        looked = set()
        for seen in found:
            looked.add((seen.kind, seen.about))
            self._judge(seen, at_ms)
        for key in [key for key in self._running if key not in looked]:
            self._end(key)

    def _judge(self, seen: _Seen, at_ms: int) -> None:
        key = seen.kind, seen.about
        running = self._running.get(key)
        if running is None:
            if seen.passed:
                self._begin(seen, at_ms)
            return
        if seen.well:
            if running.well_since_ms is None:
                running.well_since_ms = at_ms
            if seen.at_once or at_ms - running.well_since_ms >= CALM_MS:
                self._end(key)
                return
        else:
            running.well_since_ms = None
        self._show(running, value=seen.value, limit=seen.limit)

    def _begin(self, seen: _Seen, at_ms: int) -> None:
        about_agent = seen.kind in LONG.values() or seen.kind in ("break_sum", "offers_missed")
        warned = Warned(
            id=f"{seen.kind}:{seen.about}:{at_ms:x}",
            kind=seen.kind,
            book=BOOK.get(seen.kind, ""),
            queue="" if about_agent else seen.about,
            agent=seen.about if about_agent else "",
            value=seen.value,
            limit=seen.limit,
            unit=UNITS[seen.kind],
            since_ms=at_ms,
        )
        mark = self._former.pop((seen.kind, seen.about), None)
        if mark is not None:
            warned = msgspec.structs.replace(
                warned, seen_by=mark.by, seen_by_name=mark.by_name, seen_ms=mark.at_ms
            )
        self._running[seen.kind, seen.about] = _Running(warned)
        self.changed[warned.id] = warned
        self.begun[seen.kind] += 1

    def _end(self, key: tuple[WarningKind, str]) -> None:
        self.changed[self._running.pop(key).warned.id] = None

    def _show(self, running: _Running, **fields: object) -> None:
        warned = msgspec.structs.replace(running.warned, **fields)
        if warned != running.warned:
            running.warned = self.changed[warned.id] = warned

    # ── Queues ────────────────────────────────────────────────────────────────────────────────────

    def _queue(self, view: QueueView, at_ms: int) -> Iterator[_Seen]:
        limits = self.limits.get(view.queue)
        if limits is None:
            return
        waited_ms = at_ms - view.longest_since_ms if view.longest_since_ms is not None else 0
        yield from _above("longest_wait", view.queue, waited_ms, limits.longest_wait_ms)
        yield from _above("waiting", view.queue, view.waiting, limits.waiting)
        yield from self._shares(view, limits, at_ms)
        if limits.no_agent:
            at_work = view.ready + view.ringing + view.talking + view.wrap_up
            nobody = view.waiting > 0 and not at_work
            yield _Seen("no_agent", view.queue, view.waiting, 1, nobody, not nobody)

    def _shares(self, view: QueueView, limits: QueueLimits, at_ms: int) -> Iterator[_Seen]:
        """Of the last while: the day's first hours must not count until the evening."""
        samples = self._counts.setdefault(view.queue, _Counts()).samples
        now = (at_ms, view.answered, view.judged, view.answered_in_goal, view.abandoned)
        if samples and any(new < old for new, old in zip(now[1:], samples[-1][1:], strict=True)):
            samples.clear()  # a new day began
            samples.append((at_ms, 0, 0, 0, 0))
        while len(samples) > 1 and samples[1][0] <= at_ms - self.warnings.window_ms:
            samples.popleft()
        if not samples or at_ms - samples[-1][0] >= SAMPLE_MS:
            samples.append(now)
        answered, judged, in_goal, abandoned = (
            new - old for new, old in zip(now[1:], samples[0][1:], strict=True)
        )
        least = max(1, self.warnings.least_calls)
        if limits.service_level:
            level = in_goal / judged if judged else 1.0
            passed = judged >= least and level < limits.service_level
            well = not judged or level >= min(1.0, limits.service_level + LEVEL_ROOM)
            yield _Seen("service_level", view.queue, level, limits.service_level, passed, well)
        if limits.abandoned_share:
            came = answered + abandoned
            share = abandoned / came if came else 0.0
            passed = came >= least and share > limits.abandoned_share
            well = share <= WELL * limits.abandoned_share
            yield _Seen("abandoned_share", view.queue, share, limits.abandoned_share, passed, well)

    # ── Agents ────────────────────────────────────────────────────────────────────────────────────

    def _agent(self, agent: AgentNow, at_ms: int) -> Iterator[_Seen]:
        view, day, bounds = agent.view, agent.day, self.warnings
        limits = {
            "wrap_up_long": bounds.wrap_up_ms,
            "break_long": bounds.break_ms,
            "talk_long": bounds.talk_ms,
            "unavailable_long": bounds.unavailable_ms,
        }
        rule = LONG.get(view.state)
        if rule is not None and limits[rule] and not (rule == "wrap_up_long" and view.task):
            length_ms = at_ms - view.since_ms
            passed = length_ms >= limits[rule]
            yield _Seen(rule, view.agent, length_ms, limits[rule], passed, not passed, at_once=True)
        yield from self._breaks(agent, at_ms)
        yield from self._missed_offers(view.agent, day.missed, at_ms)

    def _breaks(self, agent: AgentNow, at_ms: int) -> Iterator[_Seen]:
        """All breaks of the day together, while on break: afterwards nothing can be done about it."""
        limit, day = self.warnings.breaks_ms, agent.day
        if limit and agent.view.state is AgentState.BREAK:
            sum_ms = day.spent.get(AgentState.BREAK, 0) + max(0, at_ms - max(day.counted_ms, day.since_ms))
            passed = sum_ms >= limit
            yield _Seen("break_sum", agent.view.agent, sum_ms, limit, passed, not passed, at_once=True)

    def _missed_offers(self, agent: str, missed: int, at_ms: int) -> Iterator[_Seen]:
        before = self._missed.get(agent, 0 if self._looked else missed)  # at first: of a former life
        self._missed[agent] = missed
        times = self._misses.get(agent)
        if missed > before:
            times = self._misses.setdefault(agent, deque())
            times.extend([at_ms] * (missed - before))
        while times and times[0] <= at_ms - self.warnings.missed_within_ms:
            times.popleft()
        if self.warnings.missed and times:
            yield from _above("offers_missed", agent, len(times), self.warnings.missed)

    # ── The machine and the lines ─────────────────────────────────────────────────────────────────

    def _centre(self, centre: CentreNow, at_ms: int) -> Iterator[_Seen]:
        down_ms = at_ms - centre.down_since_ms if centre.down_since_ms is not None else 0
        yield _Seen("switch_down", "", down_ms, AWAY_MS, down_ms >= AWAY_MS, not down_ms, at_once=True)
        yield _Seen("toll_stop", "", 0, 0, centre.toll_stop, not centre.toll_stop, at_once=True)
        unwritten = centre.unwritten_since_ms
        long = unwritten is not None and at_ms - unwritten >= AWAY_MS
        yield _Seen("not_writing", "", centre.waiting, 0, long, unwritten is None, at_once=True)
        limit = self.warnings.disk_free * centre.disk_size
        if limit:
            free = centre.disk_free
            yield _Seen("disk", "", free, limit, free < limit, free >= limit / WELL)


def _above(kind: WarningKind, about: str, value: float, limit: float) -> Iterator[_Seen]:
    if limit:
        yield _Seen(kind, about, value, limit, value >= limit, value < WELL * limit)
