"""Commands that cannot be done are named with the reason, those for legs that are over are passed over."""

from __future__ import annotations

import pytest

from huawu.link.messages import (
    Answer,
    Bridge,
    Collect,
    CollectId,
    Command,
    CommandFailed,
    ConferenceId,
    Echo,
    EndpointId,
    HangUp,
    Hears,
    Hold,
    LegId,
    Mix,
    MoveRecording,
    Mute,
    Originate,
    PauseRecording,
    Play,
    PlayId,
    RecordingFailed,
    RecordingId,
    RecordingStopped,
    Reject,
    Resume,
    ResumeRecording,
    Ring,
    SendDigits,
    StartRecording,
    StopCollect,
    StopPlay,
    StopRecording,
    TellLevels,
    Unbridge,
    Unmute,
)
from huawu.switch.legs import TRANSITIONS, LegState, Recent, Step
from huawu.switch.sip.events import CallEnded
from tests.switch.playbook import TRUNK, A, B, C, Line, sdp

R = RecordingId("r")
FOR_MEDIA: list[Command] = [
    Play(leg=A, play=PlayId("p"), clips=()),
    StopPlay(leg=A),
    Collect(leg=A, collect=CollectId("c")),
    StopCollect(leg=A),
    SendDigits(leg=A, digits="1"),
    Bridge(a=A, b=B),
    Bridge(a=B, b=A),
    Unbridge(leg=A),
    Hold(leg=A),
    Resume(leg=A),
    Mute(leg=A),
    Unmute(leg=A),
    TellLevels(leg=A),
    Echo(leg=A),
    StartRecording(recording=R, path="/r.wav", left=A),
    StartRecording(recording=R, path="/r.wav", left=B, right=A),
]
FOR_CALLS: list[Command] = [Ring(leg=A), Answer(leg=A), Reject(leg=A, reason="busy"), HangUp(leg=A)]
FOR_RECORDINGS: list[Command] = [
    MoveRecording(recording=R, right=None),
    PauseRecording(recording=R),
    ResumeRecording(recording=R),
    StopRecording(recording=R),
]


def why(line: Line, command: Command) -> str:
    """The detail of the failure a command must lead to."""
    (failed,) = line.do(command)
    assert isinstance(failed, CommandFailed)
    assert failed.command == type(command).__name__
    return failed.detail


@pytest.mark.parametrize("command", FOR_MEDIA + FOR_CALLS)
def test_unknown_leg_is_named(command: Command) -> None:
    line = Line()
    line.called(B)
    assert why(line, command) == "there is no leg a"


@pytest.mark.parametrize("command", FOR_MEDIA)
def test_media_need_an_answered_leg(command: Command) -> None:
    line = Line()
    line.called(B)
    line.offered(A, sdp())
    assert why(line, command) == "cannot use the media of leg a: it is offered"


@pytest.mark.parametrize("command", FOR_MEDIA + FOR_CALLS)
def test_command_for_a_leg_that_is_over_is_passed_over(command: Command) -> None:
    line = Line()
    line.called(B)
    line.called(A)
    line.news(CallEnded(leg=A, by="peer", reason="normal"))
    assert [event for event in line.do(command) if not isinstance(event, RecordingFailed)] == []


@pytest.mark.parametrize("command", FOR_MEDIA)
def test_media_commands_reach_media_once_answered(command: Command) -> None:
    line = Line()
    line.called(A)
    line.called(B)
    before = len(line.media.did)
    assert line.do(command) == []
    if isinstance(command, Bridge):
        assert line.media.bridges == {A: B, B: A}
        assert {leg.leg: leg.bridged_with for leg in line.snapshot().legs} == {A: B, B: A}
    elif not isinstance(command, Unbridge):
        assert len(line.media.did) == before + 1


@pytest.mark.parametrize("command", FOR_CALLS[:3])
def test_answered_leg_is_not_answered_again(command: Command) -> None:
    line = Line()
    line.called(A)
    assert why(line, command).endswith("leg a: it is answered")


@pytest.mark.parametrize(
    ("command", "detail"),
    [
        (Bridge(a=A, b=A), "cannot be bridged with itself"),
        (SendDigits(leg=A, digits="1x"), "digits must be"),
        (SendDigits(leg=A, digits=""), "digits must be"),
        (Collect(leg=A, collect=CollectId("c"), max_digits=0), "at least 1"),
        (Originate(leg=A, trunk=TRUNK, number="1"), "was used before"),
        (Originate(leg=LegId(""), trunk=TRUNK), "is empty"),
        (Originate(leg=B), "exactly one"),
        (Originate(leg=B, trunk=TRUNK, endpoint=EndpointId("e")), "exactly one"),
    ],
)
def test_nonsense_is_refused_with_the_reason(command: Command, detail: str) -> None:
    line = Line()
    line.called(A)
    assert detail in why(line, command)


def test_fault_of_ours_is_told_and_logged_and_the_leg_lives(caplog: pytest.LogCaptureFixture) -> None:
    line = Line()
    line.called(A)
    line.media.broken = True
    assert why(line, Play(leg=A, play=PlayId("p"), clips=())) == "the switch failed; its log says how"
    assert "command broke" in caplog.text
    assert line.do(Echo(leg=A)) == []


