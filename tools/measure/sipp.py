"""SIPp as callers and as agents' phones: a run of calls, what became of them, when which message passed."""

from __future__ import annotations

import contextlib
import csv
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tools.measure.centre import MANY, BenchFailed, Centre, end, free_port, wait_until

SCENARIOS = Path(__file__).parent / "scenarios"
GRACE_S = 45.0
SET_UP_RATE = 10

_HEADING = re.compile(r"^-{10,} (\d{4}-\d\d-\d\d)\s(\d\d:\d\d:\d\d\.\d{6})", re.M)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a trace: `at` in seconds, as SIPp's clock said when it sent or read it."""

    at: float
    sent: bool
    start_line: str
    text: str

    def header(self, name: str) -> str:
        """A header's value; empty when there is none."""
        found = re.search(rf"^{name}:[ \t]*(.*?)\r?$", self.text, re.M | re.I)
        return found.group(1) if found else ""


class Sipp:
    """One SIPp process. `messages` and `failures` are worth reading when it has ended."""

    def __init__(self, process: subprocess.Popen[bytes], files: Path) -> None:
        self.process = process
        self._files = files

    def messages(self) -> list[Message]:
        """Everything that was sent and received, in order."""
        text = self._files.with_suffix(".messages").read_text(errors="replace")
        headings = list(_HEADING.finditer(text))
        ends = [heading.start() for heading in headings[1:]] + [len(text)]
        found = []
        for heading, stop in zip(headings, ends, strict=True):
            told, _, body = text[heading.end() : stop].lstrip("\n").partition("\n")
            body = body.lstrip("\r\n")
            at = datetime.fromisoformat(f"{heading.group(1)}T{heading.group(2)}").astimezone().timestamp()
            found.append(Message(at, " sent " in told, body.split("\r\n", 1)[0].strip(), body))
        return found

    def counted(self, column: str) -> int:
        """A figure of SIPp's statistics, such as `FailedCall(C)`."""
        with self._files.with_suffix(".csv").open(newline="") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
        return int(rows[-1][column]) if rows else 0

    def errors(self) -> str:
        file = self._files.with_suffix(".errors")
        return file.read_text(errors="replace") if file.exists() else ""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What became of a run: calls that went as written, and those that did not, on either side."""

    calls: int
    failed: int
    resent: int
    errors: str
    callers: list[Message]
    agents: list[Message]


def make_agents_ready(centre: Centre, folder: Path) -> None:
    """Each agent dials *11 from the phone. Raises BenchFailed when one is not served."""
    users = folder / "agents.csv"
    users.write_text("SEQUENTIAL\n" + "".join(f"{agent}\n" for agent in centre.agents))
    how = ["-inf", str(users), "-s", "*11", "-r", "80"]
    with _sipp(
        centre, folder, "agent_gets_ready", "ready", len(centre.agents), centre.agents_port, how
    ) as phones:
        _wait(phones, GRACE_S)
    if phones.counted("SuccessfulCall(C)") != len(centre.agents):
        raise BenchFailed(f"not all agents got ready:\n{phones.errors()[-2000:]}")


def drive(
    centre: Centre,
    folder: Path,
    *,
    callers: str,
    agents: str,
    number: str,
    calls: int,
    rate: int,
    at_once: int,
    caller_ms: int,
    agent_ms: int = 0,
    trace: bool = True,
) -> Traffic:
    """`calls` calls at `rate` a second, at most `at_once` of them open; both scenarios by name."""
    with _sipp(
        centre, folder, agents, "agents", calls, centre.agents_port, ["-d", str(agent_ms)], trace=trace
    ) as phones:
        how = ["-s", number, "-r", str(rate), "-l", str(at_once), "-d", str(caller_ms)]
        with _sipp(centre, folder, callers, "callers", calls, free_port(), how, trace=trace) as lines:
            _wait(lines, calls / rate + caller_ms / 1000 + GRACE_S)
            with contextlib.suppress(BenchFailed):
                _wait(phones, 3.0)
    went = min(lines.counted("SuccessfulCall(C)"), phones.counted("SuccessfulCall(C)"))
    return Traffic(
        calls=went,
        failed=calls - went,
        resent=lines.counted("Retransmissions(C)") + phones.counted("Retransmissions(C)"),
        errors=lines.errors() + phones.errors(),
        callers=lines.messages() if trace else [],
        agents=phones.messages() if trace else [],
    )


@contextlib.contextmanager
def talking(centre: Centre, folder: Path, *, ports: list[int], talk_s: float) -> Iterator[tuple[Sipp, Sipp]]:
    """A call for each pair of ports, whose voices are there (see voices.py), up for `talk_s`.

    Entered at once, while calls are still set up, `SET_UP_RATE` a second.
    """
    calls = len(ports) // 2
    fields = ["-inf", str(_ports(folder / "agent-ports.csv", ports[calls:]))]
    with (
        _sipp(centre, folder, "agent_voice", "agents", calls, centre.agents_port, fields) as phones,
        calling(centre, folder, ports=ports[:calls], talk_s=talk_s) as lines,
    ):
        yield lines, phones
        _wait(lines, GRACE_S)
        with contextlib.suppress(BenchFailed):
            _wait(phones, 3.0)


@contextlib.contextmanager
def calling(centre: Centre, folder: Path, *, ports: list[int], talk_s: float) -> Iterator[Sipp]:
    """A caller for each port, whose voice is there; they hang up `talk_s` after somebody answered.

    Entered at once, while calls are still set up, `SET_UP_RATE` a second.
    """
    calls = len(ports)
    how = ["-inf", str(_ports(folder / "caller-ports.csv", ports)), "-s", MANY, "-r", str(SET_UP_RATE)]
    how += ["-l", str(calls), "-d", str(int(talk_s * 1000))]
    with _sipp(centre, folder, "caller_voice", "callers", calls, free_port(), how) as lines:
        yield lines
        _wait(lines, GRACE_S)


def _ports(file: Path, ports: list[int]) -> Path:
    file.write_text("SEQUENTIAL\n" + "".join(f"{port}\n" for port in ports))
    return file


@contextlib.contextmanager
def _sipp(
    centre: Centre,
    folder: Path,
    scenario: str,
    name: str,
    calls: int,
    port: int,
    arguments: list[str],
    *,
    trace: bool = False,
) -> Iterator[Sipp]:
    program = shutil.which("sipp")
    if program is None:
        raise BenchFailed("sipp is missing: install the package sip-tester")
    files = folder / name
    for old in folder.glob(f"{name}.*"):
        old.unlink()
    command = [program, centre.sip, "-sf", str(SCENARIOS / f"{scenario}.xml"), "-m", str(calls)]
    command += ["-i", "127.0.0.1", "-p", str(port), "-mp", str(free_port()), "-nostdin", *arguments]
    command += ["-trace_err", "-error_file", f"{files}.errors", "-deadcall_wait", "1000"]
    command += ["-trace_stat", "-stf", f"{files}.csv", "-fd", "60"]
    if trace:
        command += ["-trace_msg", "-message_file", f"{files}.messages"]
    with (folder / f"{name}.screen").open("wb") as screen:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=screen, stderr=screen, cwd=folder
        )
    try:
        wait_until(lambda: process.poll() is not None or _taken(port), 10, f"SIPp to listen for {name}")
        if process.poll() is not None:
            said = (folder / f"{name}.screen").read_text(errors="replace")
            raise BenchFailed(f"SIPp did not start for {scenario}:\n{said[-1000:]}")
        yield Sipp(process, files)
    finally:
        end(process)


def _wait(sipp: Sipp, within_s: float) -> None:
    wait_until(lambda: sipp.process.poll() is not None, within_s, "SIPp to finish its calls")


def _taken(port: int) -> bool:
    """Whether a UDP port of the loopback is in use."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
