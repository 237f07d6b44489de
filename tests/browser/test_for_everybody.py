"""The pages for whoever uses them otherwise: by keys alone, in another language, on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from tests.browser.conftest import Centre
from tests.browser.quality_journeys import PASSWORD, SLOW_MS, enter
from tests.browser.reading import fits, fits_a_phone, reads_well_in_both_themes

pytestmark = pytest.mark.browser

WIDER_INSIDE = """() => [...document.querySelectorAll('.panel, .rows')]
    .filter((one) => one.scrollWidth > one.clientWidth && getComputedStyle(one).overflowX !== 'hidden')
    .map((one) => one.className)"""
"""The panels and lists whose content is wider than they are."""


@pytest.fixture
def url(centre: Centre) -> str:
    if centre.user != "leader" or centre.password != PASSWORD:
        pytest.fail("these journeys want the mock centre's people: unset HUAWU_TEST_URL")
    return centre.url


def in_english(page: Page) -> None:
    page.locator("select.language").select_option("en")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def language_of(text: Locator) -> str:
    found: str = text.evaluate(
        "one => one.closest('[lang]').lang + ' ' + getComputedStyle(one).fontVariantEastAsian"
    )
    return found


def test_chinese_words_stay_chinese_on_an_english_page(page: Page, url: str) -> None:
    """A transcript, a seat's name and what one writes are marked; the page's own words are not."""
    enter(page, url, "leader", "/quality/calls")
    in_english(page)
    judged = page.get_by_test_id("judged-call").filter(has_not_text="no transcript").first
    judged.locator("a.open").click(timeout=SLOW_MS)
    turn = page.get_by_test_id("turn").first
    turn.wait_for(timeout=SLOW_MS)
    assert language_of(turn.get_by_test_id("word").first) == "zh-CN normal"
    assert language_of(turn.locator(".said span", has_text="，").first) == "zh-CN normal"
    assert language_of(turn.locator(".party")) == "en proportional-width"
    page.goto(f"{url}/monitor")
    assert language_of(page.get_by_test_id("seat-open").first) == "zh-CN normal"
    page.get_by_test_id("queue-open").first.click()
    note = page.get_by_test_id("queue-sheet").locator("input").first
    assert language_of(note).startswith("en")
    note.fill("人手不够，先关半小时。")
    assert language_of(note) == "zh-CN normal"


def test_an_agent_on_a_phone_finds_where_to_appeal(page: Page, url: str) -> None:
    """At 390 px the way to object comes before the call's words, on the call's page and on a form."""
    page.set_viewport_size({"width": 390, "height": 844})
    enter(page, url, "a1001", "/quality/mine")
    page.get_by_test_id("judged-call").first.locator("a.open").click(timeout=SLOW_MS)
    assert top_of(page.get_by_test_id("judged")) < top_of(page.get_by_test_id("transcript"))
    page.goto(f"{url}/quality/mine")
    page.get_by_test_id("my-inspection").first.locator("a.open").click(timeout=SLOW_MS)
    assert top_of(page.get_by_test_id("appeal")) < top_of(page.get_by_test_id("lanes"))
    page.set_viewport_size({"width": 1280, "height": 800})
    left, right = page.get_by_test_id("lanes").bounding_box(), page.get_by_test_id("appeal").bounding_box()
    assert left
    assert right
    assert left["x"] < right["x"]


def test_an_inspector_on_a_phone_finds_where_to_decide(page: Page, url: str) -> None:
    """At 390 px an appeal and its decision come before the call's words."""
    page.set_viewport_size({"width": 390, "height": 844})
    enter(page, url, "inspector", "/quality/appeals")
    page.get_by_test_id("appeal-row").first.locator("a.open").click(timeout=SLOW_MS)
    assert top_of(page.get_by_test_id("appeal")) < top_of(page.get_by_test_id("decide"))
    assert top_of(page.get_by_test_id("decide")) < top_of(page.get_by_test_id("lanes"))


@pytest.mark.parametrize(
    ("user", "paths"),
    [
        ("leader", ("/wallboard", "/monitor", "/calls")),
        ("inspector", ("/quality/inspections", "/quality/calls", "/quality/figures")),
        ("admin", ("/settings/versions", "/settings/warnings")),
    ],
)
def test_on_a_tablet_nothing_scrolls_sideways(
    page: Page, url: str, user: str, paths: tuple[str, ...]
) -> None:
    """Neither the page nor a list in it, in the language with the longer words."""
    page.set_viewport_size({"width": 768, "height": 1024})
    enter(page, url, user, paths[0])
    in_english(page)
    for path in paths:
        page.goto(f"{url}{path}")
        expect(page.locator("main h1:visible, main h2:visible").first).to_be_visible(timeout=SLOW_MS)
        page.wait_for_load_state("networkidle")
        fits(page)
        assert page.evaluate(WIDER_INSIDE) == [], path


def top_of(part: Locator) -> float:
    part.wait_for(timeout=SLOW_MS)
    box = part.bounding_box()
    assert box
    return box["y"]


