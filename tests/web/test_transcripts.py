"""Who may read what was said, and hear the private numbers in it."""

import io
import wave
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI

from huawu.calls.facts import Fact, Kind
from huawu.calls.recordings import header, recording_path
from huawu.calls.to_be_heard import BACK_MS
from huawu.platform.cause import Cause
from huawu.speech.backlog import Backlog, Wanted
from huawu.speech.hearing import Hearing, Turn
from huawu.speech.live import JustSaid, LiveBoard
from huawu.speech.recogniser import Word
from tests.web.conftest import SignInAs
from tests.web.fake_centre import FakeCentre
from tests.web.test_administration import entries

ZERO, FRAMES = 1_750_000_000_000, 8_000 * 3
TEXT = "电话13800138000。"
NUMBER = "13800138000"
HIDDEN = "电话＊＊＊＊＊＊＊＊＊＊＊。"


@pytest.fixture
def backlog(app: FastAPI) -> Backlog:
    backlog: Backlog = app.state.backlog
    return backlog


@pytest.fixture
async def recorded(centre: FakeCentre, tmp_path: Path, backlog: Backlog) -> str:
    """A recording of 3 s in which a number is told from 1.0 to 2.1 s; it is not heard yet."""
    path = recording_path("c1", ZERO)
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_bytes(header(FRAMES, "ulaw") + b"\xff" * (2 * FRAMES))
    centre.timelines["c1"] = [
        Fact(call="c1", seq=1, at_ms=ZERO, kind="bridged", fields={"agent": "wang"}),
        Fact(call="c1", seq=2, at_ms=ZERO, kind="recording_started", fields={"path": str(file)}),
    ]
    wanted = Wanted(call="c1", recording="c1", path=path, zero_ms=ZERO, audio_ms=3_000)
    await backlog.put([wanted], ZERO)
    return path


@pytest.fixture
async def heard(recorded: str, backlog: Backlog) -> str:
    words = tuple(
        Word(text=sign, from_ms=800 + nth * 100, to_ms=900 + nth * 100, confidence=0.9)
        for nth, sign in enumerate(TEXT)
    )
    turn = Turn(party="caller", from_ms=800, to_ms=2_200, text=TEXT, words=words, confidence=0.9)
    await backlog.claim("w", ZERO)
    told = Hearing(duration_ms=3_000, turns=(turn,), by="tone reader", language="zh", took_ms=600)
    await backlog.finish("w", "c1", told, ZERO)
    return recorded


async def test_a_transcript_has_turns_with_words_and_times(sign_in_as: SignInAs, heard: str) -> None:
    shown = (await (await sign_in_as("inspector")).get("/calls/c1/transcript")).json()
    assert (shown["state"], shown["by"], shown["progress"]) == ("done", "tone reader", 1.0)
    (turn,) = shown["turns"]
    assert (turn["party"], turn["from_ms"], turn["text"]) == ("caller", ZERO + 800, TEXT)
    assert turn["words"][0] == ["电", ZERO + 800, ZERO + 900, 0.9]
    assert not turn["masked"]


@pytest.mark.parametrize(
    ("user", "text"),
    [("inspector", TEXT), ("shift_leader", TEXT), ("manager", TEXT), ("wang", TEXT), ("trainer", HIDDEN)],
)
async def test_private_numbers_are_read_by_those_with_the_right_and_who_was_told(
    sign_in_as: SignInAs, heard: str, user: str, text: str
) -> None:
    answer = await (await sign_in_as(user)).get("/calls/c1/transcript")
    assert answer.json()["turns"][0]["text"] == text
    assert (NUMBER in answer.text) is (text == TEXT)


@pytest.mark.parametrize(
    ("user", "status"), [("agent", 404), ("support", 403), ("administrator", 403), ("trainer", 200)]
)
async def test_who_may_not_hear_a_call_may_not_read_it(
    sign_in_as: SignInAs, heard: str, user: str, status: int
) -> None:
    assert (await (await sign_in_as(user)).get("/calls/c1/transcript")).status_code == status


async def test_reading_a_transcript_again_and_again_is_one_line_in_the_audit(
    sign_in_as: SignInAs, app: FastAPI, heard: str
) -> None:
    client = await sign_in_as("inspector")
    for _ in range(3):
        await client.get("/calls/c1/transcript")
    assert await entries(app, "transcript_read") == [("transcript_read", "inspector", "c1", {})]


