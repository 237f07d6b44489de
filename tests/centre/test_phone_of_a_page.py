"""A page's phone at a real centre: registered by WebSocket, ended by a take-over and by signing out."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from huawu.switch.sip.digest import answer_challenge
from tests.support.centre import RunningCentre, eventually
from tests.support.tools import PATIENCE_S

pytestmark = pytest.mark.sip

USER = "1006"


async def _signed_in(centre: RunningCentre) -> httpx.AsyncClient:
    client = httpx.AsyncClient(base_url=f"{centre.http}/api/v1", timeout=PATIENCE_S)
    answer = await client.post("/session", json={"user": USER, "password": centre.person(USER).password})
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return client


def _register(phone: dict[str, Any], cseq: int, *lines: str) -> str:
    who = f"<{phone['uri']}>"
    extra = "".join(f"{line}\r\n" for line in lines)
    return (
        f"REGISTER sip:{phone['uri'].rpartition('@')[2]} SIP/2.0\r\n"
        f"Via: SIP/2.0/WS page.invalid;branch=z9hG4bK{cseq}\r\n"
        f"Max-Forwards: 69\r\nFrom: {who};tag=page\r\nTo: {who}\r\nCall-ID: {phone['loan']}\r\n"
        f"CSeq: {cseq} REGISTER\r\nContact: <sip:{phone['loan']}@page.invalid;transport=ws>;expires=600\r\n"
        f"User-Agent: JsSIP 3.13.8\r\n{extra}Content-Length: 0\r\n\r\n"
    )


def _headers(answer: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in answer.split("\r\n")[1:]:
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(name.strip().lower(), []).append(value.strip())
    return found


async def _registers(socket: ClientConnection, phone: dict[str, Any], cseq: int) -> int:
    """REGISTER, challenged, REGISTER again; the last status."""
    await socket.send(_register(phone, cseq))
    challenged = str(await socket.recv())
    assert " 401 " in challenged.splitlines()[0], challenged
    line = answer_challenge(
        _headers(challenged), "REGISTER", f"sip:{phone['uri'].rpartition('@')[2]}",
        user=phone["authorization_user"], password=phone["password"], cnonce="page",
    )  # fmt: skip
    assert line is not None
    assert "algorithm=MD5" in line
    await socket.send(_register(phone, cseq + 1, line.rstrip()))
    return int(str(await socket.recv()).split(" ", 2)[1])


async def _registers_at_last(socket: ClientConnection, phone: dict[str, Any]) -> int:
    """Again while the switch may not have heard of what was lent; the last status."""
    status = 0
    for turn in range(5):
        status = await _registers(socket, phone, 1 + 2 * turn)
        if status == 200:
            break
        await asyncio.sleep(0.5)
    return status


async def test_a_page_registers_with_what_it_was_given_until_another_takes_over(
    demo_centre: RunningCentre,
) -> None:
    async def reachable() -> bool:
        agents = (await first.get("/agents")).json()["agents"]
        return bool(next(one["reachable"] for one in agents if one["id"] == USER))

    async with contextlib.AsyncExitStack() as stack:
        first, second = await _signed_in(demo_centre), await _signed_in(demo_centre)
        stack.push_async_callback(first.aclose)
        stack.push_async_callback(second.aclose)
        phone = (await first.post("/phone", json={})).json()
        sip = [Subprotocol("sip")]
        socket = await stack.enter_async_context(
            connect(phone["websocket"], subprotocols=sip, origin=demo_centre.http)  # type: ignore[arg-type]
        )
        assert await _registers_at_last(socket, phone) == 200
        await eventually(reachable, "the agent's phone is reachable by the page")

        assert (await second.post("/phone", json={})).status_code == 409
        other = (await second.post("/phone", json={"take_over": True})).json()

        async def gone() -> bool:
            return not await reachable()

        await eventually(gone, "the former page's registration ended")
        assert await _registers(socket, phone, 31) == 401, "its secret is worth nothing any more"
        socket = await stack.enter_async_context(
            connect(other["websocket"], subprotocols=sip, origin=demo_centre.http)  # type: ignore[arg-type]
        )
        assert await _registers_at_last(socket, other) == 200
        await eventually(reachable, "the phone is the other page's")
        assert (await second.delete("/session")).status_code == 204
        await eventually(gone, "signing out ends the registration")
        said = demo_centre.log("switch") + demo_centre.log("centre")
        assert phone["password"] not in said
        assert other["password"] not in said
