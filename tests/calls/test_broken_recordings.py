"""Recordings that cannot be written for a while: the call goes on, and its recording is still its own."""

from __future__ import annotations

import pytest

from huawu.calls.acting import HoldRecording, Target, TransferCall
from huawu.calls.desk_calls import recording_of
from huawu.calls.retelling import conversation_from
from huawu.link import messages as link
from tests.calls.desks import Story

FULL = "No space left on device"


def breaks(story: Story, *, goes_on: bool = True) -> link.RecordingId:
    recording = story.call.recording
    assert recording is not None
    story.world.report(link.RecordingFailed(recording=recording, path="", detail=FULL, goes_on=goes_on))
    return recording


def told(story: Story, kind: type[link.Command]) -> int:
    return sum(isinstance(command, kind) for command in story.world.commands)


def test_the_desk_shows_it_and_the_timeline_says_from_when_to_when() -> None:
    story = Story()
    assert recording_of(story.call) == "running"
    recording = breaks(story)
    assert recording_of(story.call) == "broken"
    story.world.run_for(7_000)
    story.world.report(link.RecordingStarted(recording=recording, path=""))
    assert recording_of(story.call) == "running"
    broke, again = story.facts("recording_failed", "recording_recovered")
    assert broke.fields == {"recording": recording, "detail": FULL, "goes_on": True}
    assert again.fields == {"recording": recording}
    assert again.at_ms - broke.at_ms == 7_000
    assert len(story.facts("recording_started")) == 1
    story.over()


def test_it_is_paused_moved_and_ended_as_ever_and_no_second_one_begins() -> None:
    story = Story()
    recording = breaks(story)
    story.act(HoldRecording(call=story.id, by="1001", own=True, paused=True), 100)
    assert recording_of(story.call) == "paused"
    story.act(TransferCall(call=story.id, by="1001", to=Target(agent="1003")), 5_000)
    assert story.recorded() == story.leg("1003")
    assert (told(story, link.PauseRecording), told(story, link.ResumeRecording)) == (1, 1)
    assert told(story, link.StartRecording) == 1
    assert story.call.recording == recording
    story.over()


def test_one_that_is_given_up_is_followed_by_another() -> None:
    story = Story()
    recording = breaks(story, goes_on=False)
    story.world.recordings.clear()
    assert story.facts("recording_failed")[0].fields["length_ms"] == 0
    assert recording_of(story.call) == "none"
    story.act(TransferCall(call=story.id, by="1001", to=Target(agent="1003")), 5_000)
    assert told(story, link.StartRecording) == 2
    assert story.call.recording not in (None, recording)
    story.over()


@pytest.mark.parametrize("written_again", [False, True])
def test_a_centre_that_returns_knows_whether_it_is_written(written_again: bool) -> None:
    story = Story()
    recording = breaks(story)
    broke_ms = story.world.now_ms
    if written_again:
        story.world.run_for(7_000)
        story.world.report(link.RecordingStarted(recording=recording, path=""))
    call = conversation_from([fact for fact in story.world.facts if fact.call == story.id])
    assert call.recording == recording
    assert call.recording_broke_ms == (None if written_again else broke_ms)
    story.over()
