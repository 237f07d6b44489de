"""A row of clips as 20 ms frames of μ-law."""

from __future__ import annotations

from typing import assert_never

from huawu.link.messages import Clip, File, Music, Silence, Tone
from huawu.switch.media.prompts import NoPrompt, Prompts
from huawu.switch.media.tones import tone

FRAME = 160
"""Octets of 20 ms."""
QUIET = b"\xff" * FRAME


def music_frame(audio: bytes, at_ms: int) -> bytes:
    """The frame of a loop at a time on the shared clock: all hear the same, and it never restarts."""
    size = len(audio)
    if size == 0:
        return QUIET
    start = at_ms // 20 * FRAME % size
    frame = audio[start : start + FRAME]
    while len(frame) < FRAME:
        frame += audio[: FRAME - len(frame)]
    return frame


class Row:
    """Clips played one after another without a gap, `repeat` times (0 = for ever).

    A clip that cannot be played is skipped and named in `failures`; music has no end.
    """

    __slots__ = ("_at", "_audio", "_clips", "_left", "_music", "_next", "_prompts", "_sounded", "failures")

    def __init__(self, clips: tuple[Clip, ...], repeat: int, prompts: Prompts) -> None:
        self._clips = clips
        self._left = repeat if repeat > 0 else -1
        self._prompts = prompts
        self._next = 0
        self._audio = b""
        self._at = 0
        self._music: bytes | None = None
        self._sounded = False
        self.failures: list[str] = []

    def frame(self, at_ms: int) -> bytes | None:
        """The next 20 ms, or None when the row is over; the last frame is filled up with silence."""
        frame = b""
        while len(frame) < FRAME:
            if self._music is not None:
                return frame + music_frame(self._music, at_ms)[len(frame) :]
            piece = self._audio[self._at : self._at + FRAME - len(frame)]
            if piece:
                self._at += len(piece)
                frame += piece
            elif not self._advance():
                return frame + QUIET[len(frame) :] if frame else None
        return frame

    def _advance(self) -> bool:
        """Go to the next clip; False when there is none. A round without any sound is the last."""
        if self._next >= len(self._clips):
            self._left -= 1 if self._left > 0 else 0
            if self._left == 0 or not self._sounded:
                self._clips = ()
                self._left = 0
                return False
            self._next, self._sounded = 0, False
        clip = self._clips[self._next]
        self._next += 1
        self._at, self._audio = 0, b""
        try:
            match clip:
                case File():
                    self._audio = self._prompts.load(clip.path)
                case Tone():
                    self._audio = tone(clip.hertz, clip.length_ms, clip.level_db)
                case Silence():
                    self._audio = b"\xff" * (8 * max(0, min(clip.length_ms, 3_600_000)))
                case Music():
                    audio = self._prompts.load(clip.path)
                    if not audio:
                        raise NoPrompt(clip.path, "it is empty")
                    self._music = audio
                case _:
                    assert_never(clip)
        except NoPrompt as error:
            if str(error) not in self.failures:
                self.failures.append(str(error))
        self._sounded |= bool(self._audio) or self._music is not None
        return True
