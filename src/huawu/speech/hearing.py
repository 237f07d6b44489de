"""A recording as what was said in it, by whom and when: the pipeline from sound to turns.

As measured (docs/decisions/0033): each channel and each utterance by itself, without a prompt; an utterance
that is 12 dB below the other channel at the same time is crosstalk. The sound is taken in stretches,
so an hour needs no more memory than a minute.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from huawu.speech.guessing import Voiceprint, guess_speakers, voiceprint
from huawu.speech.recogniser import LANGUAGES, RATE, Recogniser, Samples, Word
from huawu.speech.sound_files import SoundFile
from huawu.speech.voice_activity import FRAME, FRAME_MS, Likely, Terms, Utterance, VoiceEar, frames_of, silero
from huawu.speech.writing import text_of, written

STRETCH_MS: Final = 20_480
"""So much is looked at at a time: a whole number of frames."""
CROSSTALK_DB: Final = -12.0
ONE_CHANNEL: Final = Terms(silence_frames=9)
"""Where both speak in one channel, the other's turn begins after a shorter pause: 0.3 s."""
LANGUAGE_UTTERANCES: Final = 3
"""After so many a call's language is settled, where nobody told it."""
LONG_ENOUGH_S: Final = 1.0
SILENT_DB: Final = -60.0
Note = Literal["cut_off", "caller_silent", "agent_silent", "silent", "speakers_guessed"]
Progress = Callable[[float], None]
"""Told the share that is heard, 0–1. It may raise to break off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one party said without a longer pause. Milliseconds from the recording's beginning."""

    party: str
    from_ms: int
    to_ms: int
    text: str
    words: tuple[Word, ...]
    confidence: float

    def fields(self, zero_ms: int, by: str) -> dict[str, Any]:
        """As the fields of a `said` fact of a call whose recording began at `zero_ms`."""
        return {
            "from_ms": zero_ms + self.from_ms,
            "to_ms": zero_ms + self.to_ms,
            "text": self.text,
            "words": [
                [word.text, zero_ms + word.from_ms, zero_ms + word.to_ms, word.confidence]
                for word in self.words
            ],
            "confidence": self.confidence,
            "by": by,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """All that was heard of a recording, in the order of its beginnings."""

    duration_ms: int
    turns: tuple[Turn, ...]
    by: str
    language: str
    speakers: Literal["channels", "guessed"] = "channels"
    notes: tuple[Note, ...] = ()
    took_ms: int = 0


@dataclass(slots=True)
class _Channel:
    """What is known of a channel so far."""

    party: str
    likely: Likely
    ear: VoiceEar
    kept: Samples = field(default_factory=lambda: np.zeros(0, np.float32))
    kept_from: int = 0  # frames
    powers: list[float] = field(default_factory=list)

    def take(self, samples: Samples) -> list[Utterance]:
        """Hear what comes next; utterances that are over."""
        over: list[Utterance] = []
        pieces = [self.kept]
        for frame in frames_of(samples):
            self.powers.append(float(np.dot(frame, frame)) / FRAME)
            if (found := self.ear.hear(self.likely(frame))) is not None:
                over.append(found)
            pieces.append(frame)
        self.kept = np.concatenate(pieces)
        return over

    def cut(self, utterance: Utterance) -> Samples:
        first = (utterance.first - self.kept_from) * FRAME
        return self.kept[first : first + (utterance.last - utterance.first) * FRAME]

    def forget(self) -> None:
        """Sound that no utterance can need any more."""
        drop = self.ear.open_from - self.kept_from
        if drop > 0:
            self.kept = self.kept[drop * FRAME :].copy()
            self.kept_from += drop

    def level_db(self, utterance: Utterance) -> float:
        return level_db(self.powers[utterance.spoken_first : utterance.spoken_last])


class Hearer:
    """Hears recordings, one after the other, with one recogniser."""

    def __init__(self, recogniser: Recogniser, voice: Callable[[], Likely] = silero) -> None:
        self._recogniser = recogniser
        self._voice = voice

    @property
    def name(self) -> str:
        return self._recogniser.name

    def hear(
        self,
        sound: SoundFile,
        *,
        parties: Sequence[str] = ("caller", "agent"),
        language: str = "",
        progress: Progress | None = None,
        between: Callable[[], None] | None = None,
    ) -> Hearing:
        """A whole recording, `parties` left and right. Raises `SpeechError`, and what `progress` raises.

        `between` is called before each utterance is heard: what may not wait is done there. Of one channel
        the speakers are guessed. Without a language the first utterances tell it.
        """
        began = time.monotonic()
        terms = Terms() if sound.channels == 2 else ONE_CHANNEL
        channels = [_Channel(party, self._voice(), VoiceEar(terms)) for party in parties[: sound.channels]]
        tongue = _Tongue(self._recogniser, language)
        turns: list[Turn] = []
        prints: list[Voiceprint] = []
        for at_ms, samples in sound.stretches(STRETCH_MS):
            ended = [channel.take(values) for channel, values in zip(channels, samples, strict=True)]
            if at_ms + STRETCH_MS >= sound.length_ms:
                for over, channel in zip(ended, channels, strict=True):
                    over += filter(None, [channel.ear.end()])
            self._hear_all(channels, ended, tongue, turns, prints, between)
            if progress is not None:
                progress(min(1.0, (at_ms + STRETCH_MS) / sound.length_ms))
        notes = _notes(sound, channels)
        if sound.channels == 1:
            guessed = guess_speakers(prints, first=parties[-1], other=parties[0])
            turns = [replace(turn, party=party) for turn, party in zip(turns, guessed, strict=True)]
        return Hearing(
            duration_ms=sound.length_ms,
            turns=tuple(sorted(turns, key=lambda turn: (turn.from_ms, turn.party))),
            by=self._recogniser.name,
            language=tongue.language,
            speakers="channels" if sound.channels == 2 else "guessed",
            notes=notes,
            took_ms=round((time.monotonic() - began) * 1000),
        )

    def hear_utterance(
        self, sound: SoundFile, channel: int, party: str, from_ms: int, to_ms: int, language: str
    ) -> Turn | None:
        """One party's utterance of a call that goes on; None when it is crosstalk, or no words."""
        begin = max(0, from_ms - 160)
        samples = sound.stretch(begin, to_ms + 160)
        if not samples.shape[1]:
            return None
        levels = [level_db([float(np.mean(values**2))]) for values in samples]
        if sound.channels == 2 and levels[channel] - levels[1 - channel] <= CROSSTALK_DB:
            return None
        words = self._recogniser.hear(samples[channel], language or LANGUAGES[0])
        return _turn(party, begin, begin + samples.shape[1] * 1000 // RATE, words)

    def _hear_all(
        self,
        channels: Sequence[_Channel],
        ended: Sequence[Iterable[Utterance]],
        tongue: _Tongue,
        turns: list[Turn],
        prints: list[Voiceprint],
        between: Callable[[], None] | None,
    ) -> None:
        for nth, channel in enumerate(channels):
            for utterance in ended[nth]:
                if len(channels) == 2 and _is_crosstalk(utterance, channel, channels[1 - nth]):
                    continue
                if between is not None:
                    between()
                samples = channel.cut(utterance)
                words = self._recogniser.hear(samples, tongue.of(samples))
                turn = _turn(channel.party, utterance.first * FRAME_MS, utterance.last * FRAME_MS, words)
                if turn is not None:
                    turns.append(turn)
                    prints.append(voiceprint(samples) if len(channels) == 1 else ())
        for channel in channels:
            channel.forget()


class _Tongue:
    """The language of a call: as told, or by its first utterances."""

    def __init__(self, recogniser: Recogniser, told: str) -> None:
        self._recogniser = recogniser
        primary = told.partition("-")[0].lower()
        self._told = primary if primary in LANGUAGES else ""
        self._sums = dict.fromkeys(LANGUAGES, 0.0)
        self._heard = 0

    @property
    def language(self) -> str:
        return self._told or max(self._sums, key=lambda name: self._sums[name])

    def of(self, samples: Samples) -> str:
        """The language to hear this utterance in."""
        enough = len(samples) >= LONG_ENOUGH_S * RATE or not self._heard
        if not self._told and self._heard < LANGUAGE_UTTERANCES and enough:
            for name, likely in self._recogniser.language_of(samples).items():
                self._sums[name] = self._sums.get(name, 0.0) + likely
            self._heard += len(samples) >= LONG_ENOUGH_S * RATE
        return self.language


def open_sound(path: Path) -> SoundFile:
    """A recording to be heard. Raises `SpeechError`."""
    return SoundFile.open(path)


def level_db(powers: Sequence[float]) -> float:
    """The level of frames of these powers, of full scale."""
    return float(10 * np.log10(np.mean(powers) + 1e-12)) if len(powers) else -120.0


def _is_crosstalk(utterance: Utterance, own: _Channel, other: _Channel) -> bool:
    """The other party's voice, come back through the line or the headset."""
    return own.level_db(utterance) - other.level_db(utterance) <= CROSSTALK_DB


def _turn(party: str, from_ms: int, to_ms: int, heard: Sequence[Word]) -> Turn | None:
    words = written(heard)
    if not words:
        return None
    placed = tuple(
        replace(
            word,
            from_ms=min(max(from_ms, from_ms + word.from_ms), to_ms),
            to_ms=min(max(from_ms, from_ms + word.to_ms), to_ms),
        )
        for word in words
    )
    weights = [len(word.text.strip()) or 1 for word in placed]
    sure = sum(word.confidence * weight for word, weight in zip(placed, weights, strict=True)) / sum(weights)
    return Turn(
        party=party,
        from_ms=placed[0].from_ms,
        to_ms=max(word.to_ms for word in placed),
        text=text_of(placed),
        words=placed,
        confidence=round(sure, 3),
    )


def notes_of(sound: SoundFile) -> tuple[Note, ...]:
    """What is to be said of a file before it is heard."""
    notes: list[Note] = ["cut_off"] if sound.cut_off_ms else []
    if sound.channels == 1:
        notes.append("speakers_guessed")
    return tuple(notes)


def _notes(sound: SoundFile, channels: Sequence[_Channel]) -> tuple[Note, ...]:
    notes = [*notes_of(sound)]
    loudest = [level_db([max(channel.powers, default=0.0)]) for channel in channels]
    if max(loudest) < SILENT_DB:
        notes.append("silent")
    elif len(channels) == 2:
        silent: dict[str, Note] = {"caller": "caller_silent", "agent": "agent_silent"}
        notes += [
            silent[channel.party]
            for channel, loud in zip(channels, loudest, strict=True)
            if loud < SILENT_DB and channel.party in silent
        ]
    return tuple(notes)
