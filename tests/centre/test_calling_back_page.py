"""Callers called back by pages alone: 现在回拨 on an agent's desk, 我来回拨 on the shift leader's page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.centre.desk_page import desk_page, hears, signs_in, signs_out
from tests.centre.scene import MUSIC, SCENARIOS, Line, Scene
from tests.centre.test_calling_back import centre, customer, owed, port, scene
from tests.centre.test_monitor_page import at_the_monitor

__all__ = ["centre", "port", "scene"]
pytestmark = [pytest.mark.browser, pytest.mark.sip]

AGENT = "1006"
CUSTOMER_HZ, PAGE_HZ = 900.0, 440.0
WHO_HANGS_UP = SCENARIOS / "agent.xml"


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with (
        async_playwright() as playwright,
        desk_page(playwright, tmp_path / "profile", PAGE_HZ) as page,
    ):
        yield page


async def ends(scene: Scene, call: str, far: Line) -> None:
    """The customer is asked how it was, and hangs up."""
    await scene.api.fact_on(call, "survey_began")
    far.hang_up()
    await far.ended()


async def test_an_agent_who_talks_takes_a_callback_for_the_next_call(
    scene: Scene, page: Page, port: int
) -> None:
    api, number, other = scene.api, "13080008001", "13080008003"
    await signs_in(scene, page, AGENT)
    await page.get_by_test_id("go-break").select_option(index=1)
    await api.agent_is(AGENT, "break")
    caller = await scene.caller(number, "4001")
    await caller.hears_sound(MUSIC, within_s=30)
    await caller.press("1")
    await caller.ended()
    waiting = await owed(api, number=number, state="waiting")
    await page.get_by_test_id("tab-tasks").click()
    task = page.get_by_test_id("owed").filter(has_text="130 8000 8001")
    await task.get_by_test_id("take-callback").click()
    await expect(task.get_by_role("alert")).to_contain_text("请先就绪")  # not while on break
    assert (await api.http.delete(f"/callbacks/{waiting['id']}")).status_code == 204

    await page.get_by_test_id("go-ready").click()
    first = await scene.caller(other, "4001")
    await page.get_by_test_id("answer").click(timeout=30_000)
    await first.hears(PAGE_HZ)
    caller = await scene.caller(number, "4001")
    await caller.hears_sound(MUSIC, within_s=30)
    await caller.press("1")
    await caller.ended()
    waiting = await owed(api, number=number, state="waiting")
    await page.get_by_test_id("tab-tasks").click()
    await expect(task.get_by_test_id("take-callback")).to_be_enabled()
    await task.get_by_test_id("take-callback").click()
    await expect(task).to_contain_text("下一通由您回拨")
    await expect(task.get_by_test_id("take-callback")).to_be_disabled()
    far = await customer(scene, port, WHO_HANGS_UP)
    await page.get_by_test_id("do-end").click()
    first.hang_up()  # who stayed to say how it was
    offer = page.get_by_test_id("offer")
    await expect(offer).to_be_visible()  # before wrap-up
    await expect(offer.get_by_test_id("caller")).to_have_text("130 8000 8001")
    await expect(offer).to_contain_text("回拨客户")
    assert not far.sipp.received, "the customer is called when the agent has answered"
    await page.keyboard.press("F2")
    await far.say(CUSTOMER_HZ)
    await hears(page, CUSTOMER_HZ, within_s=30)
    await far.hears(PAGE_HZ)
    await expect(page.get_by_test_id("line-state")).to_have_text("通话中")
    done = await owed(api, id=waiting["id"], state="done")
    assert (done["agent"], done["attempts"]) == (AGENT, 1)
    assert far.sipp.received[0].startswith(f"INVITE sip:{number}@")
    await page.get_by_test_id("do-end").click()
    await ends(scene, done["call"], far)
    await expect(task).to_have_count(0)
    call = await api.get(f"/calls/{done['call']}")
    assert (call["direction"], call["agent"]) == ("out", AGENT)
    await signs_out(page)


async def test_a_leader_calls_back_from_the_list_of_those_who_gave_up(
    scene: Scene, page: Page, port: int
) -> None:
    api, number = scene.api, "13080008002"
    await at_the_monitor(scene, page)
    caller = await scene.caller(number, "4001")
    await caller.hears_sound(MUSIC, within_s=30)
    caller.hang_up()
    await caller.ended()
    lost = page.get_by_test_id("matter-lost").filter(has_text="130 8000 8002")
    await expect(lost).to_be_visible()
    far = await customer(scene, port, WHO_HANGS_UP)
    await lost.get_by_test_id("lost-mine").click()
    beside = page.get_by_test_id("beside")
    await expect(beside).to_be_visible()
    await expect(beside).to_contain_text("130 8000 8002")  # the ring was answered by itself
    await far.say(CUSTOMER_HZ)
    await hears(page, CUSTOMER_HZ, within_s=30)
    await far.hears(PAGE_HZ)
    assert far.sipp.received[0].startswith(f"INVITE sip:{number}@")
    await page.get_by_test_id("own-end").click()
    (call,) = [one for one in (await api.get("/calls", query="8002"))["calls"] if one["direction"] == "out"]
    await ends(scene, call["id"], far)
    await expect(beside).to_have_count(0)
    await expect(lost).to_have_count(0)
    assert call["agent"] == "leader"
    await signs_out(page)
