"""What one recorded, bridged two-leg call costs: share of a core, measured in the engine's process only.

A second process sends both legs' voice over loopback. Run: python -m tools.measure.media [calls ...]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import resource
import socket
import struct
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import uvloop

from huawu.link.messages import CodecName, Event, LegId, RecordingId, StartRecording, StopRecording
from huawu.switch.codecs import CODECS
from huawu.switch.media.engine import MediaEngine
from huawu.switch.media.g711 import encode_ulaw
from huawu.switch.sip.negotiation import AgreedMedia

HEADER = struct.Struct("!BBHII")


def voice_like(seconds: int) -> bytes:
    """Bursts of noise with pauses, so that talk detection has work to do."""
    noise = np.random.default_rng(1).normal(0, 3000, seconds * 8000)
    return encode_ulaw(noise * (np.sin(np.arange(noise.size) / 8000 * 2) > 0))


def send_all(ready: Connection, legs: int, codec: CodecName) -> None:
    """The peers: one socket a leg, a packet each 20 ms; what comes back is counted and thrown away.

    The first leg of each call speaks `codec`, the other PCMU.
    """
    sockets = []
    for _ in range(legs):
        bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        bound.bind(("127.0.0.1", 0))
        bound.setblocking(False)
        sockets.append(bound)
    ready.send([bound.getsockname()[1] for bound in sockets])
    targets: list[int] = ready.recv()
    audio = voice_like(5)
    encoder = CODECS[codec].encoder
    spoken = (audio if encoder is None else encoder()(audio)), audio
    types = CODECS[codec].payload_type, CODECS["PCMU"].payload_type
    got, step, start = 0, 0, time.monotonic()
    while not ready.poll():
        for index, (bound, port) in enumerate(zip(sockets, targets, strict=True)):
            at = (step * 160 + index * 777) % (len(audio) - 160)
            head = HEADER.pack(0x80, types[index % 2], step & 0xFFFF, step * 160, index + 1)
            bound.sendto(head + spoken[index % 2][at : at + 160], ("127.0.0.1", port))
            if index % 10 == 9:  # spread over the 20 ms as real peers are
                time.sleep(max(0.0, start + step * 0.02 + 0.018 * index / legs - time.monotonic()))
            with contextlib.suppress(BlockingIOError):
                while bound.recv(2048):
                    got += 1
        step += 1
        time.sleep(max(0.0, start + step * 0.02 - time.monotonic()))
    ready.send((step * legs, got))


async def measure(calls: int, seconds: float, record: bool, profile: bool, codec: CodecName) -> None:
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    peers = context.Process(target=send_all, args=(theirs, 2 * calls, codec), daemon=True)
    peers.start()
    events: list[Event] = []
    engine = MediaEngine(
        host="127.0.0.1",
        ports=range(42_000, 42_000 + 4 * calls + 200),
        emit=events.append,
        now_ms=lambda: time.time_ns() // 1_000_000,
    )
    await engine.start()
    ports: list[int] = await asyncio.to_thread(ours.recv)
    names = [LegId(f"leg-{index}") for index in range(2 * calls)]
    targets = []
    for index, (name, port) in enumerate(zip(names, ports, strict=True)):
        spoken: CodecName = "PCMU" if index % 2 else codec
        targets.append(engine.open(name).rtp_port)
        engine.agree(
            name,
            AgreedMedia(
                codec=spoken,
                payload_type=CODECS[spoken].payload_type,
                digits_type=101,
                remote_host="127.0.0.1",
                remote_port=port,
                remote_rtcp_port=port,
                rtcp_mux=True,
                direction="sendrecv",
            ),
        )
    with tempfile.TemporaryDirectory() as folder:
        for index in range(calls):
            a, b = names[2 * index : 2 * index + 2]
            engine.bridge(a, b)
            if record:
                path = str(Path(folder, f"{index}.wav"))
                engine.start_recording(
                    StartRecording(recording=RecordingId(str(index)), path=path, left=a, right=b)
                )
        ours.send(targets)
        await asyncio.sleep(1)
        spent = await spend(seconds, profile=profile)
        ours.send(None)
        sent, got = await asyncio.to_thread(ours.recv)
        if record:
            for index in range(calls):
                engine.stop_recording(StopRecording(recording=RecordingId(str(index))))
        await engine.stop()
    peers.join()
    user, system = spent.user_s, spent.system_s
    cpu = (user + system) / spent.wall_s
    packets = 100 * calls * spent.wall_s
    print(
        f"{calls:5}  {100 * cpu:7.1f} %  {100 * cpu / calls:9.3f} %"
        f"  {1e6 * (user + system) / packets:9.1f} µs  {100 * user / (user + system):5.0f} %"
        f"  {100 * (1 - got / sent):6.2f} %  {len(events):6}",
        flush=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What this process took in some time, in seconds."""

    user_s: float
    system_s: float
    wall_s: float


async def spend(seconds: float, *, profile: bool) -> Spent:
    """Let everything run for so long; with `profile` say which functions took the time."""
    profiler = None
    if profile:
        import cProfile

        profiler = cProfile.Profile()
        profiler.enable()
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    await asyncio.sleep(seconds)
    after, ended = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    if profiler is not None:
        profiler.disable()
        profiler.print_stats("tottime")
    return Spent(
        user_s=after.ru_utime - before.ru_utime,
        system_s=after.ru_stime - before.ru_stime,
        wall_s=ended - began,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("calls", nargs="*", type=int, default=[20, 50, 100])
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--no-record", action="store_true")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--codec", choices=CODECS, default="PCMU", help="of one party of each call")
    chosen = parser.parse_args()
    print("calls  of a core   per call     per packet    user  not back  events")
    for calls in chosen.calls:
        uvloop.run(measure(calls, chosen.seconds, not chosen.no_record, chosen.profile, chosen.codec))


if __name__ == "__main__":
    main()
