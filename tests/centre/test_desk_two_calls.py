"""Two calls that ring at one desk in the real page: which of them stays, and what becomes of the other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.centre.desk_page import desk_page, hears, signs_out
from tests.centre.scene import MUSIC, Line, Scene
from tests.centre.test_desk_moves import AGENT_HZ, is_ready
from tests.support.centre import eventually

pytestmark = [pytest.mark.browser, pytest.mark.sip]

AGENT, COLLEAGUE = "1006", "1005"
PARKED_HZ = 1_800.0


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with (
        async_playwright() as playwright,
        desk_page(playwright, tmp_path / "agent", AGENT_HZ) as page,
    ):
        yield page


async def parked(scene: Scene, number: str) -> Line:
    """A caller whom a colleague left in a slot."""
    colleague = await scene.agent(COLLEAGUE)
    caller = await scene.caller(number, scene.centre.numbers["queue"])
    await caller.say(PARKED_HZ)
    await colleague.hears(PARKED_HZ)
    call = await scene.api.call_from(number, state="talking")
    assert (await scene.api.http.post(f"/calls/{call['id']}/park", json={"of": COLLEAGUE})).is_success
    await caller.hears_sound(MUSIC)
    return caller


async def fetched(scene: Scene, number: str) -> None:
    """The parked caller rings at the agent's desk, as if the agent had asked for them."""
    call = await scene.api.call_from(number)

    async def asked() -> bool:
        return (await scene.api.http.post(f"/calls/{call['id']}/retrieve", json={"of": AGENT})).is_success

    await eventually(asked, "the parked call to be fetched")


async def test_an_offer_gives_way_to_the_call_that_the_agent_fetches(scene: Scene, page: Page) -> None:
    """Both ring for a moment; then the desk shows the one that was asked for, the other keeps its place."""
    kept, offered = "13801301010", "13801301011"
    one = await parked(scene, kept)
    await is_ready(scene, page, AGENT)
    other = await scene.caller(offered, scene.centre.numbers["queue"])
    offer = page.get_by_test_id("offer")
    await expect(offer).to_contain_text("138 0130 1011", timeout=30_000)
    await fetched(scene, kept)
    await scene.api.fact_of(offered, "offer_failed", agent=AGENT)
    await expect(offer).to_contain_text("138 0130 1010")
    await expect(page.get_by_test_id("other-call")).to_have_count(0)
    await page.keyboard.press("F2")
    await expect(page.get_by_test_id("line-state")).to_have_text("通话中")
    await hears(page, PARKED_HZ)
    await one.hears(AGENT_HZ)
    await scene.api.call_from(offered, state="waiting")
    for line in (other, one):
        line.hang_up()
        await line.ended()
    await expect(page.get_by_test_id("desk-state")).to_contain_text("话后")
    await signs_out(page)
