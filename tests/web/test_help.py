"""Agents call their shift leader, say that a call is urgent, pause its recording, end it."""

from __future__ import annotations

from pathlib import Path

import pytest

from huawu.calls import acting
from huawu.calls.help_desk import HelpDesk
from huawu.config.load import load
from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database, DatabaseError
from tests.web.conftest import SignInAs
from tests.web.fake_centre import FakeCentre


@pytest.fixture(autouse=True)
def talks(centre: FakeCentre) -> None:
    centre.parts.add(("c1", "wang"))


async def test_an_agent_asks_and_a_leader_comes_to_listen(sign_in_as: SignInAs, centre: FakeCentre) -> None:
    client = await sign_in_as("wang")
    asked = (await client.post("/calls/c1/help", json={"text": "客户要找班长"})).json()
    assert (asked["state"], asked["agent"], asked["call"]) == ("open", "wang", "c1")
    assert [type(action) for action in centre.acted] == [acting.AskForHelp]
    leader = await sign_in_as("shift_leader")
    board = (await leader.get("/help")).json()
    assert [one["text"] for one in board["requests"]] == ["客户要找班长"]
    taken = (await leader.post(f"/help/{asked['id']}/take", json={"mode": "whisper"})).json()
    assert (taken["state"], taken["taken_by"]) == ("taken", "shift_leader")
    came = centre.acted[-1]
    assert isinstance(came, acting.Supervise)
    assert (came.call, came.way, came.agent) == ("c1", "whisper", "wang")
    closed = (await leader.post(f"/help/{asked['id']}/close", json={"answer": "已处理"})).json()
    assert (closed["state"], closed["answer"]) == ("closed", "已处理")
    assert (await leader.get("/help")).json()["requests"] == []


async def test_of_two_leaders_the_second_is_told_who_was_first(sign_in_as: SignInAs) -> None:
    client = await sign_in_as("wang")
    request = (await client.post("/help", json={"text": "请过来一下"})).json()["id"]
    leader = await sign_in_as("shift_leader")
    assert (await leader.post(f"/help/{request}/take", json={})).status_code == 200
    assert (await leader.post(f"/help/{request}/take", json={})).status_code == 200, "said twice"
    manager = await sign_in_as("manager")
    refused = await manager.post(f"/help/{request}/take", json={})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_allowed")
    assert "shift_leader" in refused.json()["error"]["message"]


async def test_asking_again_for_the_same_call_is_one_request(sign_in_as: SignInAs) -> None:
    client = await sign_in_as("wang")
    first = (await client.post("/calls/c1/help", json={"text": "快"})).json()
    again = (await client.post("/calls/c1/help", json={"text": "更急了"})).json()
    assert (again["id"], again["text"]) == (first["id"], "更急了")


async def test_a_request_is_withdrawn_by_who_asked_and_nobody_else(sign_in_as: SignInAs) -> None:
    client = await sign_in_as("wang")
    request = (await client.post("/help", json={"text": "x"})).json()["id"]
    other = await sign_in_as("agent")
    assert (await other.delete(f"/help/{request}")).status_code == 404
    assert (await other.post(f"/help/{request}/close", json={})).status_code == 404
    assert (await other.post(f"/help/{request}/take", json={})).status_code == 403
    client = await sign_in_as("wang")
    assert (await client.delete(f"/help/{request}")).status_code == 204
    assert (await client.delete(f"/help/{request}")).status_code == 409


async def test_nobody_asks_for_help_in_a_strangers_call(sign_in_as: SignInAs) -> None:
    client = await sign_in_as("agent")
    assert (await client.post("/calls/c1/help", json={})).status_code == 403


