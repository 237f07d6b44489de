"""Laws of the evaluator, over random calls: it does not matter how the facts come, only what they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huawu.standard import Happened, Standard, Verdict, load_standard
from huawu.standard.written import read_book
from tests.standard.script import BEGAN_MS, marks_of

_TEXT = Path(__file__).with_name("every_form.yaml").read_text("utf-8")
EVERY_FORM = Standard(read_book({"every_form.yaml": _TEXT}))
SHIPPED = load_standard()
_PHRASES = (*EVERY_FORM.phrases, *EVERY_FORM.phrases, *SHIPPED.phrases)
_TEXTS = ("您好，请问有什么可以帮您？", "请稍等", "嗯", "我姓王", "how may I help you")
BOTH = pytest.mark.parametrize("standard", [EVERY_FORM, SHIPPED], ids=["every form", "the book"])
LATE_MS = 400
"""Talk is told so long after it happened at the most."""


@st.composite
def turns(draw: st.DrawFn, party: str, until_ms: int) -> list[Happened]:
    """A party's speech, some of it recognised: stretches one after the other."""
    facts: list[Happened] = []
    at = 4000 + draw(st.integers(0, 6000))
    while at < until_ms and len(facts) < 12:
        lasts = draw(st.integers(100, 9000))
        begins, ends = BEGAN_MS + at, BEGAN_MS + min(at + lasts, until_ms)
        levels = tuple(draw(st.sampled_from((-25.0, -24.0, -12.0))) for _ in range((ends - begins) // 1000))
        facts.append(_fact(ends, "talk", party, began_ms=begins, ended_ms=ends, levels_db=levels))
        phrases = tuple(draw(st.lists(st.sampled_from(_PHRASES), max_size=2)))
        text = draw(st.sampled_from(_TEXTS))
        words: dict[str, Any] = {"from_ms": begins, "to_ms": ends, "text": text, "phrases": phrases}
        facts.append(_fact(ends, "said", party, confidence=draw(st.sampled_from((0.3, 0.9))), **words))
        at += lasts + draw(st.integers(1, 9000))
    return facts


@st.composite
def calls(draw: st.DrawFn) -> list[Happened]:
    """A call that was answered and is over, in the order of its facts' instants."""
    until_ms = draw(st.integers(5000, 90_000))
    facts = [
        _fact(BEGAN_MS, "offered", "caller"),
        _fact(BEGAN_MS + 1000, "agent_ringing", "agent", agent="1001"),
        _fact(BEGAN_MS + 4000, "agent_answered", "agent", agent="1001"),
        _fact(BEGAN_MS + 4000, "bridged", "agent", agent="1001"),
        *draw(turns("caller", until_ms)),
        *draw(turns("agent", until_ms)),
    ]
    for kind in draw(
        st.lists(st.sampled_from(("held", "resumed", "consult", "consult_ended", "muted", "unmuted")))
    ):
        facts.append(_fact(BEGAN_MS + draw(st.integers(4001, until_ms)), kind, "agent", by="1001"))
    if draw(st.booleans()):  # another let it ring before, and is called once more
        facts.append(_fact(BEGAN_MS + draw(st.integers(1, 3999)), "agent_ringing", "agent", agent="1002"))
        reason = draw(st.sampled_from(("no_answer", "declined")))
        facts.append(_fact(BEGAN_MS + 4000, "offer_failed", "agent", agent="1002", reason=reason))
        handed_ms = draw(st.integers(4001, until_ms))
        facts.append(_fact(BEGAN_MS + handed_ms, "agent_ringing", "agent", agent="1002"))
        if handed_ms + 1500 < until_ms:
            facts.append(_fact(BEGAN_MS + handed_ms + 1500, "bridged", "agent", agent="1002"))
    by = draw(st.sampled_from(("caller", "agent", "centre")))
    facts.append(_fact(BEGAN_MS + until_ms, "ended", by, by=by, reason="normal"))
    if draw(st.booleans()):
        for party in ("caller", "agent"):
            facts.append(_fact(BEGAN_MS + until_ms + 1, "heard", party, until_ms=0, final=True))
    if draw(st.booleans()):
        due_ms = BEGAN_MS + until_ms + draw(st.integers(1, 9000))
        facts.append(
            _fact(BEGAN_MS + until_ms, "promised", "agent", promise="p", what="callback", due_ms=due_ms)
        )
        facts.append(_fact(due_ms + draw(st.integers(-5, 5)), "followed_up", "agent", promise="p"))
    return sorted(facts, key=lambda fact: fact.at_ms)


def _fact(at_ms: int, kind: str, party: str, **fields: Any) -> Happened:
    return Happened(at_ms=at_ms, kind=kind, party=party, fields=fields)


def _key(verdict: Verdict) -> tuple[Any, ...]:
    said = (verdict.to_ms, verdict.verdict, verdict.agent, verdict.found.zh)
    return (verdict.from_ms, verdict.rule, verdict.check, *said)


def _at_once(standard: Standard, facts: list[Happened], now_ms: int) -> list[Verdict]:
    return sorted(standard.judge(facts, marks_of, now_ms), key=_key)


def _piece_by_piece(standard: Standard, facts: list[Happened], now_ms: int) -> list[Verdict]:
    call = standard.call()
    found: list[Verdict] = []
    for fact in facts:
        call.add(fact, marks_of(fact))
        found += call.advance(fact.at_ms - 10_000)  # a turn may be told so long after it began
    return sorted([*found, *call.finish(now_ms)], key=_key)


def _now(facts: list[Happened]) -> int:
    return max(fact.at_ms for fact in facts) + 20_000


@BOTH
@settings(max_examples=120, deadline=None)
@given(calls())
def test_one_by_one_as_at_once(standard: Standard, facts: list[Happened]) -> None:
    now_ms = _now(facts)
    assert _piece_by_piece(standard, facts, now_ms) == _at_once(standard, facts, now_ms)


@BOTH
@settings(max_examples=60, deadline=None)
@given(calls(), st.randoms(use_true_random=False))
def test_the_order_of_coming_does_not_matter(standard: Standard, facts: list[Happened], random: Any) -> None:
    now_ms = _now(facts)
    expected = _at_once(standard, facts, now_ms)
    random.shuffle(facts)
    assert _at_once(standard, facts, now_ms) == expected


def _as_it_goes_on(fact: Happened) -> list[Happened]:
    """A talk is told live in pieces: its beginning, each second's level, its end."""
    if fact.kind != "talk":
        return [fact]
    began, levels = fact.fields["began_ms"], fact.fields["levels_db"]
    told = [_fact(began + 60, "talk_began", fact.party, began_ms=began)]
    for index, level in enumerate(levels):
        begins = began + 1000 * index
        told.append(
            _fact(begins + 1000, "level", fact.party, from_ms=begins, to_ms=begins + 1000, level_db=level)
        )
    ended = Happened(at_ms=fact.fields["ended_ms"] + 300, kind="talk", party=fact.party, fields=fact.fields)
    return [*told, ended]


@BOTH
@settings(max_examples=120, deadline=None)
@given(calls())
def test_judged_live_as_afterwards(standard: Standard, facts: list[Happened]) -> None:
    now_ms = _now(facts)
    told = sorted((each for fact in facts for each in _as_it_goes_on(fact)), key=lambda each: each.at_ms)
    call = standard.call()
    found: list[Verdict] = []
    for fact in told:
        call.add(fact, marks_of(fact))
        call.pending(fact.at_ms)
        found += call.advance(fact.at_ms - LATE_MS)
    assert sorted([*found, *call.finish(now_ms)], key=_key) == _at_once(standard, facts, now_ms)


@BOTH
@settings(max_examples=60, deadline=None)
@given(calls(), st.integers(0, 200))
def test_what_is_final_stays_whatever_comes_later(standard: Standard, facts: list[Happened], at: int) -> None:
    until = facts[min(at, len(facts) - 1)].at_ms
    early = [fact for fact in facts if fact.at_ms < until]
    call = standard.call()
    for fact in early:
        call.add(fact, marks_of(fact))
    spoken = [fact.fields["from_ms"] for fact in facts if fact.kind == "said" and fact.at_ms >= until]
    begun = [fact.fields["began_ms"] for fact in facts if fact.kind == "talk" and fact.at_ms >= until]
    final = call.advance(min([until, *spoken, *begun]))
    whole = _at_once(standard, facts, _now(facts))
    assert all(verdict in whole for verdict in final)


@BOTH
@settings(max_examples=50, deadline=None)
@given(st.lists(calls(), min_size=1, max_size=3))
def test_a_score_is_a_share_of_what_could_be_kept(standard: Standard, several: list[list[Happened]]) -> None:
    for facts in several:
        score = standard.score(_at_once(standard, facts, _now(facts)))
        assert score.total is None or 0 <= score.total <= 100
        assert all(0 <= part.kept <= part.possible for part in score.parts.values())
