"""The form of an inspection: what must be judged, what it makes of the points, and its states."""

from __future__ import annotations

import itertools
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.calls.record import derive
from huawu.quality.assessment import assess
from huawu.quality.errors import FormInvalid, Incomplete, StepNotPossible
from huawu.quality.forms import (
    STEPS,
    Appeal,
    Decision,
    Form,
    ItemChange,
    State,
    Step,
    after,
    blank,
    check_appealed,
    check_complete,
    decide,
    says,
    take,
)
from tests.quality.conftest import call_facts
from tests.quality.small_book import listens, load_small_book

BOOK = load_small_book()


def form(**call: object) -> Form:
    facts = call_facts("c1", at_ms=1_000_000, **call)  # type: ignore[arg-type]
    record = derive(facts)
    assert record is not None
    assessment = assess(record, facts, BOOK, book=0, marks=listens(BOOK), now_ms=2_000_000)
    return blank(assessment, BOOK)


def of(whole: Form, rule: str) -> str:
    return next(each.id for each in whole.items if each.rule == rule)


def judged(whole: Form, rule: str, verdict: str | None, *, reason: str = "", stand: str = "overrule") -> Form:
    change = ItemChange(id=of(whole, rule), stand=stand, verdict=verdict, reason=reason)  # type: ignore[arg-type]
    return take(whole, [change], BOOK)


def test_the_machines_verdicts_are_filled_in_and_people_s_rules_open() -> None:
    whole = form(rings_ms=12_000, said="喂")
    known = {each.rule: (each.by, each.machine, each.stand) for each in whole.items}
    assert known == {
        "open.third-ring": ("machine", "breach", ""),
        "open.greeting": ("machine", "breach", ""),
        "ban.hangup": ("machine", "pass", ""),
        "plain.words": ("person", None, ""),
    }
    assert whole.score.total == whole.machine_score.total == pytest.approx(66.7)


def test_breaches_and_people_s_rules_must_be_judged_and_passes_are_agreed_to_by_silence() -> None:
    whole = form(rings_ms=12_000, said="喂")
    with pytest.raises(Incomplete) as refused:
        check_complete(whole)
    assert refused.value.why is not None
    assert set(refused.value.why["open"]) == {
        of(whole, rule) for rule in ("open.third-ring", "open.greeting", "plain.words")
    }
    for rule in ("open.third-ring", "open.greeting"):
        whole = judged(whole, rule, None, stand="agree")
    check_complete(judged(whole, "plain.words", "pass", stand="judged"))


def test_overruling_wants_a_reason_and_changes_the_points() -> None:
    whole = judged(form(rings_ms=12_000, said="您好"), "open.third-ring", "pass")
    whole = judged(whole, "plain.words", "breach", stand="judged")
    with pytest.raises(Incomplete) as refused:
        check_complete(whole)
    assert refused.value.why == {
        "code": "form_incomplete",
        "open": [],
        "reasons": [of(whole, "open.third-ring")],
    }
    whole = judged(whole, "open.third-ring", "pass", reason="转接到另一部话机")
    check_complete(whole)
    assert whole.score.total == pytest.approx(100 * 30 / 35, abs=0.1), "all but the five of plain words"
    assert whole.machine_score.total == pytest.approx(100 * 26 / 30, abs=0.1)


def test_a_fatal_finding_that_is_overruled_no_longer_fails_the_call() -> None:
    whole = form(by="agent", said="您好")
    assert whole.fatal
    whole = judged(whole, "ban.hangup", "pass", reason="骚扰电话，已告知")
    assert (whole.fatal, whole.score.total) == (False, 100)


def test_what_no_words_were_there_for_may_stay_open() -> None:
    whole = form()
    assert {each.rule: each.machine for each in whole.items}["open.greeting"] == "unsure"
    check_complete(judged(whole, "plain.words", "not_applicable", stand="judged"))
    told = judged(whole, "open.greeting", "breach")
    check_complete(judged(told, "plain.words", "pass", stand="judged"))


