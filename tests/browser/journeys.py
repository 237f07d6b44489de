"""What a person does on the pages, step by step: runs against any centre, mock or real."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from tests.browser.workbooks import workbook_rows

LONG_MS = 180_000
"""A simulated caller has come, talked and gone within this."""


def sign_in(page: Page, url: str, user: str, password: str) -> None:
    """From the sign-in page to a leader's monitor by keyboard alone, and on to the wallboard."""
    page.goto(f"{url}/")
    expect(page).to_have_url(re.compile(r"/sign-in"))
    page.locator("#user").fill(user)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/monitor"))
    page.get_by_role("link", name=re.compile(r"^(看板|Wallboard)$")).click()
    expect(page).to_have_url(re.compile(r"/wallboard"))
    expect(page.get_by_test_id("queue").first).to_be_visible()


def refused_with_wrong_password(page: Page, url: str, user: str, password: str) -> None:
    page.goto(f"{url}/calls")
    page.locator("#user").fill(user)
    page.locator("#password").fill(f"{password}-wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("trouble")).to_contain_text("用户名或密码不对")
    expect(page.locator("#password")).to_be_focused()
    page.locator("#password").fill(password)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/calls$"))  # where the person wanted to go
    page.get_by_test_id("sign-out").click()
    expect(page).to_have_url(re.compile(r"/sign-in"))
    page.goto(f"{url}/calls")
    expect(page).to_have_url(re.compile(r"/sign-in"))


def simulate(page: Page) -> None:
    """On the wallboard: switch simulated calls on, where the centre has them."""
    switch = page.get_by_test_id("simulation")
    switch.wait_for()
    if switch.get_attribute("aria-checked") == "false":
        switch.click()
        expect(switch).to_have_attribute("aria-checked", "true")


def wallboard_moves(page: Page, url: str, user: str, password: str) -> None:
    """Agents change their state while one looks, without loading the page again."""
    sign_in(page, url, user, password)
    simulate(page)
    seats = page.get_by_test_id("agent")
    expect(seats.first).to_be_visible()
    states = seats.locator(".state")
    before = states.all_inner_texts()
    page.evaluate("window.stayed = true")
    page.wait_for_function(
        """before => {
            const now = [...document.querySelectorAll('[data-test=agent] .state')].map(e => e.innerText)
            return JSON.stringify(now) !== JSON.stringify(before)
        }""",
        arg=before,
        timeout=LONG_MS,
    )
    clock = page.locator("time.clock").inner_text()
    since = seats.locator(".since").all_inner_texts()
    expect(page.locator("time.clock")).not_to_have_text(clock)
    page.wait_for_function(
        """since => {
            const now = [...document.querySelectorAll('[data-test=agent] .since')].map(e => e.innerText)
            return now.filter(text => !since.includes(text)).length > 0
        }""",
        arg=since,
    )  # the timers tick
    for seat in seats.filter(has=page.locator(".state", has_text="未签入")).all():
        expect(seat.locator(".since")).to_have_count(0)
    assert page.evaluate("window.stayed") is True


def shift_leader_sets_states(page: Page, url: str, user: str, password: str) -> None:
    """At a seat that is signed out: a break with its reason, then out again; Escape changes nothing."""
    sign_in(page, url, user, password)
    expect(page.locator(".role")).to_have_text("班长")
    seats = page.get_by_test_id("agent")
    away = seats.filter(has=page.locator(".state", has_text="未签入")).first
    name = away.locator(".name").inner_text()
    seat = seats.filter(has=page.locator(".name", has_text=re.compile(f"^{re.escape(name)}$")))
    menu = page.get_by_test_id("seat-menu")
    seat.get_by_test_id("seat-open").click()
    expect(menu).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    expect(seat.get_by_test_id("seat-open")).to_be_focused()
    page.keyboard.press("Enter")
    menu.get_by_role("button", name="用餐").click()
    expect(menu).to_have_count(0)
    expect(seat.locator(".state")).to_have_text("小休")
    expect(seat).to_contain_text("用餐")
    expect(seat.locator(".since")).to_have_text(re.compile(r"^0:\d\d$"))
    seat.get_by_test_id("seat-open").click()
    menu.get_by_test_id("choose-signed-out").click()
    expect(seat.locator(".state")).to_have_text("未签入")
    expect(seat.locator(".since")).to_have_count(0)


def wallboard_survives_a_lost_connection(page: Page, url: str, user: str, password: str) -> None:
    """The values stay, greyed, under one calm line; they live again when the socket is back."""
    sockets: list[WebSocketRoute] = []
    away = False

    def connect(route: WebSocketRoute) -> None:
        if away:
            route.close(code=1013)
        else:
            if "screen=wallboard" in route.url:
                sockets.append(route)
            route.connect_to_server()

    page.route_web_socket(re.compile(r"/api/v1/live"), connect)
    sign_in(page, url, user, password)
    queues = page.get_by_test_id("queue").count()
    away = True
    sockets[-1].close(code=1012)
    line = page.get_by_test_id("connection")
    expect(line).to_be_visible()
    expect(line).to_contain_text(re.compile(r"\d+ 秒后重试|正在重试"))
    expect(page.locator(".board.stale")).to_be_visible()
    assert page.get_by_test_id("queue").count() == queues
    away = False
    line.get_by_role("button").click()
    expect(line).to_be_hidden()
    expect(page.locator(".board.stale")).to_have_count(0)


def open_recorded_call(page: Page, url: str) -> Locator:
    """The newest answered call; waits for one when there is none yet."""
    page.goto(f"{url}/calls?outcome=answered")
    row = page.get_by_test_id("call").filter(has=page.locator(".recording [role=img]")).first
    row.wait_for(timeout=LONG_MS)
    number = row.locator(".phone").inner_text()
    row.locator(".to-call").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(number)
    lanes = page.get_by_test_id("lanes")
    expect(lanes).to_be_visible()
    return lanes


def calls_can_be_found(page: Page, url: str, user: str, password: str) -> None:
    """Search and filters narrow the list, stay in the address, and can be cleared."""
    sign_in(page, url, user, password)
    simulate(page)
    page.goto(f"{url}/calls")
    rows = page.get_by_test_id("call")
    rows.first.wait_for(timeout=LONG_MS)
    number = rows.first.locator(".phone").inner_text()
    page.keyboard.press("/")
    expect(page.get_by_test_id("search")).to_be_focused()
    page.keyboard.type(number)
    expect(page).to_have_url(re.compile(r"q="))
    expect(rows.locator(".phone").filter(has_not_text=number)).to_have_count(0)
    expect(rows.first.locator(".phone")).to_have_text(number)
    page.keyboard.press("ArrowDown")
    expect(rows.first.locator(".to-call")).to_be_focused()
    page.get_by_test_id("search").fill("no-such-call-anywhere")
    expect(rows).to_have_count(0)
    page.locator(".empty").get_by_role("button").click()
    expect(rows.first).to_be_visible()
    page.get_by_test_id("outcome").select_option("answered")
    expect(rows.locator(".status").filter(has_not_text="已接听")).to_have_count(0)
    page.reload()
    expect(page.get_by_test_id("outcome")).to_have_value("answered")


def calls_can_be_taken_away_as_a_file(page: Page, url: str, user: str, password: str) -> None:
    """An agent's answered calls of some days become a workbook that says what the list says."""
    sign_in(page, url, user, password)
    simulate(page)
    page.goto(f"{url}/calls?outcome=answered")
    rows = page.get_by_test_id("call")
    rows.first.wait_for(timeout=LONG_MS)
    agent = rows.first.locator(".agent").inner_text()
    page.get_by_test_id("agent").select_option(label=agent)
    expect(rows.locator("td.agent").filter(has_not_text=agent)).to_have_count(0)
    page.get_by_role("button", name="选日期").click()
    page.get_by_test_id("from").fill("2020-02-29")
    expect(page).to_have_url(re.compile(r"period=dates.*from=2020-02-29"))
    expect(rows.first).to_be_visible()
    with page.expect_download(timeout=LONG_MS) as downloading:
        page.get_by_test_id("export").click()
    download = downloading.value
    assert re.fullmatch(r"通话 \d{4}-\d\d-\d\d \d\d\.\d\d\.xlsx", download.suggested_filename)
    head, *lines = workbook_rows(download.path())
    assert len(lines) >= 1
    column = {title: at for at, title in enumerate(head)}
    assert {line[column["坐席"]] for line in lines} == {agent}
    assert {line[column["状态"]] for line in lines} == {"已接听"}
    assert all(float(line[column["通话（秒）"]]) >= 0 for line in lines)
    shown = {re.sub(r"\s", "", text) for text in rows.locator(".phone").all_inner_texts()}
    assert shown & {line[column["来电"]] for line in lines}, "the file has other calls than the list"
    expect(page.get_by_test_id("export")).to_have_text(re.compile("导出"))


def recording_plays(page: Page, url: str, user: str, password: str) -> None:
    """The sound really advances, the playhead with it; keys, lanes and facts seek."""
    sign_in(page, url, user, password)
    simulate(page)
    lanes = open_recorded_call(page, url)
    expect(page.get_by_test_id("talk").first).to_be_visible(timeout=30_000)
    facts = page.get_by_test_id("fact")
    expect(facts.first).to_be_visible()
    play = page.get_by_test_id("play")
    play.wait_for(timeout=30_000)
    expect(lanes).to_have_attribute("aria-valuenow", re.compile(r"\d+"))

    start = _head(page)
    page.keyboard.press("Space")
    expect(play).to_have_accessible_name("暂停")
    page.wait_for_function(
        "start => parseFloat(document.querySelector('[data-test=playhead]').style.left) > start",
        arg=start,
    )
    expect(page.get_by_test_id("position")).not_to_have_text("0:00")
    page.keyboard.press("Space")
    expect(play).to_have_accessible_name("播放")

    still = _head(page)
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(
        "still => parseFloat(document.querySelector('[data-test=playhead]').style.left) < still", arg=still
    )
    box = lanes.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.4)
    page.wait_for_function("() => parseFloat(document.querySelector('[data-test=playhead]').style.left) > 80")

    calm = facts.count()
    page.get_by_test_id("details").check()  # steps of the flow, speech, quality
    page.wait_for_function("calm => document.querySelectorAll('[data-test=fact]').length > calm", arg=calm)


