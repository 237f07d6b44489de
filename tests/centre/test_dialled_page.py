"""An agent dials a customer from the desk and asks a colleague about them, by the page alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.centre.desk_page import desk_page, hears, signs_in, signs_out
from tests.centre.scene import Scene
from tests.centre.test_calling_back import centre, customer, port, scene

__all__ = ["centre", "port", "scene"]
pytestmark = [pytest.mark.browser, pytest.mark.sip]

AGENT, COLLEAGUE = "1006", "1003"
CUSTOMER = "13080009001"
CUSTOMER_HZ, COLLEAGUE_HZ, PAGE_HZ = 900.0, 1_500.0, 440.0


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with (
        async_playwright() as playwright,
        desk_page(playwright, tmp_path / "profile", PAGE_HZ) as page,
    ):
        yield page


async def test_who_dialled_asks_aside_swaps_and_hands_over(scene: Scene, page: Page, port: int) -> None:
    await signs_in(scene, page, AGENT)
    colleague = await scene.agent(COLLEAGUE)
    far = await customer(scene, port)
    await page.get_by_test_id("tab-dial").click()
    await page.get_by_test_id("dial-number").fill(CUSTOMER)
    await page.get_by_test_id("dial-call").click()
    await far.say(CUSTOMER_HZ)
    await hears(page, CUSTOMER_HZ, within_s=30)
    await far.hears(PAGE_HZ)
    for what in ("hold", "mute", "pad", "record", "consult", "transfer", "conference", "park"):
        await expect(page.get_by_test_id(f"do-{what}")).to_be_enabled()

    await page.get_by_test_id("do-consult").click()
    await page.get_by_test_id("choose-search").fill(COLLEAGUE)
    await page.get_by_test_id("choice").first.click()
    await colleague.say(COLLEAGUE_HZ)
    await hears(page, COLLEAGUE_HZ, within_s=30)
    await expect(page.get_by_test_id("consulting")).to_be_visible()
    await page.get_by_test_id("consult-swap").click()
    await hears(page, CUSTOMER_HZ)
    await page.get_by_test_id("consult-complete").click()
    await colleague.hears(CUSTOMER_HZ)
    await far.hears(COLLEAGUE_HZ)
    await expect(page.get_by_test_id("talk")).to_have_count(0)
    call = await scene.api.call_from(AGENT, number=CUSTOMER, agent=COLLEAGUE)
    assert call["direction"] == "out"
    await signs_out(page)
