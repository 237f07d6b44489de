"""A phone program that people use, baresip, as agent and as caller."""

from __future__ import annotations

import pytest

from tests.centre.scene import MUSIC, Scene
from tests.support.baresip import baresip
from tests.support.tools import until

pytestmark = pytest.mark.sip


async def test_baresip_takes_a_call_holds_it_and_presses_keys(scene: Scene) -> None:
    api, centre, number = scene.api, scene.centre, "13800000401"
    password = centre.person("1001").sip_password
    async with baresip(
        scene.folder / "b", user="1001", password=password, switch_port=centre.sip_port
    ) as phone:
        await api.reachable("1001", within_s=30)
        await phone.command("dial", f"sip:*11@127.0.0.1:{centre.sip_port}")
        await api.agent_is("1001", "ready")
        await phone.told("CALL_CLOSED")
        caller = await scene.caller(number, "4001")
        await caller.say(400)
        await caller.hears(700)
        await phone.command("hold")
        await api.fact_of(number, "held", party="agent")
        await caller.hears_sound(MUSIC)
        await phone.command("resume")
        await api.fact_of(number, "resumed", party="agent")
        await caller.hears(700)
        digits = len(caller.ear.digits)
        await phone.command("sndcode", "5")
        await until(lambda: caller.ear.digits[digits:] == [5], "the key at the caller")
        await phone.command("hangup")
        await caller.hears_sound("survey-rate")
        await caller.ended(within_s=60)  # it asks in vain
        call = await api.call_from(number, state="ended")
        assert (call["outcome"], call["ended_by"], call["agent"]) == ("answered", "agent", "1001")
    await _gone(scene, "1001")


async def test_baresip_calls_the_menu_and_presses_a_key(scene: Scene) -> None:
    api, centre = scene.api, scene.centre
    password = centre.person("1002").sip_password
    async with baresip(
        scene.folder / "b", user="1002", password=password, switch_port=centre.sip_port
    ) as phone:
        await api.reachable("1002", within_s=30)
        await phone.command("dial", f"sip:4000@127.0.0.1:{centre.sip_port}")
        await phone.told("CALL_ESTABLISHED")
        call = await api.call_under_way("1002", "4000")
        await api.fact_on(call, "prompt", prompts=["menu"], within_s=30)
        await phone.command("sndcode", "2")
        await api.fact_on(call, "queued", queue="complaints")
        await phone.command("hangup")
        await api.fact_on(call, "ended")
        record = await api.get(f"/calls/{call}")
        assert (record["outcome"], record["ended_by"]) == ("abandoned", "caller")
    await _gone(scene, "1002")


async def _gone(scene: Scene, user: str) -> None:
    """A phone that is switched off takes its registration back."""
    from tests.support.centre import eventually

    async def look() -> bool:
        return not (await scene.api.agent(user))["reachable"]

    await eventually(look, f"the phone of {user} to be gone")
