"""A centre that died and returned, or a switch that did: what is on record stays true."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import Any

import pytest

from huawu.acd.events import AgentState
from huawu.acd.snapshot import Snapshot
from huawu.calls.facts import Fact
from huawu.calls.homes import THE_ONE
from huawu.calls.record import derive
from huawu.link import messages as link
from huawu.sim.virtual import Caller, Phone, World
from tests.calls.worlds import Desk, desk, engine_of

_lives = itertools.count(1)


def open_timelines(facts: list[Fact]) -> list[list[Fact]]:
    """What a store would give back: calls without an end, or whose recording has none."""
    calls: defaultdict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        calls[fact.call].append(fact)
    return [lines for lines in calls.values() if _is_open([fact.kind for fact in lines])]


def _is_open(kinds: list[str]) -> bool:
    over = kinds.count("recording_stopped") + kinds.count("recording_failed")
    return "ended" not in kinds or kinds.count("recording_started") > over


def snapshot(world: World, last_event: int = 0) -> link.Welcome:
    """The switch's own view of its legs and phones."""
    return link.Welcome(
        switch="s",
        replays=True,
        last_event=last_event,
        legs=tuple(
            link.LegView(
                leg=leg.leg,
                incoming=leg.caller is not None,
                state="answered" if leg.answered else "ringing",
                from_number="",
                to_number="",
                bridged_with=leg.peer,
                conference=leg.conference,
                held=leg.held,
                began_ms=0,
            )
            for leg in world.legs.values()
        ),
        endpoints=tuple(link.EndpointReachable(endpoint=endpoint, contacts=1) for endpoint in world.phones),
    )


def restart(
    floor: Desk,
    missed: list[link.Event] | None = None,
    agents: Snapshot | None = None,
    welcome: link.Welcome | None = None,
    **left: Any,
) -> None:
    """The centre's process dies and another takes over, with what the store holds.

    The states of agents are put aside every now and then: `agents` are those of an earlier moment. `left`:
    what else the former life did, as `Engine.recover` takes it.
    """
    world = floor.world
    agents = agents or world.engine.acd.snapshot()
    world.engine = engine_of(floor.centre, prefix=f"n{next(_lives)}x")
    world.timers.clear()
    world.commands.clear()
    world.carry_out(world.engine.configure(floor.centre, world.now_ms))
    world.carry_out(world.engine.recover(open_timelines(world.facts), agents, world.now_ms, **left))
    for event in missed or []:
        world.report(event)
    world.carry_out(world.engine.settle(welcome or snapshot(world), world.now_ms))


def test_a_conversation_goes_on_when_the_centre_returns() -> None:
    floor = desk()
    floor.ready("1001")
    floor.world.call(Caller(number="4001", talk_ms=60_000))
    floor.world.run_for(5_000)
    restart(floor)
    assert floor.state("1001") == AgentState.TALKING
    assert not any(isinstance(command, link.HangUp) for command in floor.world.commands)
    floor.world.run_for(90_000)
    assert floor.fact("ended").fields["by"] == "caller"
    assert floor.state("1001") == AgentState.READY
    call = floor.world.facts[0].call
    assert [fact.seq for fact in floor.facts(call)] == list(range(1, len(floor.facts(call)) + 1))


def test_an_agent_kept_in_the_call_before_is_free_after_the_one_under_way() -> None:
    floor = desk()
    floor.ready("1001")
    floor.world.call(Caller(number="4001", talk_ms=4_000))
    floor.world.run_for(3_000)
    kept = floor.world.engine.acd.snapshot()
    assert floor.state("1001") == AgentState.TALKING
    floor.world.run_for(30_000)
    second = floor.world.call(Caller(number="4001", talk_ms=60_000))
    floor.world.run_for(5_000)
    restart(floor, agents=kept)
    (agent,) = (agent for agent in floor.world.engine.acd.agents if agent.endswith("1001"))
    call = next(fact.call for fact in floor.world.facts if fact.fields.get("leg") == second)
    assert floor.world.engine.acd.contacts_of(agent) == (call,)
    floor.world.run_for(62_000)
    assert floor.state("1001") == AgentState.WRAP_UP
    floor.world.run_for(60_000)
    assert floor.state("1001") == AgentState.READY


def test_an_agent_kept_without_a_phone_is_ready_when_the_switch_reaches_it() -> None:
    """The phone registered, and the centre died before it put that aside."""
    floor = desk()
    floor.ready("1001")
    floor.world.report(link.EndpointUnreachable(endpoint=link.EndpointId("1001")))
    assert floor.state("1001") == AgentState.UNAVAILABLE
    restart(floor)
    assert floor.state("1001") == AgentState.READY


