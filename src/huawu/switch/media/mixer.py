"""Sums of voices: each listener's row of gains times the voices, for many conferences in one go."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import numpy.typing as npt

from huawu.switch.media.g711 import ULAW, encode_ulaw
from huawu.switch.media.player import FRAME, QUIET

KNEE = 24_576.0
"""Samples up to here come out as they are (-2.3 dBFS); louder sums bend towards full scale."""
FULL = 32_124.0
_REACH = 131_072  # sums beyond are as loud as this one: the knee is long flat there

Gains = npt.NDArray[np.float32]
"""Square: row = listener, column = speaker."""


def softened(samples: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """What a sum becomes: no edge anywhere, and never beyond full scale."""
    size = np.abs(samples)
    bent = FULL - (FULL - KNEE) * np.exp(-(np.maximum(size, KNEE) - KNEE) / (FULL - KNEE))
    return np.where(size <= KNEE, samples, np.sign(samples) * bent)


_DECODED = ULAW.astype(np.float32)
_ENCODED = np.frombuffer(encode_ulaw(softened(np.arange(-_REACH, _REACH, dtype=np.float64))), np.uint8)


class Mixer:
    """The gains of conferences that stay as they are for a while; equally large ones are mixed together.

    `order` tells in which order the conferences' frames are to be given and come out: indices into
    `conferences`, smallest conference first.
    """

    def __init__(self, conferences: Sequence[Gains]) -> None:
        self.order = sorted(range(len(conferences)), key=lambda index: len(conferences[index]))
        self._groups: list[tuple[slice, int, Gains]] = []
        rows = 0
        for size, group in groupby(self.order, key=lambda index: len(conferences[index])):
            stacked = np.stack([conferences[index] for index in group])
            self._groups.append((slice(rows, rows + len(stacked) * size), size, stacked))
            rows += len(stacked) * size
        self._voices = np.zeros((rows, FRAME), np.float32)
        self._sums = np.zeros((rows, FRAME), np.float32)

    def mix(self, frames: Sequence[bytes | None]) -> bytes:
        """A frame of μ-law from each leg (None = silent) in; what each is to hear, one after another, out."""
        said = np.frombuffer(b"".join([QUIET if frame is None else frame for frame in frames]), np.uint8)
        voices, sums = self._voices, self._sums
        np.take(_DECODED, said.reshape(voices.shape), out=voices, mode="clip")
        for rows, size, gains in self._groups:
            np.matmul(gains, voices[rows].reshape(-1, size, FRAME), out=sums[rows].reshape(-1, size, FRAME))
        sums += _REACH + 0.5
        return np.take(_ENCODED, sums.astype(np.intp), mode="clip").tobytes()
