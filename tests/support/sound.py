"""What is heard in μ-law audio: the tones of an FFT with their levels."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tests.support.rtp import RATE, ulaw_decoded


def level_of(ulaw: bytes, hertz: float) -> float:
    """A tone's level in dB under a full-scale sine: the power within 25 Hz."""
    samples = ulaw_decoded(ulaw)
    window = np.hanning(len(samples))
    power = np.abs(np.fft.rfft(samples * window)) ** 2
    near = np.abs(np.fft.rfftfreq(len(samples), 1 / RATE) - hertz) <= 25
    total = float(power[near].sum()) / (len(samples) * float((window**2).sum()) / 4)
    return float(10 * np.log10(max(total, 1e-12)))


def heard_among(ulaw: bytes, tones: Iterable[float], *, above_db: float = -40.0) -> set[float]:
    """Which of these tones stand out."""
    return {hertz for hertz in tones if level_of(ulaw, hertz) > above_db}
