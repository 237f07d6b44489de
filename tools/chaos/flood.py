"""Far more callers than the machine can serve, for some seconds."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.chaos.house import NUMBER, ChaosFailed, House, free_port
from tools.chaos.phones import SCENARIOS
from tools.chaos.traces import Trace

FIRST = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """What became of them."""

    calls: int
    answered: int
    refused: int
    unanswered: int  # no final answer in their patience
    without_retry_after: int

    def __str__(self) -> str:
        return (
            f"{self.calls} calls in the flood: {self.answered} answered, {self.refused} refused with 503, "
            f"{self.unanswered} without an answer"
        )


def flood(house: House, folder: Path, *, rate: int, seconds: int) -> Wave:
    """`rate` calls a second, which hang up after half a second; returns when the last has ended."""
    program = shutil.which("sipp")
    if program is None:
        raise ChaosFailed("sipp is missing: install the package sip-tester")
    calls, files = rate * seconds, folder / "flood"
    text = (SCENARIOS / "caller.xml").read_text()
    for word in ("SHORT_MS", "MIDDLE_MS", "LONG_MS"):
        text = text.replace(word, "500")
    Path(f"{files}.xml").write_text(text)
    lines = [f"9;137{FIRST + index}\n" for index in range(calls)]
    Path(f"{files}.csv").write_text("SEQUENTIAL\n" + "".join(lines))
    command = [program, f"127.0.0.1:{house.sip_port}", "-sf", f"{files}.xml", "-inf", f"{files}.csv"]
    command += ["-i", "127.0.0.1", "-p", str(free_port()), "-mp", str(free_port()), "-nostdin"]
    command += ["-s", NUMBER, "-r", str(rate), "-m", str(calls), "-l", str(calls)]
    command += ["-trace_msg", "-message_file", f"{files}.messages"]
    with Path(f"{files}.screen").open("wb") as screen:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=screen, stderr=screen, cwd=folder
        )
    try:
        process.wait(seconds + 90)
    except subprocess.TimeoutExpired:
        raise ChaosFailed("the flood does not end") from None
    finally:
        process.kill()
        process.wait()
    seen = list(Trace(Path(f"{files}.messages"), calls=True).read().values())
    return Wave(
        calls=len(seen),
        answered=sum(one.answered for one in seen),
        refused=sum(one.final == 503 for one in seen),
        unanswered=sum(not one.final for one in seen),
        without_retry_after=sum(one.final == 503 and not one.retry_after for one in seen),
    )
