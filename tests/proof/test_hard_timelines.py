"""Timelines as no centre should write them: judged all the same, or refused with the fact that is wrong."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tools.proof.script import load_all
from tools.proof.timeline import Fact, perfect

from huawu.standard import BrokenTimeline, Mark, Verdict, load_standard

STANDARD = load_standard()
CALLS = [perfect(call) for call in load_all()]
PHRASES = tuple(STANDARD.phrases)
HOUR_MS = 3_600_000
_INSTANTS = ("began_ms", "ended_ms", "from_ms", "to_ms", "until_ms", "due_ms")
WHOLE = settings(max_examples=150, deadline=None)


def marks_of(fact: Fact) -> tuple[Mark, ...]:
    """A phrase or two, chosen by what was said: which ones does not matter here."""
    begins, ends = fact.fields["from_ms"], fact.fields["to_ms"]
    first = sum(map(ord, fact.fields.get("text", ""))) % len(PHRASES)
    return tuple(
        Mark(phrase=phrase, from_ms=begins, to_ms=ends) for phrase in (PHRASES[first], PHRASES[first - 1])
    )


def judged(facts: list[Fact]) -> tuple[Verdict, ...]:
    """Every verdict can be written down, lies within the call and says what it found."""
    verdicts = STANDARD.judge(facts, marks_of, max((fact.at_ms for fact in facts), default=0) + HOUR_MS)  # type: ignore[arg-type]
    told = {rule.id for rule in STANDARD.book.rules}
    for verdict in verdicts:
        assert json.loads(msgspec.json.encode(verdict))["rule"] in told
        assert verdict.from_ms <= verdict.to_ms
        assert 0 <= verdict.confidence <= 1
        assert verdict.found.zh
        assert verdict.found.en
    score = STANDARD.score(verdicts)
    assert score.total is None or 0 <= score.total <= 100
    return verdicts


@st.composite
def spoiled(draw: st.DrawFn) -> list[Fact]:
    """A scripted call of which facts are lost, doubled, shifted, given to the other party, out of order."""
    facts = list(draw(st.sampled_from(CALLS)))
    for _ in range(draw(st.integers(0, 12))):
        if not facts:
            break
        at = draw(st.integers(0, len(facts) - 1))
        match draw(st.sampled_from(("lose", "double", "shift", "swap", "give", "cut"))):
            case "lose":
                del facts[at]
            case "double":
                facts.insert(draw(st.integers(0, len(facts))), facts[at])
            case "shift":
                facts[at] = _shifted(facts[at], draw(st.integers(-HOUR_MS, HOUR_MS)))
            case "swap":
                other = draw(st.integers(0, len(facts) - 1))
                facts[at], facts[other] = facts[other], facts[at]
            case "give":
                party = draw(st.sampled_from(("caller", "agent", "centre", "nobody")))
                facts[at] = msgspec.structs.replace(facts[at], party=party)
            case _:
                facts = facts[: at + 1]
    return facts


def _shifted(fact: Fact, by_ms: int) -> Fact:
    fields: dict[str, Any] = {
        name: value + by_ms
        if name.endswith("_ms") and isinstance(value, int) and name != "length_ms"
        else value
        for name, value in fact.fields.items()
    }
    return msgspec.structs.replace(fact, at_ms=fact.at_ms + by_ms, fields=fields)


@WHOLE
@given(spoiled())
def test_a_spoiled_timeline_is_judged_all_the_same(facts: list[Fact]) -> None:
    judged(facts)


@WHOLE
@given(st.sampled_from(CALLS), st.data())
def test_a_fact_that_lacks_what_it_must_say_is_named(call: tuple[Fact, ...], data: st.DataObject) -> None:
    at = data.draw(st.sampled_from([at for at, fact in enumerate(call) if fact.kind in ("talk", "said")]))
    fact = call[at]
    name = data.draw(
        st.sampled_from(("began_ms", "ended_ms") if fact.kind == "talk" else ("from_ms", "to_ms"))
    )
    value: object = data.draw(st.sampled_from((None, "soon", [])))
    kept = {key: item for key, item in fact.fields.items() if key != name}
    fields = kept if value is None else {**kept, name: value}
    broken = [*call[:at], msgspec.structs.replace(fact, fields=fields), *call[at + 1 :]]
    with pytest.raises(BrokenTimeline, match=f"the fact '{fact.kind}' at {fact.at_ms}") as refused:
        STANDARD.judge(broken)
    assert refused.value.fact is broken[at]


@pytest.mark.parametrize("lacking", ["caller", "agent"])
def test_a_call_of_which_one_channel_is_missing_breaks_no_rule_about_that_side_s_words(lacking: str) -> None:
    for call in CALLS:
        facts = [fact for fact in call if fact.party != lacking or fact.kind not in ("talk", "said", "heard")]
        for verdict in judged(facts):
            rule = STANDARD.rules[verdict.rule]
            needed = {
                test.rule.id: test.sides for test in STANDARD.tests if test.written.name == verdict.check
            }
            if verdict.verdict == "breach" and rule.looks_at == "P":
                assert needed[verdict.rule] != {lacking}, verdict


def test_a_call_in_which_nobody_speaks_is_judged() -> None:
    for call in CALLS:
        judged([fact for fact in call if fact.kind not in ("talk", "said")])


def test_nothing_at_all_is_judged_to_be_nothing() -> None:
    assert judged([]) == () or all(each.verdict == "not_applicable" for each in judged([]))
