"""Switch and centre over a real socket: events once and in order, commands once, through disconnections."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huawu.link.client import LinkClient, LinkDown
from huawu.link.codec import decode_from_switch, encode
from huawu.link.messages import (
    Answer,
    Command,
    DigitPressed,
    HangUp,
    Hello,
    LegId,
    LegView,
    NumberedCommand,
    NumberedEvent,
    PlayFinished,
    PlayId,
    TalkStarted,
    Welcome,
)
from huawu.link.server import LinkServer, SocketTaken
from tests.support.tools import PATIENCE_S

LEG = LegId("a")
VIEW = LegView(leg=LEG, incoming=True, state="offered", from_number="1", to_number="2", began_ms=1)


async def until(true: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass"
        await asyncio.sleep(0.002)


class Switch:
    """A link server that writes down what it gets."""

    def __init__(self, *, keep: int = 200_000, max_behind: int = 50_000, name: str = "s1") -> None:
        self.commands: list[tuple[int, Command]] = []
        self.centre: list[bool] = []
        self.server = LinkServer(
            switch=name,
            token="secret",
            snapshot=lambda bare: msgspec.structs.replace(bare, legs=() if bare.replays else (VIEW,)),
            on_command=lambda number, command: self.commands.append((number, command)),
            on_centre=self.centre.append,
            now_ms=lambda: 1_000,
            keep=keep,
            max_behind=max_behind,
        )

    def press(self, times: int = 1) -> None:
        for _ in range(times):
            self.server.emit(DigitPressed(leg=LEG, digit="1"))

    def writes(self) -> bool:
        """Whether this turn of the loop ends with a write."""
        return self.server._pumping

    def cut(self) -> None:
        for connection in list(self.server._connections):
            connection.transport.abort()


class Centre:
    """A link client that writes down what it gets."""

    def __init__(self, path: str, *, token: str = "secret", switch: str = "", last_event: int = 0) -> None:
        self.client = LinkClient(path, token, switch=switch, last_event=last_event)
        self.welcomes: list[Welcome] = []
        self.numbers: list[int] = []
        self.lost = 0
        self.seen_all = False

    def event(self, event: NumberedEvent) -> None:
        self.numbers.append(event.number)
        if self.seen_all:
            self.client.seen(event.number)

    def gone(self) -> None:
        self.lost += 1

    @contextlib.asynccontextmanager
    async def running(self, *, tcp: bool = False) -> AsyncIterator[Centre]:
        task = asyncio.create_task(self.client.run(self.welcomes.append, self.event, self.gone, tcp=tcp))
        try:
            yield self
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


@pytest.fixture
def path() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="hw") as folder:  # short: a Unix socket's path is bounded
        yield str(Path(folder, "link"))


@pytest.fixture
async def switch(path: str) -> AsyncIterator[Switch]:
    switch = Switch()
    await switch.server.start(path)
    yield switch
    await switch.server.stop()


async def test_newcomer_gets_a_snapshot_and_what_follows(path: str, switch: Switch) -> None:
    switch.press(3)
    async with Centre(path).running() as centre:
        await until(lambda: bool(centre.welcomes))
        assert centre.welcomes[0] == Welcome(switch="s1", replays=False, last_event=3, legs=(VIEW,))
        switch.press(2)
        await until(lambda: len(centre.numbers) == 2)
        assert centre.numbers == [4, 5]
        assert switch.centre == [True]


async def test_what_can_wait_goes_with_the_next_that_is_urgent_or_soon_alone(
    path: str, switch: Switch
) -> None:
    async with Centre(path).running() as centre:
        await until(lambda: bool(centre.welcomes))
        switch.server.emit(TalkStarted(leg=LEG, began_ms=1))
        switch.server.emit(PlayFinished(leg=LEG, play=PlayId("p"), how="stopped"))
        assert not switch.writes()
        switch.server.emit(PlayFinished(leg=LEG, play=PlayId("q"), how="completed"))
        assert switch.writes()
        await until(lambda: centre.numbers == [1, 2, 3])
        switch.server.emit(TalkStarted(leg=LEG, began_ms=2))
        assert not switch.writes()
        await until(lambda: centre.numbers == [1, 2, 3, 4])


async def test_centre_gets_what_it_missed(path: str, switch: Switch) -> None:
    async with Centre(path).running() as centre:
        await until(lambda: bool(centre.welcomes))
        switch.press(2)
        await until(lambda: len(centre.numbers) == 2)
        switch.cut()
        await until(lambda: not switch.server.connected)
        switch.press(5_000)
        await until(lambda: len(centre.numbers) == 5_002)
        assert centre.numbers == list(range(1, 5_003))
        assert centre.lost == 1
        assert [welcome.replays for welcome in centre.welcomes] == [False, True]
        assert centre.welcomes[1].legs == ()


async def test_new_life_of_the_centre_goes_on_where_the_former_stopped(path: str, switch: Switch) -> None:
    switch.press(10)
    async with Centre(path, switch="s1", last_event=4).running() as centre:
        await until(lambda: len(centre.numbers) == 6)
        assert centre.numbers == [5, 6, 7, 8, 9, 10]


@pytest.mark.parametrize(("known", "last_event"), [("s0", 4), ("s1", 11), ("s1", 1)])
async def test_snapshot_when_replay_is_impossible(path: str, known: str, last_event: int) -> None:
    switch = Switch(keep=5)  # events 1 to 5 are forgotten
    await switch.server.start(path)
    switch.press(10)
    async with Centre(path, switch=known, last_event=last_event).running() as centre:
        await until(lambda: bool(centre.welcomes))
        switch.press()
        await until(lambda: bool(centre.numbers))
    assert not centre.welcomes[0].replays
    assert centre.welcomes[0].last_event == 10
    assert centre.numbers == [11]
    await switch.server.stop()


async def test_seen_events_are_forgotten(path: str, switch: Switch) -> None:
    async with Centre(path).running() as centre:
        centre.seen_all = True
        await until(lambda: bool(centre.welcomes))
        switch.press(100)
        await until(lambda: switch.server._log.first == 101)


async def test_commands_arrive_numbered_and_in_order(path: str, switch: Switch) -> None:
    async with Centre(path).running() as centre:
        with pytest.raises(LinkDown, match="Answer was not sent"):
            centre.client.send(Answer(leg=LEG))
        await until(lambda: centre.client.connected)
        numbers = [centre.client.send(Answer(leg=LegId(str(n)))) for n in range(500)]
        await until(lambda: len(switch.commands) == 500)
        assert [number for number, _ in switch.commands] == numbers
        assert switch.commands[7][1] == Answer(leg=LegId("7"))


async def test_command_on_its_way_when_the_link_broke_is_done_once(path: str, switch: Switch) -> None:
    async with Centre(path).running() as centre:
        await until(lambda: centre.client.connected)
        centre.client.send(Answer(leg=LEG))
        await until(lambda: len(switch.commands) == 1)
        switch.cut()
        centre.client.send(HangUp(leg=LEG))  # into a connection that is already dead
        await until(lambda: len(centre.welcomes) == 2)
        await until(lambda: len(switch.commands) == 2)
        assert [type(command) for _, command in switch.commands] == [Answer, HangUp]


async def test_wrong_token_gets_nothing_and_no_event(
    path: str, switch: Switch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with Centre(path, token="guess").running() as centre:
        await until(lambda: "same token" in caplog.text)
        switch.press()
        assert not centre.welcomes
        assert not centre.client.connected
        assert switch.centre == []


async def test_newer_centre_takes_over(path: str, switch: Switch) -> None:
    async with Centre(path).running() as former:
        await until(lambda: bool(former.welcomes))
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(encode(Hello(token="secret", centre="other")))
        await until(lambda: former.lost == 1)
        head = await reader.readexactly(4)
        body = await reader.readexactly(int.from_bytes(head, "big"))
        assert isinstance(decode_from_switch(body), Welcome)
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    "nonsense",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        encode(NumberedCommand(number=1, command=Answer(leg=LEG))),
        encode(Hello(token="secret")) + encode(Hello(token="secret")),
        encode(Hello(token="secret")) + b"\0\0\0\1\xc1",
    ],
)
async def test_nonsense_ends_only_its_own_connection(path: str, switch: Switch, nonsense: bytes) -> None:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(nonsense)
    with contextlib.suppress(ConnectionError):
        await asyncio.wait_for(reader.read(), PATIENCE_S)
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    assert switch.commands == []
    async with Centre(path).running() as centre:
        await until(lambda: bool(centre.welcomes))


async def test_slow_centre_is_dropped_and_comes_back_without_a_gap(path: str) -> None:
    switch = Switch(max_behind=2_000)
    await switch.server.start(path)
    _, writer = await asyncio.open_unix_connection(path)  # it never reads
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    writer.write(encode(Hello(token="secret", switch="s1", last_event=0)))
    await until(lambda: switch.server.connected)
    sent = 0
    while switch.server.connected:
        switch.press(1_000)
        sent += 1_000
        assert sent < 1_000_000, "a centre that does not read was never dropped"
        await asyncio.sleep(0)
    writer.close()
    async with Centre(path, switch="s1", last_event=0).running() as centre:
        await until(lambda: len(centre.numbers) >= sent)
        assert centre.numbers == list(range(1, sent + 1))
    await switch.server.stop()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def test_second_switch_at_the_same_path_is_refused(path: str, switch: Switch) -> None:
    with pytest.raises(SocketTaken, match="another switch listens"):
        await Switch().server.start(path)


async def test_socket_left_by_a_dead_switch_is_replaced(path: str) -> None:
    listener = await asyncio.start_unix_server(lambda r, w: None, path)
    listener.close()
    await listener.wait_closed()
    switch = Switch()
    await switch.server.start(path)
    assert os.stat(path).st_mode & 0o077 == 0
    await switch.server.stop()
    assert not os.access(path, os.F_OK)


async def test_too_long_path_is_explained() -> None:
    with pytest.raises(ValueError, match="choose a shorter data folder"):
        LinkClient("/tmp/" + "x" * 200, "secret")


async def test_tcp_where_there_are_no_unix_sockets(path: str) -> None:
    switch = Switch()
    await switch.server.start(path, tcp=True)
    async with Centre(path).running(tcp=True) as centre:
        await until(lambda: bool(centre.welcomes))
        switch.press()
        await until(lambda: centre.numbers == [1])
    await switch.server.stop()


async def test_receiver_that_fails_does_not_stop_the_events(
    path: str, switch: Switch, caplog: pytest.LogCaptureFixture
) -> None:
    centre, got = Centre(path), []

    def fails_on_the_first(event: NumberedEvent) -> None:
        got.append(event.number)
        if event.number == 1:
            raise RuntimeError("a bug")

    centre.event = fails_on_the_first  # type: ignore[method-assign]
    async with centre.running():
        await until(lambda: bool(centre.welcomes))
        switch.press(2)
        await until(lambda: got == [1, 2])
    assert "receiver of the link failed" in caplog.text


ACTS = st.one_of(
    st.tuples(st.just("press"), st.integers(1, 30)),
    st.tuples(st.just("cut"), st.just(0)),
    st.tuples(st.just("restart centre"), st.just(0)),
    st.tuples(st.just("command"), st.integers(1, 3)),
    st.tuples(st.just("wait"), st.integers(0, 3)),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ACTS, max_size=15))
def test_law_every_event_once_and_in_order_every_command_once(acts: list[tuple[str, int]]) -> None:
    async def play() -> None:
        with tempfile.TemporaryDirectory(prefix="hw") as folder:
            await _play(str(Path(folder, "link")), acts)

    asyncio.run(play())


async def _play(path: str, acts: list[tuple[str, int]]) -> None:
    switch, numbers, pressed, sent = Switch(), list[int](), 0, 0
    await switch.server.start(path)
    async with contextlib.AsyncExitStack() as stack:

        async def enter(last_event: int) -> Centre:
            centre = Centre(path, switch="s1", last_event=last_event)
            centre.numbers = numbers
            centre.seen_all = True
            await stack.enter_async_context(centre.running())
            return centre

        centre = await enter(0)
        for act, count in acts:
            if act == "press":
                switch.press(count)
                pressed += count
            elif act == "cut":
                switch.cut()
            elif act == "restart centre":
                await until(lambda sent=sent: len(switch.commands) == sent)  # type: ignore[misc]
                await stack.aclose()
                centre = await enter(centre.client.last_event)
            elif act == "command":
                await until(lambda centre=centre: centre.client.connected)  # type: ignore[misc]
                for _ in range(count):
                    sent += 1
                    centre.client.send(Answer(leg=LegId(str(sent))))
            else:
                for _ in range(count):
                    await asyncio.sleep(0)
        await until(lambda: len(numbers) >= pressed and len(switch.commands) >= sent)
        assert numbers == list(range(1, pressed + 1))
        assert [command for _, command in switch.commands] == [
            Answer(leg=LegId(str(n + 1))) for n in range(sent)
        ]
    await switch.server.stop()
