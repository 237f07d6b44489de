"""A browser's telephone: SIP over WebSocket by the `websockets` package, voice as plain RTP."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import ssl
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from huawu.switch.sip.digest import answer_challenge
from huawu.switch.sip.message import Request, Response, parse
from tests.support.rtp import RtpPeer
from tests.support.tools import PATIENCE_S


class WebPhone:
    """Speaks for one user, from a host that cannot be called: `….invalid` (RFC 7118 §5)."""

    def __init__(self, socket: ClientConnection, user: str, ear: RtpPeer, *, secure: bool) -> None:
        self._socket = socket
        self._user = user
        self._ear = ear
        self._via = "WSS" if secure else "WS"
        self._host = f"{secrets.token_hex(6)}.invalid"
        self._instance = f'"<urn:uuid:{secrets.token_hex(16)}>"'
        self._kept: list[Request | Response] = []

    async def hears(self, what: str) -> Request | Response:
        """The next message of a kind, such as `INVITE` or `200 REGISTER`; others wait."""

        def matches(one: Request | Response) -> bool:
            return what == (one.method if isinstance(one, Request) else f"{one.code} {one.cseq_method}")

        while True:
            for index, one in enumerate(self._kept):
                if matches(one):
                    return self._kept.pop(index)
            try:
                data = await asyncio.wait_for(self._socket.recv(), PATIENCE_S)
            except TimeoutError:
                pytest.fail(f"the web phone waited in vain for {what}; it has {self._kept}")
            self._kept.append(parse(data.encode() if isinstance(data, str) else data))

    async def register(self, password: str = "secret", expires: int = 300) -> Response:
        """Register as this user, as a flow of one instance (RFC 5626); the last answer."""
        uri, call_id = "sip:huawu.test", secrets.token_hex(8)
        who = f"<sip:{self._user}@huawu.test>"
        lines = f"Expires: {expires}\r\nSupported: path, outbound\r\n"
        tail = f";+sip.instance={self._instance};reg-id=1"
        await self._ask("REGISTER", uri, who, who, call_id, 1, lines, tail=tail)
        challenge = await self.hears("401 REGISTER")
        proof = answer_challenge(
            challenge.headers, "REGISTER", uri, user=self._user, password=password, cnonce="abc"
        )
        await self._ask("REGISTER", uri, who, who, call_id, 2, lines + (proof or ""), tail=tail)
        answer = await self.hears("200 REGISTER")
        assert isinstance(answer, Response)
        return answer

    async def answers(self) -> tuple[Request, int]:
        """Take the next call; its INVITE, and where it wants RTP."""
        invite = await self.hears("INVITE")
        assert isinstance(invite, Request)
        await self._reply(invite, "180 Ringing", "")
        await self._reply(invite, "200 OK", self._sdp())
        await self.hears("ACK")
        return invite, _rtp_port(invite.body)

    async def calls(self, number: str) -> tuple[Response, int]:
        """Call a number and have it answered; the answer, and where it wants RTP."""
        uri, call_id = f"sip:{number}@huawu.test", secrets.token_hex(8)
        caller = f"<sip:{self._user}@huawu.test>"
        await self._ask("INVITE", uri, caller, f"<{uri}>", call_id, 1, "", self._sdp())
        answer = await self.hears("200 INVITE")
        assert isinstance(answer, Response)
        await self._ask("ACK", uri, caller, answer.first("to"), call_id, 1, "")
        return answer, _rtp_port(answer.body)

    async def ends(self) -> None:
        """Be hung up on."""
        bye = await self.hears("BYE")
        assert isinstance(bye, Request)
        await self._reply(bye, "200 OK", "")

    def _sdp(self) -> str:
        return (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {self._ear.port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
        )

    def _contact(self, tail: str = "") -> str:
        return f"Contact: <sip:{self._user}@{self._host};transport=ws;ob>{tail}\r\n"

    async def _ask(
        self,
        method: str,
        uri: str,
        from_: str,
        to: str,
        call_id: str,
        cseq: int,
        lines: str,
        body: str = "",
        tail: str = "",
    ) -> None:
        kind = "Content-Type: application/sdp\r\n" if body else ""
        await self._socket.send(
            f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/{self._via} {self._host};"
            f"branch=z9hG4bK{secrets.token_hex(8)}\r\nMax-Forwards: 70\r\nFrom: {from_};tag=w\r\nTo: {to}\r\n"
            f"Call-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n{self._contact(tail)}{lines}{kind}\r\n{body}"
        )

    async def _reply(self, request: Request, status: str, body: str) -> None:
        kind = "Content-Type: application/sdp\r\n" if body else ""
        vias = "".join(f"Via: {via}\r\n" for via in request.headers["via"])
        mark = "" if request.to_tag else ";tag=w"
        await self._socket.send(
            f"SIP/2.0 {status}\r\n{vias}From: {request.first('from')}\r\nTo: {request.first('to')}{mark}\r\n"
            f"Call-ID: {request.call_id}\r\nCSeq: {request.first('cseq')}\r\n"
            f"{self._contact()}{kind}\r\n{body}"
        )


@contextlib.asynccontextmanager
async def web_phone(
    url: str, user: str, ear: RtpPeer, *, trusts: str | None = None, origin: str | None = None
) -> AsyncIterator[WebPhone]:
    """Connected to `url`; by wss the switch must be vouched for by the file `trusts`."""
    secure = url.startswith("wss")
    context = ssl.create_default_context(cafile=trusts) if secure else None
    headers = {"Origin": origin} if origin is not None else None
    async with connect(
        url, subprotocols=[Subprotocol("sip")], ssl=context, additional_headers=headers, proxy=None
    ) as socket:
        assert socket.subprotocol == "sip"
        yield WebPhone(socket, user, ear, secure=secure)


def _rtp_port(sdp: bytes) -> int:
    found = next(line for line in sdp.decode().split("\r\n") if line.startswith("m=audio "))
    return int(found.split(" ")[1])
