"""The estimated wait follows how fast the line has been moving."""

from __future__ import annotations

from huawu.acd.estimate import Pace


def test_nothing_is_known_before_two_answers_with_callers_waiting() -> None:
    pace = Pace()
    pace.answered(0, agents=2, still_waiting=3)
    assert pace.estimate_ms(1, agents=2) is None


def test_each_place_costs_the_time_between_answers() -> None:
    pace = Pace()
    for at in range(0, 100_000, 10_000):
        pace.answered(at, agents=2, still_waiting=3)
    assert pace.estimate_ms(1, agents=2) == 10_000
    assert pace.estimate_ms(3, agents=2) == 30_000


def test_more_agents_shorten_and_fewer_lengthen_the_wait() -> None:
    pace = Pace(per_answer_ms=60_000)
    assert pace.estimate_ms(2, agents=4) == 30_000
    assert pace.estimate_ms(2, agents=1) == 120_000
    assert pace.estimate_ms(2, agents=0) is None


def test_time_without_a_line_says_nothing() -> None:
    pace = Pace(per_answer_ms=20_000)
    pace.answered(0, agents=1, still_waiting=0)
    pace.answered(3_600_000, agents=1, still_waiting=1)
    assert pace.per_answer_ms == 20_000
    pace.line_empty()
    pace.answered(7_200_000, agents=1, still_waiting=1)
    assert pace.per_answer_ms == 20_000


def test_the_newest_answers_count_most() -> None:
    pace = Pace(per_answer_ms=10_000)
    for at in range(0, 400_000, 20_000):
        pace.answered(at, agents=1, still_waiting=1)
    assert 19_500 < (pace.estimate_ms(1, agents=1) or 0) < 20_000
