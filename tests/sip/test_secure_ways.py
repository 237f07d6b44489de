"""Real calls by TLS and WebSocket, between a real switch and real peers; and what cannot harm them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import ssl
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from huawu.link.messages import (
    Answer,
    Bridge,
    Echo,
    EndpointId,
    EndpointReachable,
    EndpointUnreachable,
    HangUp,
    LegAnswered,
    LegEnded,
    LegId,
    LegOffered,
    Originate,
    Trunk,
    TrunkId,
    TrunkTls,
)
from huawu.switch.sip.message import Request, parse
from tests.sip.conftest import Phone
from tests.support.authority import Authority
from tests.support.baresip import baresip
from tests.support.rtp import RtpPeer, talking
from tests.support.switch import RunningSwitch, running_switch
from tests.support.tools import PATIENCE_S, until
from tests.support.web_phone import web_phone
from tests.switch.scripted_centre import PUBLIC, ScriptedCentre
from tests.switch.scripted_centre import phone as registered

pytestmark = pytest.mark.sip

AGENT = LegId("agent")
OPTIONS = (
    b"OPTIONS sip:huawu SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:9;branch=z9hG4bK%d;rport\r\n"
    b"From: <sip:a@b>;tag=1\r\nTo: <sip:huawu>\r\nCall-ID: c%d\r\nCSeq: 1 OPTIONS\r\n"
    b"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def given(certificate: Path) -> list[str]:
    return ["--tls-cert", str(certificate), "--sip-tls", "127.0.0.1:0", "--sip-tls", "[::1]:0"]


@pytest.fixture
async def switch(tmp_path: Path, authority: Authority) -> AsyncIterator[RunningSwitch]:
    """With every transport, and a certificate by the authority."""
    certificate = tmp_path / "ours.pem"
    certificate.write_bytes(authority.issue("127.0.0.1", "::1", "pbx.example").read_bytes())
    ways = ["--sip-ws", "127.0.0.1:0", "--sip-ws", "[::1]:0", "--sip-wss", "127.0.0.1:0"]
    async with running_switch(tmp_path, arguments=[*given(certificate), *ways]) as switch:
        yield switch


def believing(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority.file))


async def asked(port: int, context: ssl.SSLContext, number: int = 1, host: str = "127.0.0.1") -> bytes:
    """Connect by TLS, ask OPTIONS; the first line of the answer."""
    reader, writer = await asyncio.open_connection(host, port, ssl=context)
    try:
        writer.write(OPTIONS % (number, number))
        return await asyncio.wait_for(reader.readuntil(b"\r\n"), PATIENCE_S)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_phone_by_tls_checks_our_name_and_is_answered(
    switch: RunningSwitch, centre: ScriptedCentre, authority: Authority, host: str
) -> None:
    port = switch.port_of("tls", "[::1]" if ":" in host else host)
    assert await asked(port, believing(authority), host=host) == b"SIP/2.0 200 OK\r\n"
    with pytest.raises(ssl.SSLCertVerificationError):
        await asked(port, ssl.create_default_context(), host=host)


async def test_baresip_by_tls_registers_is_called_and_talks(
    switch: RunningSwitch,
    centre: ScriptedCentre,
    phone: Phone,
    ear: RtpPeer,
    authority: Authority,
    tmp_path: Path,
) -> None:
    await centre.configure(registered("1001", md5_only=True))
    async with baresip(
        tmp_path / "b", user="1001", password="secret", switch_port=switch.port_of("tls"), transport="tls",
        authority=authority.file,
    ) as agent:  # fmt: skip
        await centre.next(EndpointReachable)
        caller = await phone("caller_waits", rtp_port=ear.port)
        offered = await centre.next(LegOffered)
        centre.send(Answer(leg=offered.leg))
        centre.send(Originate(leg=AGENT, endpoint=EndpointId("1001"), caller_number="13812345678"))
        await centre.next(LegAnswered, AGENT)
        centre.send(Bridge(a=offered.leg, b=AGENT))
        async with talking(ear, ("127.0.0.1", await caller.audio_port()), 400):
            await until(lambda: ear.hears(700), "the agent's voice")
        centre.send(HangUp(leg=AGENT))
        centre.send(HangUp(leg=offered.leg))
        await centre.next(LegEnded, AGENT)
        await agent.told("CALL_CLOSED")
        await caller.succeeds()
    await centre.next(EndpointUnreachable)


@pytest.mark.parametrize("way", ["ws", "wss", "ws6"])
async def test_a_web_phone_registers_is_called_and_calls(
    switch: RunningSwitch, centre: ScriptedCentre, authority: Authority, ear: RtpPeer, way: str
) -> None:
    transport, host = way.rstrip("6"), "[::1]" if way == "ws6" else "127.0.0.1"
    await centre.configure(registered("1001"))
    url = f"{transport}://{host}:{switch.port_of(transport, host)}/"
    async with web_phone(url, "1001", ear, trusts=str(authority.file)) as phone:
        answer = await phone.register()
        assert answer.first("require") == "outbound"
        await centre.next(EndpointReachable)
        if way != "ws6":  # its voice would be asked for by IPv6
            centre.send(Originate(leg=AGENT, endpoint=EndpointId("1001"), caller_number="13812345678"))
            invite, rtp_port = await phone.answers()
            assert invite.via.transport == transport.upper()
            assert ";transport=ws>" in invite.first("contact")
            await centre.next(LegAnswered, AGENT)
            centre.send(Echo(leg=AGENT))
            async with talking(ear, ("127.0.0.1", rtp_port), 500):
                await until(lambda: ear.hears(500), "its own voice")
            centre.send(HangUp(leg=AGENT))
            await phone.ends()
            ended = await centre.next(LegEnded, AGENT)
            assert ended.quality is not None
            assert ended.quality.packets > 5
            calling = asyncio.create_task(phone.calls(PUBLIC))
            offered = await centre.next(LegOffered)
            assert offered.endpoint == "1001"
            centre.send(Answer(leg=offered.leg))
            _, rtp_port = await calling
            centre.send(Echo(leg=offered.leg))
            ear.heard.clear()
            async with talking(ear, ("127.0.0.1", rtp_port), 800):
                await until(lambda: ear.hears(800), "its own voice again")
            centre.send(HangUp(leg=offered.leg))
            await phone.ends()
    await centre.next(EndpointUnreachable)


async def test_a_web_phone_that_comes_back_has_one_registration(
    switch: RunningSwitch, centre: ScriptedCentre, ear: RtpPeer
) -> None:
    await centre.configure(registered("1001"))
    url = f"ws://127.0.0.1:{switch.port_of('ws')}"
    async with web_phone(url, "1001", ear) as old:
        await old.register()
        async with web_phone(url, "1001", ear) as new:
            new._instance = old._instance
            answer = await new.register()
            assert len(answer.items("contact")) == 1
            await centre.next(EndpointReachable)
            centre.send(Originate(leg=AGENT, endpoint=EndpointId("1001")))
            await new.hears("INVITE")
            assert old._kept == []
    assert [one.contacts for one in centre.of(EndpointReachable)] == [1]


async def test_a_page_that_connected_anew_is_hung_up_on_by_its_new_connection(
    switch: RunningSwitch, centre: ScriptedCentre, ear: RtpPeer
) -> None:
    await centre.configure(registered("1001"))
    url = f"ws://127.0.0.1:{switch.port_of('ws')}"
    async with web_phone(url, "1001", ear) as old:
        await old.register()
        await centre.next(EndpointReachable)
        centre.send(Originate(leg=AGENT, endpoint=EndpointId("1001")))
        await old.answers()
        await centre.next(LegAnswered, AGENT)
    await centre.next(EndpointUnreachable)
    async with web_phone(url, "1001", ear) as new:
        new._instance, new._host = old._instance, old._host
        await new.register()
        centre.send(HangUp(leg=AGENT))
        await new.ends()
    assert len(centre.of(LegEnded)) == 1


async def test_pages_of_elsewhere_do_not_connect(switch: RunningSwitch, ear: RtpPeer) -> None:
    url = f"ws://127.0.0.1:{switch.port_of('ws')}"
    async with web_phone(url, "1001", ear, origin="http://127.0.0.1:8080"):
        pass
    with pytest.raises(InvalidStatus, match="403"):
        async with web_phone(url, "1001", ear, origin="http://evil.example"):
            pass
    await until(lambda: "its page may not connect" in switch.log, "a line in the log")


async def test_two_switches_join_by_a_trunk_that_both_prove(
    tmp_path: Path, authority: Authority, ear: RtpPeer
) -> None:
    """A call from one to the other by mutual TLS; then one shows a false certificate."""
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()
    ca = str(authority.file)
    a_file, b_file = tmp_path / "a.pem", tmp_path / "b.pem"
    a_file.write_bytes(authority.issue("a.example").read_bytes())
    b_file.write_bytes(authority.issue("b.example").read_bytes())
    async with (
        running_switch(folders[0], rtp_ports="34000-34999", arguments=given(a_file)) as a,
        running_switch(folders[1], rtp_ports="35000-35999", arguments=given(b_file)) as b,
    ):
        centre_a, centre_b = ScriptedCentre(a.client()), ScriptedCentre(b.client())
        async with centre_a.running(), centre_b.running():

            def trunk(name: str, port: int, **tls: object) -> Trunk:
                settings = TrunkTls(ca=ca, client_certificate=True, name=f"{name}.example", **tls)  # type: ignore[arg-type]
                return Trunk(trunk=TrunkId(name), target=f"127.0.0.1:{port}", transport="tls", tls=settings)

            await centre_a.configure(trunks=(trunk("b", b.port_of("tls")),))
            await centre_b.configure(trunks=(trunk("a", a.port_of("tls")),))
            await called(centre_a, centre_b, LegId("one"))
            # B renews with a certificate that is not B's; A finds out when it connects anew.
            b_file.write_bytes(authority.issue("c.example").read_bytes())
            os.kill(b.pid, signal.SIGHUP)
            await until(lambda: "taken over" in b.log, "the new certificate")
            await called(centre_a, centre_b, LegId("two"))  # by the connection that stands
            await centre_a.configure()  # without the trunk its connection ends
            await centre_a.configure(trunks=(trunk("b", b.port_of("tls")),))
            centre_a.send(Originate(leg=LegId("three"), trunk=TrunkId("b"), number="123"))
            ended = await centre_a.next(LegEnded, LegId("three"))
            assert ended.reason == "failed"
            await until(lambda: "its certificate is for c.example, not for b.example" in a.log, "why")


async def called(here: ScriptedCentre, there: ScriptedCentre, leg: LegId) -> None:
    here.send(Originate(leg=leg, trunk=TrunkId("b"), number="123", caller_number="456"))
    offered = await there.next(LegOffered)
    assert (offered.trunk, offered.from_number, offered.to_number) == ("a", "456", "123")
    there.send(Answer(leg=offered.leg))
    await here.next(LegAnswered, leg)
    there.send(HangUp(leg=offered.leg))
    await here.next(LegEnded, leg)
    await there.next(LegEnded, offered.leg)


async def test_our_own_certificate_is_made_once_and_can_be_checked(tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    arguments = ["--tls-folder", str(folder), "--sip-tls", "127.0.0.1:0"]
    for _ in range(2):
        async with running_switch(tmp_path, ipv6=False, arguments=arguments) as switch:
            context = ssl.create_default_context(cafile=str(folder / "sip.crt"))
            assert (await asked(switch.port_of("tls"), context)).startswith(b"SIP/2.0 ")
        made = (folder / "sip.pem").read_bytes()
    assert made == (folder / "sip.pem").read_bytes()


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_a_call_whose_connection_died_is_ended_by_a_new_one(
    switch: RunningSwitch, centre: ScriptedCentre, authority: Authority, transport: str
) -> None:
    """A carrier answers, loses the connection, and hears the BYE on the next."""
    carrier = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    carrier.load_cert_chain(authority.issue("carrier.example"))
    heard: asyncio.Queue[tuple[int, Request]] = asyncio.Queue()
    connections = 0
    closed = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        mine = connections
        method = ""
        while method not in ("ACK", "BYE"):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            request = parse(head + await reader.readexactly(length))
            assert isinstance(request, Request)
            method = request.method
            if method != "ACK":
                writer.write(ok(request, port, transport))
            heard.put_nowait((mine, request))
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        closed.set()

    tls = carrier if transport == "tls" else None
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    settings = TrunkTls(ca=str(authority.file), name="carrier.example")
    await centre.configure(
        trunks=(
            Trunk(trunk=TrunkId("t"), target=f"127.0.0.1:{port}", transport=transport, tls=settings),  # type: ignore[arg-type]
        )
    )
    centre.send(Originate(leg=AGENT, trunk=TrunkId("t"), number="123"))
    await centre.next(LegAnswered, AGENT)
    for method in ("INVITE", "ACK"):
        number, request = await asyncio.wait_for(heard.get(), PATIENCE_S)
        assert (number, request.method) == (1, method)
    await asyncio.wait_for(closed.wait(), PATIENCE_S)
    closed.clear()
    await until(lambda: switch_lost(switch.pid, port), "the switch to see the connection closed")
    centre.send(HangUp(leg=AGENT))
    number, request = await asyncio.wait_for(heard.get(), PATIENCE_S)
    assert (number, request.method, request.via.transport) == (2, "BYE", transport.upper())
    await asyncio.wait_for(closed.wait(), PATIENCE_S)
    server.close()
    await server.wait_closed()


def switch_lost(pid: int, port: int) -> bool:
    """Whether no connection to this port of the loopback is left in the switch."""
    peer = f"0100007F:{port:04X}"
    for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[2] == peer and fields[3] in ("01", "08"):  # established, or closed by the other end
            return False
    return True


def ok(request: Request, port: int, transport: str) -> bytes:
    """200 to a request, with a description when it is an INVITE."""
    sdp = (
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n"
        if request.method == "INVITE"
        else ""
    )
    kind = "Content-Type: application/sdp\r\n" if sdp else ""
    vias = "".join(f"Via: {via}\r\n" for via in request.headers["via"])
    mark = "" if request.to_tag else ";tag=c"
    return (
        f"SIP/2.0 200 OK\r\n{vias}From: {request.first('from')}\r\nTo: {request.first('to')}{mark}\r\n"
        f"Call-ID: {request.call_id}\r\nCSeq: {request.first('cseq')}\r\n"
        f"Contact: <sip:c@127.0.0.1:{port};transport={transport}>\r\n{kind}"
        f"Content-Length: {len(sdp)}\r\n\r\n{sdp}"
    ).encode()


# ── Hardship ──────────────────────────────────────────────────────────────────────────────────────


@contextlib.asynccontextmanager
async def a_call(switch: RunningSwitch, centre: ScriptedCentre, ear: RtpPeer) -> AsyncIterator[None]:
    """A web phone that hears itself; whatever happened meanwhile, it still does afterwards."""
    await centre.configure(registered("1001"))
    async with web_phone(f"ws://127.0.0.1:{switch.port_of('ws')}", "1001", ear) as phone:
        await phone.register()
        centre.send(Originate(leg=AGENT, endpoint=EndpointId("1001")))
        _, rtp_port = await phone.answers()
        await centre.next(LegAnswered, AGENT)
        centre.send(Echo(leg=AGENT))
        async with talking(ear, ("127.0.0.1", rtp_port), 500):
            await until(lambda: ear.hears(500), "its own voice")
            yield
            ear.heard.clear()
            await until(lambda: ear.hears(500), "its own voice after all that")
        centre.send(HangUp(leg=AGENT))
        await phone.ends()
        await centre.next(LegEnded, AGENT)


def connected(port: int) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), timeout=10)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # no TIME-WAIT left behind
    return made


def ended(one: socket.socket) -> bool:
    """Whether the switch closed a connection that did not say anything."""
    one.setblocking(False)
    try:
        return one.recv(4_096) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


async def test_half_open_and_slow_handshakes_are_few_and_brief(
    switch: RunningSwitch, centre: ScriptedCentre, ear: RtpPeer, authority: Authority
) -> None:
    async with a_call(switch, centre, ear):
        port = switch.port_of("tls")
        silent = [await asyncio.to_thread(connected, port) for _ in range(100)]
        await until(lambda: sum(map(ended, silent)) >= 50, "connections past the pace to be refused")
        slow = await asyncio.to_thread(connected, switch.port_of("wss"))
        slow.sendall(b"\x16\x03\x01\x02\x00")  # a hello that never ends
        await until(lambda: "too many connections" in switch.log, "a line in the log")
        await until(lambda: all(map(ended, silent)) and ended(slow), "all of them to be closed", 20)
        for one in (*silent, slow):
            one.close()
        assert await asked(port, believing(authority)) == b"SIP/2.0 200 OK\r\n"


async def test_thousands_of_connections_that_come_and_go_harm_nobody(
    switch: RunningSwitch, centre: ScriptedCentre, ear: RtpPeer, authority: Authority
) -> None:
    async with a_call(switch, centre, ear):
        for port in (switch.port, switch.port_of("ws"), switch.port_of("tls"), switch.port_of("wss")):
            for start in range(0, 1_000, 50):
                batch = [await asyncio.to_thread(connected, port) for _ in range(50)]
                for number, one in enumerate(batch):
                    with contextlib.suppress(OSError):
                        one.sendall(
                            b"GET / HTTP/1.1\r\n\r\n" if (start + number) % 2 else b"\x16\x03\x01\xff"
                        )
                    one.close()

        async def answered() -> bool:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                return await asked(switch.port_of("tls"), believing(authority)) == b"SIP/2.0 200 OK\r\n"
            return False

        async with asyncio.timeout(PATIENCE_S):
            while not await answered():
                await asyncio.sleep(0.1)


async def test_frames_that_break_the_rules_end_their_own_connection_only(
    switch: RunningSwitch, centre: ScriptedCentre, ear: RtpPeer
) -> None:
    url = f"ws://127.0.0.1:{switch.port_of('ws')}"
    async with a_call(switch, centre, ear):
        for code, act in ((1009, "large"), (1009, "fragments"), (1008, "pings")):
            async with web_phone(url, "1001", ear) as phone:
                with contextlib.suppress(ConnectionClosed):
                    if act == "large":
                        await phone._socket.send("a" * 70_000)
                    elif act == "fragments":
                        await phone._socket.send(["a" * 10_000] * 8)
                    else:
                        phone._socket.transport.write(b"\x89\x80\x00\x00\x00\x00" * 50_000)
                with pytest.raises(ConnectionClosed) as closed:
                    await asyncio.wait_for(phone._socket.recv(), PATIENCE_S)
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == code
        async with web_phone(url, "1001", ear) as phone:
            text = (OPTIONS % (7, 7)).decode()
            await phone._socket.send(text.encode())  # binary is as good as text
            await phone.hears("200 OPTIONS")
            await phone._socket.send([text.replace("z9hG4bK7", "z9hG4bK8")[:40], text[40:]])
            await phone.hears("200 OPTIONS")


async def test_a_peer_that_reads_nothing_is_cut_off(
    switch: RunningSwitch, centre: ScriptedCentre, ear: RtpPeer, authority: Authority
) -> None:
    async with a_call(switch, centre, ear):
        made = await asyncio.to_thread(connected, switch.port_of("tls"))
        context = believing(authority)
        secured = await asyncio.to_thread(context.wrap_socket, made, server_hostname="127.0.0.1")
        secured.settimeout(PATIENCE_S)
        # a challenge is owed to everybody, and as long as the question
        question = (OPTIONS % (1, 1)).replace(b"Call-ID: c1", b"Call-ID: " + b"c" * 8_000)
        question = question.replace(b"OPTIONS", b"REGISTER")

        def flood() -> None:
            for _ in range(4_000):  # more than all buffers on the way hold
                secured.sendall(question)

        with contextlib.closing(secured), pytest.raises((ConnectionError, ssl.SSLError)):
            await asyncio.to_thread(flood)