@pytest.mark.parametrize(
    ("rule", "stand", "verdict"),
    [
        ("open.third-ring", "overrule", "breach"),
        ("open.third-ring", "overrule", None),
        ("open.third-ring", "judged", "pass"),
        ("open.greeting", "agree", None),
        ("plain.words", "agree", None),
        ("plain.words", "overrule", "pass"),
        ("plain.words", "judged", None),
    ],
)
def test_stands_that_mean_nothing_are_refused(rule: str, stand: str, verdict: str | None) -> None:
    whole = form(rings_ms=12_000)
    with pytest.raises(FormInvalid):
        judged(whole, rule, verdict, stand=stand)
    with pytest.raises(FormInvalid, match="no such item"):
        take(whole, [ItemChange(id="nothing", stand="agree")], BOOK)


def test_a_stand_is_taken_back() -> None:
    whole = form(rings_ms=12_000, said="您好")
    changed = judged(whole, "open.third-ring", "pass", reason="x")
    assert judged(changed, "open.third-ring", None, stand="") == whole


def appealed(whole: Form, *rules: str) -> Form:
    items = [of(whole, rule) for rule in rules]
    check_appealed(whole, items, "wang")
    return msgspec.structs.replace(
        whole, appeal=Appeal(by="wang", at_ms=1, text="不同意", items=items, decide_until_ms=2)
    )


def test_an_appeal_is_against_what_costs_the_agent_something() -> None:
    whole = form(rings_ms=12_000, said="您好")
    with pytest.raises(FormInvalid, match="no such finding"):
        appealed(whole, "ban.hangup")
    with pytest.raises(FormInvalid, match="say which"):
        appealed(whole)


def test_a_decision_changes_what_holds_and_the_points() -> None:
    whole = appealed(form(rings_ms=12_000, said="喂"), "open.third-ring", "open.greeting")
    first, second = of(whole, "open.third-ring"), of(whole, "open.greeting")
    with pytest.raises(FormInvalid, match="each finding"):
        decide(whole, [Decision(item=first, outcome="upheld")], BOOK)
    upheld = Decision(item=first, outcome="upheld")
    with pytest.raises(FormInvalid, match="holds already"):
        decide(whole, [upheld, Decision(item=second, outcome="changed", verdict="breach")], BOOK)
    made = decide(
        whole, [Decision(item=first, outcome="changed"), Decision(item=second, outcome="upheld")], BOOK
    )
    assert {each.rule: says(each) for each in made.items}["open.third-ring"] == "pass"
    assert made.score.total == pytest.approx(80.0)


def test_every_state_but_the_last_leads_on_and_what_is_not_listed_is_refused() -> None:
    for state, step in itertools.product(get_args(State), get_args(Step)):
        if (state, step) in STEPS:
            assert after(state, step) == STEPS[state, step]
        else:
            with pytest.raises(StepNotPossible):
                after(state, step)
    assert {state for state, _ in STEPS} == {*get_args(State)} - {"closed"}


@given(st.lists(st.sampled_from(get_args(Step)), max_size=12))
def test_nothing_is_told_before_it_is_submitted_nor_decided_before_an_appeal(steps: list[Step]) -> None:
    state: State = "draft"
    taken: list[Step] = []
    for step in steps:
        try:
            state = after(state, step)
        except StepNotPossible:
            continue
        taken.append(step)
    order = [step for step in taken if step not in ("save", "reassign")]
    assert order in [list(way[:n]) for way in WAYS for n in range(len(way) + 1)]


WAYS: list[tuple[Step, ...]] = [
    ("submit", "close"),
    ("submit", "tell", "close"),
    ("submit", "tell", "appeal", "decide", "close"),
]


def test_what_another_agent_let_ring_is_on_the_form_and_costs_its_agent_nothing() -> None:
    whole = form(missed_by="li", said="您好")
    missed = next(each for each in whole.items if each.finding is not None and each.finding.agent == "li")
    assert (missed.machine, whole.score.total) == ("breach", 100.0)
    agreed = take(whole, [ItemChange(id=missed.id, stand="agree")], BOOK)
    assert agreed.score.total == 100.0
    with pytest.raises(FormInvalid, match="no such finding"):
        check_appealed(whole, [missed.id], "wang")
