"""Sound for the telephone: from any recording to what the switch plays, 8 kHz, one channel, μ-law.

Levels are in dB of full scale. `prompt_sound` also cuts silence and brings speech to the house's loudness, so
that recordings that are joined do not jump.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from huawu.assets.wav_reading import Audio, UnusableSound, read_wav

RATE: Final = 8_000
HOUSE_LEVEL_DB: Final = -20.0
"""Of what is sounding in a prompt."""
NOTICE_LONGEST_S: Final = 60
PROMPT_LONGEST_S: Final = 120
NOTICE_LARGEST: Final = 12 * 1024 * 1024
LARGEST: Final = 24 * 1024 * 1024
"""Octets of a file that is taken at all: two minutes of the best that is usual."""
SILENT_DB: Final = -50.0
"""Speech below this was not meant to be heard."""
MOST_CLIPPED: Final = 0.01
"""Of the samples that sound, so many may stand at full scale."""
NEAR_ENOUGH_DB: Final = 1.0
_FRAME_MS: Final = 10
_ULAW: Final = 7

Note = Literal["raised", "lowered", "cut", "limited"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Levels:
    """What a recording was like, and what was done to it."""

    speech_db: float
    peak_db: float
    changed_db: float
    cut_ms: int
    from_rate: int
    from_channels: int
    notes: list[Note] = field(default_factory=list)


def telephone_wav(data: bytes, longest_s: int = NOTICE_LONGEST_S) -> bytes:
    """A file for the switch, as loud as it was. Raises `UnusableSound`."""
    sound = read_wav(data)
    _check_length(sound.values, sound.rate, longest_s)
    values = sound.values
    if sound.rate != RATE:
        values = to_telephone_band(values, sound.rate, low=False)
    return house_wav(values)


def prompt_sound(data: bytes) -> tuple[bytes, Levels]:
    """A file for the switch at the house's loudness, and what was done for it. Raises `UnusableSound`."""
    sound = read_wav(data)
    _check_length(sound.values, sound.rate, PROMPT_LONGEST_S)
    peak = float(np.max(np.abs(sound.values)))
    clipped = np.mean(np.abs(sound.values) >= min(peak, 0.999)) if peak >= 0.999 else 0.0
    values = sound.values if sound.rate == RATE else to_telephone_band(sound.values, sound.rate)
    level = speech_level(values, RATE)
    if peak == 0 or level < SILENT_DB:
        raise UnusableSound("there is next to no sound in it; speak closer to the microphone", "silent")
    if clipped > MOST_CLIPPED:
        raise UnusableSound("it is overdriven; record it again with less gain", "clipped")
    trimmed = trim(values, RATE)
    notes: list[Note] = []
    cut_ms = (len(values) - len(trimmed)) * 1_000 // RATE
    if cut_ms > 2 * _FRAME_MS:
        values = trimmed
        notes.append("cut")
    else:
        cut_ms = 0
    changed = HOUSE_LEVEL_DB - level
    if abs(changed) <= NEAR_ENOUGH_DB:
        changed = 0.0
    else:
        notes.append("raised" if changed > 0 else "lowered")
        if float(np.max(np.abs(values))) * 10 ** (changed / 20) > 0.7:
            notes.append("limited")
        values = set_loudness(values, RATE)
    levels = Levels(
        speech_db=round(level, 1),
        peak_db=round(20 * math.log10(peak), 1),
        changed_db=round(changed, 1),
        cut_ms=cut_ms,
        from_rate=sound.rate,
        from_channels=sound.channels,
        notes=notes,
    )
    if sound.of_the_house and not notes:
        return house_wav(sound.values), levels
    return house_wav(values), levels


def _check_length(values: Audio, rate: int, longest_s: int) -> None:
    if len(values) < rate // 5:
        raise UnusableSound("it is shorter than a fifth of a second", "short")
    if len(values) > longest_s * rate:
        raise UnusableSound(f"it is {len(values) // rate} seconds long, and {longest_s} are taken", "long")


# ── Band, loudness, silence ───────────────────────────────────────────────────────────────────────


