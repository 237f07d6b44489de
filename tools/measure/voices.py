"""Callers' and agents' voices in a process of their own: a socket a party, a packet each 20 ms."""

from __future__ import annotations

import contextlib
import multiprocessing
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection

from tools.measure.media import voice_like

STEP_S = 0.02
_HEADER = struct.Struct("!BBHII")
_SEQUENCE = struct.Struct("!xxH")
PORTS = range(28_000, 32_000)
"""Neither the switch's nor those the system hands out, so that no other program meets them."""
_TURN = 1  # sockets served before the next pause: packets are spread over the step, as many phones' are


@dataclass(frozen=True, slots=True)
class Heard:
    """What all parties together sent and got since the start; `lost` are gaps in what each one got."""

    sent: int
    got: int
    lost: int
    late: int  # steps that this process itself was more than 40 ms late

    def __sub__(self, other: Heard) -> Heard:
        return Heard(
            self.sent - other.sent, self.got - other.got, self.lost - other.lost, self.late - other.late
        )


class Voices:
    """The process seen from the bench: the ports to name in SDP, and what was heard so far."""

    def __init__(self, pipe: Connection, ports: list[int]) -> None:
        self._pipe = pipe
        self.ports = ports

    def heard(self) -> Heard:
        """The counts as of now."""
        self._pipe.send("heard")
        counts: Heard = self._pipe.recv()
        return counts


@contextlib.contextmanager
def speaking(parties: int) -> Iterator[Voices]:
    """That many parties; each speaks to whoever sends to it first."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_speak, args=(theirs, parties), daemon=True)
    process.start()
    try:
        yield Voices(ours, ours.recv())
    finally:
        with contextlib.suppress(OSError):
            ours.send("end")
        process.join(5)
        process.kill()


class _Party:
    """One socket: where its switch is, and how far both streams came."""

    __slots__ = ("got", "last", "lost", "socket", "target")

    def __init__(self, bound: socket.socket) -> None:
        self.socket = bound
        self.socket.setblocking(False)
        self.target: tuple[str, int] | None = None
        self.last = -1
        self.got = self.lost = 0

    def listen(self) -> None:
        """Take all that came; a jump in the sequence of less than 1000 is a loss."""
        with contextlib.suppress(BlockingIOError):
            while True:
                data, source = self.socket.recvfrom(2048)
                if len(data) < 12 or data[0] >> 6 != 2 or 200 <= data[1] <= 207:
                    continue
                self.target = self.target or source
                (sequence,) = _SEQUENCE.unpack_from(data)
                ahead = (sequence - self.last) & 0xFFFF if self.last >= 0 else 1
                if ahead < 1000:
                    self.lost += ahead - 1
                    self.last = sequence
                elif ahead > 64_000:
                    self.lost -= 1  # only late
                else:
                    self.last = sequence
                self.got += 1


def _free_sockets() -> Iterator[socket.socket]:
    for port in PORTS:
        bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            bound.bind(("127.0.0.1", port))
        except OSError:
            bound.close()
        else:
            yield bound


def _speak(pipe: Connection, parties: int) -> None:
    free = _free_sockets()
    all_parties = [_Party(next(free)) for _ in range(parties)]
    pipe.send([party.socket.getsockname()[1] for party in all_parties])
    audio = voice_like(30)
    step = sent = late = 0
    start = time.monotonic()
    while True:
        while pipe.poll():
            if pipe.recv() == "end":
                return
            got, lost = sum(one.got for one in all_parties), sum(one.lost for one in all_parties)
            pipe.send(Heard(sent, got, lost, late))
        began = start + step * STEP_S
        for index, party in enumerate(all_parties):
            if party.target is not None:
                at = (step * 160 + index * 777) % (len(audio) - 160)
                header = _HEADER.pack(0x80, 0, step & 0xFFFF, step * 160 & 0xFFFFFFFF, index + 1)
                party.socket.sendto(header + audio[at : at + 160], party.target)
                sent += 1
            party.listen()
            if index % _TURN == _TURN - 1:
                time.sleep(max(0.0, began + 0.9 * STEP_S * index / parties - time.monotonic()))
        step += 1
        behind = time.monotonic() - (start + step * STEP_S)
        if behind > 2 * STEP_S:
            late += 1
        time.sleep(max(0.0, -behind))
