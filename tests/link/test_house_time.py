"""All processes of a centre go by one time, which nobody can set while it runs."""

from __future__ import annotations

import time

from huawu.cli.run import CLOCK_JUMP_S, clock_was_set
from huawu.link import house_time
from huawu.platform.clock import SystemClock

HOUR_S = 3_600.0


def test_time_is_counted_from_what_was_said_at_the_start() -> None:
    zero_s = house_time.zero_now() - HOUR_S
    assert house_time.zero({house_time.VARIABLE: f"{zero_s:.3f}"}) == round(zero_s, 3)
    behind_ms = time.time() * 1000 - SystemClock(zero_s).now_ms()
    assert abs(behind_ms - HOUR_S * 1000) < 60_000


def test_nonsense_and_nothing_mean_the_machines_clock() -> None:
    for told in ("", "noon", "nan", "inf"):
        assert abs(house_time.zero({house_time.VARIABLE: told}) - house_time.zero_now()) < 60


def test_a_clock_that_is_set_moves_no_wait() -> None:
    steady, wall = 1_000.0, 1_750_000_000.0
    clock = SystemClock(house_time.zero_now(lambda: wall, lambda: steady), lambda: steady)
    began = clock.now_ms()
    assert began == wall * 1000
    wall += HOUR_S  # somebody sets the machine's clock
    steady += 2.5
    assert clock.now_ms() == began + 2_500
    wall -= 3 * HOUR_S
    steady += 2.5
    assert clock.now_ms() == began + 5_000


def test_it_is_told_which_way_the_clock_was_set() -> None:
    assert clock_was_set(1_000.0, 1_000.0 + CLOCK_JUMP_S / 2) == ""
    assert "forward by 3600 s" in clock_was_set(1_000.0, 4_600.0)
    assert "back by 3600 s" in clock_was_set(4_600.0, 1_000.0)
