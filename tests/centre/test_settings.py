"""Everything in the settings is changed at a running centre, part by part, while a call goes on untouched."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import numpy as np
import pytest

from tests.centre.scene import SCENARIOS, SIP_SCENARIOS, Line, Scene, sound_of
from tests.support.centre import eventually
from tests.support.register import register
from tests.support.rtp import rtp_peer, ulaw_decoded
from tests.support.sipp import start_sipp
from tests.support.tools import free_port, until

pytestmark = pytest.mark.sip

FIRST, SECOND, THIRD, FOURTH, LATE = (f"1380000110{place}" for place in range(5))
CALLER_HZ, AGENT_HZ, NEW_HZ = 400.0, 900.0, 1_300.0
Parts = dict[str, Any]


class Settings:
    """The administrator's page: changes one thing of the newest version at a time."""

    def __init__(self, scene: Scene) -> None:
        self.api = scene.api

    async def version(self) -> int:
        found: int = (await self.api.get("/configuration"))["version"]
        return found

    async def change(self, change: Callable[[Parts], None], comment: str) -> dict[str, Any]:
        kept = await self.api.get("/configuration")
        parts = kept["parts"]
        change(parts)
        wanted = {"parts": parts, "version": kept["version"], "comment": comment}
        answer = await self.api.http.put("/configuration", json=wanted)
        assert answer.status_code == 200, answer.text
        saved: dict[str, Any] = answer.json()
        assert saved["version"] == kept["version"] + 1
        assert saved["changes"]
        return saved

    async def go_back(self, to: int) -> None:
        wanted = {"to": to, "version": await self.version()}
        answer = await self.api.http.post("/configuration/roll_back", json=wanted)
        assert answer.status_code == 200, answer.text


async def page(scene: Scene, user: str) -> tuple[httpx.AsyncClient, dict[str, Any]]:
    """Somebody signed in, and who they are told they are."""
    client = httpx.AsyncClient(base_url=f"{scene.centre.http}/api/v1", trust_env=False, timeout=20)
    scene.stack.push_async_callback(client.aclose)
    answer = await client.post(
        "/session", json={"user": user, "password": scene.centre.person(user).password}
    )
    assert answer.status_code == 200, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return client, answer.json()


async def still_talk(caller: Line, agent: Line) -> None:
    """Both hear each other, now."""
    heard = len(caller.ear.heard), len(agent.ear.heard)
    await until(
        lambda: len(caller.ear.heard) > heard[0] + 40 and len(agent.ear.heard) > heard[1] + 40, "more sound"
    )
    await caller.hears(AGENT_HZ)
    await agent.hears(CALLER_HZ)


async def test_every_part_is_changed_and_brought_back_while_a_call_goes_on(scene: Scene) -> None:
    settings = Settings(scene)
    before = await settings.version()
    agent, caller = await a_call_by_the_menu(scene)
    try:
        await breaks_and_forms(scene, settings)
        await still_talk(caller, agent)
        await a_new_queue_with_a_new_agent(scene, settings)
        await still_talk(caller, agent)
        await hours(scene, settings)
        await a_trunk(scene, settings)
        await still_talk(caller, agent)
        await what_phones_and_pages_go_by(scene, settings)
        await settings.change(without("endpoints", endpoint="1002"), "the phone that talks")
        await settings.change(without_queue, "the queue it came by")
        await still_talk(caller, agent)
    finally:
        await settings.go_back(before)
    await all_is_as_before(scene)
    await still_talk(caller, agent)
    caller.hang_up()
    await caller.ended()
    await agent.ended()
    await scene.api.fact_of(FIRST, "recording_stopped")
    call = await scene.api.call_from(FIRST, state="ended")
    assert (call["outcome"], call["ended_by"], call["agent"]) == ("answered", "caller", "1002")
    kinds = [fact["kind"] for fact in call["facts"]]
    meanwhile = kinds[kinds.index("recording_started") + 1 : kinds.index("ended")]
    assert set(meanwhile) <= {"talk", "quality", "parted"}, "nothing but the conversation"
    assert kinds.count("recording_stopped") == 1


async def a_call_by_the_menu(scene: Scene) -> tuple[Line, Line]:
    """1002 talks with a caller, whose way was the one that a play foretells."""
    agent = await scene.agent("1002")
    caller = await scene.caller(FIRST, scene.centre.numbers["menu"])
    await caller.say(CALLER_HZ)
    await caller.hears_sound("menu")
    await caller.press("1")
    await agent.say(AGENT_HZ)
    await caller.hears(AGENT_HZ)
    await agent.hears(CALLER_HZ)
    call = await scene.api.call_from(FIRST, state="talking")
    steps = [(fact["flow"], fact["step"]) for fact in call["facts"] if fact["kind"] == "step"]
    wanted = {"number": "4000", "caller": FIRST, "acts": [{"press": "1"}, {"agent": "answers"}]}
    answer = await scene.api.http.post("/play", json=wanted)
    played = answer.json()["played"]
    assert [(each["flow"], each["step"]) for each in played if each["kind"] == "step"] == steps
    assert answer.json()["waits_for"]["kind"] == "talk"
    return agent, caller


