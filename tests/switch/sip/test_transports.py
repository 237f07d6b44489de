"""The sockets: framing of streams, connections in and out, and what happens when a port is taken."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.link.messages import Trunk, TrunkId, TrunkTls
from huawu.switch.certificates import Identity, fingerprint_of, now, read_identity
from huawu.switch.sip import connection
from huawu.switch.sip.events import Flow, SendPacket
from huawu.switch.sip.framing import MAX_HEAD, BrokenStream, Framer
from huawu.switch.sip.transport_stream import MAX_HANDSHAKES_S, StreamTransport, _Pace
from huawu.switch.sip.transport_udp import AddressInUse, UdpTransport
from huawu.switch.trust import Trust
from tests.support.authority import Authority, der_of
from tests.support.tools import PATIENCE_S

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
        return await asyncio.wait_for(self.packets.get(), PATIENCE_S)

    async def next_lost(self) -> Flow:
        return await asyncio.wait_for(self.lost.get(), PATIENCE_S)


@pytest.fixture
async def tcp() -> AsyncIterator[tuple[StreamTransport, Ear]]:
    transport, ear = StreamTransport(), Ear()
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


@pytest.mark.parametrize("kind", [UdpTransport, StreamTransport])
async def test_port_in_use_is_named(kind: type[UdpTransport] | type[StreamTransport]) -> None:
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


async def test_tcp_opens_one_connection_and_answers_by_it(tcp: tuple[StreamTransport, Ear]) -> None:
    here, near = tcp
    there, far = StreamTransport(), Ear()
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


async def test_tcp_tells_when_nobody_listens(tcp: tuple[StreamTransport, Ear]) -> None:
    here, near = tcp
    other = StreamTransport()
    await other.open("127.0.0.1", 0, near.packet, near.lost.put_nowait)
    port = other.port
    await other.close()
    flow = Flow(transport="tcp", host="127.0.0.1", port=port)
    here.send(SendPacket(flow=flow, data=FIRST))
    assert await near.next_lost() == flow


async def test_tcp_keep_alive_is_answered_and_nonsense_cut_off(tcp: tuple[StreamTransport, Ear]) -> None:
    here, near = tcp
    reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
    writer.write(b"\r\n\r\n" + FIRST[:10])
    assert await asyncio.wait_for(reader.readexactly(2), PATIENCE_S) == b"\r\n"
    writer.write(FIRST[10:])
    assert (await near.next())[0] == FIRST
    writer.write(b"x" * 20_000)
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await asyncio.wait_for(reader.readexactly(1), PATIENCE_S)
    await near.next_lost()
    writer.close()


# ── TLS ───────────────────────────────────────────────────────────────────────────────────────────


class Ends:
    """Two switches' TLS transports: ours, and a carrier's that has a certificate by an authority."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        self.folder = folder
        self.opened: list[StreamTransport] = []

    def trust(self, file: Path | None, *trunks: Trunk) -> Trust:
        trust = Trust((lambda: read_identity(file, file, now())) if file is not None else None)
        trust.configure(trunks)
        return trust

    async def listen(self, trust: Trust, host: str = "127.0.0.1") -> tuple[StreamTransport, Ear]:
        transport, ear = StreamTransport("tls", trust), Ear()
        await transport.open(host, 0, ear.packet, ear.lost.put_nowait)
        self.opened.append(transport)
        return transport, ear

    def city(self, **tls: object) -> Trunk:
        settings = {"ca": str(self.authority.file), "name": "carrier.example"} | tls
        return Trunk(trunk=TrunkId("city"), target="127.0.0.1", transport="tls", tls=TrunkTls(**settings))  # type: ignore[arg-type]


@pytest.fixture
async def ends(tmp_path: Path) -> AsyncIterator[Ends]:
    ends = Ends(tmp_path)
    yield ends
    for transport in ends.opened:
        await transport.close()


