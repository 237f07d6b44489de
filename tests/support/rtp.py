"""A telephone's ears and mouth: sends tones and digits as RTP and measures what it hears."""

from __future__ import annotations

import asyncio
import contextlib
import math
import struct
from collections.abc import AsyncIterator, Callable
from typing import cast

import numpy as np

from tests.support.tools import free_port

RATE = 8_000
FRAME = 160
PCMA, PCMU, EVENT = 8, 0, 101


def ulaw_decoded(payload: bytes) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Samples between -1 and 1 (ITU-T G.711)."""
    code = ~np.frombuffer(payload, np.uint8) & 0xFF
    exponent, mantissa = (code >> 4) & 7, (code & 15).astype(np.int32)
    value = (((mantissa << 3) + 0x84) << exponent.astype(np.int32)) - 0x84
    return np.where(code & 0x80, -value, value) / 32_768.0


def ulaw_encoded(samples: np.ndarray[tuple[int], np.dtype[np.float64]]) -> bytes:
    """The inverse of `ulaw_decoded`, near enough."""
    value = np.clip(np.rint(samples * 32_768), -32_635, 32_635).astype(np.int32)
    sign = np.where(value < 0, 0x80, 0)
    size = np.abs(value) + 0x84
    exponent = np.floor(np.log2(size)).astype(np.int32) - 7
    mantissa = (size >> (exponent + 3)) & 15
    return bytes((~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8))


def tone_in(payload: bytes) -> float:
    """The strongest frequency of μ-law audio, in hertz; 0 when it is silent."""
    samples = ulaw_decoded(payload)
    if len(samples) < FRAME or float(np.abs(samples).max()) < 0.01:
        return 0.0
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum[1:]) + 1) * RATE / len(samples)


class RtpPeer(asyncio.DatagramProtocol):
    """Speaks PCMU. `heard` is what came in order of arrival; `source` where it came from."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.heard: list[bytes] = []
        self.digits: list[int] = []
        self.source: tuple[str, int] | None = None
        self.seal: Callable[[bytes], bytes] = bytes
        """What is done to each packet before it is sent, and to each that comes (SRTP)."""
        self.unseal: Callable[[bytes], bytes] = bytes
        self._transport: asyncio.DatagramTransport
        self._sequence = 100
        self._timestamp = 1_000
        self._phase = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)  # uvloop's is no subclass of it

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        if len(data) < 12 or data[0] >> 6 != 2:
            return
        data = self.unseal(data)
        self.source = str(addr[0]), int(addr[1])
        kind = data[1] & 0x7F
        if kind == PCMU:
            self.heard.append(data[12:])
        elif kind == EVENT and data[13] & 0x80:
            self.digits.append(data[12])

    def _send(
        self, payload: bytes, kind: int, to: tuple[str, int], timestamp: int, marker: bool = False
    ) -> None:
        header = struct.pack(
            ">BBHII",
            0x80,
            kind | (0x80 if marker else 0),
            self._sequence & 0xFFFF,
            timestamp,
            0x5A5A0000 | self.port,
        )
        self._sequence += 1
        self._transport.sendto(self.seal(header + payload), to)

    def say(self, to: tuple[str, int], hertz: float = 440.0) -> None:
        """Send 20 ms of a tone."""
        steps = np.arange(self._phase, self._phase + FRAME)
        self._phase += FRAME
        samples = np.asarray(0.3 * np.sin(2 * math.pi * hertz * steps / RATE), np.float64)
        self._send(ulaw_encoded(samples), PCMU, to, self._timestamp)
        self._timestamp += FRAME

    def send_frame(self, to: tuple[str, int], ulaw: bytes) -> None:
        """Send 20 ms of any sound."""
        self._send(ulaw, PCMU, to, self._timestamp)
        self._timestamp += FRAME

    async def play(self, to: tuple[str, int], ulaw: bytes) -> None:
        """Say 8 kHz μ-law sound to its end, then be quiet."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        for at in range(0, len(ulaw) - FRAME + 1, FRAME):
            self.send_frame(to, ulaw[at : at + FRAME])
            due += 0.02
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def press(self, to: tuple[str, int], digit: str, length_ms: int = 100) -> None:
        """Send a digit as RFC 4733 says: updates, then the end three times."""
        event, began = "0123456789*#ABCD".index(digit), self._timestamp
        for step in range(1, length_ms // 20 + 1):
            self._event(to, event, step * FRAME, began, end=False, marker=step == 1)
            await asyncio.sleep(0.02)
        for _ in range(3):
            self._event(to, event, length_ms * 8, began, end=True)
        self._timestamp += length_ms * 8

    def _event(
        self, to: tuple[str, int], event: int, length: int, began: int, *, end: bool, marker: bool = False
    ) -> None:
        payload = struct.pack(">BBH", event, 0x80 | 10 if end else 10, length)
        self._send(payload, EVENT, to, began, marker)

    def tone(self, frames: int = 10) -> float:
        """The frequency heard in the last 200 ms; 0 = silence or too little came."""
        if len(self.heard) < frames:
            return 0.0
        return tone_in(b"".join(self.heard[-frames:]))

    def hears(self, hertz: float) -> bool:
        return abs(self.tone() - hertz) < 10

    async def talk(self, to: tuple[str, int], hertz: float) -> None:
        """Say a tone every 20 ms until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            self.say(to, hertz)
            due += 0.02
            await asyncio.sleep(max(0.0, due - loop.time()))


@contextlib.asynccontextmanager
async def rtp_peer(host: str = "127.0.0.1") -> AsyncIterator[RtpPeer]:
    """A peer on a free even port."""
    peer = RtpPeer(free_port(host, pair=True))
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: peer, local_addr=(host, peer.port))
    try:
        yield peer
    finally:
        transport.close()


@contextlib.asynccontextmanager
async def talking(peer: RtpPeer, to: tuple[str, int], hertz: float) -> AsyncIterator[None]:
    """Let a peer say a tone meanwhile."""
    task = asyncio.create_task(peer.talk(to, hertz))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
