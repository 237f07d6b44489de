"""Which calls are inspected: at risk first, then enough of each agent; and by whom."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.quality.sampling import (
    Candidate,
    Terms,
    assign,
    choose,
    loads,
    margin_of,
    sample_size,
)


@pytest.mark.parametrize(
    ("population", "margin", "confidence", "size"),
    [
        (100_000_000, 0.05, 0.95, 385),
        (1_000, 0.05, 0.95, 278),
        (500, 0.05, 0.95, 218),
        (200, 0.1, 0.90, 51),
        (30, 0.1, 0.90, 21),
    ],
)
def test_sizes_agree_with_the_usual_tables(
    population: int, margin: float, confidence: float, size: int
) -> None:
    """Krejcie and Morgan 1970 have 384, 278, 217 (their chi-square is rounded)."""
    assert sample_size(population, margin, confidence) == size


@given(st.integers(1, 5_000), st.floats(0.01, 0.5), st.sampled_from([0.9, 0.95, 0.99]))
def test_the_stated_error_is_reached_and_not_by_looking_at_more_than_needed(
    population: int, margin: float, confidence: float
) -> None:
    size = sample_size(population, margin, confidence)
    assert 1 <= size <= population
    reached = margin_of(population, size, confidence)
    assert reached is not None
    assert reached <= margin + 1e-9
    if size > 2:
        fewer = margin_of(population, size - 2, confidence)
        assert fewer is not None
        assert fewer > margin


def candidate(number: int, agent: str = "wang", **more: object) -> Candidate:
    return Candidate(call=f"c{number:04}", agent=agent, began_ms=number, **more)  # type: ignore[arg-type]


candidates = st.lists(
    st.builds(
        Candidate,
        call=st.integers(0, 500).map("c{}".format),
        agent=st.sampled_from(["", "wang", "li", "zhao"]),
        began_ms=st.integers(0, 9),
        lost=st.integers(0, 30),
        fatal=st.booleans(),
        complaint=st.booleans(),
        dropped=st.booleans(),
        unsure=st.integers(0, 4),
        talk_ms=st.integers(0, 900_000),
    ),
    max_size=60,
    unique_by=lambda each: each.call,
)
terms = st.builds(
    Terms,
    risk=st.integers(0, 10),
    margin=st.sampled_from([0.0, 0.1, 0.3]),
    most_per_agent=st.one_of(st.none(), st.integers(0, 5)),
)


@given(candidates, terms, st.integers(0, 99), st.randoms())
def test_a_choice_is_the_same_again_in_whatever_order_calls_come(
    those: list[Candidate], wanted: Terms, seed: int, order: random.Random
) -> None:
    shuffled = list(those)
    order.shuffle(shuffled)
    assert choose(those, wanted, seed) == choose(shuffled, wanted, seed)


@given(candidates, terms, st.integers(0, 99))
def test_every_chosen_call_says_why_and_is_chosen_once(
    those: list[Candidate], wanted: Terms, seed: int
) -> None:
    sample = choose(those, wanted, seed)
    names = [each.call for each in sample.chosen]
    assert len(names) == len(set(names))
    assert set(names) <= {each.call for each in those}
    assert all(each.why for each in sample.chosen)
    assert sample.risk <= wanted.risk
    for stratum in sample.strata:
        drawn = [
            each
            for each in sample.chosen
            if each.agent == stratum.agent and any(why.kind == "stratum" for why in each.why)
        ]
        assert len(drawn) == stratum.sample


@given(candidates, st.integers(1, 10), st.integers(0, 99))
def test_no_call_left_aside_is_worse_than_one_chosen_for_risk(
    those: list[Candidate], most: int, seed: int
) -> None:
    sample = choose(those, Terms(risk=most, margin=0), seed)
    chosen = {each.call for each in sample.chosen}
    if len(chosen) == most:
        fatal = {each.call for each in those if each.fatal}
        assert len(fatal - chosen) == 0 or chosen <= fatal


def test_risk_goes_by_what_happened() -> None:
    calls = [
        candidate(1, lost=25),
        candidate(2, fatal=True),
        candidate(3, complaint=True),
        candidate(4, dropped=True),
        candidate(5),
        *(candidate(number, talk_ms=60_000) for number in range(10, 40)),
        candidate(6, talk_ms=900_000),
    ]
    chosen = choose(calls, Terms(risk=5, margin=0), seed=1).chosen
    assert [each.call for each in chosen] == ["c0002", "c0003", "c0004", "c0001", "c0006"]
    assert [each.why[0].kind for each in chosen] == ["fatal", "complaint", "dropped", "lost_points", "long"]


def test_each_agents_part_is_drawn_from_all_of_the_agents_calls() -> None:
    """An estimate from calls that went well only would flatter."""
    calls = [candidate(number, fatal=number % 2 == 0) for number in range(200)]
    sample = choose(calls, Terms(risk=100, margin=0.1), seed=3)
    both = [each for each in sample.chosen if {why.kind for why in each.why} == {"fatal", "stratum"}]
    assert sample.drawn == 51
    assert 15 <= len(both) <= 36, "about half of 51"


def test_drawing_is_fair() -> None:
    counts = [0] * 20
    for seed in range(2_000):
        for each in choose(
            [candidate(n) for n in range(20)], Terms(margin=0.5, most_per_agent=2), seed
        ).chosen:
            counts[each.began_ms] += 1
    assert sum(counts) == 4_000
    assert min(counts) > 140
    assert max(counts) < 260, "about 200 each"


inspectors = st.lists(st.sampled_from(["an", "bo", "cai", "wang", "li"]), min_size=1, unique=True)


@given(candidates, inspectors, st.integers(0, 99))
def test_nobody_inspects_an_own_call_and_all_others_get_alike(
    those: list[Candidate], able: list[str], seed: int
) -> None:
    chosen = choose(those, Terms(risk=0, margin=0.3), seed).chosen
    found = assign(chosen, able, seed)
    for each in chosen:
        free = [one for one in able if one not in each.agents]
        assert (each.call in found) == bool(free)
        assert found.get(each.call) not in each.agents
    strangers = [one for one in able if one not in ("wang", "li")]
    if strangers == able:
        shares = loads(found, able).values()
        assert max(shares) - min(shares) <= 1
