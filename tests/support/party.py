"""A telephone in one object: a few lines of SIP over UDP, and RTP that says a tone and keeps what comes."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import re
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np

from huawu.switch.media.g711 import ALAW_TO_ULAW, ULAW_TO_ALAW
from tests.support.rtp import FRAME, PCMA, PCMU, RATE, ulaw_encoded
from tests.support.tools import free_port, until

_HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What the network does to the packets of a party: shares of them, and time."""

    lost: float = 0.0
    swapped: float = 0.0
    jitter_ms: float = 0.0


def tone_frames(hertz: float, level: float = 0.1) -> list[bytes]:
    """Frames of μ-law that join to an endless tone of whole multiples of 10 Hz; `level` 1 = full scale."""
    samples = np.asarray(level * np.sin(2 * np.pi * hertz * np.arange(RATE // 10) / RATE), np.float64)
    wave = ulaw_encoded(samples)
    return [wave[at : at + FRAME] for at in range(0, len(wave), FRAME)]


class Party:
    """`call` dials; `wait_for_call`, `speak_early` and `answer` are the called side's."""

    def __init__(
        self, name: str, codec: str, hertz: float, line: Line, switch_port: int, host: str = _HOST
    ) -> None:
        self.name, self.codec, self.hertz, self.line = name, codec, hertz, line
        self._address = f"IP6 {host}" if ":" in host else f"IP4 {host}"
        self._host, self._bare = f"[{host}]" if ":" in host else host, host
        self.port = free_port(host)
        self.rtp_port = free_port(host, pair=True)
        self.heard: list[tuple[int, bytes]] = []
        """RTP that came: sequence number, and μ-law."""
        self.media: tuple[str, int] | None = None
        self._switch = (host, switch_port)
        self._sip, self._rtp = _bound(host, self.port), _bound(host, self.rtp_port)
        self._frames = itertools.cycle(tone_frames(hertz))
        self._chance = random.Random(hertz)
        self._sequence, self._timestamp = 65_400, 0xFFFF_0000  # soon to wrap
        self._invite = ""  # theirs
        self._talking: asyncio.Task[None] | None = None
        self.ended = False

    # ── SIP ───────────────────────────────────────────────────────────────────────────────────────

    def call(self, number: str) -> None:
        self._send_sip(
            f"INVITE sip:{number}@{self._host}:{self._switch[1]} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {self._host}:{self.port};branch=z9hG4bK{self.name};rport\r\n{self._head()}"
            f"To: <sip:{number}@{self._host}>\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n",
            self._sdp(),
        )

    async def wait_for_call(self) -> None:
        await until(lambda: self._invite, f"a call to {self.name}")

    def speak_early(self) -> None:
        self._reply(self._invite, "183 Session Progress", self._sdp())

    def answer(self) -> None:
        self._reply(self._invite, "200 OK", self._sdp())

    def take(self) -> None:
        """A SIP packet came."""
        text = self._sip.recv(4_096).decode()
        start = text.split("\r\n", 1)[0]
        if (found := re.search(r"^m=audio (\d+) ", text, re.M)) is not None:
            self.media = (self._bare, int(found.group(1)))
        if start.startswith("SIP/2.0 200") and "1 INVITE" in _header(text, "CSeq"):
            target = re.search(r"<(.*?)>", _header(text, "Contact"))
            assert target is not None
            self._send_sip(
                f"ACK {target.group(1)} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {self._host}:{self.port};branch=z9hG4bKa{self.name};rport\r\n"
                f"{self._head()}To: {_header(text, 'To')}\r\nCSeq: 1 ACK\r\nMax-Forwards: 70\r\n"
            )
        elif start.startswith("INVITE"):
            self._invite = text
        elif start.startswith("BYE"):
            self.ended = True
            self._reply(text, "200 OK")

    def _head(self) -> str:
        return (
            f"From: <sip:{self.name}@{self._host}>;tag=t{self.name}\r\n"
            f"Call-ID: call-{self.name}-{self.port}\r\n"
            f"Contact: <sip:{self.name}@{self._host}:{self.port}>\r\n"
        )

    def _sdp(self) -> str:
        number = PCMA if self.codec == "PCMA" else PCMU
        return (
            f"v=0\r\no=- 1 1 IN {self._address}\r\ns=-\r\nc=IN {self._address}\r\nt=0 0\r\n"
            f"m=audio {self.rtp_port} RTP/AVP {number}\r\na=rtpmap:{number} {self.codec}/8000\r\n"
        )

    def _reply(self, request: str, status: str, body: str = "") -> None:
        to = _header(request, "To")
        if "tag=" not in to:
            to += f";tag=t{self.name}"
        self._send_sip(
            f"SIP/2.0 {status}\r\nVia: {_header(request, 'Via')}\r\nFrom: {_header(request, 'From')}\r\n"
            f"To: {to}\r\nCall-ID: {_header(request, 'Call-ID')}\r\nCSeq: {_header(request, 'CSeq')}\r\n"
            f"Contact: <sip:{self.name}@{self._host}:{self.port}>\r\n",
            body,
        )

    def _send_sip(self, head: str, body: str = "") -> None:
        kind = "Content-Type: application/sdp\r\n" if body else ""
        self._sip.sendto(f"{head}{kind}Content-Length: {len(body)}\r\n\r\n{body}".encode(), self._switch)

    # ── RTP ───────────────────────────────────────────────────────────────────────────────────────

    def listen(self) -> None:
        """An RTP packet came."""
        data = self._rtp.recv(2_048)
        kind, sequence = data[1] & 0x7F, int.from_bytes(data[2:4], "big")
        if kind in (PCMA, PCMU):
            ulaw = data[12:].translate(ALAW_TO_ULAW) if kind == PCMA else data[12:]
            self.heard.append((sequence, ulaw))

    def begin_to_talk(self) -> None:
        self._talking = asyncio.create_task(self._talk())

    async def fall_silent(self) -> None:
        if self._talking is not None:
            self._talking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._talking

    async def _talk(self) -> None:
        loop = asyncio.get_running_loop()
        due, kept = loop.time(), b""
        while True:
            assert self.media is not None
            packet = self._packet()
            lot = self._chance.random()
            if lot < self.line.swapped and not kept:
                kept = packet
            elif lot > self.line.lost + self.line.swapped or not self.line.lost:
                late_s = self._chance.random() * self.line.jitter_ms / 1000
                for data in (packet, kept):
                    if data and late_s:
                        loop.call_later(late_s, self._send, data)
                    elif data:
                        self._send(data)
                kept = b""
            due += 0.02
            await asyncio.sleep(max(0.0, due - loop.time()))

    def _packet(self) -> bytes:
        ulaw = next(self._frames)
        payload, kind = (ulaw.translate(ULAW_TO_ALAW), PCMA) if self.codec == "PCMA" else (ulaw, PCMU)
        header = struct.pack(">BBHII", 0x80, kind, self._sequence, self._timestamp, self.rtp_port)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._timestamp = (self._timestamp + FRAME) & 0xFFFFFFFF
        return header + payload

    def _send(self, data: bytes) -> None:
        if self._rtp.fileno() >= 0 and self.media is not None:
            self._rtp.sendto(data, self.media)

    # ── Life ──────────────────────────────────────────────────────────────────────────────────────

    @contextlib.asynccontextmanager
    async def there(self) -> AsyncIterator[Party]:
        loop = asyncio.get_running_loop()
        loop.add_reader(self._sip, self.take)
        loop.add_reader(self._rtp, self.listen)
        try:
            yield self
        finally:
            await self.fall_silent()
            for bound in (self._sip, self._rtp):
                loop.remove_reader(bound)
                bound.close()


def _bound(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    bound.bind((host, port))
    bound.setblocking(False)
    return bound


def _header(text: str, name: str) -> str:
    found = re.search(rf"^{name}: *(.*?)\r$", text, re.M | re.I)
    assert found is not None, f"no {name} in {text}"
    return found.group(1)
