"""How many answers strangers get: enough for any phone, too few to make us a burden to somebody else.

An answer goes where the request claims to come from. So what costs nothing to ask (OPTIONS, nonsense that
gets a 400) is answered at a pace for each network; beyond it there is silence.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from huawu.switch.sip.guessers import MAX_SOURCES, network_of

BURST: Final = 200.0
A_SECOND: Final = 50.0


class Pace:
    """`BURST` answers at once, `A_SECOND` a second after; for at most `MAX_SOURCES` networks."""

    def __init__(self) -> None:
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._left)

    def allows(self, host: str, at: float) -> bool:
        """Whether one more answer may go there."""
        network = network_of(host)
        since, left = self._left.pop(network, (at, BURST))
        left = min(BURST, left + (at - since) * A_SECOND)
        allowed = left >= 1.0
        self._left[network] = at, left - 1.0 if allowed else left
        while len(self._left) > MAX_SOURCES:
            self._left.popitem(last=False)
        return allowed
