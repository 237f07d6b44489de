"""The day's counts and the formula of the service level."""

from __future__ import annotations

from huawu.acd.figures import Figures


def test_service_level_is_answers_in_goal_over_answers_and_late_abandons() -> None:
    figures = Figures()
    for waited in (5_000, 20_000, 30_000):
        figures.count_answer(waited, goal_ms=20_000)
    figures.count_abandon(25_000, goal_ms=20_000)
    assert figures.service_level == 2 / 4
    assert figures.answered_in_goal == 2


def test_callers_who_give_up_within_the_goal_are_not_held_against_the_queue() -> None:
    figures = Figures()
    figures.count_answer(1_000, goal_ms=20_000)
    figures.count_abandon(3_000, goal_ms=20_000)
    assert figures.service_level == 1.0
    assert figures.abandoned == 1


def test_there_is_no_service_level_before_the_first_call() -> None:
    assert Figures().service_level is None
    assert Figures().average_wait_ms is None


def test_average_wait_is_of_those_who_were_answered() -> None:
    figures = Figures()
    figures.count_answer(10_000, goal_ms=20_000)
    figures.count_answer(20_000, goal_ms=20_000)
    figures.count_abandon(90_000, goal_ms=20_000)
    assert figures.average_wait_ms == 15_000
