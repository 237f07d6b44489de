"""The switch sees how far the centre is behind with its work."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from huawu.link.client import LinkClient
from huawu.link.messages import EndpointId, EndpointUnreachable, NumberedEvent, Welcome
from huawu.link.server import MARKS, LinkServer
from tests.support.tools import until

EVENT = EndpointUnreachable(endpoint=EndpointId("1001"))


async def test_a_centre_that_takes_nothing_is_late_until_it_has_taken_all(tmp_path: Path) -> None:
    server = LinkServer(
        switch="s",
        token="t",
        snapshot=lambda bare: bare,
        on_command=lambda number, command: None,
        on_centre=lambda there: None,
        now_ms=lambda: 0,
    )
    path = str(tmp_path / "link")
    await server.start(path)
    assert server.lateness(5.0) == 0
    client = LinkClient(path, "t")
    taken: list[int] = []
    welcomes: list[Welcome] = []

    def take(event: NumberedEvent) -> None:
        taken.append(event.number)

    running = asyncio.create_task(client.run(welcomes.append, take, lambda: None))
    await until(lambda: welcomes, "the welcome")
    server.emit(EVENT)
    await until(lambda: taken == [1], "the event")
    assert server.lateness(10.0) == 0
    assert server.lateness(100.0) == 0  # it has not told yet how far it is
    client.seen(0)
    await until(lambda: server.lateness(100.0) == 0 and server._centre._taken == 1, "the tidings")  # type: ignore[union-attr]
    server.emit(EVENT)
    assert server.lateness(200.0) == 0
    assert server.lateness(203.0) == 3
    for late in range(2 * MARKS):  # more and more events: the oldest counts
        server.emit(EVENT)
        assert server.lateness(203.0 + late) == 3 + late
    await until(lambda: len(taken) == 2 + 2 * MARKS, "the events")
    client.seen(0)
    await until(lambda: server.lateness(400.0) == 0, "the tidings")
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await server.stop()
