"""A shift leader beside a call, and a colleague who picks up: real phones, tones and an FFT."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.centre.scene import Line, Scene
from tests.centre.test_moving import AGENT_HZ, CALLER_HZ, COLLEAGUE_HZ, hear, talking, tones
from tests.support.centre import eventually
from tests.support.tools import PATIENCE_S

pytestmark = pytest.mark.sip

LEADER_HZ = COLLEAGUE_HZ


async def beside(scene: Scene, number: str, code: str) -> tuple[Line, Line, Line, dict[str, Any]]:
    """A caller talks with 1001, and the leader dialled a code to be beside them."""
    caller, agent, call = await talking(scene, number)
    leader = await scene.dials("leader", f"{code}1001")
    await leader.say(LEADER_HZ)
    return caller, agent, leader, call


async def as_leader(scene: Scene, call: dict[str, Any], mode: str) -> None:
    """The leader asks from the page."""
    person = scene.centre.person("leader")
    base = f"{scene.centre.http}/api/v1"
    async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=PATIENCE_S) as page:
        entered = await page.post("/session", json={"user": "leader", "password": person.password})
        page.headers["X-CSRF-Token"] = entered.json()["csrf"]

        async def granted() -> bool:
            return (await page.post(f"/calls/{call['id']}/supervise", json={"mode": mode})).is_success

        await eventually(granted, "the leader's phone to be known")


async def test_a_leader_listens_whispers_barges_in_and_takes_over(scene: Scene) -> None:
    number = "13800000611"
    caller, agent, leader, call = await beside(scene, number, "*21")
    await hear(
        leader=(leader, {CALLER_HZ, AGENT_HZ}), caller=(caller, {AGENT_HZ}), agent=(agent, {CALLER_HZ})
    )
    await as_leader(scene, call, "whisper")
    await hear(agent=(agent, {CALLER_HZ, LEADER_HZ}), leader=(leader, {CALLER_HZ, AGENT_HZ}))
    assert LEADER_HZ not in tones(caller), "the caller never hears a whisper"
    await as_leader(scene, call, "barge")
    await hear(
        caller=(caller, {AGENT_HZ, LEADER_HZ}),
        agent=(agent, {CALLER_HZ, LEADER_HZ}),
        leader=(leader, {CALLER_HZ, AGENT_HZ}),
    )
    await as_leader(scene, call, "take_over")
    await agent.ended()
    await hear(caller=(caller, {LEADER_HZ}), leader=(leader, {CALLER_HZ}))
    caller.hang_up()
    await caller.ended()
    await leader.ended()
    await scene.api.call_from(number, state="ended", id=call["id"])


async def test_a_leader_is_rung_to_listen_and_leaves_without_a_trace_for_the_caller(scene: Scene) -> None:
    number = "13800000612"
    caller, agent, call = await talking(scene, number)
    leader = await scene.agent("leader", ready=False)
    await as_leader(scene, call, "listen")
    await leader.say(LEADER_HZ)
    await hear(
        leader=(leader, {CALLER_HZ, AGENT_HZ}), caller=(caller, {AGENT_HZ}), agent=(agent, {CALLER_HZ})
    )
    leader.hang_up()
    await leader.ended()
    await hear(caller=(caller, {AGENT_HZ}), agent=(agent, {CALLER_HZ}))
    caller.hang_up()
    await caller.ended()
    await agent.ended()


async def test_an_agent_may_not_listen_to_a_colleague(scene: Scene) -> None:
    caller, agent, _ = await talking(scene, "13800000613")
    await scene.api.set_state("1004", "break", "rest")
    curious = await scene.dials("1004", "*211001")
    await curious.hears_sound("not-allowed")
    await curious.ended()
    assert not tones(curious) & {CALLER_HZ, AGENT_HZ}
    caller.hang_up()
    await caller.ended()
    await agent.ended()


async def test_a_colleague_picks_up_a_call_that_rings_elsewhere(scene: Scene) -> None:
    number = "13800000614"
    rings = await scene.agent("1001", answers=False)
    caller = await scene.caller(number, "4001")
    await caller.say(CALLER_HZ)
    await scene.api.fact_of(number, "agent_ringing")
    await scene.api.set_state("1002", "break", "rest")
    taker = await scene.dials("1002", "*81001")
    await taker.say(COLLEAGUE_HZ)
    await hear(caller=(caller, {COLLEAGUE_HZ}), taker=(taker, {CALLER_HZ}))
    await rings.ended()
    call = await scene.api.call_from(number, state="talking")
    assert call["agent"] == "1002"
    caller.hang_up()
    await caller.ended()
    await taker.ended()
