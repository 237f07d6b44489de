"""Each form of the rule language, by a rule or two written for the test."""

from __future__ import annotations

import pytest

from huawu.standard import BookError, Happened, Standard
from huawu.standard.written import read_book
from tests.standard.script import at, ended, fact, heard, marks_of, opened, outcomes, said, talk, verdicts

HEAD = """
version: "1"
parts: [{id: p, title: {zh: 部, en: part}}]
phrases:
  hello: {zh: [您好]}
  wait: {zh: [请稍等]}
  bye: {zh: [再见]}
  rude: {zh: [不行]}
events:
  answer: {fact: agent_answered}
rules:
"""


def standard(check: str, looks_at: str = "TPVW", thresholds: str = "{}") -> Standard:
    rule = f"""
  - id: r
    part: p
    source: S0
    looks_at: {looks_at}
    title: {{zh: 规则, en: rule}}
    points: 1
    thresholds: {thresholds}
    checks:
      - {check}
"""
    return Standard(read_book({"test.yaml": HEAD + rule}))


def judged(check: str, *facts: Happened, thresholds: str = "{}") -> list[str]:
    """Outcomes of the one rule over a call answered at 4 s and ended by the caller at 60 s."""
    return outcomes(standard(check, thresholds=thresholds), [*opened(), *facts, ended(60)], "r")


ALL_HEARD = (heard("agent"), heard("caller"))
SOON = "{when: answer, must: {speaks: agent}, later: 3s}"


def test_something_happens_in_its_time() -> None:
    assert judged(SOON, talk("agent", 6, 8)) == ["pass"]
    assert judged(SOON, talk("agent", 7.5, 8)) == ["breach"]
    assert judged(SOON) == ["breach"]


def test_who_has_no_time_left_is_excused_unless_the_rule_says_otherwise() -> None:
    facts = [*opened(), ended(5)]
    assert outcomes(standard(SOON), facts, "r") == ["not_applicable"]
    strict = SOON[:-1] + ", cut: breach}"
    assert outcomes(standard(strict), facts, "r") == ["breach"]


def test_a_threshold_of_the_rule_says_how_long() -> None:
    check = "{when: answer, must: {speaks: agent}, later: $within}"
    assert judged(check, talk("agent", 6, 8), thresholds="{within: 1s}") == ["breach"]
    assert judged(check, talk("agent", 6, 8), thresholds="{within: 2.5s}") == ["pass"]


def test_something_comes_before() -> None:
    check = "{when: {hold: true}, must: {said: wait, by: agent}, earlier: 10s}"
    held = (fact(20, "held", "agent"), fact(30, "resumed", "agent"))
    asked = said("agent", 15, 17, "请稍等", "wait")
    late = said("agent", 31, 32, "请稍等", "wait")
    long_ago = said("agent", 6, 8, "请稍等", "wait")
    assert judged(check, *held, asked, *ALL_HEARD) == ["pass"]
    assert judged(check, *held, late, *ALL_HEARD) == ["breach"]
    assert judged(check, *held, long_ago, *ALL_HEARD) == ["breach"]


def test_without_words_what_is_said_is_not_judged() -> None:
    check = "{when: answer, must: {said: hello, by: agent}, later: 3s}"
    found = verdicts(standard(check), [*opened(), ended(60)], "r")
    assert [(v.verdict, v.found.en) for v in found] == [("unsure", "not judged: no words were recognised")]


def test_something_never_happens_but_when_it_is_excused() -> None:
    check = "{never: {silence: true, longer: 3s}, unless: [{event: {said: wait, by: agent}, earlier: 5s}]}"
    quiet = (talk("agent", 4, 8), talk("caller", 9, 20), talk("agent", 26, 30), talk("caller", 31, 59))
    assert judged(check, *quiet, *ALL_HEARD) == ["breach"]
    announced = said("agent", 18, 19, "请稍等", "wait")
    assert judged(check, *quiet, announced, *ALL_HEARD) == ["pass"]


def test_nobody_is_on_hold_after_the_last_sign_of_a_call_that_broke_off() -> None:
    """Its end is told when the centre is back, an hour later."""
    rule = standard("{never: {hold: true, longer: 60s}}")
    held = [*opened(), fact(20, "held", "agent")]
    lost = {"by": "centre", "reason": "switch_lost"}
    told = fact(3_600, "recovered", what="switch_lost")
    assert outcomes(rule, [*held, told, fact(3_600, "ended", until_ms=at(50), **lost)], "r") == ["pass"]
    assert outcomes(rule, [*held, told, fact(3_600, "ended", until_ms=at(90), **lost)], "r") == ["breach"]


