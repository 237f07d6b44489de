"""A whole day of a large centre in virtual time, with its laws checked as it goes."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from huawu.acd.events import AgentId, AgentState
from huawu.calls.engine import Engine
from huawu.calls.facts import Fact
from huawu.config.compile import Centre, compile_centre
from huawu.config.schema import Company, Configuration, Endpoint, Number, Person, Queue
from huawu.ivr.schema import Flow, MenuStep, QueueStep
from huawu.sim.promises import Promised, with_promises
from huawu.sim.promises import caller as caller_with_wishes
from huawu.sim.virtual import Caller, Phone, World

DAY_MS = 24 * 3_600_000
QUEUES = ("general", "bookings", "refunds", "lost")
TALK_MS = 90_000
WRAP_UP_MS = 15_000


@dataclass(slots=True)
class DayReport:
    """What a day gave, and every breach of a law (none is expected)."""

    calls: int = 0
    facts: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    bridged: int = 0
    dropped_commands: int = 0
    breaches: list[str] = field(default_factory=list)
    promised: Promised | None = None


@dataclass(slots=True)
class _Laws:
    """Watches facts as they are written."""

    report: DayReport
    seqs: dict[str, int] = field(default_factory=dict)
    open: dict[str, str | None] = field(default_factory=dict)  # call → the agent talking

    def see(self, fact: Fact) -> None:
        self.report.facts += 1
        expected = self.seqs.get(fact.call, 0) + 1
        if fact.seq != expected:
            self._breach(f"call {fact.call}: fact {fact.seq} came where {expected} was due")
        self.seqs[fact.call] = fact.seq
        match fact.kind:
            case "offered":
                self.report.calls += "callback" not in fact.fields
                self.open[fact.call] = None
            case "bridged":
                self.report.bridged += 1
                agent = fact.fields["agent"]
                if agent in self.open.values():
                    self._breach(f"agent {agent} talks in two calls")
                self.open[fact.call] = agent
            case "parted":
                if fact.call in self.open:
                    self.open[fact.call] = None
            case "ended":
                self.report.ended[f"{fact.fields['by']}:{fact.fields['reason']}"] += 1
                if fact.call not in self.open:
                    self._breach(f"call {fact.call} ended twice")
                self.open.pop(fact.call, None)
            case _:
                pass

    def _breach(self, what: str) -> None:
        if len(self.report.breaches) < 100:
            self.report.breaches.append(what)


def large_centre(agents: int, *, promises: bool = False) -> Centre:
    """Four queues behind a menu; agents serve one to three of them; with `promises` they call back."""
    people = [
        Person(
            user=f"a{number}",
            name=f"坐席{number}",
            extension=f"{20_000 + number}",
            queues=tuple(sorted({QUEUES[number % 4], QUEUES[number % 3], QUEUES[number % 2]})),
        )
        for number in range(agents)
    ]
    keys = {str(key): name for key, name in enumerate(QUEUES, 1)}
    steps = {name: QueueStep(queue=name, overflow="general") for name in QUEUES}
    flow = Flow(
        start="menu",
        person="general",
        steps={"menu": MenuStep(say=("menu",), keys=keys, tries=2), **steps},
    )
    queues = {
        name: Queue(name=name, ring_ms=15_000, wrap_up_ms=WRAP_UP_MS, longest_line=200) for name in QUEUES
    }
    configuration = Configuration(
        company=Company(name="一日"),
        numbers=(Number(number="4000", flow="main", public=True),),
        flows={"main": flow},
        queues=queues,
        people=tuple(people),
        endpoints=tuple(Endpoint(endpoint=person.extension, person=person.user) for person in people),
    )
    return compile_centre(with_promises(configuration) if promises else configuration, years=(2026,))


def run_day(
    calls: int = 100_000,
    *,
    seed: int = 1,
    on_hour: Callable[[int, DayReport], None] | None = None,
    promises: bool = False,
) -> DayReport:
    """A day with this many calls, most of them in the morning and afternoon; agents enough for nearly all.

    With `promises` they are too few, lines break, and callers want to be called back.
    """
    chance = random.Random(seed)
    enough = 1.2 if promises else 1.9
    agents = max(4, math.ceil(calls * (TALK_MS + WRAP_UP_MS + 5_000) * enough / DAY_MS))
    centre = large_centre(agents, promises=promises)
    names = itertools.count(1)
    engine = Engine(
        centre,
        _Silent(),
        token=lambda: f"c{next(names)}",
        recording_path=lambda call, at_ms: f"{call}.wav",
        data="data",
        hold_music="music.wav",
    )
    world = World(engine)
    world.keep = False
    report = DayReport()
    laws = _Laws(report)
    world.watch = laws.see
    if promises:
        report.promised = promised = Promised(world, random.Random(seed))

        def see(fact: Fact) -> None:
            laws.see(fact)
            promised.see(fact)

        world.watch = see
        world.watch_owed = promised.owe
    world.carry_out(engine.configure(centre, world.now_ms))
    begin_ms = world.now_ms
    for person in centre.configuration.people:
        world.plug_in(person.extension, _phone(chance))
        world.carry_out(engine.set_agent_state(AgentId(person.user), AgentState.READY, "", world.now_ms))
        _plan_breaks(world, engine, AgentId(person.user), chance, begin_ms)
    for at_ms in _arrivals(calls, chance):
        world.at(begin_ms + at_ms, lambda: _ring_in(world, chance, promises=promises))
    for hour in range(24):
        world.run(begin_ms + (hour + 1) * 3_600_000)
        if on_hour is not None:
            on_hour(hour + 1, report)
    world.run()
    _check_the_end(world, engine, laws)
    if report.promised is not None:
        report.breaches += report.promised.at_the_end()
    report.dropped_commands = len(world.dropped)
    return report


class _Silent:
    """Prompts without files."""

    def path(self, prompt_id: str, language: str) -> PurePosixPath:
        return PurePosixPath(f"{language}/{prompt_id}.wav")

    def number(self, n: int, language: str) -> tuple[str, ...]:
        return (f"number.{n}",)


def _ring_in(world: World, chance: random.Random, *, promises: bool) -> None:
    usual = Caller(
        number="4000",
        caller=f"13{chance.randrange(10**9):09}",
        keys=list(chance.choice([["1"], ["2"], ["3"], ["4"], ["", "1"], ["9", "2"], [], [""]])),
        speaks=chance.random() < 0.2,
        patience_ms=int(chance.expovariate(1 / 180_000)) + 2_000,
        talk_ms=int(chance.gammavariate(2, TALK_MS / 2)) + 1_000,
    )
    world.call(caller_with_wishes(world, chance, usual) if promises else usual)


def _phone(chance: random.Random) -> Phone:
    kind = chance.random()
    if kind < 0.02:
        return Phone(answers_after_ms=None)
    if kind < 0.03:
        return Phone(refuses="busy")
    hangs_up = chance.randrange(5_000, 120_000) if kind < 0.1 else None
    return Phone(answers_after_ms=chance.randrange(800, 6_000), hangs_up_after_ms=hangs_up)


def _plan_breaks(world: World, engine: Engine, agent: AgentId, chance: random.Random, begin_ms: int) -> None:
    """Three breaks of ten minutes; every return also mends a phone that had made the agent unavailable."""

    def turn(state: AgentState) -> None:
        world.carry_out(engine.set_agent_state(agent, state, "rest", world.now_ms))

    for _ in range(3):
        start_ms = begin_ms + chance.randrange(DAY_MS)
        world.at(start_ms, lambda: turn(AgentState.BREAK))
        world.at(start_ms + 600_000, lambda: turn(AgentState.READY))
    for hour in range(1, 24):
        world.at(begin_ms + hour * 3_600_000, lambda: turn(AgentState.READY))


def _arrivals(calls: int, chance: random.Random) -> list[int]:
    """Instants in ms of the day: quiet nights, peaks at ten and at three in the afternoon."""
    hours = [
        0.3 + math.exp(-((hour - 10) ** 2) / 5) + 0.8 * math.exp(-((hour - 15) ** 2) / 6)
        for hour in range(24)
    ]
    chosen = chance.choices(range(24), weights=hours, k=calls)
    return [hour * 3_600_000 + chance.randrange(3_600_000) for hour in chosen]


def _check_the_end(world: World, engine: Engine, laws: _Laws) -> None:
    """After the last call nothing may be left over."""
    left = {
        "calls without an end": len(laws.open),
        "legs in the switch": len(world.legs),
        "calls in memory": len(engine.floor.calls),
        "agents' legs in memory": len(engine.floor.parties),
        "timers": len(world.timers),
        "recordings open": len(world.recordings),
    }
    laws.report.breaches += [f"{count} {what} left at the end" for what, count in left.items() if count]
