"""Somebody new signs in: a password of one's own first, then the code that the role asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from huawu.accounts.totp import code_at
from huawu.cli.demo import demo_text
from tests.support.centre import RunningCentre, describe, running_centre
from tests.support.tools import wait_until

pytestmark = [pytest.mark.browser]

CHOSEN = "a-password-of-my-own"


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[RunningCentre]:
    """The demo, in which trainers need a code besides their password."""
    with running_centre(tmp_path / "data") as centre:
        describe(centre.folder, demo_text() + "\nsecurity: {second_factor: [trainer]}\n")
        wait_until(lambda: "new configuration taken over" in centre.log("centre"), "the setting")
        yield centre


def test_a_first_password_and_a_missing_code_are_seen_to_before_the_first_page(
    page: Page, centre: RunningCentre
) -> None:
    first = httpx.post(
        f"{centre.http}/api/v1/people",
        json={"user": "teacher", "name": "周老师", "role": "trainer"},
        headers={"Authorization": f"Bearer {centre.token}"},
        trust_env=False,
    ).json()["password"]
    _sign_in(page, centre, first)
    expect(page).to_have_url(re.compile("/first-steps"))
    page.goto(f"{centre.http}/calls")
    expect(page).to_have_url(re.compile("/first-steps"))
    expect(page.locator("#old")).to_be_focused()
    for old, chosen, again, why in (
        (first, CHOSEN, "another one", "不一样"),
        ("a guess of mine", CHOSEN, CHOSEN, "原密码不对"),
        (first, "short", "short", "至少要 8 个字符"),
        (first, first, first, "与原密码相同"),
    ):
        page.locator("#old").fill(old)
        page.locator("#chosen").fill(chosen)
        page.locator("#again").fill(again)
        page.keyboard.press("Enter")
        expect(page.get_by_test_id("trouble")).to_contain_text(why)
    page.locator("#chosen").fill(CHOSEN)
    page.locator("#again").fill(CHOSEN)
    page.keyboard.press("Enter")

    expect(page.locator("#code")).to_be_focused()
    picture = page.get_by_test_id("qr")
    expect(picture).to_be_visible()
    assert picture.evaluate("each => each.decode().then(() => each.naturalWidth > 0)"), "it is drawn"
    secret = page.get_by_test_id("secret")
    expect(secret).to_have_text(re.compile(r"[A-Z2-7 ]{16,}"))
    key = secret.inner_text().replace(" ", "")
    page.locator("#code").fill("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("trouble")).to_contain_text("验证码不对")
    page.locator("#code").fill(code_at(key, int(page.evaluate("Date.now()") // 30_000)))
    page.keyboard.press("Enter")
    codes = page.get_by_test_id("recovery").locator("li")
    expect(codes).to_have_count(10)
    spare = codes.first.inner_text()
    page.get_by_role("button", name="已抄好").click()
    expect(page).to_have_url(re.compile("/standard"))

    page.context.clear_cookies()
    _sign_in(page, centre, CHOSEN)
    expect(page.locator("#code")).to_be_focused()
    page.locator("#code").fill("123456")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("trouble")).to_contain_text("验证码不对")
    page.locator("#code").fill(spare)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/standard"))


def _sign_in(page: Page, centre: RunningCentre, password: str) -> None:
    page.goto(f"{centre.http}/sign-in")
    page.locator("#user").fill("teacher")
    page.locator("#password").fill(password)
    page.keyboard.press("Enter")
