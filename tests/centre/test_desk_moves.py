"""Everything an agent does with a call from the page, with a colleague's page and real callers beside it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.async_api import Page, Playwright, async_playwright, expect

from tests.centre.desk_page import desk_page, hears, signs_in, signs_out
from tests.centre.scene import MUSIC, Line, Scene
from tests.centre.story import channels
from tests.centre.tones import tones_in
from tests.support.tools import until

pytestmark = [pytest.mark.browser, pytest.mark.sip]

AGENT, COLLEAGUE = "1006", "1005"
CALLER_HZ, AGENT_HZ, COLLEAGUE_HZ = 900.0, 440.0, 1_500.0


@pytest.fixture
async def chromium() -> AsyncIterator[Playwright]:
    async with async_playwright() as playwright:
        yield playwright


@pytest.fixture
async def page(chromium: Playwright, tmp_path: Path) -> AsyncIterator[Page]:
    async with desk_page(chromium, tmp_path / "agent", AGENT_HZ) as page:
        yield page


@pytest.fixture
async def colleague(chromium: Playwright, tmp_path: Path) -> AsyncIterator[Page]:
    async with desk_page(chromium, tmp_path / "colleague", COLLEAGUE_HZ) as page:
        yield page


async def is_ready(scene: Scene, page: Page, user: str) -> None:
    await signs_in(scene, page, user)
    await page.get_by_test_id("go-ready").click()
    await scene.api.agent_is(user, "ready")


async def talks_with(scene: Scene, page: Page, number: str) -> Line:
    """A caller of this number is connected to the page."""
    caller = await scene.caller(number, scene.centre.numbers["queue"])
    await caller.say(CALLER_HZ)
    await takes(page)
    await hears(page, CALLER_HZ)
    await caller.hears(AGENT_HZ)
    return caller


async def takes(page: Page) -> None:
    await expect(page.get_by_test_id("offer")).to_be_visible(timeout=30_000)
    await page.keyboard.press("F2")
    await expect(page.get_by_test_id("line-state")).to_have_text("通话中")


async def chooses(page: Page, what: str, search: str) -> None:
    """Open consult, transfer or conference and take whom the search finds first."""
    await page.get_by_test_id(f"do-{what}").click()
    await page.get_by_test_id("choose-search").fill(search)
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("choose-search")).to_have_count(0)


async def ends(page: Page, caller: Line, then: str = "话后") -> None:
    caller.hang_up()
    await caller.ended()
    await expect(page.get_by_test_id("desk-state")).to_contain_text(then)


async def test_a_colleague_is_asked_aside_brought_in_and_left_with_the_caller(
    scene: Scene, page: Page, colleague: Page
) -> None:
    number = "13800000811"
    await is_ready(scene, page, AGENT)
    await signs_in(scene, colleague, COLLEAGUE)
    await scene.api.set_state(COLLEAGUE, "break")
    caller = await talks_with(scene, page, number)
    await chooses(page, "consult", COLLEAGUE)
    await expect(page.get_by_test_id("consulting")).to_be_visible()
    await caller.hears_sound(MUSIC)
    await takes(colleague)
    await hears(page, COLLEAGUE_HZ)
    await hears(colleague, AGENT_HZ)
    await page.get_by_test_id("consult-swap").click()
    await hears(page, CALLER_HZ)
    await caller.hears(AGENT_HZ)
    await page.get_by_test_id("consult-conference").click()
    await expect(page.get_by_test_id("mark-conference")).to_be_visible()
    await until(lambda: tones(caller) == {AGENT_HZ, COLLEAGUE_HZ}, "both voices at the caller's ear", 15)
    await page.keyboard.press("F9")
    await expect(page.get_by_test_id("desk-state")).to_contain_text("话后")
    await hears(colleague, CALLER_HZ)
    await caller.hears(COLLEAGUE_HZ)
    await ends(colleague, caller, then="话后")
    await signs_out(page)
    await signs_out(colleague)


async def test_a_caller_is_handed_over_parked_and_fetched(scene: Scene, page: Page, colleague: Page) -> None:
    number = "13800000812"
    await is_ready(scene, page, AGENT)
    await signs_in(scene, colleague, COLLEAGUE)
    await scene.api.set_state(COLLEAGUE, "break")
    caller = await talks_with(scene, page, number)
    await page.get_by_test_id("do-transfer").click()
    await page.get_by_test_id("choose-search").fill(COLLEAGUE)
    await page.get_by_test_id("choice").first.click()
    await expect(page.get_by_test_id("sheet")).to_contain_text("周雅婷现在不能接听")  # on break
    await page.keyboard.press("Escape")
    await scene.api.set_state(COLLEAGUE, "ready")
    await chooses(page, "transfer", COLLEAGUE)
    await expect(page.get_by_test_id("desk-state")).to_contain_text("话后")
    await takes(colleague)
    await expect(colleague.get_by_test_id("caller").first).to_have_text("138 0000 0812")
    await hears(colleague, CALLER_HZ)
    await caller.hears(COLLEAGUE_HZ)
    await colleague.get_by_test_id("do-park").click()
    await caller.hears_sound(MUSIC)
    slot = (await scene.api.fact_of(number, "parked"))["slot"]
    await expect(page.get_by_test_id("desk-state")).to_contain_text("话后")
    await dials(page, slot)
    await hears(page, CALLER_HZ)
    await caller.hears(AGENT_HZ)
    await ends(page, caller)
    await signs_out(page)
    await signs_out(colleague)


async def dials(page: Page, number: str) -> None:
    await page.get_by_test_id("tab-dial").click()
    await page.get_by_test_id("dial-number").fill(number)
    await page.get_by_test_id("dial-call").click()


async def test_a_card_number_is_not_recorded_and_help_comes(
    scene: Scene, page: Page, colleague: Page
) -> None:
    number = "13800000813"
    await is_ready(scene, page, AGENT)
    caller = await talks_with(scene, page, number)
    await page.get_by_test_id("do-record").click()
    await expect(page.get_by_test_id("mark-paused")).to_be_visible()
    await page.wait_for_timeout(1_500)
    await page.get_by_test_id("do-record").click()
    await expect(page.get_by_test_id("mark-recording")).to_be_visible()
    await page.get_by_test_id("do-help").click()
    await page.locator("#leader-text").fill("客人要求赔偿，请帮忙。")
    await page.get_by_test_id("send-help").click()
    await expect(page.get_by_test_id("help-state")).to_be_visible()
    asked = [one for one in (await scene.api.get("/help"))["requests"] if one["agent"] == AGENT]
    assert [one["text"] for one in asked if one["state"] == "open"] == ["客人要求赔偿，请帮忙。"]
    await page.get_by_test_id("do-urgent").click()
    await page.locator("label", has_text=re.compile("急病|医疗|受伤")).first.click()
    await page.get_by_test_id("raise-alarm").click()
    await expect(page.get_by_test_id("mark-urgent")).to_be_visible()
    await ends(page, caller)
    call: dict[str, Any] = await scene.api.call_from(number, state="ended")
    assert call["urgent"] == "medical"
    await scene.api.fact_of(number, "recording_stopped")
    left, _ = channels((await scene.api.http.get(f"/calls/{call['id']}/recording")).content)
    assert longest_silence_ms(left) > 1_000, "what was said meanwhile is not on it"
    await signs_out(page)


def tones(line: Line) -> set[float]:
    """Which voices a phone heard in the last 200 ms; a page's are softer."""
    return tones_in(line, (CALLER_HZ, AGENT_HZ, COLLEAGUE_HZ), loud=0.01)


def longest_silence_ms(samples: np.ndarray[Any, Any]) -> float:
    blocks = np.abs(samples[: len(samples) // 160 * 160]).reshape(-1, 160).max(axis=1)
    best = run = 0
    for loud in blocks > blocks.max() * 0.05:
        run = 0 if loud else run + 1
        best = max(best, run)
    return best * 20.0
