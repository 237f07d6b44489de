"""The WAV container of our prompts and recordings: 8 kHz μ-law, one or two channels."""

from __future__ import annotations

import os
import struct
from pathlib import Path

RATE = 8000
_ULAW_FORMAT = 7
HEADER_OCTETS = 58
_LARGEST = 0xFFFFFFFF - HEADER_OCTETS


class BadWav(ValueError):
    """The file is not a WAV of the kind we use; the text says why."""


def header(channels: int, data_octets: int) -> bytes:
    """RIFF header with the `fact` chunk that formats other than PCM must have. Always 58 octets."""
    octets = min(data_octets, _LARGEST)
    return struct.pack(
        "<4sI4s4sIHHIIHHH4sII4sI",
        b"RIFF",
        HEADER_OCTETS - 8 + octets,
        b"WAVE",
        b"fmt ",
        18,
        _ULAW_FORMAT,
        channels,
        RATE,
        RATE * channels,
        channels,
        8,
        0,
        b"fact",
        4,
        octets // channels,
        b"data",
        octets,
    )


def parse(data: bytes, channels: int = 1) -> bytes:
    """The μ-law octets. A data chunk that claims more than the file holds ends with it. Raises BadWav."""
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise BadWav("not a WAV file")
    at, right_format = 12, False
    while at + 8 <= len(data):
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = at + 8
        if kind == b"fmt ":
            if size < 16 or body + 16 > len(data):
                raise BadWav("its format chunk is cut off")
            code, has_channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", data, body)
            if (code, has_channels, rate, bits) != (_ULAW_FORMAT, channels, RATE, 8):
                raise BadWav(
                    f"it is format {code}, {has_channels} channel(s), {rate} Hz, {bits} bits; "
                    f"wanted μ-law (7), {channels} channel(s), {RATE} Hz, 8 bits"
                )
            right_format = True
        elif kind == b"data":
            if not right_format:
                raise BadWav("its data comes before its format")
            return data[body : body + size]
        at = body + size + (size & 1)
    raise BadWav("it has no data chunk")


def repair(path: str | os.PathLike[str]) -> int:
    """Make the header of a recording left behind by a crash tell what the file holds.

    Returns the length in ms. A half-written last frame is cut off. Raises OSError; BadWav when the file
    is not a recording of ours.
    """
    with Path(path).open("r+b") as file:
        head = file.read(HEADER_OCTETS)
        if len(head) < HEADER_OCTETS or head[:4] != b"RIFF" or head[50:54] != b"data":
            raise BadWav(f"{os.fspath(path)} is not a recording of ours")
        channels = max(1, int.from_bytes(head[22:24], "little"))
        octets = file.seek(0, os.SEEK_END) - HEADER_OCTETS
        octets -= octets % channels
        file.truncate(HEADER_OCTETS + octets)
        file.seek(0)
        file.write(header(channels, octets))
    return octets // channels * 1000 // RATE
