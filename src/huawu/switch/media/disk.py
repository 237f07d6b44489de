"""Recordings on disk: one thread writes what the engine hands over, so that a slow disk stops no voice.

Durability: what was handed over is with the operating system at once, so it outlives our process, however
it dies. The header's sizes are put right every second. `fdatasync` is called once, when a recording ends; a
power cut loses what the system has not written back by then (about 30 s with Linux's defaults).

Work is gathered and handed to the thread in one go: each time it wakes it takes turns with the loop at the
interpreter's lock, which cost a tenth of a call.

When a file cannot be made or written (disk full, device error, too slow) that is told, what stands is kept,
and every 5 s of recording it is tried again; when it works again that is told, too. The hole is filled with
silence, so time in the file stays true. A file that somebody made before, or removes, is given up.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

import msgspec

from huawu.switch.media import wav

CHANNELS = 2
SECOND = wav.RATE * CHANNELS
"""Octets of one second of recording."""
_RETRY = 5 * SECOND
_SILENCE = b"\xff" * 65536
_NEW = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC
MOST_WAITING = 64 << 20
"""Octets handed over and not yet written; what comes beyond is left out."""


class FileReport(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to a file: `failed` says what went wrong, as the system words it; `length_ms`: it ended.

    Neither: it was made, or is written again. `given_up`: it never was, or is gone, and nothing more is told.
    """

    file: RecordingFile
    failed: str = ""
    length_ms: int | None = None
    given_up: bool = False


class RecordingFile:
    """One file. Its methods but `behind` run where the disk is written."""

    __slots__ = ("_descriptor", "_end", "_over", "_tell", "_told_size", "_tried_at", "_trouble", "path")

    def __init__(self, path: str, tell: Callable[[FileReport], None]) -> None:
        self.path = path
        self._tell = tell
        self._descriptor = -1
        self._end = 0
        self._told_size = 0
        self._tried_at = 0
        self._trouble: str | None = None  # what is in the way; "" = nothing, None = nobody knows yet
        self._over = False

    def open(self) -> None:
        """A file that is there already is never written over."""
        self.write(0, b"")

    def write(self, at: int, data: bytes | bytearray) -> None:
        """Octets that belong `at` so far into the recording."""
        if self._over or (self._trouble and at - self._tried_at < _RETRY):
            return
        try:
            if self._descriptor < 0:
                self._make()
            while self._end < at:
                self._append(_SILENCE[: at - self._end])
            self._append(data)
            if self._end - self._told_size >= SECOND:
                self._put(wav.header(CHANNELS, self._end), 0)
                self._told_size = self._end
                if self._removed():
                    return
        except (FileExistsError, ValueError) as error:
            self._give_up(_reason(error))
        except OSError as error:
            self._tried_at = at
            self._fail(_reason(error))
        else:
            if self._trouble != "":
                self._trouble = ""
                self._tell(FileReport(file=self))

    def left_out(self, why: str) -> None:
        """Some of it was not handed over; the next is tried at once."""
        if self._descriptor >= 0 and not self._trouble:
            self._tried_at = -_RETRY
            self._fail(why)

    def close(self) -> None:
        if self._over or self._removed():
            return
        if self._descriptor < 0:
            self._give_up(self._trouble or "")
            return
        try:
            if self._trouble:  # a write that failed half way may have left an odd octet
                os.ftruncate(self._descriptor, wav.HEADER_OCTETS + self._end)
            self._put(wav.header(CHANNELS, self._end), 0)
            os.fdatasync(self._descriptor)
        except OSError as error:
            self._fail(_reason(error))
        self._shut()
        self._tell(FileReport(file=self, length_ms=self._end * 1000 // SECOND))

    def _make(self) -> None:
        try:
            self._descriptor = os.open(self.path, _NEW, 0o640)
        except FileNotFoundError:  # the first of its day
            Path(self.path).parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self.path, _NEW, 0o640)
        try:
            self._put(wav.header(CHANNELS, 0), 0)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(self.path)
            os.close(self._descriptor)
            self._descriptor = -1
            raise

    def _fail(self, why: str) -> None:
        """Told once, until it works again."""
        if not self._trouble:
            self._trouble = why
            self._tell(FileReport(file=self, failed=why))

    def _give_up(self, why: str) -> None:
        self._shut()
        self._tell(FileReport(file=self, failed=why, given_up=True))

    def _append(self, data: bytes | bytearray) -> None:
        written = 0
        try:
            while written < len(data):
                written += os.pwrite(
                    self._descriptor,
                    data[written:] if written else data,
                    wav.HEADER_OCTETS + self._end + written,
                )
        finally:
            self._end += written - written % CHANNELS

    def _removed(self) -> bool:
        """Somebody deleted the file, or its folder: what is written now, nobody can ever read."""
        if self._descriptor < 0 or os.fstat(self._descriptor).st_nlink:
            return False
        self._give_up("the file was removed while it was recorded")
        return True

    def _put(self, data: bytes, at: int) -> None:
        os.pwrite(self._descriptor, data, at)

    def _shut(self) -> None:
        """Nothing more is written."""
        self._over = True
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _reason(error: Exception) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


Job = Callable[[], None]
Piece = tuple[RecordingFile, int, bytes | bytearray]


class Disk:
    """Gathers work, hands it to the thread when told to, and hands its reports back.

    `threaded=False` does all at once, for tests.
    """

    def __init__(self, *, threaded: bool = True) -> None:
        self._threaded = threaded
        self._gathered: list[Job | list[Piece]] = []
        self._work: queue.SimpleQueue[list[Job | list[Piece]] | None] = queue.SimpleQueue()
        self._reports: deque[FileReport] = deque()
        self._thread: threading.Thread | None = None
        self._handed = 0
        self._done = 0

    def start(self) -> None:
        if self._threaded and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="recordings", daemon=True)
            self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """All that was gathered is written, unless the disk hangs for longer than the timeout."""
        if self._thread is not None:
            self.hand_over()
            self._work.put(None)
            self._thread.join(timeout_s)
            self._thread = None

    def open(self, path: str) -> RecordingFile:
        file = RecordingFile(path, self._reports.append)
        self._gather(file.open)
        return file

    def write(self, pieces: list[Piece]) -> None:
        """Pieces of many files in one go. Never blocks: when the disk is far behind they are left out."""
        size = sum(len(data) for _, _, data in pieces)
        if self._handed - self._done + size > MOST_WAITING:
            for file, _, _ in pieces:
                self._gather(lambda file=file: file.left_out("the disk is too slow, some voice is lost"))  # type: ignore[misc]
            return
        self._handed += size
        self._gather(pieces)

    def close(self, file: RecordingFile) -> None:
        self._gather(file.close)

    def hand_over(self) -> None:
        """What was gathered is done from now on."""
        if self._gathered:
            self._work.put(self._gathered)
            self._gathered = []

    def reports(self) -> list[FileReport]:
        """What happened since the last time."""
        reports = []
        while self._reports:
            reports.append(self._reports.popleft())
        return reports

    def _gather(self, work: Job | list[Piece]) -> None:
        if self._threaded:
            self._gathered.append(work)
        else:
            self._do(work)

    def _do(self, work: Job | list[Piece]) -> None:
        if isinstance(work, list):
            for file, at, data in work:
                file.write(at, data)
                self._done += len(data)
        else:
            work()

    def _run(self) -> None:
        while (gathered := self._work.get()) is not None:
            for work in gathered:
                self._do(work)