def test_keys_never_lose_their_place(page: Page, url: str) -> None:
    """What was pressed goes away or is done with: the part around it has the focus, visibly."""
    enter(page, url, "a1001", "/desk")
    expect(page.get_by_test_id("phone-light")).to_contain_text("话机正常")
    ready = page.get_by_test_id("go-ready")
    ready.focus()
    page.keyboard.press("Enter")
    page.get_by_test_id("offer").wait_for(timeout=SLOW_MS)
    answer = page.get_by_test_id("answer")
    answer.focus()
    page.keyboard.press("Enter")
    expect(answer).to_have_count(0)
    page.wait_for_function("() => document.activeElement !== document.body")
    page.keyboard.press("F9")


def test_sheets_read_well_in_both_themes(page: Page, url: str) -> None:
    enter(page, url, "leader", "/monitor")
    for opener, sheet in (
        ("queue-open", "queue-sheet"),
        ("seat-open", "seat-sheet"),
        ("phone-light", "sheet"),
    ):
        opened = page.get_by_test_id(opener).first.element_handle()  # seats change their places meanwhile
        opened.focus()
        page.keyboard.press("Enter")
        page.get_by_test_id(sheet).wait_for()
        reads_well_in_both_themes(page)
        fits_a_phone(page)
        page.keyboard.press("Escape")
        page.wait_for_function("one => document.activeElement === one", arg=opened, timeout=SLOW_MS)


def test_in_strong_contrast_what_is_chosen_can_be_told(page: Page, url: str) -> None:
    enter(page, url, "leader", "/wallboard")
    page.emulate_media(forced_colors="active")
    ground = "one => getComputedStyle(one).backgroundColor"
    for chosen, other in (
        (".rail .here", ".rail .place:not(.here)"),
        ("button[aria-pressed=true]", "button[aria-pressed=false]"),
        (".fill", ".track"),
    ):
        shown = page.locator(chosen).first
        expect(shown).to_be_visible()
        assert shown.evaluate(ground) != page.locator(other).first.evaluate(ground), chosen


def test_pages_open_while_their_pieces_cannot_be_fetched(page: Page, url: str) -> None:
    """They were fetched ahead; where one was not, its place says so and fetches it when asked."""
    enter(page, url, "leader", "/monitor")
    page.wait_for_function(
        "() => performance.getEntriesByType('resource').some(one => one.name.includes('/BookVersionsPage'))",
        timeout=SLOW_MS,
    )
    page.route("**/assets/*.js", lambda route: route.abort())
    rail = page.locator(".rail")
    rail.get_by_role("link", name="通话").click()
    expect(page.get_by_test_id("call").first).to_be_visible(timeout=SLOW_MS)
    rail.get_by_role("link", name="质检").click()
    expect(page.get_by_test_id("judged-call").first).to_be_visible(timeout=SLOW_MS)

    page.add_init_script("Object.defineProperty(navigator, 'connection', { value: { saveData: true } })")
    page.unroute_all()
    page.goto(f"{url}/monitor")
    expect(page.get_by_test_id("queue-row").first).to_be_visible(timeout=SLOW_MS)
    page.route("**/assets/*.js", lambda route: route.abort())
    page.locator(".rail").get_by_role("link", name="通话").click()
    told = page.get_by_test_id("unfetched")
    expect(told).to_be_visible(timeout=SLOW_MS)
    page.unroute_all()
    told.get_by_role("button").click()
    expect(page.get_by_test_id("call").first).to_be_visible(timeout=SLOW_MS)
    expect(told).to_have_count(0)

    page.goto(f"{url}/quality/calls")
    expect(page.get_by_test_id("judged-call").first).to_be_visible(timeout=SLOW_MS)
    page.route("**/assets/*.js", lambda route: route.abort())
    page.get_by_test_id("tab-figures").click()
    expect(told).to_be_visible(timeout=SLOW_MS)
    page.unroute_all()
    told.get_by_role("button").click()
    expect(page.get_by_test_id("figure").first).to_be_visible(timeout=SLOW_MS)
    expect(told).to_have_count(0)


def test_what_failed_is_there_once_the_centre_is_back(page: Page, url: str) -> None:
    """A list, a call and figures that could not be read come by themselves."""
    away = False
    sockets: list[WebSocketRoute] = []

    def connect(socket: WebSocketRoute) -> None:
        if away:
            socket.close(code=1013)
        else:
            sockets.append(socket)
            socket.connect_to_server()

    page.route_web_socket("**/api/v1/live*", connect)
    enter(page, url, "leader", "/calls")
    call = page.locator(".to-call").last.get_attribute("href", timeout=SLOW_MS)
    for path, there in (("/calls", "call"), (call, "lanes"), ("/quality/figures", "figure")):
        away = True
        for asked in ("**/api/v1/calls*", "**/api/v1/calls/**", "**/api/v1/quality/**"):
            page.route(asked, lambda route: route.abort())
        page.goto(f"{url}{path}")
        expect(page.locator(".empty").first).to_contain_text("没能载入", timeout=SLOW_MS)
        away = False
        page.unroute_all()
        page.get_by_test_id("connection").get_by_role("button").click()
        expect(page.get_by_test_id(there).first).to_be_visible(timeout=SLOW_MS)
