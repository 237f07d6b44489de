"""The TLS port: who speaks plain HTTP is sent to https, who says nothing or nonsense disturbs nobody."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from huawu.switch.certificates import own_identity
from huawu.web.app import create_app
from huawu.web.serve import serve_http
from huawu.web.tls_door import MOST_WAITING, TlsDoor, redirect
from tests.support.tools import PATIENCE_S
from tests.web.fake_centre import FakeCentre


@pytest.mark.parametrize(
    ("head", "place"),
    [
        (b"GET / HTTP/1.1\r\nHost: desk.example:8443\r\n\r\n", b"https://desk.example:8443/"),
        (
            b"GET /a?b=%20c HTTP/1.1\r\nA: b\r\nhost:  10.0.0.1:8443 \r\n\r\n",
            b"https://10.0.0.1:8443/a?b=%20c",
        ),
        (b"POST /x HTTP/1.0\nHost: [::1]:8443\n\n", b"https://[::1]:8443/x"),
    ],
)
def test_a_plain_request_is_sent_to_the_same_address_by_https(head: bytes, place: bytes) -> None:
    answer = redirect(head)
    assert answer.startswith(b"HTTP/1.1 307 ")
    assert b"\r\nLocation: " + place + b"\r\n" in answer
    assert b"no-store" in answer, "the port may serve something else tomorrow"


@pytest.mark.parametrize(
    "head",
    [
        b"", b"\0\0\0", b"SSH-2.0-x\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
        b"GET http://elsewhere/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n"[:20],
        b"GET / HTTP/1.1\r\nHost: a/../b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
    ],
)  # fmt: skip
def test_what_tells_no_address_is_answered_with_400(head: bytes) -> None:
    assert redirect(head).startswith(b"HTTP/1.1 400 ")


@given(st.binary(max_size=300))
def test_no_request_writes_lines_of_its_own_into_the_answer(tail: bytes) -> None:
    answer = redirect(b"GET /" + tail + b" HTTP/1.1\r\nHost: " + tail + b"\r\n\r\n")
    assert answer.partition(b"\r\n\r\n")[0].count(b"\r\n") in (2, 5)


class Port:
    """A served TLS port."""

    def __init__(self, number: int, trusted: ssl.SSLContext) -> None:
        self.number = number
        self.trusted = trusted


@pytest.fixture
async def port(app: FastAPI, tmp_path: Path) -> AsyncIterator[Port]:
    identity = await asyncio.to_thread(own_identity, tmp_path, ["127.0.0.1"], datetime.now(UTC))
    started: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    pair = (str(identity.certificate), str(identity.key))
    serving = asyncio.create_task(serve_http(app, "127.0.0.1", 0, started=started, certificate=pair))
    yield Port(await started, ssl.create_default_context(cafile=pair[0]))
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving


async def test_one_port_serves_https_and_redirects_http(port: Port) -> None:
    async with httpx.AsyncClient(verify=port.trusted, trust_env=False) as client:
        for _ in range(3):
            plain = await client.get(f"http://127.0.0.1:{port.number}/calls")
            assert plain.headers["location"] == f"https://127.0.0.1:{port.number}/calls"
            answer = await client.get(f"https://127.0.0.1:{port.number}/api/v1/centre")
            assert answer.status_code == 401
            assert answer.headers["x-frame-options"] == "DENY"


async def test_those_who_say_nothing_or_nonsense_disturb_nobody(port: Port) -> None:
    silent = [await asyncio.open_connection("127.0.0.1", port.number) for _ in range(20)]
    for _, writer in silent[:5]:
        writer.write(b"\x16\x03\x01 no handshake")
        writer.write_eof()
    for _, writer in silent[5:10]:
        writer.close()
    async with httpx.AsyncClient(verify=port.trusted, trust_env=False) as client:
        assert (await client.get(f"https://127.0.0.1:{port.number}/api/v1/centre")).status_code == 401
    for _, writer in silent:
        writer.close()


async def test_more_who_say_nothing_than_can_wait_are_closed_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1_024) as listening:
        listening.setblocking(False)
        door = TlsDoor(listening, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), asyncio.Protocol)
        place = listening.getsockname()
        silent = [await asyncio.open_connection(*place[:2]) for _ in range(MOST_WAITING)]
        reader, writer = await asyncio.open_connection(*place[:2])
        assert await asyncio.wait_for(reader.read(), PATIENCE_S) == b"", "closed"
        door.close()
        await door.wait_closed()
        for _, each in [*silent, (reader, writer)]:
            each.close()


async def test_browsers_are_told_to_come_by_https_alone_only_where_they_believe_the_certificate(
    app: FastAPI, centre: FakeCentre, tmp_path: Path
) -> None:
    given = create_app(centre, app.state.accounts, data=tmp_path, https_only=True)
    for each, told in ((app, None), (given, "max-age=31536000")):
        transport = httpx.ASGITransport(each)
        async with httpx.AsyncClient(transport=transport, base_url="https://centre") as client:
            answer = await client.get("/api/v1/centre")
            assert answer.headers.get("strict-transport-security") == told
