"""A whole demo centre on free ports of the loopback, started as a newcomer starts it, for tests."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import httpx
import psutil
import pytest

from tests.support.tools import PATIENCE_S, free_port

T = TypeVar("T")

SOURCE = Path(__file__).resolve().parents[2] / "src"
READY_WITHIN_S = 120.0
STOPPED_WITHIN_S = 40.0
RTP_PORTS = "24000-28999"

Process = Literal["switch", "centre"]


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody of the centre, with the passwords that `ready.json` tells."""

    user: str
    role: str
    name: str
    password: str
    sip_password: str


class RunningCentre:
    """A running `huawu run --demo` without simulated callers."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path, screen: Path) -> None:
        self.process = process
        self.folder = folder
        self._screen = screen
        self._told: dict[str, Any] = {}
        self._children: list[psutil.Process] = []

    # ── Where it is ───────────────────────────────────────────────────────────────────────────────

    @property
    def http(self) -> str:
        """The address of the pages, without a slash at the end."""
        return str(self._told["http"])

    @property
    def live(self) -> str:
        """The address of the live socket."""
        return f"{self.http.replace('http', 'ws', 1)}/api/v1/live"

    @property
    def sip_port(self) -> int:
        return int(str(self._told["sip"]).rpartition(":")[2])

    @property
    def token(self) -> str:
        """An API token with all rights."""
        return str(self._told["api_token"])

    @property
    def numbers(self) -> dict[str, str]:
        numbers: dict[str, str] = self._told["numbers"]
        return numbers

    def person(self, user: str) -> Person:
        """Who signs in as `user`."""
        told = next(each for each in self._told["people"] if each["user"] == user)
        return Person(**{name: told[name] for name in ("user", "role", "name", "password", "sip_password")})

    # ── What it says ──────────────────────────────────────────────────────────────────────────────

    @property
    def screen(self) -> str:
        """What `huawu run` wrote to the terminal."""
        return self._screen.read_text(errors="replace")

    def log(self, name: Process) -> str:
        """What one of its processes logged."""
        path = self.folder / "logs" / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    # ── Its processes ─────────────────────────────────────────────────────────────────────────────

    def process_of(self, name: Process) -> psutil.Process:
        """The process that runs now; fails when there is none."""
        words = {"switch": {"huawu.switch"}, "centre": {"huawu.cli.main", "centre"}}[name]
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):
                if words.issubset(child.cmdline()):
                    return child
        raise LookupError(f"there is no {name}")

    def kill(self, name: Process) -> int:
        """End one of its processes without asking (SIGKILL); its process id."""
        process = self.process_of(name)
        process.kill()
        return process.pid

    # ── Life ──────────────────────────────────────────────────────────────────────────────────────

    def wait_until_ready(self) -> None:
        """Until `ready.json` is there; the test fails when it does not come."""
        ready, deadline = self.folder / "ready.json", time.monotonic() + READY_WITHIN_S
        while not ready.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(
                    f"the centre did not start within {READY_WITHIN_S:.0f} s; it said:\n{self.screen[-3000:]}"
                    f"\n{self.log('switch')[-3000:]}\n{self.log('centre')[-3000:]}"
                )
            time.sleep(0.05)
        self._told = json.loads(ready.read_text(encoding="utf-8"))

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it as a person or an init system does; the exit code. Fails when something stays behind."""
        with contextlib.suppress(psutil.Error):
            self._children = psutil.Process(self.process.pid).children(recursive=True)
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            code = self.process.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._end_all()
            pytest.fail(f"the centre did not end within {STOPPED_WITHIN_S:.0f} s; it said:\n{self.screen}")
        _, left = psutil.wait_procs(self._children, timeout=2)
        if left:
            self._end_all()
            pytest.fail(f"the centre ended and left {[process.name() for process in left]} running")
        return code

    def _end_all(self) -> None:
        for process in self._children:
            with contextlib.suppress(psutil.Error):
                process.kill()
        self.process.kill()
        self.process.wait()


