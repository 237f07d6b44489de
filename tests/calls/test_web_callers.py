"""Calls from web pages as the engine takes them: known by their page, bounded in number and length."""

from __future__ import annotations

import pytest

from huawu.calls.effects import SetTimer
from huawu.calls.facts import Fact
from huawu.calls.outside import WARNING
from huawu.calls.record import derive
from huawu.calls.retelling import conversation_from
from huawu.link.messages import Play, Reject
from huawu.sim.virtual import Caller
from tests.calls.worlds import CENTRE, Desk, desk, engine_of

PAGE = "https://shop.example"
WEB = """
web_callers:
  origins: ["https://shop.example"]
  numbers: ["4001"]
  at_once: 2
  longest_call: 5m
"""


@pytest.fixture
def house() -> Desk:
    return desk(CENTRE + WEB)


def calls(house: Desk, guest: str, *, number: str = "4001", page: str = PAGE, talk_ms: int = 0) -> list[Fact]:
    """A visitor calls; the facts so far."""
    before = len(house.world.facts)
    house.world.call(Caller(number=number, page=page, guest=guest, talk_ms=talk_ms))
    house.world.run_for(1_000)
    return house.world.facts[before:]


def rejected(house: Desk) -> list[tuple[str, str]]:
    return [(one.reason, one.words) for one in house.world.commands if isinstance(one, Reject)]


def test_a_call_from_a_page_is_known_by_its_page_and_has_no_number(house: Desk) -> None:
    facts = calls(house, "web.1")
    offered = facts[0]
    assert (offered.kind, offered.fields["page"]) == ("offered", PAGE)
    assert (offered.fields["caller"], offered.fields["caller_name"]) == ("", "web shop.example")
    record = derive(facts)
    assert record is not None
    assert record.caller_name == "web shop.example"
    assert house.world.engine.web.count() == 1
    assert rejected(house) == []


def test_what_a_pass_was_not_given_for_is_refused(house: Desk) -> None:
    calls(house, "web.1", number="4000")
    calls(house, "web.2", page="https://thief.example")
    assert [reason for reason, _ in rejected(house)] == ["forbidden", "forbidden"]
    assert house.world.engine.web.count() == 0


def test_a_pass_is_good_for_one_call_on_whichever_switch(house: Desk) -> None:
    calls(house, "web.1")
    calls(house, "web.1")
    assert [reason for reason, _ in rejected(house)] == ["forbidden"]
    assert "used already" in rejected(house)[0][1]


def test_more_than_allowed_at_once_are_told_that_the_lines_are_busy(house: Desk) -> None:
    legs = [house.world.call(Caller(number="4001", page=PAGE, guest=f"web.{n}", talk_ms=0)) for n in range(3)]
    house.world.run_for(1_000)
    assert rejected(house) == [
        ("busy", "As many calls from web pages as allowed run already; try again in a moment")
    ]
    house.world.hang_up(legs[0])
    calls(house, "web.4")
    assert len(rejected(house)) == 1, "there is room again"


def test_calls_from_elsewhere_do_not_count(house: Desk) -> None:
    for _ in range(3):
        house.world.call(Caller(number="4001", talk_ms=0))
    house.world.run_for(1_000)
    calls(house, "web.1")
    assert rejected(house) == []


def test_a_call_that_lasts_too_long_is_warned_and_ended(house: Desk) -> None:
    house.ready("1001")
    calls(house, "web.1")
    began_ms = house.world.facts[-1].at_ms
    house.world.run_for(250_000)
    warned = [one for one in house.world.commands if isinstance(one, Play) and one.clips == WARNING]
    assert len(warned) == 2, "both hear it"
    house.world.run_for(60_000)
    limit = house.fact("web_limit")
    assert 299_000 <= limit.at_ms - began_ms <= 300_000
    assert limit.fields == {"longest_ms": 300_000}
    assert house.fact("ended").fields["by"] == "centre"
    assert house.world.engine.web.count() == 0
    assert house.world.wrong == []


def test_who_waits_in_line_is_not_interrupted_by_the_warning(house: Desk) -> None:
    calls(house, "web.1")
    house.world.run_for(250_000)
    assert not [one for one in house.world.commands if isinstance(one, Play) and one.clips == WARNING]
    house.world.run_for(60_000)
    assert "web_limit" in house.kinds()


def test_a_call_that_ended_by_itself_is_left_alone(house: Desk) -> None:
    house.ready("1001")
    calls(house, "web.1", talk_ms=30_000)
    house.world.run_for(600_000)
    assert "web_limit" not in house.kinds()


def test_a_centre_that_returns_still_counts_and_bounds_it(house: Desk) -> None:
    facts = calls(house, "web.1")
    assert conversation_from(facts).page == PAGE
    heir = engine_of(house.centre, "h")
    effects = heir.recover([facts], None, house.world.now_ms)
    assert heir.web.count() == 1
    due = [one.due_ms for one in effects.timers if isinstance(one, SetTimer) and one.name.startswith("web:")]
    assert due == [facts[0].at_ms + 240_000]