async def test_before_it_is_heard_the_state_says_so(
    sign_in_as: SignInAs, recorded: str, backlog: Backlog, centre: FakeCentre
) -> None:
    client = await sign_in_as("inspector")
    assert (await client.get("/calls/c1/transcript")).json()["state"] == "waiting"
    await backlog.claim("w", ZERO)
    await backlog.renew("w", "c1", 0.4, ZERO)
    shown = (await client.get("/calls/c1/transcript")).json()
    assert (shown["state"], shown["progress"], shown["turns"]) == ("waiting", 0.4, [])
    await backlog.fail("w", "c1", Cause(code="sound_no_wav", detail="it is no WAV file"), ZERO)
    shown = (await client.get("/calls/c1/transcript")).json()
    assert (shown["state"], shown["error"]) == ("failed", "it is no WAV file")
    assert shown["why"] == {"code": "sound_no_wav"}
    centre.timelines["c2"] = [Fact(call="c2", seq=1, at_ms=ZERO, kind="offered")]
    shown = (await client.get("/calls/c2/transcript")).json()
    assert (shown["state"], shown["why"]) == ("none", {"code": "under_way"})


STARTED = ("recording_started", {"path": "recordings/c4.wav", "recording": "c4"})
ENDED = ("ended", {"by": "caller", "reason": "normal"})
SOUND = ("recording_stopped", {"length_ms": 60_000})


@pytest.mark.parametrize(
    ("facts", "hears", "state", "code"),
    [
        ([ENDED], True, "none", "not_recorded"),
        ([STARTED, ENDED], True, "waiting", None),
        ([STARTED, ENDED, SOUND], True, "waiting", None),
        ([STARTED, ENDED, SOUND], False, "none", "no_recogniser"),
        ([STARTED, ENDED, ("recording_stopped", {"length_ms": 300})], True, "none", "recording_short"),
        ([STARTED, ENDED, ("recording_failed", {"detail": "disk"})], True, "none", "recording_failed"),
    ],
)
async def test_what_is_not_in_line_yet_is_told_apart_from_what_nobody_will_hear(
    sign_in_as: SignInAs,
    centre: FakeCentre,
    backlog: Backlog,
    facts: list[tuple[Kind, dict[str, Any]]],
    hears: bool,
    state: str,
    code: str | None,
) -> None:
    began_ms = centre.now_ms() - 90_000
    told = [("offered", {"caller": "138"}), *facts]
    centre.timelines["c4"] = [
        Fact(call="c4", seq=seq, at_ms=began_ms + seq, kind=kind, fields=fields)
        for seq, (kind, fields) in enumerate(told, 1)
    ]
    if hears:
        await backlog.seen("w", "tone reader", live=False, now_ms=centre.now_ms())
    shown = (await (await sign_in_as("inspector")).get("/calls/c4/transcript")).json()
    assert (shown["state"], shown["why"]) == (state, code and {"code": code})


async def test_a_recording_from_long_before_is_not_waited_for(
    sign_in_as: SignInAs, centre: FakeCentre, backlog: Backlog
) -> None:
    long_ago_ms = centre.now_ms() - BACK_MS - 1
    told = [("offered", {"caller": "138"}), STARTED, ENDED, SOUND]
    centre.timelines["c5"] = [
        Fact(call="c5", seq=seq, at_ms=long_ago_ms, kind=kind, fields=fields)  # type: ignore[arg-type]
        for seq, (kind, fields) in enumerate(told, 1)
    ]
    await backlog.seen("w", "tone reader", live=False, now_ms=centre.now_ms())
    shown = (await (await sign_in_as("inspector")).get("/calls/c5/transcript")).json()
    assert (shown["state"], shown["why"]) == ("none", {"code": "before_recogniser"})


async def test_what_waits_while_nobody_hears_says_so(
    sign_in_as: SignInAs, recorded: str, backlog: Backlog, centre: FakeCentre
) -> None:
    client = await sign_in_as("inspector")
    shown = (await client.get("/calls/c1/transcript")).json()
    assert (shown["state"], shown["why"]) == ("waiting", {"code": "no_recogniser"})
    await backlog.seen("w", "tone reader", live=False, now_ms=centre.now_ms())
    assert (await client.get("/calls/c1/transcript")).json()["why"] is None


