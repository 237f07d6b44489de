"""A speaking leg's last moments, put in order and taken 20 ms at a time: the jitter buffer of the mixer."""

from __future__ import annotations

import numpy as np

from huawu.switch.media.g711 import decode_ulaw, encode_ulaw
from huawu.switch.media.player import FRAME

START = FRAME
"""Samples before the turn of a first packet, and of one that came too late: those after it may take 20 ms
longer. A whole frame, so that packets and frames stay in step and a lost packet is one lost frame.
"""
WINDOW = 50
"""Frames after which the delay is judged: one second."""
LONGEST = 4_000
"""Samples that may wait: half a second. What is further ahead is a new clock."""
DRY = 10
"""Frames without any voice after which the next packet begins anew."""
_RING = 8_192  # divides the circle of timestamps, so that a place in it is the timestamp's lowest bits
_AT_ONCE = 800  # a surplus from here on is cut in one go
_LATE_RUN = 5
_MISSING = b"\x7f" * FRAME  # negative zero: is silence too, and hardly any coder sends 20 ms of it
_GONE = b"\x7f" * _RING
_HALF = encode_ulaw(decode_ulaw(bytes(range(256))) / 2)
_RISE = np.linspace(0.0, 1.0, FRAME)


class Playout:
    """Takes the packets of one source as they come (`hear`) and gives a frame a step (`take`).

    The delay follows the network: it grows at once when a packet comes too late, and sinks by 20 ms a second
    while all come earlier than needed, two frames faded into one. So clocks may drift apart by 2 %, and a
    burst after a pause is not lost. A missing packet is stood in for by the one before, once and at half its
    level; then by silence.
    """

    __slots__ = ("_cut", "_dry", "_last", "_late", "_lowest", "_newest", "_next", "_samples", "_taken")

    def __init__(self) -> None:
        self._samples = bytearray(_GONE)
        self._next: int | None = None  # timestamp of the next sample to be taken; None = nothing is expected
        self._newest = 0  # behind the newest sample
        self._lowest = LONGEST  # how far ahead of its turn the latest packet of this window came
        self._taken = 0
        self._cut = 0  # samples to leave out at the next step
        self._dry = 0
        self._late = 0
        self._last = b""

    @property
    def waiting_ms(self) -> int:
        """How much voice waits for its turn."""
        return 0 if self._next is None else max(0, _steps(self._newest, self._next)) // 8

    def restart(self) -> None:
        """Another stream comes next: its timestamps have nothing to do with those before."""
        self._next = None

    def hear(self, timestamp: int, ulaw: bytes, at_ms: int) -> None:
        size = len(ulaw)
        if size > LONGEST:
            return
        begin = self._next
        if begin is None:
            begin = self._begin(timestamp)
        ahead = ((timestamp - begin + 0x80000000) & 0xFFFFFFFF) - 0x80000000
        if ahead < 0:
            if not self._make_way(timestamp, ahead):
                return
        elif ahead + size > LONGEST:
            self._begin(timestamp)
        else:
            self._late = 0
        if ahead < self._lowest:
            self._lowest = ahead
        end = (timestamp + size) & 0xFFFFFFFF
        if ((end - self._newest) & 0xFFFFFFFF) < 0x80000000:
            self._newest = end
        start = timestamp % _RING
        rest = _RING - start
        if size <= rest:
            self._samples[start : start + size] = ulaw
        else:
            self._samples[start:] = ulaw[:rest]
            self._samples[: size - rest] = ulaw[rest:]

    def take(self) -> bytes | None:
        """The next 20 ms as μ-law; None = silence."""
        begin = self._next
        if begin is None:
            return None
        if ((self._newest - begin - 1) & 0xFFFFFFFF) >= 0x80000000:
            self._dry += 1
            self._next = (begin + FRAME) & 0xFFFFFFFF
            if self._dry > DRY:
                self._next = None
            return self._stand_in()
        self._dry = 0
        frame = self._lift(begin)
        begin += FRAME
        if self._cut:
            frame = self._shorten(frame, begin)
            begin += self._cut
            self._cut = 0
        self._next = begin & 0xFFFFFFFF
        self._taken += 1
        if self._taken >= WINDOW:
            self._judge()
        if frame == _MISSING:
            return self._stand_in()
        self._last = frame
        return frame

    def _begin(self, timestamp: int) -> int:
        """A first packet, or one far from those before: its turn is `START` from now."""
        self._samples[:] = _GONE
        self._next = begin = (timestamp - START) & 0xFFFFFFFF
        self._newest = timestamp
        self._lowest, self._taken = LONGEST, 0
        self._cut = self._dry = self._late = 0
        self._last = b""
        return begin

    def _make_way(self, timestamp: int, ahead: int) -> bool:
        """A packet whose turn has come before it; whether it is to be kept.

        The newest of all gets its turn put off: nothing behind it was taken yet. One that was overtaken is
        lost; five such in a row are a new clock.
        """
        if _steps(timestamp, self._newest) < 0 or ahead < -LONGEST:
            self._late += 1
            if self._late >= _LATE_RUN:
                self._begin(timestamp)
                return True
            self._lowest = min(self._lowest, 0)
            return False
        self._next = (timestamp - START) & 0xFFFFFFFF
        self._cut = 0
        return True

    def _lift(self, begin: int) -> bytes:
        """Take a frame out of the ring."""
        start = begin % _RING
        rest = _RING - start
        samples = self._samples
        if rest >= FRAME:
            frame = bytes(samples[start : start + FRAME])
            samples[start : start + FRAME] = _MISSING
        else:
            frame = bytes(samples[start:] + samples[: FRAME - rest])
            samples[start:] = _MISSING[:rest]
            samples[: FRAME - rest] = _MISSING[rest:]
        return frame

    def _shorten(self, frame: bytes, begin: int) -> bytes:
        """Leave out `_cut` samples: the frame fades into the last one that is left out."""
        last = frame
        for at in range(begin, begin + self._cut, FRAME):
            last = self._lift(at)
        return encode_ulaw(decode_ulaw(frame) * (1 - _RISE) + decode_ulaw(last) * _RISE)

    def _judge(self) -> None:
        surplus = self._lowest - START
        if surplus >= FRAME:
            self._cut = surplus // FRAME * FRAME if surplus >= _AT_ONCE else FRAME
        self._lowest, self._taken = LONGEST, 0

    def _stand_in(self) -> bytes | None:
        last, self._last = self._last, b""
        return last.translate(_HALF) if last else None


def _steps(new: int, old: int) -> int:
    return ((new - old + 0x80000000) & 0xFFFFFFFF) - 0x80000000
