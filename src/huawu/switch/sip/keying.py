"""Which keys an offer and its answer lead to (RFC 4568 §5.1)."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from huawu.switch.sip.sdes import Crypto, Keys, Unusable, fresh, usable

SECURE: Final = frozenset({"RTP/SAVP", "RTP/SAVPF"})
"""The profiles of SRTP. a=crypto beside a profile of plain RTP offers SRTP to those who understand it."""


def answer_keys(protocol: str, values: list[str], kept: list[Crypto], *, required: bool) -> Keys | None:
    """The keys for an answer to these a=crypto lines; None = plain RTP. Raises Unusable.

    The offer's first line that we can use is taken. A key of ours that is `kept` from before goes on.
    """
    lines, trouble = usable(values)
    if not lines:
        if protocol in SECURE:
            raise Unusable(f"{protocol} cannot be used: {trouble}")
        if required:
            raise Unusable("SRTP is required, plain RTP was offered: switch SRTP (SDES) on at the peer")
        return None
    theirs = lines[0]
    ours = next((one for one in kept if one.suite == theirs.suite), None)
    ours = fresh(theirs.tag, theirs.suite) if ours is None else replace(ours, tag=theirs.tag)
    return Keys(ours=ours, theirs=theirs)


def accept_keys(ours: list[str], theirs: list[str], *, required: bool) -> Keys | None:
    """The keys that the answer to our lines chose; None = plain RTP. Raises Unusable."""
    offered, _ = usable(ours)
    if not theirs or not offered:
        if required:
            raise Unusable("SRTP was asked for, and the answer has no a=crypto line")
        return None
    lines, trouble = usable(theirs)
    if len(theirs) != 1:
        raise Unusable("the answer has several a=crypto lines")
    if not lines:
        raise Unusable(trouble)
    chosen = next((one for one in offered if one.tag == lines[0].tag), None)
    if chosen is None or chosen.suite != lines[0].suite:
        raise Unusable("the answer chose an a=crypto line that was not offered")
    return Keys(ours=chosen, theirs=lines[0])
