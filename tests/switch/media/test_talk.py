from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from huawu.link.messages import TalkStarted, TalkStopped
from huawu.switch.media import wav
from huawu.switch.media.g711 import ULAW_TO_ALAW, decode_ulaw, encode_ulaw
from huawu.switch.media.talk import TalkEar, loudness_db, mean_power
from huawu.switch.media.talk_facts import Began, Ended
from huawu.switch.media.tones import tone
from tests.switch.media.fakes import LOUD, QUIET, Stage

RNG = np.random.default_rng(7)


def speech(length_ms: int, level_db: float) -> npt.NDArray[np.float64]:
    """A made-up voice: a gliding pitch with falling harmonics, in syllables of 180 ms with dips between."""
    count = length_ms * 8
    time = np.arange(count) / 8000
    pitch = 130 + 25 * np.sin(2 * np.pi * 1.3 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / 8000
    wave = np.zeros(count)
    for harmonic in range(1, 20):
        wave += np.sin(harmonic * phase) / harmonic
    syllables = 0.15 + 0.85 * np.abs(np.sin(np.pi * time / 0.18))
    wave *= syllables
    wave *= 32124 / np.sqrt(2) * 10 ** (level_db / 20) / np.sqrt((wave**2).mean())
    return wave


def noise(length_ms: int, level_db: float) -> npt.NDArray[np.float64]:
    return RNG.normal(0, 32124 / np.sqrt(2) * 10 ** (level_db / 20), length_ms * 8)


def run(stage: Stage, leg: str, wave: npt.NDArray[np.float64], codec: str = "PCMU") -> None:
    peer = next(peer for peer in stage.peers if peer.leg == leg)
    ulaw = encode_ulaw(wave)
    for start in range(0, len(ulaw), 160):
        frame = ulaw[start : start + 160]
        peer.voice = frame.translate(ULAW_TO_ALAW) if codec == "PCMA" else frame
        stage.run(20)


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
@pytest.mark.parametrize("level_db", [-15.0, -25.0, -32.0])
@pytest.mark.parametrize("floor_db", [-70.0, -55.0, -45.0])
def test_talk_is_dated_and_told_within_150_ms(codec: str, level_db: float, floor_db: float) -> None:
    stage = Stage()
    stage.peer("a", codec)  # type: ignore[arg-type]
    wave = noise(6_000, floor_db)
    wave[2_000 * 8 : 3_500 * 8] += speech(1_500, level_db)
    began_ms, ended_ms = stage.now + 2_000, stage.now + 3_500
    run(stage, "a", wave[: 2_150 * 8], codec)
    (started,) = stage.told(TalkStarted)
    assert abs(started.began_ms - began_ms) <= 100
    run(stage, "a", wave[2_150 * 8 :], codec)
    assert len(stage.told(TalkStarted)) == 1
    (stopped,) = stage.told(TalkStopped)
    assert abs(stopped.ended_ms - ended_ms) <= 150
    assert abs(stopped.level_db - level_db) < 3
    assert stopped.peak_db >= stopped.level_db


def test_clicks_and_steady_noise_are_no_talk() -> None:
    stage = Stage()
    stage.peer("a")
    wave = noise(8_000, -48.0)
    for at_ms in range(1_000, 8_000, 700):
        wave[at_ms * 8 : at_ms * 8 + 160] += 12_000
    run(stage, "a", wave)
    assert stage.told(TalkStarted) == []


def test_a_louder_line_is_learned_as_floor() -> None:
    """Noise from the first moment may pass for a voice, but not for long; a voice over it is heard."""
    ear = TalkEar()
    at_ms = 0
    for _ in range(3_000):
        ear.hear(encode_ulaw(noise(20, -40.0)), False, at_ms)
        at_ms += 20
    assert not ear.talking
    assert [ear.hear(LOUD, False, at_ms + 20 * index) for index in range(3)][-1] is not None


def test_talk_ends_when_packets_stop_coming() -> None:
    stage = Stage()
    a = stage.peer("a")
    run(stage, "a", speech(1_000, -20.0))
    ended_ms = stage.now
    a.voice = None
    stage.run(400)
    (stopped,) = stage.told(TalkStopped)
    assert abs(stopped.ended_ms - ended_ms) <= 60


def test_a_muted_party_does_not_talk() -> None:
    stage = Stage()
    a = stage.peer("a")
    run(stage, "a", speech(500, -20.0))
    stage.engine.mute(a.leg)
    assert len(stage.told(TalkStopped)) == 1
    run(stage, "a", speech(500, -20.0))
    assert len(stage.told(TalkStarted)) == 1
    stage.engine.unmute(a.leg)
    run(stage, "a", speech(500, -20.0))
    assert len(stage.told(TalkStarted)) == 2


def test_levels_are_relative_to_the_loudest_sine() -> None:
    sine = tone((400.0,), 1_000, -20.0)[800:960]
    assert mean_power(sine, alaw=False) == pytest.approx(0.01, rel=0.02)
    assert mean_power(sine.translate(ULAW_TO_ALAW), alaw=True) == pytest.approx(0.01, rel=0.03)
    assert loudness_db(QUIET, alaw=False) == loudness_db(b"", alaw=False) == -90
    assert loudness_db(QUIET.translate(ULAW_TO_ALAW), alaw=True) < -65


@pytest.mark.parametrize("level_db", [-12.0, -25.0, -40.0])
@pytest.mark.parametrize("alaw", [False, True])
def test_the_fast_measure_is_near_the_true_level(level_db: float, alaw: bool) -> None:
    for wave in (noise(200, level_db), speech(180, level_db)):
        ulaw = encode_ulaw(wave)
        payload = ulaw.translate(ULAW_TO_ALAW) if alaw else ulaw
        true_db = 10 * np.log10(mean_power(payload, alaw))
        assert abs(loudness_db(payload, alaw) - true_db) < 3


ASSETS = Path(str(resources.files("huawu").joinpath("assets")))
RECORDED = sorted([*ASSETS.glob("dialogues/*/*.wav"), *ASSETS.glob("prompts/*/*.wav")])


@pytest.mark.parametrize("noise_db", [None, -55.0])
def test_recorded_speech_is_told_in_time_and_only_pauses_split_it(noise_db: float | None) -> None:
    """The onset is where a frame first comes within 25 dB of the loudest one."""
    assert RECORDED
    for path in RECORDED:
        ulaw = wav.parse(path.read_bytes())
        wave = decode_ulaw(ulaw + b"\xff" * (-len(ulaw) % 160)).astype(np.float64)
        power = (wave.reshape(-1, 160) ** 2).mean(axis=1)
        loud = np.flatnonzero(power > power.max() * 10**-2.5)
        onset_ms, over_ms = 1_000 + 20 * int(loud[0]), 1_020 + 20 * int(loud[-1])
        longest_pause_ms = 20 * int(np.diff(loud).max(initial=1) - 1)
        wave = np.concatenate([np.zeros(8_000), wave, np.zeros(8_000)])
        if noise_db is not None:
            wave += noise(wave.size // 8, noise_db)
        spoken = encode_ulaw(wave)
        ear, began, ended = TalkEar(), [], []
        for at_ms in range(0, len(spoken) // 8, 20):
            fact = ear.hear(spoken[8 * at_ms : 8 * at_ms + 160], False, at_ms)
            if isinstance(fact, Began):
                began.append((fact.at_ms, at_ms + 20))
            elif isinstance(fact, Ended):
                ended.append(fact.at_ms)
        assert began[0][0] >= onset_ms - 150, path
        assert began[0][1] <= onset_ms + 150, path
        assert over_ms - 150 <= ended[-1] <= over_ms + 300, path
        assert len(began) == len(ended)
        if longest_pause_ms < 250:
            assert len(began) == 1, path
