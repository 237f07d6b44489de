"""A visitor of another site in a real Chromium calls a real centre by the button, or is told why not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, async_playwright, expect

from huawu.cli.demo import demo_text
from tests.centre.desk_page import EAR_AND_MOUTH, hears
from tests.centre.scene import Scene
from tests.centre.test_tolls import huawu
from tests.support.centre import Api, RunningCentre, eventually, running_centre
from tests.support.other_site import OtherSite, other_site
from tests.support.page_phone import CHROMIUM, FLAGS
from tests.support.tools import until

pytestmark = [pytest.mark.browser, pytest.mark.sip]

AGENT = "1002"
VISITOR_HZ, AGENT_HZ = 440.0, 900.0
WEB = """
web_callers:
  origins: ["{origin}"]
  numbers: ["4000", "4100"]
  per_address: {{minute: 6, hour: 100}}
"""


@pytest.fixture(scope="module")
def shop() -> Iterator[OtherSite]:
    with other_site() as site:
        yield site


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory, shop: OtherSite) -> Iterator[RunningCentre]:
    folder = tmp_path_factory.mktemp("web")
    file = folder / "centre.yaml"
    file.write_text(demo_text() + WEB.format(origin=shop.origin))
    with running_centre(folder / "data") as centre:
        done = huawu(centre, "config", "import", str(file), "--yes")
        assert done.returncode == 0, done.stderr
        yield centre


@pytest.fixture
async def scene(centre: RunningCentre, tmp_path: Path) -> AsyncIterator[Scene]:
    api = Api(centre)
    async with api.http, AsyncExitStack() as stack:
        await until(lambda: "new configuration taken over" in centre.log("centre"), "the button's pages")
        await api.quiet()
        yield Scene(centre, api, tmp_path, stack)


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            tmp_path / "profile",
            executable_path=CHROMIUM,
            args=FLAGS,
            viewport={"width": 390, "height": 844},
            locale="zh-CN",
        )
        page = context.pages[0]
        broken: list[str] = []
        page.on("pageerror", lambda error: broken.append(str(error)))
        yield page
        cookies = await context.cookies()
        await context.close()
    assert not broken, broken
    assert cookies == [], "the button keeps nothing at the visitor's"


def button(centre: RunningCentre, number: str = "4000", more: str = "") -> str:
    return f'<script src="{centre.http}/call.js" data-number="{number}" {more}></script>'


async def opens(page: Page, site: OtherSite, body: str) -> None:
    site.body = body
    await page.goto(site.origin)


def said(page: Page) -> Locator:
    return page.get_by_role("status")


async def newest(api: Api, **values: Any) -> dict[str, Any]:
    """The newest call, once its fields have these values."""

    async def look() -> dict[str, Any] | None:
        calls = (await api.get("/calls", limit=1))["calls"]
        if calls and all(calls[0].get(name) == value for name, value in values.items()):
            return await api.get(f"/calls/{calls[0]['id']}")
        return None

    return await eventually(look, f"a call with {values}", 30)


async def hears_menu(api: Api) -> None:
    """Wait until the newest call is asked to choose."""

    async def look() -> bool:
        calls = (await api.get("/calls", limit=1))["calls"]
        facts = (await api.get(f"/calls/{calls[0]['id']}"))["facts"] if calls else []
        return any(fact["kind"] == "prompt" and "menu" in fact["prompts"] for fact in facts)

    await eventually(look, "the menu", 30)


async def test_a_visitor_calls_chooses_from_the_menu_and_talks_with_an_agent(
    scene: Scene, page: Page, shop: OtherSite
) -> None:
    agent = await scene.agent(AGENT)
    await page.add_init_script(EAR_AND_MOUTH % VISITOR_HZ)
    await opens(page, shop, button(scene.centre))
    await page.get_by_role("button", name="语音通话").click()
    await expect(said(page)).to_have_text("通话中")
    await page.get_by_role("button", name="按键", exact=True).click()
    await hears_menu(scene.api)
    await page.get_by_role("button", name="按键 1").click()
    await until(lambda: "INVITE" in agent.sipp.messages, "the agent's phone to ring", 60)
    await agent.say(AGENT_HZ)
    await agent.hears(VISITOR_HZ, within_s=60)
    await hears(page, AGENT_HZ)

    call = await newest(scene.api, state="talking")
    host = shop.origin.partition("//")[2]
    assert (call["caller"], call["caller_name"], call["number"]) == ("", f"web {host}", "4000")
    facts = {fact["kind"]: fact for fact in call["facts"]}
    assert facts["offered"]["page"] == shop.origin
    assert facts["keys"]["digits"] == "1"

    await page.get_by_role("button", name="静音").click()
    await expect(said(page)).to_contain_text("对方听不到您")
    await until(lambda: not agent.ear.hears(VISITOR_HZ), "silence from who is muted")
    await page.get_by_role("button", name="取消静音").click()
    await agent.hears(VISITOR_HZ)

    await page.get_by_role("button", name="挂断").click()
    await expect(said(page)).to_have_text("通话已结束")
    await agent.ended()
    ended = await newest(scene.api, state="ended")
    assert next(fact for fact in ended["facts"] if fact["kind"] == "ended")["by"] == "caller"
    await scene.api.set_state(AGENT, "signed_out")


async def test_a_visitor_who_leaves_the_page_has_left_the_call(
    scene: Scene, page: Page, shop: OtherSite
) -> None:
    await page.add_init_script(EAR_AND_MOUTH % VISITOR_HZ)
    await opens(page, shop, button(scene.centre, "4100", 'data-lang="en" data-label="Talk to us"'))
    await page.get_by_role("button", name="Talk to us").click()
    await expect(said(page)).to_have_text("On the line")
    await hears(page, VISITOR_HZ, within_s=30)
    before = await newest(scene.api, ended_ms=None)
    await opens(page, shop, "")
    ended = await newest(scene.api, id=before["id"], state="ended")
    assert not [fact for fact in ended["facts"] if fact["kind"] == "line_away"]


async def test_a_page_of_another_site_is_told_that_it_may_not_call(scene: Scene, page: Page) -> None:
    await page.add_init_script(EAR_AND_MOUTH % VISITOR_HZ)
    with other_site(button(scene.centre), host="localhost") as thief:
        await page.goto(thief.origin)
        await page.get_by_role("button", name="语音通话").click()
        await expect(said(page)).to_contain_text("本网站不能从网页呼叫这里")


async def test_what_is_in_the_way_is_said_in_words(scene: Scene, page: Page, shop: OtherSite) -> None:
    await opens(page, shop, button(scene.centre, "4001"))
    press = page.get_by_role("button", name="语音通话")
    await press.click()
    await expect(said(page)).to_contain_text("这个号码不能从网页呼叫")

    refuses = """() => {
        navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', '%s') }
    }"""
    for name, words in (("NotAllowedError", "麦克风未获允许"), ("NotFoundError", "没有找到麦克风")):
        await page.evaluate(refuses % name)
        await page.get_by_role("button", name="再次呼叫").click()
        await expect(said(page)).to_contain_text(words)
    await page.get_by_role("button", name="关闭").click()
    await expect(press).to_be_focused()


async def test_who_calls_too_often_is_told_to_wait(scene: Scene, page: Page, shop: OtherSite) -> None:
    await page.add_init_script(EAR_AND_MOUTH % VISITOR_HZ)
    await opens(page, shop, button(scene.centre, "4100"))
    await page.get_by_role("button", name="语音通话").click()
    for _ in range(7):
        await expect(said(page)).to_have_text("通话中")
        await page.get_by_role("button", name="挂断").click()
        await expect(said(page)).to_have_text("通话已结束")
        await page.get_by_role("button", name="再次呼叫").click()
        await expect(said(page)).not_to_contain_text("请允许")
        await expect(said(page)).not_to_contain_text("正在")
        if "次数较多" in await said(page).inner_text():
            break
    await expect(said(page)).to_contain_text("您刚才呼叫次数较多")
    await expect(said(page)).to_contain_text("后再试")
