"""Recordings as they should not be: heard as far as there is something, or refused with what is wrong."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tools.proof.mixing import mixed
from tools.proof.script import CALLS, load

from huawu.speech.hearing import Hearer, Hearing, open_sound
from huawu.speech.recogniser import SpeechError, Word
from huawu.switch.media import wav
from huawu.switch.media.g711 import ULAW_TO_ALAW, decode_ulaw

MUSIC = Path(__file__).parents[2] / "src" / "huawu" / "assets" / "music"
WITHIN_MS = 250
MOST_MB, MODEL_MB = 1_200, 600


class Counting:
    """A recogniser that hears a word in whatever it is given, as long as that is."""

    name = "counting"

    def hear(self, samples: Any, _language: str) -> Sequence[Word]:
        return [Word(text="嗯", from_ms=0, to_ms=len(samples) // 16, confidence=0.9)]

    def language_of(self, _samples: Any) -> dict[str, float]:
        return {"zh": 1.0}


@pytest.fixture(scope="module")
def channels() -> tuple[bytes, bytes]:
    """Both channels of a scripted call, μ-law."""
    return mixed(load(CALLS / "airport-booking.yaml"))


def heard(file: Path) -> Hearing:
    return Hearer(Counting()).hear(open_sound(file), language="zh")


def house(folder: Path, caller: bytes, agent: bytes) -> Path:
    """As the switch records: two channels of μ-law."""
    both = bytearray(2 * len(caller))
    both[0::2], both[1::2] = caller, agent
    file = folder / "call.wav"
    file.write_bytes(wav.header(2, len(both)) + bytes(both))
    return file


def other(code: int, rate: int, bits: int, samples: bytes, count: int = 2) -> bytes:
    """A WAV file of another kind."""
    octets = bits // 8 * count
    form = struct.pack("<HHIIHH", code, count, rate, rate * octets, octets, bits)
    body = (
        b"WAVEfmt "
        + struct.pack("<I", len(form))
        + form
        + b"data"
        + struct.pack("<I", len(samples))
        + samples
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def at_rate(channel: bytes, rate: int) -> Any:
    """A channel at another rate, full scale 1."""
    values = decode_ulaw(channel) / 32_768
    count = len(values) * rate // 8_000
    return np.interp(np.arange(count) * 8_000 / rate, np.arange(len(values)), values)


def test_silence_is_heard_to_be_silence(tmp_path: Path) -> None:
    found = heard(house(tmp_path, b"\xff" * 80_000, b"\xff" * 80_000))
    assert found.turns == ()
    assert "silent" in found.notes
    assert found.duration_ms == 10_000


def test_music_alone_is_hardly_taken_for_words(tmp_path: Path) -> None:
    tune = b"".join(wav.parse(file.read_bytes()) for file in sorted(MUSIC.rglob("*.wav")))[: 8_000 * 40]
    found = heard(house(tmp_path, tune, b"\xff" * len(tune)))
    spoken = sum(turn.to_ms - turn.from_ms for turn in found.turns)
    assert spoken < found.duration_ms / 5
    assert "agent_silent" in found.notes


@pytest.mark.parametrize("lacking", ["caller", "agent"])
def test_a_channel_that_is_missing_is_told(
    channels: tuple[bytes, bytes], lacking: str, tmp_path: Path
) -> None:
    caller, agent = (
        b"\xff" * len(channel) if side == lacking else channel
        for side, channel in zip(("caller", "agent"), channels, strict=True)
    )
    found = heard(house(tmp_path, caller, agent))
    assert found.turns
    assert {turn.party for turn in found.turns} == {"caller", "agent"} - {lacking}
    assert f"{lacking}_silent" in found.notes


@pytest.mark.parametrize(
    ("code", "rate", "bits"),
    [(1, 8_000, 16), (1, 11_025, 16), (1, 16_000, 8), (1, 44_100, 24), (3, 48_000, 32), (6, 8_000, 8)],
    ids=str,
)
def test_another_form_of_the_same_call_is_heard_alike(
    channels: tuple[bytes, bytes], code: int, rate: int, bits: int, tmp_path: Path
) -> None:
    short = (channels[0][: 8_000 * 12], channels[1][: 8_000 * 12])
    usual = heard(house(tmp_path, *short))
    if code == 6:
        both = bytearray(2 * len(short[0]))
        both[0::2], both[1::2] = (channel.translate(ULAW_TO_ALAW) for channel in short)
        samples = bytes(both)
    else:
        samples = _coded(np.stack([at_rate(channel, rate) for channel in short], axis=1).ravel(), code, bits)
    file = tmp_path / "other.wav"
    file.write_bytes(other(code, rate, bits, samples))
    found = heard(file)
    assert abs(found.duration_ms - usual.duration_ms) <= 20
    assert [turn.party for turn in found.turns] == [turn.party for turn in usual.turns]
    for one, same in zip(found.turns, usual.turns, strict=True):
        assert abs(one.from_ms - same.from_ms) <= WITHIN_MS
        assert abs(one.to_ms - same.to_ms) <= WITHIN_MS


def _coded(values: Any, code: int, bits: int) -> bytes:
    if code == 3:
        return bytes(values.astype("<f4").tobytes())
    if bits == 8:
        return bytes(np.rint(values * 127 + 128).astype(np.uint8).tobytes())
    whole = np.rint(values * (2 ** (bits - 1) - 1)).astype("<i4")
    octets = whole.view(np.uint8).reshape(-1, 4)[:, : bits // 8]
    return bytes(octets.tobytes())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 58 + 16_000), change=st.tuples(st.integers(0, 57), st.integers(0, 255)))
def test_a_truncated_or_spoiled_file_is_heard_or_refused(
    channels: tuple[bytes, bytes], cut: int, change: tuple[int, int], tmp_path: Path
) -> None:
    whole = bytearray(house(tmp_path, channels[0][:16_000], channels[1][:16_000]).read_bytes())
    whole[change[0]] = change[1]
    file = tmp_path / "cut.wav"
    file.write_bytes(bytes(whole[:cut]))
    refusal = ""
    try:
        found = heard(file)
    except SpeechError as error:
        refusal = str(error)
    assert "cut.wav" in refusal or 0 <= found.duration_ms <= 16_000


def loud(frame: Any) -> float:
    """Stands in for the voice detection, whose memory does not grow, where an hour must pass quickly."""
    return float(np.dot(frame, frame) / len(frame) > 1e-5)


HOUR = """
import json, sys
from pathlib import Path
from tests.proof.test_hard_sound import Counting, loud
from huawu.speech.hearing import Hearer, open_sound
found = Hearer(Counting(), lambda: loud).hear(open_sound(Path(sys.argv[1])), language="zh")
most = next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps({"ms": found.duration_ms, "turns": len(found.turns), "mb": most}))
"""


def test_an_hour_takes_little_memory(channels: tuple[bytes, bytes], tmp_path: Path) -> None:
    """The rest of what a worker may have, `MOST_MB`, is the model's: about 600 MB."""
    quiet = 8_000 * 3_600 - 2 * len(channels[0])
    file = house(tmp_path, *(channel + b"\xff" * quiet + channel for channel in channels))
    told = subprocess.run(
        [sys.executable, "-c", HOUR, str(file)], capture_output=True, text=True, check=True, timeout=500
    )
    result = json.loads(told.stdout)
    assert result["ms"] == 3_600_000
    assert result["turns"] >= 10
    assert result["mb"] + MODEL_MB <= MOST_MB
