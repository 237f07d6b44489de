"""Processes are killed in mid-call: people talk on, nobody loses a place, and the record stays true."""

from __future__ import annotations

from typing import Any

import httpx
import psutil
import pytest

from tests.centre import story
from tests.centre.scene import MUSIC, Line, Scene
from tests.support.baresip import baresip
from tests.support.centre import Process, eventually
from tests.support.tools import until

pytestmark = pytest.mark.sip

LOST_MS = 1_700
"""What a killed writer leaves unwritten, at the most that was seen (`docs/resilience.md`)."""


async def test_people_talk_on_when_the_centre_is_killed(scene: Scene) -> None:
    api, number = scene.api, "13800000501"
    caller, agent = await _talking(scene, number, "1001")
    began = await api.call_from(number, state="talking")
    before = scene.centre.kill("centre")
    await _both_hear(caller, agent)
    await _returned(scene, "centre", before)
    await _both_hear(caller, agent)
    await api.fact_of(number, "recovered", what="centre_returned")
    assert (await api.agent("1001"))["state"] == "talking"
    caller.hang_up()
    await caller.ended()
    await agent.ended()
    call = await api.call_from(number, state="ended")
    _whole(call)
    assert call["id"] == began["id"]
    assert (call["outcome"], call["ended_by"], call["agent"]) == ("answered", "caller", "1001")
    await story.recording_plays(api, call)
    await api.agent_is("1001", "wrap_up")


async def test_a_caller_keeps_music_and_place_when_the_centre_is_killed(scene: Scene) -> None:
    api, first, second = scene.api, "13800000502", "13800000503"
    waiting = await scene.caller(first, "4001")
    await waiting.hears_sound(MUSIC)
    await api.fact_of(first, "queued")
    later = await scene.caller(second, "4001")
    await api.fact_of(second, "queued")
    queued_ms = (await api.call_from(first))["queued_ms"]
    before = scene.centre.kill("centre")
    await waiting.hears_sound(MUSIC)
    await _returned(scene, "centre", before)
    await waiting.hears_sound(MUSIC)
    await api.fact_of(second, "recovered")
    agent = await scene.agent("1001")
    await agent.say(story.AGENT_HZ)
    await waiting.hears(story.AGENT_HZ)
    call = await api.call_from(first, state="talking")
    assert (call["queued_ms"], call["agent"]) == (queued_ms, "1001")
    assert call["waited_ms"] == call["bridged_ms"] - queued_ms
    waiting.hang_up()
    await waiting.ended()
    later.hang_up()
    await later.ended()
    _whole(await api.call_from(first, state="ended"))
    _whole(await api.call_from(second, state="ended", outcome="abandoned"))


async def test_a_killed_switch_is_on_record_and_the_next_call_works(scene: Scene) -> None:
    api, centre, number = scene.api, scene.centre, "13800000504"
    _, agent = await _talking(scene, number, "1001")
    heard = len(agent.ear.heard)
    await until(lambda: len(agent.ear.heard) > heard + 150, "three seconds of talk")
    before = scene.centre.kill("switch")
    await _returned(scene, "switch", before)
    call = await api.call_from(number, state="ended", within_s=30)
    _whole(call)
    assert (call["outcome"], call["ended_by"], call["reason"]) == ("answered", "centre", "switch_lost")
    whole = await api.http.get(f"/calls/{call['id']}/recording")
    assert whole.status_code == 200, whole.text
    left, right = story.channels(whole.content)
    assert abs(story.tone(left) - story.CALLER_HZ) < 5
    assert abs(story.tone(right) - story.AGENT_HZ) < 5
    assert len(left) / 8_000 > 2.0 + 0.02 * min(heard, 100) - 1.0
    assert abs(call["recording"]["length_ms"] - len(left) / 8) < LOST_MS, "it ended with the switch"
    assert abs(call["talk_ms"] - call["recording"]["length_ms"]) < 500, "and so did the talk"
    password = centre.person("1002").sip_password
    async with baresip(
        scene.folder / "b", user="1002", password=password, switch_port=centre.sip_port
    ) as phone:
        await api.reachable("1002", within_s=40)
        await api.set_state("1002", "ready")
        again = await scene.caller("13800000505", "4001")
        await again.say(story.CALLER_HZ)  # else the dead call's caller, of the same host, is taken for it
        await again.hears(700)
        again.hang_up()
        await again.ended()
        await phone.told("CALL_CLOSED")


async def _talking(scene: Scene, number: str, user: str) -> tuple[Line, Line]:
    agent = await scene.agent(user)
    caller = await scene.caller(number, "4001")
    await caller.say(story.CALLER_HZ)
    await agent.say(story.AGENT_HZ)
    await _both_hear(caller, agent)
    return caller, agent


async def _both_hear(caller: Line, agent: Line) -> None:
    """Both hear the other now, and half a second longer."""
    for line, hertz in ((caller, story.AGENT_HZ), (agent, story.CALLER_HZ)):
        heard = len(line.ear.heard)
        await until(lambda line=line, heard=heard: len(line.ear.heard) > heard + 25, "sound")  # type: ignore[misc]
        await line.hears(hertz)


async def _returned(scene: Scene, name: Process, before: int) -> None:
    """The supervisor started it again, and it answers."""

    async def look() -> bool:
        try:
            if scene.centre.process_of(name).pid == before:
                return False
            return bool((await scene.api.get("/health"))["switch"] == "up")
        except (LookupError, AssertionError, httpx.TransportError, psutil.Error):
            return False

    await eventually(look, f"the {name} to be back", 90)


def _whole(call: dict[str, Any]) -> None:
    """Facts without a hole and with one end."""
    facts = call["facts"]
    assert [fact["seq"] for fact in facts] == list(range(1, len(facts) + 1))
    assert [fact["kind"] for fact in facts].count("ended") == 1
