"""Who gets whom: order of callers, skills and strategies."""

from __future__ import annotations

from tests.acd.world import World, a_queue, an_agent

OVER_A_MINUTE = 60_001


def test_a_caller_gets_a_ready_agent_at_once() -> None:
    world = World([a_queue()], [an_agent("li")])
    world.ready("li")
    world.join("c1")
    assert world.offers == {"c1": "li"}


def test_callers_are_served_in_the_order_they_came() -> None:
    world = World([a_queue()], [an_agent("li")])
    for call in ("c1", "c2", "c3"):
        world.join(call)
        world.now += 1
    world.ready("li")
    for call in ("c1", "c2", "c3"):
        assert world.offers == {call: "li"}
        world.serve(call, "li")


def test_a_kept_place_counts_from_when_the_caller_was_first_queued() -> None:
    world = World([a_queue()], [an_agent("li")])
    world.now = 50_000
    world.join("c1")
    world.join("c2", queued_ms=10_000)
    world.ready("li")
    assert world.offers == {"c2": "li"}


def test_an_important_caller_goes_before_those_who_waited_less_than_the_priority_is_worth() -> None:
    world = World([a_queue(ageing_ms=60_000)], [an_agent("li")])
    world.join("patient")
    world.now += OVER_A_MINUTE
    world.join("recent")
    world.join("important", priority=1)
    world.ready("li")
    assert world.offers == {"patient": "li"}
    world.serve("patient", "li")
    assert world.offers == {"important": "li"}


def test_an_agent_of_several_queues_takes_the_best_caller_of_all() -> None:
    world = World([a_queue("sales"), a_queue("help", weight=1)], [an_agent("li", "sales", "help")])
    world.join("c1", "sales")
    world.now += 30_000
    world.join("c2", "help")
    world.now += 1
    world.ready("li")
    assert world.offers == {"c2": "li"}, "the weight is worth a minute"


def test_a_caller_waits_for_the_skill_although_others_are_ready() -> None:
    world = World([a_queue(skills={"tariffs": 3})], [an_agent("li", tariffs=2), an_agent("wu", tariffs=3)])
    world.ready("li")
    world.join("c1")
    assert not world.offers
    world.ready("wu")
    assert world.offers == {"c1": "wu"}


def test_what_a_call_asks_is_added_to_what_its_queue_asks() -> None:
    agents = [an_agent("li", tariffs=5), an_agent("wu", tariffs=5, english=4)]
    world = World([a_queue(skills={"tariffs": 1})], agents)
    world.ready("li")
    world.join("c1", skills={"english": 4})
    world.join("c2")
    assert world.offers == {"c2": "li"}
    world.ready("wu")
    assert world.offers == {"c2": "li", "c1": "wu"}


def test_a_direct_call_waits_for_its_agent_and_goes_to_nobody_else() -> None:
    world = World([a_queue()], [an_agent("li"), an_agent("wu")])
    world.ready("wu")
    world.join("c1", agent="li")
    assert not world.offers
    world.ready("li")
    assert world.offers == {"c1": "li"}


def test_longest_idle_comes_first() -> None:
    world = World([a_queue()], [an_agent(name) for name in ("li", "wu", "he")])
    world.ready("wu", "li", "he")
    for call in ("c1", "c2", "c3"):
        world.join(call)
    assert list(world.offers.values()) == ["wu", "li", "he"]


def test_longest_idle_comes_first_also_for_callers_who_ask_what_nobody_asked_before() -> None:
    world = World([a_queue()], [an_agent(name, tariffs=1) for name in ("li", "wu", "xu")])
    world.ready("xu", "wu", "li")
    for agent in ("xu", "wu", "li"):
        world.join(f"for-{agent}", skills={"tariffs": 1})
        assert list(world.offers.values())[-1] == agent


def test_fewest_calls_comes_first_and_a_new_day_forgets() -> None:
    world = World([a_queue(strategy="fewest_calls")], [an_agent("li"), an_agent("wu")])
    world.ready("li")
    world.join("c1")
    world.serve("c1", "li")
    world.now += 1
    world.ready("wu")
    world.join("c2")
    assert world.offers == {"c2": "wu"}
    world.serve("c2", "wu")
    world.join("c3")
    world.serve("c3", "li")
    world.new_day()
    world.join("c4")
    assert world.offers == {"c4": "wu"}, "both have none, and wu has been idle longer"


def test_round_robin_gives_each_a_turn_whoever_is_free_longer() -> None:
    world = World([a_queue(strategy="round_robin")], [an_agent("li"), an_agent("wu")])
    world.ready("li", "wu")
    world.join("c1")
    world.join("c2")
    assert world.offers == {"c1": "li", "c2": "wu"}
    world.serve("c2", "wu")
    world.now += 60_000
    world.serve("c1", "li")
    world.join("c3")
    assert world.offers == {"c3": "li"}, "wu has been idle longer, but li's turn was before"


def test_best_skill_comes_first_and_between_equals_the_longest_idle() -> None:
    world = World(
        [a_queue(strategy="best_skill", skills={"tariffs": 1})],
        [an_agent("li", tariffs=2), an_agent("wu", tariffs=9), an_agent("he", tariffs=9)],
    )
    world.ready("li", "he", "wu")
    for call in ("c1", "c2", "c3"):
        world.join(call)
    assert list(world.offers.values()) == ["he", "wu", "li"]
