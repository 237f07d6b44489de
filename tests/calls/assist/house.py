"""A house in virtual time: calls told as a switch tells them, with its delays, and desks that take note."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

from huawu.calls.assist.assist import Assist
from huawu.calls.assist.prompting import Experience
from huawu.calls.assist.views import Hint
from huawu.calls.effects import Effects
from huawu.calls.facts import Fact
from huawu.standard import Standard
from huawu.standard.written import read_book

START_MS = 1_700_000_000_000
BEGAN_TOLD_MS = 110
ENDED_TOLD_MS = 345
LEVEL_TOLD_MS = 60
"""After what happened the switch tells of it, at the latest."""

BOOK = """
version: "test"
parts:
  - {id: opening, title: {zh: 开场, en: Opening}}
  - {id: silent, title: {zh: 无声, en: Silent}}
  - {id: during, title: {zh: 通话中, en: During}}
events:
  answer: {fact: agent_answered}
  agent-speaks: {speaks: agent}
  caller-speaks: {speaks: caller}
rules:
  - id: open.greeting
    part: opening
    source: S3
    looks_at: T
    severity: major
    title: {zh: 三秒内开口, en: Speak within 3 s}
    say: [{zh: 您好，很高兴为您服务, en: Good day}]
    hint: {zh: 先问候, en: Greet}
    checks: [{when: answer, must: agent-speaks, later: 3s}]
  - id: wait.thank
    part: during
    source: S1
    looks_at: T
    severity: major
    title: {zh: 感谢等候, en: Thank for waiting}
    say: [{zh: 感谢您的耐心等待, en: Thank you for waiting}]
    checks: [{when: {hold: true, longer: 10s}, must: agent-speaks, later: 5s}]
  - id: close.more
    part: during
    source: S1
    looks_at: T
    title: {zh: 还有什么可以帮您, en: Anything else}
    hint: {zh: 结束前问一句, en: Ask before the end}
    checks: [{when: caller-speaks, must: {fact: filed}, later: end}]
  - id: wait.announce
    part: during
    source: S1
    looks_at: T
    severity: major
    title: {zh: 不让对方空等, en: No silence unannounced}
    say: [{zh: 请您稍等, en: One moment please}]
    checks: [{never: {silence: true, after: caller, longer: 3s}, warn_after: 2s}]
  - id: listen.interrupt
    part: during
    source: S0
    looks_at: V
    severity: minor
    title: {zh: 不抢话, en: Do not cut in}
    hint: {zh: 先听对方说完, en: Hear them out}
    checks: [{never: {overlap: agent, longer: 1s}, warn_after: 500ms}]
  - id: voice.loudness
    part: during
    source: S1
    looks_at: V
    severity: major
    title: {zh: 不提高嗓门, en: Do not raise the voice}
    hint: {zh: 声音放低, en: Speak softly}
    checks: [{never: {raised: agent, by_db: 6, longer: 2s}, warn_after: 1s}]
  - id: silent.call
    part: silent
    source: S1
    looks_at: T
    severity: major
    title: {zh: 无声电话, en: Silent call}
    checks:
      - procedure:
          starts: answer
          leaves: caller-speaks
          cuts: {fact: ended, where: {by: agent}}
          from_step: 2
          steps:
            - do: {talk: agent}
              say: {zh: 您好，请问有什么可以帮助您, en: How may I help you}
            - do: {talk: agent}
              say: {zh: 听不到您的声音, en: I cannot hear you}
              not_before: 3s
              within: 5s
            - do: {talk: agent}
              say: {zh: 请您换一部电话, en: Please use another phone}
              not_before: 3s
              within: 5s
            - do: {fact: ended}
              title: {zh: 三秒后挂机, en: Hang up after 3 s}
              not_before: 3s
