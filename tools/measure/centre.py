"""A switch and a centre as they run in earnest, on free ports of the loopback, and the CPU time they take."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from argon2 import PasswordHasher

from huawu.accounts.service import Accounts, PersonGiven
from huawu.cli.run import link_socket, prepare
from huawu.platform.clock import SystemClock
from huawu.platform.database import Database

MANY, FEW = "7000", "7001"
"""The public numbers: a queue with so many agents that none has to wait, and one with few."""
AGENTS = 320
FEW_AGENTS = 4
LEADER = "leader"
"""A shift leader, who has no phone."""
RTP_PORTS = "20000-27999"
START_S = 90.0


class BenchFailed(Exception):
    """What was to be measured did not run as it must."""


@dataclass(frozen=True, slots=True)
class Cpu:
    """CPU seconds that both processes have taken since they started."""

    switch: float
    centre: float

    def __sub__(self, other: Cpu) -> Cpu:
        return Cpu(self.switch - other.switch, self.centre - other.centre)

    @property
    def both(self) -> float:
        return self.switch + self.centre


@dataclass(frozen=True, slots=True)
class Centre:
    """A running centre: where it is called, where its agents' phones are, what it has taken."""

    folder: Path
    sip: str
    agents_port: int
    agents: tuple[str, ...]
    processes: tuple[subprocess.Popen[bytes], ...]
    """Each switch, then the centre."""
    judge: subprocess.Popen[bytes] | None = None
    """Judges calls that are over, beside the centre."""
    switches: tuple[str, ...] = ()
    """Where each switch hears SIP by UDP."""
    http: str = ""
    passwords: dict[str, str] = field(default_factory=dict)
    """With which agents sign in, by user."""

    def cpu(self) -> Cpu:
        times = [psutil.Process(process.pid).cpu_times() for process in self.processes]
        *switches, centre = [one.user + one.system for one in times]
        return Cpu(sum(switches), centre)

    def judging(self) -> float:
        """CPU seconds that the judge has taken."""
        assert self.judge is not None
        times = psutil.Process(self.judge.pid).cpu_times()
        return times.user + times.system

    def memory(self) -> int:
        """Bytes that belong to both processes alone (shared libraries left out)."""
        return sum(psutil.Process(process.pid).memory_full_info().uss for process in self.processes)

    def complaints(self) -> list[str]:
        """Lines of the logs that tell of trouble."""
        lines = [
            line
            for log in sorted((self.folder / "logs").glob("*.log"))
            for line in log.read_text(errors="replace").splitlines()
        ]
        return [line for line in lines if "warning" in line or "error" in line or "Traceback" in line]


