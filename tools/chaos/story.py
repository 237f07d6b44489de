"""The story: calls come in, processes die at random moments, and everything is looked at again and again."""

from __future__ import annotations

import random
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tools.chaos import invariants
from tools.chaos import owed as owed_laws
from tools.chaos.ears import Ears, listening
from tools.chaos.house import PROGRAMS, ChaosFailed, House, Victim, free_port
from tools.chaos.invariants import Death
from tools.chaos.phones import OWED_PHONES, Callers, Registrations, calling, owing
from tools.chaos.traces import Seen

VICTIMS: tuple[tuple[Victim, float], ...] = (
    ("centre", 0.4),
    ("switch", 0.25),
    ("power", 0.2),
    ("judge", 0.15),
)
SILENT_S = 3.0
"""Longer than this no caller may hear nothing while only the centre is away; machines are noisy."""
SETTLED_S = 60.0
AGAIN_S = 45.0
"""New calls must work within this time after a death."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much of it."""

    kills: int
    seed: int
    agents: int = 6
    at_once: int = 10
    rate: float = 2.5
    talk_ms: tuple[int, int, int] = (1_200, 3_000, 7_000)
    look_every: int = 4  # kills between two looks at everything on record


@dataclass(slots=True)
class Told:
    """What came of it."""

    deaths: list[Death] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)
    calls: int = 0
    answered: int = 0
    refused: int = 0
    on_record: int = 0
    recordings: int = 0
    messages: int = 0
    promised: int = 0
    called_back: int = 0

    def lines(self) -> list[str]:
        """For a person to read."""
        lines = [
            f"{len(self.deaths)} kills; {self.calls} calls made, {self.answered} answered, {self.refused} "
            f"refused with 503; on record {self.on_record} calls, {self.recordings} recordings, "
            f"{self.messages} messages, {self.called_back} of {self.promised} promised callbacks made"
        ]
        for victim, _ in VICTIMS:
            took = sorted(death.whole_at - death.at for death in self.deaths if death.victim == victim)
            if took:
                lines.append(
                    f"whole again after the end of the {victim}: {len(took)} times, "
                    f"median {statistics.median(took):.1f} s, longest {took[-1]:.1f} s"
                )
        return lines


def run(folder: Path, plan: Plan, say: Callable[[str], None]) -> Told:
    """Raises ChaosFailed when something does not come back; breaches of laws are in what is told."""
    chance = random.Random(plan.seed)
    say(f"seed {plan.seed}: {plan.kills} kills, up to {plan.at_once} calls at once; data in {folder}")
    house = House(folder, agents=plan.agents, phones_port=free_port(), outside_port=free_port())
    house.prepare()
    house.start()
    told = Told()
    registrations = Registrations(house)
    try:
        house.wait_until_whole()
        registrations.start()
        all_ready(house)
        with (
            listening(2 * 4 * plan.at_once + OWED_PHONES) as ears,
            calling(house, folder, ears, rate=plan.rate, at_once=plan.at_once, talk_ms=plan.talk_ms) as (
                callers,
                phones,
            ),
            owing(house, folder, ears) as (owed, outside),
        ):
            wait_for_talk(house, callers, 0.0)
            for number, victim in enumerate(_victims(chance, plan.kills)):
                time.sleep(chance.uniform(0.1, 2.5))
                told.deaths.append(_one_death(house, victim, callers, ears, told))
                say(f"{number + 1:4}. {victim:7} whole after {_took(told.deaths[-1]):.1f} s")
                if number % plan.look_every == plan.look_every - 1:
                    _look(house, told, callers, outside, settled=False)
                if told.breaches:
                    say("\n".join(told.breaches))
                    break
            wait_for_talk(house, callers, time.time())
            _wait_for_promises(house)
            owed.stop_politely(SETTLED_S)
            callers.stop_politely(SETTLED_S)
            settle(house)
            _look(house, told, callers, outside, settled=True)
            told.breaches += _agents_phones(phones, told)
        registrations.stop()
        if code := house.stop():
            told.breaches.append(f"`huawu run` ended with {code}")
    finally:
        registrations.stop()
        house.stop()
    told.breaches += complaints(house)
    return told


def _victims(chance: random.Random, kills: int) -> list[Victim]:
    """Each at least once, if there are enough kills, in any order."""
    names: list[Victim] = [name for name, _ in VICTIMS]
    more = chance.choices(names, [weight for _, weight in VICTIMS], k=max(0, kills - len(names)))
    chosen = [*names, *more][:kills]
    chance.shuffle(chosen)
    return chosen


def _one_death(house: House, victim: Victim, callers: Callers, ears: Ears, told: Told) -> Death:
    running = {name: house.process_of(name).pid for name in PROGRAMS}
    before = list(running.values()) if victim == "power" else [running[victim]]
    ears.mark()
    at = time.time()
    house.kill(victim)
    if victim == "power":
        house.start()
    house.wait_until_whole(before)
    death = Death(victim, at, time.time())
    if not death.ended_calls:
        switch_died_at = max((one.at for one in told.deaths if one.ended_calls), default=0.0)
        told.breaches += _sound_went_on(death, callers, ears, since=switch_died_at)
    wait_for_talk(house, callers, death.whole_at)
    return death


