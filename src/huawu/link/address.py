"""Where the link's socket is: a Unix socket, or a port of 127.0.0.1 where the system has no such sockets."""

from __future__ import annotations

import os
import socket
from pathlib import Path

LONGEST_PATH = 100
"""Bytes of a Unix socket's path that every system takes (Linux 107, macOS 103)."""

unix_sockets = hasattr(socket, "AF_UNIX")


def check_path(path: str) -> None:
    """Raises ValueError with advice when `path` is too long for a Unix socket."""
    if unix_sockets and len(os.fsencode(path)) > LONGEST_PATH:
        raise ValueError(
            f"the path of the link's socket has more than {LONGEST_PATH} bytes: {path} "
            f"(choose a shorter data folder, or set another path for the socket)"
        )


def write_port(path: str, port: int) -> None:
    """Without Unix sockets the file at `path` says which port of 127.0.0.1 it is."""
    target = Path(path)
    half_written = target.with_name(target.name + ".new")
    half_written.write_text(f"{port}\n")
    half_written.replace(target)


def read_port(path: str) -> int:
    """The port that `write_port` wrote. Raises OSError or ValueError when there is none."""
    return int(Path(path).read_text())


def forget_socket(path: str) -> None:
    """Remove the file of a socket, if there is one."""
    Path(path).unlink(missing_ok=True)


def keep_private(path: str) -> None:
    """Let only this user connect."""
    Path(path).chmod(0o600)
