"""The engine in virtual time: a call's life, told as it happens."""

from __future__ import annotations

import pytest

from huawu.acd.events import AgentId, AgentState
from huawu.calls.phoning import PhoneNotReachable, StateNotSettable
from huawu.link import messages as link
from huawu.sim.virtual import Caller, Phone
from tests.calls.worlds import desk


def test_a_caller_presses_one_waits_talks_and_hangs_up() -> None:
    floor = desk()
    floor.ready("1001")
    floor.world.call(Caller(number="4000", keys=["1"], talk_ms=30_000))
    floor.world.run_for(45_000)
    assert floor.kinds() == [
        "offered",
        "answered",
        "step",
        "prompt",
        "keys",
        "step",
        "step",
        "queued",
        "offer_made",
        "agent_ringing",
        "agent_answered",
        "bridged",
        "recording_started",
        "quality",
        "ended",
        "recording_stopped",
        "quality",
        "parted",
        "wrap_up_began",
    ]
    ended = floor.fact("ended")
    assert ended.fields["by"] == "caller"
    assert floor.state("1001") == AgentState.WRAP_UP
    floor.world.run_for(20_000)
    assert floor.state("1001") == AgentState.READY
    assert floor.kinds()[-1] == "wrap_up_ended"
    assert [fact.seq for fact in floor.facts()] == list(range(1, len(floor.facts()) + 1))
    assert not floor.world.engine.floor.calls


def test_the_caller_hears_music_while_waiting_and_a_place_is_announced() -> None:
    floor = desk()
    floor.ready("1001", Phone(answers_after_ms=None))
    floor.world.call(Caller(number="4001", patience_ms=5_000))
    floor.world.run_for(1_000)
    plays = [command for command in floor.world.commands if isinstance(command, link.Play)]
    assert plays[-1].clips[-1] == link.Music(path="/music.wav")


def test_an_agent_who_does_not_answer_is_made_unavailable_and_the_caller_goes_to_the_next() -> None:
    floor = desk()
    floor.ready("1001", Phone(answers_after_ms=None))
    floor.ready("1002")
    floor.world.call(Caller(number="4001", talk_ms=10_000))
    floor.world.run_for(25_000)
    view = floor.world.engine.acd.agent_view(AgentId("1001"))
    assert (view.state, view.reason) == (AgentState.UNAVAILABLE, "no_answer")
    assert floor.state("1002") == AgentState.TALKING
    assert floor.fact("bridged").fields["agent"] == "1002"


def test_a_caller_who_gives_up_stops_the_agents_phone() -> None:
    floor = desk()
    floor.ready("1001", Phone(answers_after_ms=None))
    floor.world.call(Caller(number="4001", patience_ms=3_000))
    floor.world.run_for(4_000)
    assert floor.state("1001") == AgentState.READY
    assert floor.fact("ended").fields["by"] == "caller"
    assert not floor.world.legs
    assert not floor.world.engine.floor.calls


def test_an_agent_who_hangs_up_first_ends_the_call_on_record() -> None:
    floor = desk()
    floor.ready("1001", Phone(hangs_up_after_ms=5_000))
    floor.world.call(Caller(number="4001", talk_ms=0))
    floor.world.run_for(10_000)
    assert floor.fact("ended").fields["by"] == "agent"
    assert not floor.world.legs


def test_a_caller_who_presses_nothing_is_asked_again_and_led_to_a_person() -> None:
    floor = desk()
    floor.ready("1001")
    floor.world.call(Caller(number="4000", speaks=True))
    floor.world.run_for(40_000)
    assert floor.kinds().count("keys") == 2
    assert "bridged" in floor.kinds()


def test_a_flow_transfers_to_an_agent_and_goes_on_when_the_agent_is_busy() -> None:
    floor = desk()
    floor.ready("1001")
    floor.ready("1002")
    floor.world.call(Caller(number="4000", keys=["2"], talk_ms=60_000))
    floor.world.run_for(8_000)
    assert floor.fact("bridged").fields["agent"] == "1002"
    floor.world.call(Caller(number="4000", keys=["2"], talk_ms=60_000))
    floor.world.run_for(8_000)
    failed = floor.fact("transfer_failed")
    assert failed.fields == {"agent": "1002", "reason": "busy"}
    assert floor.state("1001") == AgentState.TALKING


def test_a_transfer_nobody_answers_frees_the_agent_and_the_flow_goes_on() -> None:
    floor = desk()
    floor.ready("1002", Phone(answers_after_ms=None))
    floor.world.call(Caller(number="4000", keys=["2"], patience_ms=60_000))
    floor.world.run_for(50_000)
    assert "transfer_failed" in floor.kinds()
    assert floor.state("1002") != AgentState.TALKING


