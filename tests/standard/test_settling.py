"""When a call is worth judging again though nothing more happens."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from huawu.standard import Happened, Verdict, load_standard
from tests.standard.book_call import HELLO, agent, book, caller, spotter
from tests.standard.script import at, ended, fact, heard, marks_of, opened
from tests.standard.test_laws import calls

COMPLAINT = caller(10, 13, "你们太不像话了，我要投诉你们。")
SHIPPED = load_standard()
MINUTE_MS = 60_000


def complained(*more: Happened) -> list[Happened]:
    """A call in which somebody complains; nothing but that, and what is done about it."""
    lines = (*HELLO, *COMPLAINT, *agent(14, 16, "非常抱歉，我马上为您登记。"))
    facts = [*opened(), *lines, ended(30), heard("caller"), heard("agent"), *more]
    return sorted(facts, key=lambda each: each.at_ms)


def judged(facts: list[Happened], now_ms: int) -> tuple[dict[str, str], int | None]:
    verdicts, settles_ms = book().judge_so_far(facts, spotter().spot, now_ms)
    return {f"{each.rule}.{each.check}": each.verdict for each in verdicts}, settles_ms


def test_a_complaint_without_a_ticket_is_settled_half_an_hour_after_the_words() -> None:
    before, settles_ms = judged(complained(), at(60))
    assert "complaint.record.ticket" not in before
    assert settles_ms is not None
    assert at(10) + 29 * MINUTE_MS < settles_ms <= at(13) + 30 * MINUTE_MS + 1
    assert "complaint.record.ticket" not in judged(complained(), settles_ms - 1)[0]
    after, later_ms = judged(complained(), settles_ms)
    assert after["complaint.record.ticket"] == "breach"
    assert later_ms is None or later_ms > settles_ms


def test_nothing_is_left_to_time_once_the_ticket_is_there() -> None:
    ticket = fact(40, "ticket_opened", "agent", ticket="T1", disposition="complaint.other", agent="1001")
    promise = fact(40, "promised", "agent", promise="P1", what="answer", ticket="T1", agent="1001")
    found, settles_ms = judged(complained(ticket, promise), at(40) + 31 * MINUTE_MS)
    assert found["complaint.record.ticket"] == "pass"
    assert settles_ms is None


def test_words_that_nobody_recognised_are_not_waited_for_by_the_clock() -> None:
    facts = [each for each in complained() if each.kind not in ("said", "heard")]
    assert judged(facts, at(60))[1] is None


def _key(verdict: Verdict) -> tuple[object, ...]:
    return (verdict.from_ms, verdict.rule, verdict.check, verdict.to_ms, verdict.verdict)


@settings(max_examples=60, deadline=None)
@given(calls(), st.integers(0, 40 * MINUTE_MS))
def test_until_then_time_alone_changes_nothing(facts: list[Happened], later_ms: int) -> None:
    now_ms = max(each.at_ms for each in facts) + 1
    first, settles_ms = SHIPPED.judge_so_far(facts, marks_of, now_ms)
    until_ms = now_ms + later_ms if settles_ms is None else min(now_ms + later_ms, settles_ms - 1)
    again = SHIPPED.judge(facts, marks_of, until_ms)
    assert sorted(map(_key, again)) == sorted(map(_key, first))
