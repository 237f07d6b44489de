"""A silent call by the shipped book: each sentence is asked for when the one before is over."""

from __future__ import annotations

from huawu.standard import load_standard
from huawu.standard.course import TURN_PAUSE_MS
from tests.calls.assist.house import House

SOON_MS = 300


def shown(house: House, step: int) -> int:
    """When the desk showed that step of the procedure."""
    return next(
        at for at, _, hint in house.frames if hint and (hint.rule, hint.step) == ("silent.call", step)
    )


def test_the_next_sentence_is_asked_for_when_the_one_before_is_over() -> None:
    house = House("novice")
    house.assist.standard = load_standard()
    house.answered()
    house.talk("agent", 0.8, 2.8)
    house.talk("agent", 6.4, 8.6)
    house.run(16)
    for step, ended_ms in ((2, 2_800), (3, 8_600)):
        assert 0 <= shown(house, step) - ended_ms - TURN_PAUSE_MS <= SOON_MS


def test_it_is_not_asked_for_while_a_sentence_may_go_on() -> None:
    house = House("novice")
    house.assist.standard = load_standard()
    house.answered()
    house.talk("agent", 0.8, 2.8)
    house.talk("agent", 3.5, 5.5)  # a breath, no end
    house.run(9)
    assert 0 <= shown(house, 2) - 5_500 - TURN_PAUSE_MS <= SOON_MS


def test_a_caller_who_speaks_ends_it() -> None:
    house = House("novice")
    house.assist.standard = load_standard()
    house.answered()
    house.talk("agent", 0.8, 2.8)
    house.talk("caller", 3.9, 6)
    house.run(12)
    assert "silent.call" not in {hint.rule for _, _, hint in house.frames if hint}
