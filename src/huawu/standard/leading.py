"""Which agent led the conversation when: there may be one after the other in a call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Leading:
    """`since` holds from when on which agent led, in their order."""

    def __init__(self) -> None:
        self.since: list[tuple[int, str]] = []

    def begins(self, agent: str, at_ms: int) -> bool:
        """This agent leads from now on; whether another did before, or none."""
        if not agent or (self.since and self.since[-1][1] == agent):
            return False
        self.since.append((at_ms, agent))
        return True

    def at(self, at_ms: int) -> str:
        """Who led at an instant, before the first the first; "" = nobody, or unknown."""
        if len(self.since) == 1:
            return self.since[0][1]
        found = ""
        for since_ms, agent in self.since:
            if since_ms > at_ms:
                break
            found = agent
        return found or (self.since[0][1] if self.since else "")

    def who(self, spoken: Mapping[str, Any], at_ms: int) -> str:
        """Which agent it was of whom this is told: it is said where there are several."""
        return str(spoken.get("agent") or self.at(at_ms))
