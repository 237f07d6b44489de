"""Changes of policy, the turn of the day, and restarts in the middle of work."""

from __future__ import annotations

import pytest

from huawu.acd.errors import UnknownAgent, UnknownQueue
from huawu.acd.events import AgentId, CallOverflowed, Overflow, QueueId, WithdrawOffer
from tests.acd.world import World, a_queue, an_agent


def test_waiting_callers_and_agents_states_outlive_a_change() -> None:
    world = World([a_queue(skills={"tariffs": 2})], [an_agent("li"), an_agent("wu")])
    world.join("c1")
    world.ready("li")
    world.sign_in("wu")
    world.take_break("wu", "lunch")
    world.change_policy([a_queue(skills={"tariffs": 2}, ring_ms=9_000)], [an_agent("li"), an_agent("wu")])
    assert set(world.waiting) == {"c1"}
    assert world.state("li") == ("ready", "")
    assert world.state("wu") == ("break", "lunch")


def test_a_caller_gets_a_ready_agent_whom_the_new_policy_lets_fit() -> None:
    world = World([a_queue(skills={"tariffs": 2})], [an_agent("li")])
    world.ready("li")
    world.join("c1")
    world.join("c2")
    world.change_policy([a_queue(skills={"tariffs": 2})], [an_agent("li", tariffs=2)])
    assert world.offers == {"c1": "li"}


def test_callers_of_a_removed_queue_are_led_on_and_their_agent_is_free() -> None:
    world = World([a_queue("sales"), a_queue("help")], [an_agent("li", "sales", "help")])
    world.ready("li")
    world.join("c1", "sales")
    world.join("c2", "sales")
    world.join("c3", "help")
    world.change_policy([a_queue("help")], [an_agent("li", "help")])
    assert world.told(CallOverflowed) == [
        ("c1", "sales", "no_agent", Overflow()),
        ("c2", "sales", "no_agent", Overflow()),
    ]
    assert world.told(WithdrawOffer) == [("c1", "li", "caller_left")]
    assert world.offers == {"c3": "li"}


def test_a_removed_agent_is_signed_out_when_the_call_is_over() -> None:
    world = World([a_queue()], [an_agent("li")])
    world.ready("li")
    world.join("c1")
    world.accept("c1", "li")
    world.change_policy([a_queue()], [])
    assert world.state("li") == ("talking", "")
    with pytest.raises(UnknownAgent):
        world.ready("li")
    world.end("c1", "li")
    assert world.states[AgentId("li")] == "signed_out"
    with pytest.raises(UnknownAgent):
        world.view("li")


def test_a_removed_agent_whose_phone_rings_gives_the_caller_back() -> None:
    world = World([a_queue()], [an_agent("li"), an_agent("wu")])
    world.ready("li", "wu")
    world.join("c1")
    world.change_policy([a_queue()], [an_agent("wu")])
    assert world.offers == {"c1": "wu"}


def test_a_longest_wait_that_comes_with_a_new_policy_binds_those_who_wait() -> None:
    world = World([a_queue()], [an_agent("li")])
    world.join("c1")
    world.wait(30_000)
    world.change_policy([a_queue(longest_wait_ms=60_000)], [an_agent("li")])
    assert world.timers == {"wait:c1": 60_000}
    world.change_policy([a_queue(longest_wait_ms=20_000)], [an_agent("li")])
    assert [said.why for said in world.said(CallOverflowed)] == ["wait_over"]


def test_a_new_weight_moves_those_who_wait_already() -> None:
    agents = [an_agent("li", "sales", "help")]
    world = World([a_queue("sales"), a_queue("help")], agents)
    world.join("c1", "sales")
    world.now += 1_000
    world.join("c2", "help")
    world.change_policy([a_queue("sales"), a_queue("help", weight=1)], agents)
    world.ready("li")
    assert world.offers == {"c2": "li"}


def test_who_waits_when_the_day_begins_belongs_to_the_new_day() -> None:
    world = World([a_queue()], [an_agent("li")])
    world.ready("li")
    world.join("c1")
    world.serve("c1", "li")
    world.join("c2")
    world.join("c3")
    world.new_day()
    figures = world.figures()
    assert (figures.offered, figures.answered, figures.waiting) == (2, 0, 2)


def test_the_queue_view_shows_callers_and_agents() -> None:
    world = World([a_queue(goal_ms=20_000)], [an_agent(name) for name in ("li", "wu", "he", "xu")])
    world.ready("li", "wu")
    world.join("c1")
    world.accept("c1", "li")
    world.join("c2")
    world.now = 5_000
    world.join("c3")
    world.sign_in("he")
    figures = world.figures()
    assert (figures.waiting, figures.longest_since_ms) == (2, 2)
    assert (figures.ready, figures.ringing, figures.talking, figures.on_break) == (0, 1, 1, 1)
    assert figures.signed_in == 3
    assert (figures.offered, figures.answered, figures.service_level) == (3, 1, 1.0)
    with pytest.raises(UnknownQueue):
        world.acd.queue_view(QueueId("gone"))


def test_agents_are_where_they_were_after_a_restart() -> None:
    world = World(
        [a_queue(wrap_up_ms=20_000)], [an_agent(name) for name in ("li", "wu", "he", "xu", "su", "an")]
    )
    world.ready("li", "wu", "he", "xu")
    for call, agent in (("c1", "li"), ("c2", "wu")):
        world.join(call)
        world.accept(call, agent)
    world.end("c2", "wu")
    world.take_break("li", "lunch")
    world.sign_in("su")
    world.wait(5_000)
    before = {name: world.view(name) for name in world.acd.agents}
    figures = world.figures()
    world.restart()
    assert {name: world.view(name) for name in world.acd.agents} == before
    assert world.figures() == figures
    assert world.timers == {"wrap:wu": before[AgentId("wu")].since_ms + 20_000}
    world.join("c3")
    assert world.offers == {"c3": "he"}, "the order of idling is kept"
    world.end("c1", "li")
    world.wait(20_000)
    assert world.state("li") == ("break", "lunch"), "what was noted is kept"


def test_callers_keep_place_and_are_counted_once_over_a_restart() -> None:
    world = World([a_queue()], [an_agent("li")])
    world.join("c1")
    world.wait(10_000)
    world.join("c2")
    world.ready("li")
    world.restart()
    assert world.offers == {"c1": "li"}, "its offer was lost and made again"
    assert world.figures().offered == 2
    assert world.figures().longest_since_ms == 0
