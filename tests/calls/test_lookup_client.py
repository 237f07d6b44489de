"""Services asked over real sockets: what they answer, what they must not do, and how long they may take."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager

import pytest

from huawu.calls import lookup_client
from huawu.calls.effects import LookUpWanted
from huawu.calls.looking_up import LookupAnswer
from huawu.calls.lookup_client import LookupClient, value_at
from huawu.config.schema import Lookup, LookupService
from tests.support.tools import until

Handler = Callable[[asyncio.StreamWriter], Awaitable[None]]
CALLER = {"caller": "13800005678", "card": "7 & 8"}


class Service:
    """Gives every question the same answer and keeps what it was asked."""

    def __init__(self, answer: bytes | Handler) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self.at_once = self.most_at_once = 0
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(
                (int(line[15:]) for line in head.splitlines() if line.lower().startswith("content-length")), 0
            )
            self.asked.append(head + (await reader.readexactly(length)).decode())
            if isinstance(self.answer, bytes):
                writer.write(self.answer)
                await writer.drain()
            else:
                await self.answer(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.at_once -= 1
            writer.close()


def http(body: bytes, status: str = "200 OK", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


@asynccontextmanager
async def service(answer: bytes | Handler) -> AsyncIterator[Service]:
    there = Service(answer)
    server = await asyncio.start_server(there.serve, "127.0.0.1", 0)
    there.port = server.sockets[0].getsockname()[1]
    async with server:
        yield there


@asynccontextmanager
async def client(
    there: Service, *, at_once: int = 8, **settings: object
) -> AsyncIterator[Callable[..., Coroutine[None, None, LookupAnswer]]]:
    url = f"http://127.0.0.1:{there.port}/caller?from=us"
    terms = LookupService(**({"url": url, "internal": True} | settings))  # type: ignore[arg-type]
    asker = LookupClient(Lookup(at_once=at_once, services={"crm": terms}), {"CRM": "s3cret"})

    async def ask(**take: str) -> LookupAnswer:
        return await asker.ask(LookUpWanted(id="c1.l1", service="crm", send=CALLER, take=take))

    try:
        yield ask
    finally:
        await asker.close()


async def test_fields_of_the_answer_become_variables() -> None:
    body = '{"name": "王芳", "customer": {"level": "gold", "vip": true, "debt": 12.5, "list": [1]}}'.encode()
    async with service(http(body)) as there, client(there, secret_env="CRM") as ask:
        answer = await ask(
            name="name", level="customer.level", vip="customer.vip", debt="customer.debt", no="customer.list"
        )
    assert answer.how == "found"
    assert answer.fields == {"name": "王芳", "level": "gold", "vip": "true", "debt": "12.5", "no": ""}
    (asked,) = there.asked
    assert asked.startswith("GET /caller?from=us&caller=13800005678&card=7+%26+8 HTTP/1.1")
    assert f"host: 127.0.0.1:{there.port}\r\n" in asked.lower()
    assert "authorization: bearer s3cret\r\n" in asked.lower()


async def test_a_service_may_be_told_by_post_and_have_its_own_header() -> None:
    async with (
        service(http(b"{}")) as there,
        client(there, method="post", secret_env="CRM", header="X-Key") as ask,
    ):
        assert (await ask()).how == "found"
    (asked,) = there.asked
    assert asked.startswith("POST /caller?from=us HTTP/1.1")
    assert asked.endswith('{"caller":"13800005678","card":"7 & 8"}')
    assert "x-key: s3cret\r\n" in asked.lower()


@pytest.mark.parametrize("answer", [http(b"", "404 Not Found"), http(b"null"), http(b"", "204 No Content")])
async def test_who_is_not_known_is_not_found(answer: bytes) -> None:
    async with service(answer) as there, client(there) as ask:
        assert (await ask()).how == "not_found"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (http(b"{oh no"), "bad_answer"),
        (http(b"[1, 2]"), "bad_answer"),
        (http(b"\xff\xfe"), "bad_answer"),
        (http(b"[" * 60_000), "bad_answer"),
        (http(b'{"a": "' + b"x" * 70_000 + b'"}'), "too_large"),
        (http(b"{}", more="Content-Encoding: gzip\r\n"), "bad_answer"),
        (http(b"", "500 Oh"), "status_500"),
        (http(b"", "302 Found", "Location: http://169.254.169.254/\r\n"), "status_302"),
        (b"not http at all\r\n\r\n", "refused"),
        (b"", "refused"),
    ],
)
async def test_what_cannot_be_used_is_a_failure_with_its_reason(answer: bytes, why: str) -> None:
    async with service(answer) as there, client(there) as ask:
        assert await ask() == LookupAnswer(how="failed", fields={}, why=why)
    assert len(there.asked) == 1, "no redirection is followed, nothing asked twice"


async def test_a_service_that_is_not_there_is_refused() -> None:
    async with service(b"") as there:
        pass
    async with client(there) as ask:
        assert (await ask()).why == "refused"


async def test_a_service_that_drips_is_left_when_the_time_is_over() -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with service(drip) as there:
        async with client(there, timeout_ms=150) as ask:
            assert (await ask()).why == "timeout"
        await until(lambda: not there.at_once, "the connection to be closed")


async def test_only_so_many_are_asked_at_once_and_the_others_wait_no_longer_than_they_may() -> None:
    gate = asyncio.Event()

    async def wait(writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        writer.write(http(b"{}"))

    async with service(wait) as there, client(there, at_once=2, timeout_ms=1_500) as ask:
        answers = [asyncio.create_task(ask()) for _ in range(6)]
        await until(lambda: there.at_once == 2, "two questions")
        assert {(await each).why for each in answers} == {"timeout"}
        assert there.most_at_once == 2
        gate.set()
        assert (await ask()).how == "found"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_nothing_inside_is_asked_by_surprise(host: str) -> None:
    async with (
        service(http(b"{}")) as there,
        client(there, internal=False, url=f"http://{host}:{there.port}/") as ask,
    ):
        assert (await ask()).why == "internal_address"
    assert there.asked == []


async def test_a_name_that_comes_to_mean_an_inner_address_is_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with service(http(b"{}")) as there:

        async def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
            assert host == "crm.example.com"
            return [(2, 1, 6, "", ("93.184.216.34", port)), (2, 1, 6, "", ("127.0.0.1", port))]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve, raising=False)
        url = f"http://crm.example.com:{there.port}/"
        async with client(there, internal=False, url=url) as ask:
            assert (await ask()).why == "internal_address"
    assert there.asked == []


async def test_what_is_asked_and_answered_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    async with service(http(b'{"name": "Wang"}')) as there, client(there, secret_env="CRM") as ask:
        assert (await ask(name="name")).fields == {"name": "Wang"}
    told = "".join(capsys.readouterr())
    assert "looked up" in told
    for secret in ("13800005678", "Wang", "s3cret"):
        assert secret not in told


def test_a_value_is_short_and_printable() -> None:
    assert value_at({"a": "x\r\ny\x00" + "z" * 500}, "a") == "xy" + "z" * (lookup_client.LONGEST_VALUE - 2)
    assert value_at({"a": {"b": None}}, "a.b.c") == ""
