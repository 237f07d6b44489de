"""What of a peer's audio stream can be used: its codec, its telephone-event, its address."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from huawu.link.messages import CodecName
from huawu.switch.codecs import BY_ENCODING, CODECS, USUAL, Codec
from huawu.switch.sip.sdp import Coding, Stream, codecs_of, is_number


class Incompatible(ValueError):
    """No audio both sides can speak; the caller hears 488 Not Acceptable Here."""


def chosen(stream: Stream, limit: Stream | tuple[CodecName, ...]) -> tuple[int, Codec, int | None]:
    """Payload type, codec, and the type of telephone-event (None: not offered). Raises `Incompatible`.

    `limit`: our offer, or the list that is set.
    """
    if isinstance(limit, Stream):
        return _choose(stream.coding, limit.coding, ())
    return _choose(stream.coding, None, limit)


@lru_cache(maxsize=4_096)
def address_trouble(host: str) -> str:
    """Why nothing can be sent to this media address; "" when it can."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "the media address is not an IP address"
    return "the media address is multicast" if address.is_multicast else ""


@lru_cache(maxsize=1_024)
def _choose(
    theirs: Coding, ours: Coding | None, wanted: tuple[CodecName, ...]
) -> tuple[int, Codec, int | None]:
    """The peer's first codec that `ours` (our offer) allows; without an offer the first that is `wanted`, or
    the peer's first of the usual ones.

    Phones of one kind say the same in each call, so the latest choices are remembered.
    """
    if ours is not None:
        known = set(codecs_of(ours).values())
    else:
        known = {"TELEPHONE-EVENT/8000", *(CODECS[name].encoding for name in wanted or USUAL)}
    fits = [
        (int(form), encoding)
        for form, encoding in codecs_of(theirs).items()
        if encoding in known and _is_type(form)
    ]
    codecs = [(form, BY_ENCODING[encoding]) for form, encoding in fits if encoding in BY_ENCODING]
    if not codecs:
        needed = wanted if ours is None and wanted else USUAL
        raise Incompatible(f"no codec in common: {' or '.join(needed)} at 8 kHz is needed")
    number, codec = codecs[0]
    if ours is None and wanted:
        number, codec = min(codecs, key=lambda fit: wanted.index(fit[1].name))
    digits = next((form for form, encoding in fits if encoding == "TELEPHONE-EVENT/8000"), None)
    return number, codec, digits


def _is_type(text: str) -> bool:
    """A payload type."""
    return len(text) < 4 and is_number(text) and int(text) <= 127
