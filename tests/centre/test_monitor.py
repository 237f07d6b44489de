"""A shift leader's hour at a real centre: a lost caller called back, doors, a diversion, an agent moved."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import psutil
import pytest
from websockets.asyncio.client import ClientConnection, connect

from huawu.calls.monitor.views import Monitor, MonitorChange, apply
from tests.centre.scene import MUSIC, Scene
from tests.support.centre import Api, eventually

pytestmark = pytest.mark.sip

LOST, NUMBERS = "1004", [f"138000010{number:02d}" for number in range(1, 7)]
AGENT_HZ, CUSTOMER_HZ = 900.0, 500.0


class Page:
    """A leader's page: what it shows, from frames alone, and what its buttons ask."""

    def __init__(self, socket: ClientConnection, http: httpx.AsyncClient) -> None:
        self._socket = socket
        self._http = http
        self.board: Monitor | None = None

    async def until(self, what: str, fits: Callable[[Monitor], Any], within_s: float = 30.0) -> Any:
        try:
            async with asyncio.timeout(within_s):
                while True:
                    if self.board is not None and (found := fits(self.board)):
                        return found
                    self._take(json.loads(await self._socket.recv()))
        except TimeoutError:
            pytest.fail(f"waited in vain for {what}; the page: {self.board}")

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "snapshot":
            self.board = msgspec.convert(frame["state"], Monitor)
        for event in frame.get("events", ()):
            assert self.board is not None
            change = {name: value for name, value in event.items() if name != "seq"}
            self.board = apply(self.board, msgspec.convert(change, MonitorChange))

    async def post(self, path: str, **wanted: Any) -> dict[str, Any]:
        answer = await self._http.post(path, json=wanted)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        told: dict[str, Any] = answer.json()
        return told

    async def delete(self, path: str) -> None:
        answer = await self._http.delete(path)
        assert answer.status_code == 200, f"{path}: {answer.text}"


async def leaders_page(scene: Scene) -> Page:
    centre = scene.centre
    client = httpx.AsyncClient(base_url=f"{centre.http}/api/v1", trust_env=False, timeout=20)
    scene.stack.push_async_callback(client.aclose)
    answer = await client.post(
        "/session", json={"user": "leader", "password": centre.person("leader").password}
    )
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    assert "run_queues" in answer.json()["permissions"]
    cookie = {"Cookie": f"huawu_session={client.cookies['huawu_session']}"}
    socket = await scene.stack.enter_async_context(
        connect(f"{centre.live}?screen=monitor", additional_headers=cookie)
    )
    page = Page(socket, client)
    await page.until("the snapshot", lambda board: board.queues)
    scene.stack.push_async_callback(put_back, scene.api)
    return page


async def put_back(api: Api) -> None:
    """The centre as other tests expect it."""
    for queue in (await api.get("/monitor"))["queues"]:
        await api.http.post(f"/queues/{queue['id']}/door", json={"door": "hours"})
        await api.http.delete(f"/queues/{queue['id']}/divert")
    for agent in ("1001", "1006"):
        await api.http.delete(f"/agents/{agent}/queues")


async def test_a_caller_who_gave_up_is_called_back_from_the_list(scene: Scene) -> None:
    page = await leaders_page(scene)
    caller = await scene.dials(LOST, "4001")
    await caller.hears_sound(MUSIC)
    await page.until(
        "the caller in line",
        lambda board: [call for queue in board.queues for call in queue.waiting_calls if call.caller == LOST],
    )
    caller.hang_up()
    await caller.ended()
    lost = await page.until(
        "the lost caller", lambda board: [one for one in board.lost if one.caller == LOST and one.callable]
    )
    assert (lost[0].state, lost[0].queue) == ("open", "general")
    await eventually_gone(scene, LOST)
    customer = await scene.agent(LOST, ready=False)
    asked = await page.post(f"/lost/{lost[0].call}/call_back")
    assert (asked["state"], asked["by"]) == ("asked", "leader")
    agent = await scene.agent("1001")
    await agent.say(AGENT_HZ)
    await customer.say(CUSTOMER_HZ)
    await customer.hears(AGENT_HZ)
    await agent.hears(CUSTOMER_HZ)
    done = await page.until(
        "that it was done", lambda board: [one for one in board.lost if one.state == "called_back"]
    )
    assert done[0].dealt_call
    customer.hang_up()
    await customer.ended()
    await agent.ended()


