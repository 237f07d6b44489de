"""Uploaded sounds become what the switch plays, or are refused with the reason."""

from __future__ import annotations

import io
import struct
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.assets.telephone_sound import (
    HOUSE_LEVEL_DB,
    house_wav,
    length_ms,
    pcm_wav,
    prompt_sound,
    speech_level,
    telephone_wav,
)
from huawu.assets.wav_reading import UnusableSound, read_wav


def wav(
    hertz: float, *, rate: int = 44_100, channels: int = 2, seconds: float = 1.0, width: int = 2
) -> bytes:
    times = np.arange(int(rate * seconds)) / rate
    tone = np.sin(2 * np.pi * hertz * times) * 0.5
    values = (tone * 32_767).astype("<i2") if width == 2 else (tone * 127 + 128).astype(np.uint8)
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(np.repeat(values, channels).tobytes())
    return out.getvalue()


def samples(sound: bytes) -> np.ndarray:
    code, channels, rate = struct.unpack_from("<HHI", sound, 20)
    assert (code, channels, rate) == (7, 1, 8_000)
    assert struct.unpack_from("<I", sound, 40)[0] == len(sound) - 44
    raw = ~np.frombuffer(sound[44:], np.uint8).astype(int) & 0xFF
    size = (((raw & 0x0F) << 3) + 0x84 << ((raw & 0x70) >> 4)) - 0x84
    return np.where(raw & 0x80, -size, size) / 32_768


@pytest.mark.parametrize(
    ("rate", "channels", "width"), [(44_100, 2, 2), (8_000, 1, 1), (16_000, 1, 2), (48_000, 2, 1)]
)
def test_a_tone_is_the_same_tone_at_the_telephones_rate(rate: int, channels: int, width: int) -> None:
    heard = samples(telephone_wav(wav(1_000, rate=rate, channels=channels, width=width)))
    assert abs(len(heard) - 8_000) <= 1
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert abs(int(np.argmax(spectrum)) - 1_000) <= 2
    assert 0.3 < np.sqrt(np.mean(heard**2)) < 0.4


def test_what_the_telephone_cannot_carry_is_not_heard_as_something_else() -> None:
    heard = samples(telephone_wav(wav(6_000)))
    assert np.sqrt(np.mean(heard[200:-200] ** 2)) < 0.01


def test_what_was_converted_is_taken_again_as_it_is() -> None:
    once = telephone_wav(wav(700))
    assert telephone_wav(once) == once


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no WAV file"),
        (b"ID3" + b"x" * 100, "no WAV file"),
        (b"RIFF\x00\x00\x00\x00WAVE", "no sound in it"),
        (wav(500, seconds=0.05), "shorter"),
        (wav(500, rate=8_000, channels=1, seconds=61), "61 seconds"),
        (wav(500, rate=192_000), "192000 Hz"),
        (
            b"RIFF____WAVEfmt "
            + struct.pack("<IHHIIHH", 16, 85, 1, 8_000, 8_000, 1, 0)
            + b"data\x04\x00\x00\x00abcd",
            "coding",
        ),
        (
            b"RIFF____WAVEfmt "
            + struct.pack("<IHHIIHH", 16, 1, 0, 8_000, 8_000, 1, 8)
            + b"data\xff\xff\xff\xff",
            "0 channels",
        ),
    ],
)
def test_what_cannot_be_played_is_refused_with_the_reason(data: bytes, why: str) -> None:
    with pytest.raises(UnusableSound, match=why):
        telephone_wav(data)


# ── Prompts: at one loudness, without silence around them ─────────────────────────────────────────


def coded(values: np.ndarray, code: int, bits: int, *, rate: int = 16_000, extensible: bool = False) -> bytes:
    """A file of one channel in any coding."""
    match code, bits:
        case (1, 24):
            whole = np.rint(values * 8_388_607).astype("<i4").astype("<i4").tobytes()
            data = b"".join(whole[at : at + 3] for at in range(0, len(whole), 4))
        case (1, 32):
            data = np.rint(values * 2_147_483_000).astype("<i4").tobytes()
        case (3, 32):
            data = values.astype("<f4").tobytes()
        case (3, 64):
            data = values.astype("<f8").tobytes()
        case _:
            data = np.rint(values * 32_767).astype("<i2").tobytes()
    tag = 0xFFFE if extensible else code
    form = struct.pack("<HHIIHH", tag, 1, rate, rate * bits // 8, bits // 8, bits)
    if extensible:
        form += struct.pack("<HHIH", 22, bits, 4, code) + b"\x00" * 14
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    body += b"LIST\x04\x00\x00\x00abcd" + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def speech(level_db: float = -20.0, *, rate: int = 16_000, silence_s: float = 0.0) -> np.ndarray:
    """Something like speech: a tone that comes and goes."""
    times = np.arange(rate) / rate
    tone = np.sin(2 * np.pi * 600 * times) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * times))
    loud = tone * 10 ** ((level_db - speech_level(tone, rate)) / 20)
    quiet = np.zeros(int(rate * silence_s))
    return np.concatenate([quiet, loud, quiet])


