"""A file for what the database would not take until the end, with room put aside for it on the same disk.

A centre that is stopped while its disk is full has nowhere else to go with what waits in memory. So blocks
are put aside while there is room, and what is rescued is written into them.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

import structlog

log = structlog.get_logger(__name__)

RESERVE: Final = 4_000_000
"""Octets put aside: some 15,000 facts."""
SPARED: Final = 10
"""Nothing is put aside on a disk with less room than so many times as much."""


class FactsLost(OSError):
    """Neither the database nor the rescue file would take them."""

    def __init__(self, facts: int, path: Path, why: OSError) -> None:
        super().__init__(
            f"{facts} facts that were not on record yet are lost: neither the database took them, nor "
            f"{path}: {why.strerror or why}. Make room before a centre is stopped."
        )


class Rescue:
    """The file at `path`, and beside it what is put aside for it. Its methods block."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reserve = path.with_name(f"{path.name}.room")

    def put_room_aside(self) -> None:
        """Take the blocks, where there are many more."""
        folder = os.statvfs(self.path.parent)
        if self._reserve.exists() or folder.f_bavail * folder.f_frsize < SPARED * RESERVE:
            return
        try:
            with self._reserve.open("xb") as file:
                file.write(bytes(RESERVE))  # a hole would be no room
        except OSError as error:
            self._reserve.unlink(missing_ok=True)
            log.warning("no room could be put aside for facts", path=str(self._reserve), why=str(error))

    def take(self) -> bytes | None:
        """What an earlier life rescued; None: nothing. Raises `OSError`."""
        with contextlib.suppress(FileNotFoundError):
            return self.path.read_bytes()
        return None

    def keep(self, content: bytes) -> None:
        """Write it down, into what was put aside if it cannot be otherwise. Raises `OSError`."""
        try:
            _write(self.path, "wb", content)
        except OSError as error:
            self.path.unlink(missing_ok=True)
            if not self._reserve.exists():
                raise
            log.warning("facts are rescued into the room put aside", why=str(error))
            _write(self._reserve, "r+b", content)
            self._reserve.replace(self.path)

    def put_aside(self) -> Path:
        """It cannot be read: somebody may look at it. Where it is then."""
        aside = self.path.with_suffix(".unreadable")
        return self.path.replace(aside)

    def done(self) -> None:
        """All of it is on record."""
        self.path.unlink()


def _write(path: Path, mode: str, content: bytes) -> None:
    with path.open(mode) as file:
        file.write(content)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
