"""The settings in a real Chromium: against the mock centre for looks, against a real one for what they do."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser import settings_journeys as journeys
from tests.browser.conftest import Centre
from tests.browser.test_real_centre import a_scene, aside
from tests.support.centre import Api, RunningCentre, running_centre

pytestmark = pytest.mark.browser

CALLER = "13800007801"


def test_the_settings_read_well(page: Page, centre: Centre) -> None:
    if centre.user != "leader":
        pytest.fail("this journey wants the mock centre: unset HUAWU_TEST_URL")
    journeys.open_settings(page, centre.url, "admin", centre.password)
    journeys.the_settings_read_well(page)


def test_a_name_that_cannot_be_is_told(page: Page, centre: Centre) -> None:
    if centre.user != "leader":
        pytest.fail("this journey wants the mock centre: unset HUAWU_TEST_URL")
    journeys.open_settings(page, centre.url, "admin", centre.password)
    journeys.a_name_that_cannot_be_is_told(page, centre.url)


@pytest.mark.sip
def test_a_queue_is_changed_and_a_flow_drawn_and_called(page: Page, tmp_path: Path) -> None:
    """A centre of its own: what is saved here is in force at once, for a caller as well."""
    with running_centre(tmp_path / "centre") as centre:
        admin = centre.person("admin")
        journeys.open_settings(page, centre.http, admin.user, admin.password)
        journeys.a_mistake_is_told_beside_its_field(page, "业务咨询")
        journeys.a_ring_time_is_changed(page, "业务咨询")
        assert of_queue(centre, "ring") == "25s"
        journeys.the_version_before_comes_back(page)
        assert of_queue(centre, "ring") == "15s"
        journeys.two_who_save_are_put_together(page, "业务咨询", lambda: aside(ring_is(centre, "40s")))
        assert (of_queue(centre, "ring"), of_queue(centre, "wrap_up")) == ("40s", "33s")
        journeys.a_new_step_is_drawn(page, "main")
        journeys.a_doubt_is_no_mistake(page)
        journeys.the_draft_is_played(page, "4", "bye")
        journeys.save(page, "按四结束", "bye")
        aside(call_and_press(centre, tmp_path / "call", "4"))


def of_queue(centre: RunningCentre, field: str) -> str:
    """A field of the general queue as the centre has it in force."""
    found: list[str] = []

    async def ask() -> None:
        api = Api(centre)
        async with api.http:
            kept = await api.get("/configuration", defaults="true")
            found.append(kept["parts"]["queues"]["general"][field])

    aside(ask())
    return found[0]


async def ring_is(centre: RunningCentre, ring: str) -> None:
    """Somebody else saves another ring time."""
    api = Api(centre)
    async with api.http:
        kept = await api.get("/configuration")
        kept["parts"]["queues"]["general"]["ring"] = ring
        answer = await api.http.put(
            "/configuration", json={"parts": kept["parts"], "version": kept["version"], "comment": ""}
        )
        assert answer.status_code == 200, answer.text


async def call_and_press(centre: RunningCentre, folder: Path, key: str) -> None:
    """Somebody calls the hotline with a SIP phone, presses the key, is told goodbye, and hung up on."""
    async with a_scene(centre, folder) as scene:
        caller = await scene.caller(CALLER, centre.numbers["menu"])
        await caller.hears_sound("menu")
        await caller.press(key)
        await caller.hears_sound("goodbye")
        await caller.ended()
        await scene.api.fact_of(CALLER, "step", step="bye")
