"""Pictures of every page: wide and narrow, light and dark, Chinese and English; in docs/screenshots/pages.

    python tools/pictures.py [name ...]      # some scenes only

Against the pages' own mock centre, so that only Node.js and Chromium are needed and every picture has
something to show. The pages must have been built (in ui/: npm run build). Names:
scene-width[-dark][-en].webp.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
UI, PICTURES = ROOT / "ui", ROOT / "docs/screenshots/pages"
CHROMIUM = os.environ.get("HUAWU_TEST_CHROMIUM", "/usr/bin/chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)
SIZES = ((1280, 800), (390, 844))
LANGUAGES = ("zh-CN", "en")
QUALITY = 55
PATIENCE_MS = 60_000
PASSWORD = "huawu-demo"


@dataclass(frozen=True, slots=True)
class Scene:
    """What is on the picture: who looks, where, and what they do before it is taken.

    `at` names what a picture shows in its middle, else the top of the page.
    """

    name: str
    user: str
    path: str
    prepare: Callable[[Page], None] = lambda page: None
    at: str = ""


# ── What people do first ──────────────────────────────────────────────────────────────────────────


def ready(page: Page) -> None:
    page.get_by_test_id("go-ready").click()
    page.get_by_test_id("offer").wait_for()


def talk(page: Page) -> None:
    ready(page)
    page.keyboard.press("F2")
    expect(page.get_by_test_id("do-hold")).to_be_enabled(timeout=PATIENCE_MS)
    page.get_by_test_id("notes").fill("订单尾号 8021，要求改签到明天上午。")


def wrap_up(page: Page) -> None:
    talk(page)
    page.keyboard.press("F9")
    page.get_by_test_id("wrap-clock").wait_for()


def click(test_id: str, then: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.get_by_test_id(test_id).first.click()
        page.get_by_test_id(then).first.wait_for()

    return act


def shown(test_id: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_test_id(test_id).first.wait_for()


def owed(page: Page) -> None:
    """The sheet of the queue that owes callbacks, one of them held back."""
    page.get_by_test_id("queue-open").nth(1).click()
    page.get_by_test_id("queue-owed").first.wait_for()


def choosing(page: Page) -> None:
    """Whom to hand a call to."""
    talk(page)
    page.get_by_test_id("do-transfer").click()
    page.get_by_test_id("choice").first.wait_for()


def played(page: Page) -> None:
    page.get_by_test_id("test-play").click()
    page.get_by_test_id("play-call").click()
    page.get_by_test_id("play-waits").wait_for()


def answered_call(page: Page) -> None:
    answered = page.get_by_test_id("call").filter(has_text=re.compile("已接听|Answered"))
    answered.first.locator(".to-call").click()
    page.get_by_test_id("talk").first.wait_for()
    page.get_by_test_id("judged").or_(page.get_by_test_id("unjudged")).wait_for()


def broken_off(page: Page) -> None:
    row = page.get_by_test_id("call").filter(has=page.get_by_label(re.compile("录音不完整|incomplete")))
    row.first.locator(".to-call").click()
    page.get_by_test_id("talk").first.wait_for()


def left_to_be_called_back(page: Page) -> None:
    page.get_by_test_id("call").first.locator(".to-call").click()
    page.get_by_test_id("fact").first.wait_for()


def agreement(page: Page) -> None:
    page.get_by_test_id("round-row").filter(has_text=re.compile("已完成|Complete")).first.locator("a").click()
    page.get_by_test_id("agreement-rule").first.get_by_role("button").click()


def rule(page: Page) -> None:
    page.get_by_test_id("search-book").fill("wait.announce")
    page.get_by_test_id("rule").first.click()
    page.get_by_test_id("threshold-silence").wait_for()


def changed(page: Page) -> None:
    rule(page)
    page.get_by_test_id("threshold-silence").fill("9")
    page.get_by_test_id("threshold-silence").press("Tab")
    page.get_by_test_id("to-try").click()


def tried(page: Page) -> None:
    changed(page)
    page.get_by_test_id("try").click()
    page.get_by_test_id("tried-change").first.wait_for()


def handed_over(page: Page) -> None:
    """By the trainer, once for both languages; seen by a manager."""
    shown("rule")(page)
    if not page.get_by_test_id("proposal").count():
        changed(page)
        page.get_by_test_id("publish-why").fill("三秒太紧，查一次订单要七八秒，改为九秒。")
        page.get_by_test_id("publish").click()
        page.get_by_test_id("take-back").wait_for()
    page.get_by_test_id("sign-out").click()
    sign_in(page, "manager")
    page.goto(re.sub("/[^/]*$", "/standard/try", page.url))
    page.get_by_test_id("take-proposal").wait_for()


def first_thing(page: Page) -> None:
    page.locator("[data-test=settings] h1").first.wait_for()
    things = page.get_by_test_id("thing")
    if things.count():
        things.first.click()


PARTS = (
    *(
        "numbers",
        "calendars",
        "people",
        "queues",
        "skills",
        "breaks",
        "dispositions",
        "warnings",
        "assist",
        "endpoints",
    ),
    *(
        "trunks",
        "outbound",
        "feature_codes",
        "company",
        "security",
        "recordings",
        "lookup",
        "sip",
        "webrtc",
        "web_callers",
    ),
    *("versions", "file"),
)
PLACES = ("inspections", "calls", "appeals", "plans", "rounds", "figures")


def doubted(page: Page) -> None:
    """A step that leads nowhere, which is wrong, and one that nothing leads to, which may be meant so."""
    for kind in ("play", "hang_up"):
        page.get_by_test_id("canvas").locator(".vue-flow__pane").click(position={"x": 5, "y": 5})
        page.get_by_test_id("add-step").select_option(kind)
    page.get_by_test_id("canvas").locator(".vue-flow__pane").click(position={"x": 5, "y": 5})
    page.locator("[data-test=step].wrong").wait_for()


def deciding(page: Page) -> None:
    page.get_by_test_id("appeal-row").first.locator("a.open").click()
    page.get_by_test_id("grounds").first.wait_for()


def form(page: Page) -> None:
    page.get_by_test_id("inspection").first.locator("a.open").click()
    page.get_by_test_id("item").first.wait_for()


def settled(page: Page) -> None:
    page.locator("main h1:visible, main h2:visible").first.wait_for()
    page.wait_for_load_state("networkidle")


SCENES = (
    Scene("sign-in", "", "/sign-in"),
    Scene("desk", "a1001", "/desk", shown("phone-light")),
    Scene("desk-offer", "a1001", "/desk", ready),
    Scene("desk-talk", "a1001", "/desk", talk),
    Scene("desk-transfer", "a1001", "/desk", choosing),
    Scene("desk-wrap-up", "a1001", "/desk", wrap_up),
    Scene("monitor", "leader", "/monitor", shown("queue-row")),
    Scene("monitor-queue", "leader", "/monitor", click("queue-open", "queue-sheet")),
    Scene("monitor-queue-owed", "leader", "/monitor", owed, at="owed"),
    Scene("monitor-seat", "leader", "/monitor", click("seat-open", "seat-sheet")),
    Scene("wallboard", "leader", "/wallboard", shown("queue")),
    Scene("calls", "leader", "/calls", shown("call")),
    Scene("call", "leader", "/calls", answered_call),
    Scene("call-partial", "leader", "/calls", broken_off),
    Scene("calls-callback", "leader", "/calls?outcome=callback", shown("call")),
    Scene("call-callback", "leader", "/calls?outcome=callback", left_to_be_called_back),
    *(Scene(f"quality-{place}", "inspector", f"/quality/{place}", settled) for place in PLACES),
    *(
        Scene(f"quality-{place}-trainer", "trainer", f"/quality/{place}", settled)
        for place in ("plans", "rounds")
    ),
    Scene("quality-decide", "inspector", "/quality/appeals", deciding, at="decide"),
    Scene("quality-form", "inspector", "/quality/inspections", form),
    Scene("quality-round", "inspector", "/quality/rounds", agreement),
    Scene("quality-mine", "a1001", "/quality/mine", settled),
    *(
        Scene(f"standard-{part}", "manager", f"/standard/{part}", settled)
        for part in ("rules", "try", "versions")
    ),
    Scene("standard-rule", "manager", "/standard/rules", rule),
    Scene("standard-tried", "manager", "/standard/rules", tried),
    Scene("standard-handing", "trainer", "/standard/rules", changed),
    Scene("standard-proposal", "trainer", "/standard/rules", handed_over),
    *(Scene(f"settings-{part}", "admin", f"/settings/{part}", first_thing) for part in PARTS),
    Scene("settings-prompts", "admin", "/settings/prompts/zh:welcome", shown("prompt-detail")),
    Scene("settings-flows", "admin", "/settings/flows/main?step=menu", shown("step")),
    Scene("settings-flows-doubt", "admin", "/settings/flows/main", doubted),
    Scene("settings-play", "admin", "/settings/flows/main", played),
)


# ── Taking them ───────────────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def mock_centre() -> Iterator[str]:
    """The built pages with the mock centre behind them; its address."""
    node = shutil.which("node") or shutil.which("node", path=str(ROOT / ".venv/bin"))
    if node is None or not (ROOT / "src/huawu/web/static/index.html").exists():
        sys.exit("Node.js is missing, or the pages are not built: make check does both.")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [node, str(UI / "node_modules/vite/bin/vite.js"), "preview", "--mode", "mock"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--strictPort"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=UI, stdout=quiet, stderr=quiet) as server:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url)
            yield url
        finally:
            server.terminate()


def _wait_for(url: str) -> None:
    until = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=2).close()
            return
        if time.monotonic() > until:
            sys.exit(f"The mock centre does not answer at {url}.")
        time.sleep(0.1)


def sign_in(page: Page, user: str) -> None:
    page.locator("#user").fill(user)
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(re.compile("sign-in"))


def take(browser: Browser, url: str, scene: Scene, language: str) -> None:
    """All pictures of a scene in one language: the page is opened once."""
    context = browser.new_context(
        viewport={"width": SIZES[0][0], "height": SIZES[0][1]},
        locale=language,
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(f"localStorage.setItem('huawu.language', '{language}')")
    page = context.new_page()
    page.goto(url + (scene.path if not scene.user else "/sign-in"))
    if scene.user:
        sign_in(page, scene.user)
        if scene.path not in page.url:
            page.goto(url + scene.path)
    scene.prepare(page)
    page.wait_for_timeout(500)
    camera = context.new_cdp_session(page)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            if scene.at:
                page.get_by_test_id(scene.at).evaluate("part => part.scrollIntoView({ block: 'center' })")
            page.wait_for_timeout(350)
            shot = camera.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
            dark = "-dark" if theme == "dark" else ""
            english = "-en" if language == "en" else ""
            file = PICTURES / f"{scene.name}-{width}{dark}{english}.webp"
            file.write_bytes(base64.b64decode(shot["data"]))
    context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", help="scenes; else all")
    wanted = parser.parse_args().names
    unknown = set(wanted) - {scene.name for scene in SCENES}
    if unknown:
        parser.error(f"no such scene: {', '.join(sorted(unknown))}")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with mock_centre() as url, sync_playwright() as playwright:
        playwright.selectors.set_test_id_attribute("data-test")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for scene in SCENES:
            if not wanted or scene.name in wanted:
                for language in LANGUAGES:
                    take(browser, url, scene, language)
                print(scene.name, flush=True)
        browser.close()
    print(f"{sum(file.stat().st_size for file in PICTURES.glob('*.webp')) / 1e6:.1f} MB in {PICTURES}")


if __name__ == "__main__":
    main()
