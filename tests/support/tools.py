"""Outside programs that tests run: found or named with their package, ended by their own process id."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")

PATIENCE_S = 60.0
"""So long a test waits for what a real process does at once where nothing else is done; a failure alone takes
it."""

PACKAGES = {
    "sipp": "sip-tester",
    "sipsak": "sipsak",
    "baresip": "baresip-core",
    "kamailio": "kamailio",
    "fail2ban-regex": "fail2ban",
    "fail2ban-client": "fail2ban",
    "linphonec": "linphone-cli",
}
"""Debian's package of each program."""


def tool(name: str) -> str:
    """The path of a program; the test fails, naming the package, when it is not installed."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if path is None:
        pytest.fail(f"{name} is missing: install the package {PACKAGES.get(name, name)}")
    return path


async def until(get: Callable[[], T | None], what: str, within_s: float = PATIENCE_S) -> T:
    """Wait for `get` to give something true and return it; after `within_s` the test fails, naming `what`."""
    deadline = time.monotonic() + within_s
    while True:
        found = get()
        if found:
            return found
        if time.monotonic() > deadline:
            pytest.fail(f"waited {within_s:.0f} s in vain for {what}")
        await asyncio.sleep(0.01)


def wait_until(get: Callable[[], T | None], what: str, within_s: float = PATIENCE_S) -> T:
    """As `until`, where no event loop runs."""
    deadline = time.monotonic() + within_s
    while True:
        found = get()
        if found:
            return found
        if time.monotonic() > deadline:
            pytest.fail(f"waited {within_s:.0f} s in vain for {what}")
        time.sleep(0.02)


_PORTS = range(
    10_000, 18_000
)  # below those of tools.chaos, and those the system gives to whoever asks for any
_given: set[int] = set()


def _ours() -> range:
    """This process's share of the ports: what runs beside it is never given one of them."""
    share = len(_PORTS) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    first = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) * share
    return _PORTS[first : first + share]


def free_port(host: str = "127.0.0.1", *, pair: bool = False) -> int:
    """A port free for UDP and TCP, not given lately; with `pair` an even one whose next is free too."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    ports = _ours()[::2]
    if len(_given) > len(ports) // 2:
        _given.clear()
    for _ in range(1_000):
        port = random.SystemRandom().choice(ports)
        if port in _given:
            continue
        places = [(socket.SOCK_DGRAM, port), (socket.SOCK_STREAM, port)]
        if pair:
            places.append((socket.SOCK_DGRAM, port + 1))
        with contextlib.ExitStack() as held:
            try:
                for kind, number in places:
                    held.enter_context(socket.socket(family, kind)).bind((host, number))
            except OSError:
                continue
        _given.add(port)
        return port
    pytest.fail(f"no free port on {host}")


def taken(host: str, port: int, transport: str = "udp") -> bool:
    """Whether somebody has a port: read, not tried, for whoever tries has it for a moment."""
    table = Path("/proc/net") / (transport + ("6" if ":" in host else ""))
    rows = (row.split() for row in table.read_text().splitlines()[1:])
    return any(local.endswith(f":{port:04X}") for _, local, *_ in rows)


class Program:
    """A child process whose output goes to a file; `stop` ends it, whatever it does."""

    def __init__(self, process: asyncio.subprocess.Process, output: Path) -> None:
        self.process = process
        self._output = output

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        output: Path,
        *,
        env: dict[str, str] | None = None,
        keep_stdin: bool = False,
    ) -> Program:
        with output.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE if keep_stdin else asyncio.subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env=env,
            )
        return cls(process, output)

    @property
    def output(self) -> str:
        return self._output.read_text(errors="replace")

    @property
    def running(self) -> bool:
        return self.process.returncode is None

    async def wait(self, within_s: float = PATIENCE_S) -> int:
        """The exit code; the test fails when the program does not end in time."""
        try:
            return await asyncio.wait_for(self.process.wait(), within_s)
        except TimeoutError:
            pytest.fail(f"the program did not end within {within_s:.0f} s; it said:\n{self.output[-2000:]}")

    async def stop(self, within_s: float = 5.0) -> int:
        """Ask it to end, then make it."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), within_s)
            except TimeoutError:
                await self.kill()
        return self.process.returncode or 0

    async def kill(self) -> None:
        """End it without asking (SIGKILL)."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
