"""What a proxy in front costs, and what a second switch gives: part i.

On a machine of two cores the figures say how work is shared out, not how far it scales: SIPp, Kamailio and
the centre are on the first core, the first switch on the last, and a second switch goes to the first as well.
What counts elsewhere is the CPU of a call: a switch with a core of its own has 1000 ms of it a second.
"""

from __future__ import annotations

import dataclasses
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from tools.kamailio import HOST, kamailio_command
from tools.measure.centre import (
    MANY,
    BenchFailed,
    Centre,
    end,
    free_port,
    running_centre,
    wait_until,
)
from tools.measure.limits import bind
from tools.measure.parts import SETTLE_S, TALK_MS, Row, Trouble, loop_ns
from tools.measure.sipp import drive, make_agents_ready

RATES = (40, 100, 160)
RATE_S = 2.5
TRIES = 2
"""A rate is not clean when it failed so often: on a machine of two cores SIPp itself is late at times."""
START_S = 10.0


def rates(folder: Path, trouble: Trouble) -> Iterator[Row]:
    """More calls a second through Kamailio until one fails or is sent again, with one and two switches."""
    for switches in (1, 2):
        place = folder / f"cluster-{switches}"
        place.mkdir()
        with (
            running_centre(place, switches=switches, proxy=HOST) as centre,
            _kamailio(place, centre.switches) as (edge, address),
            _shared_out(centre, edge),
        ):
            make_agents_ready(centre, place)
            told = dataclasses.replace(centre, sip=address)
            yield _clean_rate(told, edge, place, switches, trouble)
            trouble.lines += centre.complaints()


def _clean_rate(centre: Centre, edge: psutil.Process, folder: Path, switches: int, trouble: Trouble) -> Row:
    loop, clean = loop_ns(), 0
    spent: dict[str, float] = {}
    for calls_a_second in RATES:
        figures: dict[str, float] = {}
        for _ in range(TRIES):
            figures = figures or _run(centre, edge, folder, calls_a_second, trouble)
        if not figures:
            break
        clean = calls_a_second
        spent = spent or {f"{name} at {clean}/s": value for name, value in figures.items()}
    several = "1 switch" if switches == 1 else f"{switches} switches"
    return Row(
        "i",
        f"calls a second through Kamailio, none failed or sent again, {several}; CPU of a call",
        "ms",
        {"calls/s": clean, **spent},
        loop_ns=(loop + loop_ns()) / 2,
    )


def _run(
    centre: Centre, edge: psutil.Process, folder: Path, calls_a_second: int, trouble: Trouble
) -> dict[str, float]:
    """The CPU of a call in ms, by process; empty when one failed or was sent again, which is told."""
    before, edge_before = centre.cpu(), _cpu_of(edge)
    traffic = drive(
        centre,
        folder,
        callers="caller_leaves_by_route",
        agents="agent_stays",
        number=MANY,
        calls=int(calls_a_second * RATE_S),
        rate=calls_a_second,
        at_once=10_000,
        caller_ms=TALK_MS,
        trace=False,
    )
    time.sleep(SETTLE_S)
    if traffic.failed or traffic.resent:
        trouble.lines.append(
            f"{calls_a_second}/s through Kamailio to {len(centre.switches)} switches: "
            f"{traffic.failed} calls failed, {traffic.resent} messages were sent again"
        )
        return {}
    spent, each = centre.cpu() - before, 1000 / traffic.calls
    return {
        "switch": spent.switch * each,
        "centre": spent.centre * each,
        "Kamailio": (_cpu_of(edge) - edge_before) * each,
    }


@contextmanager
def _kamailio(folder: Path, switches: tuple[str, ...]) -> Iterator[tuple[psutil.Process, str]]:
    """Kamailio in front of these; its process and where it is called."""
    port = free_port()
    try:
        command = kamailio_command(folder, switches, port=port, ws_port=free_port(), workers=2)
    except FileNotFoundError as error:
        raise BenchFailed(str(error)) from None
    log = folder / "kamailio.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        wait_until(
            lambda: process.poll() is not None or b"Listening on" in log.read_bytes(), START_S, "Kamailio"
        )
        if process.poll() is not None:
            raise BenchFailed(f"Kamailio did not start:\n{log.read_text(errors='replace')[-2000:]}")
        yield psutil.Process(process.pid), f"{HOST}:{port}"
    finally:
        end(process)


@contextmanager
def _shared_out(centre: Centre, edge: psutil.Process) -> Iterator[None]:
    """The first switch has the last core; all else keeps to the others, where there are others."""
    cores = sorted(os.sched_getaffinity(0))
    first, *others = [psutil.Process(process.pid) for process in centre.processes]
    bind(first, cores[-1:])
    for process in (*others, edge, *edge.children(recursive=True)):
        bind(process, cores[:-1] or cores)
    os.sched_setaffinity(0, cores[:-1] or cores)  # SIPp inherits it
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _cpu_of(edge: psutil.Process) -> float:
    """CPU seconds that Kamailio's processes have taken."""
    times = [process.cpu_times() for process in (edge, *edge.children(recursive=True))]
    return sum(one.user + one.system for one in times)