@pytest.mark.parametrize("command", FOR_RECORDINGS)
def test_recording_is_commanded_while_it_runs(command: Command) -> None:
    line = Line()
    assert why(line, command) == "there is no recording r"
    line.called(A)
    line.do(StartRecording(recording=R, path="/r.wav", left=A))
    assert line.snapshot().legs[0].recording == R
    assert line.do(command) == []
    assert line.media.did[-1][1] == R
    line.core.media_event(RecordingStopped(recording=R, path="/r.wav", length_ms=9))
    assert len(line.told()) == 1
    assert line.snapshot().legs[0].recording is None
    assert line.do(command) == []  # it is over: nothing to do, nothing to tell


def test_one_recording_a_left_leg_and_no_name_twice() -> None:
    line = Line()
    line.called(A)
    line.called(B)
    line.do(StartRecording(recording=R, path="/r.wav", left=A))
    assert "runs already" in why(line, StartRecording(recording=R, path="/s.wav", left=B))
    second = StartRecording(recording=RecordingId("s"), path="/s.wav", left=A)
    assert "recording r already" in why(line, second)
    line.core.media_event(RecordingFailed(recording=R, path="/r.wav", detail="disk full"))
    line.told()
    assert line.do(second) == []
    assert why(line, MoveRecording(recording=RecordingId("s"), right=C)) == "there is no leg c"


def test_a_recording_that_cannot_be_written_for_now_is_paused_and_ended_as_ever() -> None:
    line = Line()
    line.called(A)
    line.do(StartRecording(recording=R, path="/r.wav", left=A))
    line.core.media_event(RecordingFailed(recording=R, path="/r.wav", detail="disk full", goes_on=True))
    line.told()
    assert line.snapshot().legs[0].recording == R
    assert line.do(PauseRecording(recording=R)) == []
    assert line.media.did[-1][1] == R
    line.core.media_event(RecordingFailed(recording=R, path="/r.wav", detail="disk full"))
    assert line.snapshot().legs[0].recording is None


def test_every_state_but_the_last_can_end_and_none_is_a_dead_end() -> None:
    for state in LegState:
        assert ((state, Step.ENDS) in TRANSITIONS) == (state is not LegState.ENDED)
    assert set(TRANSITIONS.values()) == set(LegState) - {LegState.ORIGINATING}


def test_recent_keeps_only_the_newest() -> None:
    recent: Recent[int] = Recent(keep=2)
    for number in (1, 2, 3):
        recent.add(number)
    assert [number in recent for number in (1, 2, 3)] == [False, True, True]


def mix(*cells: tuple[LegId, LegId], gain: float = 1.0, name: str = "room") -> Mix:
    hears = tuple(Hears(listener=listener, speaker=speaker, gain=gain) for listener, speaker in cells)
    return Mix(conference=ConferenceId(name), hears=hears)


def test_conference_is_made_of_answered_legs_and_shown() -> None:
    line = Line()
    for leg in (A, B, C):
        line.called(leg)
    line.do(Bridge(a=A, b=B))
    assert line.do(mix((A, B), (B, A), (C, A))) == []
    assert [(leg.conference, leg.bridged_with) for leg in line.snapshot().legs] == [("room", None)] * 3
    line.offered(LegId("d"), sdp())
    assert why(line, mix((LegId("d"), A))) == "cannot use the media of leg d: it is offered"
    assert why(line, mix((LegId("x"), A))) == "there is no leg x"


@pytest.mark.parametrize(
    ("command", "detail"),
    [
        (mix((A, A)), "leg a cannot hear itself in a conference"),
        (mix((A, B), gain=-1), "a gain must be 0 to 8, not -1"),
        (mix((A, B), gain=float("nan")), "a gain must be 0 to 8, not nan"),
        (mix((A, B), gain=float("inf")), "a gain must be 0 to 8, not inf"),
        (mix((A, B), name=""), "the conference has no name"),
        (mix(*((A, LegId(str(n))) for n in range(64))), "a conference has at most 64 legs, not 65"),
    ],
)
def test_matrix_that_cannot_be_is_refused(command: Mix, detail: str) -> None:
    line = Line()
    line.called(A)
    line.called(B)
    assert why(line, command) == detail
    assert not line.media.conferences


def test_matrix_with_a_leg_that_just_ended_is_taken_for_the_others() -> None:
    line = Line()
    for leg in (A, B, C):
        line.called(leg)
    line.news(CallEnded(leg=C, by="peer", reason="normal"))
    assert line.do(mix((A, B), (B, A), (C, A))) == []
    assert ("mix", "room") in line.media.did


def test_a_recording_that_never_begins_is_told_to_have_failed() -> None:
    line = Line()
    for leg in (A, B):
        line.called(leg)
    line.news(CallEnded(leg=A, by="peer", reason="normal"))
    late = StartRecording(recording=R, path="/r.wav", left=A, right=B)
    told = line.do(late)
    assert told == [RecordingFailed(recording=R, path="/r.wav", detail="the line was over before it began")]
    assert line.do(StartRecording(recording=R, path="/r.wav", left=B, right=A)) == []  # the other's may begin
