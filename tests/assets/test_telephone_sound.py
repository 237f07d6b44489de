"""Uploaded sounds become what the switch plays, or are refused with the reason."""

from __future__ import annotations

import io
import struct
import wave

import numpy as np
import pytest

from huawu.assets.telephone_sound import telephone_wav
from huawu.assets.wav_reading import UnusableSound


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
