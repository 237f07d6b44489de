"""Prompts and music in memory: each file read once, anew when it changed, the least used forgotten."""

from __future__ import annotations

import os
from collections import OrderedDict
from pathlib import Path

from huawu.switch.media import wav

LARGEST = 64 << 20


class NoPrompt(Exception):
    """A file cannot be played; the text says which and why."""

    def __init__(self, path: str, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(f"cannot play {path}: {why}")


class Prompts:
    """Loads mono 8 kHz μ-law WAVs. Keeps at most `limit` octets, but always the last one loaded."""

    def __init__(self, limit: int = 128 << 20) -> None:
        self._limit = limit
        self._size = 0
        self._kept: OrderedDict[str, tuple[int, int, bytes]] = OrderedDict()

    def load(self, path: str) -> bytes:
        """The μ-law octets. Raises NoPrompt. The first time it reads from disk, at once."""
        try:
            facts = os.stat(path)
            kept = self._kept.get(path)
            if kept is not None and kept[:2] == (facts.st_mtime_ns, facts.st_size):
                self._kept.move_to_end(path)
                return kept[2]
            if facts.st_size > LARGEST:
                raise NoPrompt(path, f"it is larger than {LARGEST >> 20} MiB")
            audio = wav.parse(Path(path).read_bytes())
        except FileNotFoundError:
            raise NoPrompt(path, "there is no such file") from None
        except (OSError, ValueError) as error:
            raise NoPrompt(path, str(error)) from None
        if kept is not None:
            self._size -= len(kept[2])
        self._kept[path] = (facts.st_mtime_ns, facts.st_size, audio)
        self._kept.move_to_end(path)
        self._size += len(audio)
        while self._size > self._limit and len(self._kept) > 1:
            _, (_, _, dropped) = self._kept.popitem(last=False)
            self._size -= len(dropped)
        return audio