async def test_of_a_call_that_goes_on_what_was_heard_so_far_is_shown(
    sign_in_as: SignInAs, app: FastAPI, centre: FakeCentre
) -> None:
    centre.timelines["c3"] = [Fact(call="c3", seq=1, at_ms=ZERO, kind="bridged", fields={"agent": "wang"})]
    board: LiveBoard = app.state.live_board
    said = JustSaid(
        id="s",
        call="c3",
        path="recordings/c3.wav",
        zero_ms=ZERO,
        party="agent",
        from_ms=ZERO + 800,
        to_ms=ZERO + 2_200,
        language="zh",
    )
    await board.put([said], ZERO)
    claimed = await board.claim("w", ZERO)
    assert claimed is not None
    words = tuple(Word(text=sign, from_ms=800, to_ms=2_200, confidence=0.9) for sign in TEXT)
    turn = Turn(party="agent", from_ms=800, to_ms=2_200, text=TEXT, words=words, confidence=0.9)
    await board.heard("w", claimed, turn, "tone reader")
    for user, text in (("inspector", TEXT), ("trainer", HIDDEN)):
        shown = (await (await sign_in_as(user)).get("/calls/c3/transcript")).json()
        assert (shown["state"], [each["text"] for each in shown["turns"]]) == ("partial", [text])


async def test_what_failed_is_tried_again_when_asked(
    sign_in_as: SignInAs, recorded: str, backlog: Backlog
) -> None:
    client = await sign_in_as("inspector")
    assert (await client.post("/calls/c1/transcript")).status_code == 409
    await backlog.claim("w", ZERO)
    await backlog.fail("w", "c1", Cause(detail="no"), ZERO)
    assert (await client.post("/calls/c1/transcript")).status_code == 202
    assert (await backlog.of_call("c1")).state == "waiting"


async def test_only_who_hears_calls_lets_one_be_tried_again(sign_in_as: SignInAs, recorded: str) -> None:
    assert (await (await sign_in_as("support")).post("/calls/c1/transcript")).status_code == 403


def levels(answer: httpx.Response) -> np.ndarray:
    """The loudest of each tenth of a second, 0–1, of both channels."""
    with wave.open(io.BytesIO(answer.content)) as sound:
        samples = np.frombuffer(sound.readframes(FRAMES), dtype="<i2").reshape(-1, 2)
    return np.asarray(np.abs(samples.astype(float) / 32_768).reshape(-1, 800, 2).max(axis=1))


async def test_a_masked_recording_beeps_over_the_number_in_both_channels(
    sign_in_as: SignInAs, heard: str
) -> None:
    client = await sign_in_as("inspector")
    assert levels(await client.get("/calls/c1/recording")).max() == 0
    covered = levels(await client.get("/calls/c1/recording?masked=1"))
    assert covered[10:21].min() > 0.1  # the eleven digits, 1.0–2.1 s
    assert covered[:9].max() == covered[22:].max() == 0


async def test_without_the_right_it_is_always_masked_in_every_part(sign_in_as: SignInAs, heard: str) -> None:
    client = await sign_in_as("trainer")
    whole = await client.get("/calls/c1/recording?masked=0")
    assert levels(whole)[10:21].min() > 0.1
    part = await client.get("/calls/c1/recording", headers={"Range": "bytes=33001-40002"})
    assert part.content == whole.content[33_001:40_003]
    plain = await client.get("/calls/c1/recording?format=ulaw")
    assert len(set(plain.content[-2 * FRAMES :][2 * 8_000 : 2 * 16_000])) > 4


async def test_what_is_not_heard_cannot_be_masked_and_is_kept_back(
    sign_in_as: SignInAs, recorded: str
) -> None:
    client = await sign_in_as("trainer")
    answer = await client.get("/calls/c1/recording")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_heard")


async def test_the_agent_hears_the_own_call_as_it_was(sign_in_as: SignInAs, recorded: str) -> None:
    assert (await (await sign_in_as("wang")).get("/calls/c1/recording")).status_code == 200


@pytest.mark.parametrize(("user", "status"), [("support", 200), ("inspector", 200), ("agent", 403)])
async def test_the_backlog_is_shown_to_those_who_see_calls(
    sign_in_as: SignInAs, recorded: str, user: str, status: int
) -> None:
    answer = await (await sign_in_as(user)).get("/hearings/summary")
    assert answer.status_code == status
    if status == 200:
        shown = answer.json()
        assert (shown["waiting"], shown["waiting_ms"], shown["factor"], shown["live"]) == (
            1,
            3_000,
            None,
            False,
        )
