"""Holes in a recording: nobody is blamed for words that may have been said there."""

from __future__ import annotations

from typing import Any

import pytest

from huawu.standard import Happened
from huawu.standard.unrecorded import Unrecorded
from tests.standard.book_call import FAREWELL, HELLO, HOW_MUCH, MORE, NO_MORE, Line, agent, caller, judged
from tests.standard.script import fact

STARTED = fact(4, "recording_started", recording="r", path="")


def paused(begins: float, ends: float | None = None) -> list[Happened]:
    """The agent pauses the recording, and goes on (None: never)."""
    over = [] if ends is None else [fact(ends, "recording_resumed", "agent", recording="r", by="1001")]
    return [STARTED, fact(begins, "recording_paused", "agent", recording="r", by="1001"), *over]


def broken(begins: float, ends: float) -> list[Happened]:
    """The disk is full for a while; a second of what was said before may be lost, too."""
    return [
        STARTED,
        fact(begins + 1, "recording_failed", recording="r", detail="", goes_on=True),
        fact(ends, "recording_recovered", recording="r"),
    ]


@pytest.mark.parametrize("hole", [paused, broken])
def test_what_must_be_said_may_have_been_said_in_the_hole(hole: Any) -> None:
    number = caller(12, 16, "我的电话是13800138000。")
    assert judged("verify.readback", HELLO, HOW_MUCH, number)["number"] == "breach"
    assert judged("verify.readback", HELLO, HOW_MUCH, number, *hole(18, 30))["number"] == "unsure"
    assert judged("verify.readback", HELLO, HOW_MUCH, number, *hole(38, 50))["number"] == "breach", (
        "it was due before"
    )


def test_what_is_said_beside_the_hole_counts() -> None:
    lines = (HELLO, HOW_MUCH, MORE, NO_MORE, FAREWELL)
    assert judged("close.more", *lines, *paused(20, 30))["before-farewell"] == "pass"
    rude = agent(35, 37, "这不是我的错。")
    assert judged("ban.blame", *lines, rude, *paused(20, 30))["words"] == "breach"


def test_a_silence_may_have_been_announced_in_the_hole() -> None:
    lines = (HELLO, HOW_MUCH, agent(25, 27, "查到了，要五十元。"))
    assert judged("wait.announce", *lines)["unanswered"] == "breach"
    assert judged("wait.announce", *lines, *paused(10, 20))["unanswered"] == "unsure"


def test_the_first_words_may_have_been_said_in_the_hole() -> None:
    late = agent(14, 16, "好的，请稍等。")
    assert judged("open.greeting", HOW_MUCH, late)["words"] == "breach"
    assert judged("open.greeting", HOW_MUCH, late, *paused(4.1, 12))["words"] == "unsure"


def test_a_procedure_may_have_been_followed_in_the_hole() -> None:
    harassed = caller(12, 14, "你声音真好听，做我女朋友吧。")
    lines = (HELLO, harassed)
    assert judged("nuisance", *lines)["steps"] == "breach"
    assert judged("nuisance", *lines, *paused(15, 25))["steps"] == "unsure"


def test_a_recording_that_never_goes_on_excuses_to_the_end() -> None:
    lines = (HELLO, HOW_MUCH, agent(50, 52, "好，再见。"))
    assert judged("close.more", *lines)["before-farewell"] == "breach"
    assert judged("close.more", *lines, *paused(20))["before-farewell"] == "unsure"


def test_a_message_in_the_same_call_leaves_no_hole() -> None:
    message = [STARTED, fact(20, "recording_failed", recording="r.v1", detail="", goes_on=True)]
    lines: tuple[Line, ...] = (HELLO, HOW_MUCH, agent(50, 52, "好，再见。"))
    assert judged("close.more", *lines, *message)["before-farewell"] == "breach"


def test_of_several_recordings_one_was_heard() -> None:
    holes = Unrecorded()
    holes.note("recording_started", {"recording": "a"}, 1_000)
    holes.heard(9_000, 20_000)
    assert not holes.holes, "of one recording all is heard"
    holes.note("recording_started", {"recording": "b"}, 9_000)
    assert holes.between(3_000, 4_000)
    assert not holes.between(9_500, 19_000)
    holes.note("recording_started", {"recording": "c"}, 21_000)
    assert holes.between(22_000, 23_000)
