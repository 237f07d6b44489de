"""A centre as an operator runs it, `huawu run` on a folder of its own, whose processes can be killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import Any, Literal

import httpx
import psutil
from tools.measure.centre import _enter_people

NUMBER = "7000"
MAIL = "7001"
PASSWORD = "chaos-and-old-night"
RTP_PORTS = "20000-27999"
PORTS = range(18_000, 20_000)  # the tests give those below
"""Ours and those of phones: below what the system hands out."""
READY_S = 90.0
Program = Literal["centre", "switch", "judge"]
PROGRAMS: tuple[Program, ...] = ("switch", "centre", "judge")
Victim = Literal["centre", "switch", "judge", "power"]


class ChaosFailed(Exception):
    """Something did not come back, or is not as it must be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a process holds, seen from outside."""

    uss: int  # octets that are its own
    files: int  # descriptors, sockets among them
    threads: int


class House:
    """`start`, `kill`, and what the interface says."""

    def __init__(
        self, folder: Path, *, agents: int, phones_port: int, database: str = "", outside_port: int = 0
    ) -> None:
        """With an `outside_port` callers may leave messages and be called back, through a trunk there."""
        self.outside_port = outside_port
        self.data = folder / "data"
        self.agents = tuple(str(1001 + index) for index in range(agents))
        self.phones_port = phones_port
        self.sip_port = free_port()
        self._http_port = free_port()
        self._database = database
        self._screen = folder / "run.screen"
        self._process: subprocess.Popen[bytes] | None = None
        self._web = httpx.Client(
            base_url=f"http://127.0.0.1:{self._http_port}/api/v1", timeout=10, trust_env=False
        )

    # ── Life ──────────────────────────────────────────────────────────────────────────────────────

    def prepare(self) -> None:
        """The configuration, and people whose passwords need no long hashing."""
        self.data.mkdir(parents=True)
        file = self.data.parent / "chaos.yaml"
        text = configuration(self.agents, self.outside_port)
        file.write_text(text, encoding="utf-8")
        where = ["--database", self._database] if self._database else []
        done = subprocess.run(
            [*_huawu(), "config", "import", str(file), "--data", str(self.data), "--yes", *where],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise ChaosFailed(f"the configuration was not taken over:\n{done.stdout}{done.stderr}")
        if not self._database:
            asyncio.run(_enter_people(self.data, self.agents))

    def start(self) -> None:
        """Returns before it is ready."""
        command = [
            *_huawu(),
            "run",
            "--no-hear",
            "--data",
            str(self.data),
            "--http",
            f"127.0.0.1:{self._http_port}",
        ]
        command += ["--sip", f"127.0.0.1:{self.sip_port}", "--rtp-ports", RTP_PORTS]
        command += ["--database", self._database] if self._database else []
        with self._screen.open("ab") as screen:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=screen, stderr=screen, env=dict(os.environ)
            )

    def stop(self) -> int:
        """As an init system does; the exit code."""
        if self._process is None:
            return 0
        if self._process.returncode is not None:
            return self._process.returncode
        children = self._children()
        if self._process.poll() is None:
            self._process.terminate()
        try:
            return self._process.wait(60)
        except subprocess.TimeoutExpired:
            raise ChaosFailed(f"`huawu run` did not end within 60 s:\n{self.screen[-2000:]}") from None
        finally:
            for process in children:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            self._process.kill()
            self._process.wait()
            self._web.close()

    def kill(self, victim: Victim) -> None:
        """kill -9; a power cut takes all at once."""
        if victim == "power":
            assert self._process is not None
            everything = [psutil.Process(self._process.pid), *self._children()]
            for process in everything:  # none may see another die
                process.send_signal(signal.SIGSTOP)
            for process in reversed(everything):
                process.kill()
            self._process.wait()
            psutil.wait_procs(everything, timeout=10)
        else:
            self.process_of(victim).kill()

    def process_of(self, name: Program) -> psutil.Process:
        """Raises LookupError when there is none just now."""
        words = {"huawu.switch"} if name == "switch" else {"huawu.cli.main", name}
        for child in self._children():
            with contextlib.suppress(psutil.Error):
                if words.issubset(child.cmdline()):
                    return child
        raise LookupError(f"there is no {name}")

    def memory_of(self, name: Program) -> Memory:
        process = self.process_of(name)
        return Memory(
            uss=process.memory_full_info().uss, files=process.num_fds(), threads=process.num_threads()
        )

    @property
    def database_url(self) -> str:
        """For reading its books from outside."""
        if self._database:
            return self._database.replace("postgresql://", "postgresql+asyncpg://", 1)
        return f"sqlite+aiosqlite:///{self.data / 'huawu.db'}"

    def _children(self) -> list[psutil.Process]:
        assert self._process is not None
        with contextlib.suppress(psutil.Error):
            return psutil.Process(self._process.pid).children()
        return []

    # ── What it says ──────────────────────────────────────────────────────────────────────────────

    @property
    def screen(self) -> str:
        return self._screen.read_text(errors="replace")

    def log(self, name: str) -> str:
        path = self.data / "logs" / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def whole(self, before: Sequence[int] = ()) -> bool:
        """Whether all processes are there, none of them one of `before`, and talk with each other."""
        try:
            if {self.process_of(name).pid for name in PROGRAMS} & set(before):
                return False
            return bool(self.get("/health")["switch"] == "up")
        except (LookupError, OSError, httpx.HTTPError, psutil.Error, ValueError, KeyError):
            return False

    def wait_until_whole(self, before: Sequence[int] = ()) -> float:
        """Seconds that it took."""
        began = time.monotonic()
        while not self.whole(before):
            assert self._process is not None
            if self._process.poll() is not None or time.monotonic() - began > READY_S:
                raise ChaosFailed(
                    f"the centre did not come back within {READY_S:.0f} s:\n{self.screen[-1500:]}"
                    f"\n{self.log('switch')[-1500:]}\n{self.log('centre')[-1500:]}"
                )
            time.sleep(0.02)
        return time.monotonic() - began

    def health(self) -> tuple[int, dict[str, Any]]:
        """What an outside monitor sees: the status, and what is said."""
        answer = self._web.get("/health")
        found: dict[str, Any] = answer.json()
        return answer.status_code, found

    @property
    def token(self) -> str:
        """That of `ready.json`, as it was last."""
        kept = json.loads((self.data / "secrets.json").read_text(encoding="utf-8"))
        return str(kept["api_token"])

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        answer = self._web.get(path, params=query, headers={"Authorization": f"Bearer {self.token}"})
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def make_ready(self, agent: str) -> bool:
        """Whether the agent is ready now."""
        answer = self._web.post(
            f"/agents/a{agent}/state",
            json={"state": "ready"},
            headers={"Authorization": f"Bearer {self.token}"},
        )
        return answer.status_code == 200

    def agents_now(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/agents")["agents"]
        return found

    def waiting(self) -> int:
        queues = self.get("/queues")["queues"]
        return sum(int(queue["waiting"]) + int(queue["callbacks"]) for queue in queues)


_OWED = """\
  - {{number: {mail}, name: mail, flow: mail, public: true}}