def test_an_unknown_number_is_refused_and_still_on_record() -> None:
    floor = desk()
    floor.world.call(Caller(number="999", endpoint="1001"))
    floor.world.run_for(100)
    assert floor.kinds() == ["offered", "ended"]
    assert floor.fact("ended").fields["reason"] == "not_found"


def test_a_feature_code_from_a_stranger_is_forbidden() -> None:
    floor = desk()
    floor.world.call(Caller(number="*11"))
    floor.world.run_for(100)
    assert any(isinstance(command, link.Reject) for command in floor.world.commands)
    assert floor.state("1001") == AgentState.SIGNED_OUT


def test_feature_codes_set_the_agents_state_and_hang_up() -> None:
    floor = desk()
    floor.ready("1001")
    assert floor.state("1001") == AgentState.READY
    for code, state in (("*12", AgentState.BREAK), ("*13", AgentState.SIGNED_OUT), ("*12", AgentState.BREAK)):
        floor.world.call(Caller(number=code, endpoint="1001", caller="1001"))
        floor.world.run_for(10_000)
        assert floor.state("1001") == state
    assert not floor.world.legs


def test_ready_without_a_phone_says_what_to_do() -> None:
    floor = desk()
    engine = floor.world.engine
    with pytest.raises(PhoneNotReachable, match="not registered"):
        engine.set_agent_state(AgentId("1001"), AgentState.READY, "", floor.world.now_ms)
    with pytest.raises(StateNotSettable):
        engine.set_agent_state(AgentId("1001"), AgentState.TALKING, "", floor.world.now_ms)


def test_a_full_line_is_told_so_and_ends() -> None:
    floor = desk()
    floor.ready("1001", Phone(answers_after_ms=None))
    for _ in range(5):
        floor.world.call(Caller(number="4001", patience_ms=60_000))
    floor.world.run_for(10_000)
    overflowed = floor.fact("overflowed")
    assert overflowed.fields["why"] == "line_full"
    ended = [fact for fact in floor.world.facts if fact.kind == "ended"]
    assert [fact.fields["reason"] for fact in ended] == ["congestion"]


def test_a_phone_that_is_lost_and_returns_takes_calls_again() -> None:
    floor = desk()
    floor.ready("1001")
    floor.world.report(link.EndpointUnreachable(endpoint=link.EndpointId("1001")))
    assert floor.state("1001") == AgentState.UNAVAILABLE
    floor.world.plug_in("1001")
    assert floor.state("1001") == AgentState.READY


def test_a_hold_by_the_agents_phone_is_on_the_timeline() -> None:
    floor = desk()
    floor.ready("1001")
    floor.world.call(Caller(number="4001", talk_ms=60_000))
    floor.world.run_for(5_000)
    leg = link.LegId(floor.fact("bridged").fields["leg"])
    floor.world.report(link.LegHeld(leg=leg))
    floor.world.report(link.LegResumed(leg=leg))
    assert [(fact.kind, fact.party) for fact in floor.facts()[-2:]] == [
        ("held", "agent"),
        ("resumed", "agent"),
    ]


def test_talk_is_written_with_its_bounds_and_a_voice_cut_off_by_the_end_too() -> None:
    floor = desk()
    floor.ready("1001")
    leg = floor.world.call(Caller(number="4001", talk_ms=60_000))
    floor.world.run_for(5_000)
    began = floor.world.now_ms
    floor.world.report(link.TalkStarted(leg=leg, began_ms=began))
    floor.world.run_for(1_000)
    floor.world.report(link.TalkStopped(leg=leg, ended_ms=began + 900, level_db=-20.0, peak_db=-12.0))
    assert floor.fact("talk").fields["ended_ms"] == began + 900
    floor.world.report(link.TalkStarted(leg=leg, began_ms=floor.world.now_ms))
    floor.world.hang_up(leg)
    assert [fact.kind for fact in floor.world.facts].count("talk") == 2


def test_echo_is_reached_by_number_and_by_transfer() -> None:
    floor = desk()
    floor.world.call(Caller(number="4100", patience_ms=20_000))
    floor.world.call(Caller(number="4000", keys=["3"], patience_ms=20_000))
    floor.world.run_for(25_000)
    assert len([command for command in floor.world.commands if isinstance(command, link.Echo)]) == 2


def test_an_agent_answering_after_the_caller_left_is_let_go() -> None:
    floor = desk()
    floor.world.report(link.LegAnswered(leg=link.LegId("stray"), codec="PCMA"))
    assert floor.world.commands[-1] == link.HangUp(leg=link.LegId("stray"))


def test_what_a_caller_keys_in_private_is_not_on_the_timeline() -> None:
    floor = desk()
    floor.world.call(Caller(number="4000", keys=["4", "2468"], patience_ms=30_000))
    floor.world.run_for(20_000)
    keyed = [fact.fields["digits"] for fact in floor.world.facts if fact.kind == "keys"]
    assert keyed == ["4", "••••"]
