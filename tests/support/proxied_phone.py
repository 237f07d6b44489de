"""A telephone that lives behind proxies: route sets, remote targets and flows as the RFCs want them.

It speaks by UDP, TCP or WebSocket; called by WebSocket it answers as a browser, and its ear is a `WebEar`.
What comes again by UDP is answered again as before.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from huawu.switch.sip.digest import answer_challenge
from huawu.switch.sip.headers import NameAddr
from huawu.switch.sip.message import Request, Response, parse
from tests.support.rtp import RtpPeer
from tests.support.tools import PATIENCE_S, free_port, until
from tests.support.web_ear import WebEar

REALM = "huawu"


@dataclass
class Dialog:
    """A call as the phone holds it; `audio` is where the switch wants RTP."""

    call_id: str
    local: str
    remote: str
    target: str
    routes: list[str]
    audio: tuple[str, int]
    cseq: int = 1


@dataclass
class Phone:
    """Says what the test says; requests that nobody asked for wait in `heard`."""

    user: str
    ear: RtpPeer
    server: str  # host:port to call
    place: str  # of its Contact: host:port, or a name that leads nowhere
    via: str
    post: Callable[[str], None]
    heard: list[Request | Response] = field(default_factory=list)
    _replies: dict[tuple[str, int, str], str] = field(default_factory=dict)
    _instance: str = field(default_factory=lambda: f'"<urn:uuid:{secrets.token_hex(16)}>"')

    def take(self, data: bytes) -> None:
        message = parse(data)
        if isinstance(message, Request):
            again = self._replies.get(_key(message))
            if again is not None and message.method != "ACK":
                self.post(again)
                return
        self.heard.append(message)

    async def hears(self, what: str, call_id: str = "", within_s: float = PATIENCE_S) -> Request | Response:
        """The next message of a kind, such as `INVITE` or `200 REGISTER`; others wait."""

        def find() -> Request | Response | None:
            for one in self.heard:
                if _title(one) == what and call_id in ("", one.call_id):
                    return one
            return None

        found: Request | Response = await until(find, f"{what} at the phone of {self.user}", within_s)
        self.heard.remove(found)
        return found

    async def final(self, method: str, call_id: str, cseq: int, within_s: float = PATIENCE_S) -> Response:
        """The final answer to a request."""

        def find() -> Response | None:
            for one in self.heard:
                known = one.cseq_method, one.call_id, one.cseq
                if isinstance(one, Response) and one.code >= 200 and known == (method, call_id, cseq):
                    return one
            return None

        found = await until(find, f"an answer to {method} of {self.user}", within_s)
        self.heard.remove(found)
        return found

    # ── Registration ──

    async def register(self, password: str, expires: int = 300) -> Response:
        """With digest, as a flow of this instance (RFC 5626); the last answer, whatever it is."""
        uri, call_id, who = f"sip:{self.server}", secrets.token_hex(8), f"<sip:{self.user}@{REALM}>"
        tail = f";+sip.instance={self._instance};reg-id=1"
        lines = f"Expires: {expires}\r\nSupported: path, outbound\r\n"
        local = f"{who};tag={secrets.token_hex(4)}"
        proof = ""
        for cseq in (1, 2):
            self._ask("REGISTER", uri, local, who, call_id, cseq, lines + proof, tail=tail)
            answer = await self.final("REGISTER", call_id, cseq, 20)
            if answer.code != 401:
                return answer
            proof = (
                answer_challenge(
                    answer.headers, "REGISTER", uri, user=self.user, password=password, cnonce="abc"
                )
                or ""
            )
        return answer

    # ── Calls ──

    async def calls(self, number: str, caller: str = "", within_s: float = PATIENCE_S) -> Dialog:
        """Call a number; it must be answered."""
        answer, dialog = await self.tries(number, caller, within_s)
        assert dialog is not None, f"{answer.code} {answer.phrase}"
        return dialog

    async def tries(
        self, number: str, caller: str = "", within_s: float = PATIENCE_S
    ) -> tuple[Response, Dialog | None]:
        """Call a number; the final answer, and the call when it is a 2xx."""
        uri, call_id = f"sip:{number}@{self.server}", secrets.token_hex(8)
        local = f"<sip:{caller or self.user}@{REALM}>;tag={secrets.token_hex(4)}"
        self._ask("INVITE", uri, local, f"<{uri}>", call_id, 1, "", self._sdp())
        answer = await self.final("INVITE", call_id, 1, within_s)
        if answer.code >= 300:
            return answer, None
        dialog = Dialog(
            call_id=call_id,
            local=local,
            remote=answer.first("to"),
            target=NameAddr.parse(answer.first("contact")).uri,
            routes=answer.items("record-route")[::-1],
            audio=_audio(answer.body),
        )
        self._ask_within(dialog, "ACK")
        return answer, dialog

    async def answers(self, within_s: float = PATIENCE_S) -> Dialog:
        """Take the next call, after a ring."""
        invite = await self.hears("INVITE", within_s=within_s)
        assert isinstance(invite, Request)
        tag = secrets.token_hex(4)
        self._reply(invite, "180 Ringing", tag=tag)
        answer = self.ear.answer(invite.body.decode()) if isinstance(self.ear, WebEar) else self._sdp()
        self._reply(invite, "200 OK", answer, tag=tag)
        await self.hears("ACK", invite.call_id)
        return Dialog(
            call_id=invite.call_id,
            local=f"{invite.first('to')};tag={tag}",
            remote=invite.first("from"),
            target=NameAddr.parse(invite.first("contact")).uri,
            routes=invite.items("record-route"),
            audio=_audio(invite.body),
        )

    async def changes(self, dialog: Dialog, direction: str) -> Response:
        """Offer another direction by re-INVITE (`sendonly` holds); the answer."""
        dialog.cseq += 1
        offer = self.ear.offer(direction) if isinstance(self.ear, WebEar) else self._sdp(direction)
        self._ask_within(dialog, "INVITE", offer)
        answer = await self.final("INVITE", dialog.call_id, dialog.cseq)
        if answer.code < 300:
            self._ask_within(dialog, "ACK")
        return answer

    async def hangs_up(self, dialog: Dialog) -> int:
        """The status that BYE was answered with."""
        dialog.cseq += 1
        self._ask_within(dialog, "BYE")
        return (await self.final("BYE", dialog.call_id, dialog.cseq)).code

    async def hung_up_on(self, dialog: Dialog, within_s: float = PATIENCE_S) -> None:
        """Wait for the BYE of the other side."""
        bye = await self.hears("BYE", dialog.call_id, within_s)
        assert isinstance(bye, Request)
        self._reply(bye, "200 OK")

    # ── inside ──

    def _ask_within(self, dialog: Dialog, method: str, body: str = "") -> None:
        routes = "".join(f"Route: {route}\r\n" for route in dialog.routes)
        cseq = dialog.cseq
        self._ask(method, dialog.target, dialog.local, dialog.remote, dialog.call_id, cseq, routes, body)

    def _ask(
        self, method: str, uri: str, local: str, remote: str, call_id: str, cseq: int, lines: str,
        body: str = "", tail: str = "",
    ) -> None:  # fmt: skip
        self.post(
            f"{method} {uri} SIP/2.0\r\n"
            f"Via: SIP/2.0/{self.via} {self.place};branch=z9hG4bK{secrets.token_hex(8)};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: {local}\r\nTo: {remote}\r\nCall-ID: {call_id}\r\n"
            f"CSeq: {cseq} {method}\r\n{self._contact(tail)}{lines}{_body(body)}"
        )

    def _reply(self, request: Request, status: str, body: str = "", tag: str = "") -> None:
        vias = "".join(f"Via: {via}\r\n" for via in request.headers["via"])
        routes = "".join(f"Record-Route: {one}\r\n" for one in request.items("record-route"))
        mark = f";tag={tag}" if tag else ""
        text = (
            f"SIP/2.0 {status}\r\n{vias}{routes}From: {request.first('from')}\r\n"
            f"To: {request.first('to')}{mark}\r\nCall-ID: {request.call_id}\r\n"
            f"CSeq: {request.first('cseq')}\r\n{self._contact()}{_body(body)}"
        )
        self._replies[_key(request)] = text
        self.post(text)

    def _contact(self, tail: str = "") -> str:
        how = {"WS": ";transport=ws;ob", "TCP": ";transport=tcp;ob"}.get(self.via, "")
        return f"Contact: <sip:{self.user}@{self.place}{how}>{tail}\r\n"

    def _sdp(self, direction: str = "sendrecv") -> str:
        return (
            f"v=0\r\no=- 1 {secrets.randbelow(10**9)} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
            f"t=0 0\r\nm=audio {self.ear.port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na={direction}\r\n"
        )


@contextlib.asynccontextmanager
async def udp_phone(
    user: str, ear: RtpPeer, server: tuple[str, int], *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[Phone]:
    """A phone at a port of its own."""
    port = port or free_port(host)
    phone = Phone(user, ear, f"{server[0]}:{server[1]}", f"{host}:{port}", "UDP", lambda text: None)

    class Ear(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
            phone.take(data)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Ear, (host, port))
    phone.post = lambda text: transport.sendto(text.encode(), server)
    try:
        yield phone
    finally:
        transport.close()


@contextlib.asynccontextmanager
async def tcp_phone(user: str, ear: RtpPeer, server: tuple[str, int]) -> AsyncIterator[Phone]:
    """A phone that can be reached by the connection alone that it makes itself."""
    reader, writer = await asyncio.open_connection(*server)
    host, port = writer.get_extra_info("sockname")[:2]
    phone = Phone(user, ear, f"{server[0]}:{server[1]}", f"{host}:{port}", "TCP", lambda text: None)
    phone.post = lambda text: writer.write(text.encode())

    async def listen() -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if not head.strip():
                    continue  # a keep-alive
                length = re.search(rb"^(?:Content-Length|l) *: *(\d+)", head, re.I | re.M)
                body = await reader.readexactly(int(length[1]) if length is not None else 0)
                phone.take(head.lstrip(b"\r\n") + body)

    listening = asyncio.create_task(listen())
    try:
        yield phone
    finally:
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
        writer.close()


@contextlib.asynccontextmanager
async def ws_phone(user: str, ear: RtpPeer, server: tuple[str, int], ws_port: int) -> AsyncIterator[Phone]:
    """A browser's phone: its Contact leads nowhere (RFC 7118 §5)."""
    url = f"ws://{server[0]}:{ws_port}"
    async with connect(url, subprotocols=[Subprotocol("sip")], proxy=None) as socket:
        tasks: set[asyncio.Task[None]] = set()

        def post(text: str) -> None:
            task = asyncio.create_task(socket.send(text))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        place = f"{secrets.token_hex(6)}.invalid"
        phone = Phone(user, ear, f"{server[0]}:{server[1]}", place, "WS", post)

        async def listen() -> None:
            async for data in socket:
                phone.take(data.encode() if isinstance(data, str) else data)

        listening = asyncio.create_task(listen())
        try:
            yield phone
        finally:
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening


def _title(message: Request | Response) -> str:
    return message.method if isinstance(message, Request) else f"{message.code} {message.cseq_method}"


def _key(request: Request) -> tuple[str, int, str]:
    return request.call_id, request.cseq, request.method


def _body(body: str) -> str:
    kind = "Content-Type: application/sdp\r\n" if body else ""
    return f"{kind}Content-Length: {len(body)}\r\n\r\n{body}"


def _audio(sdp: bytes) -> tuple[str, int]:
    lines = sdp.decode().split("\r\n")
    host = next(line for line in lines if line.startswith("c=")).rpartition(" ")[2]
    return host, int(next(line for line in lines if line.startswith("m=audio ")).split(" ")[1])
