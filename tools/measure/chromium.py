"""Debian's Chromium for the bench, and agents' own pages in it: signed in, their phones registered."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, sync_playwright
from tools.measure.centre import BenchFailed

CHROMIUM = Path(os.environ.get("HUAWU_TEST_CHROMIUM", "/usr/bin/chromium"))
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)
"""The microphone beeps once a second; nobody is asked whether it may be used."""
PATIENCE_MS = 60_000


@contextlib.contextmanager
def chromium(count: int = 1) -> Iterator[list[Browser]]:
    """So many browsers; gone afterwards with all their pages. Raises BenchFailed where there is none."""
    if not CHROMIUM.exists():
        raise BenchFailed(f"{CHROMIUM} is missing: install the package chromium")
    with sync_playwright() as playwright, contextlib.ExitStack() as stack:
        playwright.selectors.set_test_id_attribute("data-test")
        browsers = []
        for _ in range(count):
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            stack.callback(browser.close)
            browsers.append(browser)
        yield browsers


def a_page(browser: Browser, script: str = "") -> Page:
    """A page with a profile of its own, as on another machine; `script` runs in it before its own."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="zh-CN", reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE_MS)
    if script:
        context.add_init_script(script)
    return context.new_page()


def sign_in(page: Page, http: str, user: str, password: str, home: str) -> None:
    """From the sign-in page to the page where this person's day begins."""
    page.goto(f"{http}/sign-in")
    page.locator("#user").fill(user)
    page.locator("#password").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{home}")


def browsers_seconds() -> float:
    """CPU seconds that all programs below this one named after Chromium have taken so far."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if "chrom" in process.name():
                times = process.cpu_times()
                total += times.user + times.system
    return total
