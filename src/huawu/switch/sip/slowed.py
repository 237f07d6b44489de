"""Refusals that wait before they leave, to slow those who guess passwords."""

from __future__ import annotations

from typing import Final

from huawu.switch.sip.core import Core
from huawu.switch.sip.message import Request
from huawu.switch.sip.transaction import ServerTransaction

MAX_SLOWED: Final = 2_000


class Slowed:
    """At most `MAX_SLOWED` answers wait at a time, each in a transaction that absorbs repetitions."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.count = 0

    def answer(self, request: Request, lines: str, delay_s: float, at: float) -> bool:
        """Answer 401 with these lines after the delay; False when too many wait already."""
        if self.count >= MAX_SLOWED:
            return False
        self.count += 1
        waiting = _Waiting(self, self._core, self._core.serve(request, at), lines)
        self._core.start("later", waiting.number, at + delay_s)
        return True


class _Waiting:
    def __init__(self, slowed: Slowed, core: Core, transaction: ServerTransaction, lines: str) -> None:
        self._slowed = slowed
        self._core = core
        self._transaction = transaction
        self._lines = lines
        self.number = core.enter(self)

    def fire(self, name: str, at: float) -> None:
        """Its time has come; a second firing finds nobody."""
        self._core.leave(self.number)
        self._slowed.count -= 1
        self._core.respond(self._transaction, 401, at, lines=self._lines)
