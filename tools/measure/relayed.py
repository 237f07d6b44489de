"""What a bridged, recorded call costs with and without rtpengine: switch, centre, and rtpengine itself."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from tools.measure.centre import BenchFailed, end, free_port, running_centre, wait_until
from tools.measure.parts import SETTLE_S, Row, Trouble, core_share, loop_ns, silent_recordings
from tools.measure.phones import phones
from tools.measure.sipp import make_agents_ready

AT_ONCE = 50
MEASURED_S = 10.0
RELAY_PORTS = range(32_000, 32_768)


def with_and_without(folder: Path, trouble: Trouble) -> Iterator[Row]:
    """Part j: the same calls twice, each with a switch and a centre of its own."""
    for relayed in (False, True):
        place = folder / ("relayed" if relayed else "plain")
        place.mkdir(parents=True, exist_ok=True)
        yield _measure(place, trouble, relayed=relayed)


def _measure(folder: Path, trouble: Trouble, *, relayed: bool) -> Row:
    with contextlib.ExitStack() as stack:
        engine = stack.enter_context(_rtpengine(folder)) if relayed else None
        more = ("--rtpengine", f"127.0.0.1:{engine[1]}") if engine is not None else ()
        centre = stack.enter_context(running_centre(folder, switch=more))
        make_agents_ready(centre, folder)
        time.sleep(SETTLE_S)
        idle = core_share(centre, 3.0)
        loop = loop_ns()
        with phones(centre.sip, centre.agents_port, AT_ONCE, RELAY_PORTS) as lines:
            wanted = 2 * AT_ONCE if relayed else 0
            wait_until(
                lambda: (lines.standing().speaking, lines.standing().relayed) == (2 * AT_ONCE, wanted),
                AT_ONCE / 10 + 15,
                f"{2 * AT_ONCE} parties to speak, {wanted} of them to rtpengine",
            )
            time.sleep(2.0)
            before, began = lines.standing().heard, time.monotonic()
            engine_before = _cpu(engine)
            share = core_share(centre, MEASURED_S)
            engine_share = (_cpu(engine) - engine_before) / (time.monotonic() - began)
            heard = lines.standing().heard - before
        time.sleep(3 * SETTLE_S)
        silent = silent_recordings(centre, AT_ONCE)
        if silent:
            trouble.lines.append(f"{silent} of {AT_ONCE} recordings lack a side's voice")
        trouble.lines += centre.complaints()
    ours = 100 * (share.both - idle.both) / AT_ONCE
    return Row(
        "j",
        f"a bridged, recorded call {'with' if relayed else 'without'} rtpengine ({AT_ONCE} at once)",
        "% of a core",
        {
            "switch + centre": ours,
            "switch": 100 * (share.switch - idle.switch) / AT_ONCE,
            "rtpengine": 100 * engine_share / AT_ONCE,
            "not heard": 100 * (1 - heard.got / max(1, heard.sent)),
        },
        loop_ns=(loop + loop_ns()) / 2,
    )


def _cpu(engine: tuple[psutil.Process, int] | None) -> float:
    if engine is None:
        return 0.0
    times = engine[0].cpu_times()
    return float(times.user + times.system)


@contextlib.contextmanager
def _rtpengine(folder: Path) -> Iterator[tuple[psutil.Process, int]]:
    """A daemon in user space, and the port of its control protocol."""
    program = shutil.which("rtpengine")
    if program is None:
        raise BenchFailed("rtpengine is missing: install the package rtpengine-daemon")
    port = free_port()
    command = [
        program,
        "--config-file=none",
        "--table=-1",
        "--foreground",
        "--log-stderr",
        "--log-level=4",
        "--num-threads=2",
    ]
    command += ["--interface=127.0.0.1", f"--listen-ng=127.0.0.1:{port}"]
    command += [f"--port-min={RELAY_PORTS.start}", f"--port-max={RELAY_PORTS.stop - 1}"]
    with (folder / "rtpengine.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        time.sleep(SETTLE_S)
        if process.poll() is not None:
            raise BenchFailed(f"rtpengine did not start:\n{(folder / 'rtpengine.log').read_text()[-1000:]}")
        yield psutil.Process(process.pid), port
    finally:
        end(process)
