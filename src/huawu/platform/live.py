"""Screens that stay true: one snapshot, then numbered changes, each encoded once for all who watch.

A viewer that falls behind loses no truth: of two waiting changes about the same thing only the later is sent,
and when too many different things wait, a fresh snapshot takes their place. Viewers who have seen the same
are sent the same octets, made once. Who asks for frames at a pace is told together what happened in between.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec

S = TypeVar("S")
C = TypeVar("C")

_encoder = msgspec.json.Encoder()
FEW: Final = 4
"""With so few viewers it is cheap to see that all have been told, and to forget what was told."""


class _News(NamedTuple):
    """One change as it is sent."""

    seq: int
    key: str
    encoded: bytes


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
        self._news: deque[_News] = deque(maxlen=8 * backlog)  # what some viewer may not have seen yet
        self._frames: dict[int, bytes] = {}  # by what was seen, as of `seq`
        self._pulse: asyncio.Event = asyncio.Event()
        self._now: Callable[[], S] | None = None

    def snapshot(self) -> S:
        """The state as of change number `seq`."""
        self._catch_up()
        return self._current()

    def tell(self, change: C, now: Callable[[], S]) -> None:
        """Send a change of a state that is kept elsewhere, in parts: `now` puts it together when asked.

        For screens of a thousand parts, which to put together anew for each change would cost too much.
        """
        self._now = now
        self.seq += 1
        if self._viewers:
            self._send(change)

    def _current(self) -> S:
        if self._now is not None:
            now, self._now = self._now, None
            self._state = now()
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
        if self._viewers:
            self._send(change)

    def _send(self, change: C) -> None:
        encoded = b'{"seq":%d,' % self.seq + _encoder.encode(change)[1:]
        self._news.append(_News(self.seq, self._key(change), encoded))
        self._tell()

    def reset(self, state: S) -> None:
        """Replace the whole state (a new configuration): every viewer gets a fresh snapshot."""
        if state == self._current():
            return
        self._state = state
        self.seq += 1
        self._news.clear()
        self._tell()

    def _tell(self) -> None:
        self._frames.clear()
        pulse, self._pulse = self._pulse, asyncio.Event()
        pulse.set()

    def subscribe(self, pace_s: float = 0.0) -> Viewer:
        """A new viewer; its first frame is the snapshot, the next come `pace_s` apart or when there is news.

        Close it, or use it as a context manager.
        """
        self._catch_up()
        viewer = Viewer(self, pace_s)
        self._viewers.add(viewer)
        return viewer

    # ── For viewers ───────────────────────────────────────────────────────────────────────────────

    async def beyond(self, seen: int) -> None:
        """Wait until there is more than was seen."""
        while self.seq == seen:
            await self._pulse.wait()

    def frame_after(self, seen: int) -> bytes:
        """The changes since what was seen; a snapshot when they are too many, or forgotten."""
        frame = self._frames.get(seen)
        if frame is None:
            latest: dict[str, bytes] = {}
            for news in reversed(self._news):
                if news.seq <= seen:
                    break
                latest.setdefault(news.key, news.encoded)
            whole = not self._news or self._news[0].seq > seen + 1 or len(latest) > self._backlog
            frame = self._whole() if whole else _together(latest)
            if not whole:
                self._frames[seen] = frame  # a snapshot tells the time and is made for each
        return frame

    def first_frame(self) -> bytes:
        """The snapshot."""
        return self._whole()

    def _whole(self) -> bytes:
        state = _encoder.encode(self._stamp(self._current()))
        return b'{"type":"snapshot","seq":%d,"state":%b}' % (self.seq, state)

    def seen(self) -> None:
        """A viewer was told; what all have been told is forgotten."""
        if len(self._viewers) <= FEW and all(viewer.seen == self.seq for viewer in self._viewers):
            self._news.clear()

    def leave(self, viewer: Viewer) -> None:
        """A viewer goes."""
        self._viewers.discard(viewer)
        if not self._viewers:
            self._news.clear()


def _together(latest: dict[str, bytes]) -> bytes:
    """`latest` has the newest first; events are sent in order of `seq`."""
    return b'{"type":"events","events":[%b]}' % b",".join(reversed(latest.values()))


class Viewer:
    """One who watches a screen."""

    def __init__(self, screen: Screen[Any, Any], pace_s: float) -> None:
        self._screen = screen
        self._pace_s = pace_s
        self._next = 0.0  # by the loop's clock
        self.seen: int | None = None

    @property
    def behind(self) -> bool:
        """Whether there is something this one was not told."""
        return self.seen != self._screen.seq

    async def frame(self) -> bytes:
        """The next message, as soon as there is one: a snapshot, or all changes since the last frame."""
        screen = self._screen
        if self.seen is None:
            frame = screen.first_frame()
        else:
            await screen.beyond(self.seen)
            if self._pace_s:
                await self._keep_pace()
            frame = screen.frame_after(self.seen)
        self.seen = screen.seq
        screen.seen()
        return frame

    async def _keep_pace(self) -> None:
        loop = asyncio.get_running_loop()
        wait = self._next - loop.time()
        if wait > 0:
            await asyncio.sleep(wait)
        self._next = loop.time() + self._pace_s

    def close(self) -> None:
        self._screen.leave(self)

    def __enter__(self) -> Viewer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
