"""The media stage with a port for browsers, and browsers that talk to it from memory, in virtual time."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from huawu.link.messages import LegId
from huawu.switch.media.disk import Disk
from huawu.switch.media.engine import MediaEngine
from huawu.switch.media.leg import Leg
from huawu.switch.media.ports import Address, Receive
from huawu.switch.sip.negotiation import LocalMedia, accept, make_offer, negotiate
from huawu.switch.webrtc.dtls import Certificate
from huawu.switch.webrtc.news import PathNews
from huawu.switch.webrtc.port import WebPort
from huawu.switch.webrtc.way import Way
from tests.support.browser_media import BrowserMedia
from tests.switch.media.fakes import Stage

OURS = ("192.0.2.1", 5_004)


@lru_cache(maxsize=1)
def our_certificate() -> Certificate:
    return Certificate(dt.datetime.now(dt.UTC))


class WebSocketless:
    """The shared port in memory: what is sent reaches the browser at that address, unless it is lost."""

    def __init__(self, stage: WebStage, receive: Receive) -> None:
        self.port = OURS[1]
        self.receive = receive
        self._stage = stage

    def send(self, data: bytes, to: Address) -> None:
        self._stage.sent.append((data, to))

    def close(self) -> None:
        self._stage.closed = True


class WebStage(Stage):
    """`browser(name)` is in a call with the leg of that name; `deliver` lets what was sent arrive."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[bytes, Address]] = []
        self.to_us: list[tuple[bytes, Address]] = []
        self.news: list[tuple[LegId, PathNews]] = []
        self.closed = False
        self.browsers: list[Browser] = []
        self.deaf = False
        """Nothing arrives, either way."""
        self.socket: WebSocketless
        self.port = WebPort(
            bind=self._bind, places=[OURS], certificate=our_certificate(), now_ms=lambda: self.now
        )
        self.engine = MediaEngine(
            host="192.0.2.1",
            ports=range(20_000, 20_100),
            emit=self.events.append,
            now_ms=lambda: self.now,
            network=self.network,
            disk=Disk(threaded=False),
            path_news=lambda leg, news: self.news.append((leg, news)),
            web=self.port,
        )

    def _bind(self, host: str, port: int, receive: Receive, *, beside: bool = False) -> WebSocketless:
        self.socket = WebSocketless(self, receive)
        return self.socket

    def from_browser(self, data: bytes, source: Address, to: Address) -> None:
        """A datagram on its way to us."""
        self.to_us.append((data, source))

    def deliver(self) -> None:
        """All that is on its way arrives, and what that leads to."""
        while self.to_us or self.sent:
            to_us, self.to_us = self.to_us, []
            for data, source in to_us:
                if not self.deaf:
                    self.socket.receive(data, source)
            sent, self.sent = self.sent, []
            for data, to in sent:
                for browser in self.browsers:
                    if browser.at == to and not self.deaf:
                        browser.receive(data)

    def run(self, length_ms: int) -> None:
        for _ in range(length_ms // 20):
            self.now += 20
            for browser in self.browsers:
                browser.pass_time(self.now)
            for peer in self.peers:
                if peer.voice is not None:
                    peer.say(peer.voice)
            self.deliver()
            self.engine.tick(self.now)
            self.deliver()

    def browser(self, name: str, *, calls: bool = True, page: int = 0, stands: bool = True) -> Browser:
        """A browser in a call: it offered (`calls`), or answered our offer."""
        browser = Browser(self, name, page)
        self.browsers.append(browser)
        browser.call() if calls else browser.be_called()
        if stands:
            browser.check()
            self.deliver()
            if not calls:
                browser.begin_dtls()
                self.deliver()
            assert browser.stands
        return browser


class Browser(BrowserMedia):
    """A browser and its leg. It checks its path every 2.5 s while `alive`, and says `voice`."""

    def __init__(self, stage: WebStage, name: str, page: int = 0) -> None:
        super().__init__(
            stage.from_browser, at=(f"198.51.100.{len(stage.browsers) + 101}", 50_000), page=page
        )
        self.now_ms = lambda: stage.now
        self.stage = stage
        self.name = LegId(name)
        self.voice: bytes | None = None
        self.alive = True
        self._check_ms = stage.now + 2_500
        web = stage.engine.open_web(self.name, [OURS[0]])
        assert web is not None
        self.local = LocalMedia(host=OURS[0], rtp_port=OURS[1], rtcp_port=OURS[1], web=web)

    @property
    def leg(self) -> Leg:
        return self.stage.engine._legs[self.name]

    @property
    def way(self) -> Way:
        assert self.leg.web is not None
        return self.leg.web

    def call(self) -> None:
        """Offer, and be answered."""
        ours, agreed = negotiate(self.local, self.offer())
        self.take(ours)
        self.stage.engine.agree(self.name, agreed)

    def be_called(self) -> None:
        """Be offered, and answer."""
        ours = make_offer(self.local)
        self.stage.engine.agree(self.name, accept(ours, self.answer(ours), local=self.local))

    def pass_time(self, now_ms: int) -> None:
        if self.alive and self.stands and now_ms >= self._check_ms:
            self._check_ms = now_ms + 2_500
            self.check()
        if self.alive and self.voice is not None and self.stands:
            self.say(self.voice)

    def payloads(self) -> set[bytes]:
        """What is heard in 100 ms."""
        self.new()
        self.stage.run(100)
        return {packet.payload for packet in self.new()}
