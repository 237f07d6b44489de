"""A real rtpengine on the loopback, and what it says of its calls."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from huawu.switch.rtpengine.client import NgClient
from huawu.switch.rtpengine.ng import NgError
from tests.support.tools import Program, free_port

FIRST_PORT, LAST_PORT = 39_000, 39_999


class RtpEngine:
    """A daemon; `client` asks it."""

    def __init__(self, folder: Path, arguments: Sequence[str] = ()) -> None:
        self.port = free_port("127.0.0.1")
        self.client = NgClient("127.0.0.1", self.port)
        self._folder = folder
        self._arguments = arguments
        self._lives = 0
        self.program: Program | None = None

    async def start(self) -> None:
        """Start it, after a death anew on the same port, and wait until it answers."""
        self._lives += 1
        path = shutil.which("rtpengine")
        assert path is not None, "install rtpengine-daemon"
        self.program = await Program.start(
            [
                *(
                    path,
                    "--config-file=none",
                    "--table=-1",
                    "--foreground",
                    "--log-stderr",
                    "--no-log-timestamps",
                ),
                *("--interface=127.0.0.1", f"--listen-ng=127.0.0.1:{self.port}"),
                *(f"--port-min={FIRST_PORT}", f"--port-max={LAST_PORT}", "--num-threads=2"),
                *self._arguments,
            ],
            self._folder / f"rtpengine{self._lives}.log",
        )
        await until_answers(self.client, self.program)

    def die(self) -> None:
        """SIGKILL."""
        assert self.program is not None
        os.kill(self.program.process.pid, signal.SIGKILL)

    async def calls(self) -> list[str]:
        told = (await self.client.ask("list")).get(b"calls")
        return [call.decode() for call in told if isinstance(call, bytes)] if isinstance(told, list) else []

    async def packets(self) -> int:
        """RTP that its calls have carried."""
        total = 0
        for call in await self.calls():
            told = await self.client.ask("query", call_id=call)
            match told.get(b"totals"):
                case {b"RTP": {b"packets": int(packets)}}:
                    total += packets
        return total


async def until_answers(client: NgClient, program: Program) -> None:
    for _ in range(20):
        assert program.running, f"rtpengine did not start; it said:\n{program.output[-2000:]}"
        with contextlib.suppress(NgError):
            await client.ping()
            return
    raise AssertionError("rtpengine does not answer")


@contextlib.asynccontextmanager
async def rtpengine(folder: Path, *arguments: str) -> AsyncIterator[RtpEngine]:
    """Running while entered."""
    engine = RtpEngine(folder, arguments)
    await engine.client.open()
    try:
        await engine.start()
        yield engine
    finally:
        engine.client.close()
        if engine.program is not None:
            await engine.program.stop()


async def until_calls(engine: RtpEngine, count: int) -> None:
    """Wait until it has so many calls."""
    seen: list[str] = []
    for _ in range(200):
        seen = await engine.calls()
        if len(seen) == count:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"rtpengine has the calls {seen} instead of {count}")
