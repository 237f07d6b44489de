"""A real call with real speech: heard while it goes on, heard whole afterwards, and judged by its words."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pytest

from huawu.assets.telephone_sound import ulaw
from huawu.assets.wav_reading import read_wav
from tests.centre.scene import Line, Scene
from tests.support.centre import Api, eventually, running_centre
from tests.support.tools import PATIENCE_S

pytestmark = pytest.mark.sip

VOICES = Path(__file__).parents[2] / "src/huawu/assets/dialogues/booking-change"
SAID = (
    "您好，这里是云程旅行，工号8023，请问有什么可以帮您？",
    "我姓陈，订单3806，想把明天去西安的车票改到后天。",
)
CALLER = "01303000001"
HEARD_WITHIN_S = 240.0
QUIET = b"\xff" * 8_000  # a second


def is_like(heard: str, said: str) -> bool:
    """Most of it, in its order: a busy machine loses packets, and the recogniser letters."""
    return SequenceMatcher(None, heard, said, autojunk=False).ratio() > 0.6


def heard(transcript: dict[str, Any], party: str) -> str:
    return "".join(turn["text"] for turn in transcript["turns"] if turn["party"] == party)


def voice(name: str) -> bytes:
    return ulaw(read_wav((VOICES / name).read_bytes()).values)


async def test_a_call_is_heard_live_then_whole_and_judged_by_its_words(tmp_path: Path) -> None:
    surroundings = {"HUAWU_SPARE_CORES": "0", "HUAWU_SPEECH_NICE": "0"}
    with running_centre(tmp_path / "centre", arguments=["--hear"], surroundings=surroundings) as centre:
        api = Api(centre)
        async with api.http, AsyncExitStack() as stack:
            scene = Scene(centre, api, tmp_path, stack)
            await _until(api, "/hearings/summary", lambda now: now["live"], 60)
            agent = await scene.agent("1001")
            caller = await scene.caller(CALLER, "4001")
            call = await _call(api)
            switch = await caller.switch(), await agent.switch()
            await agent.ear.play(switch[1], QUIET + voice("01-agent.wav"))
            await caller.ear.play(switch[0], voice("02-caller.wav"))
            waiting = asyncio.create_task(_quiet(caller, agent, switch))
            path = f"/calls/{call}/transcript"
            so_far = await _until(
                api, path, lambda now: is_like(heard(now, "agent"), SAID[0]), HEARD_WITHIN_S
            )
            assert so_far["state"] == "partial"
            waiting.cancel()
            caller.hang_up()
            await caller.ended()
            whole = await _until(api, path, lambda now: now["state"] == "done", HEARD_WITHIN_S)
            assert [turn["party"] for turn in whole["turns"]][:1] == ["agent"]
            assert is_like(heard(whole, "agent"), SAID[0]), whole
            assert is_like(heard(whole, "caller"), SAID[1]), whole
            judged = await _until(api, f"/calls/{call}/assessment", lambda now: now.get("words") is True, 60)
            greeting = [each for each in judged["findings"] if each["rule"] == "open.greeting"]
            assert greeting
            summary = await _until(api, "/hearings/summary", lambda now: now["waiting"] == 0, PATIENCE_S)
            assert (summary["failed"], summary["workers"]) == (0, 1)
            assert summary["factor"] > 0
            await eventually(lambda: _figures(api, "hearings_waiting 0.0", "speech_workers 1.0"), "figures")


async def _figures(api: Api, *told: str) -> bool:
    """Whether /metrics says this: what it says is some seconds old."""
    figures = (await api.http.get("/metrics")).text
    return all(f"huawu_{each}" in figures for each in told)


async def _quiet(caller: Line, agent: Line, switch: tuple[tuple[str, int], tuple[str, int]]) -> None:
    """Both listen, and their phones go on sending."""
    while True:
        await asyncio.gather(caller.ear.play(switch[0], QUIET), agent.ear.play(switch[1], QUIET))


async def _call(api: Api) -> str:
    shown = await _until(
        api, "/calls", lambda now: now["calls"] and now["calls"][0]["state"] == "talking", 30
    )
    return str(shown["calls"][0]["id"])


async def _until(api: Api, path: str, there: Any, within_s: float) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    try:
        async with asyncio.timeout(within_s):
            while True:
                answer = await api.http.get(path)
                shown = answer.json()
                if answer.status_code == 200 and there(shown):
                    return shown
                await asyncio.sleep(0.2)
    except TimeoutError:
        pytest.fail(f"{path} did not come to it: {shown}")
