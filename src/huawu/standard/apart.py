"""When the two parties of a conversation do not hear each other, and why: a hold, somebody spoken to aside.

What is said then is said to nobody on the other side, however well the recording has it.
"""

from __future__ import annotations

from typing import Final

from huawu.standard.model import FOREVER

NOT_CONNECTED: Final = "not connected"
HELD: Final = "held"
ASIDE: Final = "aside"
CALLER_HOLDS: Final = "the caller holds"


class Apart:
    """A call's reasons why they do not hear each other now, and the times when they did not."""

    __slots__ = ("_times", "why")

    def __init__(self) -> None:
        self.why: set[str] = {NOT_CONNECTED}
        self._times: list[tuple[int, int]] = []
        """Within conversations: before, after and between them there is nobody to hear."""

    def change(self, reason: str, apart: bool, at_ms: int) -> bool:
        """There is a reason, or it is gone; whether they hear each other no more, or again."""
        before = bool(self.why)
        (self.why.add if apart else self.why.discard)(reason)
        self._note(at_ms)
        return before != bool(self.why)

    def leave(self, at_ms: int) -> None:
        """The conversation is over."""
        self.why = {NOT_CONNECTED}
        self._note(at_ms)

    def _note(self, at_ms: int) -> None:
        within = bool(self.why) and NOT_CONNECTED not in self.why
        going_on = bool(self._times) and self._times[-1][1] == FOREVER
        if within and not going_on:
            self._times.append((at_ms, FOREVER))
        elif going_on and not within:
            self._times[-1] = (self._times[-1][0], at_ms)

    def throughout(self, from_ms: int, to_ms: int, horizon_ms: int) -> bool | None:
        """Whether all of from–to lies in such a time, so that nobody heard it; None = not known yet."""
        for begins, ends in self._times:
            if begins <= from_ms < ends:
                if ends == FOREVER and to_ms >= horizon_ms:
                    return None
                return to_ms <= ends
        return False
