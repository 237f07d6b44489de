"""A switch that cannot keep up refuses new calls until it can."""

from __future__ import annotations

from huawu.switch.load import CALM_IN_A_ROW, LATE_IN_A_ROW, Load
from tests.switch.playbook import A, B, Line, sdp


def test_one_late_timer_is_no_overload() -> None:
    load = Load()
    assert not any(load.measured(late) for late in [0.5, 0.0] * 20)


def test_late_timers_in_a_row_are_until_calm_returns() -> None:
    load = Load()
    assert [load.measured(0.2) for _ in range(LATE_IN_A_ROW)] == [False] * (LATE_IN_A_ROW - 1) + [True]
    assert load.overloaded
    assert not load.measured(0.05)  # neither late nor calm: it stays
    assert [load.measured(0.0) for _ in range(CALM_IN_A_ROW)][-1]
    assert not load.overloaded


def test_overload_refuses_new_calls_and_keeps_the_others() -> None:
    line = Line()
    line.called(A)
    line.core.overloaded(True)
    assert line.calls.retry_after_s == 5
    assert line.offered(B, sdp()) == []
    assert line.snapshot().legs[0].leg == A
    line.core.overloaded(False)
    assert len(line.offered(B, sdp())) == 1
