"""A page's ears and mouth in Python: an `RtpPeer` whose voice goes by ICE, DTLS and SRTP."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from huawu.switch.sip.sdp import Sdp
from tests.support.browser_media import BrowserMedia
from tests.support.rtp import RtpPeer
from tests.support.tools import free_port

CHECK_S = 1.0


class WebEar(RtpPeer):
    """Speaks in clear nowhere: what is said before DTLS stands is lost."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.media = BrowserMedia(lambda data, source, to: self._transport.sendto(data, to[:2]))
        self.media.codecs = "0 101"
        self.seal = self._seal
        self._checking: asyncio.Task[None] | None = None

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        if data[0] < 64:
            self.media.receive(data)
        elif self.media.protection is not None:
            plain = self.media.protection.open(data, 0)
            if plain is not None:
                super().datagram_received(plain, addr)

    def answer(self, offer: str) -> str:
        """Take the switch's offer, and come to stand by it; the answer."""
        answer = self.media.answer(Sdp.parse(offer))
        self._checking = asyncio.create_task(self._check())
        return str(answer)

    def offer(self, direction: str) -> str:
        """An offer within the call."""
        self.media.direction, self.media.setup = direction, "actpass"
        return str(self.media.offer())

    async def _check(self) -> None:
        """Check the path as browsers do, and begin DTLS until it stands."""
        while True:
            self.media.check()
            if not self.media.stands:
                self.media.begin_dtls()
            await asyncio.sleep(CHECK_S)

    def _seal(self, packet: bytes) -> bytes:
        protection = self.media.protection
        return (protection.seal(packet) if protection is not None else None) or b""

    async def close(self) -> None:
        if self._checking is not None:
            self._checking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._checking


@contextlib.asynccontextmanager
async def web_ear(host: str = "127.0.0.1") -> AsyncIterator[WebEar]:
    """One at a port of its own."""
    ear = WebEar(free_port(host))
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: ear, (host, ear.port))
    try:
        yield ear
    finally:
        await ear.close()
        transport.close()
