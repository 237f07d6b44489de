"""One centre a data folder: a second `huawu run` is refused before it touches what the first one uses."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Final, TextIO

CLAIM: Final = "run.lock"


class FolderTaken(Exception):
    """Another centre runs with this data folder; the text says which and what to do."""

    def __init__(self, folder: Path, process: str) -> None:
        which = f" (process {process})" if process else ""
        super().__init__(
            f"A centre already runs with the data folder {folder}{which}. "
            "Stop that one, or give this one a folder of its own with --data."
        )


def claim(folder: Path) -> TextIO:
    """Make the folder ours until the file returned is closed, or this process ends in whatever way.

    Raises `FolderTaken`, or OSError when it cannot be written. Where the system or the file system has no
    locks, nobody is refused.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / CLAIM).open("a+", encoding="ascii", errors="replace")
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with file:
                file.seek(0)
                raise FolderTaken(folder, file.read(20).strip()) from None
        except OSError:
            return file
    with contextlib.suppress(OSError):  # a full disk: the lock counts, not who holds it
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
    return file
