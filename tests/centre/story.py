"""What is told of several centres: the main story, on SQLite and on PostgreSQL."""

from __future__ import annotations

import io
import wave
from typing import Any

import numpy as np

from tests.centre.scene import MUSIC, Scene
from tests.support.centre import Api
from tests.support.tools import until

CALLER_HZ, AGENT_HZ = 400.0, 900.0
IN_ORDER = (
    "offered",
    "answered",
    "keys",
    "queued",
    "offer_made",
    "agent_ringing",
    "agent_answered",
    "bridged",
    "recording_started",
    "ended",
)


async def caller_reaches_an_agent_by_the_menu(scene: Scene, number: str) -> dict[str, Any]:
    """The caller hears the welcome, presses 1, talks with 1001 and hangs up; the call on record."""
    api = scene.api
    agent = await scene.agent("1001", ready=False)
    caller = await scene.caller(number, scene.centre.numbers["menu"])
    await caller.say(CALLER_HZ)
    await caller.hears_sound("welcome")
    await caller.hears_sound("menu")
    await caller.press("1")
    await api.fact_of(number, "queued", queue="general")
    await caller.hears_sound("enquiry")
    await caller.hears_sound("position-next")
    await caller.hears_sound(MUSIC)
    assert (await api.queue("general"))["waiting"] == 1
    await api.set_state("1001", "ready")
    await agent.say(AGENT_HZ)
    await caller.hears(AGENT_HZ)
    await agent.hears(CALLER_HZ)
    talking = await api.agent_is("1001", "talking")
    assert (talking["caller"], talking["queue"]) == (number, "general")
    heard = len(agent.ear.heard)
    await until(lambda: len(agent.ear.heard) > heard + 100, "two seconds of it")
    caller.hang_up()
    await caller.ended()
    await agent.ended()
    call = await api.call_from(number, state="ended")
    on_record(call)
    assert (await api.agent_is("1001", "wrap_up"))["calls_today"] >= 1
    return call


def on_record(call: dict[str, Any]) -> None:
    """The record says what happened, in order."""
    facts = call["facts"]
    kinds = [fact["kind"] for fact in facts]
    assert [fact["seq"] for fact in facts] == list(range(1, len(facts) + 1))
    places = [kinds.index(kind) for kind in IN_ORDER]
    assert places == sorted(places), kinds
    assert [fact["at_ms"] for fact in facts] == sorted(fact["at_ms"] for fact in facts)
    assert kinds.count("ended") == 1
    assert next(fact for fact in facts if fact["kind"] == "keys")["digits"] == "1"
    told = {name: call[name] for name in ("outcome", "ended_by", "agent", "queue", "number", "language")}
    assert told == {
        "outcome": "answered",
        "ended_by": "caller",
        "agent": "1001",
        "queue": "general",
        "number": "4000",
        "language": "zh",
    }
    assert call["waited_ms"] == call["bridged_ms"] - call["queued_ms"]
    assert abs(call["talk_ms"] - (call["ended_ms"] - call["bridged_ms"])) < 50
    assert 1_500 < call["talk_ms"] < 60_000


async def recording_plays(api: Api, call: dict[str, Any]) -> None:
    """Two channels, the caller left and the agent right; parts of it; its waveform."""
    path = f"/calls/{call['id']}"
    done = await api.call_from(call["caller"], state="ended", id=call["id"])
    assert done["recording"]["state"] == "complete"
    whole = await api.http.get(f"{path}/recording")
    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/wav")
    left, right = channels(whole.content)
    assert abs(len(left) / 8 - call["talk_ms"]) < 400
    assert abs(tone(left) - CALLER_HZ) < 5
    assert abs(tone(right) - AGENT_HZ) < 5
    part = await api.http.get(f"{path}/recording", headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, whole.content[1000:2000])
    assert part.headers["content-range"] == f"bytes 1000-1999/{len(whole.content)}"
    waveform = await api.get(f"{path}/waveform", points=200)
    assert len(waveform["left"]) == len(waveform["right"]) == 200
    assert abs(waveform["length_ms"] - call["talk_ms"]) < 400
    assert abs(waveform["began_ms"] - call["bridged_ms"]) < 400
    assert 0.2 < max(waveform["left"]) <= 1


def channels(wav: bytes) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Left and right samples, -1 to 1, of a recording."""
    with wave.open(io.BytesIO(wav)) as sound:
        assert (sound.getnchannels(), sound.getframerate(), sound.getsampwidth()) == (2, 8_000, 2)
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2") / 32_768
    return samples[0::2], samples[1::2]


def tone(samples: np.ndarray[Any, Any]) -> float:
    """The strongest frequency in the middle second."""
    middle = len(samples) // 2
    piece = samples[max(0, middle - 4_000) : middle + 4_000]
    spectrum = np.abs(np.fft.rfft(piece * np.hanning(len(piece))))
    return float(np.argmax(spectrum[1:]) + 1) * 8_000 / len(piece)
