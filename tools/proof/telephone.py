"""A telephone for scripted calls: rings until told to answer, holds, hangs up, sends what is said as RTP.

It listens to nothing: what the switch sends it is left to the kernel to throw away.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import socket
import struct
from typing import cast

from huawu.switch.sip.message import Request, Response, parse

ANSWER_S = 20.0
_AUDIO = re.compile(rb"m=audio (\d+)")
_USUAL, _HELD = "sendrecv", "sendonly"


class NotServed(Exception):
    """The switch did not do what a phone asked for; the text is its answer."""


class Telephone(asyncio.DatagramProtocol):
    """One phone; in one call at a time. Open it with `opened`."""

    def __init__(self, switch: tuple[str, int]) -> None:
        self.rings = asyncio.Event()
        self.stands = asyncio.Event()
        self.over = asyncio.Event()
        self._switch = switch
        self._transport: asyncio.DatagramTransport
        self._voice = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._voice.setblocking(False)
        self._voice.bind(("127.0.0.1", 0))
        self._to: tuple[str, int] | None = None
        self._sequence, self._timestamp, self._source = 1, 160, secrets.randbits(31)
        self._forget()

    def _forget(self) -> None:
        self._call_id = self._ours = self._theirs = ""
        self._cseq = 0
        self._invited: Request | None = None
        self._answers: dict[int, asyncio.Future[Response]] = {}
        self._to = None
        for each in (self.rings, self.stands, self.over):
            each.clear()

    @property
    def address(self) -> str:
        """Where it hears SIP."""
        host, port = self._transport.get_extra_info("sockname")[:2]
        return f"{host}:{port}"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def close(self) -> None:
        self._transport.close()
        self._voice.close()

    # ── What a person does ────────────────────────────────────────────────────────────────────────

    async def dial(self, number: str, caller: str) -> None:
        """Call, and wait until the call stands. Raises `NotServed`."""
        self._forget()
        self._call_id = secrets.token_hex(8)
        self._ours = f"<sip:{caller}@{self.address}>;tag={secrets.token_hex(4)}"
        self._theirs = f"<sip:{number}@{self._switch[0]}:{self._switch[1]}>"
        answer = await self._ask("INVITE", self._sdp(_USUAL))
        if answer.code != 200:
            raise NotServed(f"{number}: {answer.code} {answer.first('reason')}")
        self._theirs = answer.first("to")
        self._sound_goes_to(answer.body)
        self._post("ACK", self._cseq)
        self.stands.set()

    def answer(self) -> None:
        """Pick up the phone that rings."""
        if self._invited is not None:
            self._respond(self._invited, "200 OK", self._sdp(_USUAL))

    async def hold(self, on: bool) -> None:
        """Put the other on hold, or talk again. Raises `NotServed`."""
        answer = await self._ask("INVITE", self._sdp(_HELD if on else _USUAL))
        if answer.code != 200:
            raise NotServed(f"hold: {answer.code}")
        self._post("ACK", self._cseq)

    def hang_up(self) -> None:
        """End the call, whatever the switch says to it."""
        if self._call_id and not self.over.is_set():
            self._cseq += 1
            self._post("BYE", self._cseq)
            self.over.set()

    def send(self, frame: bytes) -> None:
        """Say 20 ms, if there is a call."""
        if self._to is None or self.over.is_set():
            return
        header = struct.pack(
            ">BBHII", 0x80, 0, self._sequence & 0xFFFF, self._timestamp & 0xFFFF_FFFF, self._source
        )
        self._sequence += 1
        self._timestamp += len(frame)
        self._voice.sendto(header + frame, self._to)

    # ── SIP ───────────────────────────────────────────────────────────────────────────────────────

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        message = parse(data)
        if isinstance(message, Response):
            waiting = self._answers.get(message.cseq)
            if message.code >= 200 and waiting is not None and not waiting.done():
                waiting.set_result(message)
        elif message.method == "INVITE" and message.call_id != self._call_id:
            self._forget()
            self._call_id, self._invited = message.call_id, message
            self._ours = f"{message.first('to')};tag={secrets.token_hex(4)}"
            self._theirs = message.first("from")
            self._sound_goes_to(message.body)
            self._respond(message, "180 Ringing")
            self.rings.set()
        elif message.method == "ACK":
            self.stands.set()
        elif message.method == "CANCEL" and self._invited is not None:
            self._respond(message, "200 OK")
            self._respond(self._invited, "487 Request Terminated")
            self.over.set()
        else:
            if message.method == "BYE":
                self.over.set()
            self._respond(message, "200 OK", self._sdp(_USUAL) if message.method == "INVITE" else "")

    async def _ask(self, method: str, body: str = "") -> Response:
        self._cseq += 1
        waiting = self._answers[self._cseq] = asyncio.get_running_loop().create_future()
        self._post(method, self._cseq, body)
        try:
            return await asyncio.wait_for(waiting, ANSWER_S)
        except TimeoutError:
            raise NotServed(f"no answer to {method}") from None

    def _post(self, method: str, cseq: int, body: str = "") -> None:
        uri = self._theirs.partition(">")[0].rpartition("<")[2]
        self._send(
            f"{method} {uri} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {self.address};branch=z9hG4bK{secrets.token_hex(8)};rport\r\n"
            f"From: {self._ours}\r\nTo: {self._theirs}\r\nCSeq: {cseq} {method}\r\nMax-Forwards: 70\r\n",
            body,
        )

    def _respond(self, request: Request, status: str, body: str = "") -> None:
        vias = "".join(f"Via: {value}\r\n" for value in request.headers["via"])
        to = self._ours if request.call_id == self._call_id else request.first("to")
        if request.method != "INVITE" or request is not self._invited:
            to = request.first("to")
        self._send(
            f"SIP/2.0 {status}\r\n{vias}From: {request.first('from')}\r\nTo: {to}\r\n"
            f"CSeq: {request.first('cseq')}\r\n",
            body,
            request.call_id,
        )

    def _send(self, head: str, body: str, call_id: str = "") -> None:
        kind = "Content-Type: application/sdp\r\n" if body else ""
        text = (
            f"{head}Call-ID: {call_id or self._call_id}\r\nContact: <sip:phone@{self.address}>\r\n"
            f"{kind}Content-Length: {len(body)}\r\n\r\n{body}"
        )
        self._transport.sendto(text.encode(), self._switch)

    def _sound_goes_to(self, sdp: bytes) -> None:
        found = _AUDIO.search(sdp)
        self._to = ("127.0.0.1", int(found[1])) if found else None

    def _sdp(self, way: str) -> str:
        port = self._voice.getsockname()[1]
        return (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na={way}\r\n"
        )


async def opened(switch: tuple[str, int], port: int = 0) -> Telephone:
    """A phone at a port of the loopback; 0: any."""
    loop = asyncio.get_running_loop()
    _, phone = await loop.create_datagram_endpoint(lambda: Telephone(switch), ("127.0.0.1", port))
    return phone