def start_centre(
    folder: Path, *, arguments: Sequence[str] = (), surroundings: Mapping[str, str] | None = None
) -> RunningCentre:
    """Start `huawu run --demo --no-simulate` with its data in `folder`; returns before it is ready.

    `surroundings`: more environment variables.
    """
    folder.mkdir(parents=True, exist_ok=True)
    screen = folder.parent / f"{folder.name}.screen"
    command = [
        *(sys.executable, "-m", "huawu.cli.main", "run", "--demo", "--no-simulate"),
        *(() if "--hear" in arguments else ("--no-hear",)),
        *("--http", f"127.0.0.1:{free_port()}", "--sip", f"127.0.0.1:{free_port()}"),
        *(() if "--webrtc" in arguments else ("--webrtc", "127.0.0.1:0")),
        *("--rtp-ports", RTP_PORTS, "--data", str(folder), *arguments),
    ]
    with screen.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, "PYTHONPATH": str(SOURCE), "COLUMNS": "100", **(surroundings or {})},
        )
    return RunningCentre(process, folder, screen)


def describe(folder: Path, text: str) -> None:
    """The centre of this data folder is what the text says: taken over at once where it runs."""
    file = folder.parent / "centre.yaml"
    file.write_text(text)
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "huawu.cli.main", "config", "import", str(file), "--data", str(folder)]
    done = subprocess.run([*command, "--yes"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@contextlib.contextmanager
def running_centre(
    folder: Path, *, arguments: Sequence[str] = (), surroundings: Mapping[str, str] | None = None
) -> Iterator[RunningCentre]:
    """A centre that is ready; ended by SIGTERM afterwards, if it still runs.

    Afterwards the test fails if it did not end by itself with 0, left a process behind, or logged an error.
    """
    centre = start_centre(folder, arguments=arguments, surroundings=surroundings)
    ran = False
    try:
        centre.wait_until_ready()
        ran = True
        yield centre
    finally:
        code = centre.stop()
    errors = [line for name in _PROCESSES for line in centre.log(name).splitlines() if _is_error(line)]
    if ran and (code or errors):
        pytest.fail(f"the centre ended with {code}; it logged:\n" + "\n".join(errors)[-6000:])


_PROCESSES: tuple[Process, ...] = ("switch", "centre")


def _is_error(line: str) -> bool:
    return "level=error" in line or "level='error'" in line or "Traceback" in line


async def eventually(get: Callable[[], Awaitable[T | None]], what: str, within_s: float = PATIENCE_S) -> T:
    """Ask until the answer is true and return it; after `within_s` the test fails, naming `what`."""
    import asyncio

    deadline = time.monotonic() + within_s
    while True:
        found = await get()
        if found:
            return found
        if time.monotonic() > deadline:
            pytest.fail(f"waited {within_s:.0f} s in vain for {what}")
        await asyncio.sleep(0.05)


class Api:
    """The centre's HTTP interface, asked with all rights."""

    def __init__(self, centre: RunningCentre) -> None:
        self.centre = centre
        self.http = httpx.AsyncClient(
            base_url=f"{centre.http}/api/v1",
            headers={"Authorization": f"Bearer {centre.token}"},
            timeout=20,
            trust_env=False,
        )

    async def get(self, path: str, **query: Any) -> dict[str, Any]:
        """What is at `path`; fails unless it is 200."""
        answer = await self.http.get(path, params=query)
        assert answer.status_code == 200, f"GET {path}: {answer.status_code} {answer.text}"
        found: dict[str, Any] = answer.json()
        return found

    async def is_agent(self, user: str) -> bool:
        """Whether the wallboard shows this person among those who take calls."""
        return any(agent["id"] == user for agent in (await self.get("/agents"))["agents"])

    async def agent(self, user: str) -> dict[str, Any]:
        """An agent as the wallboard shows them."""
        agents: list[dict[str, Any]] = (await self.get("/agents"))["agents"]
        return next(agent for agent in agents if agent["id"] == user)

    async def queue(self, name: str) -> dict[str, Any]:
        """A queue as the wallboard shows it."""
        queues: list[dict[str, Any]] = (await self.get("/queues"))["queues"]
        return next(queue for queue in queues if queue["id"] == name)

    async def set_state(self, user: str, state: str, reason: str = "") -> dict[str, Any]:
        """Make an agent ready, put them on break, or sign them out."""
        answer = await self.http.post(f"/agents/{user}/state", json={"state": state, "reason": reason})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def agent_is(self, user: str, state: str, within_s: float = PATIENCE_S) -> dict[str, Any]:
        """Wait until an agent is in a state."""

        async def look() -> dict[str, Any] | None:
            agent = await self.agent(user)
            return agent if agent["state"] == state else None

        return await eventually(look, f"agent {user} to be {state}", within_s)

    async def reachable(self, user: str, within_s: float = PATIENCE_S) -> dict[str, Any]:
        """Wait until an agent's phone is registered."""

        async def look() -> dict[str, Any] | None:
            agent = await self.agent(user)
            return agent if agent["reachable"] else None

        return await eventually(look, f"the phone of agent {user} to be registered", within_s)

    async def call_from(self, caller: str, *, within_s: float = PATIENCE_S, **values: Any) -> dict[str, Any]:
        """Wait for the newest call of `caller` whose fields have these values; with its facts."""

        seen: dict[str, Any] = {}

        async def look() -> dict[str, Any] | None:
            found = (await self.get("/calls", query=caller))["calls"]
            if not found:
                return None
            seen.update(found[0])
            if all(found[0].get(name) == value for name, value in values.items()):
                return await self.get(f"/calls/{found[0]['id']}")
            return None

        try:
            return await eventually(look, f"a call of {caller} with {values}", within_s)
        except pytest.fail.Exception as error:
            raise pytest.fail.Exception(f"{error}; there is {seen or 'none'}") from None

    async def fact_of(
        self, caller: str, kind: str, *, within_s: float = PATIENCE_S, **values: Any
    ) -> dict[str, Any]:
        """Wait for a fact on the timeline of `caller`'s newest call.

        The newest on record, where a part of the number or an agent's id is enough: for a caller whom other
        tests know as well, take `call_under_way` and `fact_on`.
        """

        async def look() -> dict[str, Any] | None:
            calls = (await self.get("/calls", query=caller))["calls"]
            return await self._fact(calls[0]["id"], kind, values) if calls else None

        return await eventually(look, f"{kind} {values} on the call of {caller}", within_s)

    async def call_under_way(self, caller: str, number: str, *, within_s: float = PATIENCE_S) -> str:
        """Wait for the call of exactly this caller with exactly this number; its id."""

        async def look() -> str | None:
            for call in (await self.get("/calls", query=caller))["calls"]:
                if (call["caller"], call["number"]) == (caller, number) and call["state"] != "ended":
                    return str(call["id"])
            return None

        return await eventually(look, f"a call under way from {caller} to {number}", within_s)

    async def fact_on(
        self, call: str, kind: str, *, within_s: float = PATIENCE_S, **values: Any
    ) -> dict[str, Any]:
        """Wait for a fact on the timeline of the call with this id."""

        async def look() -> dict[str, Any] | None:
            return await self._fact(call, kind, values)

        return await eventually(look, f"{kind} {values} on the call {call}", within_s)

    async def _fact(self, call: str, kind: str, values: Mapping[str, Any]) -> dict[str, Any] | None:
        facts: list[dict[str, Any]] = (await self.get(f"/calls/{call}"))["facts"]
        wanted = {"kind": kind, **values}
        return next((f for f in facts if all(f.get(name) == value for name, value in wanted.items())), None)

    async def quiet(self) -> None:
        """No call under way, nobody signed in, nothing to do: as every test wants to find the centre."""
        for state in ("new", "taken"):
            for message in (await self.get("/voicemails", state=state))["voicemails"]:
                path = f"/voicemails/{message['id']}"
                await self.http.post(f"{path}/take")
                assert (await self.http.post(f"{path}/done", json={})).status_code == 200

        async def empty() -> bool:
            for agent in (await self.get("/agents"))["agents"]:
                if agent["state"] in ("ready", "break", "wrap_up", "unavailable"):
                    await self.set_state(agent["id"], "signed_out")
            agents = (await self.get("/agents"))["agents"]
            return all(agent["state"] == "signed_out" for agent in agents)

        await eventually(empty, "all agents to be signed out")
