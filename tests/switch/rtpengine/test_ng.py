"""rtpengine's messages: values come back as they were, nonsense is named, requests survive a bad network."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.switch.rtpengine import bencode, client, ng
from huawu.switch.rtpengine.bencode import Malformed, Value, decode, encode
from huawu.switch.rtpengine.client import NgClient
from huawu.switch.rtpengine.ng import NgError, NoAnswer, Side, UnknownCall
from huawu.switch.sip.negotiation import LocalMedia
from huawu.switch.sip.sdp import Sdp

values = st.recursive(
    st.integers(-(2**63), 2**63 - 1) | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.binary(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_value_comes_back_as_it_was(value: Value) -> None:
    assert decode(encode(value)) == value


@given(st.binary(max_size=200) | st.text("ilde0123456789:-ab", max_size=60).map(str.encode))
def test_any_octets_are_a_value_or_malformed(octets: bytes) -> None:
    with contextlib.suppress(Malformed):
        decode(octets)


@pytest.mark.parametrize(
    "octets",
    [b"", b"i", b"ie", b"i-e", b"i1", b"i+1e", b"i 1e", b"i1_0e", b"l", b"li1e", b"d", b"d1:a", b"d1:ae"]
    + [b"di1ei2ee", b"2:a", b":a", b"-1:a", b"i1ei2e", b"x", b"i" + b"9" * 21 + b"e", b"9" * 30 + b":a"]
    + [b"l" * 18 + b"e" * 18, b"d1:a" * 18 + b"i1e" + b"e" * 18, b"70000:" + b"a" * 70_000]
    + ["i٣e".encode()],
)
def test_what_is_no_value_is_malformed(octets: bytes) -> None:
    with pytest.raises(Malformed):
        decode(octets)


def test_keys_are_written_in_order_and_read_in_any() -> None:
    assert encode({b"b": 1, b"a": b"x"}) == b"d1:a1:x1:bi1ee"
    assert decode(b"d1:bi1e1:a1:xe") == {b"b": 1, b"a": b"x"}


def side(port: int = 4000, digits: int | None = 101, host: str = "192.0.2.1") -> Side:
    return Side(
        host=host, port=port, rtcp_port=port + 3, payload_type=8, encoding="PCMA/8000", digits_type=digits,
        copy=LocalMedia(host="192.0.2.9", rtp_port=20_000, rtcp_port=20_001),
    )  # fmt: skip


def test_a_party_and_our_ear_are_described() -> None:
    sdp = Sdp.parse(ng.describe(side()))
    (stream,) = sdp.streams
    assert (sdp.host_of(stream), stream.port, stream.formats) == ("192.0.2.1", 4000, ("8", "101"))
    assert stream.codecs() == {"8": "PCMA/8000", "101": "TELEPHONE-EVENT/8000"}
    assert stream.attribute("rtcp") == "4003"
    assert sdp.direction_of(stream) == "sendrecv"
    ear = Sdp.parse(ng.describe_copy(side(digits=None)))
    assert (ear.host_of(ear.streams[0]), ear.streams[0].port) == ("192.0.2.9", 20_000)
    assert ear.direction_of(ear.streams[0]) == "recvonly"
    assert ear.streams[0].formats == ("8",)
    six = Sdp.parse(ng.describe(side(host="2001:db8::1")))
    assert ("c", "IN IP6 2001:db8::1") in six.lines


@pytest.mark.parametrize(
    "sdp",
    [b"", b"v=0", b"v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\n", 7]
    + [b"v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nc=IN IP4 1.2.3.4\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\n"],
)
def test_an_answer_without_a_usable_place_is_an_error(sdp: Value) -> None:
    with pytest.raises(NgError):
        ng.place({b"sdp": sdp})


def test_bad_results_are_told_apart() -> None:
    assert ng.check({b"result": b"pong"}) == {b"result": b"pong"}
    with pytest.raises(UnknownCall):
        ng.check({b"result": b"error", b"error-reason": b"Unknown call-id"})
    with pytest.raises(NgError, match="Ran out of ports"):
        ng.check({b"result": b"error", b"error-reason": b"Ran out of ports"})
    with pytest.raises(NgError, match="no reason given"):
        ng.check({})


# ── Over UDP ──────────────────────────────────────────────────────────────────────────────────────

Answer = Callable[[bytes, dict[bytes, Value]], list[bytes]]


class Daemon(asyncio.DatagramProtocol):
    """Answers each request with what `answer` makes of its cookie and fields."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.cookies: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        cookie, fields = ng.read(data)
        self.cookies.append(cookie)
        for reply in self.answer(cookie, fields):
            self.transport.sendto(reply, addr)


@contextlib.asynccontextmanager
async def asking(answer: Answer) -> AsyncIterator[tuple[NgClient, Daemon]]:
    daemon, loop = Daemon(answer), asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: daemon, local_addr=("127.0.0.1", 0))
    asker = NgClient("127.0.0.1", transport.get_extra_info("sockname")[1])
    await asker.open()
    try:
        yield asker, daemon
    finally:
        asker.close()
        transport.close()


def pong(cookie: bytes) -> bytes:
    return cookie + b" " + encode({b"result": b"pong"})


async def test_lost_request_is_sent_again_with_its_cookie() -> None:
    seen: list[bytes] = []

    def answer(cookie: bytes, fields: dict[bytes, Value]) -> list[bytes]:
        seen.append(cookie)
        return [pong(cookie)] if len(seen) == 3 else []

    async with asking(answer) as (asker, daemon):
        await asker.ping()
    assert len(set(daemon.cookies)) == 1
    assert len(daemon.cookies) == 3


async def test_nonsense_and_answers_to_others_are_passed_over() -> None:
    async with asking(lambda cookie, _: [b"", b"x", cookie + b" i1e", cookie + b" d", pong(b"other"),
                                         pong(cookie), pong(cookie)]) as (asker, _):  # fmt: skip
        await asker.ping()
        await asker.ping()


async def test_no_answer_is_told_and_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "AGAIN_S", (0.01, 0.01))
    async with asking(lambda *_: []) as (asker, daemon):
        with pytest.raises(NoAnswer, match="does not answer"):
            await asker.ping()
        assert len(daemon.cookies) == 2
        assert not asker._waiting


async def test_end_of_an_unknown_call_is_no_error() -> None:
    told = encode({b"result": b"error", b"error-reason": b"Unknown call-id"})
    async with asking(lambda cookie, _: [cookie + b" " + told]) as (asker, _):
        await asker.end("gone")
        with pytest.raises(UnknownCall):
            await asker.know("gone")


async def test_join_fails_whole_when_one_step_is_refused() -> None:
    sdp = ng.describe(side(port=30_000)).encode()

    def answer(cookie: bytes, fields: dict[bytes, Value]) -> list[bytes]:
        good = {b"result": b"ok", b"sdp": sdp}  # without the tag that the copy needs
        return [cookie + b" " + bencode.encode(cast("Value", good))]

    async with asking(answer) as (asker, daemon):
        with pytest.raises(NgError, match="no tag"):
            await asker.join("call", side(), side(5000))
        assert len(daemon.cookies) == 3, "offer, answer, first copy"
