"""The recordings under way: which voices go where, and handing what is ready to the disk."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from huawu.link.messages import (
    Event,
    MoveRecording,
    RecordingFailed,
    RecordingId,
    RecordingStarted,
    RecordingStopped,
    StartRecording,
)
from huawu.switch.media.disk import Disk, FileReport, Piece, RecordingFile
from huawu.switch.media.leg import Leg
from huawu.switch.media.recorder import LAG_MS, Recording, Voice

log = logging.getLogger(__name__)

EVERY_MS = 500
"""How often what is ready is written; a crash loses this much and the recorder's lag."""
HAND_OVER_MS = 100
"""How often files are made and ended, all in one go."""
_STALL_MS = 60


@dataclass(slots=True, kw_only=True)
class _Running:
    name: RecordingId
    file: RecordingFile
    recording: Recording
    left: Leg
    right: Leg | None
    speaker: Leg | None = None
    """Whose own voice goes to the right channel now."""


class Recordings:
    """Starts and stops recordings; `step` is called every 20 ms."""

    def __init__(self, disk: Disk, emit: Callable[[Event], None]) -> None:
        self._disk = disk
        self._emit = emit
        self._running: dict[RecordingId, _Running] = {}
        self._with: dict[Leg, dict[RecordingId, None]] = {}  # those that a leg is on the left or right of
        self._names: dict[RecordingFile, RecordingId] = {}  # files not yet ended on disk
        self._broken: set[RecordingFile] = set()  # those of them that cannot be written now
        self._due_ms = 0
        self._hand_over_ms = 0
        self._last_ms = 0

    @property
    def open(self) -> int:
        """Files that are not yet ended on disk."""
        return len(self._names)

    def start(self, command: StartRecording, left: Leg, right: Leg | None, at_ms: int) -> None:
        if command.recording in self._running:
            return
        file = self._disk.open(command.path)
        recording = Recording(at_ms)
        self._names[file] = command.recording
        running = self._running[command.recording] = _Running(
            name=command.recording, file=file, recording=recording, left=left, right=right
        )
        self._note(running)
        _listen(left, recording.left)
        _feed_right(running)

    def move(self, command: MoveRecording, right: Leg | None) -> None:
        running = self._running.get(command.recording)
        if running is None:
            return
        self._forget(running)
        running.right = right
        self._note(running)
        _feed_right(running)

    def rearrange(self, legs: Iterable[Leg]) -> None:
        """These legs came to a conference, left it, or hear it in another way."""
        for running in self._running.values():
            if running.left in legs:
                _feed_right(running)

    def pause(self, name: RecordingId) -> None:
        if name in self._running:
            self._running[name].recording.pause()

    def resume(self, name: RecordingId, at_ms: int) -> None:
        if name in self._running:
            self._running[name].recording.resume(at_ms)

    def stop(self, name: RecordingId, at_ms: int) -> None:
        """`RecordingStopped` follows when the file is complete."""
        running = self._end(name)
        if running is None:
            return
        at, data = running.recording.take(at_ms)
        if data:
            self._disk.write([(running.file, at, data)])
        self._disk.close(running.file)

    def leg_closed(self, leg: Leg, at_ms: int) -> None:
        for name in tuple(self._with.get(leg, ())):
            running = self._running[name]
            if running.left is leg:
                self.stop(name, at_ms)
            else:
                self._forget(running)
                running.right = None
                self._note(running)
                _feed_right(running)

    def stop_all(self, at_ms: int) -> None:
        for name in list(self._running):
            self.stop(name, at_ms)

    def step(self, at_ms: int) -> None:
        """After a stall the packets waiting in the sockets are let in before their places are written."""
        if at_ms - self._last_ms > _STALL_MS:
            self._due_ms = at_ms + 40
        self._last_ms = at_ms
        if at_ms >= self._due_ms:
            self._due_ms = max(self._due_ms + EVERY_MS, at_ms)
            pieces: list[Piece] = []
            for running in self._running.values():
                at, data = running.recording.take(at_ms - LAG_MS)
                if data:
                    pieces.append((running.file, at, data))
            if pieces:
                self._disk.write(pieces)
        if at_ms >= self._hand_over_ms:
            self._hand_over_ms = max(self._hand_over_ms + HAND_OVER_MS, at_ms)
            self._disk.hand_over()
        self.tell()

    def tell(self) -> None:
        """Pass on what the disk reported."""
        for report in self._disk.reports():
            self._tell(report)

    def _tell(self, report: FileReport) -> None:
        name = self._names.get(report.file, RecordingId(""))
        path = report.file.path
        if report.length_ms is not None:
            self._names.pop(report.file, None)
            self._broken.discard(report.file)
            self._emit(RecordingStopped(recording=name, path=path, length_ms=report.length_ms))
        elif report.failed:
            goes_on = not report.given_up
            advice = "writing is tried again every 5 s" if goes_on else "the next call's is tried"
            log.warning(
                "recording cannot be written, its call goes on"
                if goes_on
                else "nothing is kept of a recording",
                extra={
                    "path": path,
                    "why": report.failed,
                    "advice": f"make room, or mend the disk; {advice}",
                },
            )
            failed = RecordingFailed(recording=name, path=path, detail=report.failed, goes_on=goes_on)
            self._emit(failed)
            if goes_on:
                self._broken.add(report.file)
            else:
                self._broken.discard(report.file)
                self._names.pop(report.file, None)
                self._end(name)
        else:
            if report.file in self._broken:
                self._broken.discard(report.file)
                log.info("recording is written again", extra={"path": path})
            self._emit(RecordingStarted(recording=name, path=path))

    def _end(self, name: RecordingId) -> _Running | None:
        """It hears no more; None = it did not run."""
        running = self._running.pop(name, None)
        if running is not None:
            self._forget(running)
            _leave(running.left, running.recording.left)
            _stop_right(running)
        return running

    def _note(self, running: _Running) -> None:
        for leg in (running.left, running.right):
            if leg is not None:
                self._with.setdefault(leg, {})[running.name] = None

    def _forget(self, running: _Running) -> None:
        for leg in (running.left, running.right):
            if leg is not None and (names := self._with.get(leg)) is not None:
                names.pop(running.name, None)
                if not names:
                    del self._with[leg]


def _feed_right(running: _Running) -> None:
    """The right leg's voice goes to the right channel; while the left is in a conference, what that hears."""
    left, voice = running.left, running.recording.right
    _stop_right(running)
    voice.restart()
    running.speaker = running.right if left.conference is None else left.bridged
    if running.speaker is not None:
        _listen(running.speaker, voice)
    elif left.conference is not None:
        left.mixed = (*left.mixed, voice)


def _stop_right(running: _Running) -> None:
    left, voice = running.left, running.recording.right
    left.mixed = tuple(other for other in left.mixed if other is not voice)
    if running.speaker is not None:
        _leave(running.speaker, voice)
        running.speaker = None


def _listen(leg: Leg, voice: Voice) -> None:
    leg.voices = (*leg.voices, voice)
    leg.settle()


def _leave(leg: Leg, voice: Voice) -> None:
    leg.voices = tuple(other for other in leg.voices if other is not voice)
    leg.settle()
