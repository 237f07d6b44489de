"""Prompts are recorded in the browser, and callers of a real centre hear them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import settings_journeys as journeys
from tests.browser.test_real_centre import a_scene, aside
from tests.support.centre import RunningCentre, running_centre

pytestmark = [pytest.mark.browser, pytest.mark.sip]

CALLER = "13800007802"
RECORDED_MS = 2_500
"""Chromium's false microphone beeps once a second."""
FRAME_MS = 20
SHIPPED_MS = 5_400


def test_a_prompt_is_recorded_and_heard(page: Page, tmp_path: Path) -> None:
    with running_centre(tmp_path / "centre") as centre:
        admin = centre.person("admin")
        journeys.open_settings(page, centre.http, admin.user, admin.password, "prompts/zh:welcome")
        page.get_by_test_id("record").click()
        expect(page.get_by_role("meter")).to_be_visible()
        page.wait_for_timeout(RECORDED_MS)
        page.get_by_test_id("stop").click()
        page.get_by_test_id("use-recording").click()
        expect(page.get_by_test_id("prompt-done")).to_contain_text("下一位来电方就会听到", timeout=20_000)
        expect(page.get_by_test_id("prompt-detail")).to_contain_text("当前生效")
        expect(page.get_by_test_id("prompt").filter(has_text=re.compile("欢迎语.*zh.*自有"))).to_be_visible()
        aside(call_and_listen(centre, tmp_path / "call"))


async def call_and_listen(centre: RunningCentre, folder: Path) -> None:
    """The shipped welcome lasts 5.4 s; the recorded one is over much earlier, then the menu is heard."""
    async with a_scene(centre, folder) as scene:
        caller = await scene.caller(CALLER, centre.numbers["menu"])
        await caller.hears_sound("menu")
        assert len(caller.ear.heard) * FRAME_MS < SHIPPED_MS
        caller.hang_up()
        await caller.ended()