def test_who_spoke_when_the_switch_died_spoke_until_then() -> None:
    floor = desk()
    floor.ready("1001")
    leg = floor.world.call(Caller(number="4001", talk_ms=60_000))
    floor.world.run_for(5_000)
    began_ms = floor.world.now_ms
    floor.world.report(link.TalkStarted(leg=leg, began_ms=began_ms))
    floor.world.run_for(4_000)
    died_ms = floor.world.now_ms
    floor.world.legs.clear()
    floor.world.engine.switch_away(THE_ONE, died_ms)
    floor.world.now_ms += 3_000
    floor.world.carry_out(
        floor.world.engine.settle(link.Welcome(switch="new", replays=False, last_event=0), floor.world.now_ms)
    )
    talk = floor.fact("talk")
    assert talk.party == "caller"
    assert talk.fields == {"began_ms": began_ms, "ended_ms": died_ms}
    kinds = floor.kinds(talk.call)
    assert kinds.index("talk") < kinds.index("ended")


def test_a_recording_that_was_broken_when_the_switch_died_ends_where_it_broke() -> None:
    floor = desk()
    floor.ready("1001")
    floor.world.call(Caller(number="4001", talk_ms=60_000))
    floor.world.run_for(5_000)
    call = floor.world.facts[-1].call
    recording = floor.fact("recording_started").fields["recording"]
    broke_ms = floor.world.now_ms
    floor.world.report(
        link.RecordingFailed(recording=recording, path="", detail="No space left on device", goes_on=True)
    )
    floor.world.run_for(9_000)
    floor.world.legs.clear()
    floor.world.carry_out(
        floor.world.engine.settle(link.Welcome(switch="new", replays=False, last_event=0), floor.world.now_ms)
    )
    lost = [fact for fact in floor.world.facts if fact.call == call and fact.kind == "recording_failed"]
    assert [fact.fields.get("until_ms") for fact in lost] == [None, broke_ms]


def test_a_caller_who_waits_keeps_place_when_the_centre_returns() -> None:
    floor = desk()
    floor.ready("1001", Phone(answers_after_ms=None))
    first = floor.world.call(Caller(number="4001", talk_ms=5_000))
    floor.world.run_for(30_000)
    floor.world.call(Caller(number="4001", talk_ms=5_000))
    floor.world.run_for(5_000)
    restart(floor)
    floor.ready("1002")
    floor.world.run_for(3_000)
    bridged = floor.fact("bridged")
    assert floor.world.facts[0].fields["leg"] == first
    assert bridged.call == floor.world.facts[0].call


def test_a_call_that_ended_meanwhile_ends_with_the_true_reason() -> None:
    floor = desk()
    floor.ready("1001")
    leg = floor.world.call(Caller(number="4001", talk_ms=60_000))
    floor.world.run_for(5_000)
    del floor.world.legs[leg]
    restart(floor, [link.LegEnded(leg=leg, by="peer", reason="normal")])
    floor.world.run_for(1_000)
    assert floor.fact("ended").fields["by"] == "caller"
    assert floor.state("1001") == AgentState.WRAP_UP
    assert not floor.world.legs


def test_a_recording_that_the_switch_still_closes_has_not_failed() -> None:
    """The caller hung up while the centre was away; the file is told complete after they met again."""
    floor = desk()
    floor.ready("1001")
    leg = floor.world.call(Caller(number="4001", talk_ms=60_000))
    floor.world.run_for(5_000)
    call = floor.world.facts[-1].call
    started = floor.fact("recording_started").fields["recording"]
    del floor.world.legs[leg]
    restart(floor, [link.LegEnded(leg=leg, by="peer", reason="normal")])
    assert "recording_failed" not in floor.kinds(call)
    floor.world.report(link.RecordingStopped(recording=started, path="", length_ms=3_000))
    floor.world.run_for(1_000)
    assert floor.fact("recording_stopped").fields["length_ms"] == 3_000
    assert "recording_failed" not in floor.kinds(call)


@pytest.mark.parametrize("switch_lives", [True, False])
def test_a_recording_is_closed_whose_call_had_ended_when_the_centre_died(switch_lives: bool) -> None:
    floor = desk()
    floor.ready("1001")
    leg = floor.world.call(Caller(number="4001", talk_ms=60_000))
    floor.world.run_for(5_000)
    call = floor.world.facts[-1].call
    started = floor.fact("recording_started").fields["recording"]
    del floor.world.legs[leg]
    floor.world.carry_out(
        floor.world.engine.switch(
            link.NumberedEvent(
                number=1,
                at_ms=floor.world.now_ms,
                event=link.LegEnded(leg=leg, by="peer", reason="normal"),
            )
        )
    )
    assert floor.kinds(call)[-1] == "ended"
    if switch_lives:
        restart(floor)
        floor.world.report(link.RecordingStopped(recording=started, path="", length_ms=3_000))
        floor.world.run_for(1_000)
        assert floor.fact("recording_stopped").fields["length_ms"] == 3_000
    else:
        floor.world.legs.clear()
        restart(floor, welcome=link.Welcome(switch="new", replays=False, last_event=0))
        assert floor.fact("recording_failed").fields["detail"] == "the switch stopped"
    assert floor.kinds(call).count("ended") == 1
    floor.world.run_for(30_000)
    assert not floor.world.engine.floor.calls