def test_something_never_happens_while_something_lasts() -> None:
    check = "{never: {said: rude, by: agent}, only_if: [{event: {talk: caller}, around: true}]}"
    rude = said("agent", 25, 26, "不行", "rude")
    assert judged(check, rude, *ALL_HEARD) == ["pass"]
    assert judged(check, rude, talk("caller", 20, 30), *ALL_HEARD) == ["breach"]


def test_what_the_other_does_not_hear_is_not_said_to_anybody() -> None:
    check = "{never: {said: rude, by: agent}}"
    aside = (fact(20, "consult", "agent", by="1001"), fact(30, "consult_ended", "agent", by="1001"))
    held = (fact(20, "held", "agent"), fact(30, "resumed", "agent"))
    for apart in (aside, held):
        assert judged(check, said("agent", 25, 26, "不行", "rude"), *apart, *ALL_HEARD) == ["pass"]
        for begins, ends in ((19, 21), (29, 31), (31, 32)):
            rude = said("agent", begins, ends, "不行", "rude")
            assert judged(check, rude, *apart, *ALL_HEARD) == ["breach"], (begins, ends)


def test_so_many_times_are_allowed() -> None:
    check = "{never: {overlap: agent, longer: 1s}, at_most: 1}"
    once = (talk("caller", 10, 20), talk("agent", 15, 17))
    twice = (*once, talk("caller", 30, 40), talk("agent", 33, 36))
    assert judged(check, *once) == ["pass"]
    assert judged(check, *twice) == ["breach"]


def test_counts_and_totals() -> None:
    listens = "{count: {said: hello, by: agent}, at_least: 2}"
    hellos = [said("agent", s, s + 1, "您好", "hello") for s in (10, 20)]
    assert judged(listens, hellos[0], *ALL_HEARD) == ["breach"]
    assert judged(listens, *hellos, *ALL_HEARD) == ["pass"]
    holds = "{total: {hold: true}, at_most: 15s}"
    first = (fact(10, "held", "agent"), fact(20, "resumed", "agent"))
    second = (fact(30, "held", "agent"), fact(40, "resumed", "agent"))
    assert judged(holds, *first) == ["pass"]
    assert judged(holds, *first, *second) == ["breach"]


def test_what_was_found_must_agree() -> None:
    check = "{when: {said: number, by: caller}, must: {said: number, by: agent}, later: 20s, same: value}"
    told = said("caller", 10, 12, "138…", "number=13800138000")
    right = said("agent", 14, 16, "138…", "number=13800138000")
    wrong = said("agent", 14, 16, "139…", "number=13900139000")
    assert judged(check, told, right, *ALL_HEARD) == ["pass"]
    assert judged(check, told, wrong, *ALL_HEARD) == ["breach"]


def test_work_has_until_its_due_instant() -> None:
    check = "{when: {fact: promised}, must: {fact: followed_up}, due: due_ms, same: promise, looks_at: W}"
    promise = fact(70, "promised", "agent", promise="a", due_ms=at(3600))
    book = standard(check)
    facts = [*opened(), ended(60), promise]
    assert outcomes(book, facts, "r") == []  # nobody knows yet
    kept = fact(3000, "followed_up", "agent", promise="a")
    other = fact(3000, "followed_up", "agent", promise="b")
    assert [v.verdict for v in book.judge([*facts, kept], now_ms=at(3001))] == ["pass"]
    assert [v.verdict for v in book.judge([*facts, other], now_ms=at(4000))] == ["breach"]


PROCEDURE = """{procedure: {starts: answer, leaves: {speaks: caller},
        cuts: {fact: ended, where: {by: agent}}, steps: [
        {do: {speaks: agent}, within: 3s}, {do: {speaks: agent}, not_before: 3s, within: 9s},
        {do: {fact: ended, where: {by: agent}}, not_before: 5s}]}}"""