flows:
  mail:
    start: tape
    steps:
      tape: {{do: voicemail, queue: mail, longest: 4s, shortest: 500ms}}
trunks:
  - {{trunk: out, target: "127.0.0.1:{port}"}}
outbound:
  rules: [{{rule: out, who: [agent], prefixes: "9", strip: 1, trunks: [out]}}]
  emergency: ["110"]
  alarm: {{calls: 100000}}"""


def configuration(agents: Sequence[str], outside_port: int = 0) -> str:
    """One queue, reached by anybody; agents whose phones register."""
    callback = ', callback: {tries: 3, pause: 3s, prefix: "9"}' if outside_port else ""
    lines = [
        "company: {name: Chaos, name_en: Chaos, language: en, time_zone: Asia/Shanghai, country: CN}",
        "numbers:",
        f"  - {{number: {NUMBER}, name: all, queue: all, public: true}}",
        *([_OWED.format(mail=MAIL, port=outside_port)] if outside_port else []),
        "queues:",
        f"  all: {{name: all, wrap_up: 0s, redial: 0s{callback}}}",
        *(["  mail: {name: mail, voicemail: 0s}"] if outside_port else []),
        "people:",
        *(f"  - {{user: a{one}, name: a{one}, extension: {one}, queues: [all]}}" for one in agents),
        "endpoints:",
        *(f"  - {{endpoint: {one}, person: a{one}, sip_password: {PASSWORD}}}" for one in agents),
    ]
    return "\n".join(lines) + "\n"


_given: set[int] = set()


def free_port() -> int:
    """A port of the loopback free for UDP and TCP, not given before."""
    while True:
        port = SystemRandom().choice(PORTS)
        if port in _given:
            continue
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
        ):
            try:
                udp.bind(("127.0.0.1", port))
                tcp.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port


def _huawu() -> list[str]:
    return [sys.executable, "-m", "huawu.cli.main"]
