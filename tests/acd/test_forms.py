"""What a call was about is filed before the next call, where the queue asks for it."""

from __future__ import annotations

import pytest

from huawu.acd.errors import FormDue
from huawu.acd.events import AgentId, CallId, FormFiled
from tests.acd.world import World, a_queue, an_agent


@pytest.fixture
def world() -> World:
    world = World([a_queue(wrap_up_ms=20_000, form_required=True)], [an_agent("amy", "sales")])
    world.ready("amy")
    world.join("c1")
    world.serve("c1", "amy")
    world.end("c1", "amy")
    assert world.state("amy")[0] == "wrap_up"
    return world


def file(world: World, call: str = "c1", *, done: bool = False) -> None:
    world.do(FormFiled(at_ms=world.now, agent=AgentId("amy"), call=CallId(call), done=done))


def test_wrap_up_lasts_until_the_form_is_filed(world: World) -> None:
    world.wait(60_000)
    assert world.state("amy")[0] == "wrap_up"
    world.join("c2")
    assert world.view("amy").call == "c1"
    file(world)
    assert world.state("amy")[0] == "ringing", "its time was over: the next call comes at once"


def test_a_form_filed_in_time_leaves_the_rest_of_wrap_up(world: World) -> None:
    world.wait(5_000)
    file(world)
    assert world.state("amy")[0] == "wrap_up"
    world.wait(15_000)
    assert world.state("amy")[0] == "ready"


def test_who_says_done_has_no_wrap_up_any_more(world: World) -> None:
    file(world, done=True)
    assert world.state("amy")[0] == "ready"
    world.wait(60_000)
    assert world.state("amy")[0] == "ready"


def test_nobody_is_made_ready_before_the_form_is_filed(world: World) -> None:
    with pytest.raises(FormDue):
        world.ready("amy")
    world.take_break("amy")
    with pytest.raises(FormDue):
        world.ready("amy")
    file(world)
    assert world.state("amy")[0] == "break", "filing ends no break"
    world.ready("amy")
    assert world.state("amy")[0] == "ready"


def test_what_was_asked_for_during_the_call_happens_after_the_form() -> None:
    world = World([a_queue(wrap_up_ms=20_000, form_required=True)], [an_agent("amy", "sales")])
    world.ready("amy")
    world.join("c1")
    world.serve("c1", "amy")
    world.take_break("amy", "meal")
    world.end("c1", "amy")
    file(world, done=True)
    assert world.state("amy") == ("break", "meal")


def test_another_call_in_wrap_up_does_not_make_the_form_forgotten(world: World) -> None:
    world.dial("out", "amy")
    assert world.state("amy")[0] == "talking"
    world.end("out", "amy")
    assert world.state("amy")[0] == "wrap_up"
    assert world.view("amy").form == "c1"
    file(world, done=True)
    assert world.state("amy")[0] == "ready"


def test_a_form_for_another_call_changes_nothing(world: World) -> None:
    file(world, "c0", done=True)
    assert world.state("amy")[0] == "wrap_up"
    with pytest.raises(FormDue):
        world.ready("amy")


def test_a_restarted_centre_still_knows_that_the_form_is_due(world: World) -> None:
    world.restart()
    world.wait(60_000)
    assert world.state("amy")[0] == "wrap_up"
    file(world)
    assert world.state("amy")[0] == "ready"


def test_where_no_form_is_required_done_only_ends_wrap_up() -> None:
    world = World([a_queue(wrap_up_ms=20_000)], [an_agent("amy", "sales")])
    world.ready("amy")
    world.join("c1")
    world.serve("c1", "amy")
    world.end("c1", "amy")
    file(world)
    assert world.state("amy")[0] == "wrap_up"
    file(world, done=True)
    assert world.state("amy")[0] == "ready"
