"""A caller is sent on: to an agent, a queue, a flow, outside; by page and by phone; and may come back."""

from __future__ import annotations

import pytest

from huawu.acd.events import AgentState
from huawu.calls.acting import Target, TransferCall
from huawu.calls.errors import NoSuchCall, NoSuchPlace, NotPossible
from huawu.link import messages as link
from huawu.sim.virtual import Caller, Phone
from tests.calls.desks import Story


def transfer(story: Story, **to: str) -> TransferCall:
    return TransferCall(call=story.id, by="1001", to=Target(**to))


def states(story: Story, leg: link.LegId) -> list[str]:
    """What a phone was told of the transfer it asked for."""
    return [told.state for told in story.world.told[leg]]


def test_a_caller_sent_to_a_colleague_hears_music_and_then_the_colleague() -> None:
    story = Story()
    story.act(transfer(story, agent="1002"), 1_000)
    story.caller_hears_music()
    assert story.floor.state("1001") == AgentState.WRAP_UP
    story.world.run_for(3_000)
    story.hears("1002")
    assert story.recorded() == story.leg("1002")
    told = story.facts("transfer")[0]
    assert told.fields == {"agent": "1002", "by": "1001", "of": "1001", "how": "blind"}
    assert [fact.fields["agent"] for fact in story.facts("bridged")] == ["1001", "1002"]
    assert story.kinds().count("recording_started") == 1
    story.over()


def test_a_phone_that_asks_for_a_transfer_is_told_how_it_goes_and_let_go() -> None:
    story = Story()
    leg = story.leg("1001")
    story.world.refer(leg, "1002")
    assert states(story, leg) == ["trying"]
    story.world.run_for(1_000)
    assert leg in story.world.legs, "it waits for the outcome"
    story.world.run_for(3_000)
    assert states(story, leg) == ["trying", "done"]
    assert leg not in story.world.legs
    story.hears("1002")
    story.over()


def test_a_phone_may_hang_up_without_waiting_for_the_outcome() -> None:
    story = Story()
    leg = story.leg("1001")
    story.world.refer(leg, "1002")
    story.world.hang_up(leg)
    story.world.run_for(3_000)
    story.hears("1002")
    story.over()


def test_a_colleague_who_does_not_answer_brings_the_caller_back_to_the_phone_that_waits() -> None:
    story = Story(p1002=Phone(answers_after_ms=None))
    leg = story.leg("1001")
    story.world.refer(leg, "1002")
    story.world.run_for(31_000)
    assert states(story, leg) == ["trying", "failed"]
    assert story.world.told[leg][-1].reason == "no_answer"
    returned = story.facts("transfer_returned")[0]
    assert returned.fields == {"agent": "1001", "reason": "no_answer", "there": True}
    said = [command for command in story.world.commands if isinstance(command, link.Play)][-1]
    assert said.leg == leg
    assert "transfer-failed" in str(said.clips)
    story.world.run_for(5_000)
    story.hears("1001")
    story.over()


def test_an_agent_who_left_is_rung_again_when_the_transfer_fails_and_told_why() -> None:
    story = Story(p1002=Phone(answers_after_ms=None))
    story.act(transfer(story, agent="1002"), 25_000)  # 1001's wrap-up is over and 1001 ready again
    story.caller_hears_music()
    story.world.run_for(8_000)
    story.world.run_for(4_000)
    story.hears("1001")
    assert story.facts("transfer_returned")[0].fields == {"agent": "1001", "reason": "no_answer"}
    assert [fact.fields["agent"] for fact in story.facts("bridged")] == ["1001", "1001"]
    story.over()


def test_a_caller_nobody_takes_goes_to_the_front_of_the_queue_it_came_from() -> None:
    phone = Phone(answers_after_ms=200)
    story = Story(p1001=phone, p1002=Phone(answers_after_ms=None))
    story.act(transfer(story, agent="1002"))
    story.floor.world.call(Caller(number="*12", endpoint="1001", caller="1001"))
    story.world.run_for(100)
    other = story.world.call(Caller(number="4001", talk_ms=0))
    story.world.run_for(35_000)
    queued = story.facts("queued")[-1]
    assert queued.fields["priority"] == 100
    assert story.facts("transfer_returned")[0].fields == {"queue": "general", "reason": "no_answer"}
    story.floor.world.call(Caller(number="*11", endpoint="1001", caller="1001"))
    story.world.run_for(1_000)
    story.hears("1001")
    story.world.hang_up(other)
    story.over()


def test_a_transfer_to_a_busy_colleague_is_refused_and_changes_nothing() -> None:
    story = Story()
    story.floor.world.call(Caller(number="*12", endpoint="1002", caller="1002"))
    story.world.run_for(5_000)
    with pytest.raises(NotPossible, match="cannot take the call now"):
        story.act(transfer(story, agent="1002"))
    leg = story.leg("1001")
    story.world.refer(leg, "1002")
    assert states(story, leg) == ["failed"]
    assert story.world.told[leg][0].reason == "busy"
    story.hears("1001")
    story.over()


def test_a_queue_takes_the_caller_who_is_sent_to_it() -> None:
    story = Story()
    leg = story.leg("1001")
    story.world.refer(leg, "4002")
    assert states(story, leg) == ["trying", "done"]
    story.world.run_for(3_000)
    story.hears("1003")
    assert story.facts("bridged")[-1].fields["agent"] == "1003"
    story.over()


