"""One request that nobody made, so that nobody's first request holds up calls.

What the libraries load and put together at the first request is then in place before the centre is ready.
"""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.types import ASGIApp, Message, Scope

SCOPE: Final[Scope] = {
    "type": "http",
    "asgi": {"version": "3.0"},
    "http_version": "1.1",
    "method": "GET",
    "scheme": "http",
    "path": "/",
    "raw_path": b"/",
    "root_path": "",
    "query_string": b"",
    "headers": [(b"host", b"localhost"), (b"accept-encoding", b"gzip")],
    "client": ("127.0.0.1", 0),
    "server": ("127.0.0.1", 0),
}


async def answer_one(app: ASGIApp) -> int:
    """Have the application answer a request for its page to nobody; the status."""
    told: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]
    heard: list[Message] = []
    waiting = asyncio.Event()

    async def receive() -> Message:
        if not told:
            await waiting.wait()  # nobody goes away
        return told.pop()

    async def send(message: Message) -> None:
        heard.append(message)

    await app({**SCOPE}, receive, send)
    return int(heard[0]["status"])
