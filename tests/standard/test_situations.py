"""The book judges whole situations fairly, live as afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from huawu.standard import Happened, Verdict
from tests.standard.book_call import book, spotter
from tests.standard.script import at
from tests.standard.situations import during, ending, opening
from tests.standard.situations.telling import Call, Pair

PAIRS = [*opening.PAIRS, *during.PAIRS, *ending.PAIRS]
EACH = pytest.mark.parametrize("pair", PAIRS, ids=[f"{each.where}: {each.about}" for each in PAIRS])
LATE_MS = 400
"""Talk is told so long after it happened at the most."""


def judged(facts: Call, until: float) -> tuple[Verdict, ...]:
    return book().judge(facts, spotter().spot, now_ms=at(until) if until else None)


def broken(verdicts: tuple[Verdict, ...]) -> set[str]:
    return {_where(each) for each in verdicts if each.verdict == "breach"}


def _where(verdict: Verdict) -> str:
    return f"{verdict.rule} {verdict.check}"


@EACH
def test_nobody_is_blamed_for_what_is_innocent(pair: Pair) -> None:
    assert broken(judged(pair.fair, pair.until)) == set()


@EACH
def test_its_twin_is_found(pair: Pair) -> None:
    found = judged(pair.unfair, pair.until)
    assert pair.where in broken(found)
    assert {each.agent for each in found if each.verdict == "breach" and _where(each) == pair.where} == {
        pair.whose
    }


def test_every_rule_that_a_machine_judges_has_a_situation() -> None:
    assert {rule.id for rule in book().judging} - {pair.where.split()[0] for pair in PAIRS} == set()


@EACH
def test_it_is_judged_live_as_afterwards(pair: Pair) -> None:
    for facts in (pair.fair, pair.unfair):
        assert live(facts, pair.until) == sorted(map(_told, judged(facts, pair.until)))


def live(facts: Call, until: float) -> list[tuple[Any, ...]]:
    """Talk is told as it begins and when it is over, words as soon as they are recognised."""
    going_by = [each for one in facts if one.kind != "heard" for each in _as_it_goes_on(one)]
    told = [*sorted(going_by, key=lambda each: each.at_ms), *(one for one in facts if one.kind == "heard")]
    going_on, found = book().call(), list[Verdict]()
    for each in told:
        going_on.add(each, spotter().spot(each))
        going_on.pending(each.at_ms)
        found += going_on.advance(each.at_ms - LATE_MS)
    now_ms = at(until) if until else max(each.at_ms for each in facts) + 1
    return sorted(map(_told, [*found, *going_on.finish(now_ms)]))


def _as_it_goes_on(one: Happened) -> list[Happened]:
    if one.kind == "talk" and one.party in ("agent", "caller"):
        began_ms = one.fields["began_ms"]
        whose = {"agent": one.fields["agent"]} if "agent" in one.fields else {}
        begins = Happened(
            at_ms=began_ms, kind="talk_began", party=one.party, fields={"began_ms": began_ms, **whose}
        )
        return [begins, one]
    if one.kind == "said":
        until_ms = one.fields["to_ms"]
        known = Happened(at_ms=until_ms, kind="heard", party=one.party, fields={"until_ms": until_ms})
        return [one, known]
    return [one]


def _told(verdict: Verdict) -> tuple[Any, ...]:
    found = (verdict.verdict, verdict.from_ms, verdict.to_ms, verdict.found.zh, verdict.agent)
    return (verdict.rule, verdict.check, *found)
