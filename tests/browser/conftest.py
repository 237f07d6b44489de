"""A real Chromium for each file of tests, and the centre whose pages it opens."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.tools import PATIENCE_S, free_port

expect.set_options(timeout=PATIENCE_S * 1000)

CHROMIUM = Path(os.environ.get("HUAWU_TEST_CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]
ROOT = Path(__file__).parents[2]
UI = ROOT / "ui"


@dataclass(frozen=True, kw_only=True)
class Centre:
    """Where the pages are, and someone who may sign in."""

    url: str
    user: str
    password: str


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A Chromium for the tests of a file.

    Not for more: Playwright's loop would stay in the way of asyncio tests in other files.
    """
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: install Debian's package chromium (apt-get install chromium)")
    with sync_playwright() as playwright:
        playwright.selectors.set_test_id_attribute("data-test")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page with an empty profile of its own; any script error in it fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
    context.set_default_timeout(PATIENCE_S * 1000)
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    yield page
    context.close()
    assert not broken, broken


@pytest.fixture(scope="session")
def centre() -> Iterator[Centre]:
    """The centre named by HUAWU_TEST_URL, _USER and _PASSWORD; without it, the pages' own mock centre."""
    url = os.environ.get("HUAWU_TEST_URL")
    if url:
        yield Centre(
            url=url.rstrip("/"),
            user=os.environ["HUAWU_TEST_USER"],
            password=os.environ["HUAWU_TEST_PASSWORD"],
        )
        return
    node, vite = _node(), UI / "node_modules/vite/bin/vite.js"
    if node is None:
        pytest.fail("there is no Node.js: make check finds or installs one")
    if not vite.exists() or not (ROOT / "src/huawu/web/static/index.html").exists():
        pytest.fail("the pages are not built: make check builds them (or, in ui/, npm ci && npm run build)")
    port = free_port()
    command = [
        node,
        str(vite),
        "preview",
        "--mode",
        "mock",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--strictPort",
    ]
    with subprocess.Popen(command, cwd=UI, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url, server)
            yield Centre(url=url, user="leader", password="huawu-demo")
        finally:
            server.terminate()


def _node() -> str | None:
    """The system's Node.js, or the one that `make check` put into the virtual environment."""
    return shutil.which("node") or shutil.which("node", path=str(ROOT / ".venv/bin"))


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if server.poll() is not None:
            pytest.fail(f"the mock centre ended with {server.returncode} before it answered")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the mock centre does not answer at {url}")
