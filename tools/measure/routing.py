"""How many routing decisions a second the ACD makes in a very large centre.

A decision is one caller matched to one agent, that is, one `MakeOffer`. Two floors are measured:

- *busy*: 100,000 callers wait. An agent's call ends, the agent is free and gets the best caller over all
  lines that fit; the caller's phone rings and is answered; a new caller joins, so that the line stays long.
- *quiet*: 5,000 agents are ready. A caller comes and gets the best agent; it rings and is answered; another
  agent's call ends, who is ready again, so that the floor stays quiet.

The first figure counts the time of both events of a round, the caller's joining and the agent's becoming
free; the second also that of the ringing and the answer, so all four events of a call's life. Setting up is
not counted. Agents 10,000 in 400 teams, 100 queues, 200 skills, one call in four asks a skill beyond its
queue's. Seeds are fixed; the run is bounded by time. Time is the process's own, garbage collection included;
the loop printed beside says how fast the machine is just now (some 25 ns a turn on an idle 3 GHz core, twice
that beside busy neighbours).
"""

from __future__ import annotations

import gc
import random
import sys
import time
from collections import deque

from huawu.acd.events import (
    AgentId,
    AgentProfile,
    CallId,
    CallQueued,
    Command,
    ContactEnded,
    Event,
    MadeReady,
    MakeOffer,
    OfferAccepted,
    OfferRinging,
    PolicyChanged,
    QueueId,
    QueuePolicy,
    SkillId,
)
from huawu.acd.model import Acd

AGENTS, TEAMS, QUEUES, SKILLS, WAITING = 10_000, 400, 100, 200, 100_000
SECONDS = 4.0  # for each floor
BATCH = 100

skills = [SkillId(f"skill-{n}") for n in range(SKILLS)]
queues = [QueueId(f"queue-{n}") for n in range(QUEUES)]


class Floor:
    """A centre under load, and the events that keep it so."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.acd = Acd()
        self.now = 0
        self.calls = 0
        policies = tuple(
            QueuePolicy(queue=queue, name=queue, skills={skills[n]: 1}, wrap_up_ms=0)
            for n, queue in enumerate(queues)
        )
        teams = []
        for _ in range(TEAMS):
            served = self.random.sample(range(QUEUES), 4)
            levels = {skills[n]: self.random.randint(1, 10) for n in served}
            extra = self.random.sample(range(QUEUES, SKILLS), 30)
            levels |= {skills[n]: self.random.randint(1, 10) for n in extra}
            teams.append((tuple(queues[n] for n in served), levels))
        agents = tuple(
            AgentProfile(
                agent=AgentId(f"agent-{n}"), name="", queues=teams[n % TEAMS][0], skills=teams[n % TEAMS][1]
            )
            for n in range(AGENTS)
        )
        self.names = [agent.agent for agent in agents]
        self.acd.step(PolicyChanged(at_ms=0, queues=policies, agents=agents))

    def caller(self) -> CallQueued:
        self.now += 1
        self.calls += 1
        queue = self.random.randrange(QUEUES)
        asked = {}
        if self.random.random() < 0.25:  # one of the four skills that this queue's callers ask for
            asked = {skills[QUEUES + (queue + 7 * self.random.randrange(4)) % (SKILLS - QUEUES)]: 1}
        return CallQueued(
            at_ms=self.now,
            call=CallId(f"call-{self.calls}"),
            queue=queues[queue],
            queued_ms=self.now,
            priority=self.random.choice((0, 0, 0, 5)),
            skills=asked,
        )

    def answer(self, offer: MakeOffer) -> tuple[OfferRinging, OfferAccepted, ContactEnded]:
        """What happens to an offer later."""
        call, agent, at = offer.call, offer.agent, self.now
        return (
            OfferRinging(at_ms=at, call=call, agent=agent),
            OfferAccepted(at_ms=at, call=call, agent=agent),
            ContactEnded(at_ms=at, call=call, agent=agent),
        )

    def settle(self, events: list[Event]) -> list[MakeOffer]:
        return offers_in([command for event in events for command in self.acd.step(event)])


def offers_in(commands: list[Command]) -> list[MakeOffer]:
    return [command for command in commands if isinstance(command, MakeOffer)]


def measure(floor: Floor, talks: deque[ContactEnded], *, ends_first: bool) -> tuple[int, float, float]:
    """Rounds of one caller in and one agent out until the time is up: decisions, s deciding, s in all."""
    step = floor.acd.step
    decided, deciding, rest = 0, 0.0, 0.0
    stop = time.process_time() + SECONDS
    gc.collect()
    while time.process_time() < stop:
        events: list[Event] = []
        for _ in range(BATCH):
            caller, ended = floor.caller(), talks.popleft()
            events += (ended, caller) if ends_first else (caller, ended)
        done: list[list[Command]] = []
        start = time.process_time()
        for event in events:
            done.append(step(event))
        deciding += time.process_time() - start
        offers = [offer for out in done for offer in offers_in(out)]
        answers = [floor.answer(offer) for offer in offers]
        start = time.process_time()
        for ringing, accepted, _ in answers:
            step(ringing)
            step(accepted)
        rest += time.process_time() - start
        talks.extend(ended for _, _, ended in answers)
        decided += len(offers)
    return decided, deciding, deciding + rest


def busy_floor() -> tuple[int, float, float]:
    floor = Floor(seed=1)
    for _ in range(WAITING + AGENTS):
        floor.acd.step(floor.caller())
    offers = floor.settle([MadeReady(at_ms=floor.now, agent=agent) for agent in floor.names])
    talks = deque(answer[2] for answer in map(floor.answer, offers))
    floor.settle([OfferAccepted(at_ms=floor.now, call=offer.call, agent=offer.agent) for offer in offers])
    return measure(floor, talks, ends_first=True)


def quiet_floor() -> tuple[int, float, float]:
    floor = Floor(seed=2)
    floor.settle([MadeReady(at_ms=0, agent=agent) for agent in floor.names])
    offers: list[MakeOffer] = []
    while len(offers) < AGENTS // 2:
        offers += floor.settle([floor.caller()])
    talks = deque(answer[2] for answer in map(floor.answer, offers))
    floor.settle([OfferAccepted(at_ms=floor.now, call=offer.call, agent=offer.agent) for offer in offers])
    return measure(floor, talks, ends_first=False)


def loop_ns() -> float:
    """One turn of a plain Python loop, to compare machines by."""
    start, total = time.process_time(), 0
    for number in range(3_000_000):
        total += number
    return (time.process_time() - start) / 3_000_000 * 1e9


def main() -> int:
    print(f"{AGENTS:,} agents, {WAITING:,} waiting, {QUEUES} queues, {SKILLS} skills")
    for name, run in (("busy", busy_floor), ("quiet", quiet_floor)):
        before = loop_ns()
        decided, deciding, whole = run()
        print(
            f"{name:>6} (loop {(before + loop_ns()) / 2:.0f} ns): {decided / deciding:>9,.0f} decisions/s"
            f"  ({deciding / decided * 1e6:.1f} µs each);"
            f" {decided / whole:>8,.0f}/s with ringing and answer ({whole / decided * 1e6:.1f} µs)"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