def to_telephone_band(audio: Audio, rate: int, *, low: bool = True) -> Audio:
    """Resample to 8 kHz up to 3600 Hz with soft edges; with `low` what lies below 200 Hz goes too."""
    unit = rate // math.gcd(rate, RATE)  # so many samples become a whole number of ours
    pad = -(-rate // 10 // unit) * unit
    block = 2 * unit
    padded = np.concatenate([np.zeros(pad), audio, np.zeros(pad + (-len(audio) - 2 * pad) % block)])
    spectrum = np.fft.rfft(padded)
    hertz: Audio = np.fft.rfftfreq(len(padded), 1 / rate).astype(np.float64)
    if low:
        spectrum *= _rise(hertz, 120, 220)
    spectrum *= _rise(-hertz, -3800, -3450)
    length = len(padded) * RATE // rate
    wanted = np.zeros(length // 2 + 1, spectrum.dtype)
    count = min(len(wanted), len(spectrum))
    wanted[:count] = spectrum[:count]
    narrow = np.fft.irfft(wanted, length) * (length / len(padded))
    begin = pad * RATE // rate
    return narrow[begin : begin + len(audio) * RATE // rate]


def frames_db(audio: Audio, rate: int) -> Audio:
    """The level of each 10 ms."""
    size = rate * _FRAME_MS // 1000
    frames = audio[: len(audio) // size * size].reshape(-1, size)
    return np.asarray(10 * np.log10(np.mean(frames**2, axis=1) + 1e-12))


def speech_level(audio: Audio, rate: int) -> float:
    """The RMS level of what is sounding: the frames within 30 dB of the loudest."""
    levels = frames_db(audio, rate)
    sounding = levels[levels > levels.max() - 30]
    return float(10 * np.log10(np.mean(10 ** (sounding / 10))))


def trim(audio: Audio, rate: int, *, lead_ms: int = 40, tail_ms: int = 60) -> Audio:
    """Cut the silence (45 dB below the loudest) at both ends to so many ms, with soft ends."""
    levels = frames_db(audio, rate)
    sounding = np.flatnonzero(levels > levels.max() - 45)
    size = rate * _FRAME_MS // 1000
    start = max(0, int(sounding[0]) * size - rate * lead_ms // 1000)
    stop = min(len(audio), (int(sounding[-1]) + 1) * size + rate * tail_ms // 1000)
    return fade(audio[start:stop], rate)


def fade(audio: Audio, rate: int, ms: int = 5) -> Audio:
    """Soft ends, so that nothing clicks where recordings are joined."""
    ramp = np.linspace(0, 1, rate * ms // 1000)
    faded = audio.copy()
    faded[: len(ramp)] *= ramp
    faded[len(faded) - len(ramp) :] *= ramp[::-1]
    return faded


def set_loudness(audio: Audio, rate: int, *, level_db: float = HOUSE_LEVEL_DB) -> Audio:
    """Bring the sounding parts to a level; peaks above 0.7 are bent so that none passes 0.95."""
    loud = audio * 10 ** ((level_db - speech_level(audio, rate)) / 20)
    over = np.abs(loud) - 0.7
    bent = 0.7 + 0.25 * np.tanh(np.maximum(over, 0) / 0.25)
    return np.where(over > 0, np.sign(loud) * bent, loud)


def _rise(value: Audio, start: float, end: float) -> Audio:
    """0 below start, 1 above end, a raised cosine between."""
    return 0.5 - 0.5 * np.cos(np.pi * np.clip((value - start) / (end - start), 0, 1))


# ── The house's form ──────────────────────────────────────────────────────────────────────────────


def house_wav(values: Audio) -> bytes:
    """8 kHz sound as a file for the switch."""
    samples = ulaw(values)
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", 36 + len(samples), b"WAVE",
        b"fmt ", 16, _ULAW, 1, RATE, RATE, 1, 8,
        b"data", len(samples),
    )  # fmt: skip
    return head + samples


def pcm_wav(sound: bytes) -> bytes:
    """A file of the house as every browser plays it: PCM of 16 bits. Raises `UnusableSound`."""
    values = read_wav(sound).values
    samples = np.clip(np.rint(values * 32_768), -32_768, 32_767).astype("<i2").tobytes()
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", 36 + len(samples), b"WAVE",
        b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16,
        b"data", len(samples),
    )  # fmt: skip
    return head + samples


def length_ms(path: str | Path) -> int:
    """How long a file of the house lasts; 0 for what is none."""
    try:
        with open(path, "rb") as file:
            head = file.read(128)
            octets = file.seek(0, 2)
    except OSError:
        return 0
    at = head.find(b"data")
    if at < 0 or len(head) < at + 8:
        return 0
    size = int.from_bytes(head[at + 4 : at + 8], "little")
    return min(size, max(0, octets - at - 8)) * 1_000 // RATE


def ulaw(values: Audio) -> bytes:
    """ITU-T G.711; values from -1 to 1."""
    linear: np.ndarray[Any, Any] = np.clip(values * 32_768, -32_635, 32_635).astype(np.int32)
    sign = np.where(linear < 0, 0x80, 0)
    size = np.abs(linear) + 0x84
    exponent = np.floor(np.log2(size)).astype(np.int32) - 7
    mantissa = (size >> (exponent + 3)) & 0x0F
    code = ~(sign | (exponent << 4) | mantissa) & 0xFF
    return bytes(code.astype(np.uint8))
