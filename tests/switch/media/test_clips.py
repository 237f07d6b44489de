from __future__ import annotations

import contextlib
import os
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.link.messages import Clip, File, LegId, Music, Play, PlayFinished, PlayId, Silence, Tone
from huawu.switch.media import wav
from huawu.switch.media.player import FRAME, Row, music_frame
from huawu.switch.media.prompts import NoPrompt, Prompts
from huawu.switch.media.tones import tone
from tests.switch.media.fakes import LOUD, QUIET, Stage, write_prompt

BEEP = Tone(hertz=(500.0,), length_ms=100)


def play(
    stage: Stage, leg: LegId, *clips: Clip, name: str = "p", repeat: int = 1, barge_in: bool = False
) -> None:
    stage.engine.play(Play(leg=leg, play=PlayId(name), clips=clips, repeat=repeat, barge_in=barge_in))


def finished(stage: Stage) -> list[tuple[str, str]]:
    return [(event.play, event.how) for event in stage.told(PlayFinished)]


def spoken(row: Row, most: int = 1_000) -> bytes:
    frames: list[bytes] = []
    while len(frames) < most and (frame := row.frame(0)) is not None:
        frames.append(frame)
    return b"".join(frames)


def test_clips_follow_without_a_gap_and_the_end_is_told_once(tmp_path: Path) -> None:
    stage = Stage()
    a = stage.peer("a")
    path = write_prompt(tmp_path / "p.wav", b"\x10" * 250)
    play(stage, a.leg, File(path=path), Silence(length_ms=10), File(path=path))
    stage.run(200)
    audio = b"".join(packet.payload for packet in a.new())
    assert audio.startswith(b"\x10" * 250 + b"\xff" * 80 + b"\x10" * 250 + b"\xff" * 60)
    assert finished(stage) == [("p", "completed")]


@given(st.lists(st.integers(0, 500), max_size=5), st.integers(1, 3))
def test_a_row_says_all_its_clips_as_often_as_told(lengths: list[int], repeat: int) -> None:
    clips = tuple(Silence(length_ms=length) for length in lengths)
    row = Row(clips, repeat, Prompts())
    rounds = repeat if sum(lengths) else 1
    total = 8 * sum(lengths) * rounds
    assert len(spoken(row)) == -(-total // FRAME) * FRAME


def test_a_missing_or_wrong_file_is_named_and_the_row_goes_on(tmp_path: Path) -> None:
    stage = Stage()
    a = stage.peer("a")
    bad = tmp_path / "bad.wav"
    bad.write_bytes(wav.header(2, 100) + bytes(100))
    play(stage, a.leg, File(path=str(tmp_path / "gone.wav")), File(path=str(bad)), BEEP)
    stage.run(200)
    assert [packet.payload for packet in a.new()][:5] == [
        tone((500.0,), 100)[at : at + 160] for at in range(0, 800, 160)
    ]
    (event,) = stage.told(PlayFinished)
    assert event.how == "failed"
    assert "gone.wav" in event.detail
    assert "there is no such file" in event.detail
    assert "2 channel(s)" in event.detail


@pytest.mark.parametrize(
    "clips", [(), (Silence(length_ms=0),), (File(path="/nowhere.wav"),), (Music(path="/no"),)]
)
def test_a_row_without_sound_ends_even_when_it_is_to_repeat_for_ever(clips: tuple[Clip, ...]) -> None:
    stage = Stage()
    a = stage.peer("a")
    play(stage, a.leg, *clips, repeat=0)
    stage.run(100)
    assert len(finished(stage)) == 1


def test_a_new_play_stops_the_one_before_and_stop_tells_once() -> None:
    stage = Stage()
    a = stage.peer("a")
    play(stage, a.leg, BEEP, repeat=0)
    stage.run(300)
    play(stage, a.leg, BEEP, name="q", repeat=0)
    stage.run(300)
    stage.engine.stop_play(a.leg)
    stage.engine.stop_play(a.leg)
    stage.run(300)
    assert finished(stage) == [("p", "stopped"), ("q", "stopped")]


def test_only_a_play_with_barge_in_ends_by_a_key() -> None:
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b")
    play(stage, a.leg, BEEP, repeat=0)
    play(stage, b.leg, BEEP, name="q", repeat=0, barge_in=True)
    a.press("1")
    b.press("1")
    assert finished(stage) == [("q", "barged")]


def test_on_a_bridged_leg_clips_stand_in_for_the_other_until_they_end() -> None:
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b")
    stage.engine.bridge(a.leg, b.leg)
    a.voice = b.voice = LOUD
    stage.run(100)
    a.new(), b.new()
    play(stage, a.leg, Silence(length_ms=100))
    stage.run(100)
    assert {packet.payload for packet in a.new()} == {QUIET}
    stage.run(100)
    assert {packet.payload for packet in a.new()} == {LOUD}
    assert {packet.payload for packet in b.new()} == {LOUD}


def test_music_is_at_the_same_place_for_all_and_goes_on_after_an_announcement(tmp_path: Path) -> None:
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b")
    audio = random.Random(1).randbytes(8_000 + 37)
    music = Music(path=write_prompt(tmp_path / "m.wav", audio))
    play(stage, a.leg, music)
    stage.run(1_000)
    play(stage, b.leg, music)
    play(stage, a.leg, BEEP, music, name="q")
    a.new(), b.new()
    stage.run(3_000)
    first, second = ([packet.payload for packet in peer.new()] for peer in (a, b))
    assert first[5:] == second[5:]
    assert first[:5] != second[:5]
    joined = b"".join(second)
    at = (audio * 2).index(joined[:160])
    looped = (audio * 5)[at : at + len(joined)]
    assert joined == looped
    assert finished(stage) == [("p", "stopped")]


@given(st.binary(min_size=1, max_size=700), st.integers(0, 10**13))
def test_music_loops_without_a_seam(audio: bytes, at_ms: int) -> None:
    at_ms -= at_ms % 20
    frames = [music_frame(audio, at_ms + 20 * index) for index in range(5)]
    looped = audio * (900 // len(audio) + 3)
    start = at_ms // 20 * 160 % len(audio)
    assert b"".join(frames) == looped[start : start + 800]


def test_a_changed_file_is_read_anew_and_the_least_used_forgotten(tmp_path: Path) -> None:
    prompts = Prompts(limit=3_000)
    path = write_prompt(tmp_path / "p.wav", b"\x01" * 1_000)
    first = prompts.load(path)
    assert prompts.load(path) is first
    write_prompt(tmp_path / "p.wav", b"\x02" * 1_000)
    os.utime(path, (1, 1))
    assert prompts.load(path) == b"\x02" * 1_000
    kept = prompts.load(path)
    for index in range(3):
        prompts.load(write_prompt(tmp_path / f"{index}.wav", b"\x03" * 1_000))
    assert prompts.load(path) is not kept
    with pytest.raises(NoPrompt, match="no such file"):
        prompts.load(str(tmp_path / "gone"))


@given(st.binary(max_size=200))
def test_a_file_of_garbage_is_no_prompt_and_no_traceback(data: bytes) -> None:
    for content in (data, wav.header(1, len(data))[: len(data)], wav.header(1, 0)[:20] + data):
        with contextlib.suppress(wav.BadWav):
            wav.parse(content)
