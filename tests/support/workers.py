"""Which worker runs which files of tests when several work at a time: what waits beside what computes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Protocol

import pytest
from xdist.scheduler import LoadFileScheduling

REAL = {
    "tests/chaos/test_kills.py": 140.0,
    "tests/chaos/": 50.0,
    "tests/proof/test_played.py": 60.0,
    "tests/calls/assist/test_real_switch.py": 20.0,
    "tests/browser/test_prompts_page.py": 60.0,
    "tests/browser/test_settings.py": 40.0,
    "tests/browser/test_first_steps.py": 40.0,
    "tests/centre/test_desk_page.py": 50.0,
    "tests/centre/test_hearing.py": 50.0,
    "tests/centre/test_calling_back": 40.0,
    "tests/centre/test_dialled_relief.py": 40.0,
    "tests/centre/test_postgres.py": 40.0,
    "tests/centre/": 12.0,
    "tests/browser/": 9.0,
    "tests/webrtc/": 7.0,
    "tests/interop/": 5.0,
    "tests/sip/": 3.0,
    "tests/cli/test_supervise.py": 2.0,
}
"""What a test with real processes takes, in seconds, roughly: it waits for them most of that time."""
COMPUTED = {
    "tests/test_native.py": 250.0,
    "tests/web/test_slow_viewer.py": 50.0,
    "tests/sim/test_day.py": 10.0,
    "tests/acd/test_laws.py": 8.0,
    "tests/ivr/test_laws.py": 6.0,
    "tests/standard/test_laws.py": 3.0,
    "tests/proof/test_hard_sound.py": 2.0,
    "tests/speech/test_recognisers.py": 2.0,
    "tests/": 0.2,
}
"""The same of the others, which compute."""
WORKERS_TO_PART = 3
"""From so many workers on, the last one runs only what needs no real processes."""
YIELDING = 5
"""How nice that worker is: what is computed waits for what must keep time, as a switch must."""


class Worker(Protocol):
    """A worker as the process that leads them sees it."""

    config: pytest.Config
    workerinput: dict[str, Any]
    """What it is told when it starts."""


def seconds(file: str) -> float:
    """What a test of this file takes, roughly."""
    known = [took for start, took in (*REAL.items(), *COMPUTED.items()) if file.startswith(start)]
    return known[0]


def is_real(file: str) -> bool:
    """Whether its tests start real processes and wait for them."""
    return file.startswith(tuple(REAL))


def chosen(files: Mapping[str, int], *, computes: bool) -> str:
    """Of the files that are left, each with its number of tests, the one to run next; the longest come first.

    `computes`: for the worker that leaves real processes to the others, as long as there is anything else.
    """

    def length(file: str) -> tuple[bool, float]:
        return is_real(file) is not computes, seconds(file) * files[file]

    return max(files, key=length)


class SharedOut(LoadFileScheduling):  # type: ignore[misc]
    """A file of tests to each worker, the longest first; one worker computes beside those that wait."""

    def _assign_work_unit(self, node: Worker) -> None:
        left = {file: len(tests) for file, tests in self.workqueue.items()}
        self.workqueue.move_to_end(chosen(left, computes=computes(node.workerinput)), last=False)
        super()._assign_work_unit(node)


def share_out(config: pytest.Config) -> bool:
    """Whether files of tests are given to several workers (`--dist loadfile`)."""
    return bool(config.getoption("dist") == "loadfile")


def tell(node: Worker) -> None:
    """Let a worker that starts know that files are shared out: its own options do not say so."""
    node.workerinput["shared_out"] = share_out(node.config)


def computes(told: Mapping[str, object]) -> bool:
    """Whether the worker that was told this is the one that computes."""
    count = int(str(told["workercount"]))
    return bool(told.get("shared_out")) and count >= WORKERS_TO_PART and told["workerid"] == f"gw{count - 1}"


def give_way(config: pytest.Config) -> None:
    """Make this process nice if it is the worker that computes."""
    told: Mapping[str, object] = getattr(config, "workerinput", {})
    if told and computes(told):
        os.nice(YIELDING)