def test_a_procedure_in_its_order_and_time() -> None:
    def outcome(*facts: Happened, end: float, by: str = "agent") -> list[str]:
        return outcomes(standard(PROCEDURE), [*opened(), *facts, ended(end, by)], "r")

    first, second = talk("agent", 5, 7), talk("agent", 11, 13)
    assert outcome(first, second, end=20) == ["pass"]
    assert outcome(first, end=20) == ["breach"]  # the second step is missing
    assert outcome(first, talk("agent", 7.5, 8), end=20) == ["breach"]  # too early
    assert outcome(first, second, end=14) == ["breach"]  # hung up too early
    assert outcome(first, talk("caller", 9, 12), end=20, by="caller") == ["pass"]  # somebody is there


def test_a_raised_voice() -> None:
    check = "{never: {raised: agent, by_db: 6, longer: 2s}}"
    calm = talk("agent", 5, 15, [-25] * 10)
    loud = talk("agent", 20, 26, [-25, -25, -18, -17, -18, -25])
    brief = talk("agent", 20, 26, [-25, -25, -18, -25, -18, -25])
    assert judged(check, calm, loud) == ["breach"]
    assert judged(check, calm, brief) == ["pass"]


def test_shares_of_the_conversation() -> None:
    check = "{measure: {of: talk_share, at_most: 0.6}}"
    assert judged(check, talk("agent", 5, 45), talk("caller", 46, 56)) == ["breach"]
    assert judged(check, talk("agent", 5, 25), talk("caller", 26, 56)) == ["pass"]


def test_a_book_with_mistakes_is_told_all_of_them() -> None:
    with pytest.raises(BookError) as failure:
        standard("{when: nowhere, must: {said: [hello, hallo], by: agent}, later: soon}")
    messages = [place.message for place in failure.value.places]
    assert messages == [
        "there is no event named nowhere",
        "there is no phrase named hallo",
        '"soon" is no length; write it like 3s, 500ms, 2m, 24h, 3d',
    ]
    with pytest.raises(BookError, match=r"test\.yaml:\d+ rules\.0\.checks\.0: .*unknown field \"latter\""):
        standard("{when: answer, must: {speaks: agent}, latter: 3s}")


def test_marks_come_from_what_was_said() -> None:
    spoken = said("agent", 1, 2, "您好", "hello", "number=1234")
    assert [(m.phrase, m.value) for m in marks_of(spoken)] == [("hello", ""), ("number", "1234")]


def test_a_turn_goes_on_over_short_pauses() -> None:
    check = "{never: {turn: caller, longer: 10s}, unless: [{event: {speaks: agent}}]}"
    told = (talk("caller", 10, 14), talk("caller", 15, 19), talk("caller", 20, 24))
    apart = (talk("caller", 10, 14), talk("caller", 16, 20), talk("caller", 22, 26))
    assert judged(check, *told) == ["breach"]
    assert judged(check, *told, talk("agent", 14.2, 14.8)) == ["pass"]
    assert judged(check, *apart) == ["pass"]


def test_numbers_of_few_digits_are_not_asked_for_and_one_wrong_digit_is_no_other_number() -> None:
    check = """{when: {said: number, by: caller, digits: 7}, must: {said: number, by: agent},
        later: 20s, same: alike}"""
    told = said("caller", 10, 12, "138…", "number=13800138000")
    short = said("caller", 10, 12, "4827", "number=4827")
    misheard = said("agent", 14, 16, "138…", "number=13800138009")
    another = said("agent", 14, 16, "工号", "number=8016")
    assert judged(check, short, *ALL_HEARD) == ["not_applicable"]
    assert judged(check, told, misheard, *ALL_HEARD) == ["pass"]
    assert judged(check, told, another, *ALL_HEARD) == ["breach"]


def test_without_words_a_timing_check_may_go_without_its_exceptions() -> None:
    check = """{never: {fact: ended, where: {by: agent}},
        unless: [{event: {said: bye, by: agent}, earlier: 9s}]"""
    hung_up = [*opened(), ended(20, by="agent")]
    bye = said("agent", 17, 18, "再见", "bye")
    strict, mild = standard(check + ", unheard: judge}"), standard(check + "}")
    assert outcomes(strict, hung_up, "r") == ["breach"]
    assert outcomes(mild, hung_up, "r") == ["unsure"]
    assert outcomes(strict, [*hung_up, bye, *ALL_HEARD], "r") == ["pass"]
    assert outcomes(strict, [*opened(), ended(20)], "r") == ["pass"]
    assert outcomes(mild, [*opened(), ended(20)], "r") == ["pass"]  # nothing there to ask words about


