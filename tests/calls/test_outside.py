"""Calls outside as the engine makes them: who may, by which trunk, and what is told when not."""

from __future__ import annotations

import pytest

from huawu.calls.facts import Fact
from huawu.calls.outside import WARNING
from huawu.link.messages import HangUp, Originate, Play, Reject
from huawu.sim.virtual import Caller, Phone
from tests.calls.worlds import CENTRE, Desk, desk

OUTSIDE = """
trunks:
  - {trunk: city, target: 10.0.0.1}
  - {trunk: backup, target: 10.0.0.2}
calendars:
  office: {hours: {every: "00:00-24:00"}}
outbound:
  rules:
    - {rule: city, who: [agent, phone, flow], prefixes: "0", strip: 1, trunks: [city, backup], form: e164}
    - {rule: abroad, who: agent, prefixes: ["00", "+"], trunks: [backup]}
  emergency: [110, 119]
  countries: [CN, HK, US]
  blocked_countries: [US]
  caps: {agent: {at_once: 2, each: {day: 3}}, phone: {day: 1}}
  longest_call: 30m
  alarm: {calls: 1, window: 1h, hours: office}
"""
TEXT = (
    CENTRE.replace(
        'endpoint: "1002", person: "1002"}', 'endpoint: "1002", person: "1002"}\n  - {endpoint: "lobby"}'
    ).replace('number: "4100", failed: person}', 'number: "013800138000", failed: person}')
    + OUTSIDE
)


@pytest.fixture
def house() -> Desk:
    return desk(TEXT)


def dial(house: Desk, number: str, endpoint: str = "1001", *, talk_ms: int = 60_000) -> list[Fact]:
    """A phone of the centre dials; the facts of its call a minute later."""
    before = len(house.world.facts)
    house.world.call(Caller(number=number, endpoint=endpoint, caller=endpoint, talk_ms=talk_ms))
    house.world.run_for(40_000)
    return house.world.facts[before:]


def sent(house: Desk) -> list[Originate]:
    return [one for one in house.world.commands if isinstance(one, Originate)]


def why(facts: list[Fact]) -> list[str]:
    return [fact.fields["why"] for fact in facts if fact.kind == "outside_refused"]


def test_an_agent_calls_outside_by_the_rule(house: Desk) -> None:
    facts = dial(house, "0 138-0013-8000")
    assert [fact.kind for fact in facts if fact.kind in ("outside", "bridged")] == ["outside", "bridged"]
    assert [(one.trunk, one.number) for one in sent(house)] == [("city", "+8613800138000")]
    assert house.fact("outside").fields == {
        "number": "+8613800138000",
        "trunk": "city",
        "rule": "city",
        "cost": "mobile",
        "asker": "agent",
        "person": "1001",
    }
    assert house.fact("offered").fields["direction"] == "out"


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("0013105551234", "country"),  # blocked
        ("004930123456", "country"),  # not among those allowed
        ("016812345", "kind"),  # premium
        ("010086", "kind"),  # short
        ("00881612345678", "kind"),  # satellite
        ("0*21*13800138000", "no_number"),
    ],
)
def test_what_costs_too_much_stays_inside_and_the_phone_is_told(
    house: Desk, number: str, reason: str
) -> None:
    facts = dial(house, number)
    assert why(facts) == [reason]
    assert not sent(house)
    [refusal] = [one for one in house.world.commands if isinstance(one, Reject)]
    assert refusal.words
    assert refusal.reason == ("not_found" if reason == "no_number" else "forbidden")
    assert facts[-1].kind == "ended"


def test_nothing_leaves_without_a_rule_for_whoever_asks(house: Desk) -> None:
    assert why(dial(house, "0085221234567", "lobby")) == ["no_rule"]
    house.world.call(Caller(number="013800138000", caller="13900001111"))  # through a trunk, or a stranger
    house.world.run_for(10_000)
    assert not sent(house)


def test_a_stranger_may_be_led_out_by_a_flow_that_a_rule_lets_out_but_not_call_for_help(house: Desk) -> None:
    house.world.call(Caller(number="4000", keys=["3"]))
    house.world.run_for(60_000)
    assert house.fact("outside").fields["asker"] == "flow"
    help_ = desk(TEXT.replace('number: "013800138000", failed', 'number: "110", failed'))
    help_.world.call(Caller(number="4000", keys=["3"]))
    help_.world.run_for(60_000)
    assert help_.fact("outside_refused").fields["why"] == "no_rule"
    assert "transfer_failed" in help_.kinds()


def test_the_next_trunk_is_taken_when_one_is_down_and_once_it_answers_all_is_as_ever(house: Desk) -> None:
    house.world.trunks["city"] = Phone(refuses="congestion")
    facts = dial(house, "013800138000")
    assert [one.trunk for one in sent(house)] == ["city", "backup"]
    assert house.fact("trunk_failed").fields["next"] == "backup"
    assert "bridged" in [fact.kind for fact in facts]
    house.world.run_for(120_000)
    assert not house.world.engine.tolls.state.lines
    assert not house.world.engine.floor.parties


def test_a_busy_party_is_no_reason_for_another_trunk(house: Desk) -> None:
    house.world.trunks["city"] = Phone(refuses="busy")
    dial(house, "013800138000")
    assert [one.trunk for one in sent(house)] == ["city"]
    assert house.fact("transfer_failed").fields["reason"] == "busy"


def test_caps_hold_for_each_person_and_for_a_phone_that_is_nobodys(house: Desk) -> None:
    for _ in range(3):
        assert not why(dial(house, "013800138000", talk_ms=1_000))
    assert why(dial(house, "013800138000")) == ["day"]
    assert not why(dial(house, "013800138000", "1002", talk_ms=1_000))
    assert not why(dial(house, "013800138000", "lobby", talk_ms=1_000))
    assert why(dial(house, "013800138000", "lobby")) == ["day"]


def test_the_alarm_stops_costly_calls_until_somebody_resets_it_and_help_is_always_reached(
    house: Desk,
) -> None:
    assert not why(dial(house, "0085221234567", talk_ms=1_000))
    facts = dial(house, "0085221234567")
    assert why(facts) == ["stopped"]
    assert "toll_alarm" in [fact.kind for fact in facts]
    assert house.world.engine.tolls.state.stop is not None
    assert why(dial(house, "0085221234567", "1002")) == ["stopped"]
    assert not why(dial(house, "013800138000", "1002", talk_ms=1_000))
    for number in ("110", "0110"):
        facts = dial(house, number)
        assert [fact.fields["number"] for fact in facts if fact.kind == "emergency"] == ["110"]
        assert sent(house)[-1].emergency
        assert sent(house)[-1].number == "110"
    assert house.world.engine.reset_tolls()
    assert not why(dial(house, "0085221234567", "1002"))


def test_the_longest_call_is_warned_a_minute_before_and_then_ended(house: Desk) -> None:
    house.world.call(Caller(number="013800138000", endpoint="1001", caller="1001", talk_ms=0))
    house.world.run_for(30 * 60_000)
    tones = [one for one in house.world.commands if isinstance(one, Play) and one.clips == WARNING]
    assert len(tones) == 2
    assert "outside_warned" in house.kinds()
    house.world.run_for(60_000)
    assert house.fact("outside_limit").fields["why"] == "longest_call"
    assert "ended" in house.kinds()
    assert any(isinstance(one, HangUp) for one in house.world.commands)
    assert not house.world.engine.floor.calls
