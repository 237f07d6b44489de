"""What agents do between calls: signing in and out, breaks, wrap-up, calls of their own."""

from __future__ import annotations

import pytest

from huawu.acd.errors import NotAllowed, UnknownAgent
from huawu.acd.events import AgentChanged
from tests.acd.world import World, a_queue, an_agent


def talking() -> World:
    """Li talks with a caller of a queue with 20 s of wrap-up."""
    world = World([a_queue(wrap_up_ms=20_000)], [an_agent("li"), an_agent("wu")])
    world.ready("li")
    world.join("c1")
    world.accept("c1", "li")
    return world


def test_signing_in_begins_with_a_break() -> None:
    world = World([a_queue()], [an_agent("li")])
    world.join("c1")
    world.sign_in("li")
    assert world.state("li") == ("break", "signed in")
    assert not world.offers


def test_being_made_ready_signs_in_too() -> None:
    world = World([a_queue()], [an_agent("li")])
    world.ready("li")
    assert world.state("li") == ("ready", "")


def test_signing_in_twice_changes_nothing() -> None:
    world = talking()
    assert world.sign_in("li") == []
    assert world.state("li") == ("talking", "")


def test_wrap_up_follows_a_call_and_ends_by_itself() -> None:
    world = talking()
    world.now += 60_000
    world.end("c1", "li")
    assert world.view("li").call == "c1"
    assert world.view("li").queue == "sales"
    world.join("c2")
    world.wait(19_999)
    assert world.state("li") == ("wrap_up", "")
    world.wait(1)
    assert world.offers == {"c2": "li"}


def test_being_made_ready_ends_wrap_up_early() -> None:
    world = talking()
    world.end("c1", "li")
    world.ready("li")
    assert world.state("li") == ("ready", "")
    assert not world.timers


def test_a_break_taken_while_talking_begins_after_call_and_wrap_up() -> None:
    world = talking()
    world.take_break("li", "lunch")
    assert world.state("li") == ("talking", "")
    world.end("c1", "li")
    assert world.state("li") == ("wrap_up", "")
    world.wait(20_000)
    assert world.state("li") == ("break", "lunch")
    assert [told.state for told in world.said(AgentChanged)] == ["break"], "never ready in between"


def test_a_break_taken_in_wrap_up_begins_at_once() -> None:
    world = talking()
    world.end("c1", "li")
    world.take_break("li", "lunch")
    assert world.state("li") == ("break", "lunch")


def test_signing_out_while_talking_happens_when_the_call_is_over() -> None:
    world = talking()
    world.sign_out("li")
    assert world.state("li") == ("talking", "")
    world.end("c1", "li")
    assert world.state("li") == ("signed_out", "")


def test_being_made_ready_while_talking_takes_back_the_break() -> None:
    world = talking()
    world.take_break("li")
    world.ready("li")
    world.end("c1", "li")
    world.wait(20_000)
    assert world.state("li") == ("ready", "")


def test_a_phone_lost_in_a_call_makes_unavailable_after_wrap_up() -> None:
    world = talking()
    world.lose_phone("li")
    world.end("c1", "li")
    world.wait(20_000)
    assert world.state("li") == ("unavailable", "phone_lost")


@pytest.mark.parametrize("returns", ["in the call", "in wrap-up", "afterwards"])
def test_an_agent_whose_phone_returns_takes_calls_again(returns: str) -> None:
    world = talking()
    world.lose_phone("li")
    if returns == "in the call":
        world.find_phone("li")
    world.end("c1", "li")
    world.wait(5_000)
    if returns == "in wrap-up":
        world.find_phone("li")
    world.wait(20_000)
    if returns == "afterwards":
        world.find_phone("li")
    assert world.state("li") == ("ready", "")


def test_a_phone_that_is_found_ends_no_break_and_no_other_unavailability() -> None:
    world = talking()
    world.take_break("li")
    world.lose_phone("li")
    world.find_phone("li")
    world.end("c1", "li")
    world.wait(20_000)
    assert world.state("li") == ("break", "lunch")
    world.ready("li")
    world.join("c2")
    world.fail("c2", "li", "no_answer")
    world.find_phone("li")
    assert world.state("li") == ("unavailable", "no_answer")


def test_a_phone_lost_does_not_undo_signing_out() -> None:
    world = talking()
    world.sign_out("li")
    world.lose_phone("li")
    world.end("c1", "li")
    assert world.state("li") == ("signed_out", "")


def test_an_agent_who_dials_out_gets_no_calls_and_is_ready_afterwards_without_wrap_up() -> None:
    world = World([a_queue(wrap_up_ms=20_000)], [an_agent("li")])
    world.ready("li")
    world.dial("out", "li")
    world.join("c1")
    assert not world.offers
    world.end("out", "li")
    assert world.offers == {"c1": "li"}


@pytest.mark.parametrize("before", [("break", "lunch"), ("unavailable", "phone_lost")])
def test_a_call_made_on_break_or_unavailable_leads_back_there(before: tuple[str, str]) -> None:
    world = World([a_queue()], [an_agent("li")])
    world.ready("li")
    if before[0] == "break":
        world.take_break("li", "lunch")
    else:
        world.lose_phone("li")
    world.dial("out", "li")
    world.end("out", "li")
    assert world.state("li") == before


def test_a_consultation_keeps_the_agent_talking_until_both_calls_are_over() -> None:
    world = talking()
    world.dial("consult", "li")
    world.end("c1", "li")
    assert world.state("li") == ("talking", "")
    assert world.view("li").call == "consult"
    world.end("consult", "li")
    assert world.state("li") == ("wrap_up", "")
    assert world.view("li").call == "c1", "wrap-up is for the caller served"


def test_a_call_back_during_wrap_up_is_followed_by_wrap_up_again() -> None:
    world = talking()
    world.end("c1", "li")
    world.wait(15_000)
    world.dial("back", "li")
    world.wait(10_000)
    world.end("back", "li")
    assert world.state("li") == ("wrap_up", "")
    assert world.timers["wrap:li"] == world.now + 20_000


def test_a_break_off_shift_is_refused_with_its_reason() -> None:
    world = World([a_queue()], [an_agent("li")])
    with pytest.raises(NotAllowed, match="agent li cannot take a break while signed out"):
        world.take_break("li")


def test_an_agent_the_policy_does_not_know_is_refused() -> None:
    world = World([a_queue()], [an_agent("li")])
    with pytest.raises(UnknownAgent, match="zhao"):
        world.ready("zhao")
    assert world.dial("c1", "zhao") == []
    assert world.lose_phone("zhao") == []


def test_calls_from_queues_count_for_the_day() -> None:
    world = talking()
    assert world.view("li").calls_today == 1
    world.dial("consult", "li")
    assert world.view("li").calls_today == 1
    world.new_day()
    assert world.view("li").calls_today == 0
