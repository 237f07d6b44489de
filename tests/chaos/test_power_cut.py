"""Everything is killed at one instant and started much later: no length counts the time nobody was there."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.centre import story
from tests.centre.scene import Line, Scene
from tests.support.centre import Api, RunningCentre, running_centre, start_centre
from tests.support.tools import until

pytestmark = pytest.mark.sip

DARK_S = 12.0
"""So long there is no power; longer than any of the calls may be too long."""
LATE_MS = 3_000
"""The second between two marks, and what a machine with much else to do is late."""


async def test_what_a_power_cut_ended_is_as_long_as_somebody_was_there(tmp_path: Path) -> None:
    talked, waited, spoken = "13800000701", "13800000702", "13800000703"
    data = tmp_path / "data"
    before = start_centre(data)
    try:
        before.wait_until_ready()
        api = Api(before)
        async with api.http, AsyncExitStack() as stack:
            scene = Scene(before, api, tmp_path, stack)
            agent = await scene.agent("1001")
            caller = await scene.caller(talked, "4001")
            await caller.say(story.CALLER_HZ)
            await agent.say(story.AGENT_HZ)
            await caller.hears(story.AGENT_HZ)
            await scene.caller(waited, "4001")
            message = await scene.caller(spoken, "4003")
            await message.say(story.CALLER_HZ)
            await api.fact_of(waited, "queued")
            await api.fact_of(spoken, "voicemail_began", within_s=30)
            await _seconds(caller, 5)
            await api.call_from(talked, state="talking")
            died_ms = _cut(before)
    finally:
        before.process.kill()
        before.process.wait()
    await until(lambda: _now_ms() > died_ms + DARK_S * 1_000, "the power", DARK_S + 5)
    (data / "ready.json").unlink()
    with running_centre(data) as centre:
        api = Api(centre)
        async with api.http:
            await _talk_ended(api, talked, died_ms)
            call = await api.call_from(waited, state="ended", reason="switch_lost", within_s=30)
            assert -LATE_MS < call["queued_ms"] + call["waited_ms"] - died_ms <= 0
            call = await api.call_from(spoken, state="ended", reason="switch_lost", within_s=30)
            began_ms = next(each["at_ms"] for each in call["facts"] if each["kind"] == "voicemail_began")
            left = await api.fact_of(spoken, "voicemail_left")
            assert -LATE_MS < began_ms + left["length_ms"] - died_ms < 200


async def _talk_ended(api: Api, number: str, died_ms: int) -> None:
    """Record, timeline and file of a conversation say the same."""
    call: dict[str, Any] = await api.call_from(number, state="ended", reason="switch_lost", within_s=30)
    facts = call["facts"]
    kinds = [each["kind"] for each in facts]
    assert [each["seq"] for each in facts] == list(range(1, len(facts) + 1))
    assert (kinds.count("ended"), kinds.count("recording_failed")) == (1, 1)
    assert -LATE_MS < call["ended_ms"] - died_ms <= 0
    assert call["talk_ms"] == call["ended_ms"] - call["bridged_ms"] > 4_000
    whole = await api.http.get(f"/calls/{call['id']}/recording")
    assert whole.status_code == 200, whole.text
    left, right = story.channels(whole.content)
    assert call["recording"]["length_ms"] == len(left) // 8
    assert abs(call["recording"]["length_ms"] - call["talk_ms"]) < LATE_MS
    assert abs(story.tone(left) - story.CALLER_HZ) < 5
    assert abs(story.tone(right) - story.AGENT_HZ) < 5


def _cut(centre: RunningCentre) -> int:
    """kill -9 of all its processes, none of which sees another die; when."""
    everything = [psutil.Process(centre.process.pid), *psutil.Process(centre.process.pid).children()]
    for process in everything:
        process.suspend()
    died_ms = _now_ms()
    for process in reversed(everything):
        process.kill()
    psutil.wait_procs(everything, timeout=10)
    return died_ms


async def _seconds(line: Line, seconds: int) -> None:
    heard = len(line.ear.heard)
    await until(lambda: len(line.ear.heard) > heard + 50 * seconds, f"{seconds} seconds of talk", 30)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
