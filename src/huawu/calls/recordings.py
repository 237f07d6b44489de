"""Recordings on disk: where they lie, how they are played in a browser, their waveform, their repair.

They are WAV files of two interleaved 8 kHz μ-law channels (WAVE format 7): caller left, agent right. A header
that was not finished (the recording runs, or its writer died) is borne: the file's size says how much there
is.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec
import numpy as np
import structlog

log = structlog.get_logger(__name__)

RATE = 8_000
CHANNELS = 2
NEWEST_DAYS = 3
FOLDERS = ("recordings", "messages")
"""Below the data folder: conversations, and what callers leave for a queue or say after a call."""
Format = Literal["pcm", "ulaw"]


class NoRecording(Exception):
    """There is no sound for this call (any more)."""

    def __init__(self, call: str) -> None:
        self.call = call
        super().__init__(f"Call {call} has no recording: it was not recorded, or its file was removed.")


class Waveform(msgspec.Struct, frozen=True, kw_only=True):
    """The loudest sample 0–1 of each stretch, per channel, from `began_ms` on."""

    length_ms: int
    began_ms: int
    left: list[float]
    right: list[float]


class Sound(msgspec.Struct, frozen=True, kw_only=True):
    """Where a file's samples lie: `frames` of one byte per channel from byte `offset`."""

    path: Path
    offset: int
    frames: int

    @property
    def length_ms(self) -> int:
        return self.frames * 1000 // RATE


def recording_path(call: str, began_ms: int, zone: tzinfo = UTC) -> str:
    """Where a call's recording belongs, below the data folder: `recordings/YYYY/MM/DD/<call>.wav`."""
    name = "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in call)
    return f"recordings/{_day(began_ms // 60_000, zone)}/{name}.wav"


@lru_cache(maxsize=16)
def _day(minute: int, zone: tzinfo) -> str:
    return f"{datetime.fromtimestamp(minute * 60, zone):%Y/%m/%d}"


def find(data: Path, path: str, call: str) -> Sound:
    """The sound at a recording's path on record. Raises `NoRecording`, also for a path leading elsewhere."""
    file = (data / path).resolve()
    roots = [(data / folder).resolve() for folder in FOLDERS]
    if not path or not any(map(file.is_relative_to, roots)) or not file.is_file():
        raise NoRecording(call)
    try:
        return _measure(file)
    except (OSError, ValueError) as error:
        log.warning("recording unreadable", call=call, path=path, why=str(error))
        raise NoRecording(call) from error


