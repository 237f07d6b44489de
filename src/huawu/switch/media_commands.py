"""The centre's commands that concern only media: each checked against the leg table, then passed on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import msgspec

from huawu.link.messages import (
    Bridge,
    Collect,
    Command,
    Echo,
    Hold,
    LegId,
    Mix,
    MoveRecording,
    Mute,
    PauseRecording,
    Play,
    Resume,
    ResumeRecording,
    SendDigits,
    StartRecording,
    StopCollect,
    StopPlay,
    StopRecording,
    TellLevels,
    Unbridge,
    Unmute,
)
from huawu.switch.legs import CommandRefused, LegOver
from huawu.switch.ports import Media
from huawu.switch.table import LegTable

DIGITS = frozenset("0123456789*#ABCDabcd")
MOST_DIGITS = 64
MOST_IN_CONFERENCE = 64
LOUDEST_GAIN = 8.0
"""18 dB: nothing that was said needs more, and noise would only be louder."""


class MediaCommands:
    """`handlers` maps each of these commands' types to what does it; they raise CommandRefused, LegOver."""

    def __init__(self, table: LegTable, media: Media) -> None:
        self._table = table
        self._media = media

    def handlers(self) -> dict[type[Command], Callable[[Any], None]]:
        media = self._media
        return {
            Play: self._play,
            StopPlay: self._for_leg(media.stop_play),
            Collect: self._collect,
            StopCollect: self._for_leg(media.stop_collect),
            SendDigits: self._send_digits,
            Bridge: self._bridge,
            Mix: self._mix,
            Unbridge: self._for_leg(media.unbridge),
            Hold: self._for_leg(media.hold),
            Resume: self._for_leg(media.resume),
            Mute: self._for_leg(media.mute),
            Unmute: self._for_leg(media.unmute),
            TellLevels: self._for_leg(media.tell_levels),
            Echo: self._for_leg(media.echo),
            StartRecording: self._start_recording,
            MoveRecording: self._move_recording,
            PauseRecording: self._for_recording(media.pause_recording),
            ResumeRecording: self._for_recording(media.resume_recording),
            StopRecording: self._for_recording(media.stop_recording),
        }

    def _for_leg(self, do: Callable[[LegId], None]) -> Callable[[Any], None]:
        def handler(command: StopPlay) -> None:
            do(self._table.used(command.leg).leg)

        return handler

    def _for_recording(self, do: Callable[[Any], None]) -> Callable[[Any], None]:
        def handler(command: StopRecording) -> None:
            self._table.recording(command.recording)
            do(command)

        return handler

    def _play(self, command: Play) -> None:
        self._table.used(command.leg)
        self._media.play(command)

    def _collect(self, command: Collect) -> None:
        self._table.used(command.leg)
        if command.max_digits < 1:
            raise CommandRefused(f"max_digits must be at least 1, not {command.max_digits}")
        self._media.collect(command)

    def _send_digits(self, command: SendDigits) -> None:
        self._table.used(command.leg)
        if not DIGITS.issuperset(command.digits) or not 0 < len(command.digits) <= MOST_DIGITS:
            raise CommandRefused(f"digits must be 1 to {MOST_DIGITS} of 0-9 * # A-D")
        self._media.send_digits(command.leg, command.digits)

    def _bridge(self, command: Bridge) -> None:
        if command.a == command.b:
            raise CommandRefused(f"leg {command.a} cannot be bridged with itself")
        self._table.used(command.a)
        self._table.used(command.b)
        self._media.bridge(command.a, command.b)

    def _mix(self, command: Mix) -> None:
        if not command.conference:
            raise CommandRefused("the conference has no name")
        legs: dict[LegId, None] = {}
        for cell in command.hears:
            if cell.listener == cell.speaker:
                raise CommandRefused(f"leg {cell.listener} cannot hear itself in a conference")
            if not 0 <= cell.gain <= LOUDEST_GAIN:
                raise CommandRefused(f"a gain must be 0 to {LOUDEST_GAIN:g}, not {cell.gain:g}")
            legs[cell.listener] = legs[cell.speaker] = None
        if len(legs) > MOST_IN_CONFERENCE:
            raise CommandRefused(f"a conference has at most {MOST_IN_CONFERENCE} legs, not {len(legs)}")
        for leg in legs:
            with contextlib.suppress(LegOver):  # the others go on, as if it had ended a moment later
                self._table.used(leg)
        self._media.mix(command)

    def _start_recording(self, command: StartRecording) -> None:
        left = self._table.used(command.left)
        if command.right is not None:
            try:
                self._table.used(command.right)
            except LegOver:  # its end is being told; the caller's voice is recorded all the same
                command = msgspec.structs.replace(command, right=None)
        if command.recording in self._table.recordings:
            raise CommandRefused(f"recording {command.recording} runs already")
        if left.recording is not None:
            raise CommandRefused(f"leg {command.left} is on the left of recording {left.recording} already")
        left.recording = command.recording
        self._table.recordings[command.recording] = command.left
        self._media.start_recording(command)

    def _move_recording(self, command: MoveRecording) -> None:
        self._table.recording(command.recording)
        if command.right is not None:
            self._table.used(command.right)
        self._media.move_recording(command)
