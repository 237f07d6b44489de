"""Live assist at a real centre: hints come to the desk and go, calls going wrong come to the monitor."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest
from websockets.asyncio.client import connect

from huawu.calls.assist.views import Hint
from huawu.calls.desk_views import Desk
from huawu.calls.monitor.views import Monitor, MonitorChange, apply
from tests.centre.scene import Scene
from tests.centre.test_desk import Watching, _page

pytestmark = pytest.mark.sip

AGENT, CALLER, LATE_CALLER = "1001", "01304000", "01304001"


async def _watches(scene: Scene, page: httpx.AsyncClient, screen: str) -> Any:
    cookie = {"Cookie": f"huawu_session={page.cookies['huawu_session']}"}
    url = f"{scene.centre.live}?screen={screen}"
    return await scene.stack.enter_async_context(connect(url, additional_headers=cookie))


def hint_of(rule: str) -> Callable[[Desk], Hint | None]:
    return lambda desk: next((hint for hint in desk.hints if hint.rule == rule), None)


async def test_a_silent_agent_is_told_to_greet_until_they_speak(scene: Scene) -> None:
    agent = await scene.agent(AGENT, ready=False)
    page = await _page(scene, AGENT)
    desk = Watching(await _watches(scene, page, "desk"))
    await desk.until("the desk", lambda desk: desk.agent.id == AGENT)
    await scene.api.set_state(AGENT, "ready")
    caller = await scene.caller(CALLER, scene.centre.numbers["queue"])
    await caller.switch()
    hint = await desk.until("the hint to greet", hint_of("open.greeting"))
    assert (hint.kind, bool(hint.say.zh), bool(hint.title.en)) == ("expect", True, True)
    assert hint.due_ms == hint.since_ms + 3_000
    await agent.say(440.0)
    await desk.until("the hint to go", lambda desk: hint_of("open.greeting")(desk) is None)
    caller.hang_up()
    await caller.ended()
    await desk.until("no hint to be left", lambda desk: not desk.hints)


async def test_who_leaves_a_caller_without_a_word_is_on_the_leaders_list(scene: Scene) -> None:
    await scene.agent(AGENT)
    leader = await _page(scene, "leader")
    monitor = Board(await _watches(scene, leader, "monitor"))
    caller = await scene.caller(LATE_CALLER, scene.centre.numbers["queue"])
    await caller.switch()
    await caller.say(500.0)
    trouble = await monitor.until("the call on the list", lambda board: board.troubles)
    assert trouble[0].agent == AGENT
    assert trouble[0].reason.zh
    told = (await leader.get("/monitor")).json()
    assert [each["call"] for each in told["troubles"]] == [trouble[0].call]
    caller.hang_up()
    await caller.ended()
    await monitor.until("the list to be empty", lambda board: not board.troubles)


class Board:
    """A leader's view, from frames alone."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._board: Monitor | None = None

    async def until(self, what: str, fits: Callable[[Monitor], Any], within_s: float = 40.0) -> Any:
        ends = time.monotonic() + within_s
        while self._board is None or not (found := fits(self._board)):
            if time.monotonic() > ends:
                pytest.fail(f"waited in vain for {what}; the board: {self._board}")
            frame = json.loads(await self._socket.recv())
            if frame["type"] == "snapshot":
                self._board = msgspec.convert(frame["state"], Monitor)
            for event in frame.get("events", ()):
                change = {name: value for name, value in event.items() if name != "seq"}
                assert self._board is not None
                self._board = apply(self._board, msgspec.convert(change, MonitorChange))
        return found