def test_a_queue_that_cannot_keep_the_caller_gives_it_back() -> None:
    story = Story()
    story.act(transfer(story, queue="night"), 29_000)
    story.caller_hears_music()
    story.world.run_for(8_000)
    assert story.facts("transfer_returned")[0].fields["agent"] == "1001"
    story.hears("1001")
    story.over()


def test_a_flow_takes_the_caller_and_the_agent_is_free() -> None:
    story = Story()
    story.act(transfer(story, number="4003"), 15_000)
    assert "step" in story.kinds()
    assert story.kinds().count("ended") == 1
    assert story.floor.state("1001") == AgentState.WRAP_UP
    story.over()


def test_a_number_outside_is_rung_through_its_trunk_and_talks_with_the_caller() -> None:
    story = Story()
    story.act(transfer(story, number="013911112222"), 4_000)
    dialled = [command for command in story.world.commands if isinstance(command, link.Originate)][-1]
    assert (dialled.trunk, dialled.number) == ("city", "13911112222")
    story.hears("013911112222")
    story.world.hang_up(story.leg("013911112222"))
    story.world.run_for(100)
    assert story.facts("ended")[0].fields["by"] == "agent"
    story.over()


def test_a_number_that_no_rule_lets_out_is_refused_and_the_conversation_goes_on() -> None:
    story = Story()
    call = TransferCall(call=story.id, by="1001", to=Target(number="913800138000"))
    with pytest.raises(NotPossible, match="No rule"):
        story.act(call)
    story.hears("1001")
    story.over()


def test_two_calls_of_one_phone_are_connected() -> None:
    """Consult as phones do it: hold, call the colleague, then REFER with Replaces."""
    story = Story()
    first = story.leg("1001")
    story.world.report(link.LegHeld(leg=first))
    second = story.world.call(Caller(number="1002", endpoint="1001", caller="1001", talk_ms=0))
    story.world.run_for(3_000)
    colleague = story.world.legs[second].peer
    assert colleague is not None
    story.world.refer(first, "1002", second)
    assert states(story, first) == ["done"]
    story.world.run_for(100)
    assert story.leg("1002") == colleague
    story.hears("1002")
    assert story.recorded() == colleague
    assert first not in story.world.legs
    assert second not in story.world.legs
    assert story.floor.state("1002") == AgentState.TALKING
    aside = story.world.facts[-1].call
    assert [fact.fields["into"] for fact in story.world.facts if fact.kind == "moved"] == [story.id]
    assert aside
    story.over()


def test_a_phone_may_ask_on_its_second_call_and_while_the_colleague_still_rings() -> None:
    story = Story(p1002=Phone(answers_after_ms=8_000))
    first = story.leg("1001")
    second = story.world.call(Caller(number="1002", endpoint="1001", caller="1001", talk_ms=0))
    story.world.run_for(2_000)
    story.world.refer(second, "", first)
    story.world.run_for(100)
    story.caller_hears_music()
    assert first not in story.world.legs
    story.world.run_for(10_000)
    story.hears("1002")
    story.over()


def test_nobody_but_an_agent_of_the_call_may_move_it() -> None:
    story = Story()
    story.world.refer(story.caller, "1002")
    assert [told.reason for told in story.world.told[story.caller]] == ["forbidden"]
    stranger = story.world.call(Caller(number="1003", endpoint="1002", caller="1002", talk_ms=0))
    story.world.run_for(3_000)
    story.world.refer(story.leg("1001"), "", stranger)
    assert story.world.told[story.leg("1001")][-1].reason == "forbidden"
    story.world.refer(story.leg("1001"), "777")
    assert story.world.told[story.leg("1001")][-1].reason == "not_found"
    with pytest.raises(NoSuchPlace):
        story.act(transfer(story, number="777"))
    with pytest.raises(NoSuchPlace):
        story.act(transfer(story, agent="4711"))
    with pytest.raises(NoSuchCall):
        story.act(TransferCall(call="nothing", by="1001", to=Target(agent="1002")))
    story.hears("1001")
    story.world.hang_up(stranger)
    story.over()


def test_an_agent_who_calls_a_colleague_gets_no_offers_meanwhile() -> None:
    story = Story()
    second = story.world.call(Caller(number="1003", endpoint="1002", caller="1002", talk_ms=0))
    story.world.run_for(3_000)
    assert story.floor.state("1002") == AgentState.TALKING
    assert story.world.hears(second) == {story.world.legs[second].peer}
    story.world.hang_up(second)
    story.world.run_for(100)
    assert story.floor.state("1002") == AgentState.READY
    story.over()


def test_a_new_line_of_the_same_agent_takes_the_place_of_the_old_one() -> None:
    story = Story()
    old = story.leg("1001")
    new = story.world.replace(old, "1001", "1001")
    story.world.run_for(100)
    assert story.leg("1001") == new
    story.hears("1001")
    assert story.recorded() == new
    assert old not in story.world.legs
    refused = story.world.replace(new, "1002", "1002")
    story.world.run_for(100)
    assert refused not in story.world.legs
    story.hears("1001")
    story.over()


def test_who_was_handed_the_caller_of_a_queue_wraps_the_call_up_too() -> None:
    story = Story()
    story.act(transfer(story, agent="1002"), 5_000)
    story.hears("1002")
    assert story.floor.state("1001") == AgentState.WRAP_UP
    story.world.hang_up(story.caller)
    story.world.run_for(500)
    assert story.floor.state("1002") == AgentState.WRAP_UP
    story.over()
    assert story.floor.state("1002") == AgentState.READY
