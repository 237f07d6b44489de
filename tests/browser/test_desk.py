"""The agent's page in a real Chromium, with the real JsSIP, against the mock centre and its little switch."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser import desk_journeys as journeys
from tests.browser.conftest import Centre

pytestmark = pytest.mark.browser

AGENT = "a1001"


@pytest.mark.parametrize(
    "journey",
    [
        journeys.a_call_from_ring_to_summary,
        journeys.hints_are_read_at_a_glance,
        journeys.a_reload_keeps_the_call,
        journeys.an_old_word_about_the_phone_takes_it_from_no_page,
        journeys.a_refused_microphone_is_told_and_mended,
        journeys.a_phone_taken_elsewhere_can_be_taken_back,
        journeys.a_phone_comes_back_by_itself_when_the_other_page_is_gone,
        journeys.elsewhere_on_the_site_a_call_is_told,
        journeys.the_desk_fits_and_reads_well,
    ],
    ids=lambda journey: journey.__name__,
)
def test_journey(journey: Callable[[Page, str, str, str], None], page: Page, centre: Centre) -> None:
    if centre.user != "leader":
        pytest.fail("the desk's journeys want the mock centre: unset HUAWU_TEST_URL")
    journey(page, centre.url, AGENT, centre.password)
