"""Voicemail, survey and announcements over real SIP; the look-up, through a centre's own configuration."""

from __future__ import annotations

import io
import wave
from typing import Any

import numpy as np
import pytest

from tests.centre import story
from tests.centre.scene import MUSIC, Scene
from tests.centre.test_deaths import _returned
from tests.support.centre import eventually
from tests.support.tools import until

pytestmark = pytest.mark.sip


async def message_of(scene: Scene, caller: str, state: str = "new", within_s: float = 20.0) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        found = (await scene.api.get("/voicemails", state=state))["voicemails"]
        return next((each for each in found if each["caller"] == caller), None)

    return await eventually(look, f"the message of {caller}", within_s)


async def plays(scene: Scene, path: str, hertz: float, at_least_s: float) -> None:
    whole = await scene.api.http.get(path)
    assert whole.status_code == 200, whole.text
    left, right = story.channels(whole.content)
    assert abs(story.tone(left) - hertz) < 5
    assert float(abs(right).max()) == 0.0, "the caller alone is recorded"
    assert len(left) / 8_000 > at_least_s


async def test_a_message_is_recorded_taken_and_done(scene: Scene) -> None:
    api, number = scene.api, "13800000701"
    before = (await api.queue("general"))["voicemails"]
    caller = await scene.caller(number, "4003")
    await caller.hears_sound("voicemail-greeting", within_s=30)
    await caller.hears(1_000, within_s=30)
    await api.fact_of(number, "voicemail_began", queue="general")
    await caller.say(430)
    heard = len(caller.ear.heard)
    await until(lambda: len(caller.ear.heard) > heard + 200, "four seconds of speech")
    await caller.press("#")
    await caller.hears_sound("voicemail-saved")
    message = await message_of(scene, number)
    assert (message["queue"], message["number"], message["language"]) == ("general", "4003", "zh")
    assert 3_000 < message["length_ms"] < 20_000
    assert (await api.queue("general"))["voicemails"] == before + 1
    await plays(scene, f"/voicemails/{message['id']}/recording", 430, 3.0)
    caller.hang_up()
    await caller.ended()
    call = await api.call_from(number, state="ended")
    assert (call["outcome"], call["voicemail"]["id"]) == ("self_service", message["id"])
    path = f"/voicemails/{message['id']}"
    assert (await api.http.post(f"{path}/done", json={})).status_code == 409
    assert (await api.http.post(f"{path}/take")).json()["state"] == "taken"
    done = await api.http.post(f"{path}/done", json={"note": "回电"})
    assert (done.json()["state"], done.json()["note"]) == ("done", "回电")
    assert (await api.queue("general"))["voicemails"] == before


async def test_a_message_is_work_of_a_ready_agent_also_when_the_centre_dies(scene: Scene) -> None:
    api, number = scene.api, "13800000705"
    await scene.agent("1001", answers=False)
    caller = await scene.caller(number, "4003")
    await api.fact_of(number, "voicemail_began", within_s=40)
    await caller.say(450)
    heard = len(caller.ear.heard)
    await until(lambda: len(caller.ear.heard) > heard + 200, "four seconds of speech")
    caller.hang_up()
    await caller.ended()
    agent = await api.agent_is("1001", "wrap_up")
    message = await message_of(scene, number, "taken")
    assert (agent["reason"], agent["task"], agent["call"]) == ("voicemail", message["id"], None)
    assert (message["taken_by"], message["until_ms"]) == ("1001", agent["task_until_ms"])
    await api.fact_of(number, "voicemail_given", agent="1001")
    before = scene.centre.kill("centre")
    await _returned(scene, "centre", before)
    assert (await api.agent("1001"))["task"] == message["id"]
    done = await api.http.post(f"/voicemails/{message['id']}/done", json={"result": "reached"})
    assert (done.json()["state"], done.json()["result"]) == ("done", "reached")
    await api.agent_is("1001", "ready")
    await api.fact_of(number, "voicemail_done", result="reached")
    facts = (await api.call_from(number, state="ended"))["facts"]
    assert [fact["seq"] for fact in facts] == list(range(1, len(facts) + 1))
    (given,) = [fact for fact in facts if fact["kind"] == "voicemail_given"]
    assert given["agent"] == "1001"


async def test_who_says_nothing_leaves_nothing(scene: Scene) -> None:
    api, number = scene.api, "13800000702"
    caller = await scene.caller(number, "4003")
    await api.fact_of(number, "voicemail_discarded", within_s=60)
    await caller.hears_sound("voicemail-short")
    caller.hang_up()
    await caller.ended()
    await api.call_from(number, state="ended")
    listed = (await api.get("/voicemails"))["voicemails"]
    assert not [each for each in listed if each["caller"] == number]


