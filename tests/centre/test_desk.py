"""An agent's whole call at a real centre, as the page sees it: live desk, pause, help, form, audit."""

from __future__ import annotations

import asyncio
import io
import json
import wave
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect

from huawu.calls.desk_changes import apply
from huawu.calls.desk_views import Desk, DeskChange, Place
from tests.centre.scene import Line, Scene
from tests.support.tools import until

pytestmark = pytest.mark.sip

AGENT, LEADER, NUMBER = "1001", "leader", "01062340731"


async def _page(scene: Scene, user: str) -> httpx.AsyncClient:
    centre = scene.centre
    client = httpx.AsyncClient(base_url=f"{centre.http}/api/v1", trust_env=False, timeout=20)
    scene.stack.push_async_callback(client.aclose)
    answer = await client.post("/session", json={"user": user, "password": centre.person(user).password})
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return client


class Watching:
    """A page's view of the desk, from frames alone."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.desk: Desk | None = None

    async def until(self, what: str, fits: Callable[[Desk], Any], within_s: float = 30.0) -> Any:
        try:
            async with asyncio.timeout(within_s):
                while True:
                    if self.desk is not None and (found := fits(self.desk)):
                        return found
                    self._take(json.loads(await self._socket.recv()))
        except TimeoutError:
            pytest.fail(f"waited in vain for {what}; the desk: {self.desk}")

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "snapshot":
            self.desk = msgspec.convert(frame["state"], Desk)
        for event in frame.get("events", ()):
            assert self.desk is not None
            change = {name: value for name, value in event.items() if name != "seq"}
            self.desk = apply(self.desk, msgspec.convert(change, DeskChange))


async def test_an_agents_call_from_the_offer_to_the_form(scene: Scene) -> None:
    agent = await scene.agent(AGENT, ready=False)
    page, leader, manager = [await _page(scene, user) for user in (AGENT, LEADER, "manager")]
    cookie = {"Cookie": f"huawu_session={page.cookies['huawu_session']}"}
    url = f"{scene.centre.live}?screen=desk"
    socket = await scene.stack.enter_async_context(connect(url, additional_headers=cookie))
    watching = Watching(socket)
    state = {"state": "ready", "reason": "有人在等"}
    assert (await leader.post(f"/agents/{AGENT}/state", json=state)).status_code == 200
    await watching.until(
        "who made the agent ready, and why",
        lambda desk: [one for one in desk.news if (one.by, one.reason) == (LEADER, "有人在等")],
    )

    caller = await scene.caller(NUMBER, scene.centre.numbers["queue"])
    await caller.say(400.0)
    offer = await watching.until("the offer", lambda desk: desk.calls)
    call = offer[0].id
    assert offer[0].caller == NUMBER
    await watching.until("the call", lambda desk: desk.calls and desk.calls[0].state == "talking")
    await agent.say(900.0)
    await caller.hears(900.0)
    await watching.until(
        "the number's place", lambda desk: desk.about[call].place == Place(zh="北京市", en="Beijing")
    )
    await watching.until(
        "the whole timeline",
        lambda desk: [fact["seq"] for fact in desk.about[call].facts][:4] == [1, 2, 3, 4],
    )

    assert (await page.post(f"/calls/{call}/recording/pause", json={})).status_code == 200
    await watching.until("the pause", lambda desk: desk.calls[0].recording == "paused")
    await _talk_on(caller)  # what nobody is to hear later
    assert (await page.post(f"/calls/{call}/recording/resume", json={})).status_code == 200
    await watching.until("recording again", lambda desk: desk.calls[0].recording == "running")

    await _talk_on(caller)
    asked = (await page.post(f"/calls/{call}/help", json={"text": "请班长听一下"})).json()
    assert (await leader.post(f"/help/{asked['id']}/take", json={})).status_code == 200
    await watching.until("help on its way", lambda desk: desk.help and desk.help[-1].state == "taken")
    note = {"text": "要改签", "version": 0}
    assert (await page.put(f"/calls/{call}/notes", json=note)).status_code == 200

    caller.hang_up()
    await caller.ended()
    await agent.ended()
    due = await watching.until("wrap-up", lambda desk: desk.wrap_up)
    assert due.call == call
    form = {"disposition": "enquiry.answered", "summary": "已答复", "done": True}
    assert (await page.put(f"/calls/{call}/wrap-up", json=form)).status_code == 200
    await watching.until(
        "ready again", lambda desk: desk.agent.state == "ready" and not desk.calls and desk.wrap_up is None
    )
    await scene.api.fact_of(NUMBER, "ended")  # facts are written a moment later
    shown = (await page.get(f"/calls/{call}")).json()
    assert (shown["disposition"], shown["note"]["text"]) == ("enquiry.answered", "要改签")
    assert {"help_asked", "recording_paused", "recording_resumed"} <= {one["kind"] for one in shown["facts"]}
    await _silent_while_paused(page, shown)
    told = (await manager.get("/audit", params={"subject": AGENT})).json()
    assert LEADER in [one["by"] for one in told["entries"] if one["what"] == "state_set"]
    await scene.api.set_state(AGENT, "signed_out")


async def _talk_on(caller: Line) -> None:
    """Two seconds of the conversation, by its packets."""
    heard = len(caller.ear.heard)
    await until(lambda: len(caller.ear.heard) > heard + 100, "two seconds of talk")


async def _silent_while_paused(page: httpx.AsyncClient, call: dict[str, Any]) -> None:
    """Both channels are still from the pause to its end, and loud after it."""
    at = {one["kind"]: one["at_ms"] for one in call["facts"]}
    sound = (await page.get(f"/calls/{call['id']}/recording")).content
    with wave.open(io.BytesIO(sound)) as file:
        frames = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)
    began = at["recording_started"]
    paused = slice(8 * (at["recording_paused"] - began + 300), 8 * (at["recording_resumed"] - began - 300))
    assert frames[paused].size > 8_000
    assert abs(frames[paused].astype(int)).max() < 100
    after = frames[8 * (at["recording_resumed"] - began + 300) :]
    assert abs(after.astype(int)).max() > 1_000
