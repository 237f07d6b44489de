"""SIPp as a phone: runs a scenario for one call and tells what it saw."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.tools import PATIENCE_S, Program, free_port, taken, tool, until

_audio = re.compile(r"^m=audio (\d+) ", re.M)
_received = re.compile(r"^-{10,}.*?message received.*?$(.*?)(?=^-{10,}|\Z)", re.M | re.S)


class Sipp:
    """One run of a scenario."""

    def __init__(self, program: Program, folder: Path, name: str, port: int) -> None:
        self.program = program
        self.port = port
        self._messages = folder / f"{name}.messages"
        self._errors = folder / f"{name}.errors"

    @property
    def messages(self) -> str:
        """Everything sent and received so far."""
        return self._messages.read_text(errors="replace") if self._messages.exists() else ""

    @property
    def received(self) -> list[str]:
        """The messages received, in order."""
        return [found.group(1).strip() for found in _received.finditer(self.messages)]

    async def audio_port(self, number: int = 1) -> int:
        """Where the `number`th session description that the switch sent wants RTP."""
        ports = await until(
            lambda: p if len(p := _audio.findall("\n".join(self.received))) >= number else None,
            f"session description {number} from the switch",
        )
        return int(ports[number - 1])

    async def succeeds(self, within_s: float = PATIENCE_S) -> None:
        """The scenario must end as written."""
        code = await self.program.wait(within_s)
        if code != 0:
            errors = self._errors.read_text(errors="replace") if self._errors.exists() else ""
            pytest.fail(f"SIPp ended with {code}\n{errors}\n{self.messages[-6000:]}")


async def start_sipp(
    scenario: Path,
    folder: Path,
    *,
    name: str,
    peer_port: int,
    host: str = "127.0.0.1",
    port: int | None = None,
    number: str = "service",
    user: str = "",
    password: str = "",
    rtp_port: int = 9,
    transport: str = "udp",
    pause_ms: int = 200,
    limit_s: int = 2 * int(PATIENCE_S),
    keys: Mapping[str, str] | None = None,
) -> Sipp:
    """Run `scenario` once against 127.0.0.1 or [::1].

    In the scenario: [service] is `number`, [rtp_port] where RTP is wanted, `<pause/>` lasts `pause_ms`,
    [authentication] uses `user` and `password`. After `limit_s` the run fails.
    """
    port = port if port is not None else free_port(host)
    target = f"[{host}]:{peer_port}" if ":" in host else f"{host}:{peer_port}"
    command = [
        *(tool("sipp"), target, "-sf", str(scenario), "-m", "1", "-nostdin"),
        *("-i", f"[{host}]" if ":" in host else host, "-p", str(port), "-s", number),
        *("-t", "t1" if transport == "tcp" else "u1", "-d", str(pause_ms)),
        *("-timeout", f"{limit_s}s", "-timeout_error"),
        *("-trace_msg", "-message_file", str(folder / f"{name}.messages"), "-message_overwrite", "true"),
        *("-trace_err", "-error_file", str(folder / f"{name}.errors"), "-error_overwrite", "true"),
        *("-key", "rtp_port", str(rtp_port)),
    ]
    if user:
        command += ["-au", user, "-ap", password, "-key", "user", user]
    for key, value in (keys or {}).items():
        command += ["-key", key, value]
    program = await Program.start(command, folder / f"{name}.screen")
    await until(lambda: not program.running or taken(host, port, transport), f"SIPp to listen for {name}")
    if not program.running and program.process.returncode:
        pytest.fail(f"SIPp did not start {name}; it said:\n{program.output}")
    return Sipp(program, folder, name, port)
