"""Counting who stands before whom, against counting one by one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from huawu.acd.order import Order


@given(st.lists(st.integers(0, 60), max_size=300))
def test_counts_those_before_however_callers_come_and_go(places: list[int]) -> None:
    order, standing = Order(), set[int]()
    for place in places:
        if place in standing:
            order.remove(place)
            standing.remove(place)
        else:
            order.add(place)
            standing.add(place)
            assert order.before(place) == sum(other < place for other in standing)
        assert len(order) == len(standing)
        for other in list(standing)[:3]:
            assert order.before(other) == sum(before < other for before in standing)


def test_forgets_those_who_left_so_that_memory_follows_the_line() -> None:
    order = Order()
    for place in range(10_000):
        order.add(place)
        if place >= 10:
            order.remove(place - 10)
    assert len(order) == 10
    assert len(order.places) < 200
