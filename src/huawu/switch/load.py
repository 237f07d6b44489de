"""Whether the switch keeps up: seen by how late its own timers fire."""

from __future__ import annotations

EVERY_S = 0.25
"""How often lateness is measured."""
TOO_LATE_S = 0.1
"""Audio goes out every 20 ms; timers this late mean that listeners hear gaps."""
CALM_S = 0.03
LATE_IN_A_ROW = 4
CALM_IN_A_ROW = 12


class Load:
    """Overloaded after a second of late timers, calm again after three seconds of punctual ones."""

    def __init__(self) -> None:
        self.overloaded = False
        self._row = 0

    def measured(self, late_s: float) -> bool:
        """Take one measurement; True when `overloaded` has just changed."""
        against = late_s < CALM_S if self.overloaded else late_s > TOO_LATE_S
        self._row = self._row + 1 if against else 0
        if self._row < (CALM_IN_A_ROW if self.overloaded else LATE_IN_A_ROW):
            return False
        self.overloaded, self._row = not self.overloaded, 0
        return True
