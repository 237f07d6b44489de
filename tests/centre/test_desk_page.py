"""The agent's own page in a real Chromium at a real centre: a caller heard, held, ended, written up."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.centre.scene import MUSIC, Scene
from tests.support.page_phone import CHROMIUM, FLAGS

pytestmark = [pytest.mark.browser, pytest.mark.sip]

AGENT, COLLEAGUE = "1006", "1005"
CALLER_HZ, AGENT_HZ = 900.0, 440.0
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


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        playwright.selectors.set_test_id_attribute("data-test")
        context = await playwright.chromium.launch_persistent_context(
            tmp_path / "profile",
            executable_path=CHROMIUM,
            args=FLAGS,
            viewport={"width": 1280, "height": 800},
            locale="zh-CN",
        )
        await context.add_init_script(EAR_AND_MOUTH % AGENT_HZ)
        page = context.pages[0]
        broken: list[str] = []
        page.on("pageerror", lambda error: broken.append(str(error)))
        yield page
        await context.close()
    assert not broken, broken


async def hears(page: Page, hertz: float, within_s: float = 15.0) -> None:
    """Wait until this tone is the loudest in what the page plays."""
    await page.wait_for_function(
        "([hertz, near]) => Math.abs(window.heard() - hertz) < near",
        arg=[hertz, NEAR_HZ],
        timeout=within_s * 1000,
    )


async def signs_in(scene: Scene, page: Page, user: str) -> None:
    person = scene.centre.person(user)
    await page.goto(f"{scene.centre.http}/")
    await page.locator("#user").fill(person.user)
    await page.locator("#password").fill(person.password)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(r"/desk$"))
    await expect(page.get_by_test_id("phone-light")).to_contain_text("话机正常", timeout=20_000)
    await scene.api.reachable(user)


async def signs_out(page: Page) -> None:
    """Gives the phone back for whoever is next."""
    await page.get_by_test_id("sign-out").click()
    await expect(page).to_have_url(re.compile(r"/sign-in"))


async def test_an_agent_works_through_a_call_by_the_page_alone(scene: Scene, page: Page) -> None:
    number, api = "13800000791", scene.api
    await signs_in(scene, page, AGENT)
    await page.get_by_test_id("go-ready").click()
    await api.agent_is(AGENT, "ready")

    caller = await scene.caller(number, scene.centre.numbers["menu"])
    await caller.say(CALLER_HZ)
    await caller.press("1")
    offer = page.get_by_test_id("offer")
    await expect(offer).to_be_visible(timeout=60_000)
    await expect(offer.get_by_test_id("caller")).to_have_text("138 0000 0791")
    await expect(offer).to_contain_text("首次来电")
    await page.keyboard.press("F2")
    await expect(page.get_by_test_id("line-state")).to_have_text("通话中", timeout=15_000)
    await hears(page, CALLER_HZ)
    await caller.hears(AGENT_HZ)
    await expect(page.get_by_test_id("desk-facts")).to_contain_text("接通")

    await page.get_by_test_id("notes").fill("核对了订单。")
    await expect(page.get_by_test_id("notes-mark")).to_contain_text("已保存")
    await page.keyboard.press("F4")
    await expect(page.get_by_test_id("mark-held")).to_be_visible()
    await caller.hears_sound(MUSIC)
    await page.keyboard.press("F4")
    await caller.hears(AGENT_HZ)

    await page.reload()
    await expect(page.get_by_test_id("line-state")).to_have_text("通话中", timeout=20_000)
    await hears(page, CALLER_HZ)
    await caller.hears(AGENT_HZ)
    await expect(page.get_by_test_id("notes")).to_have_value("核对了订单。")

    await page.get_by_test_id("do-end").click()
    await expect(page.get_by_test_id("desk-state")).to_contain_text("话后")
    await api.fact_of(number, "survey_began")  # the caller stays to say how it was
    caller.hang_up()
    await caller.ended()
    form = page.get_by_test_id("wrap-up")
    await form.locator(".option", has_text="咨询").first.click()
    rows = form.locator("fieldset")
    if await rows.count() > 1:
        await rows.nth(1).locator(".option").first.click()
    await page.get_by_test_id("summary").fill("问了改签，已答复。")
    await page.get_by_test_id("file-wrap-up").click()
    await api.agent_is(AGENT, "ready")

    own = page.get_by_test_id("own-call").first
    await expect(own).to_contain_text("138 0000 0791", timeout=15_000)
    call = await api.call_from(number, state="ended")
    assert call["note"]["text"] == "核对了订单。"
    assert [filed["summary"] for filed in call["wrap_ups"]] == ["问了改签，已答复。"]
    await own.get_by_test_id("own-play").click(timeout=20_000)
    await expect(page.get_by_test_id("position")).not_to_have_text("0:00", timeout=15_000)
    await signs_out(page)


async def test_the_echo_number_answers_the_check_before_the_shift(scene: Scene, page: Page) -> None:
    await signs_in(scene, page, COLLEAGUE)
    await page.get_by_test_id("test-call").click()
    await expect(page.get_by_test_id("test-panel")).to_contain_text("请说几句话", timeout=15_000)
    await hears(page, AGENT_HZ, within_s=30)
    await page.get_by_test_id("end-test").click()
    await expect(page.get_by_test_id("test-panel")).to_have_count(0)
    await signs_out(page)
