"""Inspection, appeals and the book in a real Chromium, against the pages' mock centre."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser import quality_journeys
from tests.browser.conftest import Centre

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("journey", quality_journeys.JOURNEYS, ids=lambda journey: journey.__name__)
def test_journey(journey: Callable[[Page, str], None], page: Page, centre: Centre) -> None:
    if centre.user != "leader" or centre.password != quality_journeys.PASSWORD:
        pytest.fail("these journeys want the mock centre's people: unset HUAWU_TEST_URL")
    journey(page, centre.url)
