"""Recordings of any usual form, read a stretch at a time at the rate of recognisers: an hour needs no memory.

PCM of 8, 16, 24 and 32 bits, floats, μ-law, A-law; one or two channels; 8–96 kHz. A file that ends before its
header says, or is being written yet, is read as far as it goes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from huawu.assets.wav_reading import UnusableSound, WavForm, form_of, values_of
from huawu.speech.recogniser import RATE, Samples, SpeechError

AROUND_S: Final = 1
"""Of sound before and after a stretch that is resampled, lest its ends ring."""
LOWEST_RATE, HIGHEST_RATE = 8_000, 96_000
_UNKNOWN: Final = 0xFFFF_FFFF


class UnreadableSound(SpeechError):
    """The file holds no sound that can be read; the text says what it is and what would do."""

    def __init__(self, path: Path, said: str, code: str) -> None:
        self.path = path
        self.code = code
        super().__init__(f"{path} cannot be heard: {said}. Give a WAV file of one or two channels.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundFile:
    """A WAV file's sound, wherever it lies in it. `cut_off` ms are missing that its header promised."""

    path: Path
    form: WavForm
    offset: int
    frames: int
    cut_off_ms: int = 0

    @classmethod
    def open(cls, path: Path, *, growing: bool = False) -> SoundFile:
        """Raises `UnreadableSound`. Of a `growing` file the header's length is not believed."""
        try:
            with path.open("rb") as file:
                form, offset, told = _head(path, file)
                there = file.seek(0, 2) - offset
        except OSError as error:
            code = "file_gone" if isinstance(error, FileNotFoundError) else "file_locked"
            raise UnreadableSound(path, error.strerror or str(error), code) from error
        width = form.octets
        unknown = growing or told in (0, _UNKNOWN)
        octets = there if unknown else min(told, there)
        frames = max(octets, 0) // width
        missing = 0 if unknown else max(0, told - there) // width
        if not frames:
            raise UnreadableSound(path, "it has no sound in it", "sound_empty")
        cut_off_ms = missing * 1000 // form.rate
        return cls(path=path, form=form, offset=offset, frames=frames, cut_off_ms=cut_off_ms)

    @property
    def channels(self) -> int:
        return self.form.channels

    @property
    def length_ms(self) -> int:
        return self.frames * 1000 // self.form.rate

    def stretch(self, from_ms: int, to_ms: int, wanted: int = RATE) -> Samples:
        """What sounds between these instants, `wanted` samples a second: one row for each channel."""
        rate = self.form.rate
        start_s = max(0, from_ms // 1000 - AROUND_S)
        end_s = -(-to_ms // 1000) + AROUND_S
        values = self._read(start_s * rate, end_s * rate)
        heard = np.stack([_resampled(channel, rate, wanted) for channel in values])
        first = (from_ms - start_s * 1000) * wanted // 1000
        length = max(0, min(to_ms, self.length_ms) - from_ms) * wanted // 1000
        return np.ascontiguousarray(heard[:, first : first + length], dtype=np.float32)

    def stretches(self, each_ms: int, wanted: int = RATE) -> Iterator[tuple[int, Samples]]:
        """The whole, `each_ms` at a time, and when each begins."""
        for from_ms in range(0, self.length_ms, each_ms):
            yield from_ms, self.stretch(from_ms, from_ms + each_ms, wanted)

    def _read(self, first: int, last: int) -> Samples:
        """Frames of the file by channel, silence where it has none."""
        count = max(0, min(last, self.frames) - first)
        with self.path.open("rb") as file:
            file.seek(self.offset + first * self.form.octets)
            octets = file.read(count * self.form.octets)
        read = values_of(self.form, octets[: len(octets) // self.form.octets * self.form.octets])
        by_channel = np.zeros((self.channels, last - first), np.float32)
        frames = read.reshape(-1, self.channels).T
        by_channel[:, : frames.shape[1]] = np.nan_to_num(frames, posinf=0.0, neginf=0.0)
        return by_channel


def _resampled(values: Samples, rate: int, wanted: int) -> Samples:
    """Whole seconds at another rate."""
    if rate == wanted:
        return values
    length = len(values) * wanted // rate
    spectrum = np.fft.rfft(values)
    kept = np.zeros(length // 2 + 1, spectrum.dtype)
    count = min(len(kept), len(spectrum))
    kept[:count] = spectrum[:count]
    return (np.fft.irfft(kept, length) * (length / len(values))).astype(np.float32)


def _head(path: Path, file: BinaryIO) -> tuple[WavForm, int, int]:
    """The form, where the samples begin, and how many octets of them the header tells."""
    start = file.read(12)
    if start[:4] != b"RIFF" or start[8:] != b"WAVE":
        raise UnreadableSound(path, "it is no WAV file", "sound_no_wav")
    form: WavForm | None = None
    while len(chunk := file.read(8)) == 8:
        name, size = struct.unpack("<4sI", chunk)
        if name == b"data":
            if form is None:
                raise UnreadableSound(path, "its header does not say how it is coded", "sound_coding")
            return form, file.tell(), size
        if name == b"fmt ":
            try:
                form = form_of(file.read(size)[:64])
            except UnusableSound as error:
                raise UnreadableSound(path, error.said, "sound_coding") from error
            file.seek(size % 2, 1)
        else:
            file.seek(size + size % 2, 1)
    raise UnreadableSound(path, "it has no sound in it", "sound_empty")
