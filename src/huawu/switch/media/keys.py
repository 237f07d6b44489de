"""Keys pressed and keys to be sent: how they come to the centre and to the other party of a bridge."""

from __future__ import annotations

from typing import Final

from huawu.switch.media import announce
from huawu.switch.media.dtmf import EVENTS, event_steps
from huawu.switch.media.hearing import Hearing
from huawu.switch.media.leg import Leg
from huawu.switch.media.player import FRAME, QUIET
from huawu.switch.media.tones import key_tone

MOST_DIGITS: Final = 64
"""Digits waiting to be sent to one peer; more are not taken."""


def told(leg: Leg, digit: str, at_ms: int) -> None:
    """A digit came by SIP INFO. A peer that sent RTP events before says the same twice: not heard."""
    if leg.digit_ear.heard or len(digit) != 1 or digit not in EVENTS:
        return
    other = leg.bridged
    if other is not None and other.hearing in (Hearing.LIVE, Hearing.DIGITS):
        send(other, digit)
    announce.press(leg, digit, at_ms)


def pressed(leg: Leg, digit: str, at_ms: int) -> None:
    """A key's own packets were relayed already, where the other peer takes such."""
    other = leg.bridged
    if other is not None and (
        other.hearing is Hearing.DIGITS or (other.hearing is Hearing.LIVE and other.digits_type < 0)
    ):
        send(other, digit)
    announce.press(leg, digit, at_ms)


def send(leg: Leg, digits: str) -> None:
    """Send digits to the peer: RFC 4733 events where agreed, else tones. What is no digit is left out."""
    if leg.agreed is None:
        return
    for digit in digits[:MOST_DIGITS]:
        if digit.upper() not in EVENTS or len(leg.digits_out) > MOST_DIGITS * 11:
            continue
        if leg.digits_type >= 0:
            leg.digits_out.extend(event_steps(digit.upper()))
        else:
            wave = key_tone(digit.upper())
            leg.digits_out.extend(wave[at : at + FRAME] for at in range(0, len(wave), FRAME))
            leg.digits_out.extend([QUIET] * 4)
    leg.reroute()
