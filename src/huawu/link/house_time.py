"""The time that all processes of one centre go by: set once, when the centre starts, and steady from then on.

A machine's clock may be set while calls stand: by a person, or by NTP after a start with a wrong clock. If
calls went by it, waits would last an hour or less than nothing, and recordings would have holes. So all
processes count from one instant by the machine's monotonic clock, which nobody can set: `huawu run` says when
that clock read zero, and a process that dies in between comes back to the same time.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping

VARIABLE = "HUAWU_TIME"
"""Unix time, in seconds, at which the machine's monotonic clock read zero."""


def zero_now(wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> float:
    """What the variable would be set to now."""
    return wall() - steady()


def zero(environment: Mapping[str, str] | None = None) -> float:
    """What `huawu run` said; a process that was started alone says it itself."""
    told = (os.environ if environment is None else environment).get(VARIABLE, "")
    try:
        found = float(told)
    except ValueError:
        return zero_now()
    return found if math.isfinite(found) else zero_now()
