"""baresip as a phone: registers, calls and is called, holds, presses keys; steered by its control socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.tools import PATIENCE_S, Program, free_port, tool, until

MODULES = ("account", "ausine", "aubridge", "ctrl_tcp", "g711", "g722", "srtp", "menu", "uuid")


class Baresip:
    """A running baresip; `events` are what it tells of itself, as its ctrl_tcp module words them."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.events: list[dict[str, Any]] = []
        self._writer: asyncio.StreamWriter | None = None

    async def command(self, command: str, params: str = "") -> None:
        """One of baresip's commands: dial, hold, resume, hangup, sndcode …"""
        assert self._writer is not None
        text = json.dumps({"command": command, "params": params, "token": command}).encode()
        self._writer.write(b"%d:%s," % (len(text), text))
        await self._writer.drain()

    async def told(self, kind: str, within_s: float = PATIENCE_S) -> dict[str, Any]:
        """Wait for an event such as REGISTER_OK or CALL_ESTABLISHED."""

        def find() -> dict[str, Any] | None:
            return next((event for event in self.events if event.get("type") == kind), None)

        try:
            return await until(find, f"baresip's {kind}", within_s)
        except pytest.fail.Exception as error:
            raise pytest.fail.Exception(f"{error}; it said:\n{self.program.output[-4000:]}") from None

    async def _listen(self, port: int) -> None:
        reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length = int((await reader.readuntil(b":"))[:-1])
                message = json.loads(await reader.readexactly(length))
                await reader.readexactly(1)
                if message.get("event"):
                    self.events.append(message)

    def hang_up_socket(self) -> None:
        if self._writer is not None:
            self._writer.close()


def _write(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


@contextlib.asynccontextmanager
async def baresip(
    folder: Path,
    *,
    user: str,
    password: str,
    switch_port: int,
    hertz: int = 700,
    transport: str = "udp",
    answers: bool = True,
    authority: Path | None = None,
    srtp: str = "",
    codecs: str = "pcmu,pcma",
) -> AsyncIterator[Baresip]:
    """A phone on 127.0.0.1 that registers at the switch and says a tone; `answers` = at once, by itself.

    With an `authority` it believes no switch by TLS that this one does not vouch for.
    `srtp`: "", srtp (beside plain RTP), srtp-mand or srtp-mandf; `codecs`: as its account names them.
    """
    control, sip = free_port(), free_port()
    modules = "".join(f"module {name}.so\n" for name in MODULES[1:7])
    later = "module_tmp uuid.so\nmodule_tmp account.so\nmodule_app menu.so\n"
    _write(
        folder,
        "config",
        f"module_path /usr/lib/baresip/modules\n{modules}{later}"
        f"sip_listen 127.0.0.1:{sip}\nnet_interface 127.0.0.1\nprefer_ipv6 no\n"
        f"ctrl_tcp_listen 127.0.0.1:{control}\n"
        f"audio_source ausine,{hertz}\naudio_player aubridge,nobody\n"
        f"audio_alert aubridge,nobody\nausrc_srate 48000\nauplay_srate 8000\n"
        f"{f'sip_cafile {authority}' if authority is not None else ''}\n"
        "ausrc_channels 2\nauplay_channels 1\ncall_local_timeout 60\ncall_max_calls 4\nrtp_stats no\n",
    )
    _write(
        folder,
        "accounts",
        f"<sip:{user}@127.0.0.1:{switch_port};transport={transport}>;auth_user={user};auth_pass={password}"
        f";answermode={'auto' if answers else 'manual'};audio_codecs={codecs};regint=60"
        + (f";mediaenc={srtp}\n" if srtp else "\n"),
    )
    _write(folder, "contacts", "")
    program = await Program.start(
        [tool("baresip"), "-f", str(folder), "-4"], folder / "baresip.log", keep_stdin=True
    )
    phone, listener = Baresip(program), None
    try:
        await until(
            lambda: not program.running or "baresip is ready" in program.output, "baresip to be ready", 15
        )
        if not program.running:
            pytest.fail(f"baresip did not start; it said:\n{program.output}")
        listener = asyncio.create_task(phone._listen(control))
        await until(lambda: phone._writer, "baresip's control socket")
        yield phone
    finally:
        phone.hang_up_socket()
        if listener is not None:
            listener.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await listener
        await program.stop()