def _head(page: Page) -> float:
    return float(page.get_by_test_id("playhead").evaluate("e => parseFloat(e.style.left)"))


def missing_call_is_told(page: Page, url: str, user: str, password: str) -> None:
    sign_in(page, url, user, password)
    page.goto(f"{url}/calls/no-such-call")
    expect(page.locator(".empty")).to_contain_text("没有这通通话")
    page.goto(f"{url}/nowhere/at/all")
    expect(page.locator(".empty")).to_contain_text("没有这个页面")


def language_and_theme_are_kept(page: Page, url: str, user: str, password: str) -> None:
    sign_in(page, url, user, password)
    page.locator("select.language").select_option("en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Wallboard")
    theme = page.locator("html")
    expect(theme).to_have_attribute("data-theme", "light")
    for _ in range(2):  # from the system's, by light, to dark
        page.locator(".bar .preferences button").click()
    expect(theme).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(theme).to_have_attribute("data-theme", "dark")
    expect(theme).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Wallboard")


def the_browsers_language_is_spoken_until_another_is_chosen(
    page: Page, url: str, user: str, password: str
) -> None:
    """Before and after signing in; who reads neither Chinese nor English reads English."""
    page.add_init_script("Object.defineProperty(navigator, 'languages', { get: () => ['fr-FR'] })")
    page.goto(f"{url}/sign-in")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#password")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    sign_in(page, url, user, password)
    expect(page.get_by_role("heading", level=1)).to_have_text("Wallboard")
    page.locator("select.language").select_option("zh-CN")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("看板")


