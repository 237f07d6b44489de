"""Whether a page fits its window and can be read by everybody: scrolling, themes, axe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "ui/node_modules/axe-core/axe.min.js"
SERIOUS = {"serious", "critical"}
NOT_SIDEWAYS = "() => document.documentElement.scrollWidth <= innerWidth"
STILL = """() => Promise.allSettled(document.getAnimations()
    .filter(one => one.effect.getComputedTiming().endTime !== Infinity)
    .map(one => one.finished))"""
"""Until all that moves for a while has come to its end."""


def wear(page: Page, theme: str) -> None:
    """Put on a theme, as if chosen."""
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)


def scrolls(page: Page) -> list[int]:
    """How far the page is wider and higher than the window."""
    found: list[int] = page.evaluate(
        "() => { const e = document.documentElement;"
        " return [e.scrollWidth - innerWidth, e.scrollHeight - innerHeight] }"
    )
    return found


def reads_well(page: Page) -> None:
    """Axe has no serious or critical finding."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    page.wait_for_timeout(200)
    page.evaluate(STILL)  # colours on their way to another theme are not what is judged
    result: dict[str, Any] = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    serious = [
        f"{found['id']}: {json.dumps([node['html'][:160] for node in found['nodes']], ensure_ascii=False)}"
        for found in result["violations"]
        if found["impact"] in SERIOUS
    ]
    assert not serious, serious
