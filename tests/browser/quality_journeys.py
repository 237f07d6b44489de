"""What inspectors, agents and managers do with the book on the pages: runs against the pages' mock centre."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.inspecting import answer
from tests.browser.reading import fits, reads_well, reads_well_in_both_themes

PASSWORD = "huawu-demo"
SLOW_MS = 60_000


def enter(page: Page, url: str, user: str, path: str) -> None:
    """Sign in as somebody and go to a page."""
    page.goto(f"{url}{path}")
    page.locator("#user").fill(user)
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"^[^?]*{re.escape(path)}"), timeout=SLOW_MS)


def leave(page: Page) -> None:
    page.get_by_test_id("sign-out").click()
    expect(page).to_have_url(re.compile(r"/sign-in"))


def suits(page: Page) -> None:
    """Readable by everybody in both themes; at 390 px no page and no list scrolls sideways."""
    reads_well_in_both_themes(page)
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("main h1:visible, main h2:visible").first).to_be_visible()
    fits(page)
    wide = "[...document.querySelectorAll('.rows')].filter((one) => one.scrollWidth > one.clientWidth).length"
    assert page.evaluate(wide) == 0, page.url
    page.set_viewport_size({"width": 1280, "height": 800})


def call_page_shows_how_a_call_was_judged(page: Page, url: str) -> None:
    """Score, findings and transcript; a click hears the clip and stops after it; a word plays from there."""
    enter(page, url, "leader", "/quality/calls")
    rows = page.get_by_test_id("judged-call")
    # one that has words: those without say so
    rows.filter(has_not_text="无转写").first.locator("a.open").click(timeout=SLOW_MS)
    judged = page.get_by_test_id("judged")
    expect(judged.get_by_test_id("score-total")).to_have_text(re.compile(r"^\d+$"), timeout=SLOW_MS)
    finding = judged.get_by_test_id("finding").first
    expect(finding).to_contain_text("违规")
    expect(page.get_by_test_id("finding-mark").first).to_be_visible()
    finding.get_by_test_id("hear").click()
    expect(page.get_by_test_id("play")).to_have_accessible_name("暂停")
    expect(page.get_by_test_id("play")).to_have_accessible_name(
        "播放", timeout=SLOW_MS
    )  # by itself, at its end
    finding.locator("summary").click()
    expect(finding.get_by_test_id("rule-facts")).to_contain_text("出处")

    word = page.get_by_test_id("word").nth(12)
    word.click()
    expect(page.get_by_test_id("play")).to_have_accessible_name("暂停")
    expect(page.locator(".lit")).to_have_count(1, timeout=SLOW_MS)
    page.get_by_test_id("play").click()
    judged.get_by_test_id("filter-pass").click()
    expect(judged.get_by_test_id("finding").first).to_contain_text("合格")
    suits(page)


def a_call_without_transcript_says_so(page: Page, url: str) -> None:
    enter(page, url, "leader", "/quality/calls?order=newest")
    row = page.get_by_test_id("judged-call").filter(has_text="无转写").first
    row.locator("a.open").click(timeout=SLOW_MS)
    expect(page.get_by_test_id("transcript")).to_contain_text("没有转写文字", timeout=SLOW_MS)
    expect(page.get_by_test_id("unheard")).to_contain_text("没有评判")
    expect(page.get_by_test_id("score-total")).to_have_text(re.compile(r"^\d+$"))


def what_is_behind_is_told_and_tried_again(page: Page, url: str) -> None:
    """Both backlogs in a panel; a call that could not be judged is tried again; another is judged anew."""
    enter(page, url, "inspector", "/quality/calls")
    page.get_by_test_id("backlog-open").click(timeout=SLOW_MS)
    backlog = page.get_by_test_id("backlog")
    expect(backlog.get_by_test_id("backlog-judging")).to_contain_text("2 通待评判", timeout=SLOW_MS)
    expect(backlog.get_by_test_id("backlog-hearing")).to_contain_text("5 段录音待转写")
    expect(backlog).to_contain_text("1 个转写进程在运行")
    suits(page)
    backlog.get_by_test_id("retry").first.click()
    expect(backlog.get_by_test_id("broken")).to_have_count(0, timeout=SLOW_MS)
    page.get_by_test_id("judged-call").first.locator("a.open").click()
    page.get_by_test_id("judge-anew").click(timeout=SLOW_MS)
    expect(page.get_by_test_id("judge-anew")).to_be_enabled(timeout=SLOW_MS)
    reads_well(page)


def inspector_fills_in_a_form(page: Page, url: str) -> None:
    """Agree, overrule with a reason, judge what only people can, by keyboard; nothing is lost on reload."""
    enter(page, url, "inspector", "/quality/inspections")
    page.get_by_test_id("inspection").first.locator("a.open").click(timeout=SLOW_MS)
    form = page.get_by_test_id("inspection-form")
    expect(form.get_by_test_id("item").first).to_be_visible(timeout=SLOW_MS)
    suits(page)
    before = form.get_by_test_id("score-total").inner_text()

    # what is missing is pointed at, and nothing is sent
    form.get_by_test_id("submit-tell").click()
    expect(form.locator(".lack").first).to_be_visible()
    expect(form.get_by_test_id("inspection-state")).to_contain_text("待检")

    breaches = form.locator("[data-test=item][data-open=true]").filter(has=page.get_by_test_id("agree"))
    breaches.first.wait_for()
    first = form.locator(f'[data-rule="{breaches.first.get_attribute("data-rule")}"]').first
    first.locator("h3").click()
    page.keyboard.press("o")
    reason = first.get_by_test_id("reason")
    expect(reason).to_be_focused()
    page.keyboard.type("录音里听得到，机器听错了。")
    expect(form.get_by_test_id("saved")).to_have_text("已保存", timeout=SLOW_MS)
    page.reload()
    expect(first.get_by_test_id("reason")).to_have_value("录音里听得到，机器听错了。", timeout=SLOW_MS)
    expect(form.get_by_test_id("score-total")).not_to_have_text(before)

    answer(form)
    form.get_by_test_id("praise").fill("语气平和。")
    page.keyboard.press("Control+Enter")
    expect(form.get_by_test_id("inspection-state")).to_contain_text("已告知", timeout=SLOW_MS)
    expect(form.get_by_test_id("submit-tell")).to_have_count(0)
    leave(page)


def agent_appeals_and_a_second_inspector_decides(page: Page, url: str) -> None:
    """The agent says why a verdict is wrong, a second inspector decides, the agent reads the decision."""
    enter(page, url, "a1001", "/quality/mine")
    told = page.get_by_test_id("my-inspection").filter(has_text="已告知").first
    expect(told).to_contain_text("申诉截止", timeout=SLOW_MS)
    suits(page)
    told.locator("a.open").click()
    page.get_by_test_id("appeal-begin").click(timeout=SLOW_MS)
    item = page.get_by_test_id("appeal-item").first
    item.check()
    page.get_by_test_id("appeal-text").fill("查询前我说过请稍等。")
    page.get_by_test_id("appeal-send").click()
    expect(page.get_by_test_id("inspection-state")).to_contain_text("申诉中", timeout=SLOW_MS)
    address = page.url
    leave(page)

    enter(page, url, "inspector", "/quality/appeals")
    row = page.get_by_test_id("appeal-row").filter(has_text="查询前我说过请稍等")
    row.locator("a.open").click(timeout=SLOW_MS)
    expect(page).to_have_url(address)
    decide = page.get_by_test_id("decide")
    decide.get_by_test_id("decide-pass").first.check(timeout=SLOW_MS)
    decide.get_by_test_id("decide-reason").fill("复听录音，确实说了。")
    reads_well(page)
    decide.get_by_test_id("decide-send").click()
    expect(page.get_by_test_id("inspection-state")).to_contain_text("已裁定", timeout=SLOW_MS)
    expect(page.get_by_test_id("score").first).to_contain_text("申诉后由何质检裁定")
    leave(page)

    enter(page, url, "a1001", "/quality/mine")
    decided = page.get_by_test_id("my-inspection").filter(has_text="申诉后由何质检裁定")
    expect(decided).to_have_count(1, timeout=SLOW_MS)
    page.goto(address)
    expect(page.get_by_test_id("outcome")).to_contain_text("改判", timeout=SLOW_MS)
    leave(page)


def agent_appeals_against_the_machine_alone(page: Page, url: str) -> None:
    """A call that nobody inspected: the agent sees until when, and says what is wrong and why."""
    enter(page, url, "a1001", "/quality/mine")
    row = page.get_by_test_id("judged-call").filter(has=page.get_by_test_id("object")).first
    row.wait_for(timeout=SLOW_MS)
    call = row.locator("a.open").get_attribute("href")
    row.get_by_test_id("object").click()
    sheet = page.get_by_test_id("sheet")
    expect(sheet.get_by_test_id("appeal-until")).to_contain_text("申诉截止", timeout=SLOW_MS)
    reads_well(page)
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    page.goto(f"{url}{call}")
    page.get_by_test_id("object").click(timeout=SLOW_MS)
    sheet.get_by_test_id("appeal-item").first.check(timeout=SLOW_MS)
    expect(sheet.get_by_test_id("appeal-send")).to_be_disabled()  # without a reason
    sheet.get_by_test_id("appeal-text").fill("话机没有响铃。")
    sheet.get_by_test_id("appeal-send").click()
    expect(page.get_by_test_id("inspection-state")).to_contain_text("申诉中", timeout=SLOW_MS)
    expect(page.get_by_test_id("appeal")).to_contain_text("话机没有响铃")
    leave(page)


def manager_tries_and_publishes_a_rule(page: Page, url: str) -> None:
    """A threshold changed, tried on past calls with calls to click, published with a reason, taken back."""
    enter(page, url, "manager", "/standard")
    page.get_by_test_id("search-book").fill("查询前")
    page.get_by_test_id("rule").first.click(timeout=SLOW_MS)
    view = page.get_by_test_id("rule-view")
    expect(view).to_contain_text("wait.announce")
    suits(page)
    threshold = view.get_by_test_id("threshold-silence")
    threshold.fill("9")
    threshold.press("Tab")
    page.get_by_test_id("draft-bar").get_by_test_id("to-try").click()
    page.get_by_test_id("try").click()
    tried = page.get_by_test_id("tried")
    expect(tried.get_by_test_id("tried-rule").first).to_contain_text("查询前先说明", timeout=SLOW_MS)
    expect(tried.get_by_test_id("tried-change").first.get_by_role("link")).to_have_attribute(
        "href", re.compile(r"/calls/")
    )
    suits(page)
    expect(page.get_by_test_id("publish")).to_be_disabled()  # without a reason
    page.get_by_test_id("publish-why").fill("三秒太紧，改为九秒")
    page.get_by_test_id("publish").click()
    versions = page.get_by_test_id("book-version")
    expect(versions.first).to_contain_text("三秒太紧", timeout=SLOW_MS)
    expect(page.get_by_test_id("book-diff")).to_contain_text("9 秒")
    versions.nth(1).get_by_test_id("roll-back").click()
    page.get_by_test_id("roll-back-why").fill("先退回再看")
    page.get_by_test_id("roll-back-yes").click()
    expect(versions.first).to_contain_text("先退回再看", timeout=SLOW_MS)
    expect(page.get_by_test_id("book-diff")).to_contain_text("出厂")
    suits(page)
    leave(page)


def inspector_plans_a_sample_with_a_stated_error(page: Page, url: str) -> None:
    enter(page, url, "inspector", "/quality/plans/new")
    page.get_by_test_id("plan-from").fill("2026-01-01")
    expect(page.get_by_test_id("chosen").first).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_test_id("margin")).to_have_text(re.compile(r"±\d+\.\d%"))
    suits(page)
    page.get_by_test_id("plan-risk").fill("3")
    page.get_by_test_id("plan-margin").select_option("0")
    expect(page.get_by_test_id("chosen")).to_have_count(3, timeout=SLOW_MS)
    page.get_by_test_id("plan-make").click()
    page.get_by_test_id("plan-start").click(timeout=SLOW_MS)
    expect(page.get_by_test_id("plan-progress")).to_contain_text("0 / 3", timeout=SLOW_MS)
    page.get_by_test_id("tab-rounds").click()
    page.get_by_test_id("round-row").filter(has_text="已完成").get_by_role("link").click(timeout=SLOW_MS)
    doubted = page.get_by_test_id("agreement-rule").first  # what is agreed on least stands first
    expect(doubted).to_contain_text("待讨论", timeout=SLOW_MS)
    doubted.get_by_role("button").click()
    expect(page.get_by_test_id("agreement")).to_contain_text(
        re.compile("机器.*违规.*何质检.*违规.*秦质检.*合格")
    )
    suits(page)
    page.get_by_test_id("to-rounds").click()
    page.get_by_test_id("round-new").click(timeout=SLOW_MS)
    page.get_by_test_id("round-call").first.check(timeout=SLOW_MS)
    for box in page.get_by_test_id("round-inspector").all():
        box.check()
    page.get_by_test_id("round-make").click()
    expect(page.get_by_test_id("round")).to_contain_text("全部提交后显示", timeout=SLOW_MS)
    suits(page)
    leave(page)


def more_plans_than_a_page_are_all_found(page: Page, url: str) -> None:
    enter(page, url, "inspector", "/quality/plans")
    expect(page.get_by_test_id("plan-new")).to_be_visible(timeout=SLOW_MS)
    before = page.request.get(f"{url}/api/v1/quality/plans").json()["plans"]
    csrf = page.request.get(f"{url}/api/v1/session").json()["csrf"]
    day_ms = 86_400_000
    for number in range(52 - len(before)):
        plan = {"name": f"抽检 {number}", "from_ms": day_ms, "to_ms": 2 * day_ms, "risk": 0, "margin": 0}
        plan |= {"queues": [], "agents": [], "inspectors": [], "confidence": 0.9, "seed": 1}
        made = page.request.post(f"{url}/api/v1/quality/plans", data=plan, headers={"X-CSRF-Token": csrf})
        assert made.ok, made.text()
    page.get_by_test_id("tab-rounds").click()
    page.get_by_test_id("tab-plans").click()
    expect(page.get_by_test_id("plan-row")).to_have_count(50, timeout=SLOW_MS)
    page.get_by_test_id("more").click()
    expect(page.get_by_test_id("plan-row")).to_have_count(52, timeout=SLOW_MS)
    expect(page.get_by_test_id("more")).to_have_count(0)
    leave(page)


def figures_say_how_sure_they_are(page: Page, url: str) -> None:
    enter(page, url, "leader", "/quality/figures")
    expect(page.get_by_test_id("figure").first).to_contain_text("%", timeout=SLOW_MS)
    expect(page.locator(".drawing svg")).to_be_visible(timeout=SLOW_MS)
    suits(page)
    page.get_by_test_id("by-agent").click()
    expect(page).to_have_url(re.compile(r"by=agent"))
    expect(page.get_by_test_id("figures")).to_contain_text("并列", timeout=SLOW_MS)
    suits(page)
    page.get_by_test_id("figure").first.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/quality/calls\?.*agent="))


def all_tabs_stand_in_sight_on_a_phone(page: Page, url: str) -> None:
    """English words are longer: the tabs take a second line rather than leave the screen."""
    enter(page, url, "inspector", "/quality/inspections")
    page.evaluate("() => localStorage.setItem('huawu.language', 'en')")
    page.reload()
    expect(page.get_by_test_id("tab-figures")).to_have_text("Figures", timeout=SLOW_MS)
    page.set_viewport_size({"width": 390, "height": 844})
    for tab in page.locator("[data-test^=tab-]").all():
        box = tab.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 390, tab.inner_text()


def trainer_hands_a_change_over_and_the_manager_puts_it_in_force(page: Page, url: str) -> None:
    """What a trainer may open says whose the rest is; a draft outlives the page, and is sent back once."""
    enter(page, url, "trainer", "/quality/inspections")
    expect(page.locator("main")).to_contain_text("没有查看这项内容的权限", timeout=SLOW_MS)
    expect(page.locator("main")).not_to_contain_text("没有这个页面")
    page.goto(f"{url}/standard/rules")
    for tab in ("try", "versions"):
        page.get_by_test_id(f"tab-{tab}").click()
        expect(page.locator("main")).not_to_contain_text("再发布")
        suits(page)
    page.get_by_test_id("tab-rules").click()
    page.get_by_test_id("search-book").fill("wait.announce")
    page.get_by_test_id("rule").first.click()
    page.get_by_test_id("threshold-silence").fill("9")
    page.get_by_test_id("threshold-silence").press("Tab")
    page.get_by_test_id("to-try").click()
    page.reload()
    expect(page.get_by_test_id("draft")).to_contain_text("9 秒")
    page.get_by_label("语言").select_option("en")
    expect(page.get_by_test_id("draft")).to_contain_text("Changes not published: 1")
    left, right = (page.get_by_test_id(half).bounding_box() for half in ("draft", "tried"))
    assert left is not None
    assert right is not None
    assert left["x"] + left["width"] < right["x"]
    page.locator("select.language").select_option("zh-CN")
    page.get_by_test_id("publish-why").fill("查一次订单要七八秒")
    page.get_by_test_id("publish").click()
    expect(page.get_by_test_id("proposal")).to_contain_text("等经理处理", timeout=SLOW_MS)
    suits(page)
    leave(page)

    enter(page, url, "manager", "/standard/rules")
    page.get_by_test_id("see-proposal").click(timeout=SLOW_MS)
    proposal = page.get_by_test_id("proposal")
    expect(proposal).to_contain_text("冯老师提交的修改")
    expect(proposal).to_contain_text("9 秒")
    proposal.get_by_test_id("send-back").press("Enter")
    expect(proposal.get_by_test_id("send-back-word")).to_be_focused()
    page.keyboard.press("Escape")
    expect(proposal.get_by_test_id("send-back")).to_be_focused()
    page.keyboard.press("Enter")
    proposal.get_by_test_id("send-back-word").fill("改为八秒就够了")
    proposal.get_by_test_id("send-back-now").click()
    expect(proposal).to_have_count(0, timeout=SLOW_MS)
    leave(page)

    enter(page, url, "trainer", "/standard/try")
    expect(page.get_by_test_id("proposal-word")).to_contain_text("改为八秒", timeout=SLOW_MS)
    reads_well(page)
    page.get_by_test_id("go-on").click()
    page.get_by_test_id("publish-why").fill("查一次订单要七八秒")
    page.get_by_test_id("publish").click()
    expect(page.get_by_test_id("take-back")).to_be_visible(timeout=SLOW_MS)
    leave(page)

    enter(page, url, "manager", "/standard/try")
    page.get_by_test_id("take-proposal").click(timeout=SLOW_MS)
    expect(page.get_by_test_id("publish-why")).to_have_value("查一次订单要七八秒")
    suits(page)
    page.get_by_test_id("publish").click()
    newest = page.get_by_test_id("book-version").first
    expect(newest).to_contain_text("由冯老师提交", timeout=SLOW_MS)
    expect(page.get_by_test_id("proposal")).to_have_count(0)
    leave(page)


JOURNEYS = [
    call_page_shows_how_a_call_was_judged,
    a_call_without_transcript_says_so,
    what_is_behind_is_told_and_tried_again,
    inspector_fills_in_a_form,
    agent_appeals_and_a_second_inspector_decides,
    agent_appeals_against_the_machine_alone,
    manager_tries_and_publishes_a_rule,
    inspector_plans_a_sample_with_a_stated_error,
    more_plans_than_a_page_are_all_found,
    figures_say_how_sure_they_are,
    all_tabs_stand_in_sight_on_a_phone,
    trainer_hands_a_change_over_and_the_manager_puts_it_in_force,
]
