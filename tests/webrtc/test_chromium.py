"""A real Chromium with JsSIP against the real switch: calls both ways, keys, hold, a page loaded anew."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from huawu.link.messages import (
    Answer,
    Echo,
    EndpointReachable,
    LegAnswered,
    LegOffered,
)
from tests.support.page_phone import PagePhone, chromium, served_page
from tests.support.switch import RunningSwitch, running_switch
from tests.switch.scripted_centre import PUBLIC, ScriptedCentre
from tests.switch.scripted_centre import phone as registered

pytestmark = pytest.mark.browser


@pytest.fixture(scope="session")
def page_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served_page(tmp_path_factory.mktemp("page")) as url:
        yield url


@pytest.fixture
async def switch(tmp_path: Path) -> AsyncIterator[RunningSwitch]:
    ways = ("--sip-ws", "127.0.0.1:0", "--webrtc", "127.0.0.1:0")
    async with running_switch(tmp_path, arguments=ways) as switch:
        yield switch


@pytest.fixture
async def centre(switch: RunningSwitch) -> AsyncIterator[ScriptedCentre]:
    centre = ScriptedCentre(switch.client())
    async with centre.running():
        centre.configure(registered("1001"), registered("1002"))
        yield centre


@pytest.fixture
async def pages(tmp_path: Path, page_url: str) -> AsyncIterator[list[PagePhone]]:
    async with chromium(tmp_path, page_url, pages=2) as phones:
        yield phones


def websocket(switch: RunningSwitch) -> str:
    return f"ws://127.0.0.1:{switch.port_of('ws')}"


async def test_a_page_calls_and_hears_its_own_tone(
    switch: RunningSwitch, centre: ScriptedCentre, pages: list[PagePhone]
) -> None:
    page = pages[0]
    await page.register(websocket(switch), "1001", hertz=440)
    await centre.next(EndpointReachable)
    await page.call(PUBLIC)
    offered = await centre.next(LegOffered)
    centre.send(Answer(leg=offered.leg))
    await centre.next(LegAnswered)
    centre.send(Echo(leg=offered.leg))
    await page.told("media connected")
    await page.hears(440)