def pages_fit_a_phone(page: Page, url: str, user: str, password: str) -> None:
    """At 390 px nothing pushes the page sideways, in either language."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{url}/")
    page.locator("#user").wait_for()
    assert _overflow(page) == 0
    sign_in(page, url, user, password)
    for language in ("zh-CN", "en"):
        page.goto(f"{url}/wallboard")
        page.get_by_test_id("agent").first.wait_for()
        page.locator("select.language").select_option(language)
        expect(page.locator("html")).to_have_attribute("lang", language)
        assert _overflow(page) == 0
        page.goto(f"{url}/calls")
        page.get_by_test_id("call").first.wait_for(timeout=LONG_MS)
        assert _overflow(page) == 0
        page.locator(".to-call").last.click()
        page.get_by_test_id("lanes").wait_for()
        assert _overflow(page) == 0


def _overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def every_control_has_a_name(page: Page, url: str, user: str, password: str) -> None:
    """Whoever hears the pages read aloud knows what each control does."""
    sign_in(page, url, user, password)
    for path in ("monitor", "wallboard", "calls"):
        page.goto(f"{url}/{path}")
        page.locator("main h1").wait_for()
        for role in ("button", "link", "combobox", "searchbox", "switch"):
            for control in page.get_by_role(role).all():
                if control.count():  # the screen lives: what was there may have gone
                    expect(control).to_have_accessible_name(re.compile(r"\S"))