def test_work_goes_on_after_the_call() -> None:
    check = "{when: {said: bye, by: agent}, must: {fact: ticket_opened}, later: 15m, cut: goes-on}"
    book = standard(check)
    facts = [*opened(), said("agent", 50, 51, "再见", "bye"), ended(60), *ALL_HEARD]
    opens = fact(300, "ticket_opened", "agent", ticket="t")
    assert [v.verdict for v in book.judge([*facts, opens], marks_of)] == ["pass"]
    assert [v.verdict for v in book.judge(facts, marks_of, now_ms=at(100))] == []
    assert [v.verdict for v in book.judge(facts, marks_of, now_ms=at(1000))] == ["breach"]


def test_a_procedure_left_early_was_none() -> None:
    check = PROCEDURE.replace("leaves:", "left_before: 2, leaves:")

    def outcome(*facts: Happened, end: float, by: str = "caller") -> list[str]:
        return outcomes(standard(check), [*opened(), *facts, ended(end, by)], "r")

    first = talk("agent", 5, 7)
    assert outcome(first, talk("caller", 8, 9), end=20) == ["not_applicable"]
    assert outcome(first, talk("agent", 11, 13), talk("caller", 15, 16), end=20) == ["pass"]
    assert outcome(first, end=40) == ["breach"]


def test_a_check_may_weigh_more_than_its_rule() -> None:
    check = "{name: rude, never: {said: rude, by: agent}, severity: fatal}"
    book = standard(check)
    rude = [*opened(), said("agent", 25, 26, "不行", "rude"), ended(60), *ALL_HEARD]
    assert book.score(book.judge(rude, marks_of)).fatal
    assert not book.score(book.judge([*opened(), ended(60), *ALL_HEARD], marks_of)).fatal


def test_what_nobody_can_say_any_more_excuses_nobody() -> None:
    check = "{never: {said: rude, by: agent}, unless: [{event: {said: bye, by: agent}, later: 9s}]}"
    rude, bye = said("agent", 55, 56, "不行", "rude"), said("agent", 58, 59, "再见", "bye")
    assert judged(check, rude, *ALL_HEARD) == ["breach"]
    assert judged(check, rude, bye, *ALL_HEARD) == ["pass"]


def test_who_had_some_time_is_not_excused_by_the_end() -> None:
    check = "{when: {said: hello, by: agent}, must: {said: bye, by: agent}, later: 30s, cut: 8s}"
    assert judged(check, said("agent", 50, 51, "您好", "hello"), *ALL_HEARD) == ["breach"]
    assert judged(check, said("agent", 54, 55, "您好", "hello"), *ALL_HEARD) == ["not_applicable"]


def test_what_is_said_again_at_once_is_one_occurrence() -> None:
    check = "{when: {said: hello, by: caller}, must: {said: bye, by: agent}, later: 3s, apart: 10s}"
    hello = [said("caller", s, s + 1, "您好", "hello") for s in (10, 15, 40)]
    assert judged(check, *hello, *ALL_HEARD) == ["breach", "breach"]


def test_fields_that_a_fact_must_not_have_and_any_of_several_that_agree() -> None:
    missed = "{never: {fact: redial_missed, but: {reason: [not_allowed]}}}"
    assert judged(missed, fact(30, "redial_missed", reason="not_allowed")) == ["pass"]
    assert judged(missed, fact(30, "redial_missed", reason="declined")) == ["breach"]
    kept = "{when: {fact: promised}, must: {fact: followed_up}, later: 50s, same: [promise, ticket]}"
    promise = fact(5, "promised", promise="a", ticket="t")
    assert judged(kept, promise, fact(9, "followed_up", ticket="t")) == ["pass"]
    assert judged(kept, promise, fact(9, "followed_up", promise="a")) == ["pass"]
    assert judged(kept, promise, fact(9, "followed_up", promise="b")) == ["breach"]


WHOSE = "{whose: agent, when: {fact: agent_ringing}, must: {fact: agent_answered}, later: 10s, same: agent}"


def test_a_check_may_say_whose_verdict_it_is() -> None:
    another = fact(2, "agent_ringing", "agent", agent="1002")
    of = {
        each.agent: each.verdict for each in verdicts(standard(WHOSE), [*opened(), another, ended(60)], "r")
    }
    assert of == {"1001": "pass", "1002": "breach"}


def test_whose_it_is_says_a_fact_and_no_sum() -> None:
    with pytest.raises(BookError, match="whose"):
        standard("{whose: agent, count: {fact: held}, at_most: 1}")
