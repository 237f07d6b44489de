"""Telephone events (RFC 4733): each digit heard once, and digits of ours as the packets to send."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from huawu.switch.media.rtp import steps32

EVENTS = "0123456789*#ABCD"
"""Digits by their event number (RFC 4733 §3.2)."""
_EVENT = struct.Struct("!BBH")
_FORGET_AFTER = 80_000  # timestamp units: what lies further back is a new clock, not a late packet
_BROKEN_SENDER_MS = 60


class DigitEar:
    """Tells each digit at its first packet, whatever is lost or sent again after it (§2.5.1.2).

    One event is one timestamp. Some senders wrongly move the timestamp on during an event: the same
    event, not ended, its duration grown, within 60 ms counts as the same key still pressed.
    """

    __slots__ = ("_duration", "_ended", "_event", "_seen_ms", "_timestamp", "heard")

    def __init__(self) -> None:
        self._timestamp: int | None = None
        self._event = -1
        self._duration = 0
        self._ended = True
        self._seen_ms = 0
        self.heard = False
        """A digit came this way before: the same by SIP INFO is then a repetition."""

    def hear(self, payload: bytes, timestamp: int, at_ms: int) -> str | None:
        """The digit that begins with this packet, or None."""
        if len(payload) < 4:
            return None
        event, flags, duration = _EVENT.unpack_from(payload)
        if event >= len(EVENTS):
            return None
        last = self._timestamp
        if last is not None:
            apart = steps32(timestamp, last)
            if apart == 0 or -_FORGET_AFTER < apart < 0:
                if apart == 0:
                    self._ended |= flags >= 0x80
                    self._duration = max(self._duration, duration)
                    self._seen_ms = at_ms
                return None
        same_key = (
            event == self._event
            and not self._ended
            and duration > self._duration
            and at_ms - self._seen_ms <= _BROKEN_SENDER_MS
        )
        self._timestamp, self._event, self._duration = timestamp, event, duration
        self._ended, self._seen_ms = flags >= 0x80, at_ms
        if same_key:
            return None
        self.heard = True
        return EVENTS[event]

    def forget(self) -> None:
        """The sender began a new stream: its timestamps say nothing about the old ones."""
        self._timestamp = None
        self._ended = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStep:
    """One 20 ms step of a digit: `payload` to send, or silence when None.

    `first` marks the event's first packet; all packets of an event bear the first one's timestamp.
    """

    payload: bytes | None
    first: bool = False


_PRESSED_STEPS = 5  # 100 ms
_END_PACKETS = 3
_GAP_STEPS = 3
_VOLUME = 10  # -10 dBm0


def event_steps(digit: str) -> list[EventStep]:
    """The steps of one digit: 100 ms pressed, the end told three times, 60 ms of silence."""
    number = EVENTS.index(digit)
    steps = [
        EventStep(payload=_EVENT.pack(number, _VOLUME, 160 * (step + 1)), first=step == 0)
        for step in range(_PRESSED_STEPS)
    ]
    end = EventStep(payload=_EVENT.pack(number, 0x80 | _VOLUME, 160 * (_PRESSED_STEPS + 1)))
    return [*steps, *[end] * _END_PACKETS, *[EventStep(payload=None)] * _GAP_STEPS]
