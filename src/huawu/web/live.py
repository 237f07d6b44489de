"""The live socket: a snapshot, then changes as they happen; see `platform/live.py`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect

from huawu.accounts.roles import Permission
from huawu.accounts.service import Principal
from huawu.acd.errors import UnknownAgent
from huawu.acd.events import AgentId
from huawu.calls.desks import Desks
from huawu.calls.help_desk import HelpDesk
from huawu.calls.monitor.watch import Watch
from huawu.platform.database import DatabaseError
from huawu.platform.live import Screen, Viewer
from huawu.platform.log import masked
from huawu.web import monitor
from huawu.web.auth import bound_to, principal_of, same_origin
from huawu.web.ports import CentrePort
from huawu.web.views import is_outside

router = APIRouter()
PACES_S = {"wallboard": 0.05}
"""How far apart a screen's frames are at least; a page may ask for more (`every_ms`). Others come at once."""
SLOWEST_MS = 10_000
CHECK_S = 60.0
"""How often a socket's session is looked at again."""
NOT_SIGNED_IN, FORBIDDEN, NO_SUCH_SCREEN = 4401, 4403, 4404


@router.websocket("/api/v1/live")
async def live(
    socket: WebSocket,
    screen: str = "wallboard",
    every_ms: Annotated[int, Query(ge=0, le=SLOWEST_MS)] = 0,
) -> None:
    """Send one screen until the viewer leaves or the session ends (close code 4401).

    `every_ms`: how far apart frames may be for who need not know everything at once.
    """
    who = await principal_of(socket, query_token=True) if same_origin(socket) else None
    await socket.accept()
    if who is None:
        await socket.close(NOT_SIGNED_IN, "sign in first")
        return
    if bound_to(who):
        await socket.close(FORBIDDEN, "change your password, or set up your second factor, first")
        return
    try:
        opened = _screen(socket, who, screen)
    except Refusal as refusal:
        await socket.close(refusal.code, str(refusal))
        return
    try:
        pace_s = max(PACES_S.get(screen, 0.0), every_ms / 1_000)
        with opened.screen.subscribe(pace_s) as viewer:
            await _show(socket, viewer, None if who.may(Permission.SEE_NUMBERS) else opened.hide)
    finally:
        opened.left()


class Refusal(Exception):
    """The viewer may not see this screen, or there is none."""

    def __init__(self, code: int, why: str) -> None:
        self.code = code
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Opened:
    """A screen for one viewer. `hide` masks a frame for who may not see numbers."""

    screen: Screen[Any, Any]
    hide: Callable[[bytes], bytes]
    left: Callable[[], None] = lambda: None


def _screen(socket: WebSocket, who: Principal, screen: str) -> Opened:
    """Raises `Refusal`."""
    if screen == "desk":
        desks: Desks = socket.app.state.desks
        agent = AgentId(who.user)
        try:
            return Opened(desks.watch(agent), masked_frame, lambda: desks.left(agent))
        except UnknownAgent:
            raise Refusal(NO_SUCH_SCREEN, "you take no calls, so you have no desk") from None
    if screen == "help":
        if not who.may(Permission.SUPERVISE):
            raise Refusal(FORBIDDEN, "your role does not allow this")
        desk: HelpDesk = socket.app.state.help
        return Opened(desk.board, masked_frame)
    if screen == "monitor":
        if not who.may(Permission.SUPERVISE):
            raise Refusal(FORBIDDEN, "your role does not allow this")
        watch: Watch = socket.app.state.watch
        return Opened(watch.desk.watch(), monitor.masked_frame, watch.desk.left)
    if not who.may(Permission.WATCH):
        raise Refusal(FORBIDDEN, "your role does not allow this")
    if screen != "wallboard":
        raise Refusal(NO_SUCH_SCREEN, "there is no such screen")
    centre: CentrePort = socket.app.state.centre
    return Opened(centre.live, without_numbers)


async def _show(socket: WebSocket, viewer: Viewer, hide: Callable[[bytes], bytes] | None) -> None:
    sending = asyncio.create_task(_send(socket, viewer, hide))
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


async def _send(socket: WebSocket, viewer: Viewer, hide: Callable[[bytes], bytes] | None) -> None:
    while True:
        frame = await viewer.frame()
        await socket.send_text((hide(frame) if hide is not None else frame).decode())


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


PERSONAL = frozenset({"caller", "caller_name", "callee"})


def masked_frame(frame: bytes) -> bytes:
    """A desk's frame for those who may not see numbers: wherever in it a caller stands."""
    return msgspec.json.encode(_masked(msgspec.json.decode(frame)))


def _masked(value: Any) -> Any:
    if isinstance(value, list):
        return [_masked(each) for each in value]
    if isinstance(value, dict):
        fact = {"kind", "seq"} <= value.keys()
        outside = is_outside(str(value["kind"]), value) if fact else value.get("purpose") == "dialled"
        outside = outside or {"attempts", "expires_ms"} <= value.keys()
        hidden = PERSONAL | {"number"} if outside else PERSONAL
        return {
            name: masked(each) if name in hidden and isinstance(each, str) and each else _masked(each)
            for name, each in value.items()
        }
    return value
