"""Small centres in virtual time for the tests of the engine."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path

from huawu.calls.engine import Engine
from huawu.calls.facts import Fact
from huawu.calls.homes import THE_ONE, SwitchId
from huawu.config.compile import Centre, compile_centre
from huawu.config.load import parse
from huawu.sim.virtual import Phone, World

CENTRE = """
company: {name: 测试, language: zh, time_zone: Asia/Shanghai, country: CN}
numbers:
  - {number: 4000, name: menu, flow: main, public: true}
  - {number: 4001, name: direct, queue: general, public: true}
  - {number: 4100, name: echo, echo: true, public: true}
flows:
  main:
    start: menu
    person: person
    steps:
      menu:
        do: menu
        say: menu
        keys: {1: person, 2: colleague, 3: nowhere, 4: secret}
        tries: 2
      secret: {do: collect, say: menu, into: pin, least: 4, most: 4, next: person}
      person: {do: queue, queue: general, overflow: busy}
      busy: {do: hang_up, say: queue-full}
      colleague: {do: transfer, agent: "1002", failed: person}
      nowhere: {do: transfer, number: "4100", failed: person}
skills: {zh: 普通话}
queues:
  general: {name: 综合, skills: {zh: 1}, ring: 15s, wrap_up: 20s, longest_line: 3}
people:
  - {user: "1001", name: 甲, extension: "1001", queues: [general], skills: {zh: 5}}
  - {user: "1002", name: 乙, extension: "1002", queues: [general], skills: {zh: 5}}
endpoints:
  - {endpoint: "1001", person: "1001"}
  - {endpoint: "1002", person: "1002"}
breaks: [{id: rest, name: 小休}]
"""


class FakeVoice:
    """Every prompt is recorded."""

    def path(self, prompt_id: str, language: str) -> Path:
        return Path(f"/prompts/{language}/{prompt_id}.wav")

    def number(self, n: int, language: str) -> tuple[str, ...]:
        return (f"number.{n}",)


@dataclass
class Desk:
    """A world and short ways to say what tests say often."""

    world: World
    centre: Centre
    phones: dict[str, Phone] = field(default_factory=dict)

    def ready(self, agent: str, phone: Phone | None = None) -> None:
        """The agent's phone registers and the agent dials *11."""
        from huawu.sim.virtual import Caller

        self.world.plug_in(agent, phone)
        self.world.call(Caller(number="*11", endpoint=agent, caller=agent))
        self.world.run_for(10)

    def kinds(self, call: str | None = None) -> list[str]:
        return [fact.kind for fact in self.facts(call)]

    def facts(self, call: str | None = None) -> list[Fact]:
        call = call or (self.world.facts[-1].call if self.world.facts else "")
        return [fact for fact in self.world.facts if fact.call == call]

    def fact(self, kind: str) -> Fact:
        return next(fact for fact in self.world.facts if fact.kind == kind)

    def state(self, agent: str) -> str:
        from huawu.acd.events import AgentId

        return self.world.engine.acd.agent_view(AgentId(agent)).state


def centre_of(text: str = CENTRE) -> Centre:
    parsed = parse(text)
    assert parsed.configuration is not None, "\n".join(map(str, parsed.problems))
    return compile_centre(parsed.configuration, years=(2026,))


def engine_of(centre: Centre, prefix: str = "c", switches: tuple[SwitchId, ...] = (THE_ONE,)) -> Engine:
    names = itertools.count(1)
    return Engine(
        centre,
        FakeVoice(),
        token=lambda: f"{prefix}{next(names)}",
        recording_path=lambda call, at_ms: f"recordings/{call}.wav",
        data="/data",
        hold_music="/music.wav",
        switches=switches,
    )


def desk(text: str = CENTRE) -> Desk:
    return desk_of(centre_of(text))


def desk_of(centre: Centre) -> Desk:
    world = World(engine_of(centre))
    world.carry_out(world.engine.configure(centre, world.now_ms))
    return Desk(world, centre)
