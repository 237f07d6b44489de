"""The long stretch: recorded calls hour after hour, and nothing may grow, get lost or stay behind."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tools.chaos import invariants
from tools.chaos.ears import Ears, Total, listening
from tools.chaos.house import House, Memory, free_port
from tools.chaos.invariants import read_books
from tools.chaos.phones import Callers, Registrations, calling
from tools.chaos.story import all_ready, complaints, settle

from huawu.switch.media.ports import PAIRS_AT_REST

EVERY_S = 5.0
MEGABYTE = 1_000_000
GROWTH = 0.10
GROWTH_MB = 10
"""Memory is flat when the last fifth's median is above the second fifth's by less than both together."""
MOST_LOST = 0.0005
"""Of all packets; what our own ears missed for want of processor time counts too."""
FILES = 64
"""Descriptors that may come and go between two fifths of the time."""
RESTING = 2 * (PAIRS_AT_REST + 1)
"""Sockets of media that the switch keeps bound for the next leg."""
QUIET_S = 36.0
"""All of SIP's timers of ended calls have run out."""
_COUNT = re.compile(r"(\w+)=(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What was seen at one moment."""

    at: float
    centre: Memory
    switch: Memory
    up: int


@dataclass(slots=True)
class Soaked:
    """What came of it."""

    samples: list[Sample] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def soak(folder: Path, *, at_once: int, minutes: float, say: Callable[[str], None]) -> Soaked:
    """`at_once` recorded calls for so long. Raises ChaosFailed when it does not run at all."""
    talk_ms = (20_000, 45_000, 90_000)
    rate = at_once / 35.0 * 1.3  # a bit more than end by themselves: the bound is `at_once`
    say(f"{at_once} recorded calls at once for {minutes:g} minutes; data in {folder}")
    house = House(folder, agents=at_once + 4, phones_port=free_port())
    house.prepare()
    house.start()
    registrations = Registrations(house, refresh_s=30.0)
    told = Soaked()
    try:
        house.wait_until_whole()
        registrations.start()
        all_ready(house)
        with (
            listening(4 * at_once) as ears,
            calling(house, folder, ears, rate=rate, at_once=at_once, talk_ms=talk_ms) as (callers, _),
        ):
            _watch(house, ears, callers, minutes, told, say)
            heard = ears.total()
            callers.stop_politely(max(talk_ms) / 1000 + 30)
            settle(house)
            _judge_records(house, callers, told)
        registrations.stop()
        time.sleep(QUIET_S)
        if code := house.stop():
            told.breaches.append(f"`huawu run` ended with {code}")
    finally:
        registrations.stop()
        house.stop()
    _judge(told, heard, at_once)
    told.breaches += left_behind(house)
    told.breaches += complaints(house)
    return told


def _watch(
    house: House, ears: Ears, callers: Callers, minutes: float, told: Soaked, say: Callable[[str], None]
) -> None:
    began = time.monotonic()
    while (passed_s := time.monotonic() - began) < minutes * 60:
        time.sleep(EVERY_S)
        now = time.time()
        up = sum(one.up_at(now) for one in callers.trace.read().values())
        centre, switch = house.memory_of("centre"), house.memory_of("switch")
        sample = Sample(at=passed_s, centre=centre, switch=switch, up=up)
        told.samples.append(sample)
        if len(told.samples) % 12 == 0:
            total = ears.total()
            say(
                f"{passed_s / 60:5.1f} min  {up:4} calls  switch {sample.switch.uss / MEGABYTE:.1f} MB "
                f"{sample.switch.files} files  centre {sample.centre.uss / MEGABYTE:.1f} MB "
                f"{sample.centre.files} files  packets {total.got} lost {total.lost} late {total.late}"
            )


def _judge(told: Soaked, heard: Total, at_once: int) -> None:
    fifth = max(1, len(told.samples) // 5)
    early, late = told.samples[fifth : 2 * fifth] or told.samples, told.samples[-fifth:]
    for name in ("switch", "centre"):
        before, after = ([getattr(sample, name) for sample in some] for some in (early, late))
        first, last = (statistics.median(one.uss for one in some) for some in (before, after))
        told.lines.append(f"{name}: {first / MEGABYTE:.1f} MB at first, {last / MEGABYTE:.1f} MB at the end")
        if last > first * (1 + GROWTH) + GROWTH_MB * MEGABYTE:
            told.breaches.append(f"the memory of the {name} grew from {first:.0f} to {last:.0f} octets")
        if max(one.threads for one in after) > max(one.threads for one in before) + 8:
            told.breaches.append(f"the {name} has more and more threads")
        most, least = max(one.files for one in after), max(one.files for one in before)
        bound = RESTING + 8 * at_once if name == "switch" else 0
        if most > max(least, bound) + FILES:
            told.breaches.append(f"the {name} has more and more files open: {least}, then {most}")
    share = heard.lost / max(1, heard.got)
    told.lines.append(
        f"{heard.got} packets heard, {heard.lost} lost ({share:.5%}), "
        f"{heard.late} steps our own ears were late; most calls at once {max(s.up for s in told.samples)}"
    )
    if share > MOST_LOST:
        told.breaches.append(f"{heard.lost} of {heard.got} packets were lost")


def _judge_records(house: House, callers: Callers, told: Soaked) -> None:
    seen = list(callers.trace.read().values())
    books = read_books(house.database_url)
    told.lines.append(
        f"{sum(one.answered for one in seen)} calls answered of {len(seen)}; on record {len(books.records)} "
        f"calls, {len(books.recordings)} recordings"
    )
    told.breaches += invariants.timelines(books, settled=True)
    told.breaches += invariants.records(books)
    told.breaches += invariants.recordings(books, house.data, [], settled=True)
    told.breaches += invariants.callers(books, seen, [])
    told.breaches += invariants.agents(house.agents_now(), house.waiting())


def left_behind(house: House) -> list[str]:
    """What both processes say they still held when they were asked to stop, with no call left."""
    breaches = []
    for name in ("switch", "centre"):
        lines = [line for line in house.log(name).splitlines() if f"{name} stops" in line]
        if not lines:
            breaches.append(f"the {name} did not say what it holds")
            continue
        counts = {word: int(count) for word, count in _COUNT.findall(lines[-1].partition("holds")[2])}
        breaches += [f"the {name} still holds {count} {word}" for word, count in counts.items() if count]
    return breaches
