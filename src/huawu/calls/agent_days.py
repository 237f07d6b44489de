"""An agent's day in figures, pure: counted from the changes of state, whoever looks."""

from __future__ import annotations

import msgspec

from huawu.acd.events import AgentChanged, AgentState
from huawu.calls.desk_views import DeskFigures
from huawu.calls.views import SeatState

MISSED = frozenset({"no_answer", "busy", "unreachable"})
"""Why an agent who was offered a call and did not take it is unavailable."""


class AgentDay(msgspec.Struct, kw_only=True):
    """One agent since the day began. Lengths in ms; `counted_ms` is up to when."""

    day_began_ms: int = 0
    state: AgentState = AgentState.SIGNED_OUT
    since_ms: int = 0  # of the state
    counted_ms: int = 0
    spent: dict[str, int] = msgspec.field(default_factory=dict)  # ms by state
    longest_break_ms: int = 0
    breaks: int = 0
    missed: int = 0
    outgoing: int = 0  # calls made, whether anybody answered or not: dialled, callbacks, redials
    signed_in_ms: int | None = None
    before_talk: str = ""  # what the talk still is, before the answer: "calling", "ringing"; "" = a talk
    dark_ms: tuple[int, int] | None = None  # of a talk: from when to when no centre saw whether it went on

    def changed(self, change: AgentChanged) -> None:
        """The agent is in this state now."""
        if change.state is self.state and change.since_ms == self.since_ms:
            return
        if self.dark_ms is not None and change.since_ms < self.dark_ms[1]:
            self.talked_on(change.since_ms)
        self.dark_ms = None
        self.count(max(change.since_ms, self.counted_ms))
        before, self.state, self.since_ms = self.state, change.state, change.since_ms
        self.before_talk = ""
        if change.state is AgentState.SIGNED_OUT:
            self.signed_in_ms = None
        elif before is AgentState.SIGNED_OUT:
            self.signed_in_ms = change.since_ms
        if change.state is AgentState.BREAK and before is not AgentState.BREAK:
            self.breaks += 1
        if change.state is AgentState.UNAVAILABLE and change.reason in MISSED:
            self.missed += 1

    def reads(self, seat: SeatState, at_ms: int) -> None:
        """So the state reads from now on: to the ACD who calls, or whose phone rings, talks."""
        shown = "" if self.state is not AgentState.TALKING or seat is SeatState.TALKING else seat.value
        if shown != self.before_talk:
            self.count(max(at_ms, self.counted_ms))
            self.before_talk = shown

    def count(self, at_ms: int) -> None:
        """Count the present state's time up to this instant."""
        length_ms = max(0, at_ms - self.counted_ms)
        self.counted_ms = max(self.counted_ms, at_ms)
        if self.state is not AgentState.SIGNED_OUT:
            self._spend(length_ms)
        if self.state is AgentState.BREAK:
            began_ms = max(self.since_ms, self.day_began_ms)
            self.longest_break_ms = max(self.longest_break_ms, at_ms - began_ms)

    def seen_again(self, seen_ms: int, now_ms: int) -> None:
        """A centre is back, after one that saw the agent last at `seen_ms`: a talk may have ended since."""
        if self.state is AgentState.TALKING:
            self.count(seen_ms)
            self.dark_ms = (self.counted_ms, now_ms)
            self.counted_ms = max(self.counted_ms, now_ms)

    def talked_on(self, until_ms: int) -> None:
        """The talk that nobody saw went on, until then at least."""
        if self.dark_ms is not None:
            began_ms, ended_ms = self.dark_ms
            length_ms = max(0, min(until_ms, ended_ms) - began_ms)
            self._spend(length_ms)
            self.dark_ms = None

    def _spend(self, length_ms: int) -> None:
        """The time is one of the present state."""
        doing = self.before_talk or self.state
        self.spent[doing] = self.spent.get(doing, 0) + length_ms

    def begin(self, at_ms: int) -> None:
        """A new day: everything from nothing, in the state as it is."""
        self.dark_ms = None
        self.day_began_ms = self.counted_ms = at_ms
        self.spent = {}
        self.longest_break_ms = self.missed = self.outgoing = 0
        self.breaks = int(self.state is AgentState.BREAK)

    def figures(self, calls: int, at_ms: int) -> DeskFigures:
        """What the desk shows; `calls` came in and were answered, each once."""
        self.count(at_ms)
        spent = self.spent.get
        return DeskFigures(
            counted_ms=self.counted_ms,
            day_began_ms=self.day_began_ms,
            calls=calls,
            outgoing=self.outgoing,
            missed=self.missed,
            talk_ms=spent(AgentState.TALKING, 0),
            wrap_up_ms=spent(AgentState.WRAP_UP, 0),
            ready_ms=spent(AgentState.READY, 0),
            break_ms=spent(AgentState.BREAK, 0),
            longest_break_ms=self.longest_break_ms,
            breaks=self.breaks,
            signed_in_ms=self.signed_in_ms,
        )


class AgentDays:
    """All agents' days; an agent nobody has seen yet is signed out since the day began."""

    def __init__(self, day_began_ms: int = 0) -> None:
        self._day_began_ms = day_began_ms
        self._days: dict[str, AgentDay] = {}

    def of(self, agent: str) -> AgentDay:
        day = self._days.get(agent)
        if day is None:
            began = self._day_began_ms
            day = self._days[agent] = AgentDay(day_began_ms=began, counted_ms=began)
        return day

    def with_misses(self) -> list[str]:
        """Those who missed an offer today."""
        return [agent for agent, day in self._days.items() if day.missed]

    def begin(self, at_ms: int) -> None:
        """The centre's calendar day begins."""
        self._day_began_ms = at_ms
        for day in self._days.values():
            day.begin(at_ms)

    def kept(self) -> dict[str, AgentDay]:
        """What a restarted centre needs to go on counting."""
        return self._days

    def take_up(self, kept: dict[str, AgentDay], seen_ms: int, now_ms: int) -> None:
        """Go on from what was kept, as far as it is of this day; what it did not see stays as it stood.

        `seen_ms`: when calls were heard of last. Who talked then is to be told `talked_on`, or changes state.
        """
        today = {agent: day for agent, day in kept.items() if day.day_began_ms >= self._day_began_ms}
        for day in today.values():
            day.seen_again(seen_ms, now_ms)
        self._days.update(today)

    def talked_on(self, until_ms: int) -> None:
        """All switches were met: who is still said to talk did so all the time."""
        for day in self._days.values():
            day.talked_on(until_ms)
