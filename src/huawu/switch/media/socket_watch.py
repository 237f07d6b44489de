"""Reads the sockets of all media: each at once while few packets come, all of them every 5 ms while many do.

To wake a process for one packet costs about as much as all that is done with it. Operating systems read
network cards so, for the same reason (Linux calls it NAPI).
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from typing import Final

LOOK_MS: Final = 5
"""So long a packet waits at the most while many come."""
LOOKS_A_STEP: Final = 4
MANY: Final = 10
"""Packets in a step of 20 ms from which on they are read together."""
FEW: Final = 5


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
        self.together = False
        """Whether many come. Else the loop wakes for the set of sockets as it would for a socket."""
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
        together = self._read >= (FEW if self.together else MANY)
        self._read = 0
        if together is not self.together:
            self.together = together
            if together:
                self._loop.remove_reader(self._epoll)
            else:
                self._loop.add_reader(self._epoll, self._look)
        self._cancel()
        if together:
            self._looks_left = LOOKS_A_STEP - 1  # the next step is the fourth
            self._look_later()

    def close(self) -> None:
        """Read nothing any more."""
        self._cancel()
        if self._epoll is not None:
            if not self.together:
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
        self._next_look = self._loop.call_later(LOOK_MS / 1000, self._look_again)

    def _look_again(self) -> None:
        self._looks_left -= 1
        self._look()
        if self._looks_left:
            self._look_later()

    def _cancel(self) -> None:
        if self._next_look is not None:
            self._next_look.cancel()
            self._next_look = None
