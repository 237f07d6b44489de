"""Media sockets are read at once while few packets come, together while many do; nothing is left unread."""

from __future__ import annotations

import asyncio
import select
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from huawu.switch.media.socket_watch import CROWD, FEW, LESS, MANY, SocketWatch, looks_a_step
from huawu.switch.media.ticker import STEP_MS
from tests.support.tools import PATIENCE_S


class VirtualLoop:
    """What the watch needs of a loop, moved on by hand."""

    def __init__(self) -> None:
        self.now_ms = 0.0
        self.readers: list[tuple[Any, Callable[[], None]]] = []
        self.timers: list[VirtualTimer] = []
        self.wakes = 0

    def add_reader(self, what: Any, call: Callable[[], None]) -> None:
        self.readers.append((what, call))

    def remove_reader(self, what: Any) -> None:
        (found,) = [reader for reader in self.readers if reader[0] is what]
        self.readers.remove(found)

    def call_later(self, after_s: float, call: Callable[[], None]) -> VirtualTimer:
        timer = VirtualTimer(self.now_ms + after_s * 1000, call)
        self.timers.append(timer)
        return timer

    def wake(self) -> None:
        """What can be read is read, as the loop would before it sleeps again."""
        for what, call in list(self.readers):
            if select.select([what], [], [], 0)[0]:
                self.wakes += 1
                call()

    def pass_ms(self, for_ms: float) -> None:
        until = self.now_ms + for_ms
        while due := [timer for timer in self.timers if timer.due_ms <= until and not timer.gone]:
            first = min(due, key=lambda timer: timer.due_ms)
            first.gone = True
            self.now_ms = first.due_ms
            first.call()
        self.now_ms = until


class VirtualTimer:
    def __init__(self, due_ms: float, call: Callable[[], None]) -> None:
        self.due_ms, self.call, self.gone = due_ms, call, False

    def cancel(self) -> None:
        self.gone = True


class Line:
    """A socket that is watched, and one that sends to it."""

    def __init__(self, watch: SocketWatch) -> None:
        self.heard: list[bytes] = []
        self.ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.ear.bind(("127.0.0.1", 0))
        self.ear.setblocking(False)
        self.mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.mouth.connect(self.ear.getsockname())
        watch.add(self.ear.fileno(), self.read)

    def read(self) -> None:
        self.heard.append(self.ear.recv(100))

    def say(self, what: bytes) -> None:
        self.mouth.send(what)


class Scene:
    def __init__(self) -> None:
        self.loop = VirtualLoop()
        self.watch = SocketWatch(self.loop)  # type: ignore[arg-type]
        self.lines = [Line(self.watch) for _ in range(CROWD)]

    def say(self, count: int) -> None:
        for line in self.lines[:count]:
            line.say(b"voice")

    @property
    def heard(self) -> int:
        return sum(len(line.heard) for line in self.lines)

    def step(self) -> None:
        self.loop.pass_ms(20)
        self.watch.step()


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    for line in scene.lines:
        line.mouth.close()
        line.ear.close()


def test_while_few_come_each_wakes_the_process(scene: Scene) -> None:
    for step in range(5):
        scene.say(FEW - 1)
        scene.loop.wake()
        assert scene.heard == (step + 1) * (FEW - 1)
        scene.step()
        assert not scene.watch.looks


def test_while_many_come_they_wait_for_the_next_look_and_wake_nobody(scene: Scene) -> None:
    scene.say(MANY)
    scene.step()
    assert scene.watch.looks == 4
    assert scene.heard == MANY
    for look in (1, 2, 3):
        scene.say(2)
        scene.loop.wake()
        assert scene.heard == MANY + 2 * (look - 1)
        scene.loop.pass_ms(STEP_MS / 4)
        assert scene.heard == MANY + 2 * look
    scene.say(2)
    scene.loop.pass_ms(20)
    assert scene.heard == MANY + 6  # the fourth look is the step's own
    scene.watch.step()
    assert scene.heard == MANY + 8
    assert scene.loop.wakes == 0


def test_a_crowd_waits_for_one_look_between_two_steps(scene: Scene) -> None:
    scene.say(CROWD)
    scene.step()
    scene.say(2)
    scene.loop.pass_ms(STEP_MS / 2 - 1)
    assert scene.heard == CROWD
    scene.loop.pass_ms(1)
    assert scene.heard == CROWD + 2
    scene.say(2)
    scene.loop.pass_ms(STEP_MS / 2)
    assert scene.heard == CROWD + 2
    scene.watch.step()
    assert scene.heard == CROWD + 4
    assert scene.loop.wakes == 0


def test_the_pace_changes_by_the_packets_of_a_step_and_back_at_fewer() -> None:
    looks, seen = 0, []
    for read in (MANY - 1, MANY, CROWD - 1, CROWD, LESS, LESS - 1, LESS, FEW, FEW - 1, CROWD, 0):
        looks = looks_a_step(read, looks)
        seen.append(looks)
    assert seen == [0, 4, 4, 2, 2, 4, 4, 4, 0, 2, 0]


def test_when_few_come_again_each_wakes_the_process(scene: Scene) -> None:
    scene.say(MANY)
    scene.step()
    scene.say(FEW)
    scene.step()
    assert scene.loop.readers == []  # not at the first that is missing
    scene.say(FEW - 1)
    scene.step()
    assert not scene.watch.looks
    scene.say(1)
    scene.loop.wake()
    assert scene.heard == MANY + FEW + FEW - 1 + 1
    assert not [timer for timer in scene.loop.timers if not timer.gone]


def test_what_comes_while_nobody_looks_is_all_read_in_the_end(scene: Scene) -> None:
    for number in range(5):
        scene.lines[0].say(b"%d" % number)
    for _ in range(5):
        scene.step()
    assert scene.lines[0].heard == [b"0", b"1", b"2", b"3", b"4"]


@pytest.mark.parametrize("together", [False, True])
def test_a_socket_that_another_ends_is_not_read(scene: Scene, together: bool) -> None:
    scene.say(MANY if together else 0)
    scene.step()
    before = scene.heard

    def end(line: Line) -> Callable[[], None]:
        def read() -> None:
            line.read()
            for other in scene.lines:
                if other is not line:
                    scene.watch.remove(other.ear.fileno())

        return read

    for line in scene.lines:
        scene.watch.remove(line.ear.fileno())
        scene.watch.add(line.ear.fileno(), end(line))
    scene.say(MANY)
    scene.loop.wake()
    scene.loop.pass_ms(STEP_MS / 4)
    assert scene.heard == before + 1


@pytest.mark.parametrize("together", [False, True])
def test_closing_leaves_nothing_in_the_loop(scene: Scene, together: bool) -> None:
    scene.say(MANY if together else 0)
    scene.step()
    scene.watch.close()
    assert scene.loop.readers == []
    assert not [timer for timer in scene.loop.timers if not timer.gone]
    scene.watch.remove(scene.lines[0].ear.fileno())  # who closes late does no harm


async def test_without_epoll_each_socket_wakes_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(select, "epoll")
    watch = SocketWatch(asyncio.get_running_loop())
    line = Line(watch)
    line.say(b"voice")
    async with asyncio.timeout(PATIENCE_S):
        while not line.heard:
            await asyncio.sleep(0)
    watch.step()
    watch.remove(line.ear.fileno())
    watch.close()
    line.mouth.close()
    line.ear.close()
