"""What an agent does at the desk, step by step: runs against any centre that offers them a call."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, WebSocketRoute, expect

from tests.browser.reading import fits, fits_a_phone, reads_well, reads_well_in_both_themes, wear


def sign_in(page: Page, url: str, user: str, password: str) -> None:
    """An agent's day begins at the desk."""
    page.goto(f"{url}/sign-in")
    page.locator("#user").fill(user)
    page.locator("#password").fill(password)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/desk$"))
    expect(page.get_by_test_id("phone-light")).to_contain_text("话机正常")


def ready(page: Page) -> None:
    page.get_by_test_id("go-ready").click()
    expect(page.get_by_test_id("desk-state")).to_contain_text(re.compile("就绪|振铃"))


def offered(page: Page) -> str:
    """The number of the caller, as the offer shows it."""
    offer = page.get_by_test_id("offer")
    expect(offer).to_be_visible()
    expect(page.get_by_test_id("desk-state")).to_contain_text("振铃")
    expect(offer).to_contain_text("已等待")
    return offer.get_by_test_id("caller").inner_text()


def answered(page: Page) -> None:
    """By key, though one writes in a field just then."""
    page.get_by_test_id("notes").click()
    page.keyboard.press("F2")
    expect(page.get_by_test_id("line-state")).to_have_text("通话中")
    expect(page.get_by_test_id("desk-state")).to_contain_text("通话中")


def wrapped_up(page: Page, summary: str) -> None:
    form = page.get_by_test_id("wrap-up")
    expect(page.get_by_test_id("wrap-clock")).to_contain_text("话后")
    page.get_by_test_id("file-wrap-up").click()
    expect(page.get_by_test_id("wrap-trouble")).to_contain_text("最后一级")
    form.locator(".option").first.click()
    rows = form.locator("fieldset")
    if rows.count() > 1:
        rows.nth(1).locator(".option").first.click()
    page.get_by_test_id("summary").fill(summary)
    page.get_by_test_id("file-wrap-up").click()
    expect(page.get_by_test_id("desk-state")).not_to_contain_text("话后")


def a_call_from_ring_to_summary(page: Page, url: str, user: str, password: str) -> None:
    sign_in(page, url, user, password)
    ready(page)
    number = offered(page)
    expect(page.get_by_test_id("countdown")).to_contain_text(re.compile(r"\d+ 秒内接听"))
    answered(page)
    expect(page.get_by_test_id("talk").get_by_test_id("caller")).to_have_text(number)
    facts = page.get_by_test_id("desk-facts")
    expect(facts).to_contain_text("接通")

    page.get_by_test_id("notes").fill("订单尾号 8021，要求改签。")
    expect(page.get_by_test_id("notes-mark")).to_contain_text("已保存")
    page.keyboard.press("F4")
    expect(page.get_by_test_id("mark-held")).to_be_visible()
    expect(facts).to_contain_text("保持通话")
    page.keyboard.press("F4")
    expect(page.get_by_test_id("mark-held")).to_have_count(0)
    page.keyboard.press("F8")
    expect(page.get_by_test_id("mark-muted")).to_be_visible()
    page.keyboard.press("F8")
    expect(page.get_by_test_id("mark-muted")).to_have_count(0)

    page.get_by_test_id("do-consult").click()
    search = page.get_by_test_id("choose-search")
    expect(search).to_be_focused()
    before = page.get_by_test_id("choice").count()
    search.fill("王")
    expect(page.get_by_test_id("choice").first).to_contain_text("王")
    assert page.get_by_test_id("choice").count() < before
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("do-consult")).to_be_focused()

    page.keyboard.press("F9")
    expect(page.get_by_test_id("desk-state")).to_contain_text("话后")
    expect(page.get_by_test_id("notes")).to_have_value("订单尾号 8021，要求改签。")
    wrapped_up(page, "改签已办理。")


def hints_are_read_at_a_glance(page: Page, url: str, user: str, password: str) -> None:
    """Each kind in its turn: the phrase in full, the step, the countdown; only warnings are read aloud."""
    sign_in(page, url, user, password)
    ready(page)
    offered(page)
    answered(page)
    place, aloud = page.get_by_test_id("hints"), page.get_by_test_id("hint-aloud")
    expect(page.get_by_test_id("hint-expect")).to_be_visible(timeout=35_000)
    expect(place.get_by_test_id("say")).to_contain_text("您好，很高兴为您服务")
    step = page.get_by_test_id("hint-procedure")
    expect(step).to_be_visible(timeout=35_000)
    expect(step.get_by_test_id("step")).to_have_text("第 2 步 / 共 4 步")
    expect(step.get_by_test_id("count")).to_have_text(re.compile("[123]"))
    expect(aloud).to_have_text("")
    expect(step.get_by_test_id("step")).to_have_text("第 3 步 / 共 4 步", timeout=35_000)
    warning = page.get_by_test_id("hint-warn")
    expect(warning).to_be_visible(timeout=35_000)
    expect(aloud).to_have_text(re.compile("空等"))
    for theme in ("light", "dark"):
        wear(page, theme)
        expect(page.locator(".hint")).to_be_visible(timeout=35_000)
        reads_well(page)
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".hint")).to_be_in_viewport(timeout=35_000)
    fits(page)


def a_reload_keeps_the_call(page: Page, url: str, user: str, password: str) -> None:
    sign_in(page, url, user, password)
    ready(page)
    number = offered(page)
    answered(page)
    page.reload()
    expect(page.get_by_test_id("line-state")).to_have_text("通话中")
    expect(page.get_by_test_id("talk").get_by_test_id("caller")).to_have_text(number)
    expect(page.get_by_test_id("do-hold")).to_be_enabled()
    page.keyboard.press("F9")
    expect(page.get_by_test_id("desk-state")).to_contain_text("话后")


