"""The switch's memory of what it told: numbered events, kept as frames until the centre has stored them."""

from __future__ import annotations

from collections import deque
from itertools import islice

from huawu.link.codec import encode
from huawu.link.messages import Event, NumberedEvent


class EventLog:
    """Numbers events from 1 and keeps at most `keep` of them; the oldest are forgotten first."""

    def __init__(self, keep: int = 200_000) -> None:
        if keep < 1:
            raise ValueError(f"an event log must keep at least one event, not {keep}")
        self._frames: deque[bytes] = deque(maxlen=keep)
        self.last = 0
        """The number of the newest event; 0 = none yet."""

    @property
    def first(self) -> int:
        """The number of the oldest event still kept; `last + 1` when none is."""
        return self.last + 1 - len(self._frames)

    def append(self, event: Event, at_ms: int) -> int:
        """Number an event and keep its frame; returns the number."""
        self.last += 1
        self._frames.append(encode(NumberedEvent(number=self.last, at_ms=at_ms, event=event)))
        return self.last

    def forget(self, number: int) -> None:
        """Drop all events up to and including `number`."""
        frames = self._frames
        for _ in range(min(number, self.last) + 1 - self.first):
            frames.popleft()

    def holds_after(self, number: int) -> bool:
        """Whether every event after `number` is still here (true, too, when there is none)."""
        return self.first - 1 <= number <= self.last

    def after(self, number: int, limit: int) -> list[bytes]:
        """The frames of up to `limit` events that follow `number`, in order; ask `holds_after` first."""
        missing = self.last - number
        if missing <= limit:  # the usual case: the newest few, taken from the near end of the deque
            newest = list(islice(reversed(self._frames), missing))
            newest.reverse()
            return newest
        start = number + 1 - self.first
        return list(islice(self._frames, start, start + limit))
