"""Callers in line: who is served, who is not, and what each phone is told meanwhile."""

from __future__ import annotations

import pytest

from tests.centre.scene import MUSIC, Scene

pytestmark = pytest.mark.sip


async def test_a_caller_waits_to_music_until_an_agent_becomes_ready(scene: Scene) -> None:
    api, number = scene.api, "13800000201"
    caller = await scene.caller(number, "4001")
    await caller.hears_sound("position-next")
    assert (await api.fact_of(number, "announced"))["place"] == 1
    assert (await api.call_from(number, state="waiting"))["queue"] == "general"
    await caller.hears_sound(MUSIC)
    agent = await scene.agent("1002")
    await caller.say(500)
    await agent.hears(500)
    agent.hang_up()
    await agent.ended()
    await caller.ended(within_s=60)  # the survey asks in vain
    call = await api.call_from(number, state="ended")
    assert (call["outcome"], call["ended_by"], call["agent"]) == ("answered", "agent", "1002")
    assert call["survey"] is None


async def test_the_next_agent_is_rung_when_the_first_does_not_answer(scene: Scene) -> None:
    api, number = scene.api, "13800000202"
    silent = await scene.agent("1001", answers=False)
    caller = await scene.caller(number, "4001")
    await api.fact_of(number, "agent_ringing", agent="1001")
    second = await scene.agent("1002")
    failed = await api.fact_of(number, "offer_failed", agent="1001", within_s=30)
    assert failed["reason"] == "no_answer"
    await silent.ended()  # it was sent CANCEL
    first = await api.agent_is("1001", "unavailable")
    assert first["reason"] == "no_answer"
    await second.say(700)
    await caller.hears(700)
    call = await api.call_from(number, state="talking")
    assert call["agent"] == "1002"
    assert [f["agent"] for f in call["facts"] if f["kind"] == "offer_made"] == ["1001", "1002"]
    caller.hang_up()
    await caller.ended()
    await second.ended()


async def test_a_caller_who_hangs_up_while_the_agent_is_rung_has_abandoned(scene: Scene) -> None:
    api, number = scene.api, "13800000203"
    before = (await api.queue("general"))["abandoned"]
    agent = await scene.agent("1003", answers=False)
    caller = await scene.caller(number, "4001")
    await api.fact_of(number, "agent_ringing", agent="1003")
    caller.hang_up()
    await caller.ended()
    await agent.ended()  # it was sent CANCEL
    call = await api.call_from(number, state="ended")
    assert (call["outcome"], call["ended_by"], call["agent"]) == ("abandoned", "caller", "")
    assert call["bridged_ms"] is None
    assert call["waited_ms"] == call["ended_ms"] - call["queued_ms"]
    await api.agent_is("1003", "ready")
    assert (await api.queue("general"))["abandoned"] == before + 1


async def test_the_echo_gives_a_callers_own_voice_back(scene: Scene) -> None:
    caller = await scene.caller("13800000204", "4100")
    await caller.hears_sound("echo")
    await caller.say(620)
    await caller.hears(620, within_s=30)
    caller.hang_up()
    await caller.ended()
    call = await scene.api.call_from("13800000204", state="ended")
    assert (call["outcome"], call["ended_by"]) == ("self_service", "caller")


async def test_wrong_keys_are_told_and_silence_leads_to_a_person(scene: Scene) -> None:
    api, wrong, silent = scene.api, "13800000205", "13800000206"
    mute = await scene.caller(silent, "4000")
    caller = await scene.caller(wrong, "4000")
    await caller.hears_sound("menu", within_s=30)
    await caller.press("7")
    await caller.hears_sound("wrong-key")
    await caller.hears_sound("menu")
    await caller.press("9")
    await caller.hears_sound("to-person", language="en")
    call = await api.call_from(wrong, state="waiting")
    assert (call["queue"], call["language"]) == ("english", "en")
    assert [fact["digits"] for fact in call["facts"] if fact["kind"] == "keys"] == ["7", "9"]
    call = await api.call_from(silent, state="waiting", within_s=60)
    assert call["queue"] == "general"
    assert [fact["digits"] for fact in call["facts"] if fact["kind"] == "keys"] == ["", ""]
    await mute.hears_sound("to-person")
    for line in (caller, mute):
        line.hang_up()
        await line.ended()
