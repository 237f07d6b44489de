"""Inspection by page at a real centre: a real call is judged, inspected, appealed against and decided."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.inspecting import answer
from tests.browser.test_real_centre import a_scene, aside
from tests.support.centre import RunningCentre, eventually

pytestmark = [pytest.mark.browser, pytest.mark.sip]

CALLER = "01306000"
TALK_S = 5
SLOW_MS = 60_000


async def have_a_call(centre: RunningCentre, folder: Path) -> None:
    """The caller speaks and is left in silence; judged when it is over."""
    async with a_scene(centre, folder) as scene:
        agent = await scene.agent("1001")
        caller = await scene.caller(CALLER, centre.numbers["queue"])
        await caller.say(400)
        await agent.hears(400)
        await asyncio.sleep(TALK_S)
        caller.hang_up()
        await caller.ended()
        await agent.ended()
        call = await scene.api.call_from(CALLER, state="ended")
        await scene.api.set_state("1001", "signed_out")  # else the phone that goes is the newer news
        path = f"/calls/{call['id']}/assessment"

        async def judged() -> bool:
            return (await scene.api.http.get(path)).is_success

        await eventually(judged, "the call to be judged", 60)


def enter(page: Page, centre: RunningCentre, user: str, path: str) -> None:
    person = centre.person(user)
    page.goto(f"{centre.http}{path}")
    page.locator("#user").fill(person.user)
    page.locator("#password").fill(person.password)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"^[^?]*{re.escape(path)}"), timeout=SLOW_MS)


def leave(page: Page) -> None:
    page.get_by_test_id("sign-out").click()
    expect(page).to_have_url(re.compile(r"/sign-in"))


def test_a_real_call_is_judged_inspected_and_appealed_against(
    page: Page, demo_centre: RunningCentre, tmp_path: Path
) -> None:
    aside(have_a_call(demo_centre, tmp_path / "call"))
    enter(page, demo_centre, "inspector", "/quality/calls")
    page.goto(f"{demo_centre.http}/quality/calls?order=newest&days=1")
    row = page.get_by_test_id("judged-call").filter(has_text=CALLER).first
    row.get_by_test_id("inspect").click(timeout=SLOW_MS)
    form = page.get_by_test_id("inspection-form")
    # what the machine holds to be kept may be overruled, with a reason
    form.get_by_test_id("show-kept").click(timeout=SLOW_MS)
    kept = form.locator('[data-rule="open.third-ring"]')
    kept.get_by_test_id("overrule").click()
    page.keyboard.type("响了四声才接。")
    expect(kept.get_by_test_id("rule-breach")).to_have_attribute("aria-pressed", "true")
    answer(form)
    form.get_by_test_id("comment").fill("静默前先说明。")
    form.get_by_test_id("submit-tell").click()
    expect(form.get_by_test_id("inspection-state")).to_contain_text("已告知", timeout=SLOW_MS)
    address = page.url
    leave(page)

    enter(page, demo_centre, "1001", "/desk")
    news = page.get_by_test_id("news-open")
    expect(news).to_contain_text("质检了您的一通通话", timeout=SLOW_MS)
    news.click()
    expect(page).to_have_url(re.compile(r"/quality/mine$"))
    expect(page.get_by_test_id("my-inspection").first).to_contain_text("申诉截止", timeout=SLOW_MS)
    page.goto(address)
    page.get_by_test_id("appeal-begin").click(timeout=SLOW_MS)
    page.get_by_test_id("appeal-item").first.check()
    page.get_by_test_id("appeal-text").fill("当时系统没有反应。")
    page.get_by_test_id("appeal-send").click()
    expect(page.get_by_test_id("inspection-state")).to_contain_text("申诉中", timeout=SLOW_MS)
    leave(page)

    enter(page, demo_centre, "manager", "/quality/appeals")
    mine = page.get_by_test_id("appeal-row").filter(has_text="当时系统没有反应。")
    mine.locator("a.open").click(timeout=SLOW_MS)
    page.get_by_test_id("decide-upheld").first.check(timeout=SLOW_MS)
    page.get_by_test_id("decide-reason").fill("复听录音，静默没有说明。")
    page.get_by_test_id("decide-send").click()
    expect(page.get_by_test_id("outcome")).to_contain_text("维持", timeout=SLOW_MS)
