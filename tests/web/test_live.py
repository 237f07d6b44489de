import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from huawu.accounts.roles import Permission
from huawu.accounts.service import Accounts
from huawu.acd.errors import UnknownAgent
from huawu.acd.events import AgentId
from huawu.calls.desk_changes import apply as apply_desk
from huawu.calls.desk_changes import key as desk_key
from huawu.calls.desk_views import Desk, DeskAgent, DeskCall, DeskChange, FactOf
from huawu.calls.views import CallCounts, Change
from huawu.platform.live import Screen
from huawu.web.serve import serve_http
from tests.support.tools import PATIENCE_S
from tests.web.fake_centre import AGENT, FakeCentre


@pytest.fixture
async def url(app: FastAPI) -> AsyncIterator[str]:
    """The application on a real port."""
    started: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve_http(app, "127.0.0.1", 0, started=started))
    yield f"ws://127.0.0.1:{await started}/api/v1/live"
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def _next(socket: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await socket.recv())
    return message


async def test_a_viewer_gets_the_snapshot_and_then_the_changes(
    url: str, accounts: Accounts, centre: FakeCentre
) -> None:
    token = await accounts.create_token("board", [Permission.WATCH, Permission.SEE_NUMBERS], by="test")
    async with connect(f"{url}?screen=wallboard&token={token}") as socket:
        first = await _next(socket)
        assert (first["type"], first["seq"]) == ("snapshot", 0)
        assert first["state"]["agents"][0]["caller"] == "13800005678"
        centre.live.publish(Change(calls=CallCounts(active=3)))
        counts = {"active": 3, "waiting": 0, "talking": 0}
        assert await _next(socket) == {"type": "events", "events": [{"seq": 1, "calls": counts}]}


async def test_a_viewer_who_may_not_see_numbers_sees_none(
    url: str, accounts: Accounts, centre: FakeCentre
) -> None:
    session = await accounts.sign_in("support", "correct horse", address="10.0.0.1")
    cookie = {"Cookie": f"huawu_session={session.token}"}
    async with connect(url, additional_headers=cookie) as socket:
        assert (await _next(socket))["state"]["agents"][0]["caller"] == "138****5678"
        centre.live.publish(Change(agent_removed=AGENT.id))
        await _next(socket)
        centre.live.publish(Change(agent=AGENT))
        assert (await _next(socket))["events"][0]["agent"]["caller"] == "138****5678"


@pytest.mark.parametrize(("query", "code"), [("", 4401), ("?token=made-up", 4401)])
async def test_nobody_watches_without_signing_in(url: str, query: str, code: int) -> None:
    async with connect(url + query) as socket:
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == code


async def test_a_foreign_page_cannot_watch_with_the_browsers_cookie(url: str, accounts: Accounts) -> None:
    session = await accounts.sign_in("support", "correct horse", address="10.0.0.1")
    headers = {"Cookie": f"huawu_session={session.token}", "Origin": "http://evil"}
    async with connect(url, additional_headers=headers) as socket:
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 4401


async def test_who_leaves_is_no_viewer_any_more(url: str, accounts: Accounts, centre: FakeCentre) -> None:
    token = await accounts.create_token("board", [Permission.WATCH], by="test")
    async with connect(f"{url}?token={token}") as socket:
        await _next(socket)
        assert centre.live.viewers == 1
    async with asyncio.timeout(PATIENCE_S):
        while centre.live.viewers:
            await asyncio.sleep(0)


class _Desks:
    """One desk, of wang."""

    def __init__(self) -> None:
        self.screen: Screen[Desk, DeskChange] = Screen(
            "desk", Desk(at_ms=1, agent=DeskAgent(id="wang", name="王芳")), apply=apply_desk, key=desk_key
        )
        self.left_by: list[str] = []

    def watch(self, agent: str) -> Screen[Desk, DeskChange]:
        if agent != "wang":
            raise UnknownAgent(AgentId(agent))
        return self.screen

    def left(self, agent: str) -> None:
        self.left_by.append(agent)


def _call(caller: str) -> DeskChange:
    return DeskChange(
        call=DeskCall(
            id="c", direction="in", purpose="talk", state="ringing", caller=caller, caller_name="王芳"
        )
    )


async def test_an_agent_watches_the_own_desk_and_nobody_elses(
    app: FastAPI, url: str, accounts: Accounts
) -> None:
    desks = app.state.desks = _Desks()
    session = await accounts.sign_in("wang", "correct horse", address="10.0.0.1")
    cookie = {"Cookie": f"huawu_session={session.token}"}
    async with connect(f"{url}?screen=desk", additional_headers=cookie) as socket:
        first = await _next(socket)
        assert first["state"]["agent"]["id"] == "wang"
        desks.screen.publish(_call("13800005678"))
        assert (await _next(socket))["events"][0]["call"]["caller"] == "13800005678"
    async with asyncio.timeout(PATIENCE_S):
        while not desks.left_by:
            await asyncio.sleep(0)
    other = await accounts.sign_in("manager", "correct horse", address="10.0.0.1")
    cookie = {"Cookie": f"huawu_session={other.token}"}
    async with connect(f"{url}?screen=desk", additional_headers=cookie) as socket:
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 4404


async def test_a_desk_shows_no_numbers_to_whom_the_role_forbids_it(
    app: FastAPI, url: str, accounts: Accounts
) -> None:
    desks = app.state.desks = _Desks()
    token = await accounts.create_token("x", [], by="test")
    desks.watch = lambda agent: desks.screen  # type: ignore[method-assign]
    async with connect(f"{url}?screen=desk&token={token}") as socket:
        await _next(socket)
        desks.screen.publish(_call("13800005678"))
        call = (await _next(socket))["events"][0]["call"]
        assert (call["caller"], call["caller_name"]) == ("138****5678", "王*")
        fact = {"seq": 1, "kind": "transfer", "number": "013800001234", "agent": "1002"}
        desks.screen.publish(DeskChange(fact=FactOf(call="c", fact=fact)))
        told = (await _next(socket))["events"][0]["fact"]["fact"]
        assert (told["number"], told["agent"]) == ("013****1234", "1002")
        for seq, kind in enumerate(("bridged", "party_rung", "left"), 2):
            fact = {"seq": seq, "kind": kind, "party": "agent", "number": "013800001234"}
            desks.screen.publish(DeskChange(fact=FactOf(call="c", fact=fact)))
            told = (await _next(socket))["events"][0]["fact"]["fact"]
            assert told["number"] == "013****1234", kind
