"""The port of recognisers: sound goes in, words with their times come out.

SpeechError
├── NoRecogniser      nothing here can hear: the extra is not installed, or its model is not there
└── UnreadableSound   a file that is no sound, or sound that nobody can read (`sound_files.py`)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from huawu.platform.cause import UNEXPECTED

Samples = npt.NDArray[np.float32]
"""One channel, full scale ±1."""
RATE: Final = 16_000
"""Samples a second, of what recognisers hear."""
LANGUAGES: Final = ("zh", "en")


class SpeechError(Exception):
    """What was said cannot be made out; the text says why and what to do, `code` tells pages which it is."""

    code: str = UNEXPECTED


class NoRecogniser(SpeechError):
    """Nothing here can hear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word (in Chinese one or a few characters), when it was said, and how sure that is, 0–1.

    Milliseconds from the beginning of the samples.
    """

    text: str
    from_ms: int
    to_ms: int
    confidence: float


class Recogniser(Protocol):
    """Hears one speaker's utterance of half a minute at most. Not for several threads at once."""

    @property
    def name(self) -> str:
        """Its name and model, as it is put down with what it heard."""

    def hear(self, samples: Samples, language: str) -> Sequence[Word]:
        """The words at 16 kHz; none where nobody spoke. `language` is `zh` or `en`."""

    def language_of(self, samples: Samples) -> dict[str, float]:
        """How likely each language is, 0–1."""


def plain(value: Any) -> Samples:
    """As recognisers want it: contiguous 32-bit floats."""
    return np.ascontiguousarray(value, dtype=np.float32)
