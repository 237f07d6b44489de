"""Work that is no call: who has it gets no offers, and it ends once, whatever happens."""

from __future__ import annotations

import pytest

from huawu.acd.events import AgentId, QueueId, TaskDropped
from tests.acd.world import World, a_queue, an_agent

MIN = 60_000


def at_work() -> World:
    """Li listens to a message; Wu is off shift."""
    world = World([a_queue(wrap_up_ms=20_000)], [an_agent("li"), an_agent("wu")])
    world.ready("li")
    world.begin_task("m1", "li", 10 * MIN)
    return world


def dropped(world: World) -> list[tuple[object, ...]]:
    return world.told(TaskDropped)


def test_who_works_on_a_task_is_offered_no_call_until_it_is_done() -> None:
    world = at_work()
    assert world.state("li") == ("wrap_up", "voicemail")
    assert (world.view("li").task, world.view("li").task_until_ms) == ("m1", world.now + 10 * MIN)
    world.join("c1")
    assert not world.offers
    world.end_task("m1", "li")
    assert world.offers == {"c1": "li"}
    assert not world.said(TaskDropped)


def test_a_task_that_is_not_done_in_time_is_dropped_and_the_agent_is_ready() -> None:
    world = at_work()
    world.wait(10 * MIN - 1)
    assert world.state("li") == ("wrap_up", "voicemail")
    world.wait(1)
    assert dropped(world) == [("li", "m1", "time_over")]
    assert world.state("li") == ("ready", "")


@pytest.mark.parametrize(
    ("does", "then"), [("ready", "ready"), ("take_break", "break"), ("sign_out", "signed_out")]
)
def test_who_chooses_another_state_gives_the_task_back(does: str, then: str) -> None:
    world = at_work()
    getattr(world, does)("li")
    assert dropped(world) == [("li", "m1", "left")]
    assert world.state("li")[0] == then
    assert not world.timers


def test_a_call_in_between_interrupts_the_task_and_leaves_a_minute_at_least() -> None:
    world = at_work()
    world.dial("c1", "li")
    assert world.state("li") == ("talking", "")
    world.now += 15 * MIN
    world.end("c1", "li")
    assert world.state("li") == ("wrap_up", "voicemail")
    world.wait(MIN - 1)
    assert not world.said(TaskDropped)
    world.wait(1)
    assert dropped(world) == [("li", "m1", "time_over")]


def test_wrap_up_of_a_call_that_was_picked_up_comes_before_the_task() -> None:
    from huawu.acd.events import CallId, ContactBegan

    world = at_work()
    world.do(ContactBegan(at_ms=world.now, call=CallId("c1"), agent=AgentId("li"), queue=QueueId("sales")))
    world.end("c1", "li")
    assert (world.state("li"), world.view("li").call) == (("wrap_up", ""), "c1")
    world.wait(20_000)
    assert (world.state("li"), world.view("li").call) == (("wrap_up", "voicemail"), None)
    world.end_task("m1", "li")
    assert world.state("li") == ("ready", "")


def test_a_break_noted_in_the_call_in_between_gives_the_task_back() -> None:
    world = at_work()
    world.dial("c1", "li")
    world.take_break("li")
    world.end("c1", "li")
    assert dropped(world) == [("li", "m1", "left")]
    assert world.state("li") == ("break", "lunch")


def test_a_phone_lost_meanwhile_makes_unavailable_afterwards() -> None:
    world = at_work()
    world.lose_phone("li")
    assert world.view("li").task == "m1"
    world.end_task("m1", "li")
    assert world.state("li") == ("unavailable", "phone_lost")


def test_a_task_outlives_a_restart() -> None:
    world = at_work()
    world.now += 4 * MIN
    world.restart()
    assert (world.state("li"), world.view("li").task) == (("wrap_up", "voicemail"), "m1")
    world.wait(6 * MIN)
    assert dropped(world) == [("li", "m1", "time_over")]


def test_nobody_who_is_not_ready_begins_a_task_and_none_has_two() -> None:
    world = at_work()
    for agent in ("wu", "nobody", "li"):
        world.begin_task("m2", agent)
        assert dropped(world) == [(agent, "m2", "not_ready")]
    assert world.view("li").task == "m1"


def test_the_longest_idle_who_fits_has_time_unless_somebody_waits() -> None:
    world = World(
        [a_queue(skills={"english": 1})],
        [an_agent("li", english=1), an_agent("wu", english=1), an_agent("xu")],
    )
    sales = QueueId("sales")
    assert world.acd.idle_agent(sales) is None
    world.ready("xu", "wu", "li")
    assert world.acd.idle_agent(sales) == "wu"
    assert world.acd.idle_agent(sales, {AgentId("wu")}) == "li"
    world.join("c1", skills={"french": 1})
    assert world.acd.idle_agent(sales) is None
    assert world.acd.idle_agent(QueueId("none")) is None
