"""Before anybody answers: what callers hear, and when their line is answered."""

from __future__ import annotations

import pytest

from huawu.calls.seating import RINGBACK
from huawu.link.messages import (
    Answer,
    Bridge,
    Collect,
    Command,
    HangUp,
    LegAnswered,
    LegId,
    Play,
    Reason,
    Ring,
)
from huawu.sim.virtual import Caller, Phone
from tests.calls.test_outside import TEXT
from tests.calls.worlds import Desk, desk

NUMBER = "013800138000"
LATE = (
    TEXT.replace(
        "flows:\n",
        """flows:
  late:
    start: hours
    answer: late
    steps:
      hours: {do: hours, calendar: day, open: welcome, closed: night}
      welcome: {do: play, say: welcome, next: ask}
      ask: {do: menu, say: menu, keys: {1: line}, otherwise: bye}
      line: {do: queue, queue: general, overflow: bye}
      bye: {do: hang_up, say: goodbye}
      night: {do: hang_up, say: closed, reason: busy}
""",
    )
    .replace("calendars:\n", "calendars:\n  day: {hours: {every: '{}'}}\n")
    .replace("numbers:\n", "numbers:\n  - {number: 4009, name: late, flow: late, public: true}\n")
)
OPEN, CLOSED = LATE.replace("'{}'", '"00:00-24:00"'), LATE.replace("'{}'", '"00:00-00:01"')


def dialled(house: Desk, **caller: object) -> LegId:
    """An agent's phone has just dialled outside."""
    wish = Caller(number=NUMBER, endpoint="1001", caller="1001", **caller)  # type: ignore[arg-type]
    leg = house.world.call(wish)
    house.world.run_for(1_000)
    return leg


def to(house: Desk, leg: LegId, *kinds: type[Command]) -> list[str]:
    """What the switch was told about a leg, in order."""
    return [
        type(one).__name__
        for one in house.world.commands
        if isinstance(one, kinds)
        and leg in (getattr(one, "leg", ""), getattr(one, "a", ""), getattr(one, "b", ""))
    ]


def test_phone_that_calls_outside_hears_it_ring_and_is_answered_with_the_callee() -> None:
    house = desk(TEXT)
    leg = dialled(house)
    assert to(house, leg, Ring, Answer, Play, Bridge) == ["Ring", "Play"]
    [ringing] = [one for one in house.world.commands if isinstance(one, Play)]
    assert (ringing.clips, ringing.repeat) == (RINGBACK, 0)
    assert "answered" not in house.kinds()
    house.world.run_for(3_000)
    assert to(house, leg, Ring, Answer, Play, Bridge) == ["Ring", "Play", "Answer", "Bridge"]
    kinds = [kind for kind in house.kinds() if kind in ("answered", "agent_answered", "bridged")]
    assert kinds == ["answered", "agent_answered", "bridged"]
    house.world.run_for(120_000)
    assert "ended" in house.kinds()
    assert not house.world.wrong


def test_far_networks_own_sound_goes_through_and_is_neither_recorded_nor_talk() -> None:
    house = desk(TEXT)
    house.world.trunks["city"] = Phone(early_media=True, answers_after_ms=5_000)
    leg = dialled(house)
    assert to(house, leg, Ring, Answer, Play, Bridge) == ["Ring", "Bridge"]
    assert house.world.hears(leg)
    assert not {"answered", "recording_started", "bridged", "talk"} & set(house.kinds())
    house.world.run_for(10_000)
    assert to(house, leg, Answer, Bridge) == ["Bridge", "Answer"], "they are together already"
    assert {"answered", "recording_started", "bridged"} <= set(house.kinds())
    house.world.run_for(120_000)
    assert "ended" in house.kinds()
    assert not house.world.wrong


