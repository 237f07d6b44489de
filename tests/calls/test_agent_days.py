"""Agents' days over restarts and midnights, and what is lent over a switch's return."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec

from huawu.acd.events import AgentChanged, AgentId, AgentState
from huawu.calls.agent_days import AgentDay, AgentDays
from huawu.calls.days_kept import midnight_ms
from huawu.calls.lent import Lent
from huawu.link.messages import EndpointId, LentSecret
from huawu.sim.virtual import Caller, Phone
from tests.calls.desk_stage import Watched

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
    again.take_up(kept, 2 * HOUR + 60_000, 2 * HOUR + 65_000)
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
    today.take_up(days.kept(), HOUR, 25 * HOUR)
    assert today.of("1001").figures(0, 25 * HOUR).ready_ms == 0


def _back_in_talk(seen_ms: int, now_ms: int) -> AgentDays:
    """A centre that is back; 1001 talked since the first hour when the one before saw it last."""
    days = AgentDays(day_began_ms=0)
    changed(days, AgentState.TALKING, HOUR)
    again = AgentDays(day_began_ms=0)
    again.take_up(
        msgspec.json.decode(msgspec.json.encode(days.kept()), type=dict[str, AgentDay]), seen_ms, now_ms
    )
    changed(again, AgentState.TALKING, HOUR)  # as the ACD's snapshot tells it
    return again


def test_nobody_talked_while_nobody_was_there() -> None:
    """The power was gone for five hours, and the call with it."""
    days = _back_in_talk(seen_ms=2 * HOUR, now_ms=7 * HOUR)
    assert days.of("1001").figures(1, 7 * HOUR + 500).talk_ms == HOUR + 500
    changed(days, AgentState.UNAVAILABLE, 7 * HOUR + 1_000)
    days.talked_on(7 * HOUR + 1_000)
    assert days.of("1001").figures(1, 8 * HOUR).talk_ms == HOUR + 1_000


def test_who_talked_on_while_the_centre_was_away_talked_all_the_time() -> None:
    days = _back_in_talk(seen_ms=2 * HOUR, now_ms=2 * HOUR + 5_000)
    days.talked_on(2 * HOUR + 6_000)
    changed(days, AgentState.WRAP_UP, 3 * HOUR)
    assert days.of("1001").figures(1, 4 * HOUR).talk_ms == 2 * HOUR


def test_who_hung_up_while_the_centre_was_away_talked_until_then() -> None:
    """The switch tells it afterwards."""
    days = _back_in_talk(seen_ms=2 * HOUR, now_ms=2 * HOUR + 5_000)
    changed(days, AgentState.WRAP_UP, 2 * HOUR + 3_000)
    days.talked_on(2 * HOUR + 6_000)
    assert days.of("1001").figures(1, 4 * HOUR).talk_ms == HOUR + 3_000


def test_a_talk_counts_from_the_answer_for_who_dials_and_who_is_rung() -> None:
    centre = Watched()
    for agent in ("1001", "1002"):
        centre.floor.ready(agent, Phone(answers_after_ms=9_000))
    leg = centre.world.call(Caller(number="1002", endpoint="1001", caller="1001", talk_ms=0))
    centre.world.run_for(8_000)
    assert [_talked_ms(centre, agent) for agent in ("1001", "1002")] == [0, 0]
    centre.world.run_for(11_000)
    centre.world.hang_up(leg)
    centre.world.run_for(5_000)
    for agent in ("1001", "1002"):
        assert 9_000 < _talked_ms(centre, agent) <= 10_000


def _talked_ms(centre: Watched, agent: str) -> int:
    return centre.desks.days.of(agent).figures(0, centre.now_ms()).talk_ms


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
