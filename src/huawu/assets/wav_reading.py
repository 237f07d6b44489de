"""Reading whatever WAV file somebody has: PCM of any usual width, floats, μ-law, A-law; one or two channels.

Browsers, phones and editors write all of these. What cannot be read is refused, and told what to do.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

Audio = npt.NDArray[np.float64]
"""Full scale ±1. Levels are in dB of full scale: an RMS of 1 is 0 dB."""
Why = Literal["no_wav", "coding", "channels", "rate", "short", "long", "silent", "clipped", "broken"]

LOWEST_RATE, HIGHEST_RATE = 8_000, 96_000
_PCM, _FLOAT, _ALAW, _ULAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_CODINGS: Final = {(1, 8), (1, 16), (1, 24), (1, 32), (3, 32), (3, 64), (6, 8), (7, 8)}


class UnusableSound(Exception):
    """The file cannot be played to callers; `why` is for programmes, the text says what to do."""

    def __init__(self, said: str, why: Why = "broken") -> None:
        super().__init__(f"This file cannot be used: {said}. Send a WAV file of speech.")
        self.why = why
        self.said = said


@dataclass(frozen=True, kw_only=True, slots=True)
class Sound:
    """What a file holds: one channel (of two, their mean), its rate, and how it was written."""

    values: Audio
    rate: int
    channels: int
    coding: tuple[int, int]

    @property
    def of_the_house(self) -> bool:
        """Written as the switch plays it: 8 kHz, one channel, μ-law."""
        return (self.rate, self.channels, self.coding) == (8_000, 1, (_ULAW, 8))


@dataclass(frozen=True, kw_only=True, slots=True)
class WavForm:
    """How a file's sound is written."""

    code: int
    channels: int
    rate: int
    bits: int

    @property
    def octets(self) -> int:
        """Of all channels' samples of one instant."""
        return self.channels * self.bits // 8


def read_wav(data: bytes) -> Sound:
    """The sound of a file. Raises `UnusableSound`."""
    form, samples = _parse(data)
    code, channels, rate, bits = form.code, form.channels, form.rate, form.bits
    values = values_of(form, samples)
    if not np.isfinite(values).all():
        raise UnusableSound("it holds values that are no sound", "broken")
    mono = values[: len(values) // channels * channels].reshape(-1, channels).mean(axis=1)
    return Sound(values=mono, rate=rate, channels=channels, coding=(code, bits))


def _parse(data: bytes) -> tuple[WavForm, bytes]:
    """Form and samples of a WAV file."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise UnusableSound("it is no WAV file", "no_wav")
    at, form = 12, b""
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        body = data[at + 8 : at + 8 + size]
        if name == b"fmt ":
            form = body
        elif name == b"data" and form:
            return form_of(form), body
        at += 8 + size + size % 2
    raise UnusableSound("it has no sound in it", "broken")


def form_of(chunk: bytes) -> WavForm:
    """What a file's format chunk tells. Raises `UnusableSound` for what cannot be read."""
    if len(chunk) < 16:
        raise UnusableSound("its header is cut off", "broken")
    code, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if code == _EXTENSIBLE and len(chunk) >= 26:
        code = struct.unpack_from("<H", chunk, 24)[0]
    if not 1 <= channels <= 2:
        raise UnusableSound(f"it has {channels} channels, and 1 or 2 are taken", "channels")
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise UnusableSound(f"it is at {rate} Hz, and 8 to 96 kHz are taken", "rate")
    if (code, bits) not in _CODINGS:
        said = "its coding is not PCM of 8, 16, 24 or 32 bits, floats, A-law nor μ-law"
        raise UnusableSound(said, "coding")
    return WavForm(code=code, channels=channels, rate=rate, bits=bits)


def values_of(form: WavForm, samples: bytes) -> npt.NDArray[Any]:
    """From -1 to 1, the channels' samples by turns."""
    code, bits = form.code, form.bits
    whole = samples[: len(samples) * 8 // bits * bits // 8]
    match code, bits:
        case (1, 8):
            return (np.frombuffer(whole, np.uint8) - 128.0) / 128.0
        case (1, 16):
            return np.frombuffer(whole, "<i2") / 32_768.0
        case (1, 24):
            triples = np.frombuffer(whole, np.uint8).reshape(-1, 3).astype(np.int32)
            joined = triples[:, 0] << 8 | triples[:, 1] << 16 | triples[:, 2] << 24
            return joined / 2_147_483_648.0
        case (1, 32):
            return np.frombuffer(whole, "<i4") / 2_147_483_648.0
        case (3, 32):
            return np.frombuffer(whole, "<f4").astype(np.float64)
        case (3, 64):
            return np.frombuffer(whole, "<f8")
        case (6, 8):
            return _ALAW_VALUES[np.frombuffer(whole, np.uint8)]
        case (7, 8):
            return _ULAW_VALUES[np.frombuffer(whole, np.uint8)]
    raise AssertionError(form)


def _ulaw_table() -> Audio:
    """ITU-T G.711, μ-law."""
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    size = (((code & 0x0F) << 3) + 0x84 << ((code & 0x70) >> 4)) - 0x84
    return np.where(code & 0x80, -size, size) / 32_768.0


def _alaw_table() -> Audio:
    """ITU-T G.711, A-law."""
    code = np.arange(256, dtype=np.int32) ^ 0x55
    exponent, mantissa = (code & 0x70) >> 4, (code & 0x0F) << 4
    size = np.where(exponent == 0, mantissa + 8, mantissa + 0x108 << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, size, -size) / 32_768.0


_ULAW_VALUES: Final = _ulaw_table()
_ALAW_VALUES: Final = _alaw_table()
