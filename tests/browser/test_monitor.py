"""The monitor in a real Chromium, with the real JsSIP, against the mock centre and its little switch."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser import monitor_journeys as journeys
from tests.browser.conftest import Centre

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    "journey",
    [
        journeys.listens_whispers_and_leaves,
        journeys.takes_a_request_in_one_press,
        journeys.presses_a_seat_that_would_move,
        journeys.ends_a_call_after_asking_once,
        journeys.moves_an_agent_and_back,
        journeys.sets_a_state,
        journeys.closes_diverts_and_announces,
        journeys.deals_with_warnings_and_lost_callers,
        journeys.the_wallboard_leads_to_the_lost,
        journeys.all_by_keyboard,
        journeys.hundreds_of_seats_are_drawn_where_one_looks,
        journeys.the_monitor_fits_and_reads_well,
    ],
    ids=lambda journey: journey.__name__,
)
def test_journey(journey: Callable[[Page, str, str, str], None], page: Page, centre: Centre) -> None:
    if centre.user != "leader" or centre.password != "huawu-demo":
        pytest.fail("the monitor's journeys want the mock centre: unset HUAWU_TEST_URL")
    journey(page, centre.url, centre.user, centre.password)