"""


def standard() -> Standard:
    return Standard(read_book({"test.yaml": BOOK}))


class House:
    """Clock, timers and desks for one `Assist`, and hands to say what happens. Seconds since the start."""

    def __init__(self, experience: Experience = "normal") -> None:
        self.now = START_MS
        self.experience: dict[str, Experience] = {}
        self.shown: dict[tuple[str, str], Hint] = {}
        self.frames: list[tuple[int, str, Hint | None]] = []
        """When a desk was told what; None: nothing more."""
        self._timers: dict[str, tuple[int, Callable[[], object]]] = {}
        self._queue: list[tuple[int, int, Fact, bool]] = []
        self._count = 0
        self._seq: dict[str, int] = {}
        self.stored: dict[str, list[Fact]] = {}
        self.assist = Assist(self, self, self, lambda agent: self.experience.get(agent, experience))
        self.assist.standard = standard()

    # clock, timers, desks

    def now_ms(self) -> int:
        return self.now

    def after(self, seconds: float, name: str, act: Callable[[], object]) -> None:
        self._timers[name] = (self.now + max(0, round(seconds * 1000)), act)

    def cancel(self, name: str) -> None:
        self._timers.pop(name, None)

    def stop(self) -> None:
        self._timers.clear()

    def hint_is(self, agent: str, hint: Hint) -> None:
        self.shown[agent, hint.call] = hint
        self.frames.append((self.at, agent, hint))

    def hint_over(self, agent: str, call: str) -> None:
        del self.shown[agent, call]
        self.frames.append((self.at, agent, None))

    @property
    def at(self) -> int:
        """Milliseconds since the start."""
        return self.now - START_MS

    @property
    def timers(self) -> int:
        return len(self._timers)

    # what happens

    def fact(self, kind: str, party: str = "centre", call: str = "c", **fields: Any) -> None:
        """Something happens now, and is told at once."""
        self._put(self.now, self.now, kind, party, call, live=False, **fields)

    def talk(
        self,
        party: str,
        from_s: float,
        to_s: float,
        levels_db: tuple[float, ...] = (),
        call: str = "c",
        **whom: str,
    ) -> None:
        """A party speaks from–to, told as the switch tells it; `whom`: which of several."""
        began, ended = START_MS + round(from_s * 1000), START_MS + round(to_s * 1000)
        self._put(began, began + BEGAN_TOLD_MS, "talk_began", party, call, live=True, began_ms=began, **whom)
        for index, level_db in enumerate(levels_db):
            begins, ends = began + 1_000 * index, began + 1_000 * (index + 1)
            level = {"from_ms": begins, "to_ms": ends, "level_db": level_db}
            if ends < ended:
                self._put(ends, ends + LEVEL_TOLD_MS, "level", party, call, live=True, **level, **whom)
        told = ended + ENDED_TOLD_MS
        talk = {"began_ms": began, "ended_ms": ended, "levels_db": list(levels_db)}
        self._put(told, told, "talk", party, call, live=False, **talk, **whom)

    def _put(
        self, at_ms: int, told_ms: int, kind: Any, party: Any, call: str, *, live: bool, **fields: Any
    ) -> None:
        fact = Fact(call=call, seq=0, at_ms=at_ms, kind=kind, party=party, fields=fields)
        self._count += 1
        heappush(self._queue, (told_ms, self._count, fact, live))

    def answered(self, agent: str = "li", call: str = "c") -> None:
        """A call comes in and an agent answers it, all now."""
        self.fact("offered", "caller", call, number="4000")
        self.fact("agent_ringing", "agent", call, agent=agent)
        self.fact("agent_answered", "agent", call, agent=agent)
        self.fact("bridged", "centre", call, agent=agent)

    def ended(self, by: str = "caller", call: str = "c") -> None:
        self.fact("ended", by, call, by=by, reason="normal")
        self.run(0)

    def over(self, call: str = "c") -> None:
        """The centre forgets the call."""
        effects = Effects()
        effects.ended_calls.append(call)  # type: ignore[arg-type]
        self.assist.tell(effects)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        until = self.now + round(seconds * 1000)
        while True:
            due = min((at for at, _ in self._timers.values()), default=until + 1)
            told = self._queue[0][0] if self._queue else until + 1
            if min(due, told) > until:
                break
            self.now = max(self.now, min(due, told))
            if told <= due:
                self._tell(*heappop(self._queue)[2:])
            else:
                name = min(self._timers, key=lambda each: self._timers[each][0])
                self._timers.pop(name)[1]()
        self.now = until

    def run_to(self, seconds: float) -> None:
        """Until so long after the start."""
        self.run(seconds - self.at / 1000)

    def _tell(self, fact: Fact, live: bool) -> None:
        effects = Effects()
        if live:
            effects.live_facts.append(fact)
        else:
            seq = self._seq[fact.call] = self._seq.get(fact.call, 0) + 1
            stored = Fact(
                call=fact.call,
                seq=seq,
                at_ms=fact.at_ms,
                kind=fact.kind,
                party=fact.party,
                fields=fact.fields,
            )
            self.stored.setdefault(fact.call, []).append(stored)
            effects.facts.append(stored)
        self.assist.tell(effects)

    # what is seen

    def hint(self, agent: str = "li", call: str = "c") -> Hint | None:
        return self.shown.get((agent, call))

    def rule(self, agent: str = "li") -> str:
        """The rule of the hint that the desk shows; "" = none."""
        hint = self.hint(agent)
        return hint.rule if hint is not None else ""
