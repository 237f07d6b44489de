"""What callers are promised beyond a place: their last agent first, help by others in time, a call back."""

from __future__ import annotations

from msgspec.structs import replace

from huawu.acd.events import CallOverflowed, MakeOffer, Overflow, OverflowStep, QueueId, SkillId, StepTaken
from tests.acd.world import World, a_queue, an_agent

ENGLISH = SkillId("english")


def offers(world: World) -> list[tuple[object, object]]:
    return [(offer.call, offer.agent) for offer in world.said(MakeOffer)]


# ── The last agent first ──────────────────────────────────────────────────────────────────────────


def test_a_caller_waits_for_the_last_agent_although_another_is_ready() -> None:
    world = World([a_queue()], [an_agent("ann"), an_agent("bob")])
    world.ready("ann")
    world.join("first")
    world.accept("first", "ann")
    world.ready("bob")
    world.join("again", prefer="ann", until_ms=world.now + 20_000)
    assert not world.said(MakeOffer)
    world.end("first", "ann")
    assert offers(world) == [("again", "ann")]


def test_after_the_set_time_any_agent_will_do() -> None:
    world = World([a_queue()], [an_agent("ann"), an_agent("bob")])
    world.ready("ann")
    world.join("first")
    world.accept("first", "ann")
    world.ready("bob")
    world.join("again", prefer="ann", until_ms=world.now + 20_000)
    assert world.wait(19_999) == []
    world.wait(1)
    assert world.offers == {"again": "bob"}


def test_an_agent_who_is_away_is_not_waited_for() -> None:
    world = World([a_queue()], [an_agent("ann"), an_agent("bob")])
    world.ready("bob")
    world.join("again", prefer="ann", until_ms=world.now + 20_000)
    assert offers(world) == [("again", "bob")]


def test_a_caller_whose_last_agent_leaves_is_offered_to_the_next_at_once() -> None:
    world = World([a_queue(wrap_up_ms=20_000)], [an_agent("ann"), an_agent("bob")])
    world.ready("ann")
    world.join("first")
    world.accept("first", "ann")
    world.ready("bob")
    world.join("again", prefer="ann", until_ms=world.now + 60_000)
    world.end("first", "ann")
    world.take_break("ann")
    assert world.offers == {"again": "bob"}


def test_a_caller_whose_last_agent_is_moved_to_another_queue_waits_for_that_one_no_more() -> None:
    world = World([a_queue(), a_queue("other")], [an_agent("ann"), an_agent("bob")])
    world.ready("ann")
    world.join("first")
    world.accept("first", "ann")
    world.ready("bob")
    world.join("again", prefer="ann", until_ms=world.now + 60_000)
    world.change_policy(
        world.queues.values(),
        [
            replace(agent, queues=(QueueId("other"),)) if name == "ann" else agent
            for name, agent in world.agents.items()
        ],
    )
    assert world.offers == {"again": "bob"}
    world.fail("again", "bob", "no_answer")
    world.end("first", "ann")
    assert world.offers == {}, "ann serves the other queue now"


def test_who_prefers_an_agent_keeps_the_place_among_all() -> None:
    world = World([a_queue(announce_every_ms=30_000)], [an_agent("ann"), an_agent("bob")])
    world.ready("ann")
    world.join("busy")
    world.accept("busy", "ann")
    world.join("first", prefer="ann", until_ms=world.now + 5_000)
    world.wait(1)
    world.join("second")
    world.wait(5_000)
    world.ready("bob")
    assert world.offers == {"first": "bob"}


# ── Steps by time ─────────────────────────────────────────────────────────────────────────────────


def test_after_a_time_lower_levels_and_another_queues_agents_will_do() -> None:
    steps = (
        OverflowStep(after_ms=10_000, skills={ENGLISH: 2}),
        OverflowStep(after_ms=20_000, skills={ENGLISH: 0}, queues=(QueueId("billing"),)),
    )
    queues = [a_queue(skills={"english": 5}, steps=steps), a_queue("billing")]
    world = World(queues, [an_agent("ann", english=3), an_agent("bob", "billing")])
    world.ready("ann", "bob")
    world.join("one")
    assert not world.said(MakeOffer)
    world.wait(10_000)
    assert world.offers == {"one": "ann"}
    world.accept("one", "ann")
    world.join("two")
    world.wait(20_000)
    assert world.offers == {"two": "bob"}


def test_a_step_is_told_and_the_last_leads_elsewhere() -> None:
    away = Overflow(action="queue", target="billing")
    steps = (OverflowStep(after_ms=10_000, priority=5), OverflowStep(after_ms=20_000, then=away))
    world = World([a_queue(steps=steps)], [an_agent("ann")])
    world.join("one")
    said = world.wait(20_000)
    assert [command.step for command in said if isinstance(command, StepTaken)] == [1]
    assert [command.then for command in said if isinstance(command, CallOverflowed)] == [away]


def test_a_step_may_lift_a_caller_over_others() -> None:
    world = World([a_queue(steps=(OverflowStep(after_ms=10_000, priority=5),))], [an_agent("ann")])
    world.join("urgent", queued_ms=world.now, priority=0)
    world.wait(1)
    world.join("earlier", queued_ms=world.now - 60_000)
    world.wait(9_999)
    world.ready("ann")
    assert world.offers == {"urgent": "ann"}


