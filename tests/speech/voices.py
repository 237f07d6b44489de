"""Sound, a voice detector and a recogniser for tests of the pipeline: deterministic, and quick."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from huawu.assets.telephone_sound import ulaw
from huawu.speech.recogniser import RATE, Samples, Word

HOUSE_RATE = 8_000


def tone(ms: int, hertz: float, level_db: float = -20.0, rate: int = HOUSE_RATE) -> np.ndarray:
    """Somebody speaks: a tone tells who."""
    at = np.arange(ms * rate // 1000) / rate
    return np.asarray(10 ** (level_db / 20) * np.sqrt(2) * np.sin(2 * np.pi * hertz * at))


def channel(length_ms: int, *voices: tuple[int, np.ndarray], rate: int = HOUSE_RATE) -> np.ndarray:
    """Silence of that length with voices at their instants."""
    values = np.zeros(length_ms * rate // 1000)
    for at_ms, voice in voices:
        first = at_ms * rate // 1000
        values[first : first + len(voice)] += voice[: len(values) - first]
    return values


def wav(path: Path, *channels: np.ndarray, rate: int = HOUSE_RATE, code: int = 7, bits: int = 8) -> Path:
    """A file of these channels, as μ-law unless told otherwise."""
    together = np.stack(channels, axis=1).reshape(-1)
    samples = coded(together, code, bits)
    width = len(channels) * bits // 8
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", 36 + len(samples), b"WAVE",
        b"fmt ", 16, code, len(channels), rate, rate * width, width, bits,
        b"data", len(samples),
    )  # fmt: skip
    path.write_bytes(head + samples)
    return path


def coded(values: np.ndarray, code: int, bits: int) -> bytes:
    """Values from -1 to 1 as a file holds them."""
    match code, bits:
        case 7, 8:
            return ulaw(values)
        case 1, 8:
            return bytes((np.clip(values * 128 + 128, 0, 255)).astype(np.uint8))
        case 1, 16:
            return (values * 32_767).astype("<i2").tobytes()
        case 1, 24:
            whole = (values * 8_388_607).astype("<i4")
            return b"".join(int(each).to_bytes(3, "little", signed=True) for each in whole)
        case 3, 32:
            return values.astype("<f4").tobytes()
    raise ValueError((code, bits))


def loud(frame: Samples) -> float:
    """A frame of anything louder than -50 dB is speech."""
    return 0.9 if float(np.mean(frame**2)) > 1e-5 else 0.1


@dataclass
class ToneReader:
    """Writes what it hears: `words` by the tone's frequency, to the nearest. Satisfies `Recogniser`."""

    words: dict[int, str]
    language: str = "zh"
    name: str = "tone reader"
    asked: list[tuple[int, str]] = field(default_factory=list)
    languages_asked: int = 0

    def hear(self, samples: Samples, language: str) -> Sequence[Word]:
        self.asked.append((len(samples) * 1000 // RATE, language))
        spectrum = np.abs(np.fft.rfft(samples))
        hertz = float(np.argmax(spectrum)) * RATE / len(samples)
        known = min(self.words, key=lambda each: abs(each - hertz))
        text = self.words[known]
        length_ms = len(samples) * 1000 // RATE
        each_ms = length_ms // max(len(text), 1)
        return [
            Word(text=sign, from_ms=nth * each_ms, to_ms=(nth + 1) * each_ms, confidence=0.9)
            for nth, sign in enumerate(text)
        ]

    def language_of(self, samples: Samples) -> dict[str, float]:
        self.languages_asked += 1
        return {"zh": 0.2, "en": 0.2} | {self.language: 0.8}
