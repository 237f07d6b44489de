"""Beside the usual call at an agent's page: a network that goes, a message to work on, a call dialled out."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, async_playwright, expect

from tests.centre.desk_page import desk_page, hears, signs_in, signs_out
from tests.centre.scene import Scene
from tests.centre.test_desk_moves import dials, takes
from tests.centre.test_services import message_of
from tests.support.tools import until

pytestmark = [pytest.mark.browser, pytest.mark.sip]

AGENT, COLLEAGUE = "1006", "1005"
CALLER_HZ, AGENT_HZ, COLLEAGUE_HZ = 900.0, 440.0, 1_500.0


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with (
        async_playwright() as playwright,
        desk_page(playwright, tmp_path / "agent", AGENT_HZ) as page,
    ):
        yield page


class Cable:
    """What lies between a page and the centre; `pull` cuts what runs through it."""

    def __init__(self, to: int) -> None:
        self.to = to
        self._ends: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._pulled = False
        self.port = 0

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._pulled:
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.to)
        self._ends |= {writer, far_writer}
        await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))

    @staticmethod
    async def _carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await source.read(65_536):
                sink.write(piece)
                await sink.drain()
        sink.close()

    def pull(self) -> None:
        self._pulled = True
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()

    def plug_in(self) -> None:
        self._pulled = False


@asynccontextmanager
async def cable(to: int) -> AsyncIterator[Cable]:
    one = Cable(to)
    server = await asyncio.start_server(one.connect, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        one.pull()
        server.close()
        await server.wait_closed()


async def telephone_cable(page: Page, stack: AsyncExitStack) -> Cable:
    """The page's SIP runs through a cable of its own, to wherever the centre tells it to connect."""
    line = await stack.enter_async_context(cable(0))

    async def told(route: Route) -> None:
        answer = await route.fetch()
        given = await answer.json()
        if answer.ok and "websocket" in given:
            line.to = port_of(given["websocket"])
            given["websocket"] = f"ws://127.0.0.1:{line.port}"
        await route.fulfill(response=answer, json=given)

    await page.route("**/api/v1/phone", told)
    return line


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2].partition("/")[0])


async def test_the_network_goes_and_comes_back_in_mid_call(scene: Scene, page: Page) -> None:
    number = "13800000821"
    async with cable(port_of(scene.centre.http)) as line, AsyncExitStack() as stack:
        lines = [line, await telephone_cable(page, stack)]
        await signs_in(scene, page, AGENT, at=f"http://127.0.0.1:{line.port}")
        await page.get_by_test_id("go-ready").click()
        await scene.api.agent_is(AGENT, "ready")
        caller = await scene.caller(number, scene.centre.numbers["queue"])
        await caller.say(CALLER_HZ)
        await takes(page)
        await hears(page, CALLER_HZ)
        for one in lines:
            one.pull()
        await expect(page.get_by_test_id("connection")).to_be_visible()
        await expect(page.get_by_test_id("phone-light")).to_contain_text("断")
        await page.wait_for_timeout(2_000)
        for one in lines:
            one.plug_in()
        await expect(page.get_by_test_id("phone-light")).to_contain_text(
            re.compile("话机正常|通话质量"), timeout=40_000
        )
        await expect(page.get_by_test_id("connection")).to_have_count(0, timeout=30_000)
        await expect(page.get_by_test_id("line-state")).to_have_text("通话中")
        await hears(page, CALLER_HZ)
        await caller.hears(AGENT_HZ)
        await page.keyboard.press("F9")
        await scene.api.fact_of(number, "survey_began")
        caller.hang_up()
        await caller.ended()
        assert len((await scene.api.get("/calls", query=number))["calls"]) == 1
        await signs_out(page)


async def test_a_message_is_given_heard_and_done_on_the_page(scene: Scene, page: Page) -> None:
    number, api = "13800000822", scene.api
    await signs_in(scene, page, AGENT)
    caller = await scene.caller(number, "4003")
    await api.fact_of(number, "voicemail_began", within_s=40)
    await caller.say(CALLER_HZ)
    heard = len(caller.ear.heard)
    await until(lambda: len(caller.ear.heard) > heard + 200, "four seconds of speech")
    caller.hang_up()
    await caller.ended()
    await message_of(scene, number)
    await page.get_by_test_id("tab-tasks").click()
    message = page.get_by_test_id("voicemail").filter(has_text="138 0000 0822")
    await expect(message).to_be_visible()
    await message.get_by_test_id("take-voicemail").click()
    sound = message.locator("audio")
    await expect(sound).to_be_visible()
    await sound.evaluate("one => one.play()")
    await page.wait_for_function(
        "() => document.querySelector('[data-test=voicemail] audio').currentTime > 0.3"
    )
    await message.locator("input").fill("已回电，问题解决。")
    await message.get_by_text("完成").click()
    await expect(message).to_have_count(0)
    done = (await api.get("/voicemails", state="done"))["voicemails"]
    assert [one["note"] for one in done if one["caller"] == number] == ["已回电，问题解决。"]
    await signs_out(page)


async def test_a_colleague_is_dialled_and_a_number_that_may_not_be_is_told_beforehand(
    scene: Scene, page: Page
) -> None:
    await signs_in(scene, page, AGENT)
    colleague = await scene.agent(COLLEAGUE)
    await page.get_by_test_id("tab-dial").click()
    await page.get_by_test_id("dial-number").fill("0085212345678")
    await expect(page.get_by_test_id("dial-hint")).not_to_have_text("")
    await expect(page.get_by_test_id("dial-call")).to_be_disabled()
    await scene.api.set_state(AGENT, "break")
    await dials(page, COLLEAGUE)
    await expect(page.get_by_test_id("line-state")).to_have_text("通话中")
    await colleague.say(COLLEAGUE_HZ)
    await hears(page, COLLEAGUE_HZ)
    await colleague.hears(AGENT_HZ)
    await page.keyboard.press("F9")
    await colleague.ended()
    await scene.api.agent_is(AGENT, "break")
    await signs_out(page)
