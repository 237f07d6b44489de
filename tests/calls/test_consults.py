"""An agent asks somebody while the caller hears music; three talk together; all of it survives the centre."""

from __future__ import annotations

import pytest

from huawu.acd.events import AgentState
from huawu.calls.acting import AddParty, ConsultFor, ConsultNext, RemoveParty, Target
from huawu.calls.errors import NotPossible
from huawu.link import messages as link
from huawu.sim.virtual import Caller, Phone
from tests.calls.desks import Story, lawful
from tests.calls.test_recovery import restart


def consult(story: Story, wait_ms: int = 4_000, **to: str) -> None:
    story.act(ConsultFor(call=story.id, by="1001", to=Target(**to)), wait_ms)


def step(story: Story, name: str) -> None:
    story.act(ConsultNext(call=story.id, by="1001", step=name), 50)  # type: ignore[arg-type]


def talk_aside(story: Story, a: str, b: str) -> None:
    assert story.world.hears(story.leg(a)) == {story.leg(b)}
    assert story.world.hears(story.leg(b)) == {story.leg(a)}
    story.caller_hears_music()


def test_the_caller_hears_music_and_the_agent_a_ringing_tone_until_the_colleague_answers() -> None:
    story = Story()
    consult(story, 500, agent="1002")
    story.caller_hears_music()
    tone = [command for command in story.world.commands if isinstance(command, link.Play)][-1]
    assert tone.leg == story.leg("1001")
    assert tone.clips[0] == link.Tone(hertz=(450.0,), length_ms=1_000)
    story.world.run_for(3_000)
    talk_aside(story, "1001", "1002")
    assert story.recorded() is None, "what agents say aside is not on the caller's record"
    story.over()


def test_swap_and_back() -> None:
    story = Story()
    consult(story, agent="1002")
    step(story, "swap")
    story_with_caller(story)
    assert story.world.legs[story.leg("1002")].music
    step(story, "swap")
    talk_aside(story, "1001", "1002")
    step(story, "back")
    story.hears("1001")
    assert story.floor.state("1002") == AgentState.READY
    assert [fact.fields["with"] for fact in story.facts("swapped")] == ["caller", "consulted"]
    assert [fact.kind for fact in story.facts("held", "resumed")] == ["held", "resumed"] * 2
    story.over()


def story_with_caller(story: Story) -> None:
    assert story.world.hears(story.caller) == {story.leg("1001")}
    assert story.recorded() == story.leg("1001")


def test_completing_leaves_caller_and_colleague_together() -> None:
    story = Story()
    consult(story, agent="1002")
    step(story, "complete")
    story.hears("1002")
    assert story.recorded() == story.leg("1002")
    assert story.floor.state("1001") == AgentState.WRAP_UP
    assert story.facts("transfer")[0].fields["how"] == "attended"
    story.over()


def test_hanging_up_in_the_private_talk_completes_the_transfer() -> None:
    story = Story()
    consult(story, agent="1002")
    story.world.hang_up(story.leg("1001"))
    story.world.run_for(50)
    story.hears("1002")
    story.over()


def test_hanging_up_while_the_colleague_rings_waits_for_the_colleague() -> None:
    story = Story(p1002=Phone(answers_after_ms=6_000))
    consult(story, 2_000, agent="1002")
    story.world.hang_up(story.leg("1001"))
    story.world.run_for(500)
    story.caller_hears_music()
    story.world.run_for(5_000)
    story.hears("1002")
    story.over()


@pytest.mark.parametrize("phone", [Phone(refuses="busy"), Phone(answers_after_ms=None)])
def test_a_colleague_who_does_not_come_brings_agent_and_caller_together_again(phone: Phone) -> None:
    story = Story(p1002=phone)
    consult(story, 31_000, agent="1002")
    story.hears("1001")
    assert story.facts("consult_ended")[0].fields["agent"] == "1002"
    story.over()


def test_a_queue_finds_a_colleague_to_consult() -> None:
    story = Story()
    consult(story, queue="billing")
    talk_aside(story, "1001", "1003")
    step(story, "complete")
    story.hears("1003")
    story.over()


def test_a_queue_without_anybody_lets_the_agent_go_back() -> None:
    story = Story()
    consult(story, 31_000, queue="night")
    story.hears("1001")
    story.over()


