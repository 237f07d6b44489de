"""A leader's hand on a queue, by page at a real centre: who waits is moved, who comes is led on, or told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Page, async_playwright, expect

from tests.centre.desk_page import desk_page, signs_out
from tests.centre.scene import Scene
from tests.centre.test_monitor_page import LEADER_HZ, at_the_monitor
from tests.centre.test_settings import recording

pytestmark = [pytest.mark.browser, pytest.mark.sip]

NOTICE_HZ = 1_200.0
WAITS, LED_ON, TOLD = (f"138013010{place:02d}" for place in range(1, 4))


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with (
        async_playwright() as playwright,
        desk_page(playwright, tmp_path / "leader", LEADER_HZ) as page,
    ):
        yield page


async def test_who_waits_is_moved_who_comes_is_led_on_and_all_are_told(scene: Scene, page: Page) -> None:
    api = scene.api
    await at_the_monitor(scene, page)
    waiting = await scene.caller(WAITS, scene.centre.numbers["queue"])
    await api.fact_of(WAITS, "queued", queue="general")
    row = page.get_by_test_id("queue-row").filter(has_text="业务咨询")
    await row.get_by_test_id("queue-open").click()
    sheet = page.get_by_test_id("queue-sheet")

    await sheet.get_by_role("checkbox").first.check()
    await sheet.get_by_test_id("waiting-to").select_option("english")
    await sheet.get_by_test_id("waiting-move").click()
    await sheet.get_by_test_id("ask-yes").click()
    moved = await api.fact_of(WAITS, "overflowed", why="moved")
    assert moved["by"] == "leader"
    await api.fact_of(WAITS, "queued", queue="english")
    await expect(sheet.get_by_role("checkbox")).to_have_count(0)
    waiting.hang_up()
    await waiting.ended()

    await sheet.get_by_test_id("divert-to").select_option("queue:english")
    await sheet.get_by_test_id("divert-do").click()
    await sheet.get_by_test_id("ask-yes").click()
    await expect(sheet.get_by_test_id("divert-end")).to_be_visible()
    led_on = await scene.caller(LED_ON, scene.centre.numbers["queue"])
    diverted = await api.fact_of(LED_ON, "diverted", queue="general")
    assert (diverted["target"], diverted["by"]) == ("english", "leader")
    led_on.hang_up()
    await led_on.ended()
    await sheet.get_by_test_id("divert-end").click()
    await expect(sheet.get_by_test_id("divert-end")).to_have_count(0)

    await sheet.get_by_label("播放什么").select_option("file")
    spoken: FilePayload = {"name": "delay.wav", "mimeType": "audio/wav", "buffer": recording(NOTICE_HZ)}
    await sheet.locator("input[type=file]").set_input_files(spoken)
    await sheet.get_by_test_id("notice-up").click()
    notice = sheet.get_by_test_id("notice")
    await expect(notice).to_have_count(1)
    told = await scene.caller(TOLD, scene.centre.numbers["queue"])
    await told.hears(NOTICE_HZ)
    await api.fact_of(TOLD, "notice", queue="general")
    told.hang_up()
    await told.ended()
    await notice.get_by_test_id("notice-down").click()
    await expect(notice).to_have_count(0)
    await page.keyboard.press("Escape")
    await signs_out(page)