@pytest.mark.parametrize(
    ("code", "bits", "extensible"),
    [
        (1, 16, False),
        (1, 24, False),
        (1, 24, True),
        (1, 32, False),
        (3, 32, False),
        (3, 32, True),
        (3, 64, False),
    ],
)
def test_every_usual_coding_is_read(code: int, bits: int, extensible: bool) -> None:
    given = speech()
    sound = read_wav(coded(given, code, bits, extensible=extensible))
    assert (sound.rate, sound.channels) == (16_000, 1)
    assert np.max(np.abs(sound.values - given)) < 1e-4


def test_a_law_is_read_as_g711_says() -> None:
    """The first and last steps of the table of ITU-T G.711."""
    octets = bytes([0xD5, 0x55, 0xAA, 0x2A])
    head = b"RIFF____WAVEfmt " + struct.pack("<IHHIIHH", 16, 6, 1, 8_000, 8_000, 1, 8)
    values = read_wav(head + b"data" + struct.pack("<I", 4) + octets).values * 32_768
    assert values.tolist() == [8, -8, 32_256, -32_256]


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000])
def test_a_prompt_has_the_houses_loudness_whatever_it_was_recorded_at(rate: int) -> None:
    wav_of, levels = prompt_sound(coded(speech(-35, rate=rate), 1, 16, rate=rate))
    heard = samples(wav_of)
    assert abs(speech_level(heard, 8_000) - HOUSE_LEVEL_DB) < 0.5
    assert levels.notes == ["raised"]
    assert (levels.from_rate, round(levels.speech_db), round(levels.changed_db)) == (rate, -35, 15)
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert abs(int(np.argmax(spectrum)) * 8_000 / len(heard) - 600) < 6
    assert abs(len(heard) - 8_000) < 3


def test_what_is_too_loud_is_lowered_and_silence_around_it_cut() -> None:
    wav_of, levels = prompt_sound(coded(speech(-6, silence_s=1.0) * 0.99, 3, 32))
    assert levels.notes == ["cut", "lowered"]
    assert 1_700 < levels.cut_ms < 2_000
    assert 1_000 <= len(samples(wav_of)) / 8 <= 1_150


def test_peaks_are_bent_rather_than_cut_off() -> None:
    given = speech(-30)
    given[5_000:5_004] = 0.9
    wav_of, levels = prompt_sound(coded(given, 1, 16))
    assert "limited" in levels.notes
    assert np.max(np.abs(samples(wav_of))) <= 0.96


def test_a_prompt_of_the_house_is_kept_sample_for_sample() -> None:
    once, _ = prompt_sound(coded(speech(-33), 1, 16))
    again, levels = prompt_sound(once)
    assert samples(again).tolist() == samples(once).tolist()
    assert levels.notes == []


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (coded(np.zeros(16_000), 1, 16), "silent"),
        (coded(speech(-60), 3, 32), "silent"),
        (coded(np.clip(speech(-20) * 30, -1, 1), 3, 32), "clipped"),
        (coded(speech()[:1_000], 1, 16), "short"),
        (coded(np.tile(speech(rate=8_000), 121), 1, 16, rate=8_000), "long"),
        (coded(np.full(16_000, np.nan), 3, 32), "broken"),
        (coded(speech(), 1, 16, rate=6_000), "rate"),
        (b"ID3", "no_wav"),
    ],
)
def test_what_callers_could_not_hear_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(UnusableSound) as refused:
        prompt_sound(data)
    assert refused.value.why == why


@given(st.binary(max_size=200), st.integers(0, 65_535), st.integers(0, 65_535), st.integers(0, 3))
def test_no_file_makes_the_reader_fail(data: bytes, code: int, bits: int, channels: int) -> None:
    form = struct.pack("<HHIIHH", code, channels, 8_000, 8_000, 1, bits)
    whole = b"RIFF____WAVEfmt " + struct.pack("<I", 16) + form + b"data\xff\xff\xff\xff" + data
    for given_file in (data, whole, b"RIFF____WAVE" + data):
        try:
            prompt_sound(given_file)
        except UnusableSound:
            continue


def test_browsers_are_given_what_they_all_play(tmp_path: Path) -> None:
    house = house_wav(speech(rate=8_000))
    with wave.open(io.BytesIO(pcm_wav(house))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8_000, 1, 2)
        assert file.getnframes() == 8_000
    path = tmp_path / "a.wav"
    path.write_bytes(house)
    assert length_ms(path) == 1_000
    assert length_ms(tmp_path / "none.wav") == 0