def test_a_conference_of_four_loses_one_after_the_other() -> None:
    story = Story()
    consult(story, agent="1002")
    step(story, "conference")
    story.hears("1001", "1002")
    mixed = [command for command in story.world.commands if isinstance(command, link.Mix)][-1]
    assert len(mixed.hears) == 6
    story.act(AddParty(call=story.id, by="1001", to=Target(number="013911112222")), 4_000)
    story.hears("1001", "1002", "013911112222")
    assert story.recorded() is not None
    story.act(RemoveParty(call=story.id, by="1001", party="013911112222"), 50)
    story.hears("1001", "1002")
    story.world.hang_up(story.leg("1001"))
    story.world.run_for(50)
    story.hears("1002")
    assert story.world.legs[story.caller].peer == story.leg("1002"), "two are bridged, not mixed"
    assert story.recorded() == story.leg("1002")
    assert [fact.fields["agent"] for fact in story.facts("bridged")] == ["1001", "1002"]
    with pytest.raises(NotPossible, match="Nobody else"):
        story.act(RemoveParty(call=story.id, by="1002", party="1002"))
    story.over()


def test_a_caller_who_leaves_ends_the_conference() -> None:
    story = Story()
    consult(story, agent="1002")
    step(story, "conference")
    story.over()
    assert story.floor.fact("ended").fields["by"] == "caller"


def test_one_of_a_conference_consults_while_the_others_talk_on() -> None:
    story = Story()
    consult(story, agent="1002")
    step(story, "conference")
    consult(story, agent="1003")
    assert story.world.hears(story.caller) == {story.leg("1002")}
    assert story.world.hears(story.leg("1003")) == {story.leg("1001")}
    step(story, "back")
    story.hears("1001", "1002")
    story.over()


def test_a_private_talk_goes_on_when_the_centre_returns() -> None:
    story = Story()
    consult(story, agent="1002")
    restart(story.floor)
    talk_aside(story, "1001", "1002")
    assert not any(isinstance(command, link.Bridge | link.HangUp) for command in story.world.commands)
    lawful(story.floor)
    step(story, "complete")
    story.hears("1002")
    story.over()


def test_a_consult_that_rang_is_given_up_when_the_centre_returns() -> None:
    story = Story(p1002=Phone(answers_after_ms=9_000))
    consult(story, 1_000, agent="1002")
    restart(story.floor)
    story.world.run_for(500)
    story.hears("1001")
    assert story.floor.state("1002") == AgentState.READY
    story.over()


def test_a_conference_goes_on_when_the_centre_returns() -> None:
    story = Story()
    consult(story, agent="1002")
    step(story, "conference")
    restart(story.floor)
    story.hears("1001", "1002")
    story.world.hang_up(story.leg("1001"))
    story.world.run_for(50)
    story.hears("1002")
    story.over()


def test_a_blind_transfer_under_way_comes_back_when_the_centre_returns() -> None:
    story = Story(p1002=Phone(answers_after_ms=9_000))
    leg = story.leg("1001")
    story.world.refer(leg, "1002")
    story.world.run_for(500)
    restart(story.floor)
    story.world.run_for(20_000)
    story.hears("1001")
    story.over()


def test_who_is_left_with_the_caller_wraps_the_call_up_and_who_was_only_asked_does_not() -> None:
    story = Story()
    consult(story, agent="1002")
    step(story, "complete")
    story.hears("1002")
    story.world.hang_up(story.caller)
    story.world.run_for(500)
    assert story.floor.state("1002") == AgentState.WRAP_UP
    story.over()


def test_a_colleague_on_break_can_be_asked_and_is_on_break_again_afterwards() -> None:
    story = Story()
    story.floor.world.call(Caller(number="*12", endpoint="1002", caller="1002"))
    story.world.run_for(1_000)
    consult(story, agent="1002")
    talk_aside(story, "1001", "1002")
    step(story, "back")
    story.world.run_for(500)
    assert story.floor.state("1002") == AgentState.BREAK
    story.over()


def test_a_third_party_who_holds_is_not_the_agent_who_holds() -> None:
    story = Story()
    story.act(AddParty(call=story.id, by="1001", to=Target(number="013911112222")), 4_000)
    outside, agent = story.leg("013911112222"), story.leg("1001")
    for event in (link.LegHeld(leg=outside), link.LegHeld(leg=agent), link.LegResumed(leg=outside)):
        story.world.report(event)
    told = [(fact.kind, fact.party, fact.fields) for fact in story.facts("held", "resumed")]
    assert told == [
        ("held", "outsider", {"number": "013911112222"}),
        ("held", "agent", {"agent": "1001"}),
        ("resumed", "outsider", {"number": "013911112222"}),
    ]
    assert {held.party for held in story.call.held_by.values()} == {"agent"}
    story.over()
