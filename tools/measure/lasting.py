"""What pages hold on to when they stay open all day: four watch 1,800 calls in a real Chromium.

By the browser's own count, after its rubbish was collected: bytes that scripts hold, and nodes of the page. A
page that keeps something of each call grows with the day. Run: python -m tools.measure.lasting
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import CDPSession, Page
from tools.measure.centre import LEADER, MANY, Centre, running_centre
from tools.measure.chromium import a_page, chromium, sign_in
from tools.measure.parts import Row, Trouble, loop_ns
from tools.measure.sipp import drive, make_agents_ready

AGENTS = 24
"""So that the one whose desk is open takes more calls in each round than their list of calls holds."""
CALLS, RATE = 600, 10
"""In each of three rounds, a second: judged is what a page grows after the first, when its lists are full."""
TALK_MS = 800
PAGES = (("monitor", LEADER), ("wallboard", LEADER), ("calls", LEADER), ("desk", "a1010"))
"""Path and viewer; the viewer of the desk takes calls."""


@dataclass(frozen=True, slots=True)
class Held:
    """By one page: megabytes of its scripts' objects, and nodes."""

    heap_mb: float
    nodes: int


def lasting(centre: Centre, folder: Path, trouble: Trouble) -> Iterator[Row]:
    """Part r: how much pages grow after the first of three rounds."""
    with chromium() as (browser,), ExitStack() as stack:
        sessions: dict[str, CDPSession] = {}
        for path, user in PAGES:
            page = a_page(browser)
            stack.callback(page.context.close)
            _open(page, centre, path, user)
            sessions[path] = page.context.new_cdp_session(page)
            sessions[path].send("Performance.enable")
        rounds: list[dict[str, Held]] = []
        for _ in range(3):
            trouble.note(
                drive(
                    centre,
                    folder,
                    callers="caller_leaves",
                    agents="agent_stays",
                    number=MANY,
                    calls=CALLS,
                    rate=RATE,
                    at_once=10_000,
                    caller_ms=TALK_MS,
                )
            )
            rounds.append({path: held(session) for path, session in sessions.items()})
    loop = loop_ns()
    first, *_, last = rounds
    for path, _ in PAGES:
        grown = (last[path].nodes / first[path].nodes - 1) * 100
        yield Row(
            "r",
            f"{path}, open during {3 * CALLS:,} calls",
            "MB",
            {
                "nodes": last[path].nodes,
                "% more than after the first third": grown,
                "scripts": last[path].heap_mb,
            },
            judged=grown,
            must=25,
            aim=10,
            loop_ns=loop,
        )


def _open(page: Page, centre: Centre, path: str, user: str) -> None:
    home = "/monitor" if user == LEADER else "/desk"
    sign_in(page, centre.http, user, centre.passwords[user], home)
    page.goto(f"{centre.http}/{path}")
    page.locator("h1, [data-test=desk-state]").first.wait_for()


def held(session: CDPSession) -> Held:
    """What is left once the rubbish was collected: the second time what the first one freed."""
    for _ in range(2):
        session.send("HeapProfiler.collectGarbage")
    told = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return Held(told["JSHeapUsedSize"] / 1e6, int(told["Nodes"]))


def bench(folder: Path, trouble: Trouble) -> Iterator[Row]:
    with running_centre(folder, agents_count=AGENTS) as centre:
        make_agents_ready(centre, folder)
        yield from lasting(centre, folder, trouble)
        trouble.lines += centre.complaints()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="huawu-lasting") as place:
        for row in bench(Path(place), Trouble()):
            print(f"{row.what}: {row.figures}")
