"""The HTTP server inside the centre's own event loop: it takes no signals and ends when asked."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable, Iterator
from functools import partial

import uvicorn
from starlette.types import ASGIApp

from huawu.web.tls_door import TlsDoor

KEPT_ALIVE_S = 75
"""Longer than clients keep an idle connection: one that is closed just as it is used brings no answer."""
PING_S = 20.0
"""A live socket is asked for a sign of life so often, and closed (1011) when none comes for as long again: a
page that is gone, or that does not read. What is news meanwhile is bounded; see `platform/live.py`."""


class PortTaken(OSError):
    """Somebody else listens there."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            errno.EADDRINUSE,
            f"The address {host}:{port} is taken by another programme. Stop it, or choose another: --http.",
        )

    def __str__(self) -> str:
        return str(self.args[1])


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As ever without a certificate; with one, who speaks plain HTTP is sent to https."""
        config = self.config
        if config.ssl is None:
            await super().startup(sockets)
            return
        await self.lifespan.startup()
        protocol: Callable[..., asyncio.Protocol] = config.http_protocol_class
        make = partial(protocol, config=config, server_state=self.server_state, app_state=self.lifespan.state)
        self.servers = [TlsDoor(each, config.ssl, make) for each in sockets or ()]  # type: ignore[misc]
        self.started = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # signals are the centre's


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises `PortTaken`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(1_024)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(host, port) from error
        raise
    return listening


async def serve_http(
    app: ASGIApp,
    host: str,
    port: int,
    *,
    started: asyncio.Future[int] | None = None,
    certificate: tuple[str, str] | None = None,
) -> None:
    """Serve until cancelled, then end politely; `started` is given the port. Raises `PortTaken`.

    With a `certificate` and its key (files, PEM) it is HTTPS, and plain HTTP is sent there by a redirect.
    """
    listening = listen(host, port)
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        ws_max_size=4_096,
        ws_per_message_deflate=False,  # a quarter of a megabyte and much time a socket, to save a LAN nothing
        timeout_graceful_shutdown=3,
        timeout_keep_alive=KEPT_ALIVE_S,
        proxy_headers=False,
        ssl_certfile=certificate[0] if certificate is not None else None,
        ssl_keyfile=certificate[1] if certificate is not None else None,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]), name="http")
    if started is not None:
        started.set_result(int(listening.getsockname()[1]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await serving
        listening.close()
