"""Our user agent on real sockets against SIPp, which knows nothing of us."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from huawu.link.messages import Configure, LegId, Originate, Trunk, TrunkId
from huawu.switch.sip.agent import Addresses, UserAgent
from huawu.switch.sip.events import (
    CallAnswered,
    CallEnded,
    CallNews,
    CallOffered,
    Flow,
    Output,
    SendPacket,
    StartTimer,
    StopTimer,
)
from huawu.switch.sip.negotiation import LocalMedia, make_offer, negotiate
from huawu.switch.sip.transport_stream import StreamTransport
from huawu.switch.sip.transport_udp import UdpTransport
from tests.support.tools import free_port, tool

pytestmark = pytest.mark.sip
LOCAL = LocalMedia(host="127.0.0.1", rtp_port=40000, rtcp_port=40001)
CALLS = 20


class Living:
    """A user agent with sockets and real timers; `on_news` reacts, `ended` counts calls."""

    def __init__(self, transport: UdpTransport | StreamTransport) -> None:
        self.transport = transport
        self.loop = asyncio.get_running_loop()
        self.timers: dict[str, asyncio.TimerHandle] = {}
        self.news: list[CallNews] = []
        self.ended = asyncio.Semaphore(0)
        self.on_news: Callable[[CallNews], None] = lambda news: None

    async def open(self, targets: tuple[Trunk, ...] = ()) -> None:
        await self.transport.open("127.0.0.1", 0, self.packet, self.lost)
        place = f"127.0.0.1:{self.transport.port}"
        self.ua = UserAgent(token=lambda: secrets.token_hex(8), local=Addresses(udp4=place, tcp4=place))
        self.do(self.ua.configure(Configure(realm="r", trunks=targets, public_numbers=("10000",)), self.now))

    @property
    def now(self) -> float:
        return self.loop.time()

    def packet(self, data: bytes, flow: Flow) -> None:
        self.do(self.ua.receive(data, flow, self.now))

    def lost(self, flow: Flow) -> None:
        self.do(self.ua.connection_lost(flow, self.now))

    def do(self, outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, SendPacket):
                self.transport.send(output)
            elif isinstance(output, StartTimer):
                self.stop(output.key)
                self.timers[output.key] = self.loop.call_at(output.due, self.fire, output.key)
            elif isinstance(output, StopTimer):
                self.stop(output.key)
            else:
                self.news.append(output)
                if isinstance(output, CallEnded):
                    self.ended.release()
                self.on_news(output)

    def fire(self, key: str) -> None:
        del self.timers[key]
        self.do(self.ua.fire(key, self.now))

    def stop(self, key: str) -> None:
        handle = self.timers.pop(key, None)
        if handle is not None:
            handle.cancel()

    async def all_ended(self, calls: int) -> None:
        for _ in range(calls):
            await asyncio.wait_for(self.ended.acquire(), 20)

    async def close(self) -> None:
        for key in list(self.timers):
            self.stop(key)
        await self.transport.close()


async def sipp(folder: Path, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        tool("sipp"), *arguments, "-i", "127.0.0.1", "-nostdin", "-timeout", "30", "-m", str(CALLS),
        cwd=folder, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.parametrize("transport", [UdpTransport, StreamTransport])
async def test_sipp_calls_us(tmp_path: Path, transport: type[UdpTransport] | type[StreamTransport]) -> None:
    living = Living(transport())
    await living.open()

    def answer(news: CallNews) -> None:
        if isinstance(news, CallOffered) and news.offer is not None:
            living.do(living.ua.ring(news.leg, living.now))
            living.do(living.ua.answer(news.leg, negotiate(LOCAL, news.offer)[0], living.now))

    living.on_news = answer
    wire = ("-t", "t1") if transport is StreamTransport else ()
    process = await sipp(
        tmp_path,
        "-sn",
        "uac",
        "-s",
        "10000",
        "-r",
        "50",
        "-d",
        "100",
        *wire,
        f"127.0.0.1:{living.transport.port}",
    )
    _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    await living.all_ended(CALLS)
    ended = [one for one in living.news if isinstance(one, CallEnded)]
    assert [(one.by, one.reason) for one in ended] == [("peer", "normal")] * CALLS
    await living.close()


async def test_we_call_sipp(tmp_path: Path) -> None:
    port = free_port()
    living = Living(UdpTransport())
    await living.open((Trunk(trunk=TrunkId("t"), target=f"127.0.0.1:{port}"),))
    process = await sipp(tmp_path, "-sn", "uas", "-p", str(port))

    def hang_up(news: CallNews) -> None:
        if isinstance(news, CallAnswered):
            living.do(living.ua.hang_up(news.leg, "normal", living.now))

    living.on_news = hang_up
    for number in range(CALLS):
        wish = Originate(leg=LegId(f"out{number}"), trunk=TrunkId("t"), number="1", caller_number="2")
        living.do(living.ua.invite(wish.leg, wish, make_offer(LOCAL), living.now))
    await living.all_ended(CALLS)
    _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert sum(isinstance(one, CallAnswered) for one in living.news) == CALLS
    ended = [one for one in living.news if isinstance(one, CallEnded)]
    assert [one.by for one in ended] == ["centre"] * CALLS
    await living.close()