@pytest.mark.parametrize("name", ["centre", "switch"])
async def test_a_message_survives_what_dies_while_it_is_spoken(scene: Scene, name: Any) -> None:
    api, number = scene.api, {"centre": "13800000703", "switch": "13800000704"}[name]
    caller = await scene.caller(number, "4003")
    await api.fact_of(number, "voicemail_began", within_s=40)
    await caller.say(470)
    heard = len(caller.ear.heard)
    await until(lambda: len(caller.ear.heard) > heard + 200, "four seconds of speech")
    before = scene.centre.kill(name)
    await _returned(scene, name, before)
    if name == "centre":
        await api.fact_of(number, "recovered", what="centre_returned")
        await caller.press("#")
        await caller.hears_sound("voicemail-saved")
        caller.hang_up()
        await caller.ended()
    message = await message_of(scene, number, within_s=40)
    await plays(scene, f"/voicemails/{message['id']}/recording", 470, 2.0)
    call = await api.call_from(number, state="ended")
    began = [fact for fact in call["facts"] if fact["kind"] == "voicemail_began"]
    left = [fact for fact in call["facts"] if fact["kind"] == "voicemail_left"]
    assert (len(began), len(left)) == (1, 1)


async def test_when_the_agent_hangs_up_the_caller_rates_and_speaks(scene: Scene) -> None:
    api, number = scene.api, "13800000705"
    agent = await scene.agent("1003")
    caller = await scene.caller(number, "4001")
    await agent.say(900)
    await caller.hears(900)
    agent.hang_up()
    await agent.ended()
    assert (await api.agent_is("1003", "wrap_up"))["state"] == "wrap_up"
    await caller.hears_sound("survey-rate")
    await caller.press("5")
    await api.fact_of(number, "comment_began", within_s=30)
    running = await api.call_from(number)
    assert running["survey"] is None, "whom it is about sees it when the call is over"
    assert "rated" not in [fact["kind"] for fact in running["facts"]]
    await caller.say(520)
    heard = len(caller.ear.heard)
    await until(lambda: len(caller.ear.heard) > heard + 150, "three seconds of speech")
    await caller.press("#")
    await caller.hears_sound("survey-thanks")
    await caller.ended()
    call = await api.call_from(number, state="ended")
    assert (call["survey"]["score"], call["survey"]["agent"], call["survey"]["queue"]) == (
        5,
        "1003",
        "general",
    )
    assert (call["outcome"], call["agent"], call["ended_by"]) == ("answered", "1003", "agent")
    await plays(scene, f"/calls/{call['id']}/comment", 520, 2.0)
    rated = (await api.get("/surveys", from_ms=call["began_ms"]))["agents"]
    assert [(each["id"], each["average"]) for each in rated] == [("1003", 5.0)]


def a_wav(hertz: float) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44_100)
        tone = (np.sin(2 * np.pi * hertz * np.arange(3 * 44_100) / 44_100) * 12_000).astype("<i2")
        file.writeframes(np.repeat(tone, 2).tobytes())
    return out.getvalue()


async def test_an_uploaded_announcement_is_heard_before_the_queue_until_it_is_switched_off(
    scene: Scene,
) -> None:
    api, number = scene.api, "13800000706"
    answer = await api.http.post("/notices", json={"queue": "general", "note": "test"})
    assert answer.status_code == 200, answer.text
    notice = answer.json()["id"]
    recorded = await api.http.put(f"/notices/{notice}/sound", content=a_wav(740))
    assert recorded.json()["sound"] is True
    try:
        caller = await scene.caller(number, "4001")
        await caller.hears(740)
        assert (await api.fact_of(number, "notice"))["notices"] == [notice]
        await api.fact_of(number, "queued")
        await caller.hears_sound(MUSIC)
        caller.hang_up()
        await caller.ended()
        assert (await api.http.post(f"/notices/{notice}", json={"on": False})).json()["on"] is False
        second = await scene.caller("13800000707", "4001")
        await second.hears_sound(MUSIC)
        second.hang_up()
        await second.ended()
        call = await api.call_from("13800000707", state="ended")
        assert "notice" not in [fact["kind"] for fact in call["facts"]]
    finally:
        assert (await api.http.delete(f"/notices/{notice}")).status_code == 204
    events = (await api.get("/notices"))["events"]
    assert [each["what"] for each in events[:4]] == ["removed", "off", "sound", "put_up"]
