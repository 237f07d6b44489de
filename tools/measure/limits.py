"""Where the limit is: recorded calls at once without loss, memory of a call, calls a second on one core."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from tools.measure.centre import MANY, Centre
from tools.measure.parts import SETTLE_S, TALK_MS, Row, Trouble, loop_ns, speak
from tools.measure.sipp import drive

AT_ONCE = (150, 200, 250, 300)
SPEAKING_S = 10.0
RATES = (40, 60, 80, 100, 120, 140, 160, 180, 200)
TOLD_RATES = (40, 80, 120, 160)
"""At these it is told what a call costs: the less, the more there are."""
RATE_S = 10.0
MOST_LOST = 0.0001
"""The share of packets that counts as none: single ones fall to the neighbours of a busy machine."""


def at_once(centre: Centre, folder: Path, trouble: Trouble) -> Iterator[Row]:
    """Parts f and g: more recorded calls at once, until packets are lost; and what memory each takes."""
    empty = centre.memory()
    most, figures, loop = 0, {}, 0.0
    for count in AT_ONCE:
        run = speak(centre, folder, trouble, count, seconds=SPEAKING_S)
        loop = run.loop_ns
        lost = run.heard.lost / max(1, run.heard.sent)
        figures[f"lost of {count}"] = 100 * lost
        figures[f"core of {count}"] = 100 * run.share.both
        if count == AT_ONCE[0]:
            each = (run.memory - empty) / count / 1e6
            yield Row(
                "g",
                f"memory of a call, switch and centre together ({count} recorded at once)",
                "MB",
                {"a call": each, "before the first": empty / 1e6},
                judged=each,
                must=0.4,
                aim=0.15,
            )
        if lost > MOST_LOST:
            break
        most = count
    yield Row(
        "f",
        "recorded calls at once without loss",
        "%",
        {"calls": most, **figures},
        judged=most,
        must=150,
        aim=300,
        loop_ns=loop,
        at_least=True,
    )


def rate(centre: Centre, folder: Path, trouble: Trouble) -> Iterator[Row]:
    """Part h: switch and centre on one core, more calls a second until one fails or is sent again."""
    clean, used, loop = 0, 0.0, loop_ns()
    each: dict[str, float] = {}
    with _one_core(centre):
        for calls_a_second in RATES:
            before, began = centre.cpu(), time.monotonic()
            count = int(calls_a_second * RATE_S)
            traffic = drive(
                centre,
                folder,
                callers="caller_leaves",
                agents="agent_stays",
                number=MANY,
                calls=count,
                rate=calls_a_second,
                at_once=10_000,
                caller_ms=TALK_MS,
                trace=False,
            )
            took = time.monotonic() - began
            time.sleep(SETTLE_S)
            if traffic.failed or traffic.resent:
                told = f"{traffic.failed} calls failed, {traffic.resent} messages were sent again"
                trouble.lines.append(f"at {calls_a_second} calls/s {told}")
                break
            spent = (centre.cpu() - before).both
            clean, used = calls_a_second, 100 * spent / took
            if calls_a_second in TOLD_RATES:
                each[f"ms a call at {calls_a_second}/s"] = 1000 * spent / count
    yield Row(
        "h",
        "calls a second without a failure or a message sent again, switch and centre on one core",
        "",
        {"calls/s": clean, "% of the core then": used, **each},
        loop_ns=(loop + loop_ns()) / 2,
    )


@contextmanager
def _one_core(centre: Centre) -> Iterator[None]:
    """Both processes share the last core; everything else keeps to the others, where there are others."""
    cores = sorted(os.sched_getaffinity(0))
    processes = [psutil.Process(process.pid) for process in centre.processes]
    for process in processes:
        bind(process, cores[-1:])
    os.sched_setaffinity(0, cores[:-1] or cores)  # SIPp inherits it
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
        for process in processes:
            bind(process, cores)


def bind(process: psutil.Process, cores: list[int]) -> None:
    """A process and all its threads."""
    for thread in process.threads():
        os.sched_setaffinity(thread.id, cores)
