"""An offer's life: ringing, answered, refused, missed, taken back."""

from __future__ import annotations

import pytest

from huawu.acd.events import AgentChanged, MakeOffer, StartTimer, WithdrawOffer
from tests.acd.world import World, a_queue, an_agent


def two_agents() -> World:
    world = World([a_queue(ring_ms=15_000)], [an_agent("li"), an_agent("wu")])
    world.ready("li")
    world.join("c1")
    return world


def test_an_offer_says_how_long_to_ring_and_how_long_the_caller_waited() -> None:
    world = World([a_queue(ring_ms=12_000)], [an_agent("li")])
    world.join("c1")
    world.now += 7_000
    world.ready("li")
    assert world.told(MakeOffer) == [("c1", "li", "sales", 12_000, 7_000)]


def test_the_ring_time_runs_from_when_the_phone_rings() -> None:
    world = two_agents()
    world.now += 3_000
    assert world.ring("c1", "li") == [StartTimer(name="ring:li", due_ms=world.now + 15_000)]
    assert world.ring("c1", "li") == [], "ringing twice gives no more time"


def test_a_phone_that_never_rings_counts_as_ringing_after_five_seconds() -> None:
    world = two_agents()
    world.wait(19_999)
    assert world.offers
    world.wait(1)
    assert world.state("li") == ("unavailable", "no_answer")


def test_no_answer_withdraws_the_offer_and_another_agent_gets_the_caller_at_once() -> None:
    world = two_agents()
    world.ready("wu")
    world.ring("c1", "li")
    world.wait(15_000)
    assert world.told(WithdrawOffer) == [("c1", "li", "no_answer")]
    assert world.offers == {"c1": "wu"}
    assert world.state("li") == ("unavailable", "no_answer")


def test_an_agent_who_declines_goes_on_break() -> None:
    world = two_agents()
    world.fail("c1", "li", "declined")
    assert world.state("li") == ("break", "declined")
    [told] = world.said(AgentChanged)
    assert (told.state, told.reason) == ("break", "declined")


@pytest.mark.parametrize("reason", ["busy", "unreachable"])
def test_an_agent_whose_phone_fails_is_unavailable_and_told_why(reason: str) -> None:
    world = two_agents()
    world.fail("c1", "li", reason)  # type: ignore[arg-type]
    assert world.state("li") == ("unavailable", reason)


def test_caller_keeps_place_when_agent_refuses() -> None:
    world = two_agents()
    world.now += 1_000
    world.join("c2")
    world.fail("c1", "li", "declined")
    world.ready("wu")
    assert world.offers == {"c1": "wu"}


def test_the_agent_keeps_place_when_the_caller_leaves() -> None:
    world = World([a_queue()], [an_agent("li"), an_agent("wu")])
    world.ready("li", "wu")
    world.join("c1")
    world.now += 5_000
    world.leave("c1")
    assert world.told(WithdrawOffer) == [("c1", "li", "caller_left")]
    world.join("c2")
    assert world.offers == {"c2": "li"}, "still the longest idle"


def test_the_freed_agent_gets_the_next_caller_when_a_caller_leaves() -> None:
    world = two_agents()
    world.join("c2")
    world.leave("c1")
    assert world.offers == {"c2": "li"}


@pytest.mark.parametrize("going", ["break", "sign_out", "lose_phone", "dial"])
def test_an_agent_who_goes_away_while_ringing_gives_the_caller_back(going: str) -> None:
    world = two_agents()
    world.ready("wu")
    match going:
        case "break":
            world.take_break("li")
        case "sign_out":
            world.sign_out("li")
        case "lose_phone":
            world.lose_phone("li")
        case _:
            world.dial("out", "li")
    assert world.told(WithdrawOffer) == [("c1", "li", "agent_left")]
    assert world.offers == {"c1": "wu"}


def test_an_answer_that_crosses_the_withdrawal_changes_nothing() -> None:
    world = two_agents()
    world.leave("c1")
    assert world.accept("c1", "li") == []
    assert world.state("li") == ("ready", "")