async def eventually_gone(scene: Scene, user: str) -> None:
    """The phone is no longer in a call."""

    async def look() -> bool:
        return not (await scene.api.get("/calls", query=user, state="waiting"))["calls"]

    await eventually(look, f"the call of {user} to be over")


async def test_doors_diversions_and_moves_hold_through_the_death_of_the_centre(scene: Scene) -> None:
    api, page = scene.api, await leaders_page(scene)
    waits, turned, again = NUMBERS[:3]
    waiting = await scene.caller(waits, "4001")
    await waiting.hears_sound(MUSIC)
    await page.post("/queues/general/door", door="closed", note="系统维护")
    await page.post("/queues/english/divert", queue="lost")
    await page.post("/agents/1006/queues", queues=["general"], reason="支援")
    comes = await scene.caller(turned, "4000")
    await comes.hears_sound("menu", within_s=30)
    await comes.press("1")
    await comes.hears_sound("closed")
    await comes.ended(within_s=40)
    call = await api.call_from(turned, state="ended")
    assert [fact["by"] for fact in call["facts"] if fact["kind"] == "turned_away"] == ["leader"]

    before = scene.centre.kill("centre")
    await returned(scene, before)
    board = await api.get("/monitor")
    queues = {queue["id"]: queue for queue in board["queues"]}
    assert (queues["general"]["door"], queues["general"]["door_note"]) == ("closed", "系统维护")
    assert queues["english"]["divert"]["queue"] == "lost"
    moved = next(seat for seat in board["seats"] if seat["id"] == "1006")["moved"]
    assert (moved["queues"], moved["reason"], moved["by"]) == (["general"], "支援", "leader")
    assert [one["caller"] for one in queues["general"]["waiting_calls"]] == [waits]

    agent = await scene.agent("1006")
    assert (await api.call_from(waits, state="talking", within_s=40))["agent"] == "1006"
    await agent.say(AGENT_HZ)
    await waiting.hears(AGENT_HZ, within_s=30)
    waiting.hang_up()
    await waiting.ended()
    await agent.ended()

    message = await scene.caller(again, "4001")
    await message.hears_sound("closed")
    await message.hears_sound("voicemail-greeting")
    message.hang_up()
    await message.ended()


async def test_a_caller_led_elsewhere_rings_at_the_agent_who_is_moved_there(scene: Scene) -> None:
    api, page = scene.api, await leaders_page(scene)
    number = NUMBERS[4]
    await page.post("/queues/general/divert", queue="lost")
    await page.post("/agents/1006/queues", queues=["general"])
    agent = await scene.agent("1006")
    caller = await scene.caller(number, "4001")
    await caller.hears_sound(MUSIC)
    call = await api.call_from(number, state="waiting")
    assert call["queue"] == "lost"
    assert (await api.agent("1006"))["state"] == "ready"
    seat = await page.post("/agents/1006/queues", queues=["lost"], reason="失物多")
    assert seat["moved"]["before"] == ["general", "complaints", "lost", "english"]
    await agent.say(AGENT_HZ)
    await caller.hears(AGENT_HZ)
    talks = await page.until(
        "whom 1006 talks with",
        lambda board: [one.with_ for one in board.seats if one.id == "1006" and one.with_ is not None],
    )
    assert (talks[0].number, talks[0].call) == (number, call["id"])
    caller.hang_up()
    await caller.ended()
    await agent.ended()
    audited = (await api.get("/audit", what="agent_moved", subject="1006", limit=1))["entries"]
    assert (audited[0]["by"], audited[0]["detail"]) == ("leader", {"queues": ["lost"], "reason": "失物多"})


async def returned(scene: Scene, before: int) -> None:
    """The supervisor started the centre again, and it answers."""

    async def look() -> bool:
        try:
            if scene.centre.process_of("centre").pid == before:
                return False
            return bool((await scene.api.get("/health"))["switch"] == "up")
        except (LookupError, AssertionError, httpx.TransportError, psutil.Error):
            return False

    await eventually(look, "the centre to return", within_s=60)