def to(transport: StreamTransport, host: str = "127.0.0.1", trunk: str = "city") -> Flow:
    return Flow(transport="tls", host=host, port=transport.port, trunk=trunk)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_trunk_by_tls_is_believed_by_its_certificate(ends: Ends, host: str) -> None:
    there, far = await ends.listen(ends.trust(ends.authority.issue("carrier.example")), host)
    here, near = await ends.listen(ends.trust(None, ends.city()), host)
    for data in (FIRST, SECOND):
        here.send(SendPacket(flow=to(there, host), data=data))
    (one, back), (two, same) = await far.next(), await far.next()
    assert (one, two, back.transport, back.trunk) == (FIRST, SECOND, "tls", "")
    assert same == back
    there.send(SendPacket(flow=back, data=THIRD * 900))  # more than one record
    for _ in range(900):
        data, known = await near.next()
    assert (data, known.trunk, known.port) == (THIRD, "city", there.port)
    await there.close()
    assert await near.next_lost() == known
    here.send(SendPacket(flow=known, data=FIRST))
    assert await near.next_lost() == known


@pytest.mark.parametrize(
    ("shows", "wanted", "why"),
    [
        ("other.example", {}, "its certificate is for other.example, not for carrier.example"),
        ("*.example", {}, r"its certificate is for \*.example, not for carrier.example"),
        ("carrier.example", {"ca": ""}, "unable to get local issuer certificate"),
        ("carrier.example", {"fingerprint": "ab" * 32}, "its certificate has the fingerprint"),
        ("over", {}, "certificate has expired"),
    ],
)
async def test_a_wrong_certificate_is_refused_and_the_log_says_why(
    ends: Ends, shows: str, wanted: dict[str, str], why: str, caplog: pytest.LogCaptureFixture
) -> None:
    if shows == "over":
        file = ends.authority.issue("carrier.example", days=-0.01)
        trust = ends.trust(None)
        certificate = Identity(certificate=file, key=file, names=(), expires=now())
        trust.identity = certificate  # a carrier that forgot to renew
    else:
        trust = ends.trust(ends.authority.issue(shows))
    there, far = await ends.listen(trust)
    here, near = await ends.listen(ends.trust(None, ends.city(**wanted)))
    flow = to(there)
    here.send(SendPacket(flow=flow, data=FIRST))
    assert await near.next_lost() == flow
    assert far.packets.empty()
    told = [record for record in caplog.records if "sip connection refused" in record.getMessage()]
    assert any(re.search(why, record.getMessage()) and vars(record)["trunk"] == "city" for record in told)


async def test_a_pinned_certificate_needs_no_authority(ends: Ends) -> None:
    file = ends.authority.issue(common="whatever")
    there, far = await ends.listen(ends.trust(file))
    pin = fingerprint_of(der_of(file))
    here, _ = await ends.listen(ends.trust(None, ends.city(ca="", fingerprint=pin.upper())))
    here.send(SendPacket(flow=to(there), data=FIRST))
    assert (await far.next())[0] == FIRST


async def test_tls_goes_to_trunks_only(ends: Ends) -> None:
    there, _ = await ends.listen(ends.trust(ends.authority.issue("carrier.example")))
    here, near = await ends.listen(ends.trust(None, ends.city()))
    for trunk in ("", "unknown"):
        here.send(SendPacket(flow=to(there, trunk=trunk), data=FIRST))
        assert await near.next_lost() == to(there, trunk=trunk)


async def test_a_trunk_that_calls_proves_itself_and_is_called_back_by_the_same_connection(ends: Ends) -> None:
    ours = ends.trust(ends.authority.issue("pbx.example"), ends.city(client_certificate=True))
    theirs = ends.trust(
        ends.authority.issue("carrier.example"),
        Trunk(
            trunk=TrunkId("pbx"),
            target="127.0.0.1",
            transport="tls",
            tls=TrunkTls(ca=str(ends.authority.file), name="pbx.example"),
        ),
    )
    here, near = await ends.listen(ours)
    there, far = await ends.listen(theirs)
    via = b"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:%d;branch=z9hG4bKx;alias\r\n\r\n" % there.port
    there.send(SendPacket(flow=to(here, trunk="pbx"), data=via))
    data, flow = await near.next()
    assert (data, flow.trunk) == (via, "city")
    here.send(SendPacket(flow=to(there), data=SECOND))
    data, back = await far.next()
    assert (data, back.port) == (SECOND, here.port)  # by the connection that they had opened
    here.forget({"city"}, lambda host: False)
    assert await near.next_lost() == flow


