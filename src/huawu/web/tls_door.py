"""The door of the pages' TLS port: who speaks TLS comes in, who speaks plain HTTP is told the right address.

Somebody who types `desk.example:8443` is led to `https://desk.example:8443` instead of an empty answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
from collections.abc import Callable
from typing import Final

PATIENCE_S: Final = 10.0
"""Who says nothing for so long after connecting is closed."""
MOST_WAITING: Final = 500
"""So many may be about to say their first word; more are closed at once."""
LONGEST_HEAD: Final = 8_192
_TLS: Final = 0x16  # a handshake record (RFC 8446 §5.1)
_LINE: Final = re.compile(rb"[A-Z]+ (/[!-~]*) HTTP/1\.[01]\r?\n")
_HOST: Final = re.compile(rb"\nhost:[ \t]*([A-Za-z0-9.\-:\[\]]{1,255})[ \t]*\r?\n", re.IGNORECASE)
_BAD: Final = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def redirect(head: bytes) -> bytes:
    """The answer to a plain request whose head this is: the same address by https (RFC 9110 §15.4.8)."""
    line, host = _LINE.match(head), _HOST.search(head)
    if line is None or host is None:
        return _BAD
    body = b"This port speaks https."
    return (
        b"HTTP/1.1 307 Temporary Redirect\r\nLocation: https://%s%s\r\nConnection: close\r\n"
        b"Cache-Control: no-store\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s"
        % (host[1], line[1], len(body), body)
    )


class TlsDoor:
    """Accepts at a listening socket, as an `asyncio.Server` would, and gives TLS connections to `make`'s."""

    def __init__(
        self, listening: socket.socket, context: ssl.SSLContext, make: Callable[[], asyncio.Protocol]
    ) -> None:
        self._listening = listening
        self._context = context
        self._make = make
        self._loop = asyncio.get_running_loop()
        self._greeting: set[asyncio.Task[None]] = set()
        self._loop.add_reader(listening, self._accept)

    def close(self) -> None:
        """Let nobody in any more; who is in stays."""
        self._loop.remove_reader(self._listening)
        for task in self._greeting:
            task.cancel()

    async def wait_closed(self) -> None:
        await asyncio.gather(*self._greeting, return_exceptions=True)

    def _accept(self) -> None:
        for _ in range(100):
            try:
                come, _ = self._listening.accept()
            except OSError:
                return
            if len(self._greeting) >= MOST_WAITING:
                come.close()
                continue
            come.setblocking(False)
            task = self._loop.create_task(self._greet(come), name="tls door")
            self._greeting.add(task)
            task.add_done_callback(self._greeting.discard)

    async def _greet(self, come: socket.socket) -> None:
        """Look at the first octet without taking it."""
        handed_on = False
        try:
            async with asyncio.timeout(PATIENCE_S):
                if await self._first(come) == _TLS:
                    handed_on = True
                    await self._loop.connect_accepted_socket(self._make, come, ssl=self._context)
                else:
                    await self._turn_away(come)
        except (OSError, TimeoutError):
            pass  # a broken handshake is the far end's affair
        finally:
            if not handed_on:
                come.close()

    async def _first(self, come: socket.socket) -> int:
        # another descriptor of the same connection: the loop may hold it when the connection is handed on
        with come.dup() as ear:
            heard = asyncio.Event()
            self._loop.add_reader(ear, heard.set)
            try:
                await heard.wait()
            finally:
                self._loop.remove_reader(ear)
            return (ear.recv(1, socket.MSG_PEEK) or b"\0")[0]

    async def _turn_away(self, come: socket.socket) -> None:
        head = b""
        while b"\n\r\n" not in head and b"\n\n" not in head and len(head) < LONGEST_HEAD:
            more = await self._loop.sock_recv(come, 2_048)
            if not more:
                break
            head += more
        await self._loop.sock_sendall(come, redirect(head))
        with contextlib.suppress(OSError):
            come.shutdown(socket.SHUT_WR)
