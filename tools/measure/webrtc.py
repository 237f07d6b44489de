"""What a browser's leg costs: share of a core, measured in the engine's process only.

A second process is the browsers: ICE, DTLS and SRTP in Python over loopback, a packet each 20 ms, a check
each 2.5 s. Legs are bridged two by two. Run: python -m tools.measure.webrtc [legs ...]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime as dt
import multiprocessing
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import uvloop
from tools.measure.media import spend, voice_like
from tools.measure.parts import Row, loop_ns

from huawu.link.messages import LegId, RecordingId, StartRecording, StopRecording
from huawu.switch.media.engine import MediaEngine
from huawu.switch.sip.negotiation import LocalMedia, negotiate
from huawu.switch.sip.sdp import Sdp
from huawu.switch.webrtc.dtls import Certificate
from huawu.switch.webrtc.port import WebPort
from huawu.switch.webrtc.sockets import bind
from tests.support.browser_media import BrowserMedia

LEGS = 20
CHECK_S = 2.5
STANDS_WITHIN_S = 20.0


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Of all legs together. `core` is a share of one; `lost` of what was sent, and should have come back."""

    legs: int
    core: float
    packet_us: float
    lost: float


class Page:
    """One browser with its socket."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.media = BrowserMedia(lambda data, source, to: self._send(data, to), at=self.socket.getsockname())
        self.media.now_ms = lambda: time.monotonic_ns() // 1_000_000

    def _send(self, data: bytes, to: object) -> None:
        with contextlib.suppress(BlockingIOError):
            self.socket.sendto(data, to)  # type: ignore[call-overload]

    def read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                self.media.receive(self.socket.recv(2048))


def be_browsers(pipe: Connection, legs: int) -> None:
    """The other process: offers go out by the pipe, answers come back, then all speak until told to stop."""
    pages = [Page() for _ in range(legs)]
    pipe.send([str(page.media.offer()) for page in pages])
    answers: list[str] = pipe.recv()
    for page, answer in zip(pages, answers, strict=True):
        page.media.take(Sdp.parse(answer))
        page.media.check()
    until = time.monotonic() + STANDS_WITHIN_S
    while not all(page.media.stands for page in pages) and time.monotonic() < until:
        for page in pages:
            page.read()
        time.sleep(0.002)
    pipe.send(all(page.media.stands for page in pages))
    audio = voice_like(5)
    step, start, sent = 0, time.monotonic(), 0
    checks = [start + index * CHECK_S / legs for index in range(legs)]
    while not pipe.poll():
        for index, page in enumerate(pages):
            at = (step * 160 + index * 777) % (len(audio) - 160)
            page.media.say(audio[at : at + 160])
            sent += 1
            if time.monotonic() >= checks[index]:
                checks[index] += CHECK_S
                page.media.check()
            page.read()
            if index % 5 == 4:  # spread over the 20 ms as real browsers are
                time.sleep(max(0.0, start + step * 0.02 + 0.018 * index / legs - time.monotonic()))
        step += 1
        time.sleep(max(0.0, start + step * 0.02 - time.monotonic()))
    time.sleep(0.1)
    for page in pages:
        page.read()
    pipe.send((sent, sum(len(page.media.heard) for page in pages)))


async def measure(legs: int, seconds: float, *, record: bool = False, profile: bool = False) -> Cost:
    """An engine of its own with so many browsers' legs, an even number."""
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    browsers = context.Process(target=be_browsers, args=(theirs, legs), daemon=True)
    browsers.start()

    def now_ms() -> int:
        return time.time_ns() // 1_000_000

    port = WebPort(
        bind=bind,
        places=[("127.0.0.1", 0)],
        certificate=Certificate(dt.datetime.now(dt.UTC)),
        now_ms=now_ms,
    )
    engine = MediaEngine(
        host="127.0.0.1", ports=range(42_000, 42_100), emit=lambda event: None, now_ms=now_ms, web=port
    )
    await engine.start()
    offers: list[str] = await asyncio.to_thread(ours.recv)
    names = [LegId(f"leg-{index}") for index in range(legs)]
    answers = []
    for name, offer in zip(names, offers, strict=True):
        web = engine.open_web(name, ["127.0.0.1"])
        assert web is not None
        place = web.places[0][1]
        local = LocalMedia(host="127.0.0.1", rtp_port=place, rtcp_port=place, web=web)
        answer, agreed = negotiate(local, Sdp.parse(offer))
        engine.agree(name, agreed)
        answers.append(str(answer))
    ours.send(answers)
    if not await asyncio.to_thread(ours.recv):
        raise RuntimeError(f"not all of {legs} browsers came to stand within {STANDS_WITHIN_S:.0f} s")
    with tempfile.TemporaryDirectory() as folder:
        for index in range(0, legs, 2):
            engine.bridge(names[index], names[index + 1])
            if record:
                engine.start_recording(
                    StartRecording(
                        recording=RecordingId(str(index)),
                        path=str(Path(folder, f"{index}.wav")),
                        left=names[index],
                        right=names[index + 1],
                    )
                )
        await asyncio.sleep(1)
        spent = await spend(seconds, profile=profile)
        ours.send(None)
        sent, got = await asyncio.to_thread(ours.recv)
        if record:
            for index in range(0, legs, 2):
                engine.stop_recording(StopRecording(recording=RecordingId(str(index))))
        await engine.stop()
    browsers.join()
    cpu_s = spent.user_s + spent.system_s
    return Cost(
        legs=legs,
        core=cpu_s / spent.wall_s,
        packet_us=1e6 * cpu_s / (50 * legs * spent.wall_s),
        lost=1 - got / sent,
    )


def bench() -> Iterator[Row]:
    """Part k: 20 browsers' legs at once, bridged and recorded."""
    loop = loop_ns()
    cost = uvloop.run(measure(LEGS, 8.0, record=True))
    share = 100 * cost.core / cost.legs
    yield Row(
        "k",
        f"a browser's leg, recorded ({LEGS} at once, two by two)",
        "% of a core",
        {"a leg": share, "all": 100 * cost.core},
        judged=share,
        must=1.5,
        aim=1.0,
        loop_ns=(loop + loop_ns()) / 2,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("legs", nargs="*", type=int, default=[LEGS, 50])
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--profile", action="store_true")
    chosen = parser.parse_args()
    print(" legs  of a core     a leg   a packet  not back")
    for legs in chosen.legs:
        if legs < 2 or legs % 2:
            parser.error(f"legs are bridged two by two: {legs} cannot be")
        cost = uvloop.run(measure(legs, chosen.seconds, record=chosen.record, profile=chosen.profile))
        print(
            f"{cost.legs:5}  {100 * cost.core:7.1f} %  {100 * cost.core / cost.legs:6.3f} %"
            f"  {cost.packet_us:6.1f} µs  {100 * cost.lost:6.2f} %",
            flush=True,
        )


if __name__ == "__main__":
    main()
