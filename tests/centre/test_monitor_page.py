"""A shift leader's page in a real Chromium at a real centre: beside calls, help, agents and doors moved."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Locator, Page, async_playwright, expect

from tests.centre.desk_page import desk_page, signs_out
from tests.centre.scene import Scene
from tests.centre.test_moving import AGENT_HZ, CALLER_HZ, COLLEAGUE_HZ, hear, talking, tones
from tests.support.centre import eventually
from tests.support.tools import PATIENCE_S

pytestmark = [pytest.mark.browser, pytest.mark.sip]

LEADER_HZ = COLLEAGUE_HZ
HEARS_ALL = """wanted => {
    if (!window.ear) return false
    const levels = new Float32Array(window.ear.frequencyBinCount)
    window.ear.getFloatFrequencyData(levels)
    const width = window.sound.sampleRate / window.ear.fftSize
    return wanted.every(hertz => Math.max(...levels.slice(Math.round(hertz / width) - 1).slice(0, 3)) > -55)
}"""


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with (
        async_playwright() as playwright,
        desk_page(playwright, tmp_path / "leader", LEADER_HZ) as page,
    ):
        yield page


async def at_the_monitor(scene: Scene, page: Page) -> None:
    """The leader's day begins at the monitor, with the phone in the page."""
    person = scene.centre.person("leader")
    await page.goto(f"{scene.centre.http}/")
    await page.locator("#user").fill(person.user)
    await page.locator("#password").fill(person.password)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(r"/monitor$"))
    light = page.get_by_test_id("phone-light")
    await expect(light).to_contain_text(re.compile("话机正常|话机在别处登录"))
    if "别处" in await light.inner_text():  # a page before this one went without signing out
        await page.get_by_test_id("phone-way-on").click()
        await expect(light).to_contain_text("话机正常")
    await expect(page.get_by_test_id("queue-row").first).to_be_visible()


def seat_of(page: Page, agent: str) -> Locator:
    return page.locator(f'[data-agent="{agent}"]')


async def asks_for_help(scene: Scene, agent: str, call: dict[str, Any], text: str) -> None:
    """As from the agent's own desk."""
    person = scene.centre.person(agent)
    async with httpx.AsyncClient(
        base_url=f"{scene.centre.http}/api/v1", trust_env=False, timeout=PATIENCE_S
    ) as desk:
        entered = await desk.post("/session", json={"user": agent, "password": person.password})
        desk.headers["X-CSRF-Token"] = entered.json()["csrf"]
        asked = await desk.post(f"/calls/{call['id']}/help", json={"text": text})
        assert asked.is_success, asked.text
        await desk.delete("/session")


async def test_a_leader_is_beside_a_call_in_one_press(scene: Scene, page: Page) -> None:
    number = "13800000821"
    await at_the_monitor(scene, page)
    caller, agent, call = await talking(scene, number)
    await seat_of(page, "1001").get_by_test_id("listen").click()
    mode = page.get_by_test_id("beside-mode")
    await expect(mode).to_have_text("监听")
    await page.wait_for_function(HEARS_ALL, arg=[CALLER_HZ, AGENT_HZ])
    await hear(caller=(caller, {AGENT_HZ}), agent=(agent, {CALLER_HZ}))

    await page.get_by_test_id("mode-whisper").click()
    await expect(mode).to_have_text("耳语")
    await hear(agent=(agent, {CALLER_HZ, LEADER_HZ}), caller=(caller, {AGENT_HZ}))
    assert LEADER_HZ not in tones(caller), "the caller never hears a whisper"
    await page.reload()
    await expect(mode).to_have_text("耳语")  # still in it
    await hear(agent=(agent, {CALLER_HZ, LEADER_HZ}), caller=(caller, {AGENT_HZ}))
    await page.get_by_test_id("beside-leave").click()
    await expect(page.get_by_test_id("beside")).to_have_count(0)
    await hear(agent=(agent, {CALLER_HZ}), caller=(caller, {AGENT_HZ}))

    await asks_for_help(scene, "1001", call, "请班长听听这位旅客")
    request = page.get_by_test_id("matter-help").filter(has_text="请班长听听这位旅客")
    await request.get_by_test_id("help-barge").click()
    await expect(mode).to_have_text("强插")
    await hear(caller=(caller, {AGENT_HZ, LEADER_HZ}), agent=(agent, {CALLER_HZ, LEADER_HZ}))
    await request.get_by_test_id("help-close").click()
    await expect(request).to_have_count(0)

    await page.get_by_test_id("beside-take-over").click()
    await expect(page.get_by_test_id("ask-once")).to_contain_text("退出通话")
    await page.get_by_test_id("ask-yes").click()
    await agent.ended()
    await hear(caller=(caller, {LEADER_HZ}))
    await page.get_by_test_id("own-end").click()
    await expect(page.get_by_test_id("beside")).to_have_count(0)
    caller.hang_up()  # who stayed to say how it was
    await caller.ended()
    facts = (await scene.api.call_from(number, state="ended"))["facts"]
    told = [fact["mode"] for fact in facts if fact["kind"] == "supervised"]
    assert told[:2] == ["listen", "whisper"]
    await signs_out(page)


async def test_a_leader_moves_an_agent_and_closes_a_queue(scene: Scene, page: Page) -> None:
    api = scene.api
    await at_the_monitor(scene, page)
    before = (await api.agent("1002"))["queues"]
    await seat_of(page, "1002").get_by_test_id("seat-open").click()
    sheet = page.get_by_test_id("seat-sheet")
    box = sheet.locator('[data-test^="member-"]:not(:checked)').first
    added = str(await box.get_attribute("data-test")).removeprefix("member-")
    await box.check()
    await sheet.get_by_test_id("move-reason").fill("那边排队多")
    await sheet.get_by_test_id("move-agent").click()
    await expect(sheet.get_by_test_id("moved")).to_contain_text("那边排队多")
    assert added in (await api.agent("1002"))["queues"]
    await sheet.get_by_test_id("move-back").click()
    await expect(sheet.get_by_test_id("moved")).to_have_count(0)
    assert (await api.agent("1002"))["queues"] == before
    await page.keyboard.press("Escape")

    row = page.get_by_test_id("queue-row").first
    await row.get_by_test_id("queue-open").click()
    door = page.get_by_test_id("queue-sheet")
    await door.get_by_test_id("door-close").click()
    await door.get_by_test_id("ask-yes").click()
    await expect(door.get_by_test_id("door-so")).to_contain_text("已关闭")
    await expect(row.get_by_test_id("door-mark")).to_have_text("已关闭")
    number = "13800000822"
    caller = await scene.caller(number, scene.centre.numbers["queue"])
    await caller.hears_sound("closed")
    kinds = {fact["kind"] for fact in (await api.call_from(number))["facts"]}
    assert "queued" not in kinds, "nobody waits behind a closed door"
    caller.hang_up()
    await door.get_by_test_id("door-hours").click()
    await expect(door.get_by_test_id("door-so")).to_contain_text("按营业时间")

    async def opened() -> bool:
        control = (await api.get("/monitor"))["queues"][0]
        return bool(control["door"] == "hours")

    await eventually(opened, "the door to be as its hours say")
    await page.keyboard.press("Escape")
    await signs_out(page)
