"""The pages in a real Chromium, against the mock centre or the one that HUAWU_TEST_URL names."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser import journeys
from tests.browser.conftest import Centre

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    "journey",
    [
        journeys.sign_in,
        journeys.refused_with_wrong_password,
        journeys.wallboard_moves,
        journeys.shift_leader_sets_states,
        journeys.wallboard_survives_a_lost_connection,
        journeys.calls_can_be_found,
        journeys.calls_can_be_taken_away_as_a_file,
        journeys.recording_plays,
        journeys.missing_call_is_told,
        journeys.language_and_theme_are_kept,
        journeys.the_browsers_language_is_spoken_until_another_is_chosen,
        journeys.pages_fit_a_phone,
        journeys.every_control_has_a_name,
    ],
    ids=lambda journey: journey.__name__,
)
def test_journey(journey: Callable[[Page, str, str, str], None], page: Page, centre: Centre) -> None:
    journey(page, centre.url, centre.user, centre.password)
