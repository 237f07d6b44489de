"""What a packet costs on its way through two bridged legs, by codec and by SRTP: µs, without sockets.

The way is all of it but the kernel's: decryption, source, order, conversion, talk detection, relay and
encryption.
Run: python -m tools.measure.codings [--packets N]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from huawu.link.messages import CodecName, LegId
from huawu.switch.codecs import CODECS
from huawu.switch.media.engine import MediaEngine
from huawu.switch.media.ports import Address, Receive
from huawu.switch.media.protection import Protection
from huawu.switch.media.rtp import RtpPacket
from huawu.switch.media.tones import tone
from huawu.switch.sip.negotiation import AgreedMedia
from huawu.switch.sip.sdes import Keys, Suite, fresh

PEERS = ("192.0.2.1", 4_000), ("192.0.2.2", 4_000)
ROUNDS = 7


class Nowhere:
    """A network that takes everything."""

    def bind(self, host: str, port: int, receive: Receive) -> Nowhere:
        return self

    def send(self, data: bytes, to: Address) -> None:
        """Gone."""

    def close(self) -> None:
        """Nothing is open."""

    def step(self) -> None:
        pass

    def shut(self) -> None:
        """Nothing is kept."""


def agreed(codec: CodecName, keys: Keys | None, peer: tuple[str, int]) -> AgreedMedia:
    return AgreedMedia(
        codec=codec,
        payload_type=CODECS[codec].payload_type,
        digits_type=101,
        remote_host=peer[0],
        remote_port=peer[1],
        remote_rtcp_port=peer[1] + 1,
        rtcp_mux=False,
        direction="sendrecv",
        srtp=keys,
    )


Suites = tuple[Suite | None, Suite | None]


def measure(codecs: tuple[CodecName, CodecName], suites: Suites, count: int) -> float:
    """µs a packet from the first leg to the second; the best of some rounds."""
    keys = [None if suite is None else Keys(ours=fresh(1, suite), theirs=fresh(1, suite)) for suite in suites]
    now = [1_700_000_000_000]
    engine = MediaEngine(
        host="127.0.0.1",
        ports=range(20_000, 20_010),
        emit=lambda event: None,
        now_ms=lambda: now[0],
        network=Nowhere(),
    )
    legs = LegId("a"), LegId("b")
    for leg, codec, key, peer in zip(legs, codecs, keys, PEERS, strict=True):
        engine.open(leg)
        engine.agree(leg, agreed(codec, key, peer))
    engine.bridge(*legs)
    theirs = keys[0]
    seal: Callable[[bytes], bytes | None] = bytes
    if theirs is not None:
        seal = Protection(Keys(ours=theirs.theirs, theirs=theirs.ours)).seal
    encoder = CODECS[codecs[0]].encoder
    payload = tone((440.0,), 20, -15.0)
    payload = payload if encoder is None else encoder()(payload)
    packets = []
    for step in range(ROUNDS * count):
        made = RtpPacket(
            payload_type=CODECS[codecs[0]].payload_type,
            sequence=step & 0xFFFF,
            timestamp=160 * step & 0xFFFFFFFF,
            ssrc=1,
            payload=payload,
        )
        packets.append(seal(bytes(made)) or b"")
    took = []
    receive = engine.receive_rtp
    for first in range(0, len(packets), count):
        began = time.process_time()
        for data in packets[first : first + count]:
            now[0] += 20
            receive(legs[0], data, PEERS[0])
        took.append(time.process_time() - began)
    return min(took) / count * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packets", type=int, default=4_000)
    count: int = parser.parse_args().packets
    hmac, gcm = Suite.__args__[2], Suite.__args__[0]  # type: ignore[attr-defined]
    for codecs in (
        ("PCMU", "PCMU"), ("PCMA", "PCMU"), ("G722", "G722"), ("G722", "PCMU"), ("PCMU", "G722"),
    ):  # fmt: skip
        print(f"{codecs[0]} to {codecs[1]:28} {measure(codecs, (None, None), count):6.1f} µs", flush=True)
    for suites in ((hmac, None), (None, hmac), (hmac, hmac), (gcm, gcm)):
        way = " to ".join(one or "plain" for one in suites)
        print(f"{way:50} {measure(('PCMU', 'PCMU'), suites, count):6.1f} µs", flush=True)


if __name__ == "__main__":
    main()
