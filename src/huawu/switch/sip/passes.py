"""Passes of guests: each lets a stranger make one call, to one number from one address, soon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from huawu.link.messages import Endpoint, EndpointId
from huawu.switch.sip.guessers import network_of

MAX_PASSES: Final = 10_000
NOBODYS: Final = EndpointId("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """Whoever proves to be `guest` may call `number` from `address`, once, until that instant (seconds)."""

    guest: str
    number: str
    address: str
    page: str
    ha1_sha256: str
    ha1_md5: str
    until: float


class Passes:
    """All that are good now; of too many the oldest go."""

    def __init__(self) -> None:
        self._passes: dict[str, Pass] = {}

    def __len__(self) -> int:
        return len(self._passes)

    def admit(self, passes: Sequence[Pass], at: float) -> None:
        """Take these in, and forget those whose time is over."""
        for name in [name for name, one in self._passes.items() if one.until <= at]:
            del self._passes[name]
        self._passes |= {one.guest: one for one in passes if one.until > at}
        while len(self._passes) > MAX_PASSES:
            del self._passes[next(iter(self._passes))]

    def find(self, user: str, at: float) -> Endpoint | None:
        """What somebody of this name has to prove; None = there is no such pass, or no longer."""
        found = self._passes.get(user)
        if found is None or at >= found.until:
            return None
        return Endpoint(
            endpoint=NOBODYS, user=found.guest, ha1_sha256=found.ha1_sha256, ha1_md5=found.ha1_md5
        )

    def use(self, user: str, number: str, host: str) -> Pass | None:
        """The pass, spent by this; None = it is for another number or another address, and stays good."""
        found = self._passes.get(user)
        if found is None or found.number != number:
            return None
        if found.address and network_of(found.address) != network_of(host):
            return None
        return self._passes.pop(user)
