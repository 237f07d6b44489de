"""linphone's console phone, linphonec: registers, calls and is called, holds, presses keys, transfers.

There is no sound card. It reads its commands from a terminal, so it gets a pseudo-terminal; sound comes from
files and goes to one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import tty
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from tests.support.tools import PATIENCE_S, free_port, tool, until


class Linphone:
    """A running linphonec; `output` is all that it has said."""

    def __init__(self, process: asyncio.subprocess.Process, terminal: int, ear: Path) -> None:
        self.process = process
        self._ear = ear
        self.output = ""
        self._terminal = terminal
        asyncio.get_running_loop().add_reader(terminal, self._hear)

    def _hear(self) -> None:
        try:
            data = os.read(self._terminal, 65_536)
        except OSError:
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._terminal)
        self.output += data.decode(errors="replace")

    def command(self, line: str) -> None:
        """Type a line: `call …`, `answer`, `pause`, `resume`, a digit, `transfer …`, `terminate` …"""
        os.write(self._terminal, f"{line}\n".encode())

    def heard(self, hertz: float) -> bool:
        """Whether the last half second that it heard is this tone."""
        data = self._ear.read_bytes()[44:][-8_000:] if self._ear.exists() else b""
        samples = np.frombuffer(data[: len(data) & ~1], "<i2").astype(np.float64)
        if len(samples) < 4_000 or float(np.abs(samples).max()) < 500:
            return False
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
        return bool(abs((int(np.argmax(spectrum[1:])) + 1) * 8_000 / len(samples) - hertz) < 10)

    async def says(self, words: str, within_s: float = PATIENCE_S) -> None:
        """Wait for words of its own, and take all up to them off."""
        try:
            await until(lambda: words in self.output, f"linphonec to say {words!r}", within_s)
        except pytest.fail.Exception as error:
            raise pytest.fail.Exception(f"{error}; it said:\n{self.output[-4000:]}") from None
        self.output = self.output[self.output.index(words) + len(words) :]

    async def stop(self) -> None:
        if self.process.returncode is None:
            with contextlib.suppress(OSError):
                self.command("quit")
            try:
                await asyncio.wait_for(self.process.wait(), 5)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        with contextlib.suppress(ValueError, OSError):
            asyncio.get_running_loop().remove_reader(self._terminal)
        os.close(self._terminal)


def _settings(
    user: str, password: str, place: str, transport: str, srtp: bool, authority: Path | None, scheme: str
) -> str:
    ports = dict.fromkeys(("udp", "tcp", "tls"), 0) | {transport: free_port()}  # 0 = it does not speak that
    believed = f"root_ca={authority}" if authority is not None else ""
    return f"""[sip]
sip_port={ports["udp"]}
sip_tcp_port={ports["tcp"]}
sip_tls_port={ports["tls"]}
use_ipv6=0
guess_hostname=0
contact="{user}" <sip:{user}@127.0.0.1>
default_proxy=0
media_encryption={"srtp" if srtp else "none"}
{believed}
verify_server_certs={int(authority is not None)}
verify_server_cn=0
[auth_info_0]
username={user}
passwd={password}
realm=huawu
[proxy_0]
reg_proxy=<{scheme}:{place}{"" if scheme == "sips" else f";transport={transport}"}>
reg_identity={scheme}:{user}@{place}
reg_expires=60
reg_sendregister=1
publish=0
dial_escape_plus=0
[rtp]
audio_rtp_port={free_port(pair=True)}
symmetric=1
[net]
nat_policy_ref=
firewall_policy=0
[video]
enabled=0
capture=0
display=0
[misc]
uuid=
"""


@contextlib.asynccontextmanager
async def linphone(
    folder: Path,
    *,
    user: str,
    password: str,
    switch_port: int,
    hertz: float = 600.0,
    transport: str = "udp",
    srtp: bool = False,
    authority: Path | None = None,
    scheme: str = "sip",
) -> AsyncIterator[Linphone]:
    """A phone on 127.0.0.1 that registers at the switch and says a tone.

    With an `authority` it believes no switch by TLS that this one does not vouch for.
    """
    home = folder / ".local" / "share" / "linphone"
    home.mkdir(parents=True)  # it opens no port when it cannot keep its database there
    settings, voice, ear = folder / "linphonerc", folder / "voice.wav", folder / "heard.wav"
    place = f"127.0.0.1:{switch_port}"
    settings.write_text(_settings(user, password, place, transport, srtp, authority, scheme))
    _write_tone(voice, hertz)
    inner, outer = pty.openpty()
    tty.setraw(outer)
    process = await asyncio.create_subprocess_exec(
        tool("linphonec"), "-c", str(settings), "-d", "6", "-l", str(folder / "linphone.log"),
        stdin=outer, stdout=outer, stderr=outer,
        env={**os.environ, "HOME": str(folder), "TERM": "dumb"},
        start_new_session=True,
    )  # fmt: skip
    os.close(outer)
    phone = Linphone(process, inner, ear)
    try:
        await phone.says("linphonec>")
        phone.command("soundcard use files")
        await phone.says("Using wav files")
        phone.command(f"play {voice}")
        phone.command(f"record {ear}")
        yield phone
    finally:
        await phone.stop()


def _write_tone(path: Path, hertz: float) -> None:
    """Ten minutes would do; it plays a minute over and over."""
    steps = np.arange(8_000 * 60)
    samples = (8_000 * np.sin(2 * np.pi * hertz * steps / 8_000)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(samples.tobytes())
