"""A telephone in Python for what SIPp cannot: several calls at once, and transfers between them."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import cast

from huawu.switch.sip.message import Request, Response, parse
from tests.support.tools import free_port, until


@dataclass
class Call:
    """One dialog; `ours` and `theirs` are From and To of the phone's requests."""

    call_id: str
    ours: str
    theirs: str
    cseq: int = 1
    fragments: list[str] = field(default_factory=list)  # of its NOTIFYs
    ended: bool = False

    @property
    def our_tag(self) -> str:
        return self.ours.rpartition("tag=")[2]

    @property
    def their_tag(self) -> str:
        return self.theirs.rpartition("tag=")[2]

    @property
    def replaces(self) -> str:
        """How a Refer-To names this call to the switch."""
        return f"{self.call_id}%3Bto-tag%3D{self.their_tag}%3Bfrom-tag%3D{self.our_tag}"


class SipPhone(asyncio.DatagramProtocol):
    """Answers every call at once and every request with 200. `calls` are in the order they began."""

    def __init__(self, port: int, switch_port: int, rtp_port: int) -> None:
        self.port = port
        self.calls: list[Call] = []
        self.answers: list[Response] = []
        self.requests: list[Request] = []
        self._switch_port = switch_port
        self._rtp_port = rtp_port
        self._transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        message = parse(data)
        if isinstance(message, Response):
            self.answers.append(message)
        elif message.method != "ACK":
            self.requests.append(message)
            self._take(message)

    async def dial(self, number: str, lines: str = "", *, code: int = 200) -> Call:
        """Call a number through the switch; it must be answered with this status."""
        call = Call(
            secrets.token_hex(6),
            f"<sip:phone@127.0.0.1:{self.port}>;tag={secrets.token_hex(4)}",
            f"<sip:{number}@127.0.0.1:{self._switch_port}>",
        )
        self._send(call, "INVITE", lines, self._sdp())
        answer = await self._answer(call, "INVITE")
        assert answer.code == code, answer
        call.theirs = answer.first("to")
        if code == 200:
            self._send(call, "ACK")
            self.calls.append(call)
        return call

    async def ask(self, call: Call, method: str, lines: str = "", body: str = "") -> int:
        """Send a request in a call; gives the status of the answer."""
        call.cseq += 1
        self._send(call, method, lines, body)
        return (await self._answer(call, method)).code

    # ── inside ──

    async def _answer(self, call: Call, method: str) -> Response:
        def find() -> Response | None:
            return next(
                (
                    one
                    for one in self.answers
                    if (one.call_id, one.cseq, one.cseq_method) == (call.call_id, call.cseq, method)
                    and one.code >= 200
                ),
                None,
            )

        return await until(find, f"an answer to {method}")

    def _send(self, call: Call, method: str, lines: str = "", body: str = "") -> None:
        kind = "Content-Type: application/sdp\r\n" if body and "Content-Type" not in lines else ""
        uri = call.theirs.partition(">")[0].rpartition("<")[2]
        self._post(
            f"{method} {uri} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{secrets.token_hex(6)};rport\r\n"
            f"From: {call.ours}\r\nTo: {call.theirs}\r\nCall-ID: {call.call_id}\r\n"
            f"CSeq: {call.cseq} {method}\r\nContact: <sip:phone@127.0.0.1:{self.port}>\r\n"
            f"Max-Forwards: 70\r\n{lines}{kind}Content-Length: {len(body)}\r\n\r\n{body}"
        )

    def _take(self, request: Request) -> None:
        call = next((one for one in self.calls if one.call_id == request.call_id), None)
        to, body, kind = request.first("to"), "", ""
        if request.method == "INVITE" and call is None:
            to += f";tag={secrets.token_hex(4)}"
            self.calls.append(Call(request.call_id, to, request.first("from")))
        if request.method == "INVITE":
            body, kind = self._sdp(), "Content-Type: application/sdp\r\n"
        elif request.method == "NOTIFY" and call is not None:
            call.fragments.append(request.body.decode().strip())
        elif request.method == "BYE" and call is not None:
            call.ended = True
        vias = "".join(f"Via: {value}\r\n" for value in request.headers["via"])
        self._post(
            f"SIP/2.0 200 OK\r\n{vias}From: {request.first('from')}\r\nTo: {to}\r\n"
            f"Call-ID: {request.call_id}\r\nCSeq: {request.first('cseq')}\r\n"
            f"Contact: <sip:phone@127.0.0.1:{self.port}>\r\n{kind}Content-Length: {len(body)}\r\n\r\n{body}"
        )

    def _sdp(self) -> str:
        return (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {self._rtp_port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
        )

    def _post(self, text: str) -> None:
        self._transport.sendto(text.encode(), ("127.0.0.1", self._switch_port))


@contextlib.asynccontextmanager
async def sip_phone(switch_port: int, rtp_port: int, port: int | None = None) -> AsyncIterator[SipPhone]:
    """A phone at a port of its own, or this one; not registered."""
    port = port or free_port()
    loop = asyncio.get_running_loop()
    transport, phone = await loop.create_datagram_endpoint(
        lambda: SipPhone(port, switch_port, rtp_port), ("127.0.0.1", port)
    )
    try:
        yield phone
    finally:
        transport.close()
