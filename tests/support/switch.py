"""A real switch process on free ports of the loopback, for tests."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from huawu.link.client import LinkClient
from huawu.link.messages import Welcome
from tests.support.tools import Program, until

SOURCE = Path(__file__).resolve().parents[2] / "src"
RTP_PORTS = "34000-38999"
STARTED_WITHIN_S = 60.0


class RunningSwitch:
    """Where a switch is heard: `socket` and `token` for the link, `port` and `port6` for SIP."""

    def __init__(self, program: Program, folder: Path, socket: str, token: str) -> None:
        self.program = program
        self.folder = folder
        self.socket = socket
        self.token = token
        self.addresses: tuple[str, ...] = ()

    @property
    def log(self) -> str:
        """All that the switch has logged."""
        return self.program.output

    @property
    def pid(self) -> int:
        return self.program.process.pid

    @property
    def port(self) -> int:
        """SIP over UDP and TCP at 127.0.0.1."""
        return self._port("udp:127.0.0.1:")

    @property
    def port6(self) -> int:
        """SIP over UDP and TCP at [::1]."""
        return self._port("udp:[::1]:")

    def port_of(self, transport: str, host: str = "127.0.0.1") -> int:
        """SIP over one of the further transports: tls, ws, wss."""
        return self._port(f"{transport}:{host}:")

    def _port(self, prefix: str) -> int:
        return next(int(one.removeprefix(prefix)) for one in self.addresses if one.startswith(prefix))

    def client(self) -> LinkClient:
        """A new centre's end of the link."""
        return LinkClient(self.socket, self.token)


@contextlib.asynccontextmanager
async def running_switch(
    folder: Path, *, ipv6: bool = True, rtp_ports: str = RTP_PORTS, arguments: Sequence[str] = ()
) -> AsyncIterator[RunningSwitch]:
    """Start a switch, wait until it answers on its link, end it afterwards. `folder` keeps its log.

    Afterwards the test fails if the switch logged an error or had to be killed.
    """
    with tempfile.TemporaryDirectory(prefix="hw") as short:  # a Unix socket's path is bounded
        socket, token, token_file = f"{short}/link", secrets.token_hex(8), Path(short, "token")
        _write(token_file, token)
        command = [sys.executable, "-m", "huawu.switch", "--socket", socket, "--token-file", str(token_file)]
        command += ["--sip", "127.0.0.1:0", *(["--sip", "[::1]:0"] if ipv6 else [])]
        command += ["--rtp-ports", rtp_ports, *arguments]
        program = await Program.start(
            command, folder / "switch.log", env={**os.environ, "PYTHONPATH": str(SOURCE)}
        )
        switch = RunningSwitch(program, folder, socket, token)
        try:
            switch.addresses = (await _greet(switch)).sip_addresses
            yield switch
        finally:
            code = await program.stop()
        if code or "level=error" in switch.log or "Traceback" in switch.log:
            pytest.fail(f"the switch ended with {code}; it logged:\n{switch.log[-6000:]}")


def _write(path: Path, text: str) -> None:
    path.write_text(text)


async def _greet(switch: RunningSwitch) -> Welcome:
    """Wait for the first Welcome, then leave."""
    welcomes: list[Welcome] = []

    def look() -> bool:
        if not switch.program.running:
            pytest.fail(f"the switch did not start; it said:\n{switch.log}")
        return bool(welcomes)

    await until(
        lambda: not switch.program.running or Path(switch.socket).exists(),
        "the switch to make its socket",
        STARTED_WITHIN_S,
    )
    async with linked(switch.client(), welcomes):
        await until(look, "the switch's welcome")
    return welcomes[0]


@contextlib.asynccontextmanager
async def linked(client: LinkClient, welcomes: list[Welcome]) -> AsyncIterator[None]:
    """Run a link whose events nobody needs."""
    import asyncio

    task = asyncio.create_task(client.run(welcomes.append, lambda event: None, lambda: None))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
