import io
import wave
from pathlib import Path

import httpx
import msgspec
import numpy as np
import pytest

from huawu.calls.facts import Fact
from huawu.calls.recordings import Sound, header, recording_path, repair_all, waveform
from huawu.config.schema import Recordings
from huawu.web.sound import byte_range
from tests.web.conftest import SignInAs
from tests.web.fake_centre import FakeCentre

LOUD, QUIET = 0x80, 0xFF  # μ-law for the largest sample and for silence
FRAMES = 8_000
SAMPLES = bytes([LOUD, QUIET]) * (FRAMES // 2) + bytes([QUIET, QUIET]) * (FRAMES // 2)


@pytest.fixture
def recorded(centre: FakeCentre, tmp_path: Path) -> Path:
    path = recording_path("c1", 1_750_000_000_000)
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_bytes(header(0, "ulaw") + SAMPLES)  # as a recorder leaves it while it runs
    centre.timelines["c1"] = [
        Fact(call="c1", seq=1, at_ms=1, kind="bridged", fields={"agent": "wang"}),
        Fact(call="c1", seq=2, at_ms=7, kind="recording_started", fields={"path": str(file)}),
    ]
    return file


@pytest.fixture
async def inspector(sign_in_as: SignInAs, recorded: Path) -> httpx.AsyncClient:
    return await sign_in_as("inspector")


async def test_a_recording_plays_as_linear_pcm(inspector: httpx.AsyncClient) -> None:
    answer = await inspector.get("/calls/c1/recording")
    assert answer.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(answer.content)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (2, 2, 8_000)
        samples = np.frombuffer(sound.readframes(FRAMES), dtype="<i2").reshape(-1, 2)
    assert samples.shape == (FRAMES, 2)
    assert samples[0].tolist() == [32_124, 0]
    assert samples[-1].tolist() == [0, 0]


async def test_a_recording_is_given_as_it_is(inspector: httpx.AsyncClient) -> None:
    answer = await inspector.get("/calls/c1/recording?format=ulaw")
    assert answer.content == header(FRAMES, "ulaw") + SAMPLES


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("0-9", 0, 9), ("40-47", 40, 47), ("1001-2002", 1001, 2002), ("-7", 32_037, 32_043)],
)
async def test_a_part_is_the_same_part_of_the_whole(
    inspector: httpx.AsyncClient, asked: str, first: int, last: int
) -> None:
    whole = (await inspector.get("/calls/c1/recording")).content
    part = await inspector.get("/calls/c1/recording", headers={"Range": f"bytes={asked}"})
    assert part.status_code == 206
    assert part.headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"
    assert part.content == whole[first : last + 1]


async def test_a_part_beyond_the_end_is_refused(inspector: httpx.AsyncClient) -> None:
    answer = await inspector.get("/calls/c1/recording", headers={"Range": "bytes=99999-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */32044")


@pytest.mark.parametrize("asked", ["", "bytes=-", "bytes=5-3", "lines=1-2", "bytes=0-1,5-6"])
def test_a_range_that_is_none_gives_the_whole(asked: str) -> None:
    assert byte_range(asked, 10) == (0, 10)


async def test_the_waveform_shows_who_was_loud(inspector: httpx.AsyncClient) -> None:
    shown = (await inspector.get("/calls/c1/waveform?points=4")).json()
    assert shown == {
        "length_ms": 1_000,
        "began_ms": 7,
        "left": [1.0, 1.0, 0.0, 0.0],
        "right": [0.0, 0.0, 0.0, 0.0],
    }


def test_an_empty_recording_has_an_empty_waveform(recorded: Path) -> None:
    assert waveform(Sound(path=recorded, offset=44, frames=0), 10).left == []


@pytest.mark.parametrize("path", ["recordings/absent.wav", "", "../huawu.db", "recordings/../huawu.db"])
async def test_a_missing_recording_is_told(
    inspector: httpx.AsyncClient, centre: FakeCentre, path: str
) -> None:
    centre.timelines["c1"][1].fields["path"] = path
    answer = await inspector.get("/calls/c1/recording")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_recording")


async def test_who_may_not_hear_hears_nothing(sign_in_as: SignInAs, recorded: Path) -> None:
    support = await sign_in_as("support")
    assert (await support.get("/calls/c1/recording")).status_code == 403
    assert (await (await sign_in_as("wang")).get("/calls/c1/recording")).status_code == 200


def test_an_unfinished_header_is_repaired_once(recorded: Path, tmp_path: Path) -> None:
    (recorded.parent / "other.wav").write_text("no sound")
    assert repair_all(tmp_path / "recordings") == 1
    assert recorded.read_bytes() == header(FRAMES, "ulaw") + SAMPLES
    assert repair_all(tmp_path / "recordings") == 0


async def test_a_call_says_that_its_recording_is_kept_no_longer(
    inspector: httpx.AsyncClient, centre: FakeCentre, recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(centre, "now_ms", lambda: 1_750_000_000_000)

    async def states() -> list[str]:
        [listed] = (await inspector.get("/calls")).json()["calls"]
        return [listed["recording"]["state"], (await inspector.get("/calls/c1")).json()["recording"]["state"]]

    before = await states()
    recordings = Recordings(keep_days=30)
    centre.configuration = msgspec.structs.replace(centre.configuration, recordings=recordings)
    assert await states() == before  # it is old, and not deleted yet
    recorded.unlink()
    assert await states() == ["deleted", "deleted"]
    assert (await inspector.get("/calls/c1/recording")).status_code == 404
