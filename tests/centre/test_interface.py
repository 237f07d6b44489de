"""The interface of a running centre: the live screen, sign-in, permissions, a change of configuration."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from pathlib import Path

import httpx
import msgspec
import pytest
from websockets.asyncio.client import connect

from huawu.calls.views import Change, Wallboard, apply
from huawu.cli.demo import demo_text
from tests.centre.scene import Scene
from tests.support.centre import RunningCentre, eventually
from tests.support.tools import until

pytestmark = pytest.mark.sip


async def test_the_live_screen_is_a_snapshot_plus_events_while_calls_run(scene: Scene) -> None:
    url = f"{scene.centre.live}?screen=wallboard&token={scene.centre.token}"
    boards: list[Wallboard] = []
    numbers: list[int] = []

    async def watch() -> None:
        async with connect(url, proxy=None) as socket:
            async for text in socket:
                message = msgspec.json.decode(text)
                if message["type"] == "snapshot":
                    boards.append(msgspec.convert(message["state"], Wallboard))
                    numbers.append(message["seq"])
                    continue
                for event in message["events"]:
                    numbers.append(event.pop("seq"))
                    boards.append(apply(boards[-1], msgspec.convert(event, Change)))

    watching = asyncio.create_task(watch())
    try:
        await until(lambda: boards, "the snapshot")
        agent = await scene.agent("1001")
        caller = await scene.caller("13800000601", "4001")
        await agent.say(600)
        await caller.hears(600)
        await until(lambda: any(board.calls.talking == 1 for board in boards), "the call on the screen")
        caller.hang_up()
        await caller.ended()
        await until(lambda: _state(boards[-1], "1001") == "wrap_up", "wrap-up on the screen")

        async def same() -> bool:
            async with connect(url, proxy=None) as socket:
                fresh = msgspec.convert(msgspec.json.decode(await socket.recv())["state"], Wallboard)
            return msgspec.structs.replace(fresh, at_ms=0) == msgspec.structs.replace(boards[-1], at_ms=0)

        await eventually(same, "the applied events to equal a new snapshot")
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    states = [_state(board, "1001") for board in boards]
    seen = [state for at, state in enumerate(states) if at == 0 or states[at - 1] != state]
    assert seen[-2:] == ["talking", "wrap_up"]  # shorter states may fall between two changes of the screen


async def test_an_agent_signs_in_and_sees_and_hears_only_own_calls(scene: Scene) -> None:
    api, number = scene.api, "13800000602"
    agent = await scene.agent("1001")
    caller = await scene.caller(number, "4001")
    await agent.say(600)
    await caller.hears(600)
    caller.hang_up()
    await caller.ended()
    call = await api.call_from(number, state="ended")
    async with _browser(scene.centre) as mine, _browser(scene.centre) as others:
        csrf = await _sign_in(mine, scene.centre, "1001")
        await _sign_in(others, scene.centre, "1002")
        for path in (f"/calls/{call['id']}", f"/calls/{call['id']}/recording"):
            assert (await mine.get(path)).status_code == 200
            assert (await others.get(path)).status_code in (403, 404)
        listed = (await others.get("/calls")).json()["calls"]
        for one in listed:  # also those they sent on to a colleague
            facts = (await others.get(f"/calls/{one['id']}")).json()["facts"]
            assert any(fact.get("agent") == "1002" for fact in facts)
        without = await mine.post("/agents/1001/state", json={"state": "break"})
        assert (without.status_code, without.json()["error"]["code"]) == (403, "csrf")
        mine.headers["X-CSRF-Token"] = csrf
        assert (await mine.post("/agents/1001/state", json={"state": "break"})).json()["state"] == "break"
        other = await mine.post("/agents/1002/state", json={"state": "break"})
        assert (other.status_code, other.json()["error"]["code"]) == (403, "forbidden")
        assert (await mine.delete("/session")).status_code == 204
        assert (await mine.get("/session")).status_code == 401
    async with _browser(scene.centre) as trainer:
        await _sign_in(trainer, scene.centre, "trainer")
        shown = (await trainer.get(f"/calls/{call['id']}")).text
        assert number not in shown


async def test_nobody_gets_in_without_a_password(scene: Scene) -> None:
    async with _browser(scene.centre) as stranger:
        for path in ("/session", "/calls", "/agents", "/queues", "/centre"):
            assert (await stranger.get(path)).status_code == 401
        answer = await stranger.post("/session", json={"user": "leader", "password": "guess"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "wrong_credentials")


async def test_a_changed_configuration_is_taken_over_without_hurting_a_call(
    scene: Scene, tmp_path: Path
) -> None:
    api, number = scene.api, "13800000603"
    agent = await scene.agent("1001")
    caller = await scene.caller(number, "4001")
    await caller.say(500)
    await agent.say(600)
    await caller.hears(600)
    try:
        await _import(
            scene.centre, tmp_path / "new.yaml", demo_text().replace("name: 业务咨询", "name: 咨询一组")
        )

        async def renamed() -> bool:
            return bool((await api.queue("general"))["name"] == "咨询一组")

        await eventually(renamed, "the queue's new name", 30)
        heard = len(caller.ear.heard)
        await until(lambda: len(caller.ear.heard) > heard + 25, "more of the agent's voice")
        await caller.hears(600)
        await agent.hears(500)
        assert (await api.agent("1001"))["state"] == "talking"
    finally:
        await _import(scene.centre, tmp_path / "old.yaml", demo_text())
    caller.hang_up()
    await caller.ended()
    call = await api.call_from(number, state="ended")
    assert (call["outcome"], call["ended_by"]) == ("answered", "caller")


def _state(board: Wallboard, agent: str) -> str:
    return next(str(one.state) for one in board.agents if one.id == agent)


def _browser(centre: RunningCentre) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"{centre.http}/api/v1", timeout=20, trust_env=False)


async def _sign_in(browser: httpx.AsyncClient, centre: RunningCentre, user: str) -> str:
    """Sign in by cookie; the CSRF token."""
    person = centre.person(user)
    answer = await browser.post("/session", json={"user": user, "password": person.password})
    assert answer.status_code == 200, answer.text
    assert answer.json()["role"] == person.role
    return str(answer.json()["csrf"])


async def _import(centre: RunningCentre, path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "huawu.cli.main",
        "config",
        "import",
        str(path),
        "--yes",
        "--data",
        str(centre.folder),
    ]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