# ── Callbacks ─────────────────────────────────────────────────────────────────────────────────────


def test_who_is_to_be_called_back_has_not_given_up_and_keeps_the_place() -> None:
    world = World([a_queue()], [an_agent("ann")])
    world.join("first")
    world.wait(1_000)
    world.join("second")
    world.leave("first", agreed=True)
    world.join("back", kind="callback", queued_ms=0)
    view = world.figures()
    assert (view.abandoned, view.called_back, view.waiting, view.callbacks) == (0, 1, 1, 1)
    world.ready("ann")
    assert world.offers == {"back": "ann"}
    assert world.figures().callbacks == 1
    world.accept("back", "ann")
    assert (world.figures().callbacks, world.figures().answered) == (0, 0)
    assert world.view("ann").calls_today == 0, "a call made is no call answered, for queue and agent alike"


def test_a_callback_waits_longer_than_any_caller_may() -> None:
    hang_up = Overflow(action="hang_up")
    policy = a_queue(longest_wait_ms=10_000, wait_over=hang_up, no_agent=hang_up, longest_line=1)
    world = World([policy], [an_agent("ann")])
    world.ready("ann")
    world.join("talking")
    world.accept("talking", "ann")
    world.join("waits")
    world.join("back", kind="callback")
    world.wait(60_000)
    assert list(world.waiting) == ["back"]
    world.end("talking", "ann")
    assert world.offers == {"back": "ann"}


# ── Redials ───────────────────────────────────────────────────────────────────────────────────────


def dropped(wrap_up_ms: int = 20_000) -> World:
    """Ann's call is dropped while another caller waits with the highest priority."""
    world = World([a_queue(wrap_up_ms=wrap_up_ms)], [an_agent("ann"), an_agent("bob")])
    world.ready("ann")
    world.join("call")
    world.accept("call", "ann")
    world.join("important", priority=100, queued_ms=-10_000_000)
    world.join("redial", kind="redial", agent="ann", until_ms=world.now + 60_000)
    world.end("call", "ann")
    return world


def test_a_dropped_call_comes_before_wrap_up_and_before_any_other_call() -> None:
    world = dropped()
    assert world.offers == {"redial": "ann"}
    world.accept("redial", "ann")
    world.end("redial", "ann")
    assert world.state("ann")[0] == "wrap_up"
    world.wait(20_000)
    assert world.offers == {"important": "ann"}


def test_wrap_up_follows_when_the_redial_is_declined_fails_or_its_time_is_over() -> None:
    world = dropped()
    world.fail("redial", "ann", "declined")
    assert [command.why for command in world.said(CallOverflowed)] == ["declined"]
    assert world.state("ann")[0] == "wrap_up"

    world = dropped()
    world.fail("redial", "ann", "no_answer")
    assert [command.why for command in world.said(CallOverflowed)] == ["redial_missed"]

    world = dropped()
    world.accept("redial", "ann")
    world.end("redial", "ann", talked=False)
    assert (world.state("ann")[0], world.view("ann").call) == ("wrap_up", "call")

    world = dropped()
    world.leave("redial")
    assert world.state("ann")[0] == "wrap_up"


def test_a_reserved_agent_is_free_when_the_reservation_ends() -> None:
    world = dropped(wrap_up_ms=0)
    world.ring("redial", "ann")
    world.now += 50_000  # the phone rings on, its own time not over
    world.ring("redial", "ann")
    del world.timers["ring:ann"]
    world.timers["ring:ann"] = world.now + 30_000
    world.wait(10_000)
    assert world.offers == {"important": "ann"}


def test_a_redial_waits_for_the_phone_to_come_back() -> None:
    world = World([a_queue(wrap_up_ms=20_000)], [an_agent("ann")])
    world.ready("ann")
    world.join("call")
    world.accept("call", "ann")
    world.lose_phone("ann")
    world.join("redial", kind="redial", agent="ann", until_ms=world.now + 60_000)
    world.end("call", "ann")
    assert world.state("ann") == ("unavailable", "phone_lost")
    world.restart()
    world.ready("ann")
    assert world.offers == {"redial": "ann"}
    world.accept("redial", "ann")
    world.end("redial", "ann", talked=False)
    assert world.view("ann").call == "call"


def test_a_noted_break_begins_after_redial_and_wrap_up() -> None:
    world = World([a_queue(wrap_up_ms=20_000)], [an_agent("ann")])
    world.ready("ann")
    world.join("call")
    world.accept("call", "ann")
    world.take_break("ann")
    world.join("redial", kind="redial", agent="ann", until_ms=world.now + 60_000)
    world.end("call", "ann")
    assert world.offers == {"redial": "ann"}
    world.accept("redial", "ann")
    world.end("redial", "ann")
    world.wait(20_000)
    assert world.state("ann") == ("break", "lunch")


def test_who_signs_out_calls_nobody_back() -> None:
    world = World([a_queue()], [an_agent("ann")])
    world.ready("ann")
    world.join("call")
    world.accept("call", "ann")
    world.sign_out("ann")
    world.join("redial", kind="redial", agent="ann", until_ms=world.now + 60_000)
    world.end("call", "ann")
    assert world.state("ann")[0] == "signed_out"
    assert [c.why for c in world.wait(60_000) if isinstance(c, CallOverflowed)] == ["redial_missed"]