def waveform(sound: Sound, points: int, began_ms: int = 0) -> Waveform:
    """At most `points` peaks per channel."""
    with sound.path.open("rb") as file:
        file.seek(sound.offset)
        raw = np.frombuffer(file.read(sound.frames * CHANNELS), dtype=np.uint8)
    levels = _PEAK[raw[: len(raw) // CHANNELS * CHANNELS]].reshape(-1, CHANNELS)
    if not len(levels) or points < 1:
        return Waveform(length_ms=0, began_ms=began_ms, left=[], right=[])
    starts = np.unique(np.linspace(0, len(levels), min(points, len(levels)), endpoint=False).astype(np.int64))
    peaks = np.round(np.maximum.reduceat(levels, starts, axis=0), 3)
    return Waveform(
        length_ms=sound.length_ms, began_ms=began_ms, left=peaks[:, 0].tolist(), right=peaks[:, 1].tolist()
    )


class Playback:
    """A recording as the bytes of a WAV file in the wanted form, any part of it at a time."""

    def __init__(self, sound: Sound, form: Format = "pcm", beeps: Sequence[tuple[int, int]] = ()) -> None:
        """`beeps`: from when to when, in ms, a tone covers both voices."""
        self._beeps = [(begin * RATE // 1000, end * RATE // 1000) for begin, end in beeps]
        self._sound = sound
        self._form = form
        self._width = CHANNELS * (2 if form == "pcm" else 1)
        self._header = header(sound.frames, form)
        self.size = len(self._header) + sound.frames * self._width

    def read(self, first: int, length: int) -> bytes:
        """Bytes from `first` on; fewer than `length` only at the end."""
        last = min(first + length, self.size)
        if first >= last:
            return b""
        head = self._header[first:last]
        start, end = max(0, first - len(self._header)), last - len(self._header)
        if end <= 0:
            return head
        frame = start // self._width
        count = -(-end // self._width) - frame
        with self._sound.path.open("rb") as file:
            file.seek(self._sound.offset + frame * CHANNELS)
            raw = file.read(count * CHANNELS)
        for beep, over in self._beeps:
            raw = _covered(raw, max(beep, frame) - frame, over - frame, frame)
        if self._form == "pcm":
            raw = _LINEAR[np.frombuffer(raw, dtype=np.uint8)].tobytes()
        within = start - frame * self._width
        return head + raw[within : within + end - start]


def _covered(raw: bytes, begin: int, end: int, first: int) -> bytes:
    """The frames from `begin` to `end` replaced by a tone; `first` is the number of the first frame."""
    end = min(end, len(raw) // CHANNELS)
    if begin >= end:
        return raw
    tone = bytes(_BEEP[(first + nth) % len(_BEEP)] for nth in range(begin, end) for _ in range(CHANNELS))
    return raw[: begin * CHANNELS] + tone + raw[end * CHANNELS :]


def header(frames: int, form: Format) -> bytes:
    """A finished WAV header for this many frames."""
    bits, code = (16, 1) if form == "pcm" else (8, 7)
    width = CHANNELS * bits // 8
    size = min(frames * width, 0xFFFF_FFFF - 36)
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", 36 + size, b"WAVE",
        b"fmt ", 16, code, CHANNELS, RATE, RATE * width, width, bits,
        b"data", size,
    )  # fmt: skip


def newest_files(folder: Path, days: int = NEWEST_DAYS) -> list[Path]:
    """The recordings of the newest days that have any: a death leaves nothing unfinished in older ones."""
    found: list[Path] = []
    for day in sorted(folder.glob("[0-9]*/[0-9]*/[0-9]*"), reverse=True)[:days]:
        found += sorted(day.glob("*.wav"))
    return found


def repair_all(folder: Path) -> int:
    """Finish the headers that a dead writer left behind; how many. Files being written stay playable.

    Only the newest days are looked through, so that a start takes no longer with years of recordings.
    """
    repaired = 0
    for path in newest_files(folder):
        try:
            repaired += _repair(path)
        except (OSError, ValueError) as error:
            log.warning("recording not repaired", path=str(path), why=str(error))
    return repaired


def _repair(path: Path) -> bool:
    """The file's time stays: it tells when the writer died."""
    with path.open("r+b") as file:
        times = os.fstat(file.fileno())
        size = file.seek(0, 2)
        offset, told = _data_chunk(file)
        true = size - offset
        if told == true:
            return False
        file.seek(4)
        file.write(struct.pack("<I", size - 8))
        file.seek(offset - 4)
        file.write(struct.pack("<I", true))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    return True


def _measure(path: Path) -> Sound:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        offset, _ = _data_chunk(file)  # what its header tells may be a second old
    return Sound(path=path, offset=offset, frames=(size - offset) // CHANNELS)


def _data_chunk(file: BinaryIO) -> tuple[int, int]:
    """Where the samples begin, and how many bytes the header tells. ValueError: it is no such file."""
    file.seek(0)
    start = file.read(12)
    if start[:4] != b"RIFF" or start[8:] != b"WAVE":
        raise ValueError("not a WAV file")
    while len(chunk := file.read(8)) == 8:
        name, size = struct.unpack("<4sI", chunk)
        if name == b"data":
            return file.tell(), size
        body = file.read(size + size % 2)
        if name == b"fmt " and struct.unpack("<HH", body[:4]) != (7, CHANNELS):
            raise ValueError("not two channels of μ-law")
    raise ValueError("no samples")


def _table() -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """ITU-T G.711 μ-law to 16-bit linear."""
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    size = (((code & 0x0F) << 3) + 0x84 << ((code & 0x70) >> 4)) - 0x84
    return np.where(code & 0x80, -size, size).astype("<i2")


_LINEAR = _table()
_BEEP = bytes(
    int(np.argmin(np.abs(_LINEAR.astype(np.float64) - 4_000 * np.sin(2 * np.pi * nth / 8))))
    for nth in range(8)
)
"""One kilohertz in μ-law, 18 dB below full scale: a period of it."""
_PEAK = np.abs(_LINEAR.astype(np.float32)) / 32_124.0
