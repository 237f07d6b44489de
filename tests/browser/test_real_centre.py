"""The pages in a real Chromium, against a real centre that has just had a real call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import journeys
from tests.browser.workbooks import workbook_rows
from tests.centre.scene import Scene
from tests.support.centre import Api, RunningCentre

pytestmark = [pytest.mark.browser, pytest.mark.sip]

CALLER = "13800000801"
TALK_S = 6


def aside(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine in a thread of its own: Playwright's loop runs in this one."""
    trouble: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work)
        except BaseException as error:
            trouble.append(error)

    thread = Thread(target=run)
    thread.start()
    thread.join()
    if trouble:
        raise trouble[0]


@asynccontextmanager
async def a_scene(centre: RunningCentre, folder: Path) -> AsyncIterator[Scene]:
    folder.mkdir(exist_ok=True)
    api = Api(centre)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(api.http)
        await api.quiet()
        yield Scene(centre, api, folder, stack)


async def have_a_call(
    centre: RunningCentre, folder: Path, meanwhile: Callable[[], None] | None = None
) -> None:
    """A caller talks with agent 1001 for some seconds."""
    async with a_scene(centre, folder) as scene:
        agent = await scene.agent("1001")
        caller = await scene.caller(CALLER, centre.numbers["queue"])
        await caller.say(400)
        await agent.say(900)
        await agent.hears(400)
        await asyncio.sleep(TALK_S)
        caller.hang_up()
        await caller.ended()
        await scene.api.call_from(CALLER, state="ended")


@pytest.fixture(scope="module")
def called_centre(demo_centre: RunningCentre, tmp_path_factory: pytest.TempPathFactory) -> RunningCentre:
    """A centre with an answered, recorded call on record."""
    aside(have_a_call(demo_centre, tmp_path_factory.mktemp("call")))
    return demo_centre


JOURNEYS = [
    journeys.sign_in,
    journeys.refused_with_wrong_password,
    journeys.wallboard_survives_a_lost_connection,
    journeys.missing_call_is_told,
    journeys.language_and_theme_are_kept,
    journeys.the_browsers_language_is_spoken_until_another_is_chosen,
    journeys.pages_fit_a_phone,
    journeys.every_control_has_a_name,
]
"""Those that ask for no simulated callers."""


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.__name__)
def test_journey(
    journey: Callable[[Page, str, str, str], None], page: Page, called_centre: RunningCentre
) -> None:
    leader = called_centre.person("leader")
    journey(page, called_centre.http, leader.user, leader.password)


def test_the_wallboard_moves_when_a_call_comes_in(
    page: Page, called_centre: RunningCentre, tmp_path: Path
) -> None:
    leader = called_centre.person("leader")
    journeys.sign_in(page, called_centre.http, leader.user, leader.password)
    seat = page.get_by_test_id("agent").filter(has_text="林晓雨")
    page.evaluate("window.seen = []; window.stayed = true")
    page.evaluate(
        """() => new MutationObserver(() => {
            for (const seat of document.querySelectorAll('[data-test=agent]'))
                if (seat.innerText.includes('林晓雨')) {
                    const state = seat.querySelector('.state').innerText
                    if (window.seen.at(-1) !== state) window.seen.push(state)
                }
        }).observe(document.body, {subtree: true, childList: true, characterData: true})"""
    )
    aside(have_a_call(called_centre, tmp_path / "call"))
    expect(seat).to_be_visible()
    page.wait_for_function("() => window.seen.some(state => /通话/.test(state))")
    page.wait_for_function("() => !/通话/.test(window.seen.at(-1))")
    assert page.evaluate("window.stayed") is True


def test_a_real_call_is_taken_away_in_a_file_and_the_audit_keeps_it(
    page: Page, called_centre: RunningCentre
) -> None:
    manager = called_centre.person("manager")
    page.goto(f"{called_centre.http}/calls?q={CALLER}")
    page.locator("#user").fill(manager.user)
    page.locator("#password").fill(manager.password)
    page.keyboard.press("Enter")
    page.get_by_test_id("call").first.wait_for()
    with page.expect_download() as downloading:
        page.get_by_test_id("export").click()
    head, *lines = workbook_rows(downloading.value.path())
    assert {line[head.index("来电")] for line in lines} == {CALLER}
    assert {line[head.index("坐席")] for line in lines} == {"林晓雨"}
    kept = page.request.get(f"{called_centre.http}/api/v1/audit?what=list_exported").json()["entries"][0]
    assert (kept["by"], kept["subject"], kept["detail"]["rows"]) == (manager.user, "calls", len(lines))
    assert CALLER not in str(kept)


def test_the_recording_of_a_real_call_plays(page: Page, called_centre: RunningCentre) -> None:
    leader = called_centre.person("leader")
    journeys.sign_in(page, called_centre.http, leader.user, leader.password)
    page.goto(f"{called_centre.http}/calls?q={CALLER}")
    row = page.get_by_test_id("call").first
    row.wait_for()
    expect(row).to_contain_text("林晓雨")
    row.locator(".to-call").click()
    lanes = page.get_by_test_id("lanes")
    expect(lanes).to_be_visible()
    expect(page.get_by_test_id("talk").first).to_be_visible()
    expect(page.get_by_test_id("fact").first).to_be_visible()
    page.get_by_test_id("play").click()
    page.wait_for_function(
        """async () => {
            const head = () => parseFloat(document.querySelector('[data-test=playhead]').style.left)
            const first = head()
            await new Promise(done => setTimeout(done, 500))
            return head() > first
        }""",
    )
    expect(page.get_by_test_id("position")).not_to_have_text("0:00")
