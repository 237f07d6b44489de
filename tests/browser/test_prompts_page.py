"""Prompts are recorded, uploaded and brought back in the browser, and callers hear each; a secret as well."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser import settings_journeys as journeys
from tests.browser.test_real_centre import a_scene, aside
from tests.centre.test_settings import recording
from tests.support.centre import RunningCentre, running_centre
from tests.support.register import Refused, register
from tests.support.tools import free_port

pytestmark = [pytest.mark.browser, pytest.mark.sip]

CALLER = "13800007802"
UPLOADED_HZ = 1_300.0
RECORDED_MS = 2_500
"""Chromium's false microphone beeps once a second."""
FRAME_MS = 20
SHIPPED_MS = 5_400


def test_a_prompt_is_recorded_uploaded_brought_back_and_heard_each_time(page: Page, tmp_path: Path) -> None:
    with running_centre(tmp_path / "centre") as centre:
        admin = centre.person("admin")
        journeys.open_settings(page, centre.http, admin.user, admin.password, "prompts/zh:welcome")
        page.get_by_test_id("record").click()
        expect(page.get_by_role("meter")).to_be_visible()
        page.wait_for_timeout(RECORDED_MS)
        page.get_by_test_id("stop").click()
        page.get_by_test_id("use-recording").click()
        expect(page.get_by_test_id("prompt-done")).to_contain_text("下一位来电方就会听到")
        expect(page.get_by_test_id("prompt-detail")).to_contain_text("当前生效")
        expect(page.get_by_test_id("prompt").filter(has_text=re.compile("欢迎语.*zh.*自有"))).to_be_visible()
        aside(call_and_listen(centre, tmp_path / "call"))

        tone: FilePayload = {"name": "long.wav", "mimeType": "audio/wav", "buffer": recording(UPLOADED_HZ)}
        page.locator("input[type=file]").set_input_files(tone)
        versions = page.get_by_test_id("prompt-detail").locator("li.version")
        expect(versions).to_have_count(2)
        aside(call_and_hear(centre, tmp_path / "uploaded", UPLOADED_HZ))
        versions.get_by_role("button", name="退回").click()
        recorded = versions.filter(has_text=re.compile(r"(^|\s)1 · "))
        expect(recorded).to_contain_text("当前生效")
        aside(call_and_listen(centre, tmp_path / "recorded"))
        for _ in range(2):  # the second press is the answer to “sure?”
            page.get_by_test_id("remove-prompt").click()
        expect(page.get_by_test_id("remove-prompt")).to_have_count(0)
        aside(call_and_hear(centre, tmp_path / "shipped", "welcome"))
        a_phone_is_given_a_new_secret(page, centre, "1004")


def a_phone_is_given_a_new_secret(page: Page, centre: RunningCentre, phone: str) -> None:
    """After a second press; the old one ends."""
    page.goto(f"{centre.http}/settings/endpoints/{phone}")
    button = page.get_by_test_id("new-secret")
    button.click()
    expect(button).to_contain_text("旧密码将失效")
    button.click()
    secret, old = page.get_by_test_id("secret").inner_text(), centre.person(phone).sip_password
    assert secret != old
    aside(registers(centre, phone, secret, turns=5))
    with pytest.raises(Refused):
        aside(registers(centre, phone, old))


async def registers(centre: RunningCentre, phone: str, secret: str, turns: int = 1) -> None:
    """A phone registers by this secret, and forgets it again; `turns` as for `register`."""
    port = free_port()
    for expires in (60, 0):
        await register(port, phone, secret, centre.sip_port, expires=expires, turns=turns)


async def call_and_hear(centre: RunningCentre, folder: Path, what: float | str) -> None:
    async with a_scene(centre, folder) as scene:
        caller = await scene.caller(CALLER, centre.numbers["menu"])
        await (caller.hears(what) if isinstance(what, float) else caller.hears_sound(what))
        caller.hang_up()
        await caller.ended()


async def call_and_listen(centre: RunningCentre, folder: Path) -> None:
    """The shipped welcome lasts 5.4 s; the recorded one is over much earlier, then the menu is heard."""
    async with a_scene(centre, folder) as scene:
        caller = await scene.caller(CALLER, centre.numbers["menu"])
        await caller.hears_sound("menu")
        assert len(caller.ear.heard) * FRAME_MS < SHIPPED_MS
        caller.hang_up()
        await caller.ended()