def test_an_offer_under_way_is_withdrawn_and_made_again() -> None:
    floor = desk()
    floor.ready("1001", Phone(answers_after_ms=10_000))
    floor.world.call(Caller(number="4001", talk_ms=60_000))
    floor.world.run_for(3_000)
    old = next(leg for leg in floor.world.legs.values() if leg.phone is not None).leg
    restart(floor)
    assert link.HangUp(leg=old, reason="cancelled") in floor.world.commands
    floor.world.run_for(15_000)
    assert floor.state("1001") == AgentState.TALKING


def test_a_caller_in_the_flow_begins_it_anew() -> None:
    floor = desk()
    floor.ready("1001")
    floor.world.call(Caller(number="4000", keys=["", "1"], talk_ms=5_000))
    floor.world.run_for(1_000)
    restart(floor)
    floor.world.run_for(20_000)
    assert "bridged" in floor.kinds()


def test_when_the_switch_dies_every_call_ends_on_record_with_that_reason() -> None:
    floor = desk()
    floor.ready("1001")
    floor.ready("1002")
    floor.world.call(Caller(number="4001", talk_ms=60_000))
    floor.world.call(Caller(number="4000", keys=[""], talk_ms=60_000))
    floor.world.run_for(5_000)
    floor.world.legs.clear()
    floor.world.phones.clear()
    floor.world.carry_out(
        floor.world.engine.settle(link.Welcome(switch="new", replays=False, last_event=0), floor.world.now_ms)
    )
    ended = [fact.fields["reason"] for fact in floor.world.facts if fact.kind == "ended"]
    assert ended == ["switch_lost", "switch_lost"]
    assert "recording_failed" in [fact.kind for fact in floor.world.facts]
    floor.world.run_for(30_000)
    assert floor.state("1001") == AgentState.UNAVAILABLE
    floor.world.plug_in("1001")
    assert floor.state("1001") == AgentState.READY
    assert not floor.world.engine.floor.calls


def test_a_recording_is_as_long_as_its_switch_lived() -> None:
    floor = desk()
    floor.ready("1001")
    floor.world.call(Caller(number="4001", talk_ms=60_000))
    floor.world.run_for(15_000)
    world, engine = floor.world, floor.world.engine
    died_ms = world.now_ms
    engine.switch_away(THE_ONE, died_ms)
    world.legs.clear()
    world.phones.clear()
    noticed_ms = died_ms + 3_600
    world.carry_out(engine.settle(link.Welcome(switch="new", replays=False, last_event=0), noticed_ms))
    record = derive(world.facts)
    assert record is not None
    assert record.recording is not None
    assert record.ended_ms == died_ms, "and not when that was noticed"
    assert record.recording.length_ms == died_ms - record.recording_began_ms > 5_000
    assert record.bridged_ms is not None
    assert record.talk_ms == died_ms - record.bridged_ms, "nobody talked without a switch"


def test_nobody_waits_in_a_queue_whose_switch_is_dead() -> None:
    floor = desk()
    floor.world.call(Caller(number="4001", talk_ms=60_000))
    floor.world.run_for(10_000)
    world, engine = floor.world, floor.world.engine
    died_ms = world.now_ms
    engine.switch_away(THE_ONE, died_ms)
    world.legs.clear()
    welcome = link.Welcome(switch="new", replays=False, last_event=0)
    world.carry_out(engine.settle(welcome, died_ms + 3_600))
    record = derive(world.facts)
    assert record is not None
    assert record.queued_ms is not None
    assert record.waited_ms == died_ms - record.queued_ms > 0


def test_a_switch_that_was_away_before_lives_until_it_dies() -> None:
    floor = desk()
    floor.ready("1001")
    floor.world.call(Caller(number="4001", talk_ms=60_000))
    floor.world.run_for(5_000)
    world, engine = floor.world, floor.world.engine
    engine.switch_away(THE_ONE, world.now_ms)
    world.carry_out(engine.settle(snapshot(world), world.now_ms))
    world.run_for(10_000)
    world.legs.clear()
    world.carry_out(engine.settle(link.Welcome(switch="new", replays=False, last_event=0), world.now_ms))
    record = derive(world.facts)
    assert record is not None
    assert record.recording is not None
    assert record.recording.length_ms == world.now_ms - record.recording_began_ms > 10_000


def test_a_call_answered_while_the_centre_was_away_is_led_once() -> None:
    floor = desk()
    floor.ready("1001")
    leg = floor.world.call(Caller(number="4001", talk_ms=5_000))
    restart(floor, [link.LegAnswered(leg=leg, codec="PCMA")])
    floor.world.run_for(4_000)
    assert floor.kinds(floor.world.facts[0].call).count("queued") == 1
    assert floor.kinds(floor.world.facts[0].call).count("bridged") == 1


def test_a_call_that_was_not_answered_yet_is_answered_when_the_centre_returns() -> None:
    floor = desk()
    floor.ready("1001")
    floor.world.call(Caller(number="4001", talk_ms=5_000))
    restart(floor)
    assert any(isinstance(command, link.Answer) for command in floor.world.commands)
    floor.world.run_for(20_000)
    assert floor.kinds(floor.world.facts[0].call).count("bridged") == 1
