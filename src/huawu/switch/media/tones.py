"""Sine waves as μ-law: tones for prompts and the key tones of ITU-T Q.23."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from huawu.switch.media.g711 import encode_ulaw

RATE = 8000
_FULL_SCALE = 32124.0
"""Where μ-law clips; a sine that reaches it is 0 dBFS, as in AES17."""
_RAMP = 40  # samples of fade at each end, against clicks
_LONGEST_MS = 600_000

KEYS = {
    key: (low, high)
    for low, row in zip((697.0, 770.0, 852.0, 941.0), ("123A", "456B", "789C", "*0#D"), strict=True)
    for high, key in zip((1209.0, 1336.0, 1477.0, 1633.0), row, strict=True)
}
"""The pair of frequencies of each key."""


@lru_cache(maxsize=64)
def tone(hertz: tuple[float, ...], length_ms: int, level_db: float = -15.0) -> bytes:
    """The sines together, each equally loud, as μ-law. `level_db` is the sum's mean power in dBFS."""
    count = max(0, min(length_ms, _LONGEST_MS)) * RATE // 1000
    if not hertz or count == 0:
        return b"\xff" * count
    time = np.arange(count) / RATE
    wave = np.zeros(count)
    for frequency in hertz:
        wave += np.sin(2 * np.pi * frequency * time)
    wave *= _FULL_SCALE * 10 ** (min(level_db, 0.0) / 20) / np.sqrt(len(hertz))
    ramp = min(_RAMP, count // 2)
    if ramp:
        fade = np.linspace(0.0, 1.0, ramp, endpoint=False)
        wave[:ramp] *= fade
        wave[-ramp:] *= fade[::-1]
    return encode_ulaw(wave)


def key_tone(digit: str, length_ms: int = 100) -> bytes:
    """The two tones of a key, each at -9 dBFS as a phone would send them. Raises KeyError."""
    return tone(KEYS[digit], length_ms, -6.0)
