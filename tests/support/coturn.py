"""A real coturn on the loopback, which knows the secret that centres sign passwords with."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

from tests.support.tools import Program, free_port

FIRST_PORT, LAST_PORT = 40_000, 40_199
"""Where it relays from."""
SECRET = "north wind"


class Coturn:
    """A daemon."""

    def __init__(self, port: int, program: Program) -> None:
        self.port = port
        self.program = program

    def url(self, transport: str) -> str:
        return f"turn:127.0.0.1:{self.port}?transport={transport}"


@contextlib.asynccontextmanager
async def coturn(folder: Path) -> AsyncIterator[Coturn]:
    """Running while entered."""
    path = shutil.which("turnserver")
    assert path is not None, "install coturn"
    port = free_port("127.0.0.1")
    settings = folder / "turnserver.conf"
    settings.write_text(
        f"listening-ip=127.0.0.1\nrelay-ip=127.0.0.1\nlistening-port={port}\nmin-port={FIRST_PORT}\n"
        f"max-port={LAST_PORT}\nuse-auth-secret\nstatic-auth-secret={SECRET}\nrealm=turn.test\nno-tls\nno-dtls\n"
        f"no-cli\nallow-loopback-peers\nlog-file=stdout\nverbose\nuserdb={folder / 'turn.db'}\n"
        f"pidfile={folder / 'turn.pid'}\n"
    )
    program = await Program.start([path, "-c", str(settings)], folder / "coturn.log")
    try:
        for _ in range(400):
            assert program.running, f"coturn did not start; it said:\n{program.output[-2000:]}"
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            await asyncio.sleep(0.05)
        else:
            raise AssertionError("coturn does not answer")
        yield Coturn(port, program)
    finally:
        await program.stop()
