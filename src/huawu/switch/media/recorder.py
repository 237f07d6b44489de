"""Two voices on one time line: each packet at its true place, gaps silent, ready to write 100 ms later."""

from __future__ import annotations

from huawu.switch.media.rtp import steps32

LAG_MS = 100
"""How late a packet may come and still find its place."""
_RING = 16384  # samples kept of each voice: two seconds
_SILENCE = b"\xff" * _RING
_EARLIEST = 320
_LATE_RUN = 5


class Voice:
    """One channel. Places packets by the sender's timestamps, tied to our clock at the first packet.

    The tie is made anew when a packet seems to come from more than 40 ms ahead, or five in a row come too
    late to be placed: so clocks that drift apart shift the voice by never more than 140 ms.
    """

    __slots__ = ("_base", "_late", "_place", "_recording", "_samples")

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._samples = bytearray(_SILENCE)
        self._base: int | None = None
        self._place = 0
        self._late = 0

    def restart(self) -> None:
        """Another stream comes next: its timestamps have nothing to do with those before."""
        self._base = None

    def hear(self, timestamp: int, ulaw: bytes, at_ms: int) -> None:
        recording = self._recording
        if recording.paused:
            return
        size = len(ulaw)
        arrived = (at_ms - recording.began_ms) * 8 - size
        base = self._base
        place = arrived if base is None else self._place + timestamp - base
        if base is None or place - arrived > _EARLIEST or place < recording.taken:
            place = self._place_anew(timestamp, arrived)
        if place < recording.opened or place < recording.taken:
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
                self._late += place < self._recording.taken
                if place >= self._recording.taken or self._late < _LATE_RUN:
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
    """The time line of one recording. Places and lengths are samples (1/8 ms) since `began_ms`."""

    __slots__ = ("began_ms", "left", "opened", "paused", "right", "taken")

    def __init__(self, began_ms: int) -> None:
        self.began_ms = began_ms
        self.paused = False
        self.opened = 0
        """Voice from before this place is not kept: the end of the last pause."""
        self.taken = 0
        """Up to here all is written."""
        self.left = Voice(self)
        self.right = Voice(self)

    def end(self) -> None:
        """Both voices are heard no more: their rings are given back now, not when circles are looked for."""
        del self.left, self.right

    def pause(self) -> None:
        self.paused = True

    def resume(self, at_ms: int) -> None:
        if self.paused:
            self.paused = False
            self.opened = max(0, (at_ms - self.began_ms) * 8)
            self.left.restart()
            self.right.restart()

    def take(self, until_ms: int) -> tuple[int, bytes | bytearray]:
        """The octets of both channels up to that time, and how far into the file they belong."""
        at = self.taken * 2
        until = (until_ms - self.began_ms) * 8
        pieces = []
        while self.taken < until:
            start = self.taken % _RING
            size = min(until - self.taken, _RING - start)
            both = bytearray(2 * size)
            both[0::2] = self.left.take(start, size)
            both[1::2] = self.right.take(start, size)
            pieces.append(both)
            self.taken += size
        return at, pieces[0] if len(pieces) == 1 else b"".join(pieces)
