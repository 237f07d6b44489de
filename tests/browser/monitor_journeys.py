"""What a shift leader does at the monitor, step by step, against a centre where calls come by themselves."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.reading import fits, reads_well, reads_well_in_both_themes

SOON_MS = 60_000
"""Somebody talks, asks for help, or hangs up while waiting within this."""


def sign_in(page: Page, url: str, user: str, password: str) -> None:
    """A leader's day begins at the monitor, with the phone in the page."""
    page.goto(f"{url}/sign-in")
    page.locator("#user").fill(user)
    page.locator("#password").fill(password)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/monitor$"))
    expect(page.get_by_test_id("queue-row").first).to_be_visible()
    expect(page.get_by_test_id("phone-light")).to_contain_text("话机正常")


def talking_seat(page: Page) -> Locator:
    """The seat whose talk has just begun, the last: its call does not end before we are in it."""
    seats = page.get_by_test_id("seat").filter(has=page.get_by_test_id("listen"))
    seats.first.wait_for(timeout=SOON_MS)
    seat = seats.last
    agent = seat.get_attribute("data-agent")
    return page.locator(f'[data-agent="{agent}"]')


def open_seat(page: Page, seat: Locator) -> Locator:
    seat.get_by_test_id("seat-open").click()
    sheet = page.get_by_test_id("seat-sheet")
    expect(sheet).to_be_visible()
    return sheet


def listens_whispers_and_leaves(page: Page, url: str, user: str, password: str) -> None:
    """One press: the own phone picks up by itself; the mode is one press away, and so is the way out."""
    sign_in(page, url, user, password)
    talking_seat(page).get_by_test_id("listen").click()
    beside = page.get_by_test_id("beside")
    expect(beside.get_by_test_id("beside-mode")).to_have_text("监听")
    beside.get_by_test_id("mode-whisper").click()
    expect(beside.get_by_test_id("beside-mode")).to_have_text("耳语")
    expect(beside.get_by_test_id("mode-whisper")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="看板", exact=True).click()
    expect(page.get_by_test_id("call-bar")).to_contain_text("当前通话")  # still in it, and told so
    page.get_by_test_id("call-bar").get_by_role("link").click()
    expect(beside.get_by_test_id("beside-mode")).to_have_text("耳语")
    beside.get_by_test_id("beside-leave").click()
    expect(beside).to_have_count(0)


def takes_a_request_in_one_press(page: Page, url: str, user: str, password: str) -> None:
    sign_in(page, url, user, password)
    requests = page.get_by_test_id("matter-help")
    requests.first.wait_for(timeout=SOON_MS)
    who, what = requests.first.evaluate("it => ['b', '.second'].map(one => it.querySelector(one).innerText)")
    name, asked = who.removesuffix(" 求助"), what.partition(" · ")[0]
    # By its words, too: the same agent may ask for something else as soon as this is over.
    mine = requests.filter(has_text=name).filter(has_text=asked)
    mine.get_by_test_id("help-listen").click()
    expect(page.get_by_test_id("beside")).to_contain_text(name)
    mine.get_by_test_id("help-close").click()
    expect(mine).to_have_count(0)
    page.get_by_test_id("beside-leave").click()


def presses_a_seat_that_would_move(page: Page, url: str, user: str, password: str) -> None:
    """What a hand is on stays where it is, though its agent is sent elsewhere in the list meanwhile."""
    sign_in(page, url, user, password)
    other = page.context.new_page()
    other.goto(f"{url}/monitor")
    seat = page.get_by_test_id("seat").last
    agent = seat.get_attribute("data-agent")
    opener = page.locator(f'[data-agent="{agent}"]').get_by_test_id("seat-open")
    name = opener.inner_text()
    opener.hover()
    page.mouse.down()
    open_seat(other, other.locator(f'[data-agent="{agent}"]')).get_by_test_id("set-ready").click()
    expect(page.locator(f'[data-agent="{agent}"] .state')).to_contain_text(re.compile("就绪|响铃|通话中"))
    expect(page.get_by_test_id("seat").last).to_contain_text(name)
    page.mouse.up()
    expect(page.get_by_role("dialog").filter(has=page.get_by_test_id("seat-sheet"))).to_contain_text(name)
    page.keyboard.press("Escape")
    page.mouse.move(0, 0)
    expect(page.get_by_test_id("seat").last).not_to_contain_text(name)
    other.close()


def ends_a_call_after_asking_once(page: Page, url: str, user: str, password: str) -> None:
    sign_in(page, url, user, password)
    seat = talking_seat(page)
    sheet = open_seat(page, seat)
    end = sheet.get_by_test_id("seat-end-call")
    end.click()
    asked = sheet.get_by_test_id("ask-once")
    expect(asked).to_contain_text("都会被挂断")
    expect(asked).to_be_focused()
    page.keyboard.press("Escape")  # takes back the question, not the sheet
    expect(end).to_be_focused()
    expect(sheet.locator(".now")).to_contain_text("通话中")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(sheet.locator(".now")).to_contain_text(re.compile("话后|就绪|小休"))


