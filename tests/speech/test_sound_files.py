"""Recordings of any usual form; what is none is told plainly."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.speech.recogniser import RATE
from huawu.speech.sound_files import SoundFile, UnreadableSound
from tests.speech.voices import channel, tone, wav

FORMS = [(7, 8), (1, 8), (1, 16), (1, 24), (3, 32)]


def hertz_of(samples: np.ndarray) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(samples)))) * RATE / len(samples)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize(("code", "bits"), FORMS)
def test_every_usual_form_and_rate_is_read(tmp_path: Path, rate: int, code: int, bits: int) -> None:
    values = tone(1_500, 700, rate=rate)
    path = wav(tmp_path / "a.wav", values, values / 4, rate=rate, code=code, bits=bits)
    sound = SoundFile.open(path)
    heard = sound.stretch(0, 1_500)
    assert (sound.channels, len(heard)) == (2, 2)
    assert heard.shape[1] == pytest.approx(1_500 * RATE // 1000, abs=RATE // 1000)  # a millisecond
    assert hertz_of(heard[0]) == pytest.approx(700, abs=2)
    middle = heard[:, RATE // 2 : RATE]
    assert np.sqrt(np.mean(middle[0] ** 2)) == pytest.approx(0.1, rel=0.05)
    assert np.sqrt(np.mean(middle[1] ** 2)) == pytest.approx(0.025, rel=0.2)


@pytest.mark.parametrize("rate", [8_000, 11_025, 44_100])
def test_stretches_join_to_the_whole(tmp_path: Path, rate: int) -> None:
    values = tone(5_300, 500, rate=rate)
    sound = SoundFile.open(wav(tmp_path / "a.wav", values, rate=rate, code=1, bits=16))
    joined = np.concatenate([part[0] for _, part in sound.stretches(1_024)])
    whole = sound.stretch(0, sound.length_ms)[0]
    assert len(joined) == len(whole)
    assert np.max(np.abs(joined[800:-800] - whole[800:-800])) < 0.01


def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", channel(4_000), channel(4_000))
    octets = path.read_bytes()
    path.write_bytes(octets[: len(octets) // 2 + 1])
    sound = SoundFile.open(path)
    assert sound.length_ms == pytest.approx(2_000, abs=5)
    assert sound.cut_off_ms == pytest.approx(2_000, abs=5)
    assert sound.stretch(1_500, 4_000).shape[1] == pytest.approx(RATE // 2, abs=80)


def test_a_recording_that_goes_on_is_read_whatever_its_header_says(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", channel(1_000), channel(1_000))
    with path.open("ab") as file:
        file.write(b"\xff" * 16_000)
    assert SoundFile.open(path).length_ms == 1_000
    assert SoundFile.open(path, growing=True).length_ms == 2_000


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"", "it is no WAV file"),
        (b"ID3\x03 music", "it is no WAV file"),
        (b"RIFF\0\0\0\0WAVE", "it has no sound in it"),
        (b"RIFF\0\0\0\0WAVEdata\x02\0\0\0ab", "does not say how it is coded"),
        (b"RIFF\0\0\0\0WAVEfmt \x04\0\0\0\x07\0\x02\0", "its header is cut off"),
    ],
)
def test_what_is_no_sound_is_told_with_what_would_do(tmp_path: Path, octets: bytes, why: str) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(octets)
    with pytest.raises(UnreadableSound, match=why) as caught:
        SoundFile.open(path)
    assert "Give a WAV file of one or two channels" in str(caught.value)


@pytest.mark.parametrize(
    ("code", "channels", "rate", "bits", "why"),
    [
        (85, 2, 44_100, 16, "its coding is not PCM"),
        (1, 6, 48_000, 16, "it has 6 channels"),
        (1, 2, 4_000, 16, "it is at 4000 Hz"),
        (1, 2, 8_000, 12, "its coding is not PCM"),
    ],
)
def test_forms_that_are_not_read_are_named(
    tmp_path: Path, code: int, channels: int, rate: int, bits: int, why: str
) -> None:
    path = tmp_path / "a.wav"
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, code, channels, rate, 0, 0, bits)
    path.write_bytes(b"RIFF\0\0\0\0WAVE" + form + b"data\x04\0\0\0abcd")
    with pytest.raises(UnreadableSound, match=why):
        SoundFile.open(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSound, match="No such file"):
        SoundFile.open(tmp_path / "none.wav")


@given(st.binary(max_size=120))
def test_any_octets_give_sound_or_a_clear_refusal(
    tmp_path_factory: pytest.TempPathFactory, tail: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.wav"
    for head in (b"", b"RIFF\0\0\0\0WAVE"):
        path.write_bytes(head + tail)
        try:
            sound = SoundFile.open(path)
            sound.stretch(0, min(sound.length_ms, 1_000))
        except UnreadableSound:
            pass


def test_values_that_are_no_numbers_are_silence(tmp_path: Path) -> None:
    values = channel(500)
    values[100:200] = np.nan
    sound = SoundFile.open(wav(tmp_path / "a.wav", values, code=3, bits=32))
    assert np.isfinite(sound.stretch(0, 500)).all()
