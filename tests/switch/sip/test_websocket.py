"""SIP in WebSocket frames (RFC 7118): who may connect, what a message is, and what ends it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.typing import Origin, Subprotocol
from websockets.uri import parse_uri

from huawu.switch.sip.message import MAX_MESSAGE
from huawu.switch.sip.websocket import MAX_EMPTY, MAX_FRAGMENTS, WebSocketFraming

MESSAGE = b"OPTIONS sip:a SIP/2.0\r\nSubject: \xe8\xaf\x9d\r\n\r\n"


class Browser:
    """The other end, in memory."""

    def __init__(
        self,
        *,
        origin: str | None = None,
        allowed: tuple[str, ...] = (),
        protocol: str | None = "sip",
        url: str = "ws://pbx.example:5066/",
    ) -> None:
        self.ours = WebSocketFraming(allowed)
        self.protocol = ClientProtocol(
            parse_uri(url),
            origin=Origin(origin) if origin is not None else None,
            subprotocols=[Subprotocol(protocol)] if protocol else None,
        )
        self.protocol.send_request(self.protocol.connect())
        self.messages: list[bytes] = []
        self.frames: list[Frame] = []
        self.status = 0
        self.exchange()

    def exchange(self, *, cut: int = 0) -> None:
        """Carry everything to the other side and back, in pieces of `cut` bytes."""
        for _ in range(4):
            data = b"".join(self.protocol.data_to_send())
            step = cut or len(data) or 1
            for start in range(0, len(data), step):
                self.messages += self.ours.feed(data[start : start + step])
            self.hear(self.ours.replies())

    def hear(self, data: bytes) -> None:
        if data:
            self.protocol.receive_data(data)
        for event in self.protocol.events_received():
            if isinstance(event, Response):
                self.status = event.status_code
            elif isinstance(event, Frame):
                self.frames.append(event)

    @property
    def closed_with(self) -> int:
        close = self.protocol.close_rcvd
        return close.code if close is not None else 0


@pytest.mark.parametrize("cut", [0, 1, 7])
def test_one_message_a_websocket_message_however_it_is_framed_and_cut(cut: int) -> None:
    browser = Browser()
    assert (browser.status, browser.ours.ready) == (101, True)
    browser.protocol.send_text(MESSAGE)
    browser.protocol.send_binary(MESSAGE + b"\xff")
    browser.protocol.send_text(MESSAGE[:9], fin=False)
    browser.protocol.send_continuation(MESSAGE[9:33], fin=False)  # parts a letter too
    browser.protocol.send_ping(b"between")
    browser.exchange(cut=cut)
    assert browser.ours.unfinished
    browser.protocol.send_continuation(MESSAGE[33:], fin=True)
    browser.exchange(cut=cut)
    assert browser.messages == [MESSAGE, MESSAGE + b"\xff", MESSAGE]
    assert [frame.opcode for frame in browser.frames] == [Opcode.PONG]
    assert not browser.ours.unfinished


def test_ours_go_as_text_where_they_are_text() -> None:
    browser = Browser()
    browser.hear(browser.ours.wrap(MESSAGE) + browser.ours.wrap(b"\xff"))
    assert [(frame.opcode, frame.data) for frame in browser.frames] == [
        (Opcode.TEXT, MESSAGE),
        (Opcode.BINARY, b"\xff"),
    ]


@pytest.mark.parametrize(
    ("origin", "allowed", "status"),
    [
        (None, (), 101),
        ("http://pbx.example:8080", (), 101),
        ("https://PBX.example", (), 101),
        ("http://evil.example", (), 403),
        ("null", (), 403),
        ("http://pbx.example", ("https://desk.example",), 403),
        ("https://desk.example", ("https://desk.example",), 101),
        ("http://evil.example", ("*",), 101),
    ],
)
def test_pages_connect_from_the_same_host_or_as_allowed(
    origin: str | None, allowed: tuple[str, ...], status: int
) -> None:
    browser = Browser(origin=origin, allowed=allowed)
    assert browser.status == status
    assert browser.ours.ready is (status == 101)
    assert browser.ours.over is (status != 101)
    assert bool(browser.ours.trouble) is (status != 101)


@pytest.mark.parametrize("protocol", [None, "chat"])
def test_who_does_not_speak_sip_is_refused(protocol: str | None) -> None:
    browser = Browser(protocol=protocol)
    assert (browser.status, browser.ours.over) == (400, True)
    assert "subprotocol" in browser.ours.trouble


@pytest.mark.parametrize(
    ("request_text", "answer"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 426"),
        (b"POST / HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 405"),
        (b"OPTIONS sip:a SIP/2.0\r\nVia: x\r\n\r\n", b""),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n", b"HTTP/1.1 414"),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 500 + b"\r\n", b"HTTP/1.1 431"),
    ],
)
def test_who_speaks_no_websocket_is_told_and_let_go(request_text: bytes, answer: bytes) -> None:
    ours = WebSocketFraming()
    assert ours.feed(request_text) == []
    assert ours.replies().startswith(answer)
    assert ours.over
    assert ours.feed(b"more") == []


def test_what_cannot_be_a_message_closes_with_its_code() -> None:
    cases: list[tuple[int, list[Frame]]] = [
        (1009, [Frame(Opcode.TEXT, b"a" * (MAX_MESSAGE + 1))]),
        (1009, [Frame(Opcode.TEXT, b"a" * 40_000, fin=False), Frame(Opcode.CONT, b"a" * 40_000)]),
        (1007, [Frame(Opcode.TEXT, b"\xff")]),
        (1002, [Frame(Opcode.CONT, b"a")]),
        (1002, [Frame(Opcode.TEXT, b"a", fin=False), Frame(Opcode.TEXT, b"b")]),
        (1008, [Frame(Opcode.PING, b"")] * (MAX_EMPTY + 1)),
        (1008, [Frame(Opcode.PONG, b"")] * (MAX_EMPTY + 1)),
        (1008, [Frame(Opcode.TEXT, b"")] * (MAX_EMPTY + 1)),
        (1008, [Frame(Opcode.TEXT, b"\r\n\r\n")] * (MAX_EMPTY + 1)),
        (1008, [Frame(Opcode.TEXT, b"a", fin=False)] + [Frame(Opcode.CONT, b"", fin=False)] * MAX_FRAGMENTS),
    ]
    for code, frames in cases:
        browser = Browser()
        browser.protocol.writes += [frame.serialize(mask=True) for frame in frames]
        browser.exchange()
        assert browser.closed_with == code, frames[:2]
        assert browser.ours.over
        assert browser.ours.trouble
        assert browser.messages == []


def test_keep_alives_of_streams_are_answered_here_too() -> None:
    browser = Browser()
    for _ in range(5):
        browser.protocol.send_text(b"\r\n\r\n")
    browser.exchange()
    assert [frame.data for frame in browser.frames] == [b"\r\n"] * 3
    assert browser.messages == []


def test_our_ping_is_counted_when_answered() -> None:
    browser = Browser()
    browser.hear(browser.ours.ping())
    browser.exchange()
    assert browser.ours.pongs == 1


def test_either_end_may_say_goodbye() -> None:
    browser = Browser()
    browser.protocol.send_close(1000, "bye")
    browser.exchange()
    assert (browser.closed_with, browser.ours.over, browser.ours.trouble) == (1000, True, "")
    assert browser.ours.wrap(MESSAGE) == browser.ours.ping() == browser.ours.farewell() == b""
    leaving = Browser()
    leaving.hear(leaving.ours.farewell())
    assert leaving.closed_with == 1001


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_garbage_ends_the_conversation_and_nothing_else(pieces: list[bytes]) -> None:
    browser = Browser()
    for piece in pieces:
        browser.ours.feed(piece)
        browser.ours.replies()
    plain = WebSocketFraming()
    for piece in pieces:
        plain.feed(piece)
        plain.replies()


@given(
    st.lists(
        st.tuples(
            st.sampled_from([Opcode.TEXT, Opcode.BINARY, Opcode.CONT, Opcode.PING, Opcode.PONG]),
            st.binary(max_size=100),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_any_frames_give_whole_messages_or_an_end(frames: list[tuple[Opcode, bytes, bool]]) -> None:
    browser = Browser()
    for opcode, data, fin in frames:
        control = opcode in (Opcode.PING, Opcode.PONG)
        browser.protocol.writes.append(Frame(opcode, data, fin=fin or control).serialize(mask=True))
        browser.exchange()
    assert all(browser.messages)
    assert browser.ours.over is (browser.protocol.state is not State.OPEN)


def test_headers_of_the_answer_name_the_sub_protocol() -> None:
    ours = WebSocketFraming()
    key = "dGhlIHNhbXBsZSBub25jZQ=="
    told = Headers({"Host": "h", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key})
    told["Sec-WebSocket-Version"], told["Sec-WebSocket-Protocol"] = "13", "chat, sip"
    ours.feed(b"GET /any HTTP/1.1\r\n" + told.serialize())
    assert b"Sec-WebSocket-Protocol: sip\r\n" in ours.replies()
