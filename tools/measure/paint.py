"""When each page of a real centre first shows something, and when what it is for: a cold cache each time.

By the browser's own clock (Paint Timing): from the navigation's start to the first text or picture. A page is
opened by somebody signed in, in a profile that has never been there. Run: python -m tools.measure.paint
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext
from tools.measure.centre import BenchFailed, wait_until
from tools.measure.chromium import PATIENCE_MS, chromium
from tools.measure.parts import Row, loop_ns

from tests.support.centre import RunningCentre, running_centre

RUNS = 7
A_CALL_WITHIN_S = 240.0


@dataclass(frozen=True, slots=True)
class Place:
    """A page: who opens it, where, and what (`data-test`) it is for."""

    name: str
    user: str
    path: str
    purpose: str


PLACES = (
    Place("sign-in", "", "/sign-in", "#user"),
    Place("desk", "1001", "/desk", "[data-test=desk-state]"),
    Place("monitor", "leader", "/monitor", "[data-test=queue-row]"),
    Place("wallboard", "leader", "/wallboard", "[data-test=queue]"),
    Place("calls", "leader", "/calls", "[data-test=call]"),
    Place("a call", "leader", "/calls/{call}", "[data-test=lanes]"),
    Place("numbers", "admin", "/settings/numbers", "[data-test=thing]"),
    Place("flows", "admin", "/settings/flows", ".vue-flow__node"),
    Place("prompts", "admin", "/settings/prompts", "[data-test=prompt]"),
)
WATCH = """
const wanted = %r
const look = () => {
    if (document.querySelector(wanted)) window.there = performance.now()
    else requestAnimationFrame(look)
}
look()
"""
TOLD = """() => {
    const [first] = performance.getEntriesByName('first-contentful-paint')
    const fetched = performance.getEntriesByType('resource')
    const scripts = fetched.filter(one => one.name.endsWith('.js'))
    return {
        first_ms: first ? first.startTime : null,
        there_ms: window.there ?? null,
        script_kb: scripts.reduce((sum, one) => sum + one.encodedBodySize, 0) / 1000,
    }
}"""


@dataclass(frozen=True, slots=True)
class Seen:
    """Of one opening, or the medians of several: milliseconds, and kilobytes of scripts as they were sent."""

    first_ms: float
    there_ms: float
    script_kb: float


def openings(browser: Browser, centre: RunningCentre, place: Place, call: str, runs: int) -> Seen:
    """The medians of so many openings."""
    seen = [_open(browser, centre, place, call) for _ in range(runs)]
    return Seen(
        first_ms=statistics.median(one.first_ms for one in seen),
        there_ms=statistics.median(one.there_ms for one in seen),
        script_kb=statistics.median(one.script_kb for one in seen),
    )


def _open(browser: Browser, centre: RunningCentre, place: Place, call: str) -> Seen:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
    try:
        if place.user:
            _enter(context, centre, place.user)
        context.add_init_script(WATCH % place.purpose)
        page = context.new_page()
        page.goto(centre.http + place.path.format(call=call))
        page.wait_for_function(
            "() => window.there && performance.getEntriesByName('first-contentful-paint').length",
            timeout=PATIENCE_MS,
        )
        return Seen(**page.evaluate(TOLD))
    finally:
        context.close()


def _enter(context: BrowserContext, centre: RunningCentre, user: str) -> None:
    """Signed in, but never shown a page."""
    person = centre.person(user)
    entered = context.request.post(
        f"{centre.http}/api/v1/session", data={"user": person.user, "password": person.password}
    )
    if not entered.ok:
        raise BenchFailed(f"{user} could not sign in: {entered.status} {entered.text()}")


def a_call(browser: Browser, centre: RunningCentre) -> str:
    """The id of a recorded call that has ended, by a simulated caller; then they stop calling."""
    context = browser.new_context(extra_http_headers={"Authorization": f"Bearer {centre.token}"})
    api = f"{centre.http}/api/v1"
    try:
        ids: list[str] = []

        def ended() -> bool:
            calls = context.request.get(f"{api}/calls?state=ended").json()["calls"]
            ids[:] = [one["id"] for one in calls if one["recording"]]
            return bool(ids)

        wait_until(ended, A_CALL_WITHIN_S, "a simulated call to end")
        stopped = context.request.post(f"{api}/simulation", data={"on": False})
        if not stopped.ok:
            raise BenchFailed(f"simulated callers could not be stopped: {stopped.text()}")
        return ids[0]
    finally:
        context.close()


def measure(folder: Path, runs: int = RUNS) -> dict[str, Seen]:
    """Each page of a demo centre, by name."""
    with running_centre(folder, arguments=["--simulate"]) as centre, chromium() as (browser,):
        call = a_call(browser, centre)
        return {place.name: openings(browser, centre, place, call, runs) for place in PLACES}


def bench(folder: Path) -> Iterator[Row]:
    """Part p: the agent's page, and the slowest of all."""
    loop = loop_ns()
    seen = measure(folder / "paint")
    loop = (loop + loop_ns()) / 2
    slowest = max(seen, key=lambda name: seen[name].first_ms)
    for what, name in (("the agent's page", "desk"), (f"the slowest page ({slowest})", slowest)):
        one = seen[name]
        yield Row(
            "p",
            f"first paint of {what}, cold cache",
            "ms",
            {"first paint": one.first_ms, "shows its purpose": one.there_ms, "scripts in kB": one.script_kb},
            judged=one.first_ms,
            must=1_000,
            aim=500,
            loop_ns=loop,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="huawu-paint") as folder:
        seen = measure(Path(folder) / "data", chosen.runs)
    print("page         first paint   its purpose   scripts")
    for name, one in seen.items():
        print(f"{name:12} {one.first_ms:8.0f} ms {one.there_ms:10.0f} ms {one.script_kb:6.0f} kB")


if __name__ == "__main__":
    main()
