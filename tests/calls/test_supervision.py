"""Leaders beside agents, calls put aside, calls picked up: by page and by feature code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.acd.events import AgentState, CallId
from huawu.calls.acting import ParkCall, PickUpCall, RetrieveCall, StopSupervising, Supervise
from huawu.calls.errors import NoSuchPlace, NotPossible
from huawu.calls.sound import SILENCE, At, Seat, change, matrix, sound_of
from huawu.link import messages as link
from huawu.link.messages import LegId
from huawu.sim.virtual import Caller, Phone
from tests.calls.desks import Story, offices
from tests.calls.test_recovery import restart

LEGS = [LegId(f"l{number}") for number in range(6)]
seats = st.lists(
    st.builds(
        Seat,
        leg=st.sampled_from(LEGS),
        at=st.sampled_from(At),
        staff=st.booleans(),
        mode=st.sampled_from([None, None, "listen", "whisper", "barge"]),
    ),
    unique_by=lambda seat: seat.leg,
)


@given(seats)
def test_a_listener_is_never_heard_and_a_whisper_only_by_staff(given_seats: list[Seat]) -> None:
    cells = {(cell.listener, cell.speaker) for cell in matrix(given_seats)}
    by_leg = {seat.leg: seat for seat in given_seats}
    for listener in by_leg.values():
        for speaker in by_leg.values():
            heard = (listener.leg, speaker.leg) in cells
            if listener is speaker or speaker.mode == "listen":
                assert not heard
            elif speaker.mode == "whisper":
                assert heard == (listener.staff or listener.mode is not None)
            else:
                assert heard


@given(seats, seats)
def test_a_change_leads_to_the_new_sound_and_speaks_only_of_legs_that_live(
    before_seats: list[Seat], after_seats: list[Seat]
) -> None:
    call = CallId("c")
    before, after = sound_of(call, before_seats), sound_of(call, after_seats)
    alive = {seat.leg for seat in after_seats}
    for leg in LEGS:
        if leg not in alive:
            before = before.without(leg)
    heard = {pair for a, b in map(sorted, before.pairs) for pair in ((a, b), (b, a))}
    mixes = {name: {(c.listener, c.speaker) for c in cells} for name, cells in before.mixes.items()}
    for command in change(before, after, alive):
        match command:
            case link.Bridge(a=a, b=b):
                assert {a, b} <= alive
                heard = {pair for pair in heard if not {a, b} & set(pair)} | {(a, b), (b, a)}
                mixes = {n: {p for p in cells if not {a, b} & set(p)} for n, cells in mixes.items()}
            case link.Unbridge(leg=leg):
                assert leg in alive
                heard = {pair for pair in heard if leg not in pair}
            case link.Mix(conference=name, hears=cells):
                legs = {cell.listener for cell in cells} | {cell.speaker for cell in cells}
                assert legs <= alive
                heard = {pair for pair in heard if not legs & set(pair)}
                mixes = {n: {p for p in c if not legs & set(p)} for n, c in mixes.items() if n != name}
                mixes[name] = {(cell.listener, cell.speaker) for cell in cells}
    wanted = {pair for a, b in map(sorted, after.pairs) for pair in ((a, b), (b, a))}
    wanted |= {(c.listener, c.speaker) for cells in after.mixes.values() for c in cells}
    assert heard | {pair for cells in mixes.values() for pair in cells} == wanted
    assert list(change(after, after, alive)) == []
    assert list(change(SILENCE, SILENCE, alive)) == []


def supervise(story: Story, way: str, wait_ms: int = 4_000) -> None:
    story.act(Supervise(call=story.id, by="1009", way=way), wait_ms)  # type: ignore[arg-type]


def heard_by(story: Story, who: str) -> set[str]:
    """Who hears this party, by name."""
    legs = {"caller": story.caller} | {
        str(party.agent or party.number): party.leg for party in story.call.parties
    }
    return {name for name, leg in legs.items() if legs[who] in story.world.hears(leg)}


def test_a_leader_listens_whispers_barges_in_and_leaves() -> None:
    story = Story()
    supervise(story, "listen")
    assert heard_by(story, "1009") == set()
    assert heard_by(story, "caller") == {"1001", "1009"}
    supervise(story, "whisper", 50)
    assert heard_by(story, "1009") == {"1001"}
    supervise(story, "barge", 50)
    assert heard_by(story, "1009") == {"1001", "caller"}
    story.act(StopSupervising(call=story.id, by="1009"), 50)
    story.hears("1001")
    assert [fact.fields["mode"] for fact in story.facts("supervised")] == ["listen", "whisper", "barge"]
    assert story.facts("supervised")[0].fields == {
        "agent": "1009",
        "mode": "listen",
        "by": "1009",
        "of": "1001",
    }
    assert story.kinds().count("supervision_ended") == 1
    story.over()


def test_the_end_of_the_conversation_ends_the_supervision_too() -> None:
    story = Story()
    supervise(story, "listen")
    story.world.hang_up(story.leg("1001"))
    story.over()


def test_a_leader_who_barged_in_stays_with_the_caller_when_the_agent_leaves() -> None:
    story = Story()
    supervise(story, "barge")
    story.world.hang_up(story.leg("1001"))
    story.world.run_for(50)
    story.hears("1009")
    assert story.recorded() == story.leg("1009")
    story.over()


def test_a_leader_takes_over() -> None:
    story = Story()
    supervise(story, "take_over")
    story.hears("1009")
    assert story.facts("taken_over")[0].fields == {"agent": "1009", "by": "1009", "of": "1001"}
    assert story.floor.state("1001") == AgentState.WRAP_UP
    story.over()


@pytest.mark.parametrize(("code", "mode"), [("*21", "listen"), ("*22", "whisper"), ("*23", "barge")])
def test_a_leader_dials_to_supervise(code: str, mode: str) -> None:
    story = Story()
    story.world.call(Caller(number=f"{code}1001", endpoint="1009", caller="1009", talk_ms=0))
    story.world.run_for(50)
    assert story.facts("supervised")[0].fields["mode"] == mode
    assert heard_by(story, "1001") == {"caller", "1009"}
    story.over()


def test_an_agent_may_not_supervise_by_phone() -> None:
    story = Story()
    leg = story.world.call(Caller(number="*211001", endpoint="1002", caller="1002", talk_ms=0))
    story.world.run_for(100)
    said = [command for command in story.world.commands if isinstance(command, link.Play)][-1]
    assert said.leg == leg
    assert "not-allowed" in str(said.clips)
    story.hears("1001")
    story.over()


def test_supervision_goes_on_when_the_centre_returns() -> None:
    story = Story()
    supervise(story, "whisper")
    restart(story.floor)
    assert heard_by(story, "1009") == {"1001"}
    assert heard_by(story, "caller") == {"1001", "1009"}
    story.over()


# ── Parking ───────────────────────────────────────────────────────────────────────────────────────


def test_a_parked_caller_hears_music_and_is_taken_by_dialling_the_slot() -> None:
    story = Story()
    leg = story.leg("1001")
    story.world.refer(leg, "*70")
    assert [told.state for told in story.world.told[leg]] == ["trying"]
    assert "number.7.wav" in str(story.world.commands[-1])
    story.world.run_for(1_000)
    story.caller_hears_music()
    assert story.call.slot == "701"
    assert (story.floor.state("1001"), leg in story.world.legs) == (AgentState.TALKING, True)
    story.world.run_for(20_000)
    assert [told.state for told in story.world.told[leg]] == ["trying", "done"]
    assert leg not in story.world.legs
    assert story.floor.state("1001") == AgentState.WRAP_UP
    story.world.call(Caller(number="701", endpoint="1003", caller="1003", talk_ms=0))
    story.world.run_for(100)
    story.hears("1003")
    assert story.recorded() == story.leg("1003")
    assert story.facts("retrieved")[0].fields == {"agent": "1003", "slot": "701"}
    story.over()


@pytest.mark.parametrize("why", ["names a slot", "is on hold", "hangs up", "the caller hangs up"])
def test_a_phone_that_needs_not_hear_the_slot_is_free_at_once(why: str) -> None:
    story = Story()
    leg = story.leg("1001")
    if why == "is on hold":
        story.world.report(link.LegHeld(leg=leg))
    story.world.refer(leg, "701" if why == "names a slot" else "*70")
    if why == "the caller hangs up":
        story.world.hang_up(story.caller)
        story.world.run_for(20_000)
    elif why == "hangs up":
        story.world.hang_up(leg)
    else:
        assert [told.state for told in story.world.told[leg]] == ["done"]
    story.world.run_for(10)
    assert leg not in story.world.legs
    assert story.floor.state("1001") == AgentState.WRAP_UP
    if why != "the caller hangs up":
        assert story.call.slot == "701"
        story.over()


def test_slots_are_taken_one_after_the_other_and_one_slot_holds_one_call() -> None:
    story = Story()
    story.act(ParkCall(call=story.id, by="1001", slot="702"), 50)
    other = story.world.call(Caller(number="4001", talk_ms=0))
    story.world.run_for(4_000)
    second = story.world.engine.floor.callers[other]
    with pytest.raises(NotPossible, match="702 is taken"):
        story.act(ParkCall(call=second, by="1002", slot="702"))
    with pytest.raises(NoSuchPlace):
        story.act(ParkCall(call=second, by="1002", slot="999"))
    story.act(ParkCall(call=second, by="1002"), 50)
    assert story.world.engine.floor.calls[second].slot == "701"
    story.world.hang_up(other)
    story.over()


def test_a_parked_call_nobody_takes_rings_the_parker_then_goes_to_the_queue() -> None:
    story = Story(p1001=Phone(answers_after_ms=200))
    story.act(ParkCall(call=story.id, by="1001"), 119_000)
    story.caller_hears_music()
    story.world.phones[link.EndpointId("1001")] = Phone(answers_after_ms=None)
    story.world.run_for(5_000)
    assert story.facts("park_over")[0].fields == {"slot": "701"}
    assert story.facts("transfer_returned")[0].fields["agent"] == "1001"
    story.world.run_for(35_000)
    assert story.facts("transfer_returned")[1].fields["queue"] == "general"
    story.hears("1002")
    story.over()


def test_a_parked_caller_who_hangs_up_leaves_nothing_behind() -> None:
    story = Story()
    story.act(ParkCall(call=story.id, by="1001"), 1_000)
    story.over()
    assert not any(name.startswith("park:") for name in story.world.timers)


def test_a_parked_call_is_still_there_when_the_centre_returns_and_its_time_runs_on() -> None:
    story = Story()
    story.act(ParkCall(call=story.id, by="1001"), 60_000)
    restart(story.floor)
    story.caller_hears_music()
    story.world.run_for(59_000)
    assert story.kinds().count("park_over") == 0
    story.world.run_for(8_000)
    story.hears("1001")
    story.over()


def test_a_page_has_the_parked_call_ring_at_ones_own_phone() -> None:
    story = Story()
    story.act(ParkCall(call=story.id, by="1001"), 100)
    story.act(RetrieveCall(call=story.id, by="1002"), 3_000)
    story.hears("1002")
    with pytest.raises(NotPossible):
        story.act(RetrieveCall(call=story.id, by="1003"))
    story.over()


def test_an_empty_slot_says_so() -> None:
    story = Story()
    leg = story.world.call(Caller(number="705", endpoint="1002", caller="1002", talk_ms=0))
    story.world.run_for(20)
    said = [command for command in story.world.commands if isinstance(command, link.Play)][-1]
    assert said.leg == leg
    story.over()


# ── Pick-up ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("code", ["*8", "*81001"])
def test_a_call_that_rings_elsewhere_is_picked_up_by_phone(code: str) -> None:
    floor = offices()
    floor.ready("1001", Phone(answers_after_ms=None))
    caller = floor.world.call(Caller(number="4001", talk_ms=0))
    floor.world.run_for(3_000)
    floor.ready("1002")
    floor.world.run_for(5_000)
    leg = floor.world.call(Caller(number=code, endpoint="1002", caller="1002", talk_ms=0))
    floor.world.run_for(100)
    assert floor.world.hears(caller) == {leg}
    assert (floor.state("1001"), floor.state("1002")) == (AgentState.READY, AgentState.TALKING)
    call = next(iter(floor.world.engine.floor.calls))
    picked = next(fact for fact in floor.facts(call) if fact.kind == "picked_up")
    assert picked.fields == {"agent": "1002", "of": "1001"}
    queue = floor.world.engine.acd.queue_view(floor.centre.queues[0].queue)
    assert (queue.answered, queue.abandoned, queue.waiting) == (1, 0, 0)
    floor.world.hang_up(caller)
    floor.world.run_for(100)
    assert floor.state("1002") == AgentState.WRAP_UP


def test_a_page_picks_up_and_who_serves_no_such_queue_may_not_take_any_call() -> None:
    floor = offices()
    floor.ready("1001", Phone(answers_after_ms=None))
    caller = floor.world.call(Caller(number="4001", talk_ms=0))
    floor.world.run_for(3_000)
    floor.ready("1003")
    floor.world.run_for(5_000)
    floor.world.call(Caller(number="*8", endpoint="1003", caller="1003", talk_ms=0))
    floor.world.run_for(4_000)
    assert floor.world.hears(caller) == set()
    call = next(iter(floor.world.engine.floor.calls))
    floor.world.carry_out(floor.world.engine.act(PickUpCall(call=call, by="1003"), floor.world.now_ms))
    floor.world.run_for(4_000)
    assert floor.state("1003") == AgentState.TALKING
    floor.world.hang_up(caller)
    floor.world.run_for(60_000)
    assert not floor.world.engine.floor.calls
