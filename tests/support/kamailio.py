"""A real Kamailio on the loopback, configured as `deploy/` says but for what is a site's to set."""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.tools import free_port, taken, tool, wait_until

DEPLOYED = Path(__file__).parents[2] / "deploy" / "kamailio" / "kamailio.cfg"
HOST = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Kamailio:
    """Where it is heard."""

    process: subprocess.Popen[bytes]
    port: int
    ws_port: int
    log: Path


def configured(text: str, **values: object) -> str:
    """The deployed configuration with these values in place of its own; each must be there to be set."""
    for name, value in values.items():
        found = re.search(rf'^#!substdef "!{name}!.*!g"$', text, re.M)
        assert found is not None, f"{name} is not set in {DEPLOYED}"
        text = text.replace(found.group(), f'#!substdef "!{name}!{value}!g"')
    return text


@contextlib.contextmanager
def running_kamailio(folder: Path, switches: Sequence[int], *, workers: int = 1) -> Iterator[Kamailio]:
    """In front of switches at these ports of 127.0.0.1; ended by its process id."""
    port, ws_port = free_port(), free_port()
    (folder / "dispatcher.list").write_text("".join(f"1 sip:{HOST}:{one}\n" for one in switches))
    text = configured(
        DEPLOYED.read_text(),
        EDGE_ADDRESS=HOST,
        SIP_PORT=port,
        WS_PORT=ws_port,
        SWITCHES_FILE=folder / "dispatcher.list",
        FLOW_SECRET="for-tests",
        WORKERS=workers,
    )
    (folder / "kamailio.cfg").write_text(text)
    log = folder / "kamailio.log"
    command = [tool("kamailio"), "-f", str(folder / "kamailio.cfg"), "-DD", "-E", "-m", "32", "-M", "4"]
    command += ["-w", str(folder), "-Y", str(folder), "-P", str(folder / "kamailio.pid")]
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
