"""Agreement against the tables of those who thought of it."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.quality.agreement import agreed, cohen, fleiss, pairs, percent

votes = st.sampled_from(["pass", "breach", "not_applicable"])
ballots = st.lists(st.dictionaries(st.sampled_from("abcd"), votes, max_size=4), max_size=12)


def test_cohens_kappa_of_two_readers_of_fifty_proposals() -> None:
    """The textbook's table: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no."""
    table = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    assert cohen(table) == pytest.approx(0.4)


def test_fleiss_kappa_of_fourteen_raters() -> None:
    """The worked example for ten subjects, five categories, fourteen raters: 0.210."""
    table = [
        (0, 0, 0, 0, 14),
        (0, 2, 6, 4, 2),
        (0, 0, 3, 5, 6),
        (0, 3, 9, 2, 0),
        (2, 2, 8, 1, 1),
        (7, 7, 0, 0, 0),
        (3, 2, 6, 3, 0),
        (2, 5, 3, 2, 2),
        (6, 5, 2, 1, 0),
        (0, 2, 2, 3, 7),
    ]
    items = [[answer for answer, count in enumerate(row) for _ in range(count)] for row in table]
    assert fleiss(items) == pytest.approx(0.210, abs=5e-4)


def test_without_variation_there_is_no_kappa() -> None:
    assert cohen([("pass", "pass")] * 9) is None
    assert fleiss([["pass"] * 3] * 4) is None
    assert percent([["pass"] * 3] * 4) == 1
    assert cohen([]) is None
    assert percent([["pass"]]) is None
    nothing = agreed([])
    assert (nothing.items, nothing.percent, nothing.kappa) == (0, None, None)


def test_whoever_says_the_opposite_each_time_agrees_less_than_by_chance() -> None:
    assert cohen([("pass", "breach"), ("breach", "pass")] * 5) == pytest.approx(-1)


def test_votes_drawn_by_lot_agree_by_chance() -> None:
    lots = random.Random(7)
    items = [[lots.choice("ab") for _ in range(4)] for _ in range(4_000)]
    assert fleiss(items) == pytest.approx(0, abs=0.03)


@given(ballots)
def test_agreement_is_a_share_and_kappa_never_beyond_one(those: list[dict[str, str]]) -> None:
    found = agreed(those)
    assert found.percent is None or 0 <= found.percent <= 1
    assert found.kappa is None or found.kappa <= 1 + 1e-9
    for pair in pairs(those):
        assert pair.a < pair.b
        assert 0 <= pair.same <= pair.of


@given(st.lists(st.dictionaries(st.sampled_from("abcd"), votes, min_size=2), min_size=1, max_size=12))
def test_the_order_of_calls_and_the_names_of_answers_do_not_matter(those: list[dict[str, str]]) -> None:
    renamed = [{name: f"x{vote}" for name, vote in each.items()} for each in reversed(those)]
    one, other = agreed(those), agreed(renamed)
    assert one.items == other.items
    assert one.percent == pytest.approx(other.percent)
    assert (one.kappa is None) == (other.kappa is None)
    assert one.kappa is None or one.kappa == pytest.approx(other.kappa)
