"""Prompts over HTTP: heard, recorded, rendered, brought back and taken away."""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from huawu.accounts.audit import Audit
from huawu.assets.catalogue import PromptCatalogue
from huawu.assets.shelf import Shelf
from huawu.assets.voices import Silent, VoiceView
from huawu.cli.demo import demo_text
from huawu.config.load import load
from huawu.config.prompt_desk import PromptDesk
from huawu.platform.clock import VirtualClock
from tests.assets.test_telephone_sound import coded, speech
from tests.web.conftest import SignInAs
from tests.web.fake_centre import FakeCentre

LOUD, QUIET = coded(speech(-10, rate=48_000), 1, 16, rate=48_000), coded(speech(-40), 1, 16)


class Spoken:
    """A voice that says everything alike."""

    def voices(self) -> Sequence[VoiceView]:
        return [VoiceView(id="xiao", language="zh", name="晓")]

    def why_none(self) -> str:
        return ""

    async def speak(self, text: str, language: str, voice: str) -> bytes:
        assert (text, language) == ("国庆放假", "zh")
        return coded(speech(-18, rate=24_000), 3, 32, rate=24_000)


@pytest.fixture
def desk(app: FastAPI, centre: FakeCentre, clock: VirtualClock, tmp_path: Path) -> PromptDesk:
    text = demo_text().replace("closed: {do: hang_up, say: closed}", "closed: {do: hang_up, say: summer}")
    centre.configuration = load(text)
    catalogue = PromptCatalogue.load(overlay=tmp_path / "prompts")
    desk = PromptDesk(catalogue, Shelf(tmp_path), Spoken(), clock, lambda: centre.configuration)
    app.state.prompts = desk
    return desk


@pytest.fixture
async def admin(desk: PromptDesk, sign_in_as: SignInAs) -> httpx.AsyncClient:
    return await sign_in_as("administrator")


async def prompt(admin: httpx.AsyncClient, name: str, language: str = "zh") -> dict[str, Any]:
    listed = (await admin.get("/prompts")).json()["prompts"]
    found: dict[str, Any] = next(
        each for each in listed if (each["id"], each["language"]) == (name, language)
    )
    return found


async def test_they_are_listed_with_words_length_and_use(admin: httpx.AsyncClient) -> None:
    menu = await prompt(admin, "menu")
    assert (menu["source"], menu["version"], menu["versions"], menu["fallback"]) == ("shipped", 0, 0, False)
    assert menu["text"].startswith("业务咨询请按一")
    assert 5_000 < menu["length_ms"] < 10_000
    assert menu["used_by"] == [{"part": "flow", "name": "main", "step": "menu"}]
    assert (await prompt(admin, "transfer-failed"))["used_by"] == [
        {"part": "machine", "name": "", "step": ""}
    ]


async def test_a_recording_is_heard_from_now_on(
    admin: httpx.AsyncClient, app: FastAPI, tmp_path: Path
) -> None:
    answer = await admin.put("/prompts/zh/welcome", content=LOUD, params={"text": "你好", "comment": "new"})
    assert answer.status_code == 200, answer.text
    kept = answer.json()
    assert kept["level"]["notes"] == ["lowered"]
    assert (kept["level"]["from_rate"], kept["level"]["from_channels"]) == (48_000, 1)
    shown = kept["prompt"]
    assert (shown["source"], shown["version"], shown["by"], shown["text"]) == (
        "own",
        1,
        "administrator",
        "你好",
    )
    assert shown == await prompt(admin, "welcome")
    assert (tmp_path / "prompts/zh/welcome.wav").exists()
    assert (await prompt(admin, "welcome", "en"))["source"] == "shipped"
    audit: Audit = app.state.audit
    entry = (await audit.find(what="prompt_recorded")).entries[0]
    assert (entry.subject, entry.detail) == ("welcome", {"language": "zh", "version": 1, "comment": "new"})