@pytest.mark.parametrize("why", ["busy", "not_found", "declined"])
@pytest.mark.parametrize("early", [False, True])
def test_callee_who_refuses_is_told_by_the_callers_own_phone(why: Reason, early: bool) -> None:
    house = desk(TEXT)
    house.world.trunks["city"] = Phone(early_media=early, answers_after_ms=None)
    leg = dialled(house)
    out = next(name for name in house.world.legs if name != leg)
    house.world.pretended.end(out, "peer", why)
    house.world.run_for(1_000)
    [end] = [one for one in house.world.commands if isinstance(one, HangUp) and one.leg == leg]
    assert end.reason == why
    assert house.facts()[-1].fields["reason"] == why
    assert "answered" not in house.kinds()
    assert not house.world.legs


def test_callee_who_does_not_answer_is_on_record_as_that() -> None:
    house = desk(TEXT)
    house.world.trunks["city"] = Phone(answers_after_ms=None)
    leg = dialled(house)
    house.world.run_for(120_000)
    [end] = [one for one in house.world.commands if isinstance(one, HangUp) and one.leg == leg]
    assert end.reason == "no_answer"
    assert house.facts()[-1].fields["reason"] == "no_answer"


def test_caller_who_gives_up_while_it_rings_takes_the_callee_along() -> None:
    house = desk(TEXT)
    house.world.trunks["city"] = Phone(early_media=True, answers_after_ms=None)
    leg = dialled(house)
    house.world.hang_up(leg)
    house.world.run_for(1_000)
    assert not house.world.legs
    assert not house.world.engine.floor.calls
    assert not house.world.wrong


def test_callee_who_hangs_up_while_the_callers_line_is_being_answered_leaves_nothing_behind() -> None:
    house = desk(TEXT)
    leg = dialled(house)
    [out] = [name for name in house.world.legs if name != leg]
    world = house.world
    world.legs[out].answered = True
    world.report(LegAnswered(leg=out, codec="PCMA"))
    world.drop(out, "failed")
    world.run_for(5_000)
    assert not world.legs
    assert not world.engine.floor.calls
    assert "ended" in house.kinds()


def test_phone_that_cannot_hear_us_is_answered_at_once_and_led_on() -> None:
    house = desk(TEXT)
    leg = dialled(house, hears_early=False)
    assert to(house, leg, Ring, Answer) == ["Ring", "Answer"]
    house.world.run_for(10_000)
    assert "bridged" in house.kinds()


def test_caller_who_is_led_outside_by_a_flow_hears_the_far_network_instead_of_music() -> None:
    house = desk(TEXT)
    house.world.trunks["city"] = Phone(early_media=True, answers_after_ms=None)
    leg = house.world.call(Caller(number="4000", keys=["3"]))
    house.world.run_for(30_000)
    assert house.world.hears(leg)
    assert "bridged" not in house.kinds()
    house.world.run_for(60_000)
    assert "transfer_failed" in house.kinds()
    assert not house.world.wrong


def test_late_flow_speaks_first_and_answers_when_a_key_is_asked_for() -> None:
    house = desk(OPEN)
    leg = house.world.call(Caller(number="4009", keys=["1"], caller="13000002010"))
    house.world.run_for(1_000)
    assert to(house, leg, Ring, Answer, Play, Collect) == ["Ring", "Play"]
    house.world.run_for(60_000)
    assert to(house, leg, Ring, Answer, Play, Collect)[:4] == ["Ring", "Play", "Answer", "Collect"]
    kinds = house.kinds()
    assert kinds.index("prompt") < kinds.index("answered") < kinds.index("queued")


def test_late_flow_that_only_speaks_is_never_answered() -> None:
    house = desk(CLOSED)
    leg = house.world.call(Caller(number="4009", caller="13000002011"))
    house.world.run_for(60_000)
    assert to(house, leg, Ring, Answer, Play, HangUp) == ["Ring", "Play", "HangUp"]
    assert "answered" not in house.kinds()
    assert house.facts()[-1].fields["reason"] == "busy"


def test_late_flow_answers_who_cannot_hear_it_before() -> None:
    house = desk(CLOSED)
    leg = house.world.call(Caller(number="4009", caller="13000002012", hears_early=False))
    house.world.run_for(60_000)
    assert to(house, leg, Ring, Answer, Play, HangUp) == ["Ring", "Answer", "Play", "HangUp"]
