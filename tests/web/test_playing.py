"""Flows are tried over HTTP, in a draft or in what is in force."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from huawu.accounts.people import People
from huawu.accounts.phones import PhoneSecrets
from huawu.assets.catalogue import PromptCatalogue
from huawu.assets.shelf import Shelf
from huawu.assets.voices import Silent
from huawu.cli.demo import demo_text
from huawu.config.desk import SettingsDesk
from huawu.config.load import load
from huawu.config.prompt_desk import PromptDesk
from huawu.config.store import DatabaseConfigurations
from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database
from tests.web.conftest import SignInAs
from tests.web.fake_centre import FakeCentre


@pytest.fixture
async def admin(
    app: FastAPI,
    centre: FakeCentre,
    db: Database,
    clock: VirtualClock,
    sign_in_as: SignInAs,
    tmp_path: Path,
) -> httpx.AsyncClient:
    catalogue = PromptCatalogue.load()
    store = DatabaseConfigurations(db, clock.now_ms)
    app.state.settings = SettingsDesk(store, People(db, clock), PhoneSecrets(db, clock), catalogue.ids)
    app.state.voice = catalogue
    shelf, silent = Shelf(tmp_path), Silent("this is a test")
    app.state.prompts = PromptDesk(catalogue, shelf, silent, clock, lambda: centre.configuration)
    centre.configuration = load(demo_text())
    return await sign_in_as("administrator")


async def play(admin: httpx.AsyncClient, *acts: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = await admin.post("/play", json={"flow": "main", "acts": acts, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_what_is_in_force_is_played_with_its_words(admin: httpx.AsyncClient) -> None:
    begun = await play(admin)
    asked = begun["played"][-1]
    assert (asked["kind"], asked["prompts"], asked["words"][:7]) == ("asks", ["menu"], "业务咨询请按一")
    assert begun["waits_for"]["keys"] == ["1", "2", "3", "9", "0"]
    english = await play(admin, {"press": "9"}, {"agent": "answers"}, {"hang_up": True})
    assert english["language"] == "en"
    assert any("connecting you" in each["words"] for each in english["played"])
    assert english["ended"] == {"how": "caller", "reason": "normal"}


async def test_a_key_is_pressed_while_the_prompt_plays(admin: httpx.AsyncClient) -> None:
    early = await play(admin, {"press": "9", "into": 200})
    (heard,) = (one for one in early["played"] if one["kind"] == "hears")
    (asked,) = (one for one in early["played"] if one["kind"] == "asks")
    assert heard["at_ms"] == asked["at_ms"] + 200


async def test_a_draft_is_played_as_it_is_written(admin: httpx.AsyncClient) -> None:
    draft = demo_text().replace("keys: {1: enquiry, 2: complaint", "keys: {1: lost, 2: complaint")
    played = await play(admin, {"press": "1"}, text=draft)
    assert played["waits_for"]["queue"] == "lost"
    by_number = await admin.post("/play", json={"number": "4100", "text": draft})
    assert by_number.json()["waits_for"]["kind"] == "echo"


async def test_what_cannot_be_played_is_told(admin: httpx.AsyncClient) -> None:
    refused = await admin.post("/play", json={"flow": "main", "text": "company: 1"})
    assert (refused.status_code, refused.json()["error"]["problems"][0]["code"]) == (422, "names_needed")
    assert (await admin.post("/play", json={"flow": "nothing"})).status_code == 404
    assert (await admin.post("/play", json={"number": "9999"})).status_code == 404
    for wrong in (
        {},
        {"flow": "main", "number": "4000"},
        {"flow": "main", "acts": [{}]},
        {"flow": "main", "acts": [{"press": "1", "wait": 5}]},
        {"flow": "main", "acts": [{"press": "x"}]},
        {"flow": "main", "acts": [{"wait": 5, "into": 5}]},
        {"flow": "main", "at_ms": 2**53},
        {"flow": "main", "acts": [{"nothing": True}] * 201},
        {"flow": "main", "text": "a", "parts": {}},
    ):
        assert (await admin.post("/play", json=wrong)).status_code == 422, wrong


async def test_only_administrators_try_flows(admin: httpx.AsyncClient, sign_in_as: SignInAs) -> None:
    agent = await sign_in_as("agent")
    assert (await agent.post("/play", json={"flow": "main"})).status_code == 403