def moves_an_agent_and_back(page: Page, url: str, user: str, password: str) -> None:
    sign_in(page, url, user, password)
    sheet = open_seat(page, page.get_by_test_id("seat").last)
    box = sheet.locator('[data-test^="member-"]:not(:checked)').first
    box.check()
    move = sheet.get_by_test_id("move-agent")
    expect(move).to_be_disabled()  # the agent is to be told why
    sheet.get_by_test_id("move-reason").fill("订单改签排队多")
    move.click()
    expect(sheet.get_by_test_id("moved")).to_contain_text("订单改签排队多")
    sheet.get_by_test_id("move-back").click()
    expect(sheet.get_by_test_id("moved")).to_have_count(0)


def sets_a_state(page: Page, url: str, user: str, password: str) -> None:
    sign_in(page, url, user, password)
    sheet = open_seat(page, page.get_by_test_id("seat").last)
    sheet.get_by_test_id("set-break").nth(1).click()
    expect(sheet.locator(".now")).to_contain_text("小休")
    sheet.get_by_test_id("state-reason").fill("培训提前结束")
    sheet.get_by_test_id("set-signed-out").click()
    expect(sheet.locator(".now")).to_contain_text("未签入")


def closes_diverts_and_announces(page: Page, url: str, user: str, password: str) -> None:
    """Closing and diverting ask once; a refusal stands where it was asked; all of it shows in the row."""
    sign_in(page, url, user, password)
    rows = page.get_by_test_id("queue-row")
    row = rows.nth(1)
    row.get_by_test_id("queue-open").click()
    sheet = page.get_by_test_id("queue-sheet")
    sheet.get_by_test_id("door-close").click()
    expect(sheet.get_by_test_id("ask-once")).to_contain_text("新来电走下班流程")
    sheet.get_by_test_id("ask-no").click()
    expect(sheet.get_by_test_id("door-so")).to_contain_text("按营业时间")
    sheet.get_by_test_id("door-close").click()
    sheet.get_by_test_id("ask-yes").click()
    expect(sheet.get_by_test_id("door-so")).to_contain_text("已关闭")
    sheet.get_by_test_id("divert-to").select_option(index=1)
    sheet.get_by_test_id("divert-do").click()
    sheet.get_by_test_id("ask-yes").click()
    expect(sheet.get_by_test_id("divert-so")).to_contain_text("新来电转到")
    sheet.get_by_test_id("notice-up").click()
    expect(sheet.get_by_test_id("notice")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(row.get_by_test_id("door-mark")).to_have_text("已关闭")
    expect(row.get_by_test_id("divert-mark")).to_be_visible()

    rows.first.get_by_test_id("queue-open").click()  # a circle
    sheet.get_by_test_id("divert-to").select_option(index=1)
    sheet.get_by_test_id("divert-do").click()
    sheet.get_by_test_id("ask-yes").click()
    expect(sheet.get_by_test_id("act-trouble")).to_contain_text("没有做成")
    page.keyboard.press("Escape")

    row.get_by_test_id("queue-open").click()
    sheet.get_by_test_id("divert-end").click()
    sheet.get_by_test_id("door-hours").click()
    sheet.get_by_test_id("notice-down").click()
    expect(sheet.get_by_test_id("notice")).to_have_count(0)
    expect(sheet.get_by_test_id("door-so")).to_contain_text("按营业时间")
    page.keyboard.press("Escape")
    expect(row.get_by_test_id("door-mark")).to_have_count(0)


def deals_with_warnings_and_lost_callers(page: Page, url: str, user: str, password: str) -> None:
    sign_in(page, url, user, password)
    warnings = page.get_by_test_id("matter-warning")
    warnings.first.wait_for(timeout=SOON_MS)
    count = warnings.count()
    words = warnings.first.locator(".second").inner_text().split("已")[0]
    warnings.first.get_by_test_id("warning-seen").click()
    page.wait_for_function(
        "([words, count]) => document.querySelectorAll('[data-test=matter-warning]').length < count"
        " || ![...document.querySelectorAll('[data-test=matter-warning]')][0].innerText.includes(words)",
        arg=[words, count],
    )
    page.get_by_test_id("show-quiet").click()
    expect(page.locator(".dim").get_by_test_id("matter-warning").first).to_contain_text("已知悉")

    # Others are lost meanwhile: each is known by who and when.
    lost = page.get_by_test_id("matter-lost")
    who, at = lost.first.evaluate("it => ['b', '.at'].map(one => it.querySelector(one).innerText)")
    mine = lost.filter(has_text=who).filter(has_text=at)
    mine.get_by_test_id("lost-mine").click()  # the own phone picks up by itself
    expect(page.get_by_test_id("beside")).to_contain_text("通话中")
    page.get_by_test_id("own-end").click()
    expect(page.get_by_test_id("beside")).to_have_count(0)
    expect(mine.get_by_test_id("lost-mine")).to_have_count(0)  # the screen knows of it
    sheet = page.get_by_test_id("queue-sheet")
    still_open = sheet.get_by_test_id("queue-lost").filter(has=page.get_by_test_id("lost-aside"))
    for queue in page.get_by_test_id("to-lost").all():  # the same list, by queue: of some all are dealt with
        queue.click()
        expect(sheet.get_by_role("heading").first).to_be_visible()
        if still_open.count():
            break
        page.keyboard.press("Escape")
        expect(sheet).to_have_count(0)
    who, told = still_open.first.evaluate("it => ['a', '.quiet'].map(one => it.querySelector(one).innerText)")
    at = told.partition(" · ")[0]
    still_open.filter(has_text=who).filter(has_text=at).get_by_test_id("lost-aside").click()
    why = sheet.get_by_label("为什么不回拨")
    expect(why).to_be_focused()
    why.fill("已在线上答复")
    why.press("Enter")
    expect(sheet.get_by_test_id("queue-lost").filter(has_text="不回拨（")).not_to_have_count(0)
    page.keyboard.press("Escape")
    aside = lost.filter(has_text=who).filter(has_text=at)
    expect(aside.get_by_test_id("lost-mine")).to_have_count(0)


def the_wallboard_leads_to_the_lost(page: Page, url: str, user: str, password: str) -> None:
    sign_in(page, url, user, password)
    page.goto(f"{url}/wallboard")
    page.get_by_test_id("lost-list").first.click()
    expect(page.get_by_test_id("queue-sheet").get_by_test_id("queue-lost").first).to_be_visible()
    page.goto(f"{url}/wallboard?wall=1")
    expect(page.get_by_test_id("estimate").first).to_have_text(re.compile(r"^(\d+:\d\d|—)$"))
    expect(page.get_by_test_id("lost-list")).to_have_count(0)  # a wall is only looked at


def all_by_keyboard(page: Page, url: str, user: str, password: str) -> None:
    """Down leads along the seats; Enter opens one; Escape leads back to it."""
    sign_in(page, url, user, password)
    seats = page.get_by_test_id("seat-open")
    seats.first.focus()
    page.keyboard.press("ArrowDown")
    expect(seats.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("seat-sheet")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("seat-sheet")).to_have_count(0)
    page.get_by_test_id("trends-table").click()
    expect(page.get_by_test_id("trends").get_by_role("table")).to_be_visible()


def hundreds_of_seats_are_drawn_where_one_looks(page: Page, url: str, user: str, password: str) -> None:
    """Whoever hears the page is told of all; the focused seat stays, and the arrows lead on from it."""
    sign_in(page, url, user, password)
    page.goto(f"{url}/monitor?agents=300")
    seats = page.get_by_test_id("seat")
    first = seats.first.get_by_test_id("seat-open")
    first.focus()
    table = page.locator("table", has=seats)
    expect(table).to_have_attribute("aria-rowcount", "301")
    height = table.evaluate("table => table.offsetHeight")
    page.locator(".seats .rows").evaluate("rows => rows.scrollTo(0, rows.scrollHeight)")
    last = page.locator('[data-test=seat][aria-rowindex="301"]')
    expect(last).to_be_in_viewport()
    assert seats.count() < 100
    assert abs(table.evaluate("table => table.offsetHeight") - height) < 3  # no jump under a scrolling hand
    focused = page.locator("[data-test=seat]:has(:focus)")
    at = int(focused.get_attribute("aria-rowindex") or 0)
    page.keyboard.press("ArrowDown")
    expect(focused).to_have_attribute("aria-rowindex", str(at + 1))
    expect(focused).to_be_in_viewport()
    page.get_by_test_id("find-seat").fill("1299")
    expect(seats).to_have_count(1)
    page.get_by_test_id("find-seat").fill("")
    page.set_viewport_size({"width": 390, "height": 844})  # here the whole page scrolls
    table.evaluate("table => table.scrollIntoView({ block: 'end' })")
    expect(last).to_be_in_viewport()
    assert seats.count() < 100
    page.goto(f"{url}/monitor?agents=10")


def the_monitor_fits_and_reads_well(page: Page, url: str, user: str, password: str) -> None:
    """At 1280 by 800 nothing scrolls but lists; at 390 nothing goes sideways; axe finds nothing serious."""
    sign_in(page, url, user, password)
    page.get_by_test_id("trends").locator("svg").first.wait_for()
    fits(page, whole=True)
    reads_well_in_both_themes(page)
    for language in ("en", "zh-CN"):
        page.locator("select.language").select_option(language)
        expect(page.locator("html")).to_have_attribute("lang", language)
        fits(page, whole=True)
        page.set_viewport_size({"width": 390, "height": 844})
        fits(page)
        reads_well(page)
        page.set_viewport_size({"width": 1280, "height": 800})
    talking_seat(page).get_by_test_id("listen").click()
    expect(page.get_by_test_id("mode-listen")).to_be_visible()
    fits(page, whole=True)
    page.get_by_test_id("beside-take-over").click()
    reads_well(page)
    page.get_by_test_id("ask-no").click()
    open_seat(page, talking_seat(page))
    reads_well_in_both_themes(page)
    page.keyboard.press("Escape")
    page.get_by_test_id("queue-open").first.click()
    page.get_by_test_id("door-close").click()
    reads_well(page)
