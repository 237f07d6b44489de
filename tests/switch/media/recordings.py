"""Recordings made and read by tests: tones spoken by legs, and what of them is in the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from huawu.link.messages import LegId, RecordingId, StartRecording
from huawu.switch.media import wav
from huawu.switch.media.g711 import decode_ulaw
from huawu.switch.media.tones import tone
from tests.switch.media.fakes import Stage

R = RecordingId("r")


def channels(path: str | Path) -> tuple[bytes, bytes]:
    data = wav.parse(Path(path).read_bytes(), channels=2)
    return data[0::2], data[1::2]


OFF_HZ = 15
"""So far off is a tone whose speaker others kept waiting: there are holes in it."""


def pitch(ulaw: bytes) -> int:
    """The loudest frequency; 0 = silence."""
    if not ulaw.strip(b"\xff"):
        return 0
    return int(np.abs(np.fft.rfft(decode_ulaw(ulaw).astype(float), 8000)).argmax())


def frames(hertz: float, length_ms: int = 60_000) -> list[bytes]:
    wave = tone((hertz,), length_ms)
    return [wave[at : at + 160] for at in range(0, len(wave), 160)]


def start(stage: Stage, path: Path, right: str | None = "b") -> None:
    stage.engine.start_recording(
        StartRecording(
            recording=R, path=str(path), left=LegId("a"), right=None if right is None else LegId(right)
        )
    )


def talk(stage: Stage, length_ms: int, **hertz: float) -> None:
    """Each named leg speaks a tone, without a break between calls of this."""
    for _ in range(length_ms // 20):
        for peer in stage.peers:
            if str(peer.leg) in hertz:
                step = (stage.now // 20) % 50
                peer.voice = frames(hertz[str(peer.leg)], 1_000)[step]
            else:
                peer.voice = None
        stage.run(20)
