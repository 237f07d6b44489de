"""Which tones a phone hears: every voice of a test is a tone of its own."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from tests.centre.scene import Line
from tests.support.rtp import RATE, ulaw_decoded

NEAR_HZ = 15.0


def tones_in(line: Line, among: Collection[float], *, loud: float = 0.02) -> set[float]:
    """Those `among` these (in hertz) that the phone heard in the last 200 ms; `loud`: share of full scale."""
    samples = ulaw_decoded(b"".join(line.ear.heard[-10:]))
    if len(samples) < 1_600:
        return set()
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
    return {tone for tone in among if spectrum[np.abs(hertz - tone) < NEAR_HZ].max() > loud * len(samples)}