@contextlib.contextmanager
def running_centre(
    folder: Path,
    switch: Sequence[str] = (),
    *,
    switches: int = 1,
    proxy: str = "",
    agents_count: int = AGENTS,
    in_pages: bool = False,
    text: str = "",
    programme: Sequence[str] = (),
) -> Iterator[Centre]:
    """Import the configuration, start switches and centre, end all. Raises BenchFailed with what they said.

    `switch` are further arguments of each; `proxy` is the address of the SIP proxy that stands before them.
    `in_pages`: agents have no phone but the one in their page. `text`: a configuration of one's own for the
    users a1001, a1002 …; `programme`: what is run as the centre in place of `huawu`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    agents_port = free_port()
    agents = tuple(str(1001 + index) for index in range(agents_count))
    file = folder / "bench.yaml"
    text = text or configuration(agents, 0 if in_pages else agents_port)
    file.write_text(f"{text}sip: {{proxies: [{proxy}]}}\n" if proxy else text, encoding="utf-8")
    data = prepare(folder / "data")
    imported = subprocess.run(
        [*_huawu(), "config", "import", str(file), "--data", str(data), "--yes"],
        capture_output=True,
        text=True,
        check=False,
    )
    if imported.returncode:
        raise BenchFailed(f"the configuration was not taken over:\n{imported.stdout}{imported.stderr}")
    passwords = asyncio.run(_enter_people(data, agents))
    names = [str(place + 1) for place in range(switches)] if switches > 1 else [""]
    centre = [*(programme or _huawu()), "centre", "--data", str(data)]
    centre += ["--http", f"127.0.0.1:{free_port()}", "--no-judge"]
    logs = [data / "logs" / f"switch{name}.log" for name in names] + [data / "logs" / "centre.log"]
    with contextlib.ExitStack() as stack:
        processes = []
        for place, name in enumerate(names):
            command = [sys.executable, "-m", "huawu.switch", "--socket", link_socket(data, name), *switch]
            command += ["--token-file", str(data / "link.token"), "--sip", "127.0.0.1:0"]
            command += ["--rtp-ports", _share(RTP_PORTS, place, switches)]
            processes.append(stack.enter_context(_process(command, logs[place])))
            if name:
                centre += ["--switch", f"{name}={link_socket(data, name)}"]
        processes.append(stack.enter_context(_process(centre, logs[-1])))
        judge = [*_huawu(), "judge", "--data", str(data)]
        judging = stack.enter_context(_process(judge, data / "logs" / "judge.log"))
        ready = data / "ready.json"
        wait_until(
            lambda: ready.exists() or any(process.poll() is not None for process in processes),
            START_S,
            "the centre to be ready",
        )
        if not ready.exists():
            said = "".join(log.read_text() for log in logs)
            raise BenchFailed(f"switch or centre did not start:\n{said[-4000:]}")
        told = json.loads(ready.read_text(encoding="utf-8"))
        heard = tuple(one.removeprefix("udp:") for one in told["sip_addresses"] if one.startswith("udp:"))
        yield Centre(
            data,
            str(told["sip"]),
            agents_port,
            agents,
            tuple(processes),
            judging,
            heard,
            http=str(told["http"]),
            passwords=passwords,
        )


@contextlib.contextmanager
def apart(centre: Centre) -> Iterator[None]:
    """Meanwhile half of the cores are the centre's alone, and who calls it keeps to the others.

    Phones stand on machines of their own. On the same cores each packet of theirs would push the switch
    aside and take its caches, which is the bench's doing. Where there is one core nothing changes.
    """
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    half = len(cores) // 2
    if not half:
        yield
        return
    ours = [process.pid for process in centre.processes]
    if centre.judge is not None:
        ours.append(centre.judge.pid)
    _keep_to(ours, cores[:half])
    _keep_to([os.getpid()], cores[half:])  # what is started from here on inherits it
    try:
        yield
    finally:
        _keep_to([os.getpid(), *ours], cores)


def _keep_to(pids: list[int], cores: list[int]) -> None:
    for pid in pids:
        for thread in psutil.Process(pid).threads():
            with contextlib.suppress(ProcessLookupError):  # it ended meanwhile
                os.sched_setaffinity(thread.id, cores)


def _share(ports: str, place: int, of: int) -> str:
    """One of equal parts of a range of ports."""
    low, _, high = ports.partition("-")
    count = (int(high) + 1 - int(low)) // of & ~1
    begin = int(low) + place * count
    return f"{begin}-{begin + count - 1}"


async def _enter_people(data: Path, agents: tuple[str, ...]) -> dict[str, str]:
    """Passwords that are hashed in no time, so that the first start need not make a hundred good ones."""
    db = Database(f"sqlite+aiosqlite:///{data / 'huawu.db'}")
    await db.migrate()
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    people = [PersonGiven(user=f"a{agent}", name=f"a{agent}", role="agent") for agent in agents]
    people.append(PersonGiven(user=LEADER, name=LEADER, role="shift_leader"))
    accounts = Accounts(db, SystemClock(), hasher=hasher)
    passwords = await accounts.sync_people(people, first_must_change=False)
    await db.close()
    return passwords


def configuration(agents: tuple[str, ...], port: int) -> str:
    """A centre's file: both queues, and agents whose phones are all at one address under their own names.

    `port` 0: their phones are nowhere until they register.
    """
    few = agents[:FEW_AGENTS]
    lines = [
        "company: {name: Bench, name_en: Bench, language: en, time_zone: Asia/Shanghai, country: CN}",
        "numbers:",
        f"  - {{number: {MANY}, name: many, queue: many, public: true}}",
        f"  - {{number: {FEW}, name: few, queue: few, public: true}}",
        "queues:",
        "  many: {name: many, wrap_up: 0s}",
        "  few: {name: few, wrap_up: 0s}",
        "people:",
    ]
    lines += [
        f"  - {{user: a{one}, name: a{one}, extension: {one}, queues: [{'few' if one in few else 'many'}]}}"
        for one in agents
    ]
    lines += [f"  - {{user: {LEADER}, name: {LEADER}, role: shift_leader}}", "endpoints:"]
    where = f"contact: '127.0.0.1:{port}'" if port else "sip_password: not-used-by-pages"
    lines += [f"  - {{endpoint: {one}, person: a{one}, {where}}}" for one in agents]
    lines += ["feature_codes: {ready: '*11', break: '*12', sign_out: '*13'}"]
    return "\n".join(lines) + "\n"


def free_port() -> int:
    """A port of the loopback that is free for UDP and TCP just now."""
    while True:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
        ):
            udp.bind(("127.0.0.1", 0))
            port = int(udp.getsockname()[1])
            with contextlib.suppress(OSError):
                tcp.bind(("127.0.0.1", port))
                return port


def wait_until(reached: Callable[[], bool], within_s: float, what: str) -> None:
    """Look every 10 ms; BenchFailed when it takes longer than `within_s`."""
    deadline = time.monotonic() + within_s
    while not reached():
        if time.monotonic() > deadline:
            raise BenchFailed(f"waited {within_s:.0f} s in vain for {what}")
        time.sleep(0.01)


def end(process: subprocess.Popen[bytes], within_s: float = 10.0) -> None:
    """Ask a process to end, then make it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(within_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _huawu() -> list[str]:
    return [sys.executable, "-m", "huawu.cli.main"]


@contextlib.contextmanager
def _process(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=dict(os.environ)
        )
    try:
        yield process
    finally:
        end(process)
