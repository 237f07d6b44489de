"""Our 2xx to an INVITE, said again and again until the ACK comes (RFC 3261 §13.3.1.4)."""

from __future__ import annotations

from huawu.switch.sip.core import Core
from huawu.switch.sip.events import Flow, SendPacket
from huawu.switch.sip.transaction import PATIENCE, T1, T2


class Unheard:
    """Repeats `data` by the timer "again" of `number` until stopped; "unheard" says that nobody listens."""

    __slots__ = ("_core", "_data", "_flow", "_interval", "_number", "cseq")

    def __init__(self, core: Core, number: int, *, data: bytes, cseq: int, flow: Flow, at: float) -> None:
        self._core = core
        self._number = number
        self._data = data
        self._flow = flow
        self._interval = T1
        self.cseq = cseq
        core.start("again", number, at + T1)
        core.start("unheard", number, at + PATIENCE)

    def again(self, at: float) -> None:
        """The timer "again" came due."""
        core = self._core
        core.out.append(SendPacket(flow=self._flow, data=self._data))
        self._interval = min(2 * self._interval, T2)
        core.start("again", self._number, at + self._interval)

    def stop(self) -> None:
        """It was heard, or matters no more."""
        self._core.stop("again", self._number)
        self._core.stop("unheard", self._number)
