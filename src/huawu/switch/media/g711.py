"""G.711 by table: μ-law and A-law to 16-bit samples and back, and from one law to the other (ITU-T G.711)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]
SILENCE_ULAW = 0xFF
SILENCE_ALAW = 0xD5


def _decode_ulaw() -> Samples:
    code = ~np.arange(256) & 0xFF
    size = ((((code & 0x0F) << 3) + 0x84) << (code >> 4 & 7)) - 0x84
    return np.where(code & 0x80, -size, size).astype(np.int16)


def _decode_alaw() -> Samples:
    code = np.arange(256) ^ 0x55
    segment = code >> 4 & 7
    step = (code & 0x0F) << 4
    size = np.where(segment == 0, step + 8, (step + 0x108) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, size, -size).astype(np.int16)


def _encode_ulaw() -> npt.NDArray[np.uint8]:
    pcm = np.arange(-32768, 32768) >> 2  # the standard's 14 bits
    size = np.minimum(np.abs(pcm), 8158) + 33
    segment = np.floor(np.log2(size)).astype(int) - 5
    code = segment << 4 | size >> (segment + 1) & 0x0F
    coded: npt.NDArray[np.uint8] = (code ^ np.where(pcm < 0, 0x7F, 0xFF)).astype(np.uint8)
    return coded


def _encode_alaw() -> npt.NDArray[np.uint8]:
    pcm = np.arange(-32768, 32768) >> 3  # the standard's 13 bits
    size = np.where(pcm < 0, -pcm - 1, pcm)
    segment = np.maximum(np.floor(np.log2(np.maximum(size, 1))).astype(int) - 4, 0)
    code = segment << 4 | size >> np.maximum(segment, 1) & 0x0F
    coded: npt.NDArray[np.uint8] = (code ^ np.where(pcm < 0, 0x55, 0xD5)).astype(np.uint8)
    return coded


ULAW = _decode_ulaw()
"""The 16-bit sample of each μ-law octet."""
ALAW = _decode_alaw()
"""The 16-bit sample of each A-law octet."""
_TO_ULAW = _encode_ulaw()
ULAW_OF_WORD = np.roll(_TO_ULAW, 32768)
"""The μ-law octet of each 16-bit sample, by the sample's bits read as an unsigned number."""
_TO_ALAW = _encode_alaw()


def _cross(steps: list[tuple[int, int]]) -> list[int]:
    """A table from runs: from each first value count up, for so many entries."""
    return [first + index for first, count in steps for index in range(count)]


# Tables 3 and 4 of the standard: decision value numbers of one law for those of the other.
_ULAW_NUMBERS = (
    [number for number in range(1, 9) for _ in range(2)]
    + _cross([(9, 17)])
    + [27, 29, 31]
    + _cross([(33, 12), (46, 1), (48, 15), (64, 17), (82, 47)])
)
_ALAW_NUMBERS = (
    [1, 3, 5, 7, 9, 11, 13, 15]
    + _cross([(16, 16)])
    + [number for number in range(32, 36) for _ in range(2)]
    + _cross([(36, 12)])
    + [48, 48, 49, 49]
    + _cross([(50, 14)])
    + [64, 64]
    + _cross([(65, 16), (80, 48)])
)


def _ulaw_to_alaw(code: int) -> int:
    if code & 0x80:
        return 0xD5 ^ (_ULAW_NUMBERS[0xFF ^ code] - 1)
    return 0x55 ^ (_ULAW_NUMBERS[0x7F ^ code] - 1)


def _alaw_to_ulaw(code: int) -> int:
    if code & 0x80:
        return 0xFF ^ _ALAW_NUMBERS[code ^ 0xD5]
    return 0x7F ^ _ALAW_NUMBERS[code ^ 0x55]


ULAW_TO_ALAW = bytes(_ulaw_to_alaw(code) for code in range(256))
"""For `bytes.translate`: a μ-law payload as A-law, by table 4 of the standard."""
ALAW_TO_ULAW = bytes(_alaw_to_ulaw(code) for code in range(256))
"""For `bytes.translate`: an A-law payload as μ-law, by table 3 of the standard."""


def decode_ulaw(data: bytes) -> Samples:
    return ULAW[np.frombuffer(data, np.uint8)]


def decode_alaw(data: bytes) -> Samples:
    return ALAW[np.frombuffer(data, np.uint8)]


def encode_ulaw(samples: npt.NDArray[Any]) -> bytes:
    """Samples of 16 bits as μ-law; what lies beyond is clipped."""
    return _TO_ULAW[_index(samples)].tobytes()


def encode_alaw(samples: npt.NDArray[Any]) -> bytes:
    """Samples of 16 bits as A-law; what lies beyond is clipped."""
    return _TO_ALAW[_index(samples)].tobytes()


def _index(samples: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    index: npt.NDArray[np.int64] = np.clip(np.rint(samples), -32768, 32767).astype(np.int64) + 32768
    return index
