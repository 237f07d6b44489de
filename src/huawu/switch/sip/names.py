"""Names of trunks' targets and sources: asked for before a call needs them, kept while DNS is silent.

Pure: `LookUp` goes out, `Found` comes in. No call ever waits: it uses what is known at that instant.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from huawu.switch.sip.core import Core
from huawu.switch.sip.events import Address, Found, LookUp, Place

SHORTEST_S: Final = 5.0
LONGEST_S: Final = 3_600.0
"""Bounds on how long an answer is used before it is asked for again, whatever its TTL."""
SHORTEST_NO_S: Final = 10.0
LONGEST_NO_S: Final = 300.0
"""The same for "there is no such name" and for trouble."""
RENEW_AT: Final = 0.8
"""An answer is renewed after this share of its life, so that it never runs out under a call."""
LOST_S: Final = 30.0
"""A question without any answer is asked again after this time."""
MOST_ADDRESSES: Final = 16


class Names:
    """What is known of every place that a trunk names. `on_change` is called after each news."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._number = core.enter(self)
        self._known: dict[Place, tuple[Address, ...]] = {}
        self._trouble: dict[Place, str] = {}
        self._due: dict[Place, float] = {}
        self.on_change: Callable[[float], None] = lambda at: None

    def want(self, places: set[Place], at: float) -> None:
        """From now on these are looked up and kept; others are forgotten."""
        for place in [place for place in self._due if place not in places]:
            del self._due[place]
            self._known.pop(place, None)
            self._trouble.pop(place, None)
        for place in sorted(places - self._due.keys()):
            self._ask(place, at)
        self._wait()

    def addresses(self, place: Place) -> tuple[Address, ...]:
        """Where it leads by the last good answer."""
        return self._known.get(place, ())

    def trouble(self, place: Place) -> str:
        """Why it leads nowhere, or nowhere any more; "" = all is well or not yet known."""
        return self._trouble.get(place, "")

    def found(self, found: Found, at: float) -> None:
        """An answer came. A bad one takes no good addresses away."""
        place = found.place
        if place not in self._due:
            return
        if found.addresses:
            self._known[place] = found.addresses[:MOST_ADDRESSES]
            self._trouble.pop(place, None)
            wait_s = min(max(found.ttl_s * RENEW_AT, SHORTEST_S), LONGEST_S)
        else:
            self._trouble[place] = found.trouble
            wait_s = min(max(found.ttl_s, SHORTEST_NO_S), LONGEST_NO_S)
        self._due[place] = at + wait_s
        self._wait()
        self.on_change(at)

    def fire(self, name: str, at: float) -> None:
        for place in sorted(place for place, due in self._due.items() if due <= at):
            self._ask(place, at)
        self._wait()

    def _ask(self, place: Place, at: float) -> None:
        self._due[place] = at + LOST_S
        self._core.out.append(LookUp(place=place))

    def _wait(self) -> None:
        if self._due:
            self._core.start("names", self._number, min(self._due.values()))
        else:
            self._core.stop("names", self._number)
