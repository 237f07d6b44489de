"""A stage in virtual time: an engine without sockets or threads, and peers that talk to it from memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from huawu.link.messages import CodecName, Event, LegId
from huawu.switch.codecs import CODECS
from huawu.switch.media import wav
from huawu.switch.media.disk import Disk
from huawu.switch.media.engine import MediaEngine
from huawu.switch.media.ports import Address, Receive
from huawu.switch.media.rtp import RtpPacket, is_rtcp
from huawu.switch.media.tones import tone
from huawu.switch.sip.negotiation import AgreedMedia
from huawu.switch.sip.sdes import Keys
from huawu.switch.sip.sdp import Direction

START_MS = 1_700_000_000_000
LOUD = tone((440.0,), 20, -10.0)
QUIET = b"\xff" * 160
E = TypeVar("E")


class FakeSocket:
    def __init__(self, network: FakeNetwork, port: int) -> None:
        self.network = network
        self.port = port
        self.sent: list[tuple[bytes, Address]] = []
        self.times: list[int] = []
        """When each was sent."""

    def send(self, data: bytes, to: Address) -> None:
        self.sent.append((data, to))
        self.times.append(self.network.now_ms())

    def close(self) -> None:
        del self.network.sockets[self.port]


class FakeNetwork:
    def __init__(self, taken: Iterable[int] = (), now_ms: Callable[[], int] = lambda: 0) -> None:
        self.now_ms = now_ms
        self.sockets: dict[int, FakeSocket] = {}
        self.taken = set(taken)

    def bind(self, host: str, port: int, receive: Receive) -> FakeSocket:
        if port in self.sockets or port in self.taken:
            raise OSError("address in use")
        self.sockets[port] = FakeSocket(self, port)
        return self.sockets[port]

    def step(self) -> None:
        pass

    def shut(self) -> None:
        """Nothing is kept."""


class Peer:
    """A phone: counts its own packets, remembers what it was sent."""

    def __init__(
        self, stage: Stage, name: str, codec: CodecName, address: tuple[str, int], digits: int | None
    ):
        self.stage = stage
        self.leg = LegId(name)
        self.codec: CodecName = codec
        self.address = address
        self.digits_type = digits
        self.ports = stage.engine.open(self.leg)
        self.socket = stage.network.sockets[self.ports.rtp_port]
        self.rtcp_socket = stage.network.sockets[self.ports.rtcp_port]
        self.ssrc = 0x1000 + self.ports.rtp_port
        self.sequence = 65_500
        self.timestamp = 0xFFFF_FF00
        self.voice: bytes | None = None
        """Sent each 20 ms by `Stage.run` when set."""

    def agree(
        self,
        direction: Direction = "sendrecv",
        address: tuple[str, int] | None = None,
        srtp: Keys | None = None,
    ) -> None:
        host, port = address or self.address
        self.stage.engine.agree(
            self.leg,
            AgreedMedia(
                codec=self.codec,
                payload_type=CODECS[self.codec].payload_type,
                digits_type=self.digits_type,
                remote_host=host,
                remote_port=port,
                remote_rtcp_port=port + 1,
                rtcp_mux=False,
                direction=direction,
                srtp=srtp,
            ),
        )

    def packet(self, payload: bytes, payload_type: int | None = None, *, marker: bool = False) -> bytes:
        """The next packet; voice moves the timestamp on, keys do not."""
        voice_type = CODECS[self.codec].payload_type
        made = RtpPacket(
            payload_type=voice_type if payload_type is None else payload_type,
            sequence=self.sequence,
            timestamp=self.timestamp,
            ssrc=self.ssrc,
            payload=payload,
            marker=marker,
        )
        self.sequence = (self.sequence + 1) & 0xFFFF
        if payload_type is None:
            self.timestamp = (self.timestamp + len(payload)) & 0xFFFFFFFF
        return bytes(made)

    def say(self, payload: bytes = LOUD, source: Address | None = None) -> None:
        self.stage.engine.receive_rtp(self.leg, self.packet(payload), source or self.address)

    def press(self, digit: str, *, steps: int = 5, ends: int = 3) -> None:
        """A key as RFC 4733 events, in virtual time."""
        assert self.digits_type is not None
        number = "0123456789*#ABCD".index(digit)
        for step in range(steps + ends):
            end = step >= steps
            duration = 160 * (min(step, steps) + 1)
            payload = bytes((number, 0x8A if end else 0x0A)) + duration.to_bytes(2, "big")
            data = self.packet(payload, self.digits_type, marker=step == 0)
            self.stage.engine.receive_rtp(self.leg, data, self.address)
            self.stage.step()
        self.timestamp = (self.timestamp + 160 * (steps + ends)) & 0xFFFFFFFF

    def heard(self) -> list[RtpPacket]:
        """All RTP sent to this peer so far."""
        return [RtpPacket.parse(data) for data, _ in self.socket.sent if not is_rtcp(data)]

    def sent(self) -> list[tuple[int, RtpPacket]]:
        """RTP sent since the last time this was asked, and when."""
        timed = [
            (at_ms, RtpPacket.parse(data))
            for at_ms, (data, _) in zip(self.socket.times, self.socket.sent, strict=True)
            if not is_rtcp(data)
        ]
        self.socket.sent.clear()
        self.socket.times.clear()
        return timed

    def new(self) -> list[RtpPacket]:
        """RTP sent since the last time this was asked."""
        return [packet for _, packet in self.sent()]


class Stage:
    def __init__(self) -> None:
        self.now = START_MS
        self.events: list[Event] = []
        self.network = FakeNetwork(now_ms=lambda: self.now)
        self.engine = MediaEngine(
            host="192.0.2.1",
            ports=range(20_000, 20_100),
            emit=self.events.append,
            now_ms=lambda: self.now,
            network=self.network,
            disk=Disk(threaded=False),
        )
        self.peers: list[Peer] = []

    def peer(
        self,
        name: str,
        codec: CodecName = "PCMU",
        address: tuple[str, int] | None = None,
        digits: int | None = 101,
        *,
        agreed: bool = True,
    ) -> Peer:
        peer = Peer(self, name, codec, address or (f"198.51.100.{len(self.peers) + 1}", 4000), digits)
        self.peers.append(peer)
        if agreed:
            peer.agree()
        return peer

    def step(self) -> None:
        self.now += 20
        self.engine.tick(self.now)

    def run(self, length_ms: int) -> None:
        """Time passes; peers with a voice send it."""
        for _ in range(length_ms // 20):
            self.now += 20
            for peer in self.peers:
                if peer.voice is not None:
                    peer.say(peer.voice)
            self.engine.tick(self.now)

    def told(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]


def write_prompt(path: Path, ulaw: bytes) -> str:
    path.write_bytes(wav.header(1, len(ulaw)) + ulaw)
    return str(path)
