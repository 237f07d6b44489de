"""A page that reaches the switch by a real coturn alone, with the password that the centre gives it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from huawu.config.schema import WebRtc
from huawu.config.webrtc import ice_servers
from huawu.link.messages import Answer, Echo, LegEnded, LegOffered
from tests.support.coturn import FIRST_PORT, LAST_PORT, SECRET, Coturn, coturn
from tests.support.page_phone import PagePhone, chromium, served_page
from tests.support.switch import RunningSwitch, running_switch
from tests.switch.scripted_centre import PUBLIC, ScriptedCentre
from tests.switch.scripted_centre import phone as registered

pytestmark = [pytest.mark.browser, pytest.mark.sip]

USER = "1001"
SELECTED = """async () => {
    const told = [...(await phone.session.connection.getStats()).values()]
    const chosen = told.find((one) => one.type === 'transport')?.selectedCandidatePairId
    const pair = told.find((one) => one.id === chosen)
    const local = told.find((one) => one.id === pair?.localCandidateId)
    return [local?.candidateType, local?.relayProtocol, local?.port]
}"""
GATHERED = """async (pc) => {
    const connection = new RTCPeerConnection(pc)
    connection.addTransceiver('audio')
    const found = []
    const over = new Promise((done) => {
        connection.addEventListener('icecandidate', ({ candidate }) =>
        candidate ? found.push(candidate.type) : done())
    })
    await connection.setLocalDescription(await connection.createOffer())
    await over
    connection.close()
    return found
}"""


@pytest.fixture(scope="module")
def page_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served_page(tmp_path_factory.mktemp("page")) as url:
        yield url


@pytest.fixture
async def turn(tmp_path: Path) -> AsyncIterator[Coturn]:
    async with coturn(tmp_path) as server:
        yield server


@pytest.fixture
async def switch(tmp_path: Path) -> AsyncIterator[RunningSwitch]:
    async with running_switch(
        tmp_path, arguments=("--sip-ws", "127.0.0.1:0", "--webrtc", "127.0.0.1:0")
    ) as switch:
        yield switch


@pytest.fixture
async def centre(switch: RunningSwitch) -> AsyncIterator[ScriptedCentre]:
    centre = ScriptedCentre(switch.client())
    async with centre.running():
        await centre.configure(registered(USER))
        yield centre


@pytest.fixture
async def page(tmp_path: Path, page_url: str) -> AsyncIterator[PagePhone]:
    async with chromium(tmp_path, page_url) as (phone,):
        yield phone


def relayed_only(turn: Coturn, transport: str, *, secret: str = SECRET, ago_s: float = 0.0) -> dict[str, Any]:
    """What a page is told that may use no other path; its password was made some time ago."""
    settings = WebRtc(turn=(turn.url(transport),), turn_secret_env="TURN", turn_for_ms=3_600_000)
    servers = ice_servers(settings, USER, time.time() - ago_s, secret)
    return {"iceServers": servers, "iceTransportPolicy": "relay"}


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_page_talks_through_the_relay_alone(
    switch: RunningSwitch, centre: ScriptedCentre, page: PagePhone, turn: Coturn, transport: str
) -> None:
    pc = relayed_only(turn, transport)
    await page.register(f"ws://127.0.0.1:{switch.port_of('ws')}", USER, hertz=440, pc=pc)
    await page.call(PUBLIC)
    offered = await centre.next(LegOffered)
    centre.send(Answer(leg=offered.leg))
    centre.send(Echo(leg=offered.leg))
    await page.hears(440)
    kind, protocol, port = await page.do(SELECTED)
    assert (kind, protocol, FIRST_PORT <= port <= LAST_PORT) == ("relay", transport, True)
    await page.do("phone.session.terminate()")
    ended = await centre.next(LegEnded, offered.leg)
    assert (ended.by, ended.reason) == ("peer", "normal")
    assert ended.quality is not None
    assert ended.quality.packets > 0
    assert ended.quality.lost == 0


async def test_coturn_takes_the_password_of_who_knows_the_secret_and_as_long_as_it_is_good(
    page: PagePhone, turn: Coturn
) -> None:
    await page.page.goto(page.url)
    assert "relay" in await page.page.evaluate(GATHERED, relayed_only(turn, "udp"))
    assert await page.page.evaluate(GATHERED, relayed_only(turn, "udp", secret="south wind")) == []
    assert await page.page.evaluate(GATHERED, relayed_only(turn, "udp", ago_s=7_200)) == []
