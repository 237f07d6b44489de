"""The port for browsers on real sockets: answers leave from the address asked, and nobody shares it."""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import time
from collections.abc import Iterator

import pytest

from huawu.link.messages import LegId
from huawu.switch.media.engine import MediaEngine
from huawu.switch.media.ports import Address
from huawu.switch.sip.negotiation import LocalMedia, negotiate
from huawu.switch.webrtc.dtls import Certificate
from huawu.switch.webrtc.port import WebPort
from huawu.switch.webrtc.sockets import bind
from tests.support.browser_media import BrowserMedia
from tests.support.tools import until

LEG = LegId("a")


@contextlib.contextmanager
def served(*places: str) -> Iterator[tuple[MediaEngine, WebPort]]:
    """A port for browsers at these hosts, and an engine that has it."""

    def now_ms() -> int:
        return time.time_ns() // 1_000_000

    port = WebPort(
        bind=bind,
        places=[(place, 0) for place in places],
        certificate=Certificate(dt.datetime.now(dt.UTC)),
        now_ms=now_ms,
    )
    engine = MediaEngine(
        host="127.0.0.1", ports=range(35_000, 35_010), emit=lambda event: None, now_ms=now_ms, web=port
    )
    try:
        yield engine, port
    finally:
        engine.close(LEG)
        port.shut()


class Page:
    """A browser at an address of this machine's own, by one socket."""

    def __init__(self, host: str) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.setblocking(False)
        self.sources: set[str] = set()
        self.media = BrowserMedia(lambda data, source, to: self._send(data, to))

    def _send(self, data: bytes, to: Address) -> None:
        self.socket.sendto(data, to)

    def stands(self) -> bool:
        """Read what came, until DTLS is through."""
        with contextlib.suppress(BlockingIOError):
            while True:
                data, source = self.socket.recvfrom(2048)
                self.sources.add(source[0])
                self.media.receive(data)
        return self.media.stands


@pytest.mark.parametrize(
    ("bound", "told", "page"),
    [
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.2", "127.0.0.1"),
        ("::1", "::1", "::1"),
        ("::", "::1", "::1"),
    ],
)
async def test_a_browser_comes_to_stand_and_hears_from_where_it_asked(
    bound: str, told: str, page: str
) -> None:
    browser = Page(page)
    with served(bound) as (engine, _), contextlib.closing(browser.socket):
        web = engine.open_web(LEG, [told])
        assert web is not None
        assert web.places[0][0] == told
        local = LocalMedia(host=told, rtp_port=web.places[0][1], rtcp_port=web.places[0][1], web=web)
        answer, agreed = negotiate(local, browser.media.offer())
        engine.agree(LEG, agreed)
        browser.media.take(answer)
        browser.media.check()
        await until(browser.stands, "DTLS")
        assert browser.sources == {told}


async def test_a_port_that_another_has_is_not_shared() -> None:
    with served("0.0.0.0") as (engine, port):
        engine.open_web(LEG, ["127.0.0.2"])
        number = int(port.told)
        for host in ("0.0.0.0", "127.0.0.1", "127.0.0.2"):
            with pytest.raises(OSError, match="in use"):
                WebPort(bind=bind, places=[(host, number)], certificate=port.certificate, now_ms=lambda: 0)


async def test_an_address_that_is_not_ours_is_told_by_the_port_for_all() -> None:
    """Such as our public one before a NAT."""
    with served("0.0.0.0") as (engine, port):
        web = engine.open_web(LEG, ["203.0.113.5"])
        assert web is not None
        assert web.places == (("203.0.113.5", int(port.told)),)
