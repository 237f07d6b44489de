"""What callers in line are told, and when they wait no longer."""

from __future__ import annotations

import pytest

from huawu.acd.errors import CallAlreadyQueued
from huawu.acd.events import AnnouncePlace, CallOverflowed, Overflow
from tests.acd.world import World, a_queue, an_agent

VOICEMAIL = Overflow(action="flow", target="voicemail")


def places(world: World) -> list[tuple[str, int, int | None]]:
    return [(said.call, said.place, said.estimate_ms) for said in world.said(AnnouncePlace)]


def test_a_caller_hears_the_place_on_joining_the_line_and_at_intervals() -> None:
    world = World([a_queue(announce_every_ms=30_000)], [an_agent("li")])
    world.join("c1")
    assert places(world) == [("c1", 1, None)]
    world.join("c2")
    assert places(world) == [("c2", 2, None)]
    world.leave("c1")
    world.wait(30_000)
    assert places(world) == [("c2", 1, None)]


def test_a_caller_who_is_offered_at_once_hears_no_place_unless_the_offer_fails() -> None:
    world = World([a_queue(announce_every_ms=30_000)], [an_agent("li")])
    world.ready("li")
    world.join("c1")
    assert places(world) == []
    world.fail("c1", "li", "busy")
    assert places(world) == [("c1", 1, None)]


def test_no_place_is_announced_while_an_agents_phone_rings() -> None:
    world = World([a_queue(announce_every_ms=10_000, ring_ms=15_000)], [an_agent("li")])
    world.join("c1")
    world.ready("li")
    world.wait(12_000)
    assert places(world) == []
    assert "place:c1" in world.timers


def test_an_important_caller_stands_in_front() -> None:
    world = World([a_queue(announce_every_ms=30_000)], [an_agent("li")])
    world.join("c1")
    world.join("c2", priority=1)
    assert places(world) == [("c2", 1, None)]


def test_callers_for_one_agent_stand_in_nobodys_way() -> None:
    world = World([a_queue(announce_every_ms=30_000)], [an_agent("li"), an_agent("wu")])
    world.join("d1", agent="li")
    world.join("d2", agent="li")
    assert places(world) == [("d2", 2, None)]
    world.join("c1")
    assert places(world) == [("c1", 1, None)]


def test_the_estimate_follows_the_pace_of_the_queue() -> None:
    world = World([a_queue(announce_every_ms=30_000)], [an_agent("li")])
    for number in range(5):
        world.join(f"c{number}")
    world.ready("li")
    for number in range(3):
        world.accept(f"c{number}", "li")
        world.wait(10_000)
        world.end(f"c{number}", "li")
    world.join("last")
    assert places(world) == [("last", 2, 20_000)]


def test_a_full_line_takes_nobody_more_but_a_free_agent_does() -> None:
    world = World([a_queue(longest_line=1, line_full=VOICEMAIL)], [an_agent("li")])
    world.join("c1")
    world.join("c2")
    assert world.told(CallOverflowed) == [("c2", "sales", "line_full", VOICEMAIL)]
    world.ready("li")
    world.join("c3")
    assert "c3" in world.waiting


def test_a_caller_whose_offer_failed_is_not_shut_out_of_a_full_line() -> None:
    world = World([a_queue(longest_line=1, line_full=VOICEMAIL)], [an_agent("li")])
    world.ready("li")
    world.join("c1")
    world.join("c2")
    world.fail("c1", "li", "busy")
    assert set(world.waiting) == {"c1", "c2"}


def test_the_longest_wait_ends_the_waiting() -> None:
    world = World([a_queue(longest_wait_ms=60_000, wait_over=VOICEMAIL)], [an_agent("li")])
    world.join("c1")
    world.wait(59_999)
    assert world.waiting
    world.wait(1)
    assert world.told(CallOverflowed) == [("c1", "sales", "wait_over", VOICEMAIL)]


def test_the_longest_wait_counts_from_joining_this_queue() -> None:
    world = World([a_queue(longest_wait_ms=60_000, wait_over=VOICEMAIL)], [an_agent("li")])
    world.now = 100_000
    world.join("c1", queued_ms=10_000)
    assert world.timers["wait:c1"] == 160_000


def test_a_wait_that_ends_while_the_phone_rings_gives_the_offer_its_chance() -> None:
    world = World([a_queue(longest_wait_ms=10_000, wait_over=VOICEMAIL)], [an_agent("li")])
    world.join("c1")
    world.wait(9_000)
    world.ready("li")
    world.wait(2_000)
    assert world.offers
    world.fail("c1", "li", "busy")
    assert [said.why for said in world.said(CallOverflowed)] == ["wait_over"]


def test_a_caller_is_led_on_at_once_when_nobody_is_signed_in() -> None:
    world = World([a_queue(no_agent=VOICEMAIL)], [an_agent("li")])
    world.join("c1")
    assert world.told(CallOverflowed) == [("c1", "sales", "no_agent", VOICEMAIL)]
    world.sign_in("li")
    world.join("c2")
    assert "c2" in world.waiting, "an agent on break will be back"


def test_callers_are_led_on_when_the_last_agent_signs_out() -> None:
    world = World([a_queue(no_agent=VOICEMAIL)], [an_agent("li"), an_agent("wu")])
    world.sign_in("li")
    world.sign_in("wu")
    world.join("c1")
    world.sign_out("li")
    assert "c1" in world.waiting
    world.sign_out("wu")
    assert [said.why for said in world.said(CallOverflowed)] == ["no_agent"]


def test_nobody_signed_in_with_the_skill_is_nobody_signed_in() -> None:
    world = World([a_queue(no_agent=VOICEMAIL)], [an_agent("li")])
    world.sign_in("li")
    world.join("c1", skills={"english": 1})
    assert [said.why for said in world.said(CallOverflowed)] == ["no_agent"]


def test_without_an_action_callers_wait_until_somebody_comes() -> None:
    world = World([a_queue()], [an_agent("li")])
    world.join("c1")
    world.ready("li")
    assert world.offers == {"c1": "li"}


def test_a_call_for_an_unknown_queue_or_agent_is_led_on_not_lost() -> None:
    world = World([a_queue()], [an_agent("li")])
    world.join("c1", "gone")
    assert [said.why for said in world.said(CallOverflowed)] == ["no_agent"]
    world.join("c2", agent="nobody")
    assert [said.why for said in world.said(CallOverflowed)] == ["no_agent"]


def test_a_call_cannot_wait_twice() -> None:
    world = World([a_queue()], [an_agent("li")])
    world.join("c1")
    with pytest.raises(CallAlreadyQueued, match="c1 already waits in queue sales"):
        world.join("c1")