async def breaks_and_forms(scene: Scene, settings: Settings) -> None:
    def change(parts: Parts) -> None:
        parts["company"]["name"] = "云程旅行新"
        parts["breaks"] = [{"id": "tea", "name": "茶歇", "name_en": "Tea"}]
        parts["dispositions"] = {"praise": {"name": "表扬", "children": {"warm": {"name": "热情"}}}}

    await settings.change(change, "breaks, forms and name")
    centre = await scene.api.get("/centre")
    assert centre["breaks"] == [{"id": "tea", "name": "茶歇", "name_en": "Tea"}]
    assert centre["company"] == "云程旅行新"
    assert (await scene.api.set_state("1003", "break", "tea"))["reason"] == "tea"
    tree = (await scene.api.get("/dispositions"))["dispositions"]
    assert [each["id"] for each in tree] == ["praise"]
    assert tree[0]["children"][0]["id"] == "praise.warm"


async def a_new_queue_with_a_new_agent(scene: Scene, settings: Settings) -> None:
    """Skill, queue, number, person and phone are new; a caller reaches the phone."""

    def change(parts: Parts) -> None:
        parts["skills"]["gold"] = "金卡"
        parts["queues"]["gold"] = {"name": "金卡服务", "skills": {"gold": 3}, "wrap_up": "0"}
        parts["numbers"].append({"number": "4800", "name": "金卡热线", "queue": "gold", "public": True})
        person = {"user": "2001", "name": "新坐席", "extension": "2001", "queues": ["gold"]}
        parts["people"].append({**person, "skills": {"gold": 5}})
        parts["endpoints"].append({"endpoint": "2001", "person": "2001"})

    saved = await settings.change(change, "a line of gold")
    password = saved["passwords"]["endpoints"]["2001"]
    assert list(saved["passwords"]["people"]) == ["2001"]
    assert "2001" in (await scene.api.get("/configuration"))["phones_with_secret"]
    port, switch = free_port(), scene.centre.sip_port
    await register(port, "2001", password, switch, turns=5)
    ear = await scene.stack.enter_async_context(rtp_peer())
    sipp = await start_sipp(
        SCENARIOS / "agent.xml",
        scene.folder,
        name="gold",
        peer_port=switch,
        port=port,
        number="2001",
        rtp_port=ear.port,
        keys={"caller": "2001"},
    )
    scene.stack.push_async_callback(sipp.program.stop)
    phone = Line(sipp, ear, scene.stack)
    await scene.api.reachable("2001")
    await scene.api.set_state("2001", "ready")
    caller = await scene.caller(SECOND, "4800")
    await caller.say(CALLER_HZ)
    await phone.say(NEW_HZ)
    await caller.hears(NEW_HZ)
    await phone.hears(CALLER_HZ)
    caller.hang_up()
    await caller.ended()
    await phone.ended()
    call = await scene.api.call_from(SECOND, state="ended")
    assert (call["queue"], call["agent"], call["outcome"]) == ("gold", "2001", "answered")


async def hours(scene: Scene, settings: Settings) -> None:
    """The office is closed today, and then it never is."""
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()

    def close(parts: Parts) -> None:
        parts["calendars"]["office"]["special"] = {today: ["closed"]}

    def open_(parts: Parts) -> None:
        parts["calendars"]["office"] = {"name": "全天", "hours": {"every": ["00:00-24:00"]}}
        steps = parts["flows"]["office"]["steps"]
        steps["hours"]["open"] = "now"
        steps["now"] = {"do": "hang_up", "say": ["looking-up"]}

    await settings.change(close, "closed today")
    late = await scene.caller(THIRD, "4002")
    await late.hears_sound("closed")
    late.hang_up()
    await late.ended()
    await settings.change(open_, "always open, and nobody there")
    early = await scene.caller(FOURTH, "4002")
    await early.hears_sound("looking-up")
    await early.ended()


async def a_trunk(scene: Scene, settings: Settings) -> None:
    """Calls outside go by a new trunk, and by another address of it when that is changed."""
    port, dead = free_port(), free_port()

    def add(parts: Parts) -> None:
        parts["trunks"] = [{"trunk": "city", "target": f"127.0.0.1:{dead}"}]
        rule = {"rule": "city", "who": ["agent"], "prefixes": ["0"], "strip": 1, "trunks": ["city"]}
        parts["outbound"] = {"rules": [rule], "emergency": ["110"]}

    def move(parts: Parts) -> None:
        parts["trunks"][0]["target"] = f"127.0.0.1:{port}"

    await settings.change(add, "a trunk")
    await settings.change(move, "at another address")
    ear = await scene.stack.enter_async_context(rtp_peer())
    carrier = await start_sipp(
        SIP_SCENARIOS / "agent_answers.xml",
        scene.folder,
        name="carrier",
        peer_port=scene.centre.sip_port,
        port=port,
        rtp_port=ear.port,
    )
    scene.stack.push_async_callback(carrier.program.stop)
    far = Line(carrier, ear, scene.stack)
    phone = await scene.dials("1005", "013800138000")
    await far.say(NEW_HZ)
    await phone.hears(NEW_HZ)
    phone.hang_up()
    await phone.ended()
    await carrier.succeeds()


