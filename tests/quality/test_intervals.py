"""Intervals against published figures, and the laws that hold for all of them."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.quality.intervals import Interval, difference, mean_of, ranks, t_of, wilson

tried = st.integers(1, 400).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))
intervals = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(lambda ends: Interval(min(ends), max(ends)))


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_agrees_with_newcombes_table(hits: int, of: int, low: float, high: float) -> None:
    """Newcombe 1998a, table I, method 3."""
    assert wilson(hits, of) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("before", "after", "low", "high"),
    [((48, 80), (56, 70), 0.0524, 0.3339), ((3, 10), (9, 10), 0.1705, 0.8090)],
)
def test_differences_agree_with_newcombes_table(
    before: tuple[int, int], after: tuple[int, int], low: float, high: float
) -> None:
    """Newcombe 1998b, table II, method 10."""
    found = difference(before, after)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    assert found.clear


@pytest.mark.parametrize(
    ("freedom", "t"),
    [(1, 12.706), (2, 4.303), (3, 3.182), (5, 2.571), (10, 2.228), (30, 2.042), (120, 1.980)],
)
def test_students_t_agrees_with_its_table(freedom: int, t: float) -> None:
    assert t_of(0.95, freedom) == pytest.approx(t, rel=0.01)


def test_a_share_of_nothing_has_no_interval() -> None:
    assert wilson(0, 0) is None
    assert difference((0, 0), (1, 2)) is None
    with pytest.raises(ValueError, match="no share"):
        wilson(3, 2)
    with pytest.raises(ValueError, match="confidence"):
        wilson(1, 2, 1.0)


@given(tried, st.floats(0.5, 0.999))
def test_an_interval_holds_its_share_and_lies_between_nothing_and_all(
    share: tuple[int, int], confidence: float
) -> None:
    hits, of = share
    found = wilson(hits, of, confidence)
    assert found is not None
    assert 0 <= found.low <= hits / of <= found.high <= 1


@given(tried, st.integers(2, 9))
def test_more_calls_of_the_same_share_say_more(share: tuple[int, int], times: int) -> None:
    few, many = wilson(*share), wilson(share[0] * times, share[1] * times)
    assert few is not None
    assert many is not None
    assert many.high - many.low < few.high - few.low


@given(tried, tried)
def test_a_change_seen_from_the_other_side_is_its_mirror(a: tuple[int, int], b: tuple[int, int]) -> None:
    there, back = difference(a, b), difference(b, a)
    assert there is not None
    assert back is not None
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
    assert there.clear == back.clear
    assert not (a == b and there.clear)


@given(st.lists(st.floats(0, 100), min_size=2, max_size=50))
def test_a_mean_lies_in_its_interval(values: list[float]) -> None:
    found = mean_of(len(values), sum(values), sum(each * each for each in values), least=0, most=100)
    assert found is not None
    assert found.interval is not None
    assert 0 <= found.interval.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.interval.high <= 100


def test_one_value_has_a_mean_and_no_interval() -> None:
    assert mean_of(0, 0, 0, least=0, most=100) is None
    alone = mean_of(1, 80, 6400, least=0, most=100)
    assert alone is not None
    assert (alone.value, alone.interval) == (80, None)


@given(st.lists(st.one_of(st.none(), intervals), max_size=12))
def test_no_two_that_overlap_differ_in_rank(those: list[Interval | None]) -> None:
    places = ranks(those)
    for (a, place), (b, other) in itertools.combinations(zip(those, places, strict=True), 2):
        assert (a is None) == (place is None)
        if a is None or b is None or place is None or other is None:
            continue
        if a.overlaps(b):
            assert place == other
        if place < other:
            assert a.high < b.low
    known = sorted(place for place in places if place is not None)
    assert all(place == known.index(place) + 1 for place in known), "as many before as the rank says"
