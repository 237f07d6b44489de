"""The sockets: framing of streams, connections in and out, and what happens when a port is taken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.switch.sip.events import Flow, SendPacket
from huawu.switch.sip.framing import MAX_HEAD, BrokenStream, Framer
from huawu.switch.sip.transport_tcp import TcpTransport
from huawu.switch.sip.transport_udp import AddressInUse, UdpTransport

FIRST = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 5\r\n\r\nhello"
SECOND = b"BYE sip:b SIP/2.0\r\nl : 0\r\n\r\n"
THIRD = b"ACK sip:c SIP/2.0\r\nVia: x\r\n\r\n"


@given(st.lists(st.integers(1, 40), max_size=30))
def test_stream_is_parted_wherever_it_is_cut(cuts: list[int]) -> None:
    stream = b"\r\n\r\n" + FIRST + b"\r\n" + SECOND + b"\r\n\r\n\r\n\r\n" + THIRD + FIRST + b"\r\n"
    framer = Framer()
    messages: list[bytes] = []
    for cut in cuts:
        messages += framer.feed(stream[:cut])
        stream = stream[cut:]
    messages += framer.feed(stream)
    assert messages == [FIRST, SECOND, THIRD, FIRST]
    assert framer.pings == 3
    assert not framer.unfinished


@pytest.mark.parametrize(
    "stream",
    [
        b"A" * (MAX_HEAD + 1),
        b"A sip:a SIP/2.0\r\nContent-Length: -1\r\n\r\n",
        b"A sip:a SIP/2.0\r\nContent-Length: 99999999\r\n\r\n",
        b"A sip:a SIP/2.0\r\nContent-Length: 1\r\nl: 2\r\n\r\n",
        b"A sip:a SIP/2.0\r\nContent-Length: many\r\n\r\n",
    ],
)
def test_stream_that_cannot_be_followed_is_broken(stream: bytes) -> None:
    with pytest.raises(BrokenStream):
        Framer().feed(stream)


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_garbage_only_breaks_the_stream(pieces: list[bytes]) -> None:
    framer = Framer()
    try:
        for piece in pieces:
            framer.feed(piece)
    except BrokenStream:
        pass


class Ear:
    """Keeps what a transport hears, for a test to await."""

    def __init__(self) -> None:
        self.packets: asyncio.Queue[tuple[bytes, Flow]] = asyncio.Queue()
        self.lost: asyncio.Queue[Flow] = asyncio.Queue()

    def packet(self, data: bytes, flow: Flow) -> None:
        self.packets.put_nowait((data, flow))

    async def next(self) -> tuple[bytes, Flow]:
        return await asyncio.wait_for(self.packets.get(), 5)

    async def next_lost(self) -> Flow:
        return await asyncio.wait_for(self.lost.get(), 5)


@pytest.fixture
async def tcp() -> AsyncIterator[tuple[TcpTransport, Ear]]:
    transport, ear = TcpTransport(), Ear()
    await transport.open("127.0.0.1", 0, ear.packet, ear.lost.put_nowait)
    yield transport, ear
    await transport.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_udp_there_and_back(host: str) -> None:
    here, there = UdpTransport(), UdpTransport()
    near, far = Ear(), Ear()
    await here.open(host, 0, near.packet, near.lost.put_nowait)
    await there.open(host, 0, far.packet, far.lost.put_nowait)
    here.send(SendPacket(flow=Flow(transport="udp", host=host, port=there.port), data=FIRST))
    data, flow = await far.next()
    assert (data, flow) == (FIRST, Flow(transport="udp", host=host, port=here.port))
    there.send(SendPacket(flow=flow, data=SECOND))
    assert (await near.next())[0] == SECOND
    await here.close()
    await there.close()
    here.send(SendPacket(flow=flow, data=SECOND))  # nothing happens after close


@pytest.mark.parametrize("kind", [UdpTransport, TcpTransport])
async def test_port_in_use_is_named(kind: type[UdpTransport] | type[TcpTransport]) -> None:
    first, second, ear = kind(), kind(), Ear()
    await first.open("127.0.0.1", 0, ear.packet, ear.lost.put_nowait)
    with pytest.raises(AddressInUse, match=f"127.0.0.1:{first.port}"):
        await second.open("127.0.0.1", first.port, ear.packet, ear.lost.put_nowait)
    await first.close()
    await second.close()


async def test_udp_tells_when_the_network_refuses() -> None:
    here, near = UdpTransport(), Ear()
    await here.open("127.0.0.1", 0, near.packet, near.lost.put_nowait)
    flow = Flow(transport="udp", host="255.255.255.255", port=5060)  # needs a permission we do not have
    here.send(SendPacket(flow=flow, data=FIRST))
    assert await near.next_lost() == flow
    await here.close()


async def test_tcp_opens_one_connection_and_answers_by_it(tcp: tuple[TcpTransport, Ear]) -> None:
    here, near = tcp
    there, far = TcpTransport(), Ear()
    await there.open("127.0.0.1", 0, far.packet, far.lost.put_nowait)
    flow = Flow(transport="tcp", host="127.0.0.1", port=there.port)
    for data in (FIRST, SECOND):
        here.send(SendPacket(flow=flow, data=data))
    (one, back), (two, same) = await far.next(), await far.next()
    assert (one, two, back) == (FIRST, SECOND, same)
    there.send(SendPacket(flow=back, data=THIRD))
    data, known = await near.next()
    assert data == THIRD
    assert known.port == there.port
    assert known.connection
    await there.close()
    assert await near.next_lost() == known
    here.send(SendPacket(flow=known, data=FIRST))
    assert await near.next_lost() == known


async def test_tcp_tells_when_nobody_listens(tcp: tuple[TcpTransport, Ear]) -> None:
    here, near = tcp
    other = TcpTransport()
    await other.open("127.0.0.1", 0, near.packet, near.lost.put_nowait)
    port = other.port
    await other.close()
    flow = Flow(transport="tcp", host="127.0.0.1", port=port)
    here.send(SendPacket(flow=flow, data=FIRST))
    assert await near.next_lost() == flow


async def test_tcp_keep_alive_is_answered_and_nonsense_cut_off(tcp: tuple[TcpTransport, Ear]) -> None:
    here, near = tcp
    reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
    writer.write(b"\r\n\r\n" + FIRST[:10])
    assert await asyncio.wait_for(reader.readexactly(2), 5) == b"\r\n"
    writer.write(FIRST[10:])
    assert (await near.next())[0] == FIRST
    writer.write(b"x" * 20_000)
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await asyncio.wait_for(reader.readexactly(1), 5)
    await near.next_lost()
    writer.close()
