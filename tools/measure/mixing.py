"""What conferences cost: microseconds of the 20 ms step by legs and conferences, everybody talking.

The step is the engine's whole tick (taking the voices from their buffers, the sums, coding, packing a packet
for each leg) without the system's sending, which is a constant for each packet; the sums are the numpy part
alone; arrival is the putting of one packet into its buffer. Run: python -m tools.measure.mixing
"""

from __future__ import annotations

import argparse
import random
import statistics
import time

import numpy as np

from huawu.link.messages import ConferenceId, Hears, LegId, Mix
from huawu.switch.media.engine import MediaEngine
from huawu.switch.media.g711 import encode_ulaw
from huawu.switch.media.mixer import Mixer
from huawu.switch.media.playout import Playout
from huawu.switch.media.ports import Address, Receive
from huawu.switch.media.rtp import HEADER
from huawu.switch.sip.negotiation import AgreedMedia

SIZES = ((3, 1), (5, 1), (8, 1), (16, 1), (3, 10), (3, 30), (3, 100), (5, 30), (8, 30))
"""Legs of a conference, and how many such."""
STEP_MS = 20


class Nowhere:
    """A socket that counts."""

    def __init__(self) -> None:
        self.sent = 0

    def send(self, data: bytes, to: Address) -> None:
        self.sent += 1

    def close(self) -> None:
        """Nothing is held."""


class NoNetwork:
    """Sockets that lead nowhere."""

    def __init__(self) -> None:
        self.sockets: list[Nowhere] = []

    def bind(self, host: str, port: int, receive: Receive) -> Nowhere:
        self.sockets.append(Nowhere())
        return self.sockets[-1]

    def step(self) -> None:
        pass

    def shut(self) -> None:
        """Nothing is kept."""


def step_us(legs: int, conferences: int, steps: int) -> tuple[float, float]:
    """Median microseconds of a tick, and packets sent a tick."""
    now, network = 1_000_000, NoNetwork()
    engine = MediaEngine(
        host="127.0.0.1",
        ports=range(20_000, 20_000 + 2 * legs * conferences),
        emit=lambda event: None,
        now_ms=lambda: now,
        network=network,
    )
    names = [[LegId(f"{room}-{leg}") for leg in range(legs)] for room in range(conferences)]
    for room, members in enumerate(names):
        for name in members:
            engine.open(name)
            engine.agree(name, _agreed(name))
        cells = tuple(
            Hears(listener=one, speaker=other) for one in members for other in members if other != one
        )
        engine.mix(Mix(conference=ConferenceId(str(room)), hears=cells))
    every = [name for members in names for name in members]
    voice = _voice()
    took = []
    before = 0
    for step in range(steps + 50):
        now += STEP_MS
        for index, name in enumerate(every):
            at = (step * 160 + index * 777) % (len(voice) - 160)
            header = HEADER.pack(0x80, 0, step & 0xFFFF, step * 160, index + 1)
            engine.receive_rtp(name, header + voice[at : at + 160], _address(name))
        if step == 50:
            before = sum(one.sent for one in network.sockets)
        began = time.perf_counter_ns()
        engine.tick(now)
        if step >= 50:
            took.append(time.perf_counter_ns() - began)
    sent = sum(one.sent for one in network.sockets) - before
    return statistics.median(took) / 1_000, sent / steps


def sums_us(legs: int, conferences: int, steps: int) -> float:
    """Median microseconds of the sums alone."""
    gains = np.ones((legs, legs), np.float32)
    np.fill_diagonal(gains, 0)
    mixer = Mixer([gains] * conferences)
    voice, chance = _voice(), random.Random(1)
    took = []
    for _ in range(steps):
        places = [chance.randrange(len(voice) - 160) for _ in range(legs * conferences)]
        frames: list[bytes | None] = [voice[at : at + 160] for at in places]
        began = time.perf_counter_ns()
        mixer.mix(frames)
        took.append(time.perf_counter_ns() - began)
    return statistics.median(took) / 1_000


def arrival_us(steps: int = 20_000) -> float:
    """Microseconds of a packet put into its buffer and taken again."""
    playout, voice = Playout(), _voice()[:160]
    began = time.perf_counter_ns()
    for step in range(steps):
        playout.hear(160 * step & 0xFFFFFFFF, voice, 0)
        playout.take()
    return (time.perf_counter_ns() - began) / 1_000 / steps


def _voice() -> bytes:
    return encode_ulaw(np.random.default_rng(1).normal(0, 3_000, 16_000))


def _address(name: LegId) -> tuple[str, int]:
    room, _, leg = name.partition("-")
    return "127.0.0.9", 2_000 + 64 * int(room) + int(leg)


def _agreed(name: LegId) -> AgreedMedia:
    host, port = _address(name)
    return AgreedMedia(
        codec="PCMU",
        payload_type=0,
        digits_type=101,
        remote_host=host,
        remote_port=port,
        remote_rtcp_port=port,
        rtcp_mux=True,
        direction="sendrecv",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=500)
    steps: int = parser.parse_args().steps
    print(f"a packet into its buffer and out: {arrival_us():.2f} µs\n")
    print("legs  conferences  step µs  of that sums µs  µs a conference  share of a core %  packets a step")
    for legs, conferences in SIZES:
        step, packets = step_us(legs, conferences, steps)
        sums = sums_us(legs, conferences, steps)
        print(
            f"{legs:4}  {conferences:11}  {step:7.0f}  {sums:15.0f}  {step / conferences:15.1f}"
            f"  {step / 200:17.2f}  {packets:14.1f}"
        )


if __name__ == "__main__":
    main()
