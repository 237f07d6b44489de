"""Ears and mouths of many phones in a process of their own: who heard how much, and how long nothing.

A phone's port is used by one call after another. It speaks, a packet each 20 ms, to whoever sent to it last,
as long as something comes: so it falls silent with its call, and speaks again with the next.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import select
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection

from tools.measure.media import voice_like

STEP_S = 0.02
PORTS = range(29_000, 32_700)
"""Below those the system hands out."""
SILENT_AFTER_S = 1.0
"""A call that sends nothing for so long has ended, or its switch is dead."""
_HEADER = struct.Struct("!BBHII")
_SEQUENCE = struct.Struct("!xxH4xI")


@dataclass(frozen=True, slots=True)
class Heard:
    """One port since the last mark. Times are those of the wall's clock, in seconds; 0 = never."""

    port: int
    got: int
    last_at: float
    longest_gap_s: float


@dataclass(frozen=True, slots=True)
class Total:
    """All ports since the start. `lost`: gaps in streams' numbers; `late`: steps this process missed."""

    sent: int
    got: int
    lost: int
    late: int


class Ears:
    """The process seen from outside."""

    def __init__(self, pipe: Connection, ports: list[int]) -> None:
        self._pipe = pipe
        self.ports = ports

    def mark(self) -> None:
        """From now on gaps and counts are measured anew."""
        self._pipe.send("mark")
        self._pipe.recv()

    def heard(self) -> dict[int, Heard]:
        """Each port since the last mark."""
        self._pipe.send("heard")
        found: list[Heard] = self._pipe.recv()
        return {one.port: one for one in found}

    def total(self) -> Total:
        self._pipe.send("total")
        total: Total = self._pipe.recv()
        return total


@contextlib.contextmanager
def listening(phones: int) -> Iterator[Ears]:
    """That many phones' ports."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_live, args=(theirs, phones), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Ears(ours, ours.recv())
    finally:
        with contextlib.suppress(OSError):
            ours.send("end")
        process.join(5)
        process.kill()
        process.join()
        ours.close()


class _Phone:
    __slots__ = ("gap", "got", "heard_at", "last", "lost", "port", "socket", "source", "stream")

    def __init__(self, bound: socket.socket) -> None:
        bound.setblocking(False)
        self.socket = bound
        self.port: int = bound.getsockname()[1]
        self.source: tuple[str, int] | None = None
        self.stream = self.last = -1
        self.got = self.lost = 0
        self.heard_at = self.gap = 0.0

    def listen(self, now: float) -> int:
        """Take all that came; how many packets."""
        count = 0
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            while True:
                data, source = self.socket.recvfrom(2048)
                if len(data) < 12 or data[0] >> 6 != 2 or 200 <= data[1] <= 207:
                    continue
                count += 1
                sequence, stream = _SEQUENCE.unpack_from(data)
                ahead = (sequence - self.last) & 0xFFFF
                if stream != self.stream or source != self.source:
                    self.stream, self.source, self.last = stream, source, sequence
                elif 0 < ahead < 1_000:
                    self.lost += ahead - 1
                    self.last = sequence
                elif ahead > 64_000:
                    self.lost -= 1  # only late
        if count:
            self.got += count
            if self.heard_at:
                self.gap = max(self.gap, now - self.heard_at)
            self.heard_at = now
        return count


def _phones(count: int) -> list[_Phone]:
    found: list[_Phone] = []
    for port in PORTS:
        if len(found) == count:
            break
        bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            bound.bind(("127.0.0.1", port))
        except OSError:
            bound.close()
        else:
            found.append(_Phone(bound))
    return found


def _live(pipe: Connection, count: int) -> None:
    phones = _phones(count)
    by_descriptor = {phone.socket.fileno(): phone for phone in phones}
    poll = select.epoll()
    for descriptor in by_descriptor:
        poll.register(descriptor, select.EPOLLIN)
    pipe.send([phone.port for phone in phones])
    audio = voice_like(30)
    step = sent = got = late = 0
    start = time.monotonic()
    while True:
        while pipe.poll():
            match pipe.recv():
                case "end":
                    return
                case "mark":
                    now = time.time()
                    for phone in phones:
                        phone.got, phone.gap = 0, 0.0
                        phone.heard_at = now if now - phone.heard_at < SILENT_AFTER_S else 0.0
                    pipe.send(None)
                case "heard":
                    pipe.send([Heard(one.port, one.got, one.heard_at, one.gap) for one in phones])
                case _:
                    pipe.send(Total(sent, got, sum(phone.lost for phone in phones), late))
        now = time.time()
        for descriptor, _ in poll.poll(0, len(phones)):
            got += by_descriptor[descriptor].listen(now)
        for index, phone in enumerate(phones):
            if phone.source is None or now - phone.heard_at > SILENT_AFTER_S:
                continue
            at = (step * 160 + index * 777) % (len(audio) - 160)
            header = _HEADER.pack(0x80, 0, step & 0xFFFF, step * 160 & 0xFFFFFFFF, index + 1)
            with contextlib.suppress(OSError):
                phone.socket.sendto(header + audio[at : at + 160], phone.source)
            sent += 1
        step += 1
        behind = time.monotonic() - (start + step * STEP_S)
        late += behind > 2 * STEP_S
        time.sleep(max(0.0, -behind))