def _sound_went_on(death: Death, callers: Callers, ears: Ears, *, since: float) -> list[str]:
    """Whoever was in a call before the process died, and still is, heard something all the time.

    Of calls from before `since`, when their switch died, only the phones do not know yet that they are over.
    """
    time.sleep(0.3)
    heard, seen = ears.heard(), callers.trace.read().values()
    breaches = []
    for one in seen:
        if one.final_at < since or one.port not in heard:
            continue
        if not (one.up_at(death.at - 0.5) and one.up_at(death.whole_at + 0.2)):
            continue
        ear = heard[one.port]
        gap = max(ear.longest_gap_s, time.time() - max(ear.last_at, death.at))
        if gap > SILENT_S or not (ear.got or death.victim == "judge"):  # it is back in an instant
            breaches.append(
                f"caller {one.caller} heard nothing for {gap:.1f} s while the {death.victim} was away"
            )
    return breaches


def wait_for_talk(house: House, callers: Callers, since: float, within_s: float = AGAIN_S) -> None:
    """A call made since then was answered and led to an agent."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if callers.process.poll() is not None:
            raise ChaosFailed(f"SIPp ended with {callers.process.returncode}: {callers.errors[-2000:]}")
        new = {one.caller for one in callers.trace.read().values() if one.answered and one.invited_at > since}
        if new and new & invariants.callers_talked_with(house.database_url, int(since * 1000)):
            return
        time.sleep(0.1)
    raise ChaosFailed(f"no new call came to an agent within {within_s:.0f} s: {house.agents_now()}")


def _wait_for_promises(house: House) -> None:
    """A message was left and somebody called back since the house is whole; else what is told says so."""
    until = time.monotonic() + SETTLED_S
    while time.monotonic() < until:
        books = invariants.read_books(house.database_url)
        done = any(row["state"] == "done" for row in books.callbacks)
        if done and any(row["state"] == "new" for row in books.voicemails):
            return
        time.sleep(0.5)


def _look(house: House, told: Told, callers: Callers, outside: Callers, *, settled: bool) -> None:
    called = list(outside.trace.read().values())
    seen: list[Seen] = list(callers.trace.read().values())
    books = invariants.read_books(house.database_url)
    told.calls, told.on_record = len(seen), len(books.records)
    told.answered = sum(one.answered for one in seen)
    told.refused = sum(one.final == 503 for one in seen)
    told.recordings = len(books.recordings)
    told.messages = sum(row["state"] == "new" for row in books.voicemails)
    told.called_back = sum(row["state"] == "done" for row in books.callbacks)
    told.promised = len(books.callbacks)
    told.breaches += owed_laws.kept_promises(books, house.data, called, told.deaths, settled=settled)
    told.breaches += invariants.timelines(books, settled=settled)
    told.breaches += invariants.records(books)
    told.breaches += invariants.assessments(books, settled=settled)
    told.breaches += invariants.recordings(books, house.data, told.deaths, settled=settled)
    if settled:
        told.breaches += invariants.callers(books, seen, told.deaths)
        told.breaches += invariants.agents(house.agents_now(), house.waiting())


def settle(house: House) -> None:
    """Calls end, agents are free, phones are back; what does not come is a breach that `_look` finds."""
    until = time.monotonic() + SETTLED_S
    while time.monotonic() < until:
        books = invariants.read_books(house.database_url)
        under_way = any(record.state != "ended" for record in books.records.values())
        running = any(row["state"] == "running" for row in books.recordings)
        astray = list(invariants.agents(house.agents_now(), house.waiting()))
        astray += [row["id"] for row in books.callbacks if row["ended_ms"] is None]
        astray += invariants.not_judged(books)
        if not under_way and not running and not astray and not books.tolls.lines:
            return
        time.sleep(0.5)


def all_ready(house: House) -> None:
    until = time.monotonic() + SETTLED_S
    missing = set(house.agents)
    while missing and time.monotonic() < until:
        missing -= {agent for agent in missing if house.make_ready(agent)}
        time.sleep(0.1)
    if missing:
        raise ChaosFailed(f"agents do not get ready: {sorted(missing)}")


def _agents_phones(phones: Callers, told: Told) -> list[str]:
    """No agent's phone stayed in a call that we forgot: unless its switch died, it was sent BYE."""
    fatal = [death.at for death in told.deaths if death.ended_calls]
    breaches = []
    for one in phones.trace.read().values():
        over = one.told_bye_at or one.hung_up_at or float("inf")
        under = any(one.invited_at - invariants.NEAR_S < at < over for at in fatal)
        if one.answered and not one.told_bye_at and not under:
            breaches.append(f"an agent's phone was left in a call of {one.caller}")
    return breaches


def complaints(house: House) -> list[str]:
    """Faults of ours in the logs."""
    fault = re.compile(r"level=.?error|Traceback|Task exception|never awaited")
    return [
        f"{name}: {line[:300]}"
        for name in PROGRAMS
        for line in house.log(name).splitlines()
        if fault.search(line)
    ]


def _took(death: Death) -> float:
    return death.whole_at - death.at
