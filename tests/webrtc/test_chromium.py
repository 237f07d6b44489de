"""A real Chromium with JsSIP against the real switch: calls both ways, keys, hold, a page loaded anew."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import cast

import pytest

from huawu.link.messages import (
    Answer,
    Bridge,
    ConferenceId,
    DigitPressed,
    Echo,
    EndpointId,
    EndpointReachable,
    HangUp,
    Hears,
    LegAnswered,
    LegAway,
    LegBack,
    LegEnded,
    LegHeld,
    LegId,
    LegOffered,
    LegResumed,
    Mix,
    Originate,
    RecordingId,
    RecordingStopped,
    StartRecording,
    StopRecording,
)
from huawu.switch.media.tones import tone
from huawu.switch.sip.message import Request
from tests.support.page_phone import PagePhone, chromium, served_page
from tests.support.proxied_phone import udp_phone
from tests.support.rtp import RtpPeer, rtp_peer, talking
from tests.support.sipp import Sipp, start_sipp
from tests.support.switch import RunningSwitch, running_switch
from tests.support.tools import until
from tests.switch.media.fakes import write_prompt
from tests.switch.media.recordings import OFF_HZ, channels, pitch
from tests.switch.scripted_centre import PUBLIC, ScriptedCentre
from tests.switch.scripted_centre import phone as registered

pytestmark = pytest.mark.browser

SCENARIOS = Path(__file__).parents[1] / "sip/scenarios"
AGENT = LegId("agent")
MUSIC = 1_200


@pytest.fixture(scope="session")
def page_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served_page(tmp_path_factory.mktemp("page")) as url:
        yield url


@pytest.fixture
async def switch(tmp_path: Path) -> AsyncIterator[RunningSwitch]:
    ways = ("--sip-ws", "127.0.0.1:0", "--webrtc", "127.0.0.1:0", "--away-grace", "10")
    async with running_switch(tmp_path, arguments=ways) as switch:
        yield switch


@pytest.fixture
async def centre(switch: RunningSwitch, tmp_path: Path) -> AsyncIterator[ScriptedCentre]:
    """Its hold music is a tone."""
    centre = ScriptedCentre(switch.client())
    music = write_prompt(tmp_path / "music.wav", tone((float(MUSIC),), 1_000))
    async with centre.running():
        await centre.configure(registered("1001"), registered("1002"), hold_music=music)
        yield centre


@pytest.fixture
async def pages(tmp_path: Path, page_url: str) -> AsyncIterator[list[PagePhone]]:
    async with chromium(tmp_path, page_url, pages=2) as phones:
        yield phones


@pytest.fixture
async def ear() -> AsyncIterator[RtpPeer]:
    async with rtp_peer() as peer:
        yield peer


class Caller:
    """A telephone by SIPp, whose ear and mouth is `ear`; its line."""

    def __init__(self, sipp: Sipp, leg: LegId, place: tuple[str, int]) -> None:
        self.sipp = sipp
        self.leg = leg
        self.place = place


async def calls(switch: RunningSwitch, centre: ScriptedCentre, ear: RtpPeer, folder: Path) -> Caller:
    """Somebody calls and is answered."""
    sipp = await start_sipp(
        SCENARIOS / "caller_waits.xml", folder, name="caller", number=PUBLIC, peer_port=switch.port,
        rtp_port=ear.port,
    )  # fmt: skip
    offered = await centre.next(LegOffered)
    centre.send(Answer(leg=offered.leg))
    return Caller(sipp, offered.leg, ("127.0.0.1", await sipp.audio_port()))


def websocket(switch: RunningSwitch) -> str:
    return f"ws://127.0.0.1:{switch.port_of('ws')}"


async def rings(centre: ScriptedCentre, page: PagePhone, user: str = "1001", leg: LegId = AGENT) -> None:
    """The centre calls a page, which answers."""
    centre.send(Originate(leg=leg, endpoint=EndpointId(user), number="95500"))
    await centre.next(LegAnswered, leg)
    await page.told("media connected")


async def test_a_page_calls_and_hears_its_own_tone_and_its_keys_arrive(
    switch: RunningSwitch, centre: ScriptedCentre, pages: list[PagePhone]
) -> None:
    page = pages[0]
    await page.register(websocket(switch), "1001", hertz=440)
    await page.call(PUBLIC)
    offered = await centre.next(LegOffered)
    centre.send(Answer(leg=offered.leg))
    centre.send(Echo(leg=offered.leg))
    await page.hears(440)
    await page.do("phone.session.sendDTMF('3', {transportType: 'INFO', duration: 120})")
    assert (await centre.next(DigitPressed)).digit == "3"
    await page.do("phone.session.sendDTMF('5', {transportType: 'RFC2833', duration: 120})")
    assert (await centre.next(DigitPressed)).digit == "5"
    await page.do("phone.session.terminate()")
    ended = await centre.next(LegEnded, offered.leg)
    assert (ended.by, ended.reason) == ("peer", "normal")
    assert ended.quality is not None
    assert ended.quality.packets > 0
    assert not centre.of(LegAway)


async def test_a_page_takes_a_call_and_caller_and_page_hear_each_other_through_hold_and_talk(
    switch: RunningSwitch, centre: ScriptedCentre, pages: list[PagePhone], ear: RtpPeer, tmp_path: Path
) -> None:
    page, path = pages[0], tmp_path / "call.wav"
    await page.register(websocket(switch), "1001", hertz=440)
    await centre.next(EndpointReachable)
    caller = await calls(switch, centre, ear, tmp_path)
    async with talking(ear, caller.place, 900):
        await rings(centre, page)
        centre.send(Bridge(a=caller.leg, b=AGENT))
        centre.send(StartRecording(recording=RecordingId("r"), path=str(path), left=caller.leg, right=AGENT))
        await page.hears(900)
        await until(lambda: ear.hears(440), "the page's tone")
        await page.do("phone.session.hold()")
        await centre.next(LegHeld, AGENT)
        await until(lambda: ear.hears(MUSIC), "hold music")
        await page.do("phone.session.unhold()")
        await centre.next(LegResumed, AGENT)
        await page.hears(900)
        await until(lambda: ear.hears(440), "the page's tone again")
        before = await page.do("phone.ufrag()")
        await page.do("phone.session.renegotiate({rtcOfferConstraints: {iceRestart: true}})")
        await page.changes("phone.ufrag()", before)
        await page.hears(900)
        await page.do("phone.session.sendDTMF('7', {transportType: 'RFC2833', duration: 120})")
        await until(lambda: 7 in ear.digits, "the page's key at the caller's phone")
        centre.send(StopRecording(recording=RecordingId("r")))
        await centre.next(RecordingStopped)
    centre.send(HangUp(leg=AGENT))
    await page.told("ended")
    centre.send(HangUp(leg=caller.leg))
    await caller.sipp.succeeds()
    left, right = channels(path)
    assert (pitch(left[-6_000:]), pitch(right[-6_000:])) == pytest.approx((900, 440), abs=OFF_HZ)


async def test_a_page_loaded_anew_takes_its_call_up_while_the_caller_hears_music(
    switch: RunningSwitch, centre: ScriptedCentre, pages: list[PagePhone], ear: RtpPeer, tmp_path: Path
) -> None:
    page = pages[0]
    await page.register(websocket(switch), "1001", hertz=440)
    await centre.next(EndpointReachable)
    caller = await calls(switch, centre, ear, tmp_path)
    async with talking(ear, caller.place, 900):
        await rings(centre, page)
        centre.send(Bridge(a=caller.leg, b=AGENT))
        await page.hears(900)
        replaces = str(await page.do("phone.replaces()"))
        await page.open()
        away = await centre.next(LegAway, AGENT)
        assert away.why == "left"
        await until(lambda: ear.hears(MUSIC), "hold music meanwhile")
        await page.call("1001", replaces)
        again = await centre.next(LegOffered)
        assert (again.replaces, again.endpoint) == (AGENT, "1001")
        centre.send(Answer(leg=again.leg))
        await centre.next(LegAnswered, again.leg)
        centre.send(Bridge(a=caller.leg, b=again.leg))
        centre.send(HangUp(leg=AGENT))
        await page.hears(900)
        await until(lambda: ear.hears(440), "the page's tone after it was loaded anew")
    await caller.sipp.program.stop()


@pytest.mark.parametrize("answers", ["phone", "page"])
async def test_phone_and_page_of_one_desk_ring_together_and_either_may_answer(
    switch: RunningSwitch, centre: ScriptedCentre, pages: list[PagePhone], ear: RtpPeer, answers: str
) -> None:
    page = pages[0]
    await page.register(websocket(switch), "1001", hertz=440, answers=answers == "page")
    async with udp_phone("1001", ear, ("127.0.0.1", switch.port)) as phone:
        assert (await phone.register("secret")).code == 200
        await until(lambda: [one.contacts for one in centre.of(EndpointReachable)] == [1, 2], "both")
        centre.send(Originate(leg=AGENT, endpoint=EndpointId("1001"), number="95500"))
        if answers == "phone":
            await page.told("rings")
            talk = await phone.answers()
            await centre.next(LegAnswered, AGENT)
            await page.told("failed: Canceled")
            centre.send(Echo(leg=AGENT))
            async with talking(ear, talk.audio, 900):
                await until(lambda: ear.hears(900), "the phone's own tone")
        else:
            invite = await phone.hears("INVITE")
            assert isinstance(invite, Request)
            phone._reply(invite, "180 Ringing", tag="p")
            await centre.next(LegAnswered, AGENT)
            await phone.hears("CANCEL")
            centre.send(Echo(leg=AGENT))
            await page.hears(440)


async def test_two_pages_and_a_caller_confer_and_a_whisper_reaches_one_page_alone(
    switch: RunningSwitch, centre: ScriptedCentre, pages: list[PagePhone], ear: RtpPeer, tmp_path: Path
) -> None:
    agent, leader = pages
    await agent.register(websocket(switch), "1001", hertz=440)
    await leader.register(websocket(switch), "1002", hertz=1_500)
    caller = await calls(switch, centre, ear, tmp_path)
    other = LegId("leader")
    await rings(centre, agent)
    await rings(centre, leader, "1002", other)

    centre.send(Bridge(a=AGENT, b=other))
    await agent.hears(1_500)
    await leader.hears(440)

    def mix(*cells: tuple[LegId, LegId]) -> None:
        hears = tuple(Hears(listener=one, speaker=two) for one, two in cells)
        centre.send(Mix(conference=ConferenceId("c"), hears=hears))

    mix((AGENT, other), (other, AGENT), (AGENT, caller.leg), (caller.leg, AGENT))
    await agent.hears(1_500)
    await until(lambda: ear.hears(440), "the agent alone at the caller's ear")
    await leader.hears(440)
    mix((caller.leg, other), (other, caller.leg), (AGENT, caller.leg))
    await until(lambda: ear.hears(1_500), "the leader barged in")
    await caller.sipp.program.stop()


class Cable(asyncio.DatagramProtocol):
    """Between a page and the switch; while it is `cut` nothing comes through."""

    def __init__(self) -> None:
        self.cut = False
        self.to: Cable
        self.far: tuple[str, int] | None = None
        """Where this end sends; learned from what comes, if not set."""
        self.transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        self.far = self.far or (str(addr[0]), int(addr[1]))
        if not self.cut and self.to.far is not None:
            self.to.transport.sendto(data, self.to.far)


@contextlib.asynccontextmanager
async def cable() -> AsyncIterator[tuple[Cable, Cable]]:
    """The end for the page, and the end for the switch, whose `far` is to be set."""
    loop = asyncio.get_running_loop()
    ends = []
    for _ in range(2):
        _, end = await loop.create_datagram_endpoint(Cable, local_addr=("127.0.0.1", 0))
        ends.append(end)
    ends[0].to, ends[1].to = ends[1], ends[0]
    try:
        yield ends[0], ends[1]
    finally:
        for end in ends:
            end.transport.close()


async def test_a_page_without_network_for_a_while_goes_on_by_itself(
    switch: RunningSwitch, centre: ScriptedCentre, pages: list[PagePhone], ear: RtpPeer, tmp_path: Path
) -> None:
    page = pages[0]
    async with cable() as (near, far):
        port = near.transport.get_extra_info("sockname")[1]
        await page.register(websocket(switch), "1001", hertz=440, between=port)
        await centre.next(EndpointReachable)
        caller = await calls(switch, centre, ear, tmp_path)
        async with talking(ear, caller.place, 900):
            centre.send(Originate(leg=AGENT, endpoint=EndpointId("1001"), number="95500"))
            await centre.next(LegAnswered, AGENT)
            far.far = "127.0.0.1", await switch_media_port(page)
            centre.send(Bridge(a=caller.leg, b=AGENT))
            await page.hears(900)
            await until(lambda: ear.hears(440), "the page's tone")
            near.cut = far.cut = True
            assert (await centre.next(LegAway, AGENT)).why == "silent"
            await until(lambda: ear.hears(MUSIC), "hold music meanwhile")
            near.cut = far.cut = False
            await centre.next(LegBack, AGENT)
            await page.hears(900)
            await until(lambda: ear.hears(440), "the page's tone again")
        assert not centre.of(LegHeld)
    await caller.sipp.program.stop()


async def switch_media_port(page: PagePhone) -> int:
    """Where the switch wanted this page's media."""
    return int(await page.do("phone.told"))