async def test_it_is_heard_in_the_page_whole_or_in_part(admin: httpx.AsyncClient) -> None:
    await admin.put("/prompts/zh/welcome", content=LOUD)
    now = await admin.get("/prompts/zh/welcome/sound")
    with wave.open(io.BytesIO(now.content)) as file:
        assert (file.getnframes(), file.getsampwidth()) == (8_000, 2)
    shipped = await admin.get("/prompts/zh/welcome/sound", params={"version": 0})
    assert len(shipped.content) > len(now.content)
    part = await admin.get("/prompts/zh/welcome/sound", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, now.content[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(now.content)}"
    beyond = await admin.get("/prompts/zh/welcome/sound", headers={"Range": "bytes=9999999-"})
    assert beyond.status_code == 416
    for path in ("zh/none", "fr/welcome", "zh/WELCOME", "zh/..%2f..%2fsecrets"):
        assert (await admin.get(f"/prompts/{path}/sound")).status_code == 404, path


async def test_an_earlier_recording_is_brought_back(admin: httpx.AsyncClient) -> None:
    await admin.put("/prompts/zh/welcome", content=LOUD)
    await admin.put("/prompts/zh/welcome", content=QUIET, params={"text": "轻"})
    listed = (await admin.get("/prompts/zh/welcome/versions")).json()["versions"]
    assert [(each["version"], each["text"], each["current"]) for each in listed] == [
        (2, "轻", True),
        (1, "", False),
    ]
    back = await admin.post("/prompts/zh/welcome/roll_back", json={"to": 1})
    assert (back.json()["version"], back.json()["versions"]) == (1, 2)
    shipped = await admin.post("/prompts/zh/welcome/roll_back", json={"to": 0})
    assert (shipped.json()["source"], shipped.json()["versions"]) == ("shipped", 2)
    assert (await admin.post("/prompts/zh/welcome/roll_back", json={"to": 7})).status_code == 404
    assert (await admin.post("/prompts/zh/nothing/roll_back", json={"to": 1})).status_code == 404


async def test_what_a_flow_says_cannot_be_taken_away(admin: httpx.AsyncClient) -> None:
    assert (await admin.put("/prompts/zh/summer", content=LOUD)).status_code == 200
    assert (await prompt(admin, "summer", "en"))["fallback"]
    refused = await admin.delete("/prompts/zh/summer")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "in_use")
    assert refused.json()["error"]["used_by"] == [{"part": "flow", "name": "main", "step": "closed"}]
    assert (await admin.put("/prompts/en/summer", content=LOUD)).status_code == 200
    assert (await admin.delete("/prompts/en/summer")).status_code == 204, "the Chinese one is heard"
    await admin.put("/prompts/zh/welcome", content=LOUD)
    assert (await admin.delete("/prompts/zh/welcome")).status_code == 204, "the shipped one is heard"
    assert (await prompt(admin, "welcome"))["source"] == "shipped"
    assert (await admin.put("/prompts/zh/unused", content=LOUD)).status_code == 200
    assert (await admin.delete("/prompts/zh/unused")).status_code == 204
    assert (await admin.get("/prompts/zh/unused/sound")).status_code == 404
    assert (await admin.delete("/prompts/zh/unused")).status_code == 404
    again = await admin.post("/prompts/zh/unused/roll_back", json={"to": 1})
    assert again.status_code == 200, "nothing is lost"


async def test_a_text_is_spoken_tried_first_and_then_kept(admin: httpx.AsyncClient) -> None:
    wanted = {"text": "国庆放假", "voice": "xiao"}
    tried = await admin.post("/prompts/zh/summer/render", json={**wanted, "try": True})
    assert (tried.status_code, tried.headers["content-type"]) == (200, "audio/wav")
    assert (await admin.get("/prompts/zh/summer/sound")).status_code == 404
    kept = (await admin.post("/prompts/zh/summer/render", json=wanted)).json()
    assert kept["prompt"]["text"] == "国庆放假"
    listed = (await admin.get("/prompts/zh/summer/versions")).json()["versions"]
    assert listed[0]["rendered"]
    assert (await admin.get("/prompts")).json()["voices"] == [{"id": "xiao", "language": "zh", "name": "晓"}]


async def test_without_a_voice_that_is_told(
    admin: httpx.AsyncClient, app: FastAPI, centre: FakeCentre, clock: VirtualClock, tmp_path: Path
) -> None:
    silent = Silent("nothing is set")
    catalogue = PromptCatalogue.load()
    app.state.prompts = PromptDesk(catalogue, Shelf(tmp_path), silent, clock, lambda: centre.configuration)
    listed = (await admin.get("/prompts")).json()
    assert listed["voices"] == []
    assert "nothing is set" in listed["voice_why"]
    refused = await admin.post("/prompts/zh/welcome/render", json={"text": "您好"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "no_voice")


async def test_what_cannot_be_heard_is_refused_with_the_reason(
    admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = await admin.put("/prompts/zh/welcome", content=b"ID3 is no WAV")
    assert (refused.status_code, refused.json()["error"]["why"]) == (422, "no_wav")
    assert (await admin.put("/prompts/zh/Bad", content=LOUD)).status_code == 422
    assert (await admin.put("/prompts/fr/welcome", content=LOUD)).status_code == 422
    monkeypatch.setattr("huawu.web.prompts.LARGEST", 1_000)
    large = await admin.put("/prompts/zh/welcome", content=LOUD)
    assert (large.status_code, large.json()["error"]["code"]) == (413, "too_large")
    assert (await prompt(admin, "welcome"))["source"] == "shipped"


async def test_only_administrators_touch_them(admin: httpx.AsyncClient, sign_in_as: SignInAs) -> None:
    leader = await sign_in_as("shift_leader")
    assert (await leader.get("/prompts")).status_code == 403
    assert (await leader.put("/prompts/zh/welcome", content=LOUD)).status_code == 403
    assert (await leader.delete("/prompts/zh/welcome")).status_code == 403
