"""Pausing a recording, ending a call by page, saying that it is urgent, in virtual time."""

from __future__ import annotations

import pytest

from huawu.acd.events import AgentId
from huawu.calls.acting import (
    AskForHelp,
    EndCall,
    HoldRecording,
    Mute,
    SayUrgent,
    StopSupervising,
    Supervise,
    Target,
    TransferCall,
)
from huawu.calls.effects import Effects, Heard
from huawu.calls.errors import NoSuchCall, NotYours
from huawu.calls.retelling import conversation_from
from huawu.link.messages import PauseRecording, ResumeRecording
from huawu.sim.virtual import Caller
from tests.calls.desks import Story


def holds(story: Story, by: str, *, paused: bool) -> None:
    story.act(HoldRecording(call=story.id, by=by, own=True, paused=paused), 100)


def test_a_pause_is_commanded_and_on_the_timeline_once() -> None:
    story = Story()
    holds(story, "1001", paused=True)
    holds(story, "1001", paused=True)
    assert story.call.recording_paused
    holds(story, "1001", paused=False)
    kinds = [fact.kind for fact in story.facts("recording_paused", "recording_resumed")]
    assert kinds == ["recording_paused", "recording_resumed"]
    told = [c for c in story.world.commands if isinstance(c, PauseRecording | ResumeRecording)]
    assert [type(command) for command in told] == [PauseRecording, ResumeRecording]
    story.over()


def test_a_colleague_who_takes_over_is_recorded_again() -> None:
    story = Story()
    holds(story, "1001", paused=True)
    story.act(TransferCall(call=story.id, by="1001", to=Target(agent="1003")), 5_000)
    assert not story.call.recording_paused
    assert story.facts("recording_resumed")[0].fields["by"] == "centre"
    story.over()


def test_nobody_pauses_a_strangers_recording_or_one_that_does_not_run() -> None:
    story = Story()
    with pytest.raises(NotYours):
        holds(story, "1002", paused=True)
    call, caller = story.id, story.caller
    story.world.hang_up(caller)
    story.world.run_for(100)
    with pytest.raises(NoSuchCall):
        story.act(HoldRecording(call=call, by="1001", own=True, paused=True))


def test_leaving_by_page_is_as_hanging_up() -> None:
    story = Story()
    story.act(EndCall(call=story.id, by="1001", own=True), 1_000)
    ended = story.facts("ended")[0]
    assert ended.fields["by"] == "agent", "the service book asks who hung up first (ban.hangup)"
    assert story.facts("wrap_up_began")
    story.over()


def test_a_leader_ends_the_whole_call() -> None:
    story = Story()
    story.act(EndCall(call=story.id, by="1009", whole=True), 1_000)
    assert story.facts("ended")[0].fields["by"] == "centre"
    story.over()


def test_an_agent_ends_a_call_that_the_own_phone_dialled() -> None:
    story = Story()
    story.over()
    floor = story.floor
    floor.ready("1002")
    leg = floor.world.call(Caller(number="013900001111", endpoint="1002", caller="1002", talk_ms=0))
    floor.world.run_for(5_000)
    call = next(call for call in floor.world.engine.floor.calls.values() if call.leg == leg)
    story.act(EndCall(call=call.call, by="1002", own=True), 1_000)
    assert leg not in floor.world.legs
    ended = next(fact for fact in floor.facts(call.call) if fact.kind == "ended")
    assert ended.fields["by"] == "agent"


def test_muting_is_on_the_timeline_once_and_ends_with_the_agents_own_word() -> None:
    story = Story()
    for on in (True, True, False, False):
        story.act(Mute(call=story.id, by="1001", own=True, on=on), 1_000)
    (muted,), (unmuted,) = story.facts("muted"), story.facts("unmuted")
    assert (muted.party, muted.fields["agent"]) == ("agent", "1001")
    assert unmuted.at_ms - muted.at_ms == 2_000
    story.over()


def test_nobody_says_of_somebody_else_that_they_are_muted() -> None:
    story = Story()
    for by, own in (("1009", False), ("1002", True)):
        with pytest.raises(NotYours):
            story.act(Mute(call=story.id, by=by, own=own, on=True))
    assert not story.facts("muted")
    story.over()


def test_who_is_muted_is_known_after_the_centre_came_back() -> None:
    story = Story()
    story.act(Mute(call=story.id, by="1001", own=True, on=True), 1_000)
    again = conversation_from(story.floor.facts(story.id))
    party = again.party_of(AgentId("1001"))
    assert party is not None
    assert party.muted
    story.over()


def test_what_is_urgent_and_who_was_called_are_on_the_timeline() -> None:
    story = Story()
    story.act(SayUrgent(call=story.id, by="1001", own=True, urgency="fire", text="车厢起火"))
    story.act(AskForHelp(call=story.id, by="1001", own=True, request="r1"))
    fact = story.facts("urgent")[0]
    assert (fact.fields["urgency"], fact.fields["agent"], fact.fields["text"]) == ("fire", "1001", "车厢起火")
    assert story.facts("help_asked")[0].fields["help"] == "r1"
    assert story.call.urgent == "fire"
    story.over()


def test_whoever_listens_by_page_or_phone_is_told_to_the_audit() -> None:
    story = Story()
    heard: list[Heard] = []
    carry_out = story.world.carry_out

    def watched(effects: Effects) -> None:
        heard.extend(effects.heard)
        carry_out(effects)

    story.world.carry_out = watched  # type: ignore[method-assign]
    story.act(Supervise(call=story.id, by="1009", way="whisper"), 5_000)
    story.act(Supervise(call=story.id, by="1009", way="listen"), 100)
    story.act(StopSupervising(call=story.id, by="1009"), 1_000)
    story.world.call(Caller(number="*211001", endpoint="1009", caller="1009"))
    story.world.run_for(5_000)
    assert [(one.by, one.mode, one.of) for one in heard] == [
        ("1009", "whisper", "1001"),
        ("1009", "listen", "1001"),
        ("1009", "listen", "1001"),
    ]
