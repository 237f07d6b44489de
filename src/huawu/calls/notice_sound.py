"""A WAV file that somebody uploads becomes what the switch plays: 8 kHz, one channel, μ-law."""

from __future__ import annotations

import struct
from typing import Any, Final

import numpy as np

RATE: Final = 8_000
LONGEST_S: Final = 60
LARGEST: Final = 12 * 1024 * 1024
"""Octets of a file: a minute at the best rate and width that are taken."""
_PCM, _ULAW, _EXTENSIBLE = 1, 7, 0xFFFE
_CUTOFF_HZ: Final = 3_600
_TAPS: Final = 101

Floats = np.ndarray[Any, np.dtype[Any]]


class UnusableSound(Exception):
    """The file cannot be played to callers; says what to do."""

    def __init__(self, why: str) -> None:
        super().__init__(f"This file cannot be used: {why}. Send a WAV file of up to {LONGEST_S} seconds.")


def telephone_wav(data: bytes) -> bytes:
    """The file for the switch. Raises `UnusableSound`."""
    code, channels, rate, bits, samples = _parse(data)
    values = _values(code, bits, samples)
    values = values[: len(values) // channels * channels].reshape(-1, channels).mean(axis=1)
    if len(values) < rate // 5:
        raise UnusableSound("it is shorter than a fifth of a second")
    if len(values) > LONGEST_S * rate:
        raise UnusableSound(f"it is {len(values) // rate} seconds long")
    if rate != RATE:
        values = _resampled(values, rate)
    return _wav(_ulaw(values))


def _parse(data: bytes) -> tuple[int, int, int, int, bytes]:
    """Code, channels, rate, bits and samples of a WAV file."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise UnusableSound("it is no WAV file")
    at, form = 12, b""
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        body = data[at + 8 : at + 8 + size]
        if name == b"fmt ":
            form = body
        elif name == b"data" and len(form) >= 16:
            code, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", form)
            if code == _EXTENSIBLE and len(form) >= 26:
                code = struct.unpack_from("<H", form, 24)[0]
            if not (1 <= channels <= 2 and RATE <= rate <= 48_000):
                raise UnusableSound(
                    f"it has {channels} channels at {rate} Hz, and 1 or 2 at 8 to 48 kHz are taken"
                )
            return code, channels, rate, bits, body
        at += 8 + size + size % 2
    raise UnusableSound("it has no sound in it")


def _values(code: int, bits: int, samples: bytes) -> Floats:
    """From -1 to 1."""
    if (code, bits) == (_PCM, 16):
        return np.frombuffer(samples[: len(samples) // 2 * 2], "<i2") / 32_768.0
    if (code, bits) == (_PCM, 8):
        return (np.frombuffer(samples, np.uint8) - 128.0) / 128.0
    if (code, bits) == (_ULAW, 8):
        values: Floats = _ULAW_VALUES[np.frombuffer(samples, np.uint8)]
        return values
    raise UnusableSound("its coding is not PCM of 8 or 16 bits, nor μ-law")


def _resampled(values: Floats, rate: int) -> Floats:
    """Without what 8 kHz cannot carry, which would be heard as something else."""
    times = np.arange(_TAPS) - _TAPS // 2
    taps = np.sinc(2 * _CUTOFF_HZ / rate * times) * np.hamming(_TAPS)
    smooth = np.convolve(values, taps / taps.sum(), mode="same")
    wanted = np.arange(len(values) * RATE // rate) * (rate / RATE)
    resampled: Floats = np.interp(wanted, np.arange(len(values)), smooth)
    return resampled


def _ulaw(values: Floats) -> bytes:
    """ITU-T G.711."""
    linear = np.clip(values * 32_768, -32_635, 32_635).astype(np.int32)
    sign = np.where(linear < 0, 0x80, 0)
    size = np.abs(linear) + 0x84
    exponent = np.floor(np.log2(size)).astype(np.int32) - 7
    mantissa = (size >> (exponent + 3)) & 0x0F
    code = ~(sign | (exponent << 4) | mantissa) & 0xFF
    return bytes(code.astype(np.uint8))


def _wav(samples: bytes) -> bytes:
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", 36 + len(samples), b"WAVE",
        b"fmt ", 16, _ULAW, 1, RATE, RATE, 1, 8,
        b"data", len(samples),
    )  # fmt: skip
    return head + samples


def _table() -> Floats:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    size = (((code & 0x0F) << 3) + 0x84 << ((code & 0x70) >> 4)) - 0x84
    return np.where(code & 0x80, -size, size) / 32_768.0


_ULAW_VALUES = _table()
