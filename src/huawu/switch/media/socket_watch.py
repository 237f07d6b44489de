"""Reads the sockets of all media: each at once while few packets come, all of them every 5 ms while many
do, every 10 ms while a crowd does.

To wake a process for one packet costs about as much as all that is done with it. Operating systems read
network cards so, for the same reason (Linux calls it NAPI).
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from typing import Final

from huawu.switch.media.ticker import STEP_MS

MANY: Final = 10
"""Packets in a step from which on they are read together, four times a step."""
FEW: Final = 5
CROWD: Final = 32
"""From so many on, twice a step."""
LESS: Final = 24


def looks_a_step(read: int, before: int) -> int:
    """How often to look in the next step, after one of so many packets; 0 = each packet wakes the process.

    Once it looks seldom it goes back at fewer packets, so that a packet more or less changes nothing.
    """
    if read >= (LESS if before == 2 else CROWD):
        return 2
    if read >= (FEW if before else MANY):
        return 4
    return 0


class SocketWatch:
    """To be told of each step of 20 ms. Where the system has no epoll, each packet wakes the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._readers: dict[int, Callable[[], None]] = {}
        self._epoll = select.epoll() if hasattr(select, "epoll") else None
        self._read = 0
        """Packets since the last step."""
        self._looks_left = 0
        self._next_look: asyncio.TimerHandle | None = None
        self.looks = 0
        """In a step. 0 = the loop wakes for the set of sockets as it would for a socket."""
        if self._epoll is not None:
            loop.add_reader(self._epoll, self._look)

    def add(self, fd: int, read: Callable[[], None]) -> None:
        """`read` takes one datagram of this socket, or finds none; it does not raise."""
        if self._epoll is None:
            self._loop.add_reader(fd, read)
        else:
            self._readers[fd] = read
            self._epoll.register(fd, select.EPOLLIN)

    def remove(self, fd: int) -> None:
        """Before it is closed."""
        if self._epoll is None:
            self._loop.remove_reader(fd)
        elif self._readers.pop(fd, None) is not None and not self._epoll.closed:
            self._epoll.unregister(fd)

    def step(self) -> None:
        """20 ms have gone by: read what waits, and choose how to go on."""
        if self._epoll is None:
            return
        self._look()
        before, self.looks = self.looks, looks_a_step(self._read, self.looks)
        self._read = 0
        if self.looks and not before:
            self._loop.remove_reader(self._epoll)
        elif before and not self.looks:
            self._loop.add_reader(self._epoll, self._look)
        self._cancel()
        if self.looks:
            self._looks_left = self.looks - 1  # the next step is the last of them
            self._look_later()

    def close(self) -> None:
        """Read nothing any more."""
        self._cancel()
        if self._epoll is not None:
            if not self.looks:
                self._loop.remove_reader(self._epoll)
            self._epoll.close()

    def _look(self) -> None:
        """Read a datagram of each socket that has one."""
        assert self._epoll is not None
        ready, readers = self._epoll.poll(0), self._readers
        self._read += len(ready)
        for fd, _ in ready:
            if fd in readers:  # else what came just now from another ended it
                readers[fd]()

    def _look_later(self) -> None:
        self._next_look = self._loop.call_later(STEP_MS / 1000 / self.looks, self._look_again)

    def _look_again(self) -> None:
        self._looks_left -= 1
        self._look()
        if self._looks_left:
            self._look_later()

    def _cancel(self) -> None:
        if self._next_look is not None:
            self._next_look.cancel()
            self._next_look = None
