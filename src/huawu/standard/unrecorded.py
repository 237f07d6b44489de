"""Where a call's recording has a hole: what was said there nobody knows, so nobody is blamed for it.

A recording is paused while a card number is told, cannot be written while the disk is full, or was one of
several of which another was heard: one and the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from huawu.standard.model import FOREVER

UNWRITTEN_MS: Final = 1_000
"""So much of what was said before a recording broke off may be missing, too."""
_PAUSED, _BROKEN = "paused", "broken"
KINDS: Final = frozenset(
    f"recording_{name}" for name in ("started", "paused", "resumed", "failed", "recovered", "stopped")
)
"""The facts that it goes by."""


class Unrecorded:
    """A call's holes."""

    __slots__ = ("_heard", "_holes", "_recording", "_started", "_why")

    def __init__(self) -> None:
        self._holes: list[tuple[int, int]] = []
        self._why: set[str] = set()
        self._recording = ""
        self._started: list[int] = []
        self._heard: tuple[int, int] | None = None

    def note(self, kind: str, fields: Mapping[str, Any], at_ms: int) -> None:
        """Something happened to a recording: of a message in the same call it is no matter."""
        named = str(fields.get("recording", ""))
        if kind == "recording_started":
            self._recording = named
            self._started.append(at_ms)
            self._miss(_BROKEN, False, at_ms)
            self._miss(_PAUSED, False, at_ms)
        elif named == self._recording:
            match kind:
                case "recording_paused" | "recording_resumed":
                    self._miss(_PAUSED, kind == "recording_paused", at_ms)
                case "recording_failed":
                    self._miss(_BROKEN, True, at_ms - UNWRITTEN_MS)
                case "recording_recovered":
                    self._miss(_BROKEN, False, at_ms)
                case _:
                    self._miss(_PAUSED, False, at_ms)

    def heard(self, from_ms: int, until_ms: int) -> None:
        """One of the call's recordings was heard: this one."""
        self._heard = from_ms, until_ms

    def between(self, from_ms: int, to_ms: int) -> bool:
        """Whether some of this time is missing."""
        return any(begins <= to_ms and from_ms <= ends for begins, ends in self.holes)

    @property
    def holes(self) -> list[tuple[int, int]]:
        """From–to; one that goes on has no end."""
        if self._heard is None or len(self._started) < 2:
            return self._holes
        from_ms, until_ms = self._heard
        before = [(at_ms, from_ms) for at_ms in self._started if at_ms + UNWRITTEN_MS < from_ms]
        after = [(until_ms, FOREVER) for at_ms in self._started if at_ms > from_ms + UNWRITTEN_MS]
        return [*self._holes, *before, *after]

    def _miss(self, why: str, missing: bool, at_ms: int) -> None:
        before = bool(self._why)
        (self._why.add if missing else self._why.discard)(why)
        if missing and not before:
            self._holes.append((at_ms, FOREVER))
        elif before and not self._why:
            self._holes[-1] = (self._holes[-1][0], at_ms)
