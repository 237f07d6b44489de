"""Screens that stay true: one snapshot, then numbered changes, each encoded once for all who watch.

A viewer that falls behind loses no truth: of two waiting changes about the same thing only the later is sent,
and when too many different things wait, a fresh snapshot takes their place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

S = TypeVar("S")
C = TypeVar("C")

_encoder = msgspec.json.Encoder()


class Screen(Generic[S, C]):
    """One screen's state `S`, changed only by `publish`. Not thread-safe: it lives in the event loop.

    `apply` is pure; `key` names what a change is about; changes encode to JSON objects. `stamp` puts the
    present instant into a snapshot that is sent, so that a viewer can tell how its own clock differs.
    While nobody watches, changes need not be published one by one: `outdated` with a way to make the whole.
    """

    def __init__(
        self, name: str, state: S, *, apply: Callable[[S, C], S], key: Callable[[C], str], backlog: int = 256,
        stamp: Callable[[S], S] = lambda state: state,
    ) -> None:  # fmt: skip
        self.name = name
        self.seq = 0
        self._state = state
        self._apply = apply
        self._key = key
        self._backlog = backlog
        self._stamp = stamp
        self._viewers: set[Viewer] = set()
        self._make: Callable[[], S] | None = None

    def snapshot(self) -> S:
        """The state as of change number `seq`."""
        self._catch_up()
        return self._state

    def outdated(self, make: Callable[[], S]) -> None:
        """The state is another by now; `make` gives it when somebody asks."""
        self._make = make

    def _catch_up(self) -> None:
        if self._make is not None:
            make, self._make = self._make, None
            self.reset(make())

    @property
    def viewers(self) -> int:
        return len(self._viewers)

    def publish(self, change: C) -> None:
        """Apply one change and send it to all viewers; a change that changes nothing is not sent."""
        self._catch_up()
        state = self._apply(self._state, change)
        if state == self._state:
            return
        self._state = state
        self.seq += 1
        if not self._viewers:
            return
        encoded = b'{"seq":%d,' % self.seq + _encoder.encode(change)[1:]
        key = self._key(change)
        for viewer in self._viewers:
            viewer._push(key, encoded, self._backlog)

    def reset(self, state: S) -> None:
        """Replace the whole state (a new configuration): every viewer gets a fresh snapshot."""
        if state == self._state:
            return
        self._state = state
        self.seq += 1
        for viewer in self._viewers:
            viewer._start_anew()

    def subscribe(self) -> Viewer:
        """A new viewer; its first frame is the snapshot. Close it, or use it as a context manager."""
        self._catch_up()
        viewer = Viewer(self._frame, self._viewers.discard)
        self._viewers.add(viewer)
        return viewer

    def _frame(self) -> bytes:
        state = _encoder.encode(self._stamp(self._state))
        return b'{"type":"snapshot","seq":%d,"state":%b}' % (self.seq, state)


class Viewer:
    """One who watches a screen."""

    def __init__(self, snapshot: Callable[[], bytes], leave: Callable[[Viewer], None]) -> None:
        self._snapshot = snapshot
        self._leave = leave
        self._waiting: dict[str, bytes] = {}
        self._behind = True  # the next frame is a snapshot
        self._wake = asyncio.Event()
        self._wake.set()

    async def frame(self) -> bytes:
        """The next message, as soon as there is one: a snapshot, or all changes since the last frame."""
        await self._wake.wait()
        self._wake.clear()
        if self._behind:
            self._behind = False
            return self._snapshot()
        frame = b'{"type":"events","events":[%b]}' % b",".join(self._waiting.values())
        self._waiting.clear()
        return frame

    def close(self) -> None:
        self._leave(self)

    def __enter__(self) -> Viewer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _push(self, key: str, encoded: bytes, backlog: int) -> None:
        self._wake.set()
        if self._behind:
            return  # the snapshot will tell
        self._waiting.pop(key, None)  # the later one goes to the end: events stay in order of seq
        self._waiting[key] = encoded
        if len(self._waiting) > backlog:
            self._start_anew()

    def _start_anew(self) -> None:
        self._waiting.clear()
        self._behind = True
        self._wake.set()
