"""How loud a party speaks, second by second, while it speaks and once more when it has spoken."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.link.messages import LegId, TalkLevel, TalkStarted, TalkStopped
from huawu.switch.media.g711 import encode_ulaw
from huawu.switch.media.talk import MOST_SECONDS, TalkEar
from huawu.switch.media.talk_facts import Began, Ended, Second
from huawu.switch.media.tones import tone
from tests.switch.media.fakes import LOUD, QUIET, Stage
from tests.switch.media.test_talk import run, speech

LOUDER = tone((440.0,), 20, -4.0)


def test_each_full_second_of_a_talk_has_its_level() -> None:
    stage = Stage()
    stage.peer("a")
    wave = np.concatenate([speech(2_000, -26.0), speech(1_500, -16.0), np.zeros(500 * 8)])
    run(stage, "a", wave)
    (stopped,) = stage.told(TalkStopped)
    first, second, third = stopped.levels_db
    assert abs(first - second) < 2, "as loud as before"
    assert 7 < third - second < 13, "ten decibels louder"


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
def test_levels_are_told_as_they_come_to_who_asked(codec: str) -> None:
    stage = Stage()
    asked, other = stage.peer("a", codec), stage.peer("b", codec)  # type: ignore[arg-type]
    stage.engine.tell_levels(asked.leg)
    wave = speech(3_300, -20.0)
    run(stage, "a", wave, codec)
    (began,) = stage.told(TalkStarted)
    told = stage.told(TalkLevel)
    assert [level.from_ms - began.began_ms for level in told] == [0, 1_000, 2_000]
    asked.voice = None
    stage.run(500)
    (stopped,) = stage.told(TalkStopped)
    assert stopped.levels_db == tuple(level.level_db for level in told)
    run(stage, "b", wave, codec)
    other.voice = None
    stage.run(500)
    assert {level.leg for level in stage.told(TalkLevel)} == {asked.leg}, "nobody asked about the other"
    assert len(stage.told(TalkStopped)[-1].levels_db) == 3


def test_a_second_is_told_at_its_end_not_later() -> None:
    stage = Stage()
    peer = stage.peer("a")
    stage.engine.tell_levels(peer.leg)
    peer.voice = LOUD
    stage.run(1_040)
    (began,), (level,) = stage.told(TalkStarted), stage.told(TalkLevel)
    assert stage.now - (level.from_ms + 1_000) <= 60
    assert level.from_ms == began.began_ms


def test_a_short_word_has_no_level_of_a_second() -> None:
    stage = Stage()
    peer = stage.peer("a")
    stage.engine.tell_levels(peer.leg)
    run(stage, "a", np.concatenate([speech(700, -20.0), np.zeros(8_000)]))
    (stopped,) = stage.told(TalkStopped)
    assert stopped.levels_db == ()
    assert stage.told(TalkLevel) == []


def test_asking_about_a_leg_that_is_over_is_passed_over() -> None:
    Stage().engine.tell_levels(LegId("gone"))


@given(st.lists(st.sampled_from([LOUD, LOUDER, QUIET, QUIET[:80], LOUD[:80]]), max_size=400))
def test_what_was_told_live_is_what_the_end_says(packets: list[bytes]) -> None:
    """Whatever is said: no second is told twice, none is left out, none begins before the talk."""
    ear, at_ms = TalkEar(), 0
    told: list[float] = []
    for payload in packets:
        at_ms += len(payload) // 8
        match ear.hear(payload, False, at_ms - len(payload) // 8):
            case Began(at_ms=began_ms):
                told.clear()
                first_ms = began_ms
            case Second() as second:
                assert second.from_ms == first_ms + 1_000 * len(told)
                assert second.from_ms + 1_000 <= at_ms
                told.append(second.level_db)
            case Ended() as ended:
                full = (ended.at_ms - first_ms) // 1_000
                assert len(ended.levels_db) == full
                assert list(ended.levels_db[: len(told)]) == told
                exactly = ended.at_ms == first_ms + 1_000 * full
                assert len(told) == full - (exactly and full > 0), "the talk's last instant says nothing live"
            case None:
                pass


def test_a_tone_without_end_is_kept_in_bounds() -> None:
    ear = TalkEar()
    music = encode_ulaw(np.tile(np.array([12_000.0, -12_000.0]), 80))
    seconds = 0
    for step in range(50 * (MOST_SECONDS + 5)):
        seconds += isinstance(ear.hear(music, False, step * 20), Second)
    ended = ear.end()
    assert ended is not None
    assert len(ended.levels_db) == seconds == MOST_SECONDS
