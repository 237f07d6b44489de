"""A real Kamailio in front of switches, for tests."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from tools.kamailio import HOST, kamailio_command

from tests.support.tools import free_port, taken, tool, wait_until


@dataclass(frozen=True, kw_only=True)
class Kamailio:
    """Where it is heard."""

    process: subprocess.Popen[bytes]
    port: int
    ws_port: int
    log: Path


@contextlib.contextmanager
def running_kamailio(
    folder: Path, switches: Sequence[int], *, port: int = 0, carriers: Sequence[str] = ()
) -> Iterator[Kamailio]:
    """In front of switches at these ports of 127.0.0.1, with these carriers; ended by its process id."""
    tool("kamailio")
    port, ws_port, log = port or free_port(), free_port(), folder / "kamailio.log"
    places = [f"{HOST}:{one}" for one in switches]
    command = kamailio_command(folder, places, port=port, ws_port=ws_port, carriers=carriers)
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        wait_until(
            lambda: process.poll() is not None or (taken(HOST, port) and taken(HOST, ws_port, "tcp")),
            "Kamailio to listen",
        )
        if process.poll() is not None:
            pytest.fail(f"Kamailio did not start; it said:\n{log.read_text(errors='replace')[-3000:]}")
        yield Kamailio(process=process, port=port, ws_port=ws_port, log=log)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
