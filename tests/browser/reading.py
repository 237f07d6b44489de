"""Whether a page fits its window and can be read by everybody: scrolling, themes, axe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "ui/node_modules/axe-core/axe.min.js"
SERIOUS = {"serious", "critical"}
COLOURS = ["color-contrast", "link-in-text-block"]
"""Axe's rules that look at colours, which is all that a theme changes."""
NOT_SIDEWAYS = "() => document.documentElement.scrollWidth <= innerWidth"
NOT_AT_ALL = f"() => ({NOT_SIDEWAYS})() && document.documentElement.scrollHeight <= innerHeight"
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""Until what was changed is on the screen."""
STILL = """() => Promise.allSettled(document.getAnimations()
    .filter(one => one.effect.getComputedTiming().endTime !== Infinity)
    .map(one => one.finished))"""
"""Until all that moves for a while has come to its end."""


def wear(page: Page, theme: str) -> None:
    """Put on a theme, as if chosen."""
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)


def fits(page: Page, *, whole: bool = False) -> None:
    """The page is no wider than its window, and if `whole` no higher: drawings learn of their room late."""
    page.wait_for_function(NOT_AT_ALL if whole else NOT_SIDEWAYS)


def fits_a_phone(page: Page) -> None:
    """At 390 px nothing goes sideways; back at 1280 px afterwards."""
    page.set_viewport_size({"width": 390, "height": 844})
    fits(page)
    page.set_viewport_size({"width": 1280, "height": 800})


def reads_well_in_both_themes(page: Page) -> None:
    """Axe has no serious or critical finding; dark stays on."""
    wear(page, "light")
    reads_well(page)
    wear(page, "dark")
    _has_no_finding(page, {"runOnly": COLOURS})


def reads_well(page: Page) -> None:
    """Axe has no serious or critical finding."""
    _has_no_finding(page, {})


def _has_no_finding(page: Page, options: dict[str, Any]) -> None:
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    page.emulate_media(reduced_motion="reduce")  # what comes while axe reads is there at once
    page.evaluate(DRAWN)
    page.evaluate(STILL)  # colours on their way to another theme are not what is judged
    result: dict[str, Any] = page.evaluate(
        "options => axe.run(document, { resultTypes: ['violations'], ...options })", options
    )
    page.emulate_media(reduced_motion="no-preference")
    serious = [
        f"{found['id']}: {json.dumps([node['html'][:160] for node in found['nodes']], ensure_ascii=False)}"
        for found in result["violations"]
        if found["impact"] in SERIOUS
    ]
    assert not serious, serious
