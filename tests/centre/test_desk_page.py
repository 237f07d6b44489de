"""The agent's own page in a real Chromium at a real centre: a caller heard, held, ended, written up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.centre.desk_page import desk_page, hears, signs_in, signs_out
from tests.centre.scene import MUSIC, Scene

pytestmark = [pytest.mark.browser, pytest.mark.sip]

AGENT, COLLEAGUE = "1006", "1005"
CALLER_HZ, AGENT_HZ = 900.0, 440.0


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with (
        async_playwright() as playwright,
        desk_page(playwright, tmp_path / "profile", AGENT_HZ) as page,
    ):
        yield page


async def test_an_agent_works_through_a_call_by_the_page_alone(scene: Scene, page: Page) -> None:
    number, api = "13800000791", scene.api
    await signs_in(scene, page, AGENT)
    await page.get_by_test_id("go-ready").click()
    await api.agent_is(AGENT, "ready")

    caller = await scene.caller(number, scene.centre.numbers["menu"])
    await caller.say(CALLER_HZ)
    await caller.press("1")
    offer = page.get_by_test_id("offer")
    await expect(offer).to_be_visible(timeout=60_000)
    await expect(offer.get_by_test_id("caller")).to_have_text("138 0000 0791")
    await expect(offer).to_contain_text("首次来电")
    await page.keyboard.press("F2")
    await expect(page.get_by_test_id("line-state")).to_have_text("通话中")
    await hears(page, CALLER_HZ)
    await caller.hears(AGENT_HZ)
    await expect(page.get_by_test_id("desk-facts")).to_contain_text("接通")

    await page.get_by_test_id("notes").fill("核对了订单。")
    await expect(page.get_by_test_id("notes-mark")).to_contain_text("已保存")
    await page.keyboard.press("F4")
    await expect(page.get_by_test_id("mark-held")).to_be_visible()
    await caller.hears_sound(MUSIC)
    await page.keyboard.press("F4")
    await caller.hears(AGENT_HZ)

    await page.keyboard.press("F8")
    muted = await api.fact_of(number, "muted")
    assert (muted["party"], muted["agent"]) == ("agent", AGENT)
    await page.keyboard.press("F8")
    await api.fact_of(number, "unmuted")

    await page.reload()
    await expect(page.get_by_test_id("line-state")).to_have_text("通话中")
    await hears(page, CALLER_HZ, within_s=60)  # signs in, registers, takes the call up
    await caller.hears(AGENT_HZ)
    await expect(page.get_by_test_id("notes")).to_have_value("核对了订单。")

    await page.get_by_test_id("do-end").click()
    await expect(page.get_by_test_id("desk-state")).to_contain_text("话后")
    await api.fact_of(number, "survey_began")  # the caller stays to say how it was
    caller.hang_up()
    await caller.ended()
    form = page.get_by_test_id("wrap-up")
    await form.locator(".option", has_text="咨询").first.click()
    rows = form.locator("fieldset")
    if await rows.count() > 1:
        await rows.nth(1).locator(".option").first.click()
    await page.get_by_test_id("summary").fill("问了改签，已答复。")
    await page.get_by_test_id("file-wrap-up").click()
    await api.agent_is(AGENT, "ready")

    own = page.get_by_test_id("own-call").first
    await expect(own).to_contain_text("138 0000 0791")
    call = await api.call_from(number, state="ended")
    assert call["note"]["text"] == "核对了订单。"
    assert [filed["summary"] for filed in call["wrap_ups"]] == ["问了改签，已答复。"]
    await own.get_by_test_id("own-play").click()
    await expect(page.get_by_test_id("position")).not_to_have_text("0:00")
    await signs_out(page)


async def test_the_echo_number_answers_the_check_before_the_shift(scene: Scene, page: Page) -> None:
    await signs_in(scene, page, COLLEAGUE)
    await page.get_by_test_id("test-call").click()
    await expect(page.get_by_test_id("test-panel")).to_contain_text("请说几句话")
    await hears(page, AGENT_HZ, within_s=30)
    await page.get_by_test_id("end-test").click()
    await expect(page.get_by_test_id("test-panel")).to_have_count(0)
    await signs_out(page)