async def test_an_urgent_call_is_on_record_and_an_alarm_at_the_leaders(
    sign_in_as: SignInAs, centre: FakeCentre
) -> None:
    client = await sign_in_as("wang")
    told = {"kind": "medical", "text": "乘客昏迷"}
    alarm = (await client.post("/calls/c1/urgent", json=told)).json()
    said = centre.acted[-1]
    assert isinstance(said, acting.SayUrgent)
    assert (said.urgency, said.text, said.own) == ("medical", "乘客昏迷", True)
    leader = await sign_in_as("shift_leader")
    assert (await leader.get("/help")).json()["alarms"][0]["text"] == "乘客昏迷"
    seen = (await leader.post(f"/alarms/{alarm['id']}/seen")).json()
    assert seen["seen_by"] == "shift_leader"
    client = await sign_in_as("wang")
    again = (await client.post("/calls/c1/urgent", json={"kind": "fire"})).json()
    assert (again["id"], again["kind"], again["seen_by"]) == (alarm["id"], "fire", "")
    assert (await client.post("/calls/c1/urgent", json={"kind": "boredom"})).status_code == 422


async def test_a_page_says_for_itself_that_it_is_muted(sign_in_as: SignInAs, centre: FakeCentre) -> None:
    client = await sign_in_as("wang")
    assert (await client.post("/calls/c1/mute", json={"on": True})).status_code == 200
    told = centre.acted[-1]
    assert isinstance(told, acting.Mute)
    assert (told.by, told.agent, told.own, told.on) == ("wang", "", True, True)
    assert (await client.post("/calls/c1/mute", json={})).status_code == 422


async def test_recording_and_end_are_asked_of_ones_own_part(sign_in_as: SignInAs, centre: FakeCentre) -> None:
    client = await sign_in_as("wang")
    for step in ("pause", "resume"):
        assert (await client.post(f"/calls/c1/recording/{step}", json={})).status_code == 200
    assert [action.paused for action in centre.acted if isinstance(action, acting.HoldRecording)] == [
        True,
        False,
    ]
    assert (await client.post("/calls/c1/end", json={})).status_code == 200
    ended = centre.acted[-1]
    assert isinstance(ended, acting.EndCall)
    assert (ended.by, ended.own, ended.whole) == ("wang", True, False)
    leader = await sign_in_as("manager")
    await leader.post("/calls/c1/end", json={"whole": True})
    ended = centre.acted[-1]
    assert isinstance(ended, acting.EndCall)
    assert (ended.own, ended.whole) == (False, True)
    inspector = await sign_in_as("inspector")
    assert (await inspector.post("/calls/c1/end", json={})).status_code == 403


async def test_a_number_is_looked_at_before_it_is_dialled(sign_in_as: SignInAs, centre: FakeCentre) -> None:
    centre.configuration = load("""
company: {name: 测试, country: CN}
numbers: [{number: 4100, name: 回声, echo: true}]
trunks: [{trunk: city, target: "203.0.113.5:5060"}]
outbound: {rules: [{rule: city, who: [agent], prefixes: "0", strip: 1, trunks: [city]}]}
""")
    client = await sign_in_as("wang")
    echo = (await client.get("/numbers/4100")).json()
    assert (echo["leads_to"], echo["allowed"], echo["name"]) == ("echo", True, "回声")
    city = (await client.get("/numbers/001062345678")).json()
    assert (city["leads_to"], city["allowed"], city["place"]["zh"]) == ("outside", True, "北京市")
    far = (await client.get("/numbers/00014155552671")).json()
    assert (far["allowed"], far["why"]) == (False, "country")
    assert (await client.get("/numbers/77")).json()["why"] == "no_number"


async def test_leaders_see_an_alarm_although_the_database_is_away(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path}/never-made/huawu.db")  # its folder is missing
    desk = HelpDesk(db, VirtualClock())
    with pytest.raises(DatabaseError):
        await desk.raise_alarm("medical", "c1", agent="wang", name="王芳", text="有人晕倒")
    assert [(one.call, one.kind) for one in desk.board.snapshot().alarms] == [("c1", "medical")]
    await db.close()
