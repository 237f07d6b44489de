"""`huawu worker`: hears recordings, one after the other, and what is said just now when a core is free.

The recogniser works in one thread; between two utterances of a recording it first hears what was just said in
calls that go on. All of it is done at the lowest priority: audio never waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import socket
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import structlog

from huawu.calls.to_be_heard import newly_recorded
from huawu.cli.beside import end_when_told, wait_for_tables
from huawu.cli.options import SPARE_CORES, Options
from huawu.platform.cause import Cause, unexpected
from huawu.platform.clock import SystemClock
from huawu.platform.database import Database, DatabaseError
from huawu.platform.log import configure_logging
from huawu.speech.backlog import Backlog, ClaimLost, Wanted
from huawu.speech.choosing import choose
from huawu.speech.hearing import Hearer, Hearing, Turn
from huawu.speech.live import JustSaid, LiveBoard
from huawu.speech.recogniser import NoRecogniser, SpeechError
from huawu.speech.sound_files import SoundFile
from huawu.speech.spare import SpareCores

log = structlog.get_logger(__name__)

CANNOT_START: Final = 78
IDLE_S: Final = 1.0
LIVE_S: Final = 0.25
RENEW_S: Final = 10.0
SEEN_S: Final = 5.0
SWEEP_S: Final = 3.0
RETRY_S: Final = 5.0

T = TypeVar("T")


class _Broken(Exception):
    """The hearing under way is given up: its claim is lost, or the worker ends."""


@dataclass(slots=True)
class _Job:
    """A recording being heard. The thread writes `progress`, the loop `broken`."""

    wanted: Wanted
    progress: float = 0.0
    broken: bool = False


class Ears:
    """The thread in which the recogniser works. What is said just now goes before recordings."""

    def __init__(self, hearer: Hearer, data: Path) -> None:
        self._hearer = hearer
        self._data = data
        self._loop = asyncio.get_running_loop()
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._urgent: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="ears", daemon=True).start()

    @property
    def name(self) -> str:
        return self._hearer.name

    async def hear(self, job: _Job) -> Hearing:
        """A whole recording. Raises `SpeechError`, `_Broken`."""

        def work() -> Hearing:
            sound = SoundFile.open(self._data / job.wanted.path)

            def told(progress: float) -> None:
                job.progress = progress
                if job.broken:
                    raise _Broken

            def between() -> None:
                self._hear_urgent()
                told(job.progress)

            return self._hearer.hear(sound, language=job.wanted.language, progress=told, between=between)

        return await self._done(self._work, work)

    async def hear_now(self, said: JustSaid) -> Turn | None:
        """What was just said. Raises `SpeechError`."""

        def work() -> Turn | None:
            sound = SoundFile.open(self._data / said.path, growing=True)
            channel = 0 if said.party == "caller" else 1
            from_ms, to_ms = said.from_ms - said.zero_ms, said.to_ms - said.zero_ms
            return self._hearer.hear_utterance(sound, channel, said.party, from_ms, to_ms, said.language)

        return await self._done(self._urgent, work)

    def _run(self) -> None:
        while True:
            work = self._work.get()
            self._hear_urgent()
            work()

    def _hear_urgent(self) -> None:
        while True:
            try:
                work = self._urgent.get_nowait()
            except queue.Empty:
                return
            work()

    async def _done(self, line: queue.SimpleQueue[Callable[[], None]], work: Callable[[], T]) -> T:
        future: asyncio.Future[T] = self._loop.create_future()

        def settle(act: Callable[[], None]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is over
                self._loop.call_soon_threadsafe(lambda: None if future.done() else act())

        def run() -> None:
            try:
                result = work()
            except BaseException as error:
                settle(lambda error=error: future.set_exception(error))  # type: ignore[misc]
            else:
                settle(lambda: future.set_result(result))

        line.put(run)
        if line is self._urgent:
            self._work.put(_nothing)  # wakes the thread
        return await future


def _nothing() -> None:
    pass


class Worker:
    """One worker: claims recordings and what was just said, until it is told to stop."""

    def __init__(
        self,
        name: str,
        db: Database,
        ears: Ears,
        data: Path,
        *,
        live: bool = True,
        spare_cores: float = SPARE_CORES,
    ) -> None:
        """`spare_cores`: so many must have nothing to do for it to hear what is being said."""
        self._name = name
        self._db = db
        self._ears = ears
        self._backlog = Backlog(db)
        self._board = LiveBoard(db)
        self._data = data
        self._live = live
        self._wanted_cores = spare_cores
        self._clock = SystemClock()
        self._spare = SpareCores()
        self._listening = False
        self._job: _Job | None = None

    async def run(self) -> None:
        """For good; cancelled it gives back what it has claimed."""
        tasks = [
            asyncio.create_task(self._for_ever(act, pause_s), name=name)
            for name, act, pause_s in (
                ("recordings", self._next_recording, IDLE_S),
                ("just said", self._just_said, LIVE_S),
                ("renewing", self._renew, RENEW_S),
                ("seen", self._seen, SEEN_S),
                ("finding", self._find, SWEEP_S),
            )
        ]
        try:
            over, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in over:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(DatabaseError):
                await self._backlog.gone(self._name, self._clock.now_ms())

    async def _for_ever(self, act: Callable[[], Awaitable[bool]], pause_s: float) -> None:
        """Act again and again, at once while there is something to do; wait for a database that is away."""
        away = False
        while True:
            try:
                busy = await act()
                away = False
            except DatabaseError as error:
                if not away:
                    log.warning("the database is away", why=str(error))
                busy, away = False, True
            if not busy:
                await asyncio.sleep(RETRY_S if away else pause_s)

    async def _next_recording(self) -> bool:
        wanted = await self._backlog.claim(self._name, self._clock.now_ms())
        if wanted is None:
            return False
        self._job = job = _Job(wanted)
        try:
            heard = await self._ears.hear(job)
            await self._backlog.finish(self._name, wanted.call, heard, self._clock.now_ms())
            log.info(
                "recording heard",
                call=wanted.call,
                audio_ms=heard.duration_ms,
                took_ms=heard.took_ms,
                turns=len(heard.turns),
            )
        except asyncio.CancelledError:
            job.broken = True
            with contextlib.suppress(DatabaseError):
                await self._backlog.give_back(self._name, wanted.call)
            raise
        except _Broken:
            log.info("hearing broken off", call=wanted.call)
        except ClaimLost as error:
            log.warning("hearing was for nothing", call=wanted.call, why=str(error))
        except SpeechError as error:
            await self._failed(wanted, Cause(code=error.code, detail=str(error)))
        except (OSError, ValueError, RuntimeError, MemoryError) as error:
            await self._failed(wanted, unexpected(error))
        finally:
            self._job = None
        return True

    async def _failed(self, wanted: Wanted, why: Cause) -> None:
        log.warning("recording cannot be heard", call=wanted.call, why=why.detail)
        with contextlib.suppress(ClaimLost):
            await self._backlog.fail(self._name, wanted.call, why, self._clock.now_ms())

    async def _just_said(self) -> bool:
        if not self._listening:
            return False
        said = await self._board.claim(self._name, self._clock.now_ms())
        if said is None:
            return False
        turn: Turn | None = None
        try:
            turn = await self._ears.hear_now(said)
        except (SpeechError, OSError, ValueError, RuntimeError) as error:
            log.warning("what was just said cannot be heard", call=said.call, why=str(error))
        await self._board.heard(self._name, said, turn, self._ears.name)
        return True

    async def _renew(self) -> bool:
        job = self._job
        if job is not None and not job.broken:
            try:
                await self._backlog.renew(self._name, job.wanted.call, job.progress, self._clock.now_ms())
            except ClaimLost:
                job.broken = self._job is job
        return False

    async def _seen(self) -> bool:
        self._listening = self._live and self._spare.cores() >= self._wanted_cores
        await self._backlog.seen(
            self._name, self._ears.name, live=self._listening, now_ms=self._clock.now_ms()
        )
        return False

    async def _find(self) -> bool:
        """Recordings that came to an end are put to be heard, whoever made them."""
        now_ms = self._clock.now_ms()
        await self._backlog.put(await newly_recorded(self._db, now_ms), now_ms)
        return False


async def work(options: Options, *, model: str, live: bool, spare_cores: float) -> int:
    """Run until SIGTERM or Ctrl-C; the exit code."""
    try:
        recogniser = await asyncio.to_thread(choose, model, options.data.absolute())
    except NoRecogniser as error:
        print(error, flush=True)
        return CANNOT_START
    db = Database(options.database_url, readers=3)
    name = f"{socket.gethostname()[:40]}-{os.getpid()}"
    end_when_told()
    try:
        await wait_for_tables(lambda: Backlog(db).summary(0))
        log.info("worker hears", worker=name, recogniser=recogniser.name)
        ears = Ears(Hearer(recogniser), options.data.absolute())
        data = options.data.absolute()
        await Worker(name, db, ears, data, live=live, spare_cores=spare_cores).run()
    except asyncio.CancelledError:
        log.info("worker ends", worker=name)
    except DatabaseError as error:
        print(error, flush=True)
        return 1
    finally:
        await db.close()
    return 0


def run_worker(options: Options, *, model: str, live: bool, spare_cores: float, nice: int) -> int:
    """The process. It ends at once, whatever the recogniser is at."""
    configure_logging(options.log_level)
    os.nice(nice)
    code = asyncio.run(work(options, model=model, live=live, spare_cores=spare_cores))
    os._exit(code)
