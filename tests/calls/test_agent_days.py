"""Agents' days over restarts and midnights, and what is lent over a switch's return."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec

from huawu.acd.events import AgentChanged, AgentId, AgentState
from huawu.calls.agent_days import AgentDay, AgentDays
from huawu.calls.days_kept import midnight_ms
from huawu.calls.lent import Lent
from huawu.link.messages import EndpointId, LentSecret

HOUR = 3_600_000


def changed(days: AgentDays, state: AgentState, at_ms: int, reason: str = "") -> None:
    days.of("1001").changed(AgentChanged(agent=AgentId("1001"), state=state, since_ms=at_ms, reason=reason))


def test_a_restarted_centre_goes_on_counting_the_same_day() -> None:
    days = AgentDays(day_began_ms=0)
    changed(days, AgentState.READY, HOUR)
    changed(days, AgentState.BREAK, 2 * HOUR)
    days.of("1001").count(2 * HOUR + 60_000)
    kept = msgspec.json.decode(msgspec.json.encode(days.kept()), type=dict[str, AgentDay])
    again = AgentDays(day_began_ms=0)
    again.take_up(kept)
    changed(again, AgentState.BREAK, 2 * HOUR)  # as the ACD's snapshot tells it
    changed(again, AgentState.READY, 3 * HOUR)
    figures = again.of("1001").figures(4, 3 * HOUR)
    assert (figures.ready_ms, figures.break_ms, figures.breaks) == (HOUR, HOUR, 1)
    assert figures.longest_break_ms == HOUR
    assert figures.signed_in_ms == HOUR


def test_yesterdays_figures_are_not_taken_up() -> None:
    days = AgentDays(day_began_ms=0)
    changed(days, AgentState.READY, HOUR)
    today = AgentDays()
    today.begin(24 * HOUR)
    today.take_up(days.kept())
    assert today.of("1001").figures(0, 25 * HOUR).ready_ms == 0


def test_a_break_over_midnight_counts_from_midnight() -> None:
    days = AgentDays(day_began_ms=0)
    changed(days, AgentState.BREAK, 23 * HOUR)
    days.begin(24 * HOUR)
    figures = days.of("1001").figures(0, 25 * HOUR)
    assert (figures.break_ms, figures.longest_break_ms, figures.breaks) == (HOUR, HOUR, 1)


def test_the_day_begins_at_the_centres_midnight() -> None:
    assert midnight_ms(1_767_225_600_000 + HOUR, ZoneInfo("Asia/Shanghai")) == 1_767_196_800_000


def test_a_switch_that_returns_is_told_what_is_lent_and_nothing_that_is_over() -> None:
    def secret(loan: str, until_ms: int) -> LentSecret:
        return LentSecret(loan=loan, endpoint=EndpointId("e"), ha1_sha256="", ha1_md5="", until_ms=until_ms)

    lent = Lent()
    assert lent.take([], 0) is None
    told = lent.take([secret("a", 10), secret("b", 20)], 5)
    assert told is not None
    assert not told.whole
    lent.take([secret("a", 0)], 6)
    assert [one.loan for one in lent.whole().secrets] == ["b"]
    assert lent.whole().whole
    lent.take([secret("c", 50)], 30)
    assert [one.loan for one in lent.whole().secrets] == ["c"]
