"""The traffic maker's mind: when callers call, what they press, how agents answer. Pure; time comes in.

It commands a switch of its own over the same link as a centre does; its callers reach the real centre through
a trunk, its agents register there like any phone.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from huawu.assets.catalogue import Dialogue
from huawu.link import messages as link
from huawu.link.messages import Command, Event, LegId, TrunkId
from huawu.sim.performance import AFTER_LAST_MS, Cue, Over, Pause, Performance, Speak

HOTLINE = TrunkId("hotline")
CALLERS_PER_MINUTE = 3.0
MOST_CALLERS = 12
READY_CODE, BREAK_CODE = "*11", "*12"
PRESS_AFTER_MS = (3_000, 9_000)
ANSWER_AFTER_MS = (1_500, 4_500)
PATIENCE_MS = (25_000, 120_000)
LONGEST_CALL_MS = 180_000
RETRY_READY_MS = 15_000


@dataclass(frozen=True, slots=True)
class Wake:
    """Feed `Traffic.wake(name, at_ms)` at `due_ms`."""

    name: str
    due_ms: int


Doing = Command | Wake


@dataclass(slots=True)
class _Caller:
    leg: LegId
    number: str  # the caller's own
    dialogue: Dialogue
    answered: bool = False
    performance: Performance | None = None


@dataclass(slots=True)
class _AgentLeg:
    leg: LegId
    agent: str
    caller: str
    performance: Performance | None = None


@dataclass(slots=True)
class Traffic:
    """Callers and agents. `on` decides whether new callers come; agents stay."""

    dialogues: Sequence[Dialogue]
    agents: Sequence[str]
    menu: str
    chance: random.Random
    calls_per_minute: float = CALLERS_PER_MINUTE
    on: bool = True
    _callers: dict[LegId, _Caller] = field(default_factory=dict)
    _agent_legs: dict[LegId, _AgentLeg] = field(default_factory=dict)
    _code_legs: set[LegId] = field(default_factory=set)
    _asked_ready_ms: dict[str, int] = field(default_factory=dict)
    _names: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def callers(self) -> int:
        """Callers on the line now."""
        return len(self._callers)

    def begin(self, at_ms: int) -> list[Doing]:
        """All agents sign in; the first caller comes soon."""
        doings: list[Doing] = [Wake("arrival", at_ms + 1_500)]
        for agent in self.agents:
            doings += self._dial_code(agent, READY_CODE, at_ms)
        return doings

    def told(self, states: Mapping[str, str], talking: Sequence[str], at_ms: int) -> list[Doing]:
        """What the centre says of its agents, and which callers (by number) are in conversation."""
        doings: list[Doing] = []
        for agent in self.agents:
            off = states.get(agent) in ("unavailable", "signed_out", "break")
            if off and at_ms - self._asked_ready_ms.get(agent, 0) > RETRY_READY_MS:
                doings += self._dial_code(agent, READY_CODE, at_ms)
        for caller in self._callers.values():
            if caller.performance is None and caller.number in talking and not self._served(caller):
                doings += self._perform(caller, None, at_ms)
        return doings

    def wake(self, name: str, at_ms: int) -> list[Doing]:
        """A time that was asked for has come."""
        kind, _, leg_name = name.partition(":")
        leg = LegId(leg_name)
        caller, agent = self._callers.get(leg), self._agent_legs.get(leg)
        match kind:
            case "arrival":
                return [*self._arrival(at_ms), Wake("arrival", at_ms + self._gap_ms())]
            case "press" if caller is not None and caller.performance is None:
                return [link.SendDigits(leg=leg, digits=caller.dialogue.menu_key)]
            case "patience" if caller is not None and caller.performance is None:
                return [link.HangUp(leg=leg)]
            case "longest" if caller is not None or agent is not None:
                return [link.HangUp(leg=leg)]
            case "answer" if agent is not None:
                return [link.Answer(leg=leg)]
            case "turn":
                performance = self._performance(leg)
                return [] if performance is None else self._cue(performance, performance.go_on(), at_ms)
            case "bye" if caller is not None:
                return [link.HangUp(leg=leg)]
            case _:
                return []

    def event(self, event: Event, at_ms: int) -> list[Doing]:
        """Something happened in our own switch."""
        match event:
            case link.LegOffered():
                return self._offered(event, at_ms)
            case link.LegAnswered():
                return self._answered(event.leg, at_ms)
            case link.PlayFinished():
                performance = self._performance(event.leg)
                cue = None if performance is None else performance.spoken(event.play)
                return [] if performance is None or cue is None else self._cue(performance, cue, at_ms)
            case link.LegEnded():
                return self._ended(event.leg)
            case _:
                return []

    # ── Callers ───────────────────────────────────────────────────────────────────────────────────

    def _gap_ms(self) -> int:
        return int(self.chance.expovariate(self.calls_per_minute / 60_000)) + 500

    def _arrival(self, at_ms: int) -> list[Doing]:
        if not self.on or len(self._callers) >= MOST_CALLERS:
            return []
        leg = LegId(f"caller{next(self._names)}")
        number = f"1{self.chance.choice('35789')}{self.chance.randrange(10**9):09}"
        dialogue = self.chance.choice(self.dialogues)
        self._callers[leg] = _Caller(leg, number, dialogue)
        return [
            link.Originate(leg=leg, trunk=HOTLINE, number=self.menu, caller_number=number),
            Wake(f"longest:{leg}", at_ms + LONGEST_CALL_MS),
        ]

    def _answered(self, leg: LegId, at_ms: int) -> list[Doing]:
        caller, agent = self._callers.get(leg), self._agent_legs.get(leg)
        if caller is not None:
            caller.answered = True
            return [
                Wake(f"press:{leg}", at_ms + self.chance.randrange(*PRESS_AFTER_MS)),
                Wake(f"patience:{leg}", at_ms + self.chance.randrange(*PATIENCE_MS)),
            ]
        if agent is None:
            return []
        for caller in self._callers.values():
            if caller.number == agent.caller and caller.performance is None:
                return self._perform(caller, agent, at_ms)
        return self._perform_alone(agent, at_ms)

    def _perform(self, caller: _Caller, agent: _AgentLeg | None, at_ms: int) -> list[Doing]:
        performance = Performance(
            caller.dialogue, caller=caller.leg, agent=None if agent is None else agent.leg
        )
        caller.performance = performance
        if agent is not None:
            agent.performance = performance
        return self._cue(performance, performance.begin(), at_ms)

    def _perform_alone(self, agent: _AgentLeg, at_ms: int) -> list[Doing]:
        """A real person called and a simulated agent answers: its lines, with room for the caller's."""
        agent.performance = Performance(self.dialogues[0], caller=None, agent=agent.leg)
        return self._cue(agent.performance, agent.performance.begin(), at_ms)

    def _served(self, caller: _Caller) -> bool:
        return any(agent.caller == caller.number for agent in self._agent_legs.values())

    # ── Agents ────────────────────────────────────────────────────────────────────────────────────

    def _offered(self, event: link.LegOffered, at_ms: int) -> list[Doing]:
        if event.to_number not in self.agents:
            return [link.Reject(leg=event.leg, reason="not_found")]
        self._agent_legs[event.leg] = _AgentLeg(event.leg, event.to_number, event.from_number)
        return [
            link.Ring(leg=event.leg),
            Wake(f"answer:{event.leg}", at_ms + self.chance.randrange(*ANSWER_AFTER_MS)),
            Wake(f"longest:{event.leg}", at_ms + LONGEST_CALL_MS),
        ]

    def _dial_code(self, agent: str, code: str, at_ms: int) -> list[Doing]:
        self._asked_ready_ms[agent] = at_ms
        leg = LegId(f"code{next(self._names)}")
        self._code_legs.add(leg)
        return [link.Originate(leg=leg, trunk=TrunkId(agent), number=code, caller_number=agent)]

    # ── Both ──────────────────────────────────────────────────────────────────────────────────────

    def _performance(self, leg: LegId) -> Performance | None:
        party = self._callers.get(leg) or self._agent_legs.get(leg)
        return None if party is None else party.performance

    def _cue(self, performance: Performance, cue: Cue, at_ms: int) -> list[Doing]:
        match cue:
            case Speak():
                return [cue.command]
            case Pause():
                return [Wake(f"turn:{performance.legs[0]}", at_ms + cue.length_ms)]
            case Over():
                caller = performance.caller
                return [] if caller is None else [Wake(f"bye:{caller}", at_ms + AFTER_LAST_MS)]

    def _ended(self, leg: LegId) -> list[Doing]:
        self._code_legs.discard(leg)
        party = self._callers.pop(leg, None) or self._agent_legs.pop(leg, None)
        if party is not None and party.performance is not None:
            for other in party.performance.legs:
                if (rest := self._callers.get(other) or self._agent_legs.get(other)) is not None:
                    rest.performance = None
        return []
