"""The live socket: a snapshot, then changes as they happen; see `platform/live.py`."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import msgspec
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from huawu.accounts.roles import Permission
from huawu.platform.database import DatabaseError
from huawu.platform.live import Viewer
from huawu.platform.log import masked
from huawu.web.auth import principal_of, same_origin
from huawu.web.ports import CentrePort

router = APIRouter()
CHECK_S = 60.0
"""How often a socket's session is looked at again."""
NOT_SIGNED_IN, FORBIDDEN, NO_SUCH_SCREEN = 4401, 4403, 4404


@router.websocket("/api/v1/live")
async def live(socket: WebSocket, screen: str = "wallboard") -> None:
    """Send one screen until the viewer leaves or the session ends (close code 4401)."""
    who = await principal_of(socket, query_token=True) if same_origin(socket) else None
    await socket.accept()
    if who is None:
        await socket.close(NOT_SIGNED_IN, "sign in first")
        return
    if not who.may(Permission.WATCH):
        await socket.close(FORBIDDEN, "your role does not allow this")
        return
    if screen != "wallboard":
        await socket.close(NO_SUCH_SCREEN, "there is no such screen")
        return
    centre: CentrePort = socket.app.state.centre
    with centre.live.subscribe() as viewer:
        sending = asyncio.create_task(_send(socket, viewer, whole=who.may(Permission.SEE_NUMBERS)))
        checking = asyncio.create_task(_until_session_ends(socket))
        leaving = asyncio.create_task(_until_gone(socket))
        tasks = (sending, checking, leaving)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if checking.done():
                with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                    await socket.close(NOT_SIGNED_IN, "the session is over")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _send(socket: WebSocket, viewer: Viewer, *, whole: bool) -> None:
    while True:
        frame = await viewer.frame()
        await socket.send_text((frame if whole else without_numbers(frame)).decode())


async def _until_session_ends(socket: WebSocket) -> None:
    while True:
        await asyncio.sleep(CHECK_S)
        with contextlib.suppress(DatabaseError):  # not the viewer's fault
            if await principal_of(socket, query_token=True) is None:
                return


async def _until_gone(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass  # a viewer has nothing to say


def without_numbers(frame: bytes) -> bytes:
    """The frame for those who may not see whom agents talk with."""
    message: dict[str, Any] = msgspec.json.decode(frame)
    agents = message.get("state", {}).get("agents", [])
    agents += [event["agent"] for event in message.get("events", []) if "agent" in event]
    for agent in agents:
        if agent.get("caller"):
            agent["caller"] = masked(agent["caller"])
    return msgspec.json.encode(message)
