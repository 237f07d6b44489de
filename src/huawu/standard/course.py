"""One call as the rules see it: signals, each a list of spans in the order of their beginnings.

Facts wait until the instant up to which all is told (the horizon) has passed them, and are then taken in the
order of time. So what a signal holds below its completeness depends on nothing but the facts:
not on the order in which they came, nor on whether they came during the call or after it. For each signal
`complete` says up to where (not included) every span that begins earlier is there and final.

Words have a horizon of their own for each party: `heard` facts tell it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from huawu.standard.apart import ASIDE, CALLER_HOLDS, HELD, NOT_CONNECTED, Apart
from huawu.standard.leading import Leading
from huawu.standard.loudness import Loudness
from huawu.standard.model import FOREVER, FactLike, Mark
from huawu.standard.signals import SIDES, Asked, Names, Span
from huawu.standard.unrecorded import KINDS, Unrecorded

_NAMES: Final = {"caller": Names("caller", "agent"), "agent": Names("agent", "caller")}
_OUTSIDER: Final = "outsider"
"""A third party: while it speaks it is not silent, though neither caller nor agent speaks."""
_OVERLAPS: Final = tuple(names.overlap for names in _NAMES.values())
TURN_PAUSE_MS: Final = 1_500
"""A pause from here on ends a turn."""
_ENDS, _FACT, _BEGINS = range(3)


class Course:
    """Signals of one call, those that are `asked` for. `advance` to where nothing told later lies before."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self.horizon = -FOREVER
        self.known = (-FOREVER,) * 4
        """Up to where all is known that needs no words, the caller's, the agent's, both's."""
        self.began_ms: int | None = None
        self.ended_ms: int | None = None
        self.signals: dict[str, list[Span]] = {
            name: []
            for names in _NAMES.values()
            for name in (names.talk, names.speaks, names.overlap, names.raised, names.words)
        }
        self.signals["silence"] = []
        self.open: dict[str, int] = {}
        """Signals of which a span is going on, with its beginning."""
        self.heard: dict[str, int] = {"caller": -FOREVER, "agent": -FOREVER}
        self.leading = Leading()
        self.unrecorded = Unrecorded()
        self.silent_after = "nobody"
        self.advances = 0
        self.fresh: set[str] = set()
        """Signals that have got spans; who has looked at them clears it."""
        self.kept: dict[int, tuple[int, int, list[Span]]] = {}
        """What events have sifted out of their signals: at which advance, and from how many spans."""
        self._waiting: list[tuple[int, int, int, str, int, Any]] = []
        self._heard = dict(self.heard)
        self._words: dict[str, list[tuple[int, int, FactLike, tuple[Mark, ...]]]] = {
            "caller": [],
            "agent": [],
        }
        self._count = 0
        self._told_talks: dict[str, set[int]] = {"caller": set(), "agent": set(), _OUTSIDER: set()}
        self._talking: dict[str, int] = {}  # with how many voices: there may be two agents
        self._cutting_in = ""  # the agent who began while the caller spoke, if it was said who
        self._loudness: dict[tuple[str, str], Loudness] = {}
        self._turn_ends: dict[str, int] = {}
        """When a turn that may go on paused."""
        self._apart = Apart()
        self._holding: set[str] = set()  # agents whose phones hold

    # what comes in

    def add(self, fact: FactLike, marks: tuple[Mark, ...] = ()) -> None:
        """A fact, known from now on. What lies before the horizon is taken as if it happened there.

        `marks` stand in the order of their beginnings.
        """
        kind = fact.kind
        fields = fact.fields
        if kind == "talk":
            if fact.party in self._told_talks:
                self._add_talk(fact.party, fields["began_ms"], fields["ended_ms"], fields)
        elif kind == "talk_began":
            self._talk_begins(fact.party, fields["began_ms"], fields.get("agent", ""))
        elif kind == "level":
            self._hear_level(fact.party, fields["from_ms"], fields)
        elif kind == "said":
            self._count += 1
            if fields["to_ms"] < fields["from_ms"]:
                raise ValueError("it ends before it begins")
            if fact.party in _NAMES:
                self._words[fact.party].append((fields["from_ms"], self._count, fact, marks))
        elif kind == "heard":
            if fact.party in _NAMES:
                until = FOREVER if fields.get("final") else fields["until_ms"]
                self._heard[fact.party] = max(self._heard[fact.party], until)
                if fields.get("final") and "from_ms" in fields:
                    self.unrecorded.heard(fields["from_ms"], fields["until_ms"])
        else:
            at_ms = fact.at_ms if kind != "ended" else fields.get("until_ms", fact.at_ms)
            self._push(at_ms, _FACT, kind, fact, getattr(fact, "seq", 0))

    def _push(self, at_ms: int, rank: int, what: str, content: Any, seq: int = 0) -> None:
        """At the same instant the rank decides, then the number in the timeline, then the name."""
        self._count += 1
        if at_ms < self.horizon:
            at_ms = self.horizon
        self._waiting.append((at_ms, rank, seq, what, self._count, content))

    def _talk_begins(self, party: str, began_ms: int, agent: str) -> None:
        if party in self._told_talks and began_ms not in self._told_talks[party]:
            self._told_talks[party].add(began_ms)
            self._push(began_ms, _BEGINS, party, agent)

    def _add_talk(self, party: str, began_ms: int, ended_ms: int, fields: Mapping[str, Any]) -> None:
        horizon_ms, talks = self.horizon, self._told_talks[party]
        told = began_ms in talks
        if ended_ms <= began_ms or (ended_ms <= horizon_ms and not told):
            return
        # `_push` for both ends, without calls: most of what is told is talk
        self._count += 2
        if not told:
            talks.add(began_ms)
            at_ms = began_ms if began_ms > horizon_ms else horizon_ms
            agent = fields.get("agent", "")
            self._waiting.append((at_ms, _BEGINS, 0, party, self._count - 1, agent))
        at_ms = ended_ms if ended_ms > horizon_ms else horizon_ms
        self._waiting.append((at_ms, _ENDS, 0, party, self._count, fields))

    def advance(self, at_ms: int) -> None:
        """Nothing told from now on happened before `at_ms`."""
        if self._waiting:
            self._take_waiting(at_ms)
        self.horizon = horizon = max(self.horizon, at_ms)
        self.advances += 1
        if self._turn_ends:
            for party, paused_ms in tuple(self._turn_ends.items()):
                if horizon - paused_ms >= TURN_PAUSE_MS:
                    self._end_turn(_NAMES[party], paused_ms)
        self.heard.update(self._heard)
        caller, agent = (self._take_told_words(party, min(self.heard[party], horizon)) for party in SIDES)
        self.known = (horizon, caller, agent, min(caller, agent))

    def _take_waiting(self, until_ms: int) -> None:
        waiting = self._waiting
        waiting.sort()  # what was told as the how-manieth is unique, so contents are never compared
        taken = 0
        for at_ms, rank, _, what, _, content in waiting:
            if at_ms >= until_ms:
                break
            taken += 1
            if rank != _FACT and what == _OUTSIDER:
                self._outsider_talks(rank == _BEGINS, at_ms)
            elif rank == _BEGINS:
                self._begin_talk(_NAMES[what], at_ms, content)
            elif rank == _ENDS:
                self._end_talk(_NAMES[what], content, at_ms)
            else:
                self._take(content, what, at_ms)
        del waiting[:taken]

    @property
    def turn_over_ms(self) -> int | None:
        """Up to when all must be known for the next paused turn to be over; None = no turn pauses."""
        return min(self._turn_ends.values()) + TURN_PAUSE_MS if self._turn_ends else None

    def _emit(self, signal: str, span: Span) -> None:
        if signal in self._asked.names:
            self._append(signal, span)

    def _append(self, signal: str, span: Span) -> None:
        """To a signal that is asked for."""
        self.fresh.add(signal)
        found = self.signals.get(signal)
        if found is None:
            self.signals[signal] = [span]
        else:
            found.append(span)

    def _take_told_words(self, party: str, until_ms: int) -> int:
        """Words that begin before an instant and are heard by the other; up to when all are taken."""
        words = self._words[party]
        if not words:
            return until_ms
        words.sort()  # by instants, then by number, which is unique
        known = 0
        for from_ms, _, fact, marks in words:
            if from_ms >= until_ms:
                break
            unheard = self._apart.throughout(from_ms, fact.fields["to_ms"], self.horizon)
            if unheard is None:
                until_ms = from_ms
                break
            known += 1
            if not unheard:
                self._take_words(party, fact, marks)
        del words[:known]
        return until_ms

    def _take_words(self, party: str, fact: FactLike, marks: tuple[Mark, ...]) -> None:
        fields = fact.fields
        get = fields.get
        spoken = Span(fields["from_ms"], fields["to_ms"], fields, get("text", ""), get("confidence", 1.0))
        words = _NAMES[party].words
        self.fresh.add(words)
        self.signals[words].append(spoken)
        if not marks:
            return
        asked, signals, fresh = self._asked.said[party], self.signals, self.fresh
        for mark in marks:
            if (phrase := mark.phrase) in asked:
                span = Span(mark.from_ms, mark.to_ms, fields, mark.value, mark.score)
                signal = asked[phrase]
                if signal in fresh:  # then it is there, too
                    signals[signal].append(span)
                else:
                    self._append(signal, span)

    def _begin_talk(self, names: Names, at_ms: int, agent: str) -> None:
        voices = self._talking[names.party] = self._talking.get(names.party, 0) + 1
        if voices == 1 and not self._apart.why:
            self._speak(names, at_ms)
            self._break_silence(at_ms, names.party)
            if names.other in self._talking:
                self.open[names.overlap] = at_ms
                if names.party == "agent":
                    self._cutting_in = agent

    def _speak(self, names: Names, at_ms: int) -> None:
        self.fresh.add(names.speaks)
        self.signals[names.speaks].append(Span(at_ms, at_ms))
        self.open[names.talk] = at_ms
        paused_ms = self._turn_ends.pop(names.party, None)
        if paused_ms is not None and at_ms - paused_ms >= TURN_PAUSE_MS:
            self._end_turn(names, paused_ms)
        self.open.setdefault(names.turn, at_ms)

    def _end_talk(self, names: Names, fields: Mapping[str, Any], at_ms: int) -> None:
        talking, going_on = self._talking, self.open
        voices = talking.pop(names.party, 1)
        begun = going_on.get(names.talk)
        going_on.pop(names.raised, None)
        if begun is not None and names.raised in self._asked.names and (levels := fields.get("levels_db")):
            loudness = self._loudness_of(names.party, fields, fields["began_ms"])
            for span in loudness.raised(fields["began_ms"], levels, begun, fields.get("agent", "")):
                self._append(names.raised, span)
        if voices > 1:
            talking[names.party] = voices - 1
            return
        if begun is not None:
            del going_on[names.talk]
            self.fresh.add(names.talk)
            self.signals[names.talk].append(Span(begun, at_ms, fields))
            self._turn_ends[names.party] = at_ms
        if talking:
            for overlap in _OVERLAPS:
                self._close(overlap, at_ms)
        elif begun is not None and not self._apart.why:
            self._begin_silence(at_ms, names.party)

    def _outsider_talks(self, begins: bool, at_ms: int) -> None:
        voices = self._talking.pop(_OUTSIDER, 0) + (1 if begins else -1)
        if voices > 0:
            self._talking[_OUTSIDER] = voices
        if not self._apart.why and begins:
            self._break_silence(at_ms, _OUTSIDER)
        elif not self._apart.why and not self._talking:
            self._begin_silence(at_ms, _OUTSIDER)

    def _end_turn(self, names: Names, at_ms: int) -> None:
        self._close(names.turn, self._turn_ends.pop(names.party, at_ms))

    def _begin_silence(self, at_ms: int, after: str) -> None:
        self.open["silence"] = at_ms
        self.silent_after = after

    def _break_silence(self, at_ms: int, before: str) -> None:
        begun = self.open.pop("silence", None)
        if begun is not None and at_ms > begun:
            self.fresh.add("silence")
            self.signals["silence"].append(Span(begun, at_ms, {"after": self.silent_after, "before": before}))

    def _listen(self, at_ms: int) -> None:
        """They hear each other (again)."""
        for party in self._talking:
            if party != _OUTSIDER:
                self._speak(_NAMES[party], at_ms)
        if not self._talking:
            self._begin_silence(at_ms, "nobody")

    def _deafen(self, at_ms: int, why: str) -> None:
        """They do not hear each other any more."""
        for names in _NAMES.values():
            self.open.pop(names.raised, None)
            for signal in (names.talk, names.overlap):
                self._close(signal, at_ms)
            self._end_turn(names, at_ms)
        self._break_silence(at_ms, why)

    def _loudness_of(self, party: str, fields: Mapping[str, Any], at_ms: int) -> Loudness:
        """Of one voice: each agent's is another."""
        voice = (party, self.leading.who(fields, at_ms) if party == "agent" else "")
        return self._loudness.setdefault(voice, Loudness())

    def _hear_level(self, party: str, from_ms: int, fields: Mapping[str, Any]) -> None:
        """A second of a talk that goes on: whether the voice is raised now, for warnings only."""
        names = _NAMES.get(party)
        if names is None or names.talk not in self.open:
            return
        if self._loudness_of(party, fields, from_ms).is_raised(fields["level_db"]):
            self.open.setdefault(names.raised, from_ms)
        else:
            self.open.pop(names.raised, None)

    # the line

    def _take(self, fact: FactLike, kind: str, at_ms: int) -> None:
        if self.began_ms is None:
            self.began_ms = at_ms
        signal = self._asked.facts.get(kind)
        if signal is not None:
            self._append(signal, Span(at_ms, at_ms, {**fact.fields, "party": fact.party}))
        match kind:
            case "bridged" | "agent_answered" if NOT_CONNECTED in self._apart.why or kind == "bridged":
                self._lead(str(fact.fields.get("agent", "")), at_ms)
            case "ended":
                self._end_conversation(at_ms)
                self.ended_ms = at_ms
            case "parted" if fact.fields.get("agent", "") in ("", self.leading.at(at_ms)):
                self._end_conversation(at_ms)
            case "held" | "resumed":
                self._hold(fact, kind == "held", at_ms)
            case "consult" | "parked":  # the agent speaks with somebody else than the caller
                self._set_apart(ASIDE, True, "hold", at_ms)
            case "swapped":
                self._set_apart(ASIDE, fact.fields.get("with") != "caller", "hold", at_ms)
            case "consult_ended" | "conference" | "retrieved":
                self._set_apart(ASIDE, False, "hold", at_ms)
            case "muted" if fact.party == "agent":
                self.open.setdefault("muted", at_ms)
            case "unmuted":
                self._close("muted", at_ms)
            case _ if kind in KINDS:
                self.unrecorded.note(kind, fact.fields, at_ms)

    def _lead(self, agent: str, at_ms: int) -> None:
        if self.leading.begins(agent, at_ms):
            self._let_wait(at_ms)
        self._set_apart(ASIDE, False, "", at_ms)
        if NOT_CONNECTED in self._apart.why:
            self.open["conversation"] = at_ms
            self._set_apart(NOT_CONNECTED, False, "", at_ms)

    def _hold(self, fact: FactLike, held: bool, at_ms: int) -> None:
        """Only who leads lets the caller wait: not the caller's own phone, a third party, or a colleague."""
        if fact.party == "caller":
            self._set_apart(CALLER_HOLDS, held, "caller", at_ms)
        elif fact.party == "agent":
            who = {self.leading.who(fact.fields, at_ms)}
            self._holding = self._holding | who if held else self._holding - who
            self._let_wait(at_ms)

    def _let_wait(self, at_ms: int) -> None:
        """The caller waits from when who leads holds, or who holds leads."""
        waits = self.leading.at(at_ms) in self._holding
        if waits and HELD not in self._apart.why:
            self._set_apart(HELD, True, "hold", at_ms)
            self.open["hold"] = at_ms
        elif not waits and HELD in self._apart.why:
            self._close("hold", at_ms)
            self._set_apart(HELD, False, "hold", at_ms)

    def _end_conversation(self, at_ms: int) -> None:
        if NOT_CONNECTED in self._apart.why:
            return
        if not self._apart.why:
            self._deafen(at_ms, "end")
        self._holding.discard(self.leading.at(at_ms))
        self._close("hold", at_ms)
        self._close("muted", at_ms)
        self._close("conversation", at_ms)
        self._apart.leave(at_ms)

    def _set_apart(self, reason: str, apart: bool, why: str, at_ms: int) -> None:
        """There is a reason why they do not hear each other, or it is gone."""
        if self._apart.change(reason, apart, at_ms):
            if apart:
                self._deafen(at_ms, why)
            else:
                self._listen(at_ms)

    def _close(self, signal: str, at_ms: int) -> None:
        begun = self.open.pop(signal, None)
        if begun is not None:
            cut_in = signal == _NAMES["agent"].overlap and self._cutting_in
            self._emit(signal, Span(begun, at_ms, {"agent": cut_in}) if cut_in else Span(begun, at_ms))
