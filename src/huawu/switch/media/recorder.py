"""Two voices on one time line: each packet at its true place, gaps silent, ready to write 100 ms later."""

from __future__ import annotations

from huawu.switch.media.rtp import steps32

LAG_MS = 100
"""How late a packet may come and still find its place."""
_RING = 16384  # samples kept of each voice: two seconds
_SILENCE = b"\xff" * _RING
_EARLIEST = 320
_LATE_RUN = 5


class TimeLine:
    """What both voices of a recording go by. Places are samples (1/8 ms) since `began_ms`."""

    __slots__ = ("began_ms", "opened", "paused", "taken")

    def __init__(self, began_ms: int) -> None:
        self.began_ms = began_ms
        self.paused = False
        self.opened = 0
        """Voice from before this place is not kept: the end of the last pause."""
        self.taken = 0
        """Up to here all is written."""


class Voice:
    """One channel. Places packets by the sender's timestamps, tied to our clock at the first packet.

    The tie is made anew when a packet seems to come from more than 40 ms ahead, or five in a row come too
    late to be placed: so clocks that drift apart shift the voice by never more than 140 ms.
    """

    __slots__ = ("_base", "_late", "_line", "_place", "_samples")

    def __init__(self, line: TimeLine) -> None:
        self._line = line
        self._samples = bytearray(_SILENCE)
        self._base: int | None = None
        self._place = 0
        self._late = 0

    def restart(self) -> None:
        """Another stream comes next: its timestamps have nothing to do with those before."""
        self._base = None

    def hear(self, timestamp: int, ulaw: bytes, at_ms: int) -> None:
        line = self._line
        if line.paused:
            return
        size = len(ulaw)
        arrived = (at_ms - line.began_ms) * 8 - size
        base = self._base
        place = arrived if base is None else self._place + timestamp - base
        if base is None or place - arrived > _EARLIEST or place < line.taken:
            place = self._place_anew(timestamp, arrived)
        if place < line.opened or place < line.taken:
            return  # before the start, spoken during a pause, or too late
        self._late = 0
        start = place % _RING
        if start + size <= _RING:
            self._samples[start : start + size] = ulaw
        elif size <= _RING:
            rest = _RING - start
            self._samples[start:] = ulaw[:rest]
            self._samples[: size - rest] = ulaw[rest:]

    def _place_anew(self, timestamp: int, arrived: int) -> int:
        """The place of a packet that begins a stream, or whose timestamp wrapped, strayed or is late."""
        base = self._base
        if base is not None:
            place = self._place + steps32(timestamp, base)
            if place - arrived <= _EARLIEST:
                self._late += place < self._line.taken
                if place >= self._line.taken or self._late < _LATE_RUN:
                    return place
        self._tie(timestamp, arrived)
        return arrived

    def _tie(self, timestamp: int, place: int) -> None:
        self._base, self._place, self._late = timestamp, place, 0

    def take(self, start: int, size: int) -> bytearray:
        """Samples that do not wrap around the ring; silence takes their place."""
        taken = self._samples[start : start + size]
        self._samples[start : start + size] = _SILENCE[:size]
        return taken


class Recording:
    """Two voices on one time line, begun at `began_ms`."""

    __slots__ = ("_line", "left", "right")

    def __init__(self, began_ms: int) -> None:
        self._line = line = TimeLine(began_ms)
        self.left = Voice(line)
        self.right = Voice(line)

    def pause(self) -> None:
        self._line.paused = True

    def resume(self, at_ms: int) -> None:
        line = self._line
        if line.paused:
            line.paused = False
            line.opened = max(0, (at_ms - line.began_ms) * 8)
            self.left.restart()
            self.right.restart()

    def take(self, until_ms: int) -> tuple[int, bytes | bytearray]:
        """The octets of both channels up to that time, and how far into the file they belong."""
        line = self._line
        at = line.taken * 2
        until = (until_ms - line.began_ms) * 8
        pieces = []
        while line.taken < until:
            start = line.taken % _RING
            size = min(until - line.taken, _RING - start)
            both = bytearray(2 * size)
            both[0::2] = self.left.take(start, size)
            both[1::2] = self.right.take(start, size)
            pieces.append(both)
            line.taken += size
        return at, pieces[0] if len(pieces) == 1 else b"".join(pieces)
