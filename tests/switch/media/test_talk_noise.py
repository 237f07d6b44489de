"""Noise that sets in, grows and goes away is no talk for long, and costs no word that is spoken over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.switch.media.g711 import encode_ulaw
from huawu.switch.media.talk import LOUDEST_FLOOR_DB, LOWEST_FLOOR_DB, TalkEar
from huawu.switch.media.talk_facts import Began, Ended, Second
from huawu.switch.media.tones import tone
from tests.switch.media.test_talk import speech

Wave = npt.NDArray[np.float64]
SPURIOUS_MS = 1_200
"""Within this time noise that set in is known as noise; what it was taken for is over 300 ms later."""


def scaled(wave: Wave, level_db: float) -> Wave:
    return wave * (22715 * 10 ** (level_db / 20) / float(np.sqrt((wave**2).mean())))


def white(length_ms: int) -> Wave:
    return np.random.default_rng(11).normal(size=length_ms * 8)


def pink(length_ms: int) -> Wave:
    spectrum = np.fft.rfft(white(length_ms))
    spectrum /= np.sqrt(np.maximum(np.arange(spectrum.size) * 4_000 / spectrum.size, 50))
    return np.fft.irfft(spectrum, length_ms * 8)


def hum(length_ms: int) -> Wave:
    time = np.arange(length_ms * 8) / 8_000
    return np.sin(2 * np.pi * 50 * time) + 0.5 * np.sin(2 * np.pi * 150 * time) + 0.1 * white(length_ms)


def heard(wave: Wave) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """When talks began and ended, each with the instant at which it was told."""
    ear, octets = TalkEar(), encode_ulaw(wave)
    began, ended = [], []
    for at_ms in range(0, len(octets) // 8, 20):
        match ear.hear(octets[8 * at_ms : 8 * at_ms + 160], False, at_ms):
            case Began(at_ms=instant):
                began.append((instant, at_ms + 20))
            case Ended(at_ms=instant):
                ended.append((instant, at_ms + 20))
            case _:
                pass
    return began, ended


@pytest.mark.parametrize("kind", [white, pink, hum])
@pytest.mark.parametrize("level_db", [-46.0, -44.0, -40.0, -36.0, -30.0])
def test_noise_after_digital_silence_is_one_short_talk_at_most(
    kind: Callable[[int], Wave], level_db: float
) -> None:
    began, ended = heard(np.concatenate([np.zeros(3_000 * 8), scaled(kind(20_000), level_db)]))
    assert len(began) == len(ended) <= 1
    for instant, told_ms in ended:
        assert instant <= 3_000 + SPURIOUS_MS
        assert told_ms <= 3_000 + 1_500


@pytest.mark.parametrize("kind", [white, pink, hum])
@pytest.mark.parametrize("step_db", [10.0, 20.0, 30.0])
@pytest.mark.parametrize("before_db", [-70.0, -60.0])
def test_noise_that_grows_at_once_is_known_within_a_second_and_a_half(
    kind: Callable[[int], Wave], step_db: float, before_db: float
) -> None:
    wave = [scaled(kind(4_000), before_db), scaled(kind(12_000), before_db + step_db)]
    began, ended = heard(np.concatenate(wave))
    assert len(began) == len(ended) <= 1
    assert all(told_ms <= 4_000 + 1_500 for _, told_ms in ended)


@pytest.mark.parametrize("kind", [white, pink, hum])
@pytest.mark.parametrize("level_db", [-60.0, -50.0, -40.0, -30.0])
def test_steady_noise_from_the_start_is_no_talk_after_a_second(
    kind: Callable[[int], Wave], level_db: float
) -> None:
    began, ended = heard(scaled(kind(15_000), level_db))
    assert len(began) == len(ended) <= 1
    assert all(told_ms <= 1_500 for _, told_ms in ended)


@pytest.mark.parametrize("noise_db", [-46.0, -42.0, -38.0])
def test_a_voice_over_noise_that_set_in_is_told_in_time(noise_db: float) -> None:
    """The must: within 150 ms, from the moment on at which the noise is known as noise."""
    wave = np.concatenate([np.zeros(2_000 * 8), scaled(white(10_000), noise_db)])
    for at_ms in (4_000, 7_000):
        wave[at_ms * 8 : (at_ms + 1_500) * 8] += speech(1_500, -20.0)
    began, ended = heard(wave)
    for at_ms in (4_000, 7_000):
        assert any(abs(instant - at_ms) <= 100 and told_ms - at_ms <= 150 for instant, told_ms in began)
        assert any(abs(instant - at_ms - 1_500) <= 150 for instant, _ in ended)


@pytest.mark.parametrize("level_db", [-15.0, -25.0, -32.0, -38.0])
def test_bursts_of_speech_after_digital_silence_begin_and_end_in_time(level_db: float) -> None:
    wave = np.zeros(9_000 * 8)
    spoken = ((1_000, 400), (3_000, 1_800), (6_500, 900))
    for at_ms, length_ms in spoken:
        wave[at_ms * 8 : (at_ms + length_ms) * 8] = speech(length_ms, level_db)
    began, ended = heard(wave)
    assert len(began) == len(ended) == len(spoken)
    for (at_ms, length_ms), (begins, told_ms), (ends, _) in zip(spoken, began, ended, strict=True):
        assert abs(begins - at_ms) <= 100
        assert told_ms - at_ms <= 150
        assert abs(ends - at_ms - length_ms) <= 150


@pytest.mark.parametrize("quiet_db", [None, -60.0])
def test_a_quiet_voice_is_heard_soon_after_the_noise_went_away(quiet_db: float | None) -> None:
    """The floor that followed the noise up comes down with it."""
    wave = np.zeros(9_000 * 8) if quiet_db is None else scaled(white(9_000), quiet_db)
    wave[: 4_000 * 8] = scaled(white(4_000), -30.0)
    wave[4_300 * 8 : 5_800 * 8] += speech(1_500, -38.0)
    began, ended = heard(wave)
    assert abs(began[-1][0] - 4_300) <= 100
    assert began[-1][1] <= 4_300 + 150
    assert abs(ended[-1][0] - 5_800) <= 150


@pytest.mark.parametrize("level_db", [-32.0, -26.0, -18.0])
def test_a_long_quiet_speech_is_one_talk(level_db: float) -> None:
    """However long somebody speaks without a pause: speech is never as even as noise."""
    began, ended = heard(np.concatenate([speech(60_000, level_db), np.zeros(8_000)]))
    assert len(began) == len(ended) == 1


def test_a_tone_at_its_usual_level_is_heard_throughout() -> None:
    octets = tone((440.0,), 10_000, -20.0)
    ear = TalkEar()
    told = [ear.hear(octets[8 * at_ms : 8 * at_ms + 160], False, at_ms) for at_ms in range(0, 10_000, 20)]
    assert not any(isinstance(fact, Ended) for fact in told)
    assert sum(isinstance(fact, Second) for fact in told) == 9


def steps(draw: list[tuple[float, int]]) -> Iterator[tuple[bytes, int]]:
    rng = np.random.default_rng(5)
    frames: dict[float, list[bytes]] = {}
    at_ms = 0
    for level_db, count in draw:
        pool = frames.setdefault(
            level_db,
            [encode_ulaw(rng.normal(0, 32124 / np.sqrt(2) * 10 ** (level_db / 20), 160)) for _ in range(16)],
        )
        for nth in range(count):
            yield pool[nth % 16], at_ms
            at_ms += 20


@given(
    st.lists(
        st.tuples(st.sampled_from([-90.0, -60.0, -46.0, -40.0, -34.0, -28.0, -10.0]), st.integers(1, 120)),
        max_size=12,
    )
)
def test_whatever_sounds_the_floor_stays_in_its_bounds_and_steady_noise_ends_every_talk(
    levels: list[tuple[float, int]],
) -> None:
    ear, at_ms = TalkEar(), 0
    for frame, at_ms in steps([*levels, (-40.0, 0)]):
        ear.hear(frame, False, at_ms)
        assert LOWEST_FLOOR_DB <= ear.floor_db <= LOUDEST_FLOOR_DB
    for frame, later_ms in steps([(-36.0, 150)]):
        ear.hear(frame, False, at_ms + 20 + later_ms)
    assert not ear.talking, "three seconds: the second under way, a level one, and the hangover"
