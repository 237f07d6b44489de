"""Feature codes, extensions and unknown numbers: what agents may dial and strangers may not."""

from __future__ import annotations

import pytest

from tests.centre.scene import Scene

pytestmark = pytest.mark.sip


@pytest.mark.parametrize(
    ("code", "state", "reason", "prompt"),
    [
        ("*11", "ready", "", "agent-ready"),
        ("*12", "break", "rest", "agent-break"),
        ("*122", "break", "meal", "agent-break"),
        ("*13", "signed_out", "", "agent-signed-out"),
    ],
)
async def test_an_agent_changes_state_by_phone(
    scene: Scene, code: str, state: str, reason: str, prompt: str
) -> None:
    if state == "signed_out":
        await scene.api.set_state("1004", "break", "rest")
    line = await scene.dials("1004", code)
    await line.hears_sound(prompt)
    agent = await scene.api.agent_is("1004", state)
    assert agent["reason"] == reason
    await line.ended()


@pytest.mark.parametrize("number", ["*11", "1001", "0013800000000"])
async def test_a_stranger_is_asked_for_a_password(scene: Scene, number: str) -> None:
    assert (await scene.refused("13800000301", number)).startswith("SIP/2.0 401")
    assert (await scene.api.get("/calls", query="13800000301"))["calls"] == []


async def test_a_phone_of_the_house_is_told_of_a_number_that_does_not_exist(scene: Scene) -> None:
    assert (await scene.refused("1005", "777", registered=True)).startswith("SIP/2.0 404")
    call = await scene.api.call_from("1005", state="ended", number="777")
    assert (call["outcome"], call["ended_by"], call["reason"]) == ("not_found", "centre", "not_found")


async def test_an_agent_is_called_by_extension(scene: Scene) -> None:
    agent = await scene.agent("1006")
    caller = await scene.dials("1005", "1006")
    await agent.say(800)
    await caller.hears(800)
    caller.hang_up()
    await caller.ended()
    await agent.ended()
    call = await scene.api.call_from("1005", state="ended", number="1006")
    assert (call["outcome"], call["agent"], call["queue"]) == ("answered", "1006", "")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("480 Temporarily Unavailable", "unanswered"),
        ("486 Busy Here", "busy"),
        ("603 Decline", "refused"),
    ],
)
async def test_a_call_to_an_extension_that_is_not_taken_says_why(
    scene: Scene, status: str, outcome: str
) -> None:
    agent = await scene.agent("1006", refuses=status)
    caller = await scene.dials("1005", "1006")
    await caller.hears_sound("transfer-failed")
    await caller.ended()
    await agent.ended()
    call = await scene.api.call_from("1005", state="ended", number="1006", outcome=outcome)
    assert (call["bridged_ms"], call["agent"], call["queue"]) == (None, "", "")
