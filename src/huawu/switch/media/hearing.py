"""What a leg's party hears, and how that follows from what was agreed and asked for."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from huawu.switch.media.leg import Leg


class Hearing(Enum):
    """What a leg's party hears now."""

    NOTHING = auto()  # no packet is sent
    SILENCE = auto()
    CLIPS = auto()
    MUSIC = auto()
    LIVE = auto()  # another leg's voice, or its own echo, relayed as it comes
    MIXED = auto()  # all that its conference lets it hear
    DIGITS = auto()


def wanted(leg: Leg) -> Hearing:
    """What the party is to hear, as its agreement, its orders and its partners stand."""
    agreed = leg.agreed
    if agreed is None or agreed.direction in ("recvonly", "inactive") or leg.gate.target is None:
        return Hearing.NOTHING
    if agreed.remote_host in ("0.0.0.0", "::"):
        return Hearing.NOTHING  # held the RFC 2543 way
    if leg.digits_out:
        return Hearing.DIGITS
    if leg.row is not None:
        return Hearing.CLIPS
    if leg.held:
        return Hearing.MUSIC
    if leg.bridged is not None:
        if leg.bridged.peer_held:
            return Hearing.MUSIC
        return Hearing.SILENCE if leg.bridged.held or leg.bridged.muted else Hearing.LIVE
    if leg.conference is not None:
        return leg.conference.wants(leg)
    return Hearing.LIVE if leg.echo and not leg.muted else Hearing.SILENCE
