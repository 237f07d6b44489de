"""The agent's page in a real Chromium: its voice is a tone, what it plays is looked at as a spectrum."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Page, Playwright, TimeoutError, expect

from tests.centre.scene import Scene
from tests.support.page_phone import CHROMIUM, FLAGS
from tests.support.tools import PATIENCE_S

NEAR_HZ = 30.0

EAR_AND_MOUTH = """(hertz => {
    // the agent's voice is a tone; what the page plays is looked at as a spectrum
    const audio = () => (window.sound ??= new AudioContext())
    navigator.mediaDevices.getUserMedia = async () => {
        const tone = new OscillatorNode(audio(), { frequency: hertz })
        const level = new GainNode(audio(), { gain: 0.3 })
        const mouth = new MediaStreamAudioDestinationNode(audio())
        tone.connect(level).connect(mouth)
        tone.start()
        return mouth.stream
    }
    const Connection = window.RTCPeerConnection
    window.RTCPeerConnection = class extends Connection {
        constructor(...given) {
            super(...given)
            this.addEventListener('track', ({ track, streams }) => {
                const stream = streams[0] ?? new MediaStream([track])
                window.ear = new AnalyserNode(audio(), { fftSize: 2048, smoothingTimeConstant: 0 })
                new MediaStreamAudioSourceNode(audio(), { mediaStream: stream }).connect(window.ear)
            })
        }
    }
    window.heard = () => {
        if (!window.ear) return 0
        const levels = new Float32Array(window.ear.frequencyBinCount)
        window.ear.getFloatFrequencyData(levels)
        let best = 0
        for (let i = 1; i < levels.length; i++) if (levels[i] > levels[best]) best = i
        return levels[best] < -60 ? 0 : best * window.sound.sampleRate / window.ear.fftSize
    }
})(%s)"""


@asynccontextmanager
async def desk_page(playwright: Playwright, folder: Path, hertz: float) -> AsyncIterator[Page]:
    """A browser of its own, whose microphone hears a tone; fails afterwards if the page broke."""
    playwright.selectors.set_test_id_attribute("data-test")
    context = await playwright.chromium.launch_persistent_context(
        folder,
        executable_path=CHROMIUM,
        args=FLAGS,
        viewport={"width": 1280, "height": 800},
        locale="zh-CN",
    )
    await context.add_init_script(EAR_AND_MOUTH % hertz)
    page = context.pages[0]
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    yield page
    await context.close()
    assert not broken, broken


async def hears(page: Page, hertz: float, within_s: float = PATIENCE_S) -> None:
    """Wait until this tone is the loudest in what the page plays."""
    try:
        await page.wait_for_function(
            "([hertz, near]) => Math.abs(window.heard() - hertz) < near",
            arg=[hertz, NEAR_HZ],
            timeout=within_s * 1000,
        )
    except TimeoutError:
        sound = await page.evaluate("[window.heard(), Boolean(window.ear), window.sound?.state]")
        told = [
            await page.get_by_test_id(name).all_inner_texts()
            for name in ("phone-light", "phone-matter", "line-state")
        ]
        raise AssertionError(f"not {hertz} Hz: level, track, clock {sound}; the page says {told}") from None


async def signs_in(scene: Scene, page: Page, user: str, at: str = "") -> None:
    """Sign in at the centre, or by way of another address."""
    person = scene.centre.person(user)
    await page.goto(f"{at or scene.centre.http}/")
    await page.locator("#user").fill(person.user)
    await page.locator("#password").fill(person.password)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(r"/desk$"))
    light = page.get_by_test_id("phone-light")
    await expect(light).to_contain_text(re.compile("话机正常|话机在别处登录"))
    if "别处" in await light.inner_text():  # a page before this one went without signing out
        await page.get_by_test_id("phone-way-on").click()
        await expect(light).to_contain_text("话机正常")
    await scene.api.reachable(user)


async def signs_out(page: Page) -> None:
    """Gives the phone back for whoever is next."""
    await page.get_by_test_id("sign-out").click()
    await expect(page).to_have_url(re.compile(r"/sign-in"))
