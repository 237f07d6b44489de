"""Keeps the processes of a centre alive: starts them, restarts one that dies, ends them politely."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

CANNOT_START: Final = 78
"""EX_CONFIG: a process with this exit code cannot start as told; trying again would not help."""
FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 10.0
PR_SET_PDEATHSIG: Final = 1
READY_PAUSE_S: Final = 1.0
"""The longest pause for a process that had become ready: calls wait for it."""
CALM_AFTER_S: Final = 30.0
"""A process that ran this long had started well: the next restart is at once again."""
MOST_RESTARTS_AT_START: Final = 5
"""A process that died this often without ever being ready is given up; one that was ready once never is."""
LOG_LIMIT: Final = 20_000_000


class ChildFailed(Exception):
    """A process cannot be kept running; the text is its own last words."""

    def __init__(self, name: str, words: str) -> None:
        self.name = name
        super().__init__(words or f"The {name} stopped at once and said nothing; look at its log.")


@dataclass(slots=True)
class Child:
    """One process to keep."""

    name: str
    arguments: Sequence[str]
    environment: dict[str, str]
    log: Path
    vital: bool = True  # without it there is no centre
    ends: int = 0  # at a stop, lower numbers end first
    sign: Path | None = None  # a file that the process makes anew once it is ready
    process: asyncio.subprocess.Process | None = None
    restarts: int = 0
    last_words: deque[str] = field(default_factory=lambda: deque(maxlen=20))


class Supervisor:
    """Runs children until told to stop, or until a vital one cannot be kept."""

    def __init__(self, children: Sequence[Child], tell: Callable[[str], None]) -> None:
        self.children = list(children)
        self._tell = tell
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []
        self.failed: asyncio.Future[ChildFailed] = asyncio.get_running_loop().create_future()

    def start(self) -> None:
        """Start all children in order."""
        for child in self.children:
            self._tasks.append(asyncio.create_task(self._keep(child), name=f"keep {child.name}"))

    async def stop(self, patience_s: float = 12.0) -> None:
        """End the children in the order of `ends`, each politely and then for good."""
        self._stopping = True
        for child in sorted(self.children, key=lambda child: child.ends):
            process = child.process
            if process is None or process.returncode is not None:
                continue
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), patience_s)
            except TimeoutError:
                self._tell(f"The {child.name} does not end; it is killed.")
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
            words = _said_at_the_end(child.last_words)
            if words.startswith("huawu ") and await process.wait():  # it could not end as it should
                self._tell(words)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self, child: Child) -> None:
        pause_s, early_deaths, vain_starts, ever_ready = 0.0, 0, 0, False
        while not self._stopping:
            if pause_s:
                await asyncio.sleep(pause_s)
            began, sign = time.monotonic(), _mark(child.sign)
            code = await self._run_once(child)
            if self._stopping or (code == 0 and not child.vital):
                return
            ran_s = time.monotonic() - began
            calm = ran_s > CALM_AFTER_S
            was_ready = calm or _mark(child.sign) not in (None, sign)
            early_deaths = 0 if calm else early_deaths + 1
            vain_starts = 0 if was_ready else vain_starts + 1
            ever_ready = ever_ready or was_ready
            # What is in the way of one that was ready came since, and may go again: a database, a full disk.
            cannot = code == CANNOT_START or vain_starts > MOST_RESTARTS_AT_START
            if cannot and not ever_ready:
                self._give_up(child)
                return
            child.restarts += 1
            longest_s = READY_PAUSE_S if was_ready else LONGEST_PAUSE_S
            pause_s = min(longest_s, FIRST_PAUSE_S * 2 ** min(10, max(0, early_deaths - 1)))
            self._tell(f"The {child.name} {_death(code)}; it is started again (log: {child.log}).")

    def _give_up(self, child: Child) -> None:
        words = _said_at_the_end(child.last_words)
        if child.vital:
            if not self.failed.done():
                self.failed.set_result(ChildFailed(child.name, words))
        else:
            self._tell(f"The {child.name} cannot be kept running and is left out:\n{words}")

    async def _run_once(self, child: Child) -> int:
        child.last_words.clear()
        child.process = await asyncio.create_subprocess_exec(
            *child.arguments,
            env=child.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal reaches the supervisor alone
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )
        assert child.process.stdout is not None
        await self._write_log(child, child.process.stdout)
        return await child.process.wait()

    async def _write_log(self, child: Child, lines: asyncio.StreamReader) -> None:
        """What the child says goes to its log; when that cannot be written, only the last words are kept."""
        file = None
        with contextlib.suppress(OSError):
            if child.log.exists() and child.log.stat().st_size > LOG_LIMIT:
                child.log.replace(child.log.with_suffix(".log.1"))
            file = child.log.open("ab", buffering=0)
        try:
            while True:
                try:
                    line = await lines.readline()
                except ValueError:  # longer than the reader takes; its rest follows
                    continue
                if not line:
                    return
                child.last_words.append(line.decode(errors="replace").rstrip())
                if file is not None:
                    with contextlib.suppress(OSError):
                        file.write(line)
        finally:
            if file is not None:
                file.close()


def _end_with_parent() -> None:
    """Ask the kernel for SIGTERM when the supervisor dies, even of kill -9: no process is left behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _mark(sign: Path | None) -> tuple[int, int] | None:
    """What tells one making of a file from the next; None: there is none."""
    if sign is None:
        return None
    try:
        told = sign.lstat()
    except OSError:
        return None
    return told.st_ino, told.st_ctime_ns


def _said_at_the_end(lines: Iterable[str]) -> str:
    """The sentence a process of ours ends with ("huawu centre: …"), without the log before; or all of it."""
    said = [line for line in lines if line.strip()]
    begins = max((place for place, line in enumerate(said) if line.startswith("huawu ")), default=0)
    return "\n".join(said[begins:])[-1500:]


def _death(code: int) -> str:
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"was killed ({signal.Signals(-code).name})"
    return f"stopped with exit code {code}"


def python(*arguments: str) -> tuple[str, ...]:
    """A command that runs one of our modules with this very interpreter."""
    return (sys.executable, "-X", "faulthandler", "-m", *arguments)
