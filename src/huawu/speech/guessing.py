"""Who speaks in a recording of one channel: guessed by how the voices sound, and always told as a guess."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from huawu.speech.recogniser import RATE, Samples

Voiceprint = tuple[float, ...]
"""Of an utterance: the pitch of the voice, and how its sound spreads over the bands of the telephone."""
_BANDS: Final = 12
_WINDOW: Final = 1_024
_LOWEST_HZ, _HIGHEST_HZ = 70, 400
_ROUNDS: Final = 20


def voiceprint(samples: Samples) -> Voiceprint:
    """How the voice of an utterance sounds."""
    if len(samples) < _WINDOW:
        return (0.0,) * (_BANDS + 1)
    frames = samples[: len(samples) // _WINDOW * _WINDOW].reshape(-1, _WINDOW)
    powers = np.mean(frames**2, axis=1)
    loud = frames[powers >= np.quantile(powers, 0.5)]
    spectra = np.abs(np.fft.rfft(loud * np.hanning(_WINDOW), axis=1)) ** 2
    edges = np.geomspace(200, 3_600, _BANDS + 1) / RATE * _WINDOW
    bands = [
        float(np.log(np.mean(spectra[:, int(low) : max(int(low) + 1, int(high))]) + 1e-9))
        for low, high in pairwise(edges)
    ]
    mean = sum(bands) / len(bands)
    return (float(np.median([_pitch(frame) for frame in loud])), *(band - mean for band in bands))


def guess_speakers(prints: Sequence[Voiceprint], *, first: str, other: str) -> list[str]:
    """Whose each utterance is: two groups of voices; who speaks first is `first` (who answers greets)."""
    if not prints:
        return []
    values = np.array(prints, np.float64)
    spread = values.std(axis=0)
    values = (values - values.mean(axis=0)) / np.where(spread > 1e-9, spread, 1.0)
    values[:, 0] *= 3.0  # pitch tells voices apart best
    groups = _two_groups(values)
    return [first if group == groups[0] else other for group in groups]


def _two_groups(values: npt.NDArray[np.float64]) -> list[int]:
    """2-means from the first utterance and the one least like it."""
    centres = np.stack([values[0], values[int(np.argmax(np.linalg.norm(values - values[0], axis=1)))]])
    groups = np.zeros(len(values), np.int64)
    for _ in range(_ROUNDS):
        distances = np.linalg.norm(values[:, None, :] - centres[None, :, :], axis=2)
        groups = np.argmin(distances, axis=1)
        moved = np.stack(
            [values[groups == nth].mean(axis=0) if (groups == nth).any() else centres[nth] for nth in (0, 1)]
        )
        if np.allclose(moved, centres):
            break
        centres = moved
    return [int(group) for group in groups]


def _pitch(frame: Samples) -> float:
    """The fundamental in octaves above 70 Hz, by autocorrelation."""
    spectrum = np.abs(np.fft.rfft(frame, 2 * _WINDOW)) ** 2
    alike = np.fft.irfft(spectrum)[: RATE // _LOWEST_HZ + 1]
    shortest = RATE // _HIGHEST_HZ
    best = shortest + int(np.argmax(alike[shortest:]))
    return float(np.log2(RATE / best / _LOWEST_HZ))
