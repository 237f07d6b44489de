"""A telephone in a page: JsSIP in a real Chromium, whose microphone is a tone and whose ear is a spectrum."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import http.server
import os
import shutil
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright

from tests.support.tools import PATIENCE_S, until

ROOT = Path(__file__).parents[3]
CHROMIUM = Path(os.environ.get("HUAWU_TEST_CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]
NEAR_HERTZ = 25.0
"""A bin of the page's spectrum at 48 kHz."""


@contextlib.contextmanager
def served_page(folder: Path) -> Iterator[str]:
    """The page, bundled and served on the loopback; its address."""
    bundler = ROOT / "ui/node_modules/rolldown/bin/cli.mjs"
    node = shutil.which("node") or shutil.which("node", path=str(ROOT / ".venv/bin"))
    if node is None or not bundler.exists():
        pytest.fail("there is no Node.js or no bundler: make check installs both (or, in ui/, npm ci)")
    script = Path(__file__).parent / "phone.js"
    subprocess.run(
        [node, str(bundler), str(script), "-o", str(folder / "phone.js"), "--format", "iife"],
        check=True,
        capture_output=True,
        timeout=60,
    )
    (folder / "index.html").write_text("<!doctype html><title>phone</title><script src=phone.js></script>")
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder))
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/index.html"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing to say."""


class PagePhone:
    """One page. What it was told in order is in `events`."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self._options: dict[str, Any] = {}

    async def register(
        self,
        websocket: str,
        user: str,
        *,
        hertz: float,
        password: str = "secret",
        realm: str = "huawu",
        answers: bool = True,
        between: int = 0,
        **more: Any,
    ) -> None:
        """Open the page and register; it takes calls by itself if it `answers`.

        Its media goes to the port `between` instead of the switch's own. JsSIP is told `more`.
        """
        self._options = {
            "websocket": websocket,
            "user": user,
            "password": password,
            "realm": realm,
            "hertz": hertz,
            "answers": answers,
            "between": between,
            **more,
        }
        await self.open()

    async def open(self) -> None:
        """Load the page (anew), and register as before."""
        await self.page.goto(self.url)
        await self.page.evaluate("(options) => startPhone(options)", self._options)
        await self.told("registered")

    async def call(self, number: str, *headers: str) -> None:
        await self.page.evaluate("([number, headers]) => phone.call(number, headers)", [number, [*headers]])

    async def do(self, script: str) -> Any:
        """Run a script in the page; `phone` is the phone, `phone.session` its call."""
        return await self.page.evaluate(script)

    async def told(self, what: str, within_s: float = PATIENCE_S) -> None:
        """Wait until JsSIP told this."""

        async def look() -> bool:
            return any(one.startswith(what) for one in await self.events())

        await _eventually(look, f"the page to tell {what!r}", within_s, self.events)

    async def events(self) -> list[str]:
        told: list[str] = await self.page.evaluate("window.phone ? phone.events : []")
        return told

    async def changes(self, script: str, before: Any, within_s: float = PATIENCE_S) -> None:
        """Wait until a script gives something else."""

        async def look() -> bool:
            return bool(await self.page.evaluate(script) != before)

        async def instead() -> Any:
            return before

        await _eventually(look, f"{script} to change", within_s, instead)

    async def hears(self, hertz: float, within_s: float = PATIENCE_S) -> None:
        """Wait until this tone is the loudest; 0 = silence."""
        heard: list[float] = []

        async def look() -> bool:
            heard.append(float(await self.page.evaluate("phone.heard()")))
            return abs(heard[-1] - hertz) < NEAR_HERTZ

        async def instead() -> list[float]:
            return heard[-5:]

        await _eventually(look, f"the page to hear {hertz} Hz", within_s, instead)


async def _eventually(look: Any, what: str, within_s: float, instead: Any) -> None:
    loop = asyncio.get_running_loop()
    due = loop.time() + within_s
    while not await look():
        if loop.time() > due:
            pytest.fail(f"waited {within_s:.0f} s in vain for {what}; instead: {await instead()}")
        await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def chromium(folder: Path, url: str, *, pages: int = 1) -> AsyncIterator[list[PagePhone]]:
    """One Chromium with so many pages; an error of a script in one fails the test."""
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: install Debian's package chromium (apt-get install chromium)")
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            folder / "profile", executable_path=CHROMIUM, args=FLAGS
        )
        broken: list[str] = []
        phones = []
        for _ in range(pages):
            page = await context.new_page()
            page.on("pageerror", lambda error: broken.append(str(error)))
            phones.append(PagePhone(page, url))
        try:
            yield phones
        finally:
            await context.close()
    assert not broken, broken


__all__ = ["PagePhone", "chromium", "served_page", "until"]
