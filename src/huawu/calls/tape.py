"""What a call knows of the message its caller speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from huawu.calls.voicemails import Voicemail
from huawu.link.messages import RecordingId

Purpose = Literal["voicemail", "comment"]


@dataclass(slots=True)
class Tape:
    """A recording of the caller alone; without `recording` the prompts before it are being said."""

    purpose: Purpose
    queue: str
    longest_ms: int
    shortest_ms: int
    silence_ms: int
    recording: RecordingId | None = None
    path: str = ""
    began_ms: int = 0
    voicemail: Voicemail | None = None
    told: bool = False  # the tone is over
    spoke: bool = False
    again: bool = False  # to be thrown away and begun anew
    stopping: bool = False  # the switch was told to end it
    broken: bool = False  # some of it could not be written