def an_old_word_about_the_phone_takes_it_from_no_page(page: Page, url: str, user: str, password: str) -> None:
    """A snapshot made before the page was lent its phone, and read after, names the page's former life."""
    sign_in(page, url, user, password)
    ready(page)
    offered(page)
    answered(page)
    told: list[str | bytes] = []
    screens: list[WebSocketRoute] = []
    asked: list[Route] = []

    def keep_back(socket: WebSocketRoute) -> None:
        screens.append(socket)
        socket.connect_to_server().on_message(lambda text: told.append(text))

    page.route_web_socket("**/api/v1/live?screen=desk", keep_back)
    page.route("**/api/v1/phone", lambda route: asked.append(route))
    page.reload()
    while not (told and asked):
        page.wait_for_timeout(20)
    with page.expect_websocket(lambda socket: "mock-sip" in socket.url):
        asked[0].continue_()
    page.evaluate("0")
    screens[0].send(told[0])
    expect(page.get_by_test_id("line-state")).to_have_text("通话中")
    expect(page.get_by_test_id("phone-light")).to_contain_text("话机正常")
    expect(page.get_by_test_id("do-hold")).to_be_enabled()


def a_refused_microphone_is_told_and_mended(page: Page, url: str, user: str, password: str) -> None:
    page.add_init_script(
        """window.microphone = 'NotAllowedError'
        const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
        navigator.mediaDevices.getUserMedia = (wanted) => window.microphone
            ? Promise.reject(new DOMException('no', window.microphone)) : ask(wanted)"""
    )
    sign_in(page, url, user, password)
    page.get_by_test_id("go-ready").click()
    sheet = page.get_by_test_id("sheet")
    expect(sheet.get_by_test_id("microphone-trouble")).to_contain_text("麦克风被禁止")
    expect(sheet).to_contain_text("地址栏左侧")
    expect(page.get_by_test_id("desk-state")).to_contain_text("未签入")
    page.evaluate("window.microphone = 'NotFoundError'")
    sheet.get_by_role("button", name="再试一次").click()
    expect(sheet.get_by_test_id("microphone-trouble")).to_contain_text("没有找到麦克风")
    page.evaluate("window.microphone = ''")
    sheet.get_by_role("button", name="再试一次").click()
    expect(sheet.get_by_test_id("microphone-trouble")).to_have_count(0)
    page.keyboard.press("Escape")
    ready(page)


def a_phone_taken_elsewhere_can_be_taken_back(page: Page, url: str, user: str, password: str) -> None:
    sign_in(page, url, user, password)
    csrf = page.request.get(f"{url}/api/v1/session").json()["csrf"]
    taken = page.request.post(f"{url}/api/v1/phone", data={"take_over": True}, headers={"X-CSRF-Token": csrf})
    assert taken.ok
    matter = page.get_by_test_id("phone-matter")
    expect(matter).to_contain_text("别处")
    expect(page.get_by_test_id("phone-light")).to_contain_text("别处")
    matter.get_by_test_id("phone-way-on").click()
    expect(page.get_by_test_id("phone-light")).to_contain_text("话机正常")
    expect(matter).to_have_count(0)


def a_phone_comes_back_by_itself_when_the_other_page_is_gone(
    page: Page, url: str, user: str, password: str
) -> None:
    sign_in(page, url, user, password)
    csrf = page.request.get(f"{url}/api/v1/session").json()["csrf"]
    page.request.post(f"{url}/api/v1/phone", data={"take_over": True}, headers={"X-CSRF-Token": csrf})
    expect(page.get_by_test_id("phone-light")).to_contain_text("别处")
    expect(page.get_by_test_id("phone-light")).to_contain_text("话机正常", timeout=30_000)


def elsewhere_on_the_site_a_call_is_told(page: Page, url: str, user: str, password: str) -> None:
    """Looking at the calls of the day does not make one miss the next."""
    sign_in(page, url, user, password)
    ready(page)
    page.get_by_role("link", name="通话", exact=True).click()
    bar = page.get_by_test_id("call-bar")
    expect(bar).to_contain_text("来电")
    page.keyboard.press("F2")
    expect(bar).to_contain_text("当前通话")
    bar.get_by_role("link").click()
    expect(page.get_by_test_id("line-state")).to_have_text("通话中")
    page.keyboard.press("F9")


def the_desk_fits_and_reads_well(page: Page, url: str, user: str, password: str) -> None:
    """At 1280 by 800 nothing scrolls but lists; at 390 nothing goes sideways; axe finds nothing serious."""
    sign_in(page, url, user, password)
    ready(page)
    reads_well_in_both_themes(page)
    offered(page)
    reads_well(page)
    answered(page)
    fits(page, whole=True)
    for language in ("zh-CN", "en"):
        page.locator("select.language").select_option(language)
        expect(page.locator("html")).to_have_attribute("lang", language)
        reads_well_in_both_themes(page)
        fits_a_phone(page)
        fits(page, whole=True)
    page.get_by_test_id("do-transfer").click()
    reads_well(page)
    page.keyboard.press("Escape")
    for tab in ("tasks", "dial"):
        page.get_by_test_id(f"tab-{tab}").click()
        reads_well(page)
    page.keyboard.press("F9")
    expect(page.get_by_test_id("wrap-clock")).to_be_visible()
    reads_well(page)
