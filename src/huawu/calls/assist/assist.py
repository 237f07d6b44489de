"""Live assist at work: fed by what the engine causes, and by timers; hints go to desks, troubles to leaders.

Assist is never the reason that a call goes wrong: whatever fails here is logged, and ends assist for that one
call alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

import structlog

from huawu.calls.assist.assisted import AT_ONCE, NO_MATTER, WORDS, AssistedCall, Judging
from huawu.calls.assist.prompting import Experience
from huawu.calls.assist.trouble import RuleLike, Troubles
from huawu.calls.assist.views import Hint
from huawu.calls.dialled import dialler_of
from huawu.calls.effects import Effects
from huawu.calls.facts import Fact
from huawu.platform.clock import Clock
from huawu.standard import Mark, Verdict

log = structlog.get_logger(__name__)

LATE_MS: Final = 1_000
"""What is told so long after it happened comes from the log of a switch that was away: more of it follows."""
LATE_WAIT_MS: Final = 100
TOGETHER_MS: Final = 40
"""So long at the most a look waits for those at other calls: to wake for each costs more than to look."""
MOST_BEFORE: Final = 1_000
"""Facts kept of a call that no agent has answered yet."""


class Standard(Protocol):
    """The book as assist needs it; `standard.Standard` is one."""

    @property
    def rules(self) -> Mapping[str, RuleLike]: ...

    def call(self) -> Judging: ...


class Waking(Protocol):
    """Timers by name; `calls.timers.Timers` are."""

    def after(self, seconds: float, name: str, act: Callable[[], object]) -> None: ...
    def cancel(self, name: str) -> None: ...
    def stop(self) -> None: ...


class Desks(Protocol):
    """Where hints are shown; `calls.desks.Desks` is one."""

    def hint_is(self, agent: str, hint: Hint) -> None: ...
    def hint_over(self, agent: str, call: str) -> None: ...


class Assist:
    """All calls' assist. `standard` may come later, and be replaced: calls under way keep theirs."""

    def __init__(self, clock: Clock, timers: Waking, desks: Desks, experience: Callable[[str], Experience]):
        self._clock = clock
        self._timers = timers
        self._desks = desks
        self._experience = experience
        self.standard: Standard | None = None
        self.marks: Callable[[Fact], tuple[Mark, ...]] = lambda said: ()
        """Finds the standard's phrases in what was said."""
        self.judged: Callable[[str, Sequence[Verdict]], None] | None = None
        """Told of each call that is over: its verdicts as they were found while it went on."""
        self.troubles = Troubles()
        self._before: dict[str, list[Fact]] = {}  # of calls that no agent leads yet
        self._assisted: dict[str, AssistedCall] = {}
        self._given_up: set[str] = set()  # calls that failed here, or that no agent came to
        self._due_ms: dict[str, int] = {}  # when a call is to be looked at though nothing happens
        self._wakes_ms: int | None = None  # when those that are due by then will be
        self._shown: dict[str, tuple[str, Hint]] = {}  # by call: at whose desk, what

    def __len__(self) -> int:
        """How many calls are assisted."""
        return len(self._assisted)

    # ── What happens ──────────────────────────────────────────────────────────────────────────────

    def tell(self, effects: Effects) -> None:
        """Take note of what an event caused."""
        if self.standard is not None:
            if effects.live_facts:
                self._take(effects.live_facts)
            if effects.facts:
                self._take(effects.facts)
        for call in effects.ended_calls:
            self._forget(call)

    def heard(self, facts: Iterable[Fact]) -> None:
        """What was said in calls under way, or up to when all words are known (`said`, `heard`)."""
        self._take(fact for fact in facts if fact.call in self._assisted)

    def take_up(self, calls: Iterable[Sequence[Fact]]) -> None:
        """Go on with calls that an earlier life of the centre left."""
        if self.standard is not None:
            for facts in calls:
                for fact in facts:
                    if fact.call not in self._given_up:
                        self._safely(fact.call, self._add, fact)
            for call in list(self._assisted):
                self._look_soon(call)

    def _take(self, facts: Iterable[Fact]) -> None:
        for fact in facts:
            if fact.call in self._given_up or not self._safely(fact.call, self._add, fact):
                continue
            if fact.call in self._assisted and fact.kind not in NO_MATTER:
                self._safely(fact.call, self._after(fact), fact.call)

    def _after(self, fact: Fact) -> Callable[[str], None]:
        """What is to be done about its call once a fact was added."""
        assisted = self._assisted[fact.call]
        if not assisted.agent:
            return self._rest
        if fact.kind in WORDS:
            return self._look
        if fact.kind == "level":
            return self._hear_level
        if self._clock.now_ms() - fact.at_ms > LATE_MS:
            return self._look_soon
        return self._look if fact.kind in AT_ONCE and assisted.looked_at else self._wake

    def _add(self, fact: Fact) -> None:
        assisted = self._assisted.get(fact.call)
        if assisted is not None:
            assisted.tell(fact, self.marks(fact) if fact.kind == "said" else ())
        elif fact.kind == "ended":
            self._before.pop(fact.call, None)
            self._given_up.add(fact.call)
        elif fact.kind == "bridged" and self._agent_leads(fact):
            self._begin(fact)
        elif len(before := self._before.setdefault(fact.call, [])) < MOST_BEFORE:
            before.append(fact)

    def _agent_leads(self, bridged: Fact) -> bool:
        return bool(bridged.fields.get("agent") or dialler_of(self._before.get(bridged.call, ())))

    def _begin(self, bridged: Fact) -> None:
        assert self.standard is not None
        assisted = AssistedCall(bridged.call, self.standard.call(), self.standard.rules.get)
        for fact in (*self._before.pop(bridged.call, ()), bridged):
            assisted.tell(fact)
        self._assisted[bridged.call] = assisted

    # ── What is shown ─────────────────────────────────────────────────────────────────────────────

    def hints_of(self, agent: str) -> tuple[Hint, ...]:
        """What this agent's desk shows now."""
        return tuple(hint for whose, hint in self._shown.values() if whose == agent)

    def renew(self) -> None:
        """Agents may be told more or less from now on: a new configuration."""
        for call in list(self._assisted):
            self._safely(call, self._look, call)

    def _look_soon(self, call: str) -> None:
        """Look when the other facts that are told late are told, too."""
        self._look_at(call, self._clock.now_ms() + LATE_WAIT_MS)

    def _hear_level(self, call: str) -> None:
        """Once a second of each talk: look only when a warning comes of it, or one may be over."""
        shown = self._shown.get(call)
        due_ms = self._assisted[call].warns_ms()
        if shown is not None and shown[1].kind == "warn":
            self._look(call)
        elif due_ms is not None:
            self._look_at(call, due_ms)

    def _wake(self, call: str) -> None:
        """Look once what was told can be taken."""
        wake_ms = self._assisted[call].wake_ms(self._clock.now_ms())
        if wake_ms is not None:
            self._look_at(call, wake_ms)

    def _look_at(self, call: str, at_ms: int) -> None:
        """Look about then, unless there will be a look before."""
        if at_ms <= self._clock.now_ms():
            self._look(call)
        elif at_ms < self._due_ms.get(call, at_ms + 1):
            self._due_ms[call] = at_ms
            self._wake_for(at_ms)

    def _wake_for(self, due_ms: int) -> None:
        at_ms = due_ms + -due_ms % TOGETHER_MS
        if self._wakes_ms is None or at_ms < self._wakes_ms:
            self._wakes_ms = at_ms
            self._timers.after((at_ms - self._clock.now_ms()) / 1000, "looks", self._look_at_due)

    def _look_at_due(self) -> None:
        self._wakes_ms = None
        now_ms = self._clock.now_ms()
        for call in [call for call, due_ms in self._due_ms.items() if due_ms <= now_ms]:
            self._safely(call, self._look, call)
        if self._due_ms:
            self._wake_for(min(self._due_ms.values()))

    def _rest(self, call: str) -> None:
        """Nobody leads the call: there is nobody to tell anything, nor to look for, until somebody does."""
        self._due_ms.pop(call, None)
        if not self._due_ms and self._wakes_ms is not None:
            self._wakes_ms = None
            self._timers.cancel("looks")
        self._show(call, "", None)
        self.troubles.is_now(call, None)

    def _look(self, call: str) -> None:
        assisted = self._assisted.get(call)
        if assisted is None or not assisted.agent:
            self._rest(call)
            return
        self._due_ms.pop(call, None)
        look = assisted.look(self._clock.now_ms(), self._experience(assisted.agent))
        self._show(call, assisted.agent, look.hint)
        self.troubles.is_now(call, look.trouble)
        if look.next_ms is not None:
            self._look_at(call, look.next_ms)

    def _show(self, call: str, agent: str, hint: Hint | None) -> None:
        before = self._shown.get(call)
        if before is not None and (hint is None or before[0] != agent):
            del self._shown[call]
            self._desks.hint_over(before[0], call)
        if hint is not None and before != (agent, hint):
            self._shown[call] = (agent, hint)
            self._desks.hint_is(agent, hint)

    # ── The end of it ─────────────────────────────────────────────────────────────────────────────

    def _safely(self, call: str, act: Callable[[Any], None], about: Any) -> bool:
        """Whether it went well; if not, the call goes on without assist."""
        try:
            act(about)
        except Exception:
            log.exception("live assist failed; the call goes on without", call=call)
            self._given_up.add(call)
            self._drop(call)
            return False
        return True

    def _drop(self, call: str) -> None:
        """Nothing more is said about this call."""
        self._assisted.pop(call, None)
        self._before.pop(call, None)
        self._rest(call)

    def _forget(self, call: str) -> None:
        """The call is over and gone from the centre's memory, and so is all that is known of it here."""
        assisted = self._assisted.get(call)
        if assisted is not None and self.judged is not None:
            self._safely(call, self._tell_judged, assisted)
        if assisted is not None or call in self._before:
            self._drop(call)
        self._given_up.discard(call)

    def _tell_judged(self, assisted: AssistedCall) -> None:
        assert self.judged is not None
        self.judged(assisted.call, assisted.finish(self._clock.now_ms()))

    def stop(self) -> None:
        """No more of it; calls go on."""
        self._timers.stop()
