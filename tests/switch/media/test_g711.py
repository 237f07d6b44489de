from __future__ import annotations

import numpy as np

from huawu.switch.media.g711 import (
    ALAW,
    ALAW_TO_ULAW,
    ULAW,
    ULAW_TO_ALAW,
    decode_alaw,
    decode_ulaw,
    encode_alaw,
    encode_ulaw,
)
from huawu.switch.media.tones import KEYS, key_tone, tone

ALL = bytes(range(256))

# ITU-T G.711 table 2a (μ-law, positive values): decision value x(n) at the low end of each segment's first
# step, the character signal there, and the value y(n) at the decoder output. 14-bit scale.
ULAW_TABLE = [
    (0, 0b11111111, 0),
    (1, 0b11111110, 2),
    (31, 0b11101111, 33),
    (95, 0b11011111, 99),
    (223, 0b11001111, 231),
    (479, 0b10111111, 495),
    (991, 0b10101111, 1023),
    (2015, 0b10011111, 2079),
    (4063, 0b10001111, 4191),
    (7903, 0b10000000, 8031),
]
# Table 1a (A-law, positive values), before the even bits are inverted. 13-bit scale, in half steps.
ALAW_TABLE = [
    (0, 0b10000000, 1),
    (32, 0b10010000, 33),
    (64, 0b10100000, 66),
    (128, 0b10110000, 132),
    (256, 0b11000000, 264),
    (512, 0b11010000, 528),
    (1024, 0b11100000, 1056),
    (2048, 0b11110000, 2112),
    (3968, 0b11111111, 4032),
]


def test_ulaw_decodes_to_the_standards_values() -> None:
    for _, code, value in ULAW_TABLE:
        assert ULAW[code] == value * 4
        assert ULAW[code ^ 0x80] == -value * 4


def test_ulaw_encodes_at_the_standards_decision_values() -> None:
    for decision, code, _ in ULAW_TABLE:
        assert encode_ulaw(np.array([decision * 4])) == bytes((code,))
        if decision > 1:
            assert encode_ulaw(np.array([decision * 4 - 4])) == bytes((code + 1,))


def test_alaw_decodes_and_encodes_by_the_standards_table() -> None:
    for decision, code, value in ALAW_TABLE:
        assert ALAW[code ^ 0x55] == value * 8
        assert ALAW[code ^ 0x55 ^ 0x80] == -value * 8
        assert encode_alaw(np.array([decision * 8])) == bytes((code ^ 0x55,))


def test_every_code_survives_decoding_and_encoding() -> None:
    assert encode_alaw(decode_alaw(ALL)) == ALL
    assert encode_ulaw(decode_ulaw(ALL)) == ALL.replace(b"\x7f", b"\xff")  # -0 becomes +0


def test_the_nearest_code_is_chosen() -> None:
    samples = np.arange(-32768, 32768, 7)
    for values, coded in (
        (ULAW, decode_ulaw(encode_ulaw(samples))),
        (ALAW, decode_alaw(encode_alaw(samples))),
    ):
        nearest = np.abs(samples[:, None] - values[None, :].astype(int)).min(axis=1)
        strayed = np.abs(coded.astype(int) - samples)
        step = np.maximum(np.abs(coded.astype(int)) / 32, 8)
        assert (strayed <= nearest + step).all()


def test_laws_convert_by_the_standards_tables() -> None:
    assert b"\xff".translate(ULAW_TO_ALAW) == b"\xd5"
    assert b"\xd5".translate(ALAW_TO_ULAW) == b"\xfe"  # A-law has no zero: its smallest step is μ-law's 1
    assert b"\x80".translate(ULAW_TO_ALAW) == b"\xaa"
    assert b"\xaa".translate(ALAW_TO_ULAW) == b"\x80"
    for table, before, after in ((ULAW_TO_ALAW, ULAW, ALAW), (ALAW_TO_ULAW, ALAW, ULAW)):
        values = before.astype(float)
        converted = after[np.frombuffer(ALL.translate(table), np.uint8)].astype(float)
        assert (np.sign(converted) * np.sign(values) >= 0).all()
        assert (np.abs(converted - values) <= np.maximum(np.abs(values) * 0.034, 16)).all()


def test_a_detour_by_the_other_law_settles_at_once() -> None:
    """One conversion may cost a step; there and back a second time costs nothing more."""
    once = ALL.translate(ULAW_TO_ALAW).translate(ALAW_TO_ULAW)
    assert once.translate(ULAW_TO_ALAW).translate(ALAW_TO_ULAW) == once


def test_a_tone_has_its_level_and_its_frequencies() -> None:
    samples = decode_ulaw(tone((440.0,), 1_000, -15.0)).astype(float)
    level = 10 * np.log10((samples[400:-400] ** 2).mean() / (32124**2 / 2))
    assert abs(level + 15) < 0.1
    spectrum = np.abs(np.fft.rfft(samples))
    assert spectrum.argmax() == 440


def test_key_tones_are_two_frequencies() -> None:
    for key, pair in KEYS.items():
        spectrum = np.abs(np.fft.rfft(decode_ulaw(key_tone(key, 1_000)).astype(float)))
        assert sorted(np.argsort(spectrum)[-2:].tolist()) == sorted(pair)


def test_a_tone_that_never_ends_or_is_empty_is_bounded() -> None:
    assert tone((), 20) == b"\xff" * 160
    assert tone((440.0,), -5) == b""
    assert len(tone((440.0,), 10**12)) == 8 * 600_000
