"""What an administrator does in the settings, step by step: runs against the mock centre or a real one."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.reading import fits_a_phone, reads_well_in_both_themes


def open_settings(page: Page, url: str, user: str, password: str, place: str = "numbers") -> None:
    page.goto(f"{url}/settings/{place}")
    page.locator("#user").fill(user)
    page.locator("#password").fill(password)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("settings")).to_be_visible()


def turn_to(page: Page, place: str) -> None:
    """Go to another place of the settings without loading the pages anew, as one who presses links does."""
    page.evaluate(
        "to => { history.pushState(null, '', to); dispatchEvent(new PopStateEvent('popstate')) }",
        f"/settings/{place}",
    )
    there = f"[data-test=place-{place.partition('/')[0]}][aria-current=page]"
    expect(page.locator(f"{there}, [data-test=which-flow]").first).to_be_attached()


def field(page: Page, name: str) -> Locator:
    return page.get_by_test_id(f"field-{name}").locator("input, select, button").first


def save(page: Page, comment: str, told: str | re.Pattern[str]) -> None:
    """Save the draft after reading what it changes; it is in force afterwards."""
    page.get_by_test_id("save").click()
    sheet = page.get_by_test_id("sheet")
    expect(sheet.get_by_test_id("changes")).to_contain_text(told)
    sheet.get_by_test_id("comment").fill(comment)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("saved")).to_be_visible()
    expect(page.get_by_test_id("draft-bar")).to_have_count(0)


def a_mistake_is_told_beside_its_field(page: Page, queue: str) -> None:
    """A length that is none: told at the field and in the bar; nothing can be saved; undo mends it."""
    page.get_by_test_id("place-queues").click()
    page.get_by_test_id("thing").filter(has_text=queue).click()
    ring = field(page, "ring")
    ring.fill("soon")
    expect(page.get_by_test_id("field-ring").get_by_test_id("problem")).to_be_visible()
    expect(page.get_by_test_id("problems")).to_contain_text("1")
    expect(page.get_by_test_id("save")).to_be_disabled()
    expect(ring).to_have_attribute("aria-invalid", "true")
    page.get_by_test_id("undo").click()
    expect(page.get_by_test_id("draft-bar")).to_have_count(0)


def a_ring_time_is_changed(page: Page, queue: str) -> None:
    """Typed as a bare number, shown in words, saved with a comment."""
    page.get_by_test_id("place-queues").click()
    page.get_by_test_id("thing").filter(has_text=queue).click()
    field(page, "ring").fill("25")
    expect(page.get_by_test_id("draft-bar")).to_contain_text("1 项更改未保存")
    expect(page.get_by_test_id("field-ring")).to_contain_text("25秒")
    page.get_by_test_id("look").click()
    expect(page.get_by_test_id("changes")).to_contain_text(re.compile(r"振铃时长.*25秒", re.S))
    page.keyboard.press("Escape")
    save(page, "多响一会儿", re.compile(r"振铃时长.*25秒", re.S))


def the_version_before_comes_back(page: Page) -> None:
    """With one confirmation."""
    page.get_by_test_id("place-versions").click()
    rows = page.get_by_test_id("version")
    expect(rows.first).to_contain_text("多响一会儿")
    expect(page.get_by_test_id("changes")).to_contain_text("振铃时长")
    back = rows.nth(1).get_by_test_id("roll-back")
    back.click()
    expect(back).to_contain_text("确定")
    back.click()
    expect(rows.first).to_contain_text("退回")


def two_who_save_are_put_together(page: Page, queue: str, meanwhile: Callable[[], None]) -> None:
    """Somebody else saves while one writes: both are shown, and both are kept."""
    page.get_by_test_id("place-queues").click()
    page.get_by_test_id("thing").filter(has_text=queue).click()
    field(page, "wrap_up").fill("33")
    expect(page.get_by_test_id("draft-bar")).to_contain_text("1 项更改未保存")
    meanwhile()
    page.evaluate("() => window.dispatchEvent(new Event('focus'))")  # as one who comes back to the window
    sheet = page.get_by_test_id("sheet")
    expect(sheet).to_contain_text("别人已经保存了新版本")
    expect(sheet.get_by_test_id("changes")).to_contain_text(["振铃时长", "话后时长"])
    sheet.get_by_test_id("together").click()
    save(page, "两人的更改", re.compile(r"话后时长.*33秒", re.S))


def a_new_step_is_drawn(page: Page, flow: str) -> None:
    """One more key of the menu leads to a new end with a prompt; a way is drawn by hand, too, and undone."""
    page.get_by_test_id("place-flows").click()
    page.get_by_test_id("which-flow").select_option(flow)
    step = page.get_by_test_id("step")
    expect(step.filter(has_text="menu").first).to_be_visible()
    before = step.count()
    page.locator("[data-step=menu] strong").click()
    expect(page.get_by_test_id("step-name")).to_have_value("menu")
    page.get_by_test_id("add-step").select_option("hang_up")
    expect(step).to_have_count(before + 1)
    name = page.get_by_test_id("step-name")
    expect(name).to_have_value("hang-up")
    name.fill("bye")
    name.press("Enter")
    expect(page.locator("[data-step=bye]")).to_be_visible()
    field(page, "say").select_option("goodbye")
    expect(page.locator("[data-step=bye]")).to_contain_text("结束语")
    edges = page.locator(".vue-flow__edge")
    drawn = edges.count()
    page.get_by_role("button", name="看全图").click()
    page.wait_for_timeout(400)
    page.locator('[data-step=menu] [data-handleid="+"]').drag_to(
        page.locator('[data-step=closed] [data-handleid="in"]')
    )
    expect(edges).to_have_count(drawn + 1)
    page.get_by_test_id("undo").click()
    expect(edges).to_have_count(drawn)


def a_doubt_is_no_mistake(page: Page) -> None:
    """A step that nothing leads to yet may be meant so: it is told, but not as a mistake."""
    page.get_by_test_id("canvas").locator(".vue-flow__pane").click(position={"x": 5, "y": 5})
    page.get_by_test_id("add-step").select_option("hang_up")
    name = page.get_by_test_id("step-name").input_value()
    step = page.locator(f"[data-step={name}]")
    expect(step).to_have_class(re.compile(r"\bdoubtful\b"))
    expect(step).not_to_have_class(re.compile(r"\bwrong\b"))
    expect(step).to_contain_text("△")
    expect(page.get_by_test_id("step-panel").get_by_test_id("problem")).to_have_text("没有任何去向通到这一步")
    page.get_by_test_id("undo").click()
    expect(step).to_have_count(0)


def the_draft_is_played(page: Page, key: str, step: str) -> None:
    """Without a phone, before it is saved: the step lights up, its prompt is read, the call ends."""
    page.get_by_test_id("test-play").click()
    page.get_by_test_id("play-call").click()
    expect(page.get_by_test_id("play-waits")).to_contain_text("等按键")
    expect(page.locator("[data-step=menu].lit")).to_be_visible()
    page.get_by_test_id(f"key-{key}").click()
    expect(page.get_by_test_id("play-ended")).to_contain_text("中心挂断")
    expect(page.locator(f"[data-step={step}].lit")).to_be_visible()
    page.get_by_test_id("test-play").click()


def a_name_that_cannot_be_is_told(page: Page, url: str) -> None:
    """Taken, not allowed or empty: what was typed stays, and why it cannot be stands beside it."""

    def cannot_be(typed: str, why: str, box: Locator) -> None:
        box.fill(typed)
        box.press("Tab")
        expect(page.get_by_test_id("name-trouble")).to_contain_text(why)
        expect(box).to_have_value(typed)
        expect(box).to_have_attribute("aria-invalid", "true")
        box.press("Escape")
        expect(page.get_by_test_id("name-trouble")).to_have_count(0)
        expect(box).not_to_have_value(typed)

    for place, typed, why in (
        ("flows/main", "no way", "不能有空格"),
        ("queues/enquiry", "english", "已被占用"),
        ("calendars/office", "", "不能为空"),
        ("skills", "en", "已被占用"),
        ("numbers/95580", "95x", "只能用数字"),
    ):
        page.goto(f"{url}/settings/{place}")
        cannot_be(typed, why, page.get_by_test_id("id").first)
    page.goto(f"{url}/settings/flows/main?step=menu")
    cannot_be("welcome", "已被占用", page.get_by_test_id("step-name"))
    cannot_be("3", "已被占用", page.get_by_test_id("field-keys").locator("input").first)
    expect(page.get_by_test_id("draft-bar")).to_have_count(0)
    page.get_by_test_id("step-name").fill("choice")
    page.get_by_test_id("step-name").press("Enter")
    expect(page.locator("[data-step=choice]")).to_be_visible()


def the_settings_read_well(page: Page) -> None:
    """Every page: axe finds nothing serious, light and dark; at 390 nothing goes sideways."""
    for place in (
        "numbers", "queues/enquiry", "people/a1001", "skills", "calendars/office", "dispositions",
        "breaks", "warnings", "assist", "endpoints", "trunks", "outbound", "feature_codes", "company",
        "security", "lookup", "sip", "webrtc", "web_callers", "versions", "file", "prompts/zh:welcome",
        "flows/main?step=menu",
    ):  # fmt: skip
        turn_to(page, place)
        expect(page.locator("[data-test=settings] h1, [data-test=which-flow]").first).to_be_visible()
        things = page.get_by_test_id("thing")
        if "/" not in place and things.count():
            address = things.first.get_attribute("href") or ""
            things.first.click()  # its form
            expect(page).to_have_url(re.compile(f"{re.escape(address)}$"))
        reads_well_in_both_themes(page)
        fits_a_phone(page)
