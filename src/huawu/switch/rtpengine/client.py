"""One rtpengine over UDP: each request is sent again until it is answered, or given up after a second."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from typing import Final, cast

from huawu.switch.rtpengine import bencode, ng
from huawu.switch.rtpengine.ng import A, B, NoAnswer, Route, Side

AGAIN_S: Final = (0.15, 0.25, 0.6)
"""How long each of the three sendings waits for an answer. rtpengine knows a cookie it has answered and only
repeats the answer."""
_LEAVE: Final = ["trust-address"]


class NgClient(asyncio.DatagramProtocol):
    """Asks one daemon. `ask` and all below raise NgError: NoAnswer when nothing comes back."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._transport: asyncio.DatagramTransport | None = None
        self._waiting: dict[bytes, asyncio.Future[dict[bytes, bencode.Value]]] = {}
        self._prefix = secrets.token_hex(6)
        self._number = 0

    async def open(self) -> None:
        """Raises OSError when there is no way to its address."""
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, remote_addr=(self.host, self.port))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        with contextlib.suppress(bencode.Malformed):
            cookie, fields = ng.read(data)
            waiting = self._waiting.get(cookie)
            if waiting is not None and not waiting.done():
                waiting.set_result(fields)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there: the sendings that are left say whether that lasts."""

    async def ask(self, command: str, **fields: str | int | list[str]) -> dict[bytes, bencode.Value]:
        self._number += 1
        cookie = f"{self._prefix}_{self._number}".encode()
        told = {name.replace("_", "-"): value for name, value in fields.items()}
        request = ng.message(cookie, {"command": command, **told})
        waiting = self._waiting[cookie] = asyncio.get_running_loop().create_future()
        try:
            for patience_s in AGAIN_S:
                if self._transport is not None and not self._transport.is_closing():
                    self._transport.sendto(request)
                done, _ = await asyncio.wait((waiting,), timeout=patience_s)
                if done:
                    return ng.check(waiting.result())
        finally:
            del self._waiting[cookie]
        raise NoAnswer(f"rtpengine at {self.host}:{self.port} does not answer")

    async def ping(self) -> None:
        await self.ask("ping")

    async def know(self, call: str) -> None:
        """Raises UnknownCall when it has no such call."""
        await self.ask("query", call_id=call)

    async def join(self, call: str, a: Side, b: Side) -> tuple[Route, Route]:
        """Let two parties hear each other there, and us hear a copy of each."""
        told = await self.ask(
            "offer", call_id=call, from_tag=A, sdp=ng.describe(a), ICE="remove", flags=_LEAVE
        )
        for_b = ng.place(told)
        told = await self.ask(
            "answer", call_id=call, from_tag=A, to_tag=B, sdp=ng.describe(b), ICE="remove", flags=_LEAVE
        )
        for_a = ng.place(told)
        routes = []
        for tag, side, relay in ((A, a, for_a), (B, b, for_b)):
            told = await self.ask("subscribe request", call_id=call, from_tag=tag, ICE="remove")
            copy, subscriber = ng.place(told), told.get(b"to-tag")
            if not isinstance(subscriber, bytes):
                raise ng.NgError("it named no tag for the copy")
            await self.ask(
                "subscribe answer", call_id=call, to_tag=subscriber.decode(), sdp=ng.describe_copy(side)
            )
            routes.append(Route(relay=relay, copy_host=copy.host, copy_port=copy.rtp_port))
        return routes[0], routes[1]

    async def end(self, call: str) -> None:
        """Its ports are free at once."""
        with contextlib.suppress(ng.UnknownCall):
            await self.ask("delete", call_id=call, delete_delay=0)
