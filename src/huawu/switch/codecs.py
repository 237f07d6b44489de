"""The codecs of calls in one table: what descriptions call them, how each becomes the house's μ-law and back.

Another codec is one more entry here. All are told to peers with a clock of 8 kHz and send one octet a tick,
which streams, recorder and quality count on: G.722 too, though it samples at 16 kHz (RFC 3551 §4.5.2).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, get_args

import numpy as np
from G722 import G722

from huawu.link.messages import CodecName
from huawu.switch.media.g711 import ALAW_TO_ULAW, ULAW, ULAW_OF_WORD, ULAW_TO_ALAW

Convert = Callable[[bytes], bytes]
"""Octets of one stream, packet by packet in their order. Takes any octets and never raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """`decoder` and `encoder` make a converter for one stream; None = its octets are μ-law already."""

    name: CodecName
    payload_type: int  # its static number (RFC 3551 §6)
    decoder: Callable[[], Convert] | None  # to μ-law at 8 kHz
    encoder: Callable[[], Convert] | None  # from μ-law at 8 kHz
    clock: int = 8_000

    @property
    def encoding(self) -> str:
        """As a=rtpmap names it."""
        return f"{self.name}/{self.clock}"


def _from_alaw(payload: bytes) -> bytes:
    return payload.translate(ALAW_TO_ULAW)


def _to_alaw(ulaw: bytes) -> bytes:
    return ulaw.translate(ULAW_TO_ALAW)


def _from_g722() -> Convert:
    """Only the lower of its two bands is decoded: that is the telephone's."""
    decode = G722(8_000, 64_000).decode

    def convert(payload: bytes) -> bytes:
        return ULAW_OF_WORD.take(np.frombuffer(decode(payload), np.uint16)).tobytes()

    return convert


def _to_g722() -> Convert:
    encode = G722(8_000, 64_000).encode

    def convert(ulaw: bytes) -> bytes:
        coded: bytes = encode(ULAW.take(np.frombuffer(ulaw, np.uint8)))
        return coded

    return convert


CODECS: Final[dict[CodecName, Codec]] = {
    codec.name: codec
    for codec in (
        Codec(name="PCMA", payload_type=8, decoder=lambda: _from_alaw, encoder=lambda: _to_alaw),
        Codec(name="PCMU", payload_type=0, decoder=None, encoder=None),
        Codec(name="G722", payload_type=9, decoder=_from_g722, encoder=_to_g722),
    )
}
BY_ENCODING: Final = {codec.encoding: codec for codec in CODECS.values()}
USUAL: Final[tuple[CodecName, ...]] = ("PCMA", "PCMU")
"""Offered and taken where no list is set: they need no conversion, or one by table."""
assert set(CODECS) == set(get_args(CodecName))
