"""One call as the rules see it: signals, each a list of spans in the order of their beginnings.

Facts wait in a heap until the instant up to which all is told (the horizon) has passed them, and are then
taken in the order of time. So what a signal holds below its completeness depends on nothing but the facts:
not on the order in which they came, nor on whether they came during the call or after it. For each signal
`complete` says up to where (not included) every span that begins earlier is there and final.

Words have a horizon of their own for each party: `heard` facts tell it.
"""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappop, heappush
from typing import Any, Final

from huawu.standard.model import FOREVER, FactLike, Mark

NO_FIELDS: Final[Mapping[str, Any]] = {}
_SIDES: Final = ("caller", "agent")
_OTHER: Final = {"caller": "agent", "agent": "caller"}
_BASELINE_SECONDS: Final = 5
"""So many seconds of speech are heard before a level counts as raised."""
_RAISED_DB: Final = 5.0
"""From here on a level over the usual one is no part of what is usual; how much is too much a rule says."""
_TURN_PAUSE_MS: Final = 1_500
"""A pause from here on ends a turn."""
_LEVEL, _ENDS, _FACT, _BEGINS = range(4)


class Span:
    """Something that lasted from–to; an instant has both the same. `value`: what a mark found."""

    __slots__ = ("fields", "from_ms", "score", "to_ms", "value")

    def __init__(
        self,
        from_ms: int,
        to_ms: int,
        fields: Mapping[str, Any] = NO_FIELDS,
        value: str = "",
        score: float = 1.0,
    ) -> None:
        self.from_ms = from_ms
        self.to_ms = to_ms
        self.fields = fields
        self.value = value
        self.score = score

    def __repr__(self) -> str:
        return f"Span({self.from_ms}, {self.to_ms}, {dict(self.fields)!r}, {self.value!r})"