async def test_who_shows_a_certificate_of_nobody_we_know_is_refused(
    ends: Ends, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = Authority(tmp_path, "stranger")
    here, near = await ends.listen(
        ends.trust(ends.authority.issue("pbx.example"), ends.city(client_certificate=True))
    )
    pbx = Trunk(
        trunk=TrunkId("pbx"),
        target="127.0.0.1",
        transport="tls",
        tls=TrunkTls(ca=str(ends.authority.file), name="pbx.example"),
    )
    false, _ = await ends.listen(ends.trust(stranger.issue("carrier.example"), pbx))
    plain, _ = await ends.listen(ends.trust(None, pbx))
    false.send(SendPacket(flow=to(here, trunk="pbx"), data=FIRST))
    plain.send(SendPacket(flow=to(here, trunk="pbx"), data=SECOND))
    data, flow = await near.next()
    assert (data, flow.trunk) == (SECOND, "")  # without a certificate: a stranger, as phones are
    assert near.packets.empty()
    assert any("certificate is not believed" in record.getMessage() for record in caplog.records)


async def test_a_new_certificate_serves_new_connections_and_leaves_the_others(ends: Ends) -> None:
    file = ends.folder / "ours.pem"
    file.write_bytes(ends.authority.issue("carrier.example").read_bytes())
    trust = ends.trust(file)
    there, far = await ends.listen(trust)
    here, near = await ends.listen(ends.trust(None, ends.city()))
    here.send(SendPacket(flow=to(there), data=FIRST))
    _, back = await far.next()
    file.write_bytes(ends.authority.issue("new.example").read_bytes())
    trust.look(0.0, now(), asked=True)
    there.send(SendPacket(flow=back, data=SECOND))
    assert (await near.next())[0] == SECOND
    late, later = await ends.listen(ends.trust(None, ends.city(name="new.example")))
    late.send(SendPacket(flow=to(there), data=THIRD))
    assert (await far.next())[0] == THIRD
    assert later.lost.empty()


# ── Signs of life ─────────────────────────────────────────────────────────────────────────────────


async def test_a_far_end_that_answered_pings_and_stops_is_gone(
    tcp: tuple[StreamTransport, Ear], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PING_EVERY_S", 0.02)
    monkeypatch.setattr(connection, "PONG_S", 0.2)
    here, near = tcp
    pings: asyncio.Queue[bytes] = asyncio.Queue()
    answers = [True, True, False]

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(len(FIRST)) == FIRST
        writer.write(SECOND)
        for answer in answers:
            pings.put_nowait(await reader.readexactly(4))
            if answer:
                writer.write(b"\r\n")
        assert await reader.read() == b""
        writer.close()

    server = await asyncio.start_server(peer, "127.0.0.1", 0)
    flow = Flow(transport="tcp", host="127.0.0.1", port=server.sockets[0].getsockname()[1])
    here.send(SendPacket(flow=flow, data=FIRST))
    assert (await near.next())[0] == SECOND
    lost = await near.next_lost()
    assert (lost.port, pings.qsize()) == (flow.port, 3)
    server.close()
    await server.wait_closed()


async def test_a_far_end_that_never_answers_pings_is_left_in_peace(
    tcp: tuple[StreamTransport, Ear], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PING_EVERY_S", 0.01)
    monkeypatch.setattr(connection, "PONG_S", 0.01)
    here, near = tcp
    pinged = asyncio.Event()

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(FIRST) + 5 * 4)
        pinged.set()
        writer.write(THIRD)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(peer, "127.0.0.1", 0)
    flow = Flow(transport="tcp", host="127.0.0.1", port=server.sockets[0].getsockname()[1])
    here.send(SendPacket(flow=flow, data=FIRST))
    await asyncio.wait_for(pinged.wait(), PATIENCE_S)
    assert (await near.next())[0] == THIRD
    assert near.lost.empty()
    await here.close()
    server.close()
    await server.wait_closed()


async def test_handshakes_and_refusals_are_paced() -> None:
    pace = _Pace()
    assert [pace.allows("a", 0.0) for _ in range(60)].count(True) == MAX_HANDSHAKES_S // 4
    others = [pace.allows(f"{n}", 0.5) for n in range(500)]
    assert others.count(True) == MAX_HANDSHAKES_S - MAX_HANDSHAKES_S // 4
    assert pace.allows("a", 1.5)
    assert [pace.tells(1.6) for _ in range(8)] == [0] * 5 + [None] * 3
    assert pace.tells(3.0) == 3