async def what_phones_and_pages_go_by(scene: Scene, settings: Settings) -> None:
    """Feature codes, where pages' phones connect, and who needs a second factor."""

    def change(parts: Parts) -> None:
        parts["feature_codes"] = {"ready": "*61"}
        parts["sip"] = {"websocket": "wss://desk.example.com/sip"}
        parts["webrtc"] = {"stun": ["stun:turn.example.com:3478"]}
        parts["security"] = {"second_factor": ["inspector"]}

    await settings.change(change, "codes, servers, factors")
    line = await scene.dials("1004", "*61")
    await line.hears_sound("agent-ready")
    await scene.api.agent_is("1004", "ready")
    await line.ended()
    desk, _ = await page(scene, "1006")
    phone = (await desk.post("/phone", json={})).json()
    assert phone["websocket"] == "wss://desk.example.com/sip"
    assert phone["ice"][0]["urls"] == ["stun:turn.example.com:3478"]
    assert (await desk.delete("/phone")).status_code == 204
    _, inspector = await page(scene, "inspector")
    assert inspector["second_factor"]["required"]


def without(part: str, **which: str) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        parts[part] = [each for each in parts[part] if not which.items() <= each.items()]

    return change


def without_queue(parts: Parts) -> None:
    """The queue that the call came by is gone, with all that leads there."""
    del parts["queues"]["general"]
    parts["flows"] = {}
    parts["numbers"] = [each for each in parts["numbers"] if each["number"] in ("4100", "4800")]
    for person in parts["people"]:
        person["queues"] = [queue for queue in person.get("queues", []) if queue != "general"]
    for queue in parts["queues"].values():
        queue.pop("wait_over", None)


async def all_is_as_before(scene: Scene) -> None:
    api = scene.api
    centre = await api.get("/centre")
    assert [each["id"] for each in centre["breaks"]][:2] == ["rest", "meal"]
    assert centre["company"] == "云程旅行"
    assert len((await api.get("/dispositions"))["dispositions"]) == 7
    assert {each["id"] for each in (await api.get("/queues"))["queues"]} >= {"general", "english"}
    assert not await api.is_agent("2001")
    assert (await scene.refused(LATE, "4800")).startswith("SIP/2.0 40")

    async def office_as_ever() -> bool:
        played = await api.http.post("/play", json={"number": "4002", "at_ms": 1_781_488_800_000})
        return bool(played.json()["waits_for"]["queue"] == "general")

    await eventually(office_as_ever, "the office's own hours")
    _, inspector = await page(scene, "inspector")
    assert not inspector["second_factor"]["required"]
    await api.set_state("1003", "signed_out")


async def test_who_hears_a_prompt_hears_it_out_though_it_is_recorded_anew(scene: Scene) -> None:
    """The next caller hears the new one; a draft of a flow may say a prompt as soon as it is there."""
    api, path = scene.api, "/prompts/zh/welcome"
    first = await scene.caller(FIRST, "4000")
    await first.hears_sound("welcome")
    heard, last = len(first.ear.heard), sound_of("welcome")[-16_000:-8_000]
    try:
        new = await api.http.put(path, content=recording(NEW_HZ), params={"text": "一声长音"})
        assert new.status_code == 200, new.text
        length_ms = new.json()["prompt"]["length_ms"]
        await until(
            lambda: any(frame in last and loud(frame) for frame in first.ear.heard[heard:]), "its end"
        )
        await first.hears_sound("menu")
        assert not first.ear.hears(NEW_HZ)
        second = await scene.caller(SECOND, "4000")
        await second.hears(NEW_HZ)
        second.hang_up()
        await second.ended()
        played = (await api.http.post("/play", json={"number": "4000"})).json()["played"]
        said = next(each for each in played if each["prompts"] == ["welcome"])
        assert (said["words"], said["length_ms"]) == ("一声长音", length_ms)
        assert (await api.http.put("/prompts/zh/new-one", content=recording(NEW_HZ))).status_code == 200
        kept = await api.get("/configuration")
        kept["parts"]["flows"]["main"]["steps"]["closed"]["say"] = ["new-one"]
        checked = await api.http.post("/configuration/check", json={"parts": kept["parts"]})
        assert checked.json()["problems"] == []
    finally:
        await api.http.delete(path)
        await api.http.delete("/prompts/zh/new-one")
    first.hang_up()
    await first.ended()


def recording(hertz: float) -> bytes:
    """Three seconds of a tone, as a browser records it: 48 kHz, two channels, 16 bits."""
    times = np.arange(3 * 48_000) / 48_000
    values = np.rint(np.sin(2 * np.pi * hertz * times) * 8_000).astype("<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(np.repeat(values, 2).tobytes())
    return out.getvalue()


def loud(frame: bytes) -> bool:
    return float(abs(ulaw_decoded(frame)).max()) > 0.1
