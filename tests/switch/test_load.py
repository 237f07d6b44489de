"""A switch that cannot keep up refuses new calls until it can."""

from __future__ import annotations

from huawu.link.messages import EndpointId, LegId
from huawu.switch.load import CALM_IN_A_ROW, LATE_IN_A_ROW, Load
from huawu.switch.sip.events import CallOffered
from tests.switch.fakes import PEER
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


def test_a_call_for_help_passes_while_others_are_refused_unless_no_centre_is_there() -> None:
    line = Line()
    line.core.overloaded(True)
    assert (line.calls.retry_after_s, line.calls.helps) == (5, True)
    assert len(line.news(help_call(A))) == 1
    line.core.centre_present(False)
    assert not line.calls.helps
    assert line.news(help_call(B)) == []
    assert line.calls.did[-1] == ("reject", B, "congestion")


def help_call(leg: LegId) -> CallOffered:
    return CallOffered(
        leg=leg,
        from_number="1001",
        from_name="",
        to_number="0110",
        endpoint=EndpointId("1001"),
        trunk=None,
        flow=PEER,
        offer=sdp(),
        emergency=True,
    )