class Course:
    """The signals of one call. `advance` to an instant that nothing told later will lie before."""

    def __init__(self) -> None:
        self.horizon = -FOREVER
        self.began_ms: int | None = None
        self.ended_ms: int | None = None
        self.signals: dict[str, list[Span]] = {}
        self.open: dict[str, int] = {}
        """Signals of which a span is going on, with its beginning."""
        self.heard: dict[str, int] = {"caller": -FOREVER, "agent": -FOREVER}
        self.leaders: list[tuple[int, str]] = []
        """Since when which agent led the conversation."""
        self.silent_after = "nobody"
        self.kept: dict[int, tuple[list[int], list[Span]]] = {}
        """What events have sifted out of their signals, and from how many spans."""
        self._waiting: list[tuple[int, int, int, str, int, Any]] = []
        self._heard = dict(self.heard)
        self._words: dict[str, list[tuple[int, int, FactLike, tuple[Mark, ...]]]] = {
            "caller": [],
            "agent": [],
        }
        self._count = 0
        self._talking: dict[str, int] = {}
        self._told_talks: set[tuple[str, int]] = set()
        self._levels: dict[str, list[float]] = {"caller": [], "agent": []}
        self._told_levels: set[tuple[str, int]] = set()
        self._raised: dict[str, list[tuple[int, int, float]]] = {}
        self._turn_ends: dict[str, int] = {}
        """When a turn that may go on paused."""
        self._in_conversation = False
        self._held = False
        self._aside = False

    # what comes in

    def add(self, fact: FactLike, marks: tuple[Mark, ...] = ()) -> None:
        """A fact, known from now on. What lies before the horizon is taken as if it happened there."""
        kind = fact.kind
        fields = fact.fields
        if kind == "talk":
            self._add_talk(fact.party, fields["began_ms"], fields["ended_ms"], fields)
        elif kind == "talk_began":
            self._talk_begins(fact.party, fields["began_ms"])
        elif kind == "level":
            self._add_level(fact.party, fields["from_ms"], fields["to_ms"], fields["level_db"])
        elif kind == "said":
            self._count += 1
            if fact.party in _OTHER:
                heappush(self._words[fact.party], (fields["from_ms"], self._count, fact, marks))
        elif kind == "heard":
            if fact.party in _OTHER:
                until = FOREVER if fields.get("final") else fields["until_ms"]
                self._heard[fact.party] = max(self._heard[fact.party], until)
        else:
            self._push(fact.at_ms, _FACT, kind, fact, getattr(fact, "seq", 0))

    def _push(self, at_ms: int, rank: int, what: str, content: Any, seq: int = 0) -> None:
        """At the same instant the rank decides, then the number in the timeline, then the name."""
        self._count += 1
        heappush(self._waiting, (max(at_ms, self.horizon), rank, seq, what, self._count, content))

    def _talk_begins(self, party: str, began_ms: int) -> None:
        if party in _OTHER and (party, began_ms) not in self._told_talks:
            self._told_talks.add((party, began_ms))
            self._push(began_ms, _BEGINS, party, party)

    def _add_talk(self, party: str, began_ms: int, ended_ms: int, fields: Mapping[str, Any]) -> None:
        told = (party, began_ms) in self._told_talks
        if party not in _OTHER or ended_ms <= began_ms or (ended_ms <= self.horizon and not told):
            return
        self._talk_begins(party, began_ms)
        levels = fields.get("levels_db") or ()
        for index, level in enumerate(levels):
            begins = began_ms + 1000 * index
            self._add_level(party, begins, min(begins + 1000, max(ended_ms, begins)), level)
        self._push(ended_ms, _ENDS, party, (party, fields))

    def _add_level(self, party: str, from_ms: int, to_ms: int, level_db: float) -> None:
        if party in _OTHER and (party, from_ms) not in self._told_levels:
            self._told_levels.add((party, from_ms))
            self._push(to_ms, _LEVEL, party, (party, from_ms, level_db))

    # time goes on

    def advance(self, at_ms: int) -> None:
        """Nothing told from now on happened before `at_ms`."""
        waiting = self._waiting
        while waiting and waiting[0][0] < at_ms:
            at, rank, _, what, _, content = heappop(waiting)
            if rank == _BEGINS:
                self._begin_talk(content, at)
            elif rank == _ENDS:
                self._end_talk(content[0], content[1], at)
            elif rank == _FACT:
                self._take(content, what, at)
            else:
                self._take_level(content[0], content[1], content[2], at)
        self.horizon = max(self.horizon, at_ms)
        for party, paused_ms in tuple(self._turn_ends.items()):
            if self.horizon - paused_ms >= _TURN_PAUSE_MS:
                self._end_turn(party, paused_ms)
        self.heard = dict(self._heard)
        for party in _SIDES:
            words = self._words[party]
            while words and words[0][0] < self.heard[party]:
                _, _, fact, marks = heappop(words)
                self._take_words(party, fact, marks)

    def complete(self, signal: str) -> int:
        """Up to where (not included) all spans of this signal that begin earlier are there.

        Never beyond the horizon, even where words are: the call may have ended before.
        """
        kind, _, rest = signal.partition(":")
        if kind == "said" or kind == "words":
            return min(self.heard[rest.partition(":")[0]], self.horizon)
        begun = self.open.get(signal)
        return self.horizon if begun is None else min(begun, self.horizon)

    def _emit(self, signal: str, span: Span) -> None:
        found = self.signals.get(signal)
        if found is None:
            self.signals[signal] = [span]
        else:
            found.append(span)

    def _take_words(self, party: str, fact: FactLike, marks: tuple[Mark, ...]) -> None:
        fields = fact.fields
        spoken = Span(
            fields["from_ms"], fields["to_ms"], fields, fields.get("text", ""), fields.get("confidence", 1.0)
        )
        self._emit(f"words:{party}", spoken)
        for mark in sorted(marks, key=lambda each: each.from_ms):
            span = Span(mark.from_ms, mark.to_ms, fields, mark.value, mark.score)
            self._emit(f"said:{party}:{mark.phrase}", span)

    # talk

    def _begin_talk(self, party: str, at_ms: int) -> None:
        self._talking[party] = at_ms
        if not self._listening:
            return
        self._emit(f"speaks:{party}", Span(at_ms, at_ms))
        self.open[f"talk:{party}"] = at_ms
        self._begin_turn(party, at_ms)
        self._break_silence(at_ms, party)
        if _OTHER[party] in self._talking:
            self.open[f"overlap:{party}"] = at_ms

    def _end_talk(self, party: str, fields: Mapping[str, Any], at_ms: int) -> None:
        self._talking.pop(party, None)
        self._lower(party)
        begun = self.open.pop(f"talk:{party}", None)
        if begun is not None:
            self._emit(f"talk:{party}", Span(begun, at_ms, fields))
            self._turn_ends[party] = at_ms
        for side in _SIDES:
            self._end_overlap(side, at_ms)
        if begun is not None and not self._talking and self._listening:
            self._begin_silence(at_ms, party)

    def _begin_turn(self, party: str, at_ms: int) -> None:
        """A turn begins, or goes on after a short pause."""
        paused_ms = self._turn_ends.pop(party, None)
        if paused_ms is not None and at_ms - paused_ms >= _TURN_PAUSE_MS:
            self._end_turn(party, paused_ms)
        self.open.setdefault(f"turn:{party}", at_ms)

    def _end_turn(self, party: str, at_ms: int) -> None:
        begun = self.open.pop(f"turn:{party}", None)
        if begun is not None:
            self._emit(f"turn:{party}", Span(begun, self._turn_ends.pop(party, at_ms)))

    def _end_overlap(self, party: str, at_ms: int) -> None:
        begun = self.open.pop(f"overlap:{party}", None)
        if begun is not None:
            self._emit(f"overlap:{party}", Span(begun, at_ms))

    def _begin_silence(self, at_ms: int, after: str) -> None:
        self.open["silence"] = at_ms
        self.silent_after = after

    def _break_silence(self, at_ms: int, before: str) -> None:
        begun = self.open.pop("silence", None)
        if begun is not None and at_ms > begun:
            self._emit("silence", Span(begun, at_ms, {"after": self.silent_after, "before": before}))

    @property
    def _listening(self) -> bool:
        """Caller and agent hear each other."""
        return self._in_conversation and not self._held and not self._aside

    def _listen(self, at_ms: int) -> None:
        """They hear each other (again)."""
        for party in _SIDES:
            if party in self._talking:
                self._emit(f"speaks:{party}", Span(at_ms, at_ms))
                self.open[f"talk:{party}"] = at_ms
                self._begin_turn(party, at_ms)
        if not self._talking:
            self._begin_silence(at_ms, "nobody")

    def _deafen(self, at_ms: int, why: str) -> None:
        """They do not hear each other any more."""
        for party in _SIDES:
            self._lower(party)
            begun = self.open.pop(f"talk:{party}", None)
            if begun is not None:
                self._emit(f"talk:{party}", Span(begun, at_ms))
            self._end_turn(party, at_ms)
            self._end_overlap(party, at_ms)
        self._break_silence(at_ms, why)

    # levels

    def _take_level(self, party: str, from_ms: int, level_db: float, at_ms: int) -> None:
        if not self._listening:
            return
        levels = self._levels[party]
        if len(levels) >= _BASELINE_SECONDS:
            over_db = level_db - sorted(levels)[len(levels) // 2]
            if over_db >= _RAISED_DB:
                self._raised.setdefault(party, []).append((from_ms, at_ms, over_db))
                self.open.setdefault(f"raised:{party}", from_ms)
                return
            self._lower(party)
        levels.append(level_db)

    def _lower(self, party: str) -> None:
        """The voice is not raised any more."""
        seconds = self._raised.pop(party, None)
        self.open.pop(f"raised:{party}", None)
        if seconds:
            self._emit(f"raised:{party}", Span(seconds[0][0], seconds[-1][1], {"seconds": tuple(seconds)}))

    # the line

    def _take(self, fact: FactLike, kind: str, at_ms: int) -> None:
        if self.began_ms is None:
            self.began_ms = at_ms
        self._emit(f"fact:{kind}", Span(at_ms, at_ms, {**fact.fields, "party": fact.party}))
        match kind:
            case "bridged" | "agent_answered" if not self._in_conversation or kind == "bridged":
                self._lead(str(fact.fields.get("agent", "")), at_ms)
            case "ended":
                self._end_conversation(at_ms)
                self.ended_ms = at_ms
            case "parted" if fact.fields.get("agent", "") in ("", self.leader(at_ms)):
                self._end_conversation(at_ms)
            case "held" if not self._held:
                if self._listening:
                    self._deafen(at_ms, "hold")
                self._held = True
                self.open["hold"] = at_ms
            case "resumed" if self._held:
                self._held = False
                self._close("hold", at_ms)
                if self._listening:
                    self._listen(at_ms)
            case "consult" | "parked" if not self._aside:
                self._step_aside(True, at_ms)
            case "swapped" if (fact.fields.get("with") != "caller") != self._aside:
                self._step_aside(not self._aside, at_ms)
            case "consult_ended" | "conference" | "retrieved" if self._aside:
                self._step_aside(False, at_ms)
            case "muted" if fact.party == "agent":
                self.open.setdefault("muted", at_ms)
            case "unmuted":
                self._close("muted", at_ms)

    def _lead(self, agent: str, at_ms: int) -> None:
        if agent and (not self.leaders or self.leaders[-1][1] != agent):
            self.leaders.append((at_ms, agent))
        if self._aside:
            self._step_aside(False, at_ms)
        if not self._in_conversation:
            self._in_conversation = True
            self.open["conversation"] = at_ms
            if self._listening:
                self._listen(at_ms)

    def _end_conversation(self, at_ms: int) -> None:
        if not self._in_conversation:
            return
        if self._listening:
            self._deafen(at_ms, "end")
        self._close("hold", at_ms)
        self._close("muted", at_ms)
        self._close("conversation", at_ms)
        self._in_conversation = self._held = self._aside = False

    def _step_aside(self, aside: bool, at_ms: int) -> None:
        """The agent speaks with somebody else than the caller, or with the caller again."""
        if aside and self._listening:
            self._deafen(at_ms, "hold")
        self._aside = aside
        if not aside and self._listening:
            self._listen(at_ms)

    def _close(self, signal: str, at_ms: int) -> None:
        begun = self.open.pop(signal, None)
        if begun is not None:
            self._emit(signal, Span(begun, at_ms))

    def leader(self, at_ms: int) -> str:
        """The agent who led the conversation at an instant; "" = nobody, or unknown."""
        found = ""
        for since_ms, agent in self.leaders:
            if since_ms > at_ms:
                break
            found = agent
        return found or (self.leaders[0][1] if self.leaders else "")
