"""A hold ends with whoever holds, in whatever way they leave, and the next one is told anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from huawu.calls.acting import (
    AddParty,
    ConsultFor,
    ConsultNext,
    EndCall,
    Mute,
    ParkCall,
    RemoveParty,
    RetrieveCall,
    Supervise,
    Target,
    TransferCall,
)
from huawu.sim.virtual import Caller, Phone
from tests.calls.desks import Story, lawful
from tests.calls.test_recovery import restart

Leave = Callable[[Story], None]


def blind(story: Story) -> None:
    story.act(TransferCall(call=story.id, by="1001", to=Target(agent="1002")))


def blind_by_phone(story: Story) -> None:
    story.world.refer(story.leg("1001"), "1002")


def attended(story: Story) -> None:
    story.act(ConsultFor(call=story.id, by="1001", to=Target(agent="1002")), 4_000)
    story.act(ConsultNext(call=story.id, by="1001", step="complete"))


def attended_while_it_rings(story: Story) -> None:
    story.act(ConsultFor(call=story.id, by="1001", to=Target(agent="1002")), 200)
    story.act(ConsultNext(call=story.id, by="1001", step="complete"))


def attended_by_phone(story: Story) -> None:
    second = story.world.call(Caller(number="1002", endpoint="1001", caller="1001", talk_ms=0))
    story.world.run_for(4_000)
    story.world.hold(second)
    story.world.refer(story.leg("1001"), "1002", second)


def hangs_up_aside(story: Story) -> None:
    story.act(ConsultFor(call=story.id, by="1001", to=Target(agent="1002")), 4_000)
    story.world.hang_up(story.leg("1001"))


def takes_over(story: Story) -> None:
    story.act(Supervise(call=story.id, by="1009", way="take_over"), 4_000)
    story.act(TransferCall(call=story.id, by="1009", to=Target(agent="1002")))


def parks(story: Story) -> None:
    story.act(ParkCall(call=story.id, by="1001"), 1_000)
    story.act(RetrieveCall(call=story.id, by="1002"))


def page_closed(story: Story) -> None:
    story.act(AddParty(call=story.id, by="1001", to=Target(agent="1002")), 4_000)
    story.act(EndCall(call=story.id, by="1001", own=True))


def phone_lost(story: Story) -> None:
    story.act(AddParty(call=story.id, by="1001", to=Target(agent="1002")), 4_000)
    story.world.drop(story.leg("1001"))


def removed(story: Story) -> None:
    story.act(AddParty(call=story.id, by="1001", to=Target(agent="1002")), 4_000)
    story.act(RemoveParty(call=story.id, by="1009", party="1001"))


WAYS: list[Leave] = [
    blind, blind_by_phone, attended, attended_while_it_rings, attended_by_phone, hangs_up_aside,
    takes_over, parks, page_closed, phone_lost, removed,
]  # fmt: skip


def spans(story: Story) -> list[tuple[str, int, int]]:
    """Who held, from when to when."""
    led, holds, begun = "", [], dict[str, int]()
    for fact in story.facts("bridged", "held", "resumed"):
        led = fact.fields.get("agent", "") if fact.kind == "bridged" else led
        who = fact.fields.get("agent", led)
        if fact.kind == "held":
            assert who not in begun
            begun[who] = fact.at_ms
        elif fact.kind == "resumed":
            holds.append((who, begun.pop(who), fact.at_ms))
    assert not begun
    return holds


@pytest.mark.parametrize("leave", WAYS, ids=lambda leave: leave.__name__)
def test_who_leaves_takes_the_hold_along_and_the_next_ones_is_told(leave: Leave) -> None:
    story = Story()
    story.world.hold(story.leg("1001"))
    began_ms = story.world.now_ms
    story.world.run_for(1_000)
    leave(story)
    story.world.run_for(4_000)
    lawful(story.floor)
    story.hears("1002")
    ((holder, from_ms, to_ms),) = spans(story)
    assert (holder, from_ms) == ("1001", began_ms)
    (left,) = [fact for fact in story.facts("parted") if fact.fields["agent"] == "1001"]
    (resumed,) = story.facts("resumed")
    assert (resumed.at_ms, resumed.seq < left.seq) == (to_ms, True)
    story.world.hold(story.leg("1002"))
    story.world.run_for(2_000)
    assert {held.party for held in story.call.held_by.values()} == {"agent"}
    story.world.hold(story.leg("1002"), False)
    assert spans(story)[1:] == [("1002", story.world.now_ms - 2_000, story.world.now_ms)]
    story.over()


def test_who_comes_back_from_a_failed_transfer_with_a_phone_that_holds_holds_again() -> None:
    story = Story(p1002=Phone(refuses="busy"))
    agent = story.leg("1001")
    story.world.hold(agent)
    story.world.run_for(1_000)
    story.world.refer(agent, "1002")
    story.world.run_for(1_000)
    lawful(story.floor)
    assert list(story.call.held_by) == [agent]
    assert [fact.kind for fact in story.facts("held", "resumed")] == ["held", "resumed", "held"]
    story.world.run_for(4_000)  # until the agent is told
    story.world.hold(agent, False)
    story.hears("1001")
    assert not story.call.held_by
    story.over()


def test_a_phone_that_takes_the_other_back_ends_no_consultation() -> None:
    story = Story()
    story.world.hold(story.leg("1001"))
    story.act(ConsultFor(call=story.id, by="1001", to=Target(agent="1002")), 4_000)
    story.world.hold(story.leg("1001"), False)
    story.caller_hears_music()
    assert [fact.kind for fact in story.facts("held", "resumed")] == ["held"]
    story.act(ConsultNext(call=story.id, by="1001", step="back"), 100)
    assert [fact.kind for fact in story.facts("held", "resumed")] == ["held", "resumed"]
    story.over()


def test_the_callers_own_hold_outlives_a_transfer() -> None:
    story = Story()
    story.world.hold(story.caller)
    blind(story)
    story.world.run_for(4_000)
    assert list(story.call.held_by) == [story.caller]
    story.world.hold(story.caller, False)
    assert [(fact.kind, fact.party) for fact in story.facts("held", "resumed")] == [
        ("held", "caller"),
        ("resumed", "caller"),
    ]
    story.over()


@pytest.mark.parametrize("consults", [False, True])
def test_a_hold_goes_on_when_the_centre_returns(consults: bool) -> None:
    story = Story()
    agent = story.leg("1001")
    if consults:
        story.act(ConsultFor(call=story.id, by="1001", to=Target(agent="1002")), 4_000)
    else:
        story.world.hold(agent)
    restart(story.floor)
    lawful(story.floor)
    assert list(story.call.held_by) == [agent]
    if consults:
        story.act(ConsultNext(call=story.id, by="1001", step="back"), 100)
    else:
        story.world.hold(agent, False)
    story.hears("1001")
    assert [fact.kind for fact in story.facts("held", "resumed")] == ["held", "resumed"]
    story.over()


def test_who_leaves_a_conference_muted_leaves_no_mute_behind() -> None:
    story = Story()
    story.act(AddParty(call=story.id, by="1001", to=Target(agent="1002")), 4_000)
    story.act(Mute(call=story.id, by="1002", own=True, on=True))
    story.act(EndCall(call=story.id, by="1002", own=True), 100)
    assert [(fact.kind, fact.fields["agent"]) for fact in story.facts("muted", "unmuted")] == [
        ("muted", "1002"),
        ("unmuted", "1002"),
    ]
    story.over()
