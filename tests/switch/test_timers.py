"""Timers by key: each fires once, when due, unless stopped or replaced."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from huawu.switch.timers import GRAIN_S, STALE, Timers


class FakeLoop:
    """An event loop's clock and one-shot timers, in virtual time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waiting: list[FakeHandle] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, deed: Callable[[], None]) -> FakeHandle:
        handle = FakeHandle(self, when, deed)
        self.waiting.append(handle)
        return handle

    def run(self, until: float) -> None:
        while due := [handle for handle in self.waiting if handle.when <= until]:
            first = min(due, key=lambda handle: handle.when)
            self.waiting.remove(first)
            self.now = max(self.now, first.when)
            first.deed()
        self.now = until


class FakeHandle:
    def __init__(self, loop: FakeLoop, when: float, deed: Callable[[], None]) -> None:
        self.loop, self.when, self.deed = loop, when, deed

    def cancel(self) -> None:
        if self in self.loop.waiting:
            self.loop.waiting.remove(self)


Deed = tuple[str, str, float]
DEEDS: st.SearchStrategy[list[Deed]] = st.lists(
    st.tuples(st.sampled_from(["start", "stop", "pass"]), st.sampled_from("abcd"), st.floats(0, 5)),
    max_size=60,
)


def test_stopped_timers_are_swept_out_and_the_others_fire() -> None:
    loop = FakeLoop()
    fired: list[str] = []
    timers = Timers(_as_loop(loop), fired.append)
    for number in range(5):
        timers.start(f"kept{number}", 900.0 + number)
    for number in range(20_000):
        timers.start(f"refresh.{number}", 900.0)
        timers.stop(f"refresh.{number}")
    assert len(timers._heap) < 2 * STALE
    loop.run(1_000.0)
    assert fired == [f"kept{number}" for number in range(5)]


@given(DEEDS)
def test_they_fire_as_a_plain_table_says(deeds: list[Deed]) -> None:
    loop = FakeLoop()
    fired: list[str] = []
    timers = Timers(_as_loop(loop), fired.append)
    table: dict[str, float] = {}
    expected: list[str] = []
    for what, key, length in deeds:
        match what:
            case "start":
                timers.start(key, loop.now + length)
                table[key] = loop.now + length
            case "stop":
                timers.stop(key)
                table.pop(key, None)
            case _:
                loop.run(loop.now + length)
                surely = [name for name, due in table.items() if due <= loop.now - 2 * GRAIN_S]
                expected += surely
                for name in surely:
                    del table[name]
                late = [name for name in table if fired.count(name) > expected.count(name)]
                for name in late:  # within the grain: may have fired already
                    assert table.pop(name) <= loop.now
                    expected.append(name)
        assert sorted(fired) == sorted(expected)
    loop.run(loop.now + 10)
    assert sorted(fired) == sorted([*expected, *table])
    assert loop.waiting == []


def test_one_that_is_started_while_another_fires_comes_due_too() -> None:
    loop = FakeLoop()
    fired: list[str] = []

    def fire(key: str) -> None:
        fired.append(key)
        if key == "a":
            timers.start("b", loop.now + 0.5)

    timers = Timers(_as_loop(loop), fire)
    timers.start("a", 1.0)
    loop.run(1.2)
    assert fired == ["a"]
    loop.run(2.0)
    assert fired == ["a", "b"]


def _as_loop(loop: FakeLoop) -> asyncio.AbstractEventLoop:
    whole: Any = loop
    return whole  # type: ignore[no-any-return]
