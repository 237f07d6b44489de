"""Plans, rounds, figures, trials, versions and appeals on a real centre's pages, with sixty judged calls."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.inspecting import answer
from tests.browser.test_real_centre import aside
from tests.browser.test_real_quality import SLOW_MS, enter, leave
from tests.support.centre import RunningCentre
from tests.support.judged_calls import CALLS_EACH, Had, have_judged_calls

pytestmark = [pytest.mark.browser, pytest.mark.sip]


@pytest.fixture(scope="module")
def had(demo_centre: RunningCentre) -> Had:
    found: list[Had] = []

    async def put() -> None:
        found.append(await have_judged_calls(demo_centre))

    aside(put())
    return found[0]


def test_a_plan_chooses_calls_by_risk_and_by_lot_and_gives_them_out(
    page: Page, demo_centre: RunningCentre, had: Had
) -> None:
    enter(page, demo_centre, "inspector", "/quality/plans")
    page.get_by_test_id("plan-new").click()
    sample = page.get_by_test_id("sample")
    expect(sample.get_by_test_id("population")).to_have_text(re.compile(r"^\d+$"), timeout=SLOW_MS)
    assert int(sample.get_by_test_id("population").inner_text()) >= CALLS_EACH * 2
    expect(sample.get_by_test_id("margin")).to_have_text(re.compile(r"±\d+\.\d%"))
    expect(sample).to_contain_text("赵一鸣")
    page.get_by_test_id("plan-risk").fill("2")
    page.get_by_test_id("plan-margin").select_option("0")
    expect(sample.get_by_test_id("chosen")).to_have_count(2, timeout=SLOW_MS)
    page.get_by_test_id("plan-make").click()
    page.get_by_test_id("plan-start").click(timeout=SLOW_MS)
    expect(page.get_by_test_id("plan-progress")).to_contain_text("0 / 2", timeout=SLOW_MS)
    page.get_by_test_id("tab-inspections").click()
    given = page.get_by_test_id("inspection").first
    expect(given).to_contain_text("扣", timeout=SLOW_MS)
    given.locator("a.open").click()
    page.get_by_test_id("reassign").click(timeout=SLOW_MS)
    page.get_by_test_id("reassign-to").first.click(timeout=SLOW_MS)
    expect(page.get_by_test_id("inspection-form")).to_contain_text("经过（2 步）", timeout=SLOW_MS)
    expect(page.get_by_test_id("submit")).to_have_count(0)  # it is the other's now


def test_a_round_is_blind_until_all_are_done_and_then_says_how_far_they_agree(
    page: Page, demo_centre: RunningCentre, had: Had
) -> None:
    enter(page, demo_centre, "inspector", "/quality/rounds")
    page.get_by_test_id("round-new").click()
    page.locator(f'[data-test=round-call][value="{had.of["1004"][0]}"]').check(timeout=SLOW_MS)
    for box in page.get_by_test_id("round-inspector").all():
        box.check()
    page.get_by_test_id("round-make").click()
    blind = page.get_by_test_id("round")
    expect(blind).to_contain_text("全部提交后显示", timeout=SLOW_MS)
    address = page.url
    for user, verdict in (("inspector", "1"), ("manager", "2")):
        if user != "inspector":
            enter(page, demo_centre, user, "/quality/rounds")
            page.goto(address)
            expect(blind).to_contain_text("全部提交后显示", timeout=SLOW_MS)
            expect(blind).to_contain_text("1 / 1")
        blind.get_by_test_id("fill-in").click()
        form = page.get_by_test_id("inspection-form")
        answer(form, verdict=verdict)
        form.get_by_test_id("submit").click()
        expect(form.get_by_test_id("submit")).to_have_count(0, timeout=SLOW_MS)
        form.get_by_test_id("to-round").click()
        expect(page).to_have_url(address)
        if user == "inspector":
            expect(blind).to_contain_text("全部提交后显示", timeout=SLOW_MS)
            leave(page)
    agreement = page.get_by_test_id("agreement")
    expect(agreement).to_contain_text("κ", timeout=SLOW_MS)
    rows = agreement.get_by_test_id("agreement-rule")
    expect(rows.first).to_contain_text("0%")  # what they do not agree on stands first
    rows.first.get_by_role("button").click()
    expect(agreement).to_contain_text("合格")
    expect(agreement).to_contain_text("违规")


def test_figures_tell_agents_apart_only_where_it_is_known(
    page: Page, demo_centre: RunningCentre, had: Had
) -> None:
    enter(page, demo_centre, "leader", "/quality/figures?by=agent")
    rows = page.get_by_test_id("figure")
    worst = rows.filter(has_text="赵一鸣")
    share = worst.get_by_role("cell").nth(4)
    # other calls of this agent at the shared centre may be among them
    expect(share).to_have_text(re.compile(r"^(100|[89]\d)%$"), timeout=SLOW_MS)
    expect(page.get_by_test_id("figures")).to_contain_text("并列")
    expect(page.locator(".drawing svg")).to_be_visible(timeout=SLOW_MS)
    page.get_by_test_id("by-rule").click()
    expect(page.get_by_test_id("figures")).to_contain_text("图上是有违规的", timeout=SLOW_MS)
    page.get_by_test_id("by-day").click()
    expect(rows.nth(4)).to_be_visible(timeout=SLOW_MS)
    page.get_by_test_id("by-agent").click()
    worst.get_by_role("link").click(timeout=SLOW_MS)
    expect(page).to_have_url(re.compile(r"/quality/calls\?.*agent=1004"))
    expect(page.get_by_test_id("judged-call").first).to_contain_text("赵一鸣", timeout=SLOW_MS)


def test_a_rule_is_tried_published_compared_and_taken_back(
    page: Page, demo_centre: RunningCentre, had: Had
) -> None:
    enter(page, demo_centre, "manager", "/standard")
    page.get_by_test_id("search-book").fill("三声铃响")
    page.get_by_test_id("rule").first.click(timeout=SLOW_MS)
    threshold = page.get_by_test_id("rule-view").get_by_test_id("threshold-within")
    threshold.fill("-3")
    threshold.press("Tab")
    expect(page.get_by_test_id("rule-view")).to_contain_text("不是时长", timeout=SLOW_MS)
    expect(threshold).not_to_be_focused()  # the change that Tab brought about did not call it back
    threshold.fill("20")
    threshold.press("Tab")
    page.get_by_test_id("draft-bar").get_by_test_id("to-try").click()
    page.get_by_test_id("try-calls").select_option("50")
    expect(page.get_by_test_id("problem")).to_have_count(0, timeout=SLOW_MS)
    page.evaluate(
        """() => { window.told = []; new MutationObserver(() => {
            const text = document.querySelector('[data-test=trial]')?.innerText
            if (text) window.told.push(text)
        }).observe(document.body, {subtree: true, childList: true, characterData: true}) }"""
    )
    page.get_by_test_id("try").click()
    tried = page.get_by_test_id("tried")
    expect(tried.get_by_test_id("tried-calls")).to_have_text("50", timeout=SLOW_MS)
    assert any("/ 50 通" in told for told in page.evaluate("window.told"))
    expect(tried.get_by_test_id("tried-rule")).to_have_count(1)
    expect(tried.get_by_test_id("tried-rule")).to_contain_text("三声铃响")
    expect(tried.get_by_test_id("tried-change").first).to_contain_text("减少")
    page.get_by_test_id("publish-why").fill("试行二十秒")
    page.get_by_test_id("publish").click()
    versions = page.get_by_test_id("book-version")
    try:
        expect(versions.first).to_contain_text("试行二十秒", timeout=SLOW_MS)
        expect(page.get_by_test_id("book-diff")).to_contain_text("20 秒")
    finally:
        versions.last.get_by_test_id("roll-back").click()
        page.get_by_test_id("roll-back-why").fill("退回出厂")
        page.get_by_test_id("roll-back-yes").click()
        expect(versions.first).to_contain_text("退回出厂", timeout=SLOW_MS)
    expect(page.get_by_test_id("book-diff")).to_contain_text("出厂")


def test_an_appeal_against_the_machine_waits_on_the_list_until_it_is_decided(
    page: Page, demo_centre: RunningCentre, had: Had
) -> None:
    enter(page, demo_centre, "1003", "/quality/mine")
    row = page.get_by_test_id("judged-call").filter(has=page.get_by_test_id("object")).first
    row.get_by_test_id("object").click(timeout=SLOW_MS)
    sheet = page.get_by_test_id("sheet")
    sheet.get_by_test_id("appeal-item").first.check(timeout=SLOW_MS)
    sheet.get_by_test_id("appeal-text").fill("当时话机没有响铃。")
    sheet.get_by_test_id("appeal-send").click()
    expect(page.get_by_test_id("inspection-state")).to_contain_text("申诉中", timeout=SLOW_MS)
    address = page.url
    leave(page)
    enter(page, demo_centre, "inspector", "/quality/appeals")
    row = page.get_by_test_id("appeal-row").filter(has_text="当时话机没有响铃。")
    expect(row).to_contain_text("王思琪", timeout=SLOW_MS)
    row.locator("a.open").click()
    expect(page).to_have_url(address)
    page.get_by_test_id("decide-pass").first.check(timeout=SLOW_MS)
    page.get_by_test_id("decide-reason").fill("话机记录属实。")
    page.get_by_test_id("decide-send").click()
    expect(page.get_by_test_id("outcome")).to_contain_text("改判", timeout=SLOW_MS)


def test_what_could_not_be_judged_is_told_and_judged_again(
    page: Page, demo_centre: RunningCentre, had: Had
) -> None:
    enter(page, demo_centre, "inspector", "/quality/calls")
    page.get_by_test_id("backlog-open").click(timeout=SLOW_MS)
    backlog = page.get_by_test_id("backlog")
    expect(backlog.get_by_test_id("backlog-hearing")).to_contain_text("转写", timeout=SLOW_MS)
    stuck = backlog.get_by_test_id("broken").filter(has=page.locator(f'a[href$="{had.stuck}"]'))
    expect(stuck).to_contain_text("began_ms")
    stuck.get_by_test_id("retry").click()
    expect(stuck).to_have_count(0, timeout=SLOW_MS)
    page.goto(f"{demo_centre.http}/calls/{had.stuck}")
    expect(page.get_by_test_id("score-total")).to_have_text(re.compile(r"^\d+$"), timeout=SLOW_MS)
    page.get_by_test_id("judge-anew").click()
    expect(page.get_by_test_id("judged-anew")).to_contain_text("结论不变", timeout=SLOW_MS)
